"""The grid of the week as people use it: by keys, by touch, with a network that comes and goes."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from models.rules.transitions import State
from models.standard import ABSENCE, OVERTIME
from tests.desk import Life
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import day_card, revise, standing, toast
from tests.factories import MONDAY, Asking, Organisation, worked

pytestmark = pytest.mark.e2e

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def week(org: Organisation) -> str:
    """The address of Duane's week."""
    return f"/people/{org.slug}-2/week/{MONDAY}"


def cell(page: Page, row: str, day: str) -> Locator:
    """A field of the grid, by its row and day."""
    return page.get_by_label(re.compile(f"^{row}, {day}"))


def saved(page: Page) -> Locator:
    """What is said of the grid as a whole."""
    return page.locator("#saved")


def open_week(people: People, org: Organisation, **context: object) -> Page:
    """Duane's, in a browser of his."""
    page = people.somebody(org, org.duane, **context)
    page.goto(week(org))
    return page


def add_row(page: Page, type_name: str, project: str = "No project") -> None:
    """A row to type into, which then has the focus."""
    page.get_by_label("Kind of time", exact=True).select_option(label=type_name)
    page.locator("#row-project").select_option(label=project)
    page.get_by_role("button", name="Add", exact=True).click()


def shows(page: Page, dates: str) -> None:
    """The week of these dates is there, down to its last line."""
    expect(page.get_by_role("heading", level=1)).to_have_text(dates)
    page.wait_for_load_state()


def commands_sent(page: Page) -> list[Request]:
    """Every cell that is sent from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/cells") else None)
    return sent


def test_a_week_is_filled_in_by_keys_alone(people: People, org: Organisation) -> None:
    page = open_week(people, org)
    page.locator("#row-type").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("dog")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    row = "dog grooming, Shift"
    expect(cell(page, row, "Monday")).to_be_focused()

    for typed in ("7.5", "7:30", "7h 30m", "0900-1730"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.type("9-12")
    page.keyboard.press("Enter")

    expect(page.locator(".totals")).to_contain_text("Day total 7.50 7.50 7.50 8.50 3.00 – – 34.00", use_inner_text=True)
    expect(cell(page, row, "Friday")).to_be_focused()
    expect(saved(page)).to_have_text("Saved")
    expect(page.locator("#day-title")).to_have_text("Friday 20 November")
    expect(day_card(page)).to_contain_text("09:00 – 12:00")
    expect(page).to_have_url(f"{people.address}{week(org).replace(str(MONDAY), '2026-11-20')}")

    page.keyboard.press("ArrowLeft")
    expect(cell(page, row, "Thursday")).to_be_focused()
    page.keyboard.type("4")
    page.keyboard.press("Escape")
    expect(cell(page, row, "Thursday")).to_have_value("8.50")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(cell(page, row, "Thursday")).to_have_value("")
    expect(page.locator("#said")).to_contain_text("Removed.")
    page.reload()
    expect(page.locator(".stats")).to_contain_text("25.50 of 37.00 h")


def test_it_is_said_where_hours_were_put(people: People, life: Life) -> None:
    life.record("09:00", "12:00")
    page = open_week(people, life.org)

    cell(page, "Shift", "Tuesday").fill("2")
    page.keyboard.press("Enter")

    expect(toast(page)).to_contain_text("Recorded: Tuesday 17 November, 09:00 – 11:00.")
    expect(page.locator("#day-title")).to_have_text("Tuesday 17 November")
    expect(cell(page, "Shift", "Tuesday")).to_have_attribute("title", "09:00 – 11:00")


def test_what_is_half_typed_into_a_day_stays_while_the_grid_is_saved(people: People, life: Life) -> None:
    life.record("09:00", "12:00")
    page = open_week(people, life.org)
    page.get_by_label("Finish").fill("15:00")

    cell(page, "Shift", "Tuesday").fill("2")
    page.keyboard.press("Enter")

    expect(saved(page)).to_have_text("Saved")
    expect(page.locator("#day-title")).to_have_text("Monday 16 November")
    expect(page.get_by_label("Finish")).to_have_value("15:00")


def test_a_refused_cell_says_why_keeps_what_was_typed_and_is_put_right(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    life.desk.do(life.duane.record(worked("18:00", "19:00", TUESDAY, OVERTIME)))
    page = open_week(people, life.org)
    wrong = cell(page, "Overtime", "Monday")

    wrong.fill("16-18")
    page.keyboard.press("Tab")

    expect(page.locator("#refusals")).to_contain_text("Overtime, Mon 16. Time periods must not overlap")
    expect(page.locator("#refusals")).to_contain_text("Shift, Mon 16 Nov, 09:00 – 17:00")
    expect(saved(page)).to_have_text("Not saved: 1")
    expect(wrong).to_have_value("16-18")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_accessible_description(re.compile("must not overlap"))
    expect(cell(page, "Overtime", "Tuesday")).to_be_focused()

    page.get_by_role("link", name="Go to cell").click()
    expect(wrong).to_be_focused()
    page.keyboard.type("17-18")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_text("Saved")
    expect(page.locator("#refusals")).to_be_empty()
    expect(cell(page, "Overtime", "Monday")).to_have_value("1.00")


def test_escape_reverts_without_a_request(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    page = open_week(people, life.org)
    sent = commands_sent(page)

    cell(page, "Shift", "Monday").fill("1")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(cell(page, "Shift", "Tuesday")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_text("Saved")

    expect(cell(page, "Shift", "Monday")).to_have_value("8.00")
    assert len(sent) == 1


def test_without_a_network_the_cell_keeps_its_text_and_is_sent_again_as_the_same_command(
    people: People, life: Life
) -> None:
    life.record("09:00", "17:00")
    page = open_week(people, life.org)
    sent = commands_sent(page)
    page.context.set_offline(True)
    cell(page, "Shift", "Tuesday").fill("3")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("does not answer")
    expect(saved(page)).to_have_text("Not saved: 1")
    expect(cell(page, "Shift", "Tuesday")).to_have_value("3")

    page.context.set_offline(False)
    page.keyboard.press("Enter")

    expect(saved(page)).to_have_text("Saved")
    expect(cell(page, "Shift", "Tuesday")).to_have_value("3.00")
    first, second = (request.post_data_json for request in sent)
    assert first == second


def test_whoever_goes_elsewhere_at_once_loses_nothing(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    page = open_week(people, life.org)

    cell(page, "Shift", "Tuesday").fill("3")
    page.get_by_role("link", name="Next week").click()
    shows(page, "23 – 29 November 2026")
    page.go_back()

    expect(cell(page, "Shift", "Tuesday")).to_have_value("3.00")


def test_what_was_certified_is_changed_with_a_reason_that_is_asked_for(people: People, life: Life) -> None:
    life.bring_to(State.REJECTED)
    page = open_week(people, life.org)
    revise(page, "Wrong day.")
    cell(page, "Shift", "Monday").fill("")
    page.keyboard.press("Enter")
    why = page.get_by_label("Why do you change it?")
    expect(why).to_be_focused()
    expect(page.locator("#hours-why")).to_contain_text("certified before")

    page.keyboard.type("It was Tuesday.")
    page.keyboard.press("Enter")

    expect(saved(page)).to_have_text("Saved")
    expect(page.locator("#said")).to_contain_text("Removed.")


def test_a_whole_day_is_ticked_with_the_space_bar(people: People, org: Organisation) -> None:
    page = open_week(people, org)
    add_row(page, "Absence")
    absent = cell(page, "Absence", "Monday")
    expect(absent).to_be_focused()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")

    expect(day_card(page)).to_contain_text("Tuesday 17 November")
    expect(day_card(page)).to_contain_text("whole day")
    expect(cell(page, "Absence", "Tuesday")).to_be_checked()
    expect(cell(page, "Absence", "Tuesday")).to_be_focused()


def test_a_week_is_filled_in_on_a_phone(people: People, life: Life) -> None:
    life.desk.do(life.duane.record(worked("00:00", "24:00", TUESDAY, ABSENCE)))
    page = open_week(people, life.org, viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_text("Add a row").tap()
    add_row(page, "Shift", "dog grooming · proj-533")
    row = "dog grooming, Shift"
    first = cell(page, row, "Monday")
    expect(first).to_be_focused()
    box = first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 40

    first.tap()
    page.keyboard.type("8")
    cell(page, row, "Wednesday").tap()
    page.keyboard.type("9-16:30")
    page.get_by_role("heading", name="Hours").tap()
    expect(page.locator(".totals")).to_contain_text("15.50")
    cell(page, "Absence", "Tuesday").tap(force=True)
    expect(cell(page, "Absence", "Tuesday")).not_to_be_checked()
    expect(saved(page)).to_have_text("Saved")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_last_week_is_copied(people: People, life: Life) -> None:
    before = MONDAY - timedelta(days=7)
    mine = Asking(life.org, life.org.duane, life.org.duane, before)
    life.desk.do(mine.record(worked("09:00", "17:00", before)))
    page = open_week(people, life.org)

    for said in ("Copied 1 entry from last week.", "Nothing was copied. 1 entry skipped"):
        page.get_by_text("Copy last week", exact=True).click()
        page.get_by_role("button", name="Rows with hours").click()
        expect(toast(page)).to_contain_text(said)
        expect(page.locator("#hours-title")).to_be_focused()
    expect(cell(page, "Shift", "Monday")).to_have_value("8.00")


def test_the_clock_runs_until_it_is_stopped(people: People, org: Organisation) -> None:
    page = people.somebody(org, org.duane)
    page.goto("/week")
    page.locator("#week-head").get_by_text("Start", exact=True).click()
    page.get_by_label("What do you begin now?").select_option(label="Training")
    page.get_by_role("button", name="Start the clock").click()
    running = page.locator("#running")
    expect(running).to_be_focused()
    expect(running).to_contain_text("Running since")
    expect(day_card(page)).to_contain_text("Running")

    page.get_by_role("link", name="Previous week").click()
    expect(standing(page)).to_be_visible()
    page.locator("#running").get_by_role("link").click()
    page.get_by_role("button", name="Stop").click()
    expect(toast(page)).to_contain_text("Stopped:")
    expect(page.locator("#running")).to_have_count(0)


def test_keys_lead_from_week_to_week_and_are_explained(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    page = open_week(people, life.org)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys in the week")
    expect(keys).to_contain_text("Save a cell and go down")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("g")
    expect(page.locator("[data-cell]:focus")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("[data-cell]:focus")).to_have_value("n")
    page.keyboard.press("Escape")

    page.locator("#main").focus()
    page.keyboard.press("n")
    shows(page, "23 – 29 November 2026")
    page.keyboard.press("p")
    shows(page, "16 – 22 November 2026")

    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("n")
    page.locator("summary", has_text="Go to a date").click()
    page.get_by_label("Go to the week of").fill("2027-02-03")
    page.get_by_role("button", name="Go", exact=True).click()
    shows(page, "1 – 7 February 2027")


def test_without_scripts_the_week_is_one_form(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    page = open_week(people, life.org, java_script_enabled=False)
    cell(page, "Shift", "Monday").fill("half")
    cell(page, "Shift", "Tuesday").fill("6")
    page.get_by_role("button", name="Save the week").click()
    expect(page.locator("#refusals")).to_contain_text("“half” cannot be read.")
    expect(cell(page, "Shift", "Tuesday")).to_have_value("6")

    cell(page, "Shift", "Monday").fill("7")
    page.get_by_role("button", name="Save the week").click()

    expect(toast(page)).to_contain_text("Saved: 2 entries.")
    expect(page.locator(".totals")).to_contain_text("13.00")
