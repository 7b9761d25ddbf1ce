"""A type is changed: an administrator looks at what that would do, makes it, and watches the balances follow."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from models.database import read_session
from models.rules.accrual_types import AccrualCode
from models.standard import SHIFT
from models.tables.accruals import Accrual, AccrualRebuild
from models.verifying.balances import verify
from tests.desk import Life
from tests.e2e.conftest import PHONE, People
from tests.factories import MONDAY, Asking, Organisation, worked

pytestmark = pytest.mark.e2e


def nights(life: Life) -> dict[str, int]:
    """What is left of night hours after the last day, by person."""
    names = {id_: name for name, id_ in life.org.people.items()}
    rows = [row for row in life.desk.rows(life.org.tenant_id, Accrual) if row.accrual_code == AccrualCode.NIGHT_HOURS]
    return {names[row.person_id]: row.balance for row in sorted(rows, key=lambda row: row.day)}


def wrong(engine: Engine, org: Organisation) -> list[str]:
    """What is wrong with the balances of an organisation."""
    found = verify(lambda: read_session(engine, org.tenant_id))
    return [words for checked in found for words in checked.wrong]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_a_change_of_a_type_would_do_is_seen_first_and_then_happens(
    people: People, life: Life, engine: Engine, scripts: bool
) -> None:
    org = life.org
    for person in (org.duane, org.max):
        life.desk.do(Asking(org, person, person).record(worked("22:00", "30:00")))
    suzanne = people.somebody(org, org.suzanne, java_script_enabled=scripts)

    suzanne.goto(f"/admin/types/{SHIFT}")
    suzanne.get_by_label("Night hours").uncheck()
    suzanne.get_by_role("button", name="See what it would change").click()

    expect(suzanne.get_by_role("status").first).to_contain_text("2 of 6 people would have other balances")
    told = suzanne.get_by_role("table", name="Balances before and after")
    for name in ("Duane Barry", "Max Fenig"):
        row = told.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text("159:40")
        expect(row).to_contain_text("166:40")
        expect(row).to_contain_text("+7 h")
    assert nights(life) == {"Duane Barry": 9_580, "Max Fenig": 9_580}

    suzanne.get_by_role("button", name="Make this change").click()

    expect(suzanne).to_have_url(re.compile("/admin/rebuilds/"))
    expect(suzanne.get_by_role("heading", level=1)).to_have_text("Shift counts otherwise")
    expect(suzanne.get_by_role("status").first).to_contain_text("2 of 6 people have other balances than before.")
    bar = suzanne.get_by_role("progressbar")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("6", "6")
    assert set(nights(life).values()) <= {10_000}
    assert wrong(engine, org) == []


def test_the_bar_moves_by_itself_and_a_rebuild_can_be_stopped_and_gone_on_with(
    people: People, life: Life, engine: Engine
) -> None:
    suzanne = people.somebody(life.org, life.org.suzanne, viewport=PHONE)
    suzanne.goto("/admin/rebuilds")
    suzanne.get_by_label("At most so many people each second").fill("1")
    suzanne.get_by_role("button", name="Rebuild all balances").click()
    bar = suzanne.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", re.compile("[1-5]"))

    suzanne.get_by_role("button", name="Stop").click()
    expect(suzanne.get_by_role("status").first).to_contain_text("Stopped after")
    (rebuild,) = life.desk.rows(life.org.tenant_id, AccrualRebuild)
    assert rebuild.state == "cancelled"

    suzanne.get_by_role("button", name="Go on with the other").click()
    expect(bar).to_have_attribute("value", "6", timeout=30_000)  # one person a second
    expect(suzanne.get_by_role("status").first).to_contain_text("Nobody’s balances changed.")
    expect(suzanne.get_by_role("button", name="Stop")).to_have_count(0)


def test_a_day_is_added_after_it_was_looked_at(people: People, life: Life, engine: Engine) -> None:
    life.record()
    suzanne = people.somebody(life.org, life.org.suzanne)
    suzanne.goto("/admin/holidays?place=GB-ENG&year=2026")
    suzanne.get_by_label("Day", exact=True).fill(MONDAY.isoformat())
    suzanne.get_by_label("Name").fill("Founders’ day")

    suzanne.get_by_role("button", name="See what it would change").click()
    expect(suzanne.get_by_role("status").first).to_contain_text("1 of 6 people would have other balances")
    suzanne.get_by_role("button", name="Make this change").click()

    expect(suzanne.get_by_role("status").first).to_contain_text("1 of 6 people have other balances than before.")
    suzanne.goto("/admin/holidays?place=GB-ENG&year=2026")
    expect(suzanne.get_by_role("row").filter(has_text="Founders’ day")).to_contain_text("Added")
    assert wrong(engine, life.org) == []
