"""The story the product is told by, walked by three people in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from demo.people import TARGETS, opening_balance
from models.rules.accrual_types import AccrualCode
from tests.e2e.conftest import People
from tests.e2e.steps import (
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    act_for,
    amend_finish,
    approve,
    open_day,
    open_review,
    record,
    reject,
    remove,
    revise,
    standing,
    submit,
    week_of,
)


@pytest.mark.e2e
def test_a_week_is_rejected_corrected_approved_and_approved_again_on_behalf(people: People) -> None:
    """Without JavaScript, so that every step holds by forms and links alone."""
    duane = people.by_form("staff-4366", java_script_enabled=False)
    roland = people.by_form("staff-3621", java_script_enabled=False)

    duane.goto(week_of(WEDNESDAY))
    record(duane, WEDNESDAY, "10:08", "10:28")
    submit(duane)
    open_review(roland)
    reject(roland, "Wrong day.")
    duane.reload()
    expect(standing(duane)).to_contain_text("Wrong day.")

    revise(duane, "misremembered which day")
    open_day(duane, WEDNESDAY)
    remove(duane, "misremembered which day")
    open_day(duane, THURSDAY)
    record(duane, THURSDAY, "10:08", "10:28")
    submit(duane)
    open_review(roland)
    approve(roland)

    duane.reload()
    revise(duane, "it took longer")
    open_day(duane, THURSDAY)
    amend_finish(duane, "10:38", "it took longer")
    submit(duane)
    suzanne = people.by_form("staff-3150", java_script_enabled=False)
    act_for(suzanne, "staff-3621", "Roland Fuller", "Roland is away")
    open_review(suzanne)
    approve(suzanne)

    for told in history_of(duane):
        expect(duane.locator("main")).to_contain_text(told)
    duane.goto("/balances")
    # Less half an hour: only the corrected time counts.
    opening = opening_balance(TARGETS[AccrualCode.ANNUAL_TARGET_HOURS], datetime.now(UTC).date())
    expect(duane.locator("main")).to_contain_text(f"{(opening - 30) / 60:.2f} h left")


@pytest.mark.e2e
def test_the_same_story_with_javascript_needs_no_new_page(people: People) -> None:
    """Max and his supervisor go through it on pages that change in place."""
    max_fenig = people.by_form("staff-4401")
    max_fenig.goto(week_of(WEDNESDAY, "staff-4401"))
    mark(max_fenig)
    record(max_fenig, WEDNESDAY, "09:00", "17:00")
    submit(max_fenig)

    roland = people.by_form("staff-3621")
    roland.goto("/inbox?q=Max")
    mark(roland)
    roland.get_by_role("link", name="Review").first.click()
    reject(roland, "Wrong day.")

    max_fenig.reload()
    mark(max_fenig)
    revise(max_fenig, "misremembered which day")
    open_day(max_fenig, WEDNESDAY)
    amend_finish(max_fenig, "16:00", "misremembered which day")
    submit(max_fenig)
    for page in (max_fenig, roland):
        assert is_marked(page), "the page was loaded anew"


def history_of(page: Page) -> tuple[str, ...]:
    """Everything that the history of the week must tell."""
    page.goto(week_of(MONDAY))
    page.get_by_role("link", name="History").click()
    return ("Suzanne Modeski", "on behalf of Roland Fuller", "Roland is away", "misremembered which day", "Wrong day.")


def mark(page: Page) -> None:
    """Something that another page would not have."""
    page.evaluate("document.body.dataset.marked = 'yes'")


def is_marked(page: Page) -> bool:
    """Whether it is the same page still."""
    return bool(page.evaluate("document.body.dataset.marked === 'yes'"))
