"""What happens around the entries of a day, in a browser: changes at short notice, plans, notes, acts of others."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import day_card, toast
from tests.factories import MONDAY, worked

pytestmark = pytest.mark.e2e

TUESDAY = MONDAY + timedelta(days=1)
THURSDAY = MONDAY + timedelta(days=3)


def week_of(life: Life) -> str:
    """The address of Duane's week with the Monday open."""
    return f"/people/{life.org.slug}-2/week/{MONDAY}"


def duane_at(people: People, life: Life, **context: object) -> Page:
    """Duane on his week."""
    page = people.somebody(life.org, life.org.duane, **context)
    page.goto(week_of(life))
    return page


def open_flex(page: Page) -> None:
    """The form for the only entry of the open day."""
    page.get_by_role("link", name="Changed at short notice").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def preview(page: Page) -> Locator:
    """What is said of the change that is typed."""
    return page.locator("#flex-preview")


def acts(page: Page) -> Locator:
    """What others did, for the owner to answer."""
    return page.locator("#acts")


class TestChangedAtShortNotice:
    def test_what_is_typed_is_measured_at_once_and_recorded_once(self, people: People, life: Life) -> None:
        life.record("09:00", "17:00")
        duane = duane_at(people, life)
        open_flex(duane)
        expect(duane.get_by_label("Extended")).to_be_focused()

        duane.get_by_label("Curtailed").check()
        duane.get_by_label("Finish").last.fill("17:35")
        expect(preview(duane)).to_contain_text("Adds 35 min at the end. Extended")
        expect(preview(duane)).to_contain_text("This is not curtailed.")
        expect(duane.get_by_label("Finish").last).to_be_focused()
        duane.get_by_label("Extended").check()
        expect(preview(duane)).not_to_contain_text("This is not")

        duane.get_by_label("Authorised by").fill("Roland Fuller")
        duane.get_by_label("Note").last.fill("The last bus was late.")
        duane.get_by_role("button", name="Record the change").click()
        expect(day_card(duane)).to_contain_text("Extended 09:00 – 17:00")
        expect(day_card(duane)).to_contain_text("Authorised by Roland Fuller.")
        expect(duane.get_by_role("dialog")).to_have_count(0)
        expect(duane.locator("#day-title")).to_be_focused()
        expect(toast(duane)).to_contain_text("Recorded: extended.")

    def test_a_type_that_is_not_true_is_refused_in_the_dialog(self, people: People, life: Life) -> None:
        life.record("09:00", "17:00")
        duane = duane_at(people, life)
        open_flex(duane)
        duane.get_by_label("Altered").check()
        duane.get_by_label("Finish").last.fill("17:45")
        duane.get_by_label("Authorised by").fill("Roland Fuller")
        duane.get_by_role("button", name="Record the change").click()
        expect(duane.get_by_role("dialog")).to_contain_text("Altered needs 60 minutes or more")
        expect(duane.get_by_role("dialog")).to_contain_text("It is extended.")
        expect(duane.get_by_label("Authorised by")).to_have_value("Roland Fuller")
        expect(duane.get_by_label("Extended")).to_be_focused()

        duane.get_by_label("Extended").check()
        duane.get_by_role("button", name="Record the change").click()
        expect(day_card(duane)).to_contain_text("09:00 – 17:45")

    def test_a_shift_moves_to_another_day_without_javascript(self, people: People, life: Life) -> None:
        life.record("09:00", "17:00")
        duane = duane_at(people, life, java_script_enabled=False)
        duane.get_by_role("link", name="Changed at short notice").click()
        duane.get_by_label("Completely changed").check()
        duane.get_by_label("New day").fill(str(THURSDAY))
        duane.get_by_role("button", name="Measure this change").click()
        expect(preview(duane)).to_contain_text("Moves to Thursday 19 November, where no work was planned.")

        duane.get_by_label("Authorised by").fill("Roland Fuller")
        duane.get_by_role("button", name="Record the change").click()
        expect(duane.locator("#day-title")).to_have_text("Thursday 19 November")
        expect(day_card(duane)).to_contain_text("Completely changed Mon 16, 09:00 – 17:00")


class TestPlannedShifts:
    def test_one_is_confirmed_one_changed_and_one_was_not_worked(self, people: People, life: Life) -> None:
        for start, end in (("06:00", "08:00"), ("09:00", "12:00"), ("13:00", "17:00")):
            life.plan(start, end)
        duane = duane_at(people, life)
        planned = duane.locator("li.unconfirmed")

        planned.first.get_by_role("button", name="Confirm").click()
        expect(planned).to_have_count(2)
        expect(duane.locator("#day-title")).to_be_focused()
        planned.first.get_by_role("link", name="Change").click()
        expect(duane.get_by_role("heading", name="Change this planned shift")).to_be_focused()
        duane.get_by_label("Finish").fill("12:30")
        duane.get_by_role("button", name="Save and confirm").click()
        expect(day_card(duane)).to_contain_text("planned 09:00 – 12:00")
        planned.get_by_role("button", name="Did not work").click()
        expect(planned).to_have_count(0)
        expect(duane.locator(".entries > li")).to_have_count(2)

    def test_all_of_a_week_are_confirmed_on_the_way_to_submitting_it(self, people: People, life: Life) -> None:
        life.plan()
        life.plan(day=TUESDAY)
        duane = duane_at(people, life)
        duane.get_by_role("link", name="Submit week").click()
        dialog = duane.get_by_role("dialog")
        expect(dialog).to_contain_text("2 planned shifts are not confirmed yet")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="Certify and submit").click()
        expect(dialog.locator(".asked-before .note")).to_be_focused()

        dialog.get_by_role("button", name="Confirm all 2").click()
        expect(toast(duane)).to_contain_text("Confirmed")
        expect(duane.get_by_role("dialog")).to_have_count(0)
        expect(duane.locator("main")).not_to_contain_text("not confirmed yet")
        expect(duane.locator("#standing")).to_be_focused()


class TestNotes:
    def test_what_is_left_to_write_is_counted_while_one_writes(self, people: People, life: Life) -> None:
        duane = duane_at(people, life)
        duane.get_by_text("Add a note").click()
        note = duane.get_by_label("Note on this day")
        expect(note).to_be_focused()
        expect(duane.locator("#content-left")).to_have_text("At most 250 characters.")
        note.fill("Van broke down.")
        expect(duane.locator("#content-left")).to_have_text("235 characters left.")

        duane.get_by_role("button", name="Keep this note").click()
        expect(day_card(duane)).to_contain_text("Van broke down.")
        expect(day_card(duane)).to_contain_text("Duane Barry,")
        expect(toast(duane)).to_contain_text("The note is kept.")


class TestActsOfOthers:
    def test_what_a_manager_recorded_is_disputed_and_both_see_it(self, people: People, life: Life) -> None:
        roland = people.somebody(life.org, life.org.roland)
        roland.goto(week_of(life))
        roland.get_by_label("Start", exact=True).fill("9")
        roland.get_by_label("Finish").fill("17")
        day_card(roland).get_by_label("Reason").last.fill("He has no network.")
        roland.get_by_role("button", name="Add to Monday").click()
        expect(acts(roland)).to_contain_text("Not answered yet")

        duane = duane_at(people, life)
        expect(duane.locator("#acts-count")).to_have_text("1")
        expect(acts(duane)).to_contain_text("Roland Fuller changed this week")
        expect(acts(duane)).to_contain_text("He has no network.")
        acts(duane).locator("summary").click()
        expect(duane.get_by_label("What is not right?")).to_be_focused()
        acts(duane).get_by_role("button", name="Dispute").click()
        expect(acts(duane)).to_contain_text("Say what is not right")
        expect(duane.get_by_label("What is not right?")).to_be_focused()
        duane.get_by_label("What is not right?").fill("I was ill that day.")
        acts(duane).get_by_role("button", name="Dispute").click()
        expect(acts(duane)).to_have_count(0)
        expect(duane.locator("#acts-count")).to_have_text("")

        roland.reload()
        expect(acts(roland)).to_contain_text("I was ill that day.")
        roland.get_by_role("link", name="History").click()
        expect(roland.locator("main")).to_contain_text("Disputed")

    def test_one_says_that_it_is_right_without_javascript(self, people: People, life: Life) -> None:
        recorded = life.because(life.roland, "He has no network.").record(worked("09:00", "17:00"))
        life.desk.do(recorded)
        duane = duane_at(people, life, java_script_enabled=False)
        acts(duane).get_by_role("button", name="That is right").click()
        expect(toast(duane)).to_contain_text("You said that it is right.")
        expect(acts(duane)).to_have_count(0)
