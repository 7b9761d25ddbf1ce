"""From a number on the page of balances to the person who decided, by links alone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import PHONE, People
from tests.factories import MONDAY, worked

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("java_script", [True, False])
def test_a_balance_leads_to_the_decision_behind_it(people: People, life: Life, java_script: bool) -> None:
    life.bring_to(State.APPROVED)
    page = people.somebody(life.org, life.org.duane, java_script_enabled=java_script)
    page.goto(f"/balances?on={MONDAY}")

    page.get_by_role("link", name=re.compile("1658.67 h left")).click()
    expect(page.get_by_role("heading", name="Annual target hours, explained")).to_be_visible()
    expect(page.locator(".sum")).to_contain_text(re.compile(r"1666\.67.*− 8\.00.*\+ 0\.00.*= 1658\.67 h", re.DOTALL))
    expect(page.locator(".why[open]")).to_contain_text("Roland Fuller")

    page.locator(".why[open]").get_by_role("link", name="History of the timesheet").click()
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()
    expect(page.locator(".events")).to_contain_text("Approved")


def test_one_goes_from_day_to_day_and_unfolds_what_one_wants_to_know(people: People, life: Life) -> None:
    life.desk.do(life.duane.record(worked("22:00", "30:00")))
    page = people.somebody(life.org, life.org.duane, viewport=PHONE)
    page.goto(f"/balances/explain?type=NIGHT_HOURS&date={MONDAY}")

    expect(opened(page)).to_contain_text("60 min from 23:00")
    page.get_by_role("link", name="The next day on which something happens").click()
    expect(opened(page)).to_contain_text("360 min before 06:00")
    page.locator(".why:not([open]) summary").focus()
    page.keyboard.press("Enter")
    expect(opened(page)).to_have_count(2)

    page.get_by_role("link", name="Oct 2026").click()
    expect(page.get_by_role("heading", name="October 2026, day by day")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Nothing happened in this month.")


def opened(page: Page) -> Locator:
    """What is unfolded."""
    return page.locator(".why[open]")
