"""Many timesheets decided on together: ticked or all, looked at, decided, and what came of each of them."""

import pytest
from playwright.sync_api import Locator, Page, expect

from models.rules.transitions import CommandKind
from models.store.bulk import Pick
from tests.crowd import Crowd
from tests.desk import Life
from tests.e2e.conftest import People
from tests.factories import Asking
from tests.standing import WORKER, Standing

pytestmark = pytest.mark.e2e

PATIENCE_MILLISECONDS = 60_000
"""For what begins anew only when what was handed to a worker that stood still is handed out again."""


@pytest.fixture
def crowd(life: Life) -> Crowd:
    return Crowd(life.desk, life.org)


@pytest.fixture
def picks(crowd: Crowd) -> list[Pick]:
    """Three weeks of Duane's, then one of Max's: all wait for Roland."""
    return [*crowd.submitted(3), crowd.submit_week(crowd.org.max)]


@pytest.fixture
def roland(people: People, crowd: Crowd, picks: list[Pick]) -> Page:
    """His inbox with all of them."""
    return inbox_of(people, crowd, len(picks))


def test_the_page_is_selected_shown_and_decided(roland: Page, crowd: Crowd, picks: list[Pick]) -> None:
    expect(bar(roland)).to_be_hidden()
    boxes(roland).nth(3).check()
    expect(bar(roland)).to_contain_text("1 selected · 8.00 h")
    bar(roland).get_by_role("button", name="Clear the selection").click()
    expect(bar(roland)).to_be_hidden()
    boxes(roland).nth(0).check()
    bar(roland).get_by_role("button", name="Select this page").click()
    expect(bar(roland)).to_contain_text("4 selected · 32.00 h")
    boxes(roland).nth(3).uncheck()
    expect(bar(roland)).to_contain_text("3 selected · 24.00 h")
    bar(roland).get_by_role("button", name="Approve…").click()

    expect(heading(roland)).to_have_text("Decide on 3 timesheets")
    expect(roland.locator("#standing")).to_contain_text("24.00 h of 1 person")
    expect(roland.locator("#approve")).to_be_focused()
    assert crowd.states(picks) == {"submitted"}
    roland.get_by_role("button", name="Approve 3 timesheets, 24.00 h").click()

    expect(heading(roland)).to_have_text("Approved 3 timesheets")
    expect(roland.get_by_role("progressbar")).to_have_attribute("value", "3")
    expect(roland.locator(".progress-card")).to_contain_text("100 % 3 of 3 timesheets")
    assert crowd.states(picks[:3]) == {"approved"}
    roland.get_by_role("link", name="Back to the inbox").click()
    expect(boxes(roland)).to_have_count(1)


def test_all_that_match_are_decided_and_nothing_goes_back_without_a_reason(
    roland: Page, crowd: Crowd, picks: list[Pick]
) -> None:
    boxes(roland).nth(0).check()
    bar(roland).get_by_role("button", name="All 4 matching…").click()
    expect(heading(roland)).to_have_text("Decide on 4 timesheets")
    expect(roland.locator("#standing")).to_contain_text("32.00 h of 2 people")
    roland.locator("summary#reject").click()
    roland.get_by_role("button", name="Return 4 timesheets with this reason").click()
    expect(roland.locator("#reason-error")).to_be_visible()
    assert crowd.states(picks) == {"submitted"}

    roland.get_by_label("What has to change?").fill("The breaks are missing.")
    roland.get_by_role("button", name="Return 4 timesheets with this reason").click()
    expect(heading(roland)).to_have_text("Sent back 4 timesheets")
    assert crowd.states(picks) == {"rejected"}


def test_each_that_was_not_decided_is_listed_with_why(roland: Page, crowd: Crowd, picks: list[Pick]) -> None:
    select_all(roland)
    mine = crowd.week_of(crowd.org.duane, 1)
    crowd.desk.do(Asking(crowd.org, mine.owner, mine.actor, mine.day, reason="Forgot one.").move(CommandKind.RECALL))
    crowd.submit_week_again(mine)
    crowd.approve(picks[0], weeks_ago=2)
    roland.locator("#approve").click()

    expect(heading(roland)).to_have_text("Approved 2 timesheets")
    refused = roland.get_by_role("region", name="Not decided")
    expect(refused.get_by_role("listitem")).to_have_count(2)
    expect(refused).to_contain_text("Roland Fuller")
    expect(refused).to_contain_text("certified anew since")
    refused.get_by_role("link", name="Review Duane Barry").click()
    expect(roland.locator("#review")).to_contain_text("Approve 9.00 h")


def test_what_was_stopped_stays_selected_and_is_tried_again(
    standing: Standing, roland: Page, crowd: Crowd, picks: list[Pick]
) -> None:
    select_all(roland)
    with standing.halted(WORKER):
        roland.locator("#approve").click()
        expect(heading(roland)).to_have_text("Approving 4 timesheets")
        expect(roland.get_by_role("progressbar")).to_have_attribute("value", "0")
        roland.get_by_role("button", name="Stop").click()
        expect(roland.locator("#standing")).to_contain_text("Stopped")
    again = roland.get_by_role("region", name="Still waiting, as you saw them")
    expect(again).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    waits = again.get_by_role("checkbox")
    count = waits.count()
    expect(again.locator(":checked")).to_have_count(count)
    again.get_by_role("button", name="Try these again").click()

    expect(roland.locator("#approve")).to_contain_text(f"Approve {count} ")
    roland.locator("#approve").click()
    expect(roland.locator("#standing")).to_contain_text("Every one of them was decided.", timeout=PATIENCE_MILLISECONDS)
    assert crowd.states(picks) == {"approved"}


def test_what_is_ticked_stays_ticked_while_the_list_changes(roland: Page, crowd: Crowd, picks: list[Pick]) -> None:
    expect(roland.locator("body")).to_have_attribute("data-live", "on")
    for number in (0, 1, 3):
        boxes(roland).nth(number).check()

    crowd.approve(picks[0], weeks_ago=2)

    expect(boxes(roland)).to_have_count(3)
    expect(roland.locator("[name=pick]:checked")).to_have_count(2)
    expect(bar(roland)).to_contain_text("2 selected · 16.00 h")


def test_without_scripts_it_is_the_same_story(people: People, crowd: Crowd, picks: list[Pick]) -> None:
    roland = inbox_of(people, crowd, len(picks), java_script_enabled=False)
    boxes(roland).nth(0).check()
    boxes(roland).nth(1).check()
    expect(bar(roland).get_by_role("button", name="Select this page")).to_be_hidden()
    bar(roland).get_by_role("button", name="Approve…").click()
    expect(heading(roland)).to_have_text("Decide on 2 timesheets")
    crowd.approve(picks[1], weeks_ago=1)
    roland.get_by_role("button", name="Approve 2 timesheets, 16.00 h").click()

    expect(heading(roland)).to_have_text("Approved 1 timesheet")
    expect(roland.get_by_role("region", name="Not decided").get_by_role("listitem")).to_have_count(1)
    roland.get_by_role("link", name="Back to the inbox").click()
    boxes(roland).nth(0).check()
    bar(roland).get_by_role("button", name="All 2 matching…").click()
    roland.locator("summary#reject").click()
    roland.get_by_role("button", name="Return 2 timesheets with this reason").click()
    expect(roland.locator("#reason-error")).to_be_visible()
    roland.get_by_label("What has to change?").fill("The breaks are missing.")
    roland.get_by_role("button", name="Return 2 timesheets with this reason").click()
    expect(heading(roland)).to_have_text("Sent back 2 timesheets")
    assert crowd.states(picks) == {"approved", "rejected"}


def inbox_of(people: People, crowd: Crowd, count: int, **context: bool) -> Page:
    page = people.somebody(crowd.org, crowd.org.roland, **context)
    page.goto("/inbox")
    expect(boxes(page)).to_have_count(count)
    return page


def select_all(page: Page) -> None:
    """Of the page, as far as the question what to decide."""
    boxes(page).nth(0).check()
    bar(page).get_by_role("button", name="Select this page").click()
    bar(page).get_by_role("button", name="Approve…").click()
    expect(heading(page)).to_contain_text("Decide on")


def boxes(page: Page) -> Locator:
    return page.locator("#inbox-rows tbody").get_by_role("checkbox")


def bar(page: Page) -> Locator:
    """What can be done with the ticked ones."""
    return page.locator("#bulk-bar")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)
