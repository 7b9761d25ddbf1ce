"""The story the product is told by, walked by three people in a real browser."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
WEDNESDAY = MONDAY + timedelta(days=2)
THURSDAY = MONDAY + timedelta(days=3)


@pytest.mark.e2e
def test_a_week_is_rejected_corrected_approved_and_approved_again_on_behalf(signed_in: SignIn) -> None:
    """Without JavaScript, so that every step holds by forms and links alone."""
    duane = signed_in("staff-4366", javascript=False)
    roland = signed_in("staff-3621", javascript=False)

    record(duane, WEDNESDAY, "10:08", "10:28")
    submit(duane)
    reject(roland, "Wrong day.")
    duane.goto(week_of(MONDAY))
    expect(duane.locator("#standing")).to_contain_text("Wrong day.")

    revise(duane, "misremembered which day")
    remove(duane, WEDNESDAY, "misremembered which day")
    record(duane, THURSDAY, "10:08", "10:28")
    submit(duane)
    approve(roland)

    revise(duane, "it took longer")
    amend_finish(duane, THURSDAY, "10:38", "it took longer")
    submit(duane)
    suzanne = signed_in("staff-3150", javascript=False)
    act_for(suzanne, "staff-3621", "Roland is away")
    approve(suzanne)

    history = history_of(duane)
    for told in (
        "Suzanne Modeski",
        "on behalf of Roland Fuller",
        "Roland is away",
        "misremembered which day",
        "Wrong day.",
    ):
        expect(history.locator("main")).to_contain_text(told)
    duane.goto("/balances")
    # 1731 h, less half an hour: only the corrected time counts.
    expect(duane.locator("main")).to_contain_text("1730.50")


@pytest.mark.e2e
def test_the_week_page_records_and_refuses_with_javascript(signed_in: SignIn) -> None:
    """An entry appears without a new page, and an overlap is said beside the field with what was typed."""
    max_fenig = signed_in("staff-4401", javascript=True)
    record(max_fenig, WEDNESDAY, "09:00", "17:00", "staff-4401")
    expect(max_fenig.locator("#day-card")).to_contain_text("washing dog")
    fill_times(max_fenig, "16:00", "18:00")
    max_fenig.get_by_role("button", name="Add to Wednesday").click()
    expect(max_fenig.locator("#day-card")).to_contain_text("must not overlap")
    expect(max_fenig.locator("[name=start]")).to_have_value("16:00")


def week_of(day: date, staff_id: str = "staff-4366") -> str:
    return f"/people/{staff_id}/week/{day.isoformat()}"


def record(page: Page, day: date, start: str, finish: str, staff_id: str = "staff-4366") -> None:
    page.goto(week_of(day, staff_id))
    fill_times(page, start, finish)
    page.locator("[name=project_id]").select_option(label="dog grooming · proj-533")
    page.locator("[name=task]").fill("washing dog")
    page.get_by_role("button", name=f"Add to {day:%A}").click()
    expect(page.locator("#day-card")).to_contain_text(f"{start} – {finish}")


def fill_times(page: Page, start: str, finish: str) -> None:
    page.locator("[name=start]").fill(start)
    page.locator("[name=finish]").fill(finish)


def remove(page: Page, day: date, reason: str) -> None:
    page.goto(week_of(day))
    page.locator("#day-card").get_by_role("link", name="Edit").click()
    page.locator("#day-card [name=reason]").fill(reason)
    page.locator("#day-card").get_by_role("button", name="Remove").click()
    expect(page.locator("#day-card")).to_contain_text("Nothing recorded")


def amend_finish(page: Page, day: date, finish: str, reason: str) -> None:
    page.goto(week_of(day))
    page.locator("#day-card").get_by_role("link", name="Edit").click()
    page.locator("[name=finish]").fill(finish)
    page.locator("#day-card [name=reason]").fill(reason)
    page.locator("#entry-save").click()
    expect(page.locator("#day-card")).to_contain_text(finish)


def submit(page: Page) -> None:
    page.goto(week_of(MONDAY))
    page.get_by_role("link", name="Submit week").click()
    page.locator("[name=certified]").check()
    page.get_by_role("button", name="Certify and submit").click()
    expect(page.locator("#standing")).to_contain_text("Submitted")


def revise(page: Page, reason: str) -> None:
    page.goto(week_of(MONDAY))
    page.get_by_role("link", name="Revise").click()
    page.locator("[name=reason]").fill(reason)
    page.get_by_role("button", name="Start the revision").click()
    expect(page.locator("#standing")).to_contain_text("Draft")


def open_review(page: Page) -> None:
    page.goto("/inbox?q=Duane")
    page.get_by_role("link", name="Review").first.click()
    expect(page.locator("#review")).to_contain_text("Duane Barry")


def reject(page: Page, reason: str) -> None:
    open_review(page)
    page.locator("summary#reject").click()
    page.locator("[name=reason]").fill(reason)
    page.get_by_role("button", name="Reject with this reason").click()
    expect(page.locator("#toast")).to_contain_text("Rejected")


def approve(page: Page) -> None:
    open_review(page)
    page.locator("#approve").click()
    expect(page.locator("#toast")).to_contain_text("Approved")


def act_for(page: Page, staff_id: str, reason: str) -> None:
    page.goto(f"/admin/people/{staff_id}/acting")
    page.locator("[name=reason]").fill(reason)
    page.locator("form:has([name=staff_id])").get_by_role("button").click()
    expect(page.locator(".acting")).to_contain_text("Roland Fuller")


def history_of(page: Page) -> Page:
    page.goto(week_of(MONDAY))
    page.get_by_role("link", name="History").click()
    return page
