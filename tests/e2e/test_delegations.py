"""Roland is away from today, Alex approves Duane's week, and the history says in whose place."""

import re

import pytest
from playwright.sync_api import Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import toast
from tests.standing_in import in_days

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_somebody_is_away_somebody_stands_in_and_everybody_sees_whose_decision_it_was(
    people: People, life: Life, scripts: bool
) -> None:
    life.bring_to(State.SUBMITTED)
    roland, alex, duane = (
        people.somebody(life.org, person, java_script_enabled=scripts)
        for person in (life.org.roland, life.org.alex, life.org.duane)
    )
    roland.goto("/inbox")
    roland.get_by_role("link", name="Delegations").first.click()
    say_away(roland, "Alex Krycek")
    expect(toast(roland)).to_contain_text("Granted")

    alex.goto(f"/inbox/{life.key.timesheet_id}")
    alex.get_by_role("button", name=re.compile("^Approve")).first.click()
    expect(alex.get_by_text("Approved").first).to_be_attached()

    duane.goto(f"/history/{life.key.timesheet_id}")
    expect(duane.locator("main")).to_contain_text("Alex Krycek in place of Roland Fuller")

    alex.goto("/delegations")
    alex.get_by_text("Give back…").click()
    alex.get_by_role("button", name="Give it back now").click()
    expect(alex.get_by_role("region", name="Over")).to_contain_text("Taken back")
    roland.reload()
    expect(roland.get_by_role("region", name="Who stands in for you")).to_contain_text("Nobody")


def test_with_scripts_only_the_region_changes_and_the_focus_stays_in_it(people: People, life: Life) -> None:
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/delegations")
    roland.evaluate("window.stays = true")

    roland.get_by_role("button", name="Let them stand in").click()
    expect(roland.locator("#delegateId-error")).to_contain_text("Say who stands in.")
    say_away(roland, "Alex Krycek")
    expect(roland.get_by_role("region", name="Who stands in for you")).to_contain_text("Alex Krycek")
    expect(roland.locator("#delegations-title")).to_be_focused()

    assert roland.evaluate("window.stays")


def say_away(page: Page, deputy: str) -> None:
    """From today on for a week."""
    page.get_by_label("To", exact=True).fill(str(in_days(7)))
    page.get_by_label("Who stands in", exact=True).fill(deputy)
    page.get_by_role("button", name="Let them stand in").click()
