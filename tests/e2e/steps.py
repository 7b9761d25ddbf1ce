"""What people do on the pages, step by step, each step ending with what they then see."""

from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
WEDNESDAY = MONDAY + timedelta(days=2)
THURSDAY = MONDAY + timedelta(days=3)

DUANE = "staff-4366"


def week_of(day: date, staff_id: str = DUANE) -> str:
    """The address of somebody's week with a day open."""
    return f"/people/{staff_id}/week/{day.isoformat()}"


def day_card(page: Page) -> Locator:
    """The open day with its entries and its form."""
    return page.locator("#day-card")


def open_day(page: Page, day: date) -> None:
    """Of the open week, by its head in the grid."""
    page.locator(f"#day-{day.isoformat()}").click()
    expect(page.locator("#day-title")).to_contain_text(f"{day:%A}")


def record(page: Page, day: date, start: str, finish: str) -> None:
    """On a day whose card is open."""
    fill_times(page, start, finish)
    page.get_by_label("Project").select_option(label="dog grooming · proj-533")
    page.get_by_label("Task").fill("washing dog")
    page.get_by_role("button", name=f"Add to {day:%A}").click()
    expect(day_card(page)).to_contain_text(f"{start} – {finish}")


def fill_times(page: Page, start: str, finish: str) -> None:
    """The two times of the entry form."""
    page.get_by_label("Start").fill(start)
    page.get_by_label("Finish").fill(finish)


def edit(page: Page) -> None:
    """The only entry of the open day."""
    day_card(page).get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit this entry")).to_be_visible()


def remove(page: Page, reason: str) -> None:
    """The only entry of the open day."""
    edit(page)
    day_card(page).get_by_label("Reason").fill(reason)
    day_card(page).get_by_role("button", name="Remove").click()
    expect(day_card(page)).to_contain_text("Nothing recorded")


def amend_finish(page: Page, finish: str, reason: str) -> None:
    """Of the only entry of the open day."""
    edit(page)
    page.get_by_label("Finish").fill(finish)
    day_card(page).get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Save changes").click()
    expect(day_card(page)).to_contain_text(finish)


def submit(page: Page) -> None:
    """The open week."""
    page.get_by_role("link", name="Submit week").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Certify and submit").click()
    expect(standing(page)).to_contain_text("Submitted")


def revise(page: Page, reason: str) -> None:
    """The open week."""
    page.get_by_role("link", name="Revise").click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Start the revision").click()
    expect(standing(page)).to_contain_text("Draft")


def open_review(page: Page) -> None:
    """Of Duane's week, from the inbox."""
    page.goto("/inbox?q=Duane")
    page.get_by_role("link", name="Review").first.click()
    expect(page.locator("#review")).to_contain_text("Duane Barry")


def approve(page: Page) -> None:
    """The open review."""
    page.get_by_role("button", name="Approve").click()
    expect(toast(page)).to_contain_text("Approved")


def reject(page: Page, reason: str) -> None:
    """The open review."""
    page.locator("summary#reject").click()
    page.get_by_label("What has to change?").fill(reason)
    page.get_by_role("button", name="Reject with this reason").click()
    expect(toast(page)).to_contain_text("Rejected")


def act_for(page: Page, staff_id: str, name: str, reason: str) -> None:
    """From anywhere."""
    page.goto(f"/admin/people/{staff_id}/acting")
    page.get_by_label("Why do you act for").fill(reason)
    page.get_by_role("button", name="Start acting").click()
    expect(page.locator(".acting")).to_contain_text(name)


def standing(page: Page) -> Locator:
    """Where the open week stands."""
    return page.locator("#standing")


def toast(page: Page) -> Locator:
    """What is said about the last command."""
    return page.locator("#toast")
