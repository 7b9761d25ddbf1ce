"""An approval is undone with one click while that is offered, and taken back with a reason afterwards."""

import pytest
from playwright.sync_api import Page, Route, expect

from models.rules.transitions import CommandKind, State
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import toast

pytestmark = pytest.mark.e2e

OFFERED_MILLISECONDS = 9_000
"""A little longer than a message is shown."""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_approval_is_undone_and_later_taken_back_with_a_reason(people: People, life: Life, scripts: bool) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland, java_script_enabled=scripts)
    approve(roland, life)
    roland.get_by_role("button", name="Undo").click()
    expect(toast(roland)).to_contain_text("Duane Barry's timesheet waits for a decision again.")
    expect(roland.locator("#review")).to_contain_text("Undone.")
    expect(roland.locator("#inbox-rows tbody tr")).to_have_count(1)

    approve(roland, life)
    roland.goto("/inbox?tab=decided")
    expect(roland.locator(".decided tbody tr")).to_have_count(2)
    roland.get_by_role("link", name="Take back…").click()
    roland.get_by_role("button", name="Take it back").click()
    expect(roland.locator("#reason-error")).to_contain_text("give a reason")
    roland.get_by_label("Reason").fill("The overtime is missing.")
    roland.get_by_role("button", name="Take it back").click()
    expect(toast(roland)).to_contain_text("waits for a decision again")
    expect(roland.locator("#review")).to_contain_text("The overtime is missing.")

    duane = people.somebody(life.org, life.org.duane, java_script_enabled=scripts)
    duane.goto(f"/history/{life.key.timesheet_id}")
    expect(duane.get_by_role("heading", name="Approval taken back")).to_have_count(2)
    for said in ("Undone.", "The overtime is missing."):
        expect(duane.locator("main")).to_contain_text(said)


def test_undoing_changes_the_page_in_place_and_goes_to_what_waits_again(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    approve(roland, life)
    roland.evaluate("window.stays = true")
    roland.get_by_role("button", name="Undo").press("Enter")
    expect(roland.locator("#review-title")).to_be_focused()
    expect(roland.locator("#inbox-count")).to_have_text("1")
    expect(roland.locator("#approve")).to_be_visible()
    expect(roland).to_have_url(f"{people.address}/inbox/{life.key.timesheet_id}")
    assert roland.evaluate("window.stays")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_message_covers_no_button_of_the_next_decision(people: People, life: Life, width: int) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland, viewport={"width": width, "height": 844})
    roland.clock.install()
    approve(roland, life)
    roland.get_by_role("button", name="Undo").press("Enter")
    expect(toast(roland)).to_contain_text("waits for a decision again")
    roland.locator(".decide").scroll_into_view_if_needed()

    message, bar = roland.locator(".toast-card").bounding_box(), roland.locator(".decide").bounding_box()
    assert message
    assert bar
    assert message["y"] + message["height"] <= bar["y"]


def test_what_is_heard_of_a_decision_of_ones_own_does_not_warn_of_it(people: People, life: Life) -> None:
    """The signal of its commit may come before its answer."""
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.goto(f"/inbox/{life.key.timesheet_id}")
    expect(roland.locator("body")).to_have_attribute("data-live", "on")
    roland.evaluate(
        "document.querySelector('#live').addEventListener('sheet', () => { document.body.dataset.heard = 'yes'; })"
    )
    asked: list[str] = []
    roland.on("request", lambda request: asked.append(request.url))

    def answer_late(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        expect(roland.locator("body")).to_have_attribute("data-heard", "yes")
        route.fulfill(response=answer)

    roland.route("**/approval", answer_late, times=1)
    roland.locator("#approve").click()

    expect(toast(roland)).to_contain_text("Approved Duane Barry")
    expect(roland.locator("#inbox-rows")).to_contain_text("All decided")
    assert [url for url in asked if url.endswith("/approval")]
    assert not [url for url in asked if f"{life.key.timesheet_id}/standing" in url]


def test_it_is_offered_for_a_few_seconds(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.clock.install()
    approve(roland, life)
    roland.clock.fast_forward(OFFERED_MILLISECONDS)
    expect(roland.get_by_role("button", name="Undo")).to_have_count(0)
    expect(roland.locator("#inbox-rows")).to_contain_text("All decided")


def test_it_is_offered_longer_while_it_has_the_focus(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.clock.install()
    approve(roland, life)
    roland.get_by_role("button", name="Undo").focus()
    roland.clock.fast_forward(OFFERED_MILLISECONDS)
    expect(roland.get_by_role("button", name="Undo")).to_be_focused()


def test_what_was_revised_meanwhile_cannot_be_undone_and_a_dialog_says_so(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    approve(roland, life)
    life.desk.do(life.because(life.duane, "One more hour.").move(CommandKind.REVISE))

    roland.get_by_role("button", name="Undo").click()

    expect(roland.get_by_role("dialog")).to_contain_text("Take the approval back")
    expect(roland.get_by_role("dialog").locator(".note")).to_be_visible()
    expect(roland.get_by_role("dialog").get_by_label("Reason")).to_have_count(0)


def approve(page: Page, life: Life) -> None:
    page.goto(f"/inbox/{life.key.timesheet_id}")
    page.locator("#approve").press("Enter")
    expect(toast(page)).to_contain_text("Approved Duane Barry's timesheet.")
