"""Approved time as a list: every entry as it was approved with its proof, for those who may have it."""

import asyncio
import csv
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import Engine, event

from models.database import command_transaction, read_session
from models.reads.record import approved_time as reading
from models.reads.record.approved_time import TimeWanted, approved_time
from models.rules.transitions import State
from models.store.sealing import keys_from, seal
from models.tables.seals import LedgerLeaf
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, Organisation, give_role, make_organisation, worked
from tests.projects import DOGS, HATS, lead, work
from tests.web.conftest import SECRET, Browser, Site

ADDRESS = "/audit/time.csv"
WEEKS = {"from": str(MONDAY), "to": str(NEXT_MONDAY + timedelta(days=6))}


async def lines(browser: Browser, **asked: str) -> list[dict[str, str]]:
    answer = await browser.get(_address(asked))
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


async def status(browser: Browser, **asked: str) -> int:
    return (await browser.get(_address(asked))).status_code


def _address(asked: dict[str, str]) -> str:
    return ADDRESS + "?" + "&".join(f"{name}={value}" for name, value in (WEEKS | asked).items())


@pytest.fixture
async def approved(site: Site, org: Organisation) -> Organisation:
    """Duane and Max on two projects; Duane also in the week after, which nobody has approved."""

    def live() -> None:
        work(site.desk, org, org.duane, (("09:00", "12:00", MONDAY),), task="=1+1")
        work(site.desk, org, org.max, (("09:00", "10:00", MONDAY), ("10:00", "11:30", MONDAY)), project=HATS)
        work(site.desk, org, org.duane, (("09:00", "12:00", NEXT_MONDAY),), State.SUBMITTED)
        with command_transaction(site.engine, org.tenant_id) as session:
            seal(session, org.tenant_id, keys_from(SECRET))

    await asyncio.to_thread(live)
    return org


async def test_each_line_is_an_entry_as_it_was_approved(site: Site, approved: Organisation) -> None:
    org = approved
    found = await lines(site.browser(org, org.diana))

    (dogs,) = [each for each in found if each["Project ID"] == DOGS]
    assert len(found) == 3
    assert (dogs["Name"], dogs["Staff ID"]) == ("Duane Barry", site.staff_id(org, org.duane))
    assert (dogs["Date"], dogs["Start"], dogs["Finish"]) == (
        "2026-11-16",
        "2026-11-16T09:00:00+00:00",
        "2026-11-16T12:00:00+00:00",
    )
    assert (dogs["Minutes"], dogs["Hours"], dogs["Type"], dogs["Time worked"]) == ("180", "3.00", "Shift", "yes")
    assert (dogs["Task"], dogs["Revision"], dogs["Version"]) == ("'=1+1", "1", "1")
    assert (dogs["Submitted by"], dogs["Submitted on behalf of"]) == ("Duane Barry", "")
    assert (dogs["Decided by"], dogs["Decided on behalf of"]) == ("Roland Fuller", "")
    assert dogs["Digest"] == site.digest(org.key(org.duane))
    assert dogs["Seal"] == "1"
    assert int(dogs["Position"]) in {each.position for each in site.rows(org, LedgerLeaf)}


async def test_it_is_asked_for_by_person_project_and_days(site: Site, approved: Organisation) -> None:
    org, browser = approved, site.browser(approved, approved.suzanne)

    duane = await lines(browser, person=site.staff_id(org, org.duane))
    hats = await lines(browser, project=HATS)
    both = await lines(browser, person=site.staff_id(org, org.duane), project=HATS)
    later = await lines(browser, **{"from": str(NEXT_MONDAY)})

    assert [each["Project ID"] for each in duane] == [DOGS]
    assert [each["Name"] for each in hats] == ["Max Fenig"] * 2
    assert (both, later) == ([], [])


async def test_what_was_approved_is_told_and_not_what_became_of_it(site: Site, approved: Organisation) -> None:
    life = Life(site.desk, approved)

    def revise() -> None:
        life.revise("Misremembered.")

    await asyncio.to_thread(revise)
    found = await lines(site.browser(approved, approved.diana))

    assert {each["Name"] for each in found} == {"Max Fenig"}, "a revision under way is not approved"


async def test_a_lead_gets_their_projects_and_nothing_else(
    site: Site, approved: Organisation, owner_engine: Engine
) -> None:
    org = approved
    lead(owner_engine, org, HATS, org.alex)
    give_role(owner_engine, org, org.alex, "project_lead")
    browser = site.browser(org, org.alex)

    assert {each["Project ID"] for each in await lines(browser)} == {HATS}
    assert await lines(browser, person=site.staff_id(org, org.duane)) == []
    assert await lines(browser, person="nobody") == [], "who there is they do not learn"
    assert await status(browser, project=DOGS) == 404


async def test_nobody_else_gets_anything(site: Site, approved: Organisation, owner_engine: Engine) -> None:
    org, other = approved, make_organisation(owner_engine)

    for who in (org.duane, org.roland, org.max):
        assert await status(site.browser(org, who)) == 404
    assert await lines(site.browser(other, other.diana)) == []
    assert await status(site.browser(other, other.diana), person=site.staff_id(org, org.duane)) == 404


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"from": "2026-11-31"}, 400),
        ({"to": "yesterday"}, 400),
        ({"from": "2026-11-17", "to": "2026-11-16"}, 400),
        ({"from": "2020-01-01"}, 400),
        ({"project": "nothing"}, 404),
        ({"person": "nobody"}, 404),
        ({"person": "%00"}, 400),
        ({"from": "", "to": ""}, 200),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(
    site: Site, org: Organisation, asked: dict[str, str], expected: int
) -> None:
    assert await status(site.browser(org, org.diana), **asked) == expected


def test_however_much_there_is_a_chunk_is_two_statements(
    site: Site, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in (org.duane, org.max):
        for day in (MONDAY, NEXT_MONDAY, NEXT_MONDAY + timedelta(days=7)):
            work(site.desk, org, who, (("09:00", "10:00", day), ("10:00", "12:00", day)))
    monkeypatch.setattr(reading, "SHEETS", 4)
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    with read_session(site.engine, org.tenant_id) as session:
        event.listen(site.engine, "before_cursor_execute", note)
        found = list(approved_time(session, TimeWanted(MONDAY, NEXT_MONDAY + timedelta(days=20))))
        event.remove(site.engine, "before_cursor_execute", note)

    assert len(found) == 12
    assert len([each for each in sent if "set_config" not in each]) == 4
    assert [(each.staff_id, each.start) for each in found] == sorted(
        ((each.staff_id, each.start) for each in found),
        key=lambda key: ([each.staff_id for each in found].index(key[0]), key[1]),
    )


async def test_a_break_is_no_time(site: Site, org: Organisation) -> None:
    life = Life(site.desk, org)

    def live() -> None:
        life.desk.do(life.duane.record(worked("09:00", "17:00", meal_break_minutes=30)))
        life.submit()
        life.approve()

    await asyncio.to_thread(live)
    (line,) = await lines(site.browser(org, org.diana))

    assert (line["Minutes"], line["Hours"], line["Project ID"], line["Seal"]) == ("450", "7.50", "", "")
