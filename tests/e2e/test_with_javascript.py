"""What scripts add to pages that work without them: changes in place, dialogs, and words when something is away."""

import pytest
from playwright.sync_api import Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import day_card, edit, fill_times, open_day, record, standing, toast
from tests.factories import MONDAY, Organisation

pytestmark = pytest.mark.e2e

TUESDAY = MONDAY.replace(day=MONDAY.day + 1)


def week_of(org: Organisation, number: int = 2) -> str:
    """The address of Duane's week."""
    return f"/people/{org.slug}-{number}/week/{MONDAY}"


def test_a_refused_entry_says_why_beside_the_field_and_keeps_what_was_typed(people: People, life: Life) -> None:
    life.record("09:00", "17:00")
    duane = people.somebody(life.org, life.org.duane)
    duane.goto(week_of(life.org))
    fill_times(duane, "16:00", "18:00")
    duane.get_by_label("Task").fill("washing dog")
    duane.get_by_role("button", name="Add to Monday").click()
    expect(day_card(duane)).to_contain_text("must not overlap")
    expect(duane.get_by_label("Start")).to_be_focused()
    expect(duane.get_by_label("Start")).to_have_value("16:00")
    expect(duane.get_by_label("Task")).to_have_value("washing dog")


def test_a_double_click_is_one_command(people: People, org: Organisation) -> None:
    duane = people.somebody(org, org.duane)
    duane.goto(week_of(org))
    sent: list[str] = []
    duane.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    fill_times(duane, "09:00", "17:00")
    duane.get_by_role("button", name="Add to Monday").dblclick()
    expect(day_card(duane).get_by_role("link", name="Edit")).to_have_count(1)
    assert len(sent) == 1


def test_back_and_forward_show_what_the_address_says(people: People, life: Life) -> None:
    life.record()
    duane = people.somebody(life.org, life.org.duane)
    duane.goto(week_of(life.org))
    open_day(duane, TUESDAY)
    expect(duane).to_have_url(f"{people.address}{week_of(life.org).replace(str(MONDAY), str(TUESDAY))}")
    duane.go_back()
    expect(duane.locator("#day-title")).to_contain_text("Monday")
    expect(day_card(duane)).to_contain_text("09:00 – 17:00")
    duane.go_forward()
    expect(duane.locator("#day-title")).to_contain_text("Tuesday")


def test_a_session_that_has_ended_leads_to_the_sign_in_and_back(people: People, org: Organisation) -> None:
    duane = people.somebody(org, org.duane)
    duane.goto(week_of(org))
    duane.context.clear_cookies()
    duane.locator(f"#day-{TUESDAY}").click()
    expect(duane.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(duane.locator("[name=next]")).to_have_value(week_of(org))


def test_a_search_after_the_session_has_ended_leads_to_the_sign_in(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/inbox")
    roland.get_by_label("Find a person").focus()
    roland.context.clear_cookies()
    roland.keyboard.type("Du")  # wherever it goes: what is heard just then leads to the sign-in as well
    expect(roland.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_a_network_the_page_says_so_and_what_was_typed_can_be_sent_again(
    people: People, org: Organisation
) -> None:
    duane = people.somebody(org, org.duane)
    duane.goto(week_of(org))
    fill_times(duane, "09:00", "17:00")
    duane.context.set_offline(True)
    duane.get_by_role("button", name="Add to Monday").click()
    expect(toast(duane)).to_contain_text("does not answer")
    expect(duane.get_by_label("Start")).to_have_value("09:00")
    duane.context.set_offline(False)
    duane.get_by_role("button", name="Add to Monday").click()
    expect(day_card(duane)).to_contain_text("09:00 – 17:00")
    expect(toast(duane)).not_to_contain_text("does not answer")


class TestDialogs:
    def test_the_focus_goes_in_and_escape_gives_it_back(self, people: People, life: Life) -> None:
        life.record()
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="Submit week").click()
        expect(duane.get_by_role("dialog")).to_contain_text("I certify that this is true.")
        expect(duane.get_by_role("checkbox")).to_be_focused()
        duane.keyboard.press("Escape")
        expect(duane.get_by_role("dialog")).to_have_count(0)
        expect(duane.get_by_role("link", name="Submit week")).to_be_focused()
        expect(standing(duane)).to_contain_text("Draft")

    def test_a_submission_without_the_tick_is_refused_in_the_dialog(self, people: People, life: Life) -> None:
        life.record()
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="Submit week").click()
        duane.get_by_role("button", name="Certify and submit").click()
        expect(duane.get_by_role("dialog")).to_contain_text("Tick this to certify the week.")
        expect(duane.get_by_role("checkbox")).to_be_focused()
        duane.get_by_role("checkbox").check()
        duane.get_by_role("button", name="Certify and submit").click()
        expect(standing(duane)).to_contain_text("Submitted")
        expect(standing(duane)).to_be_focused()
        expect(toast(duane)).to_contain_text("Submitted.")
        expect(duane.get_by_role("dialog")).to_have_count(0)

    def test_what_was_typed_stays_in_a_dialog_that_is_refused(self, people: People, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="Recall…").click()
        duane.get_by_label("Reason").fill("The Tuesday is missing.")
        life.approve()
        duane.get_by_role("button", name="Recall").click()
        expect(duane.get_by_role("dialog").locator(".note")).to_be_visible()
        expect(duane.get_by_label("Reason")).to_have_value("The Tuesday is missing.")

    def test_a_missing_reason_is_asked_for_in_the_dialog(self, people: People, life: Life) -> None:
        life.bring_to(State.REJECTED)
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="Revise…").click()
        resize(duane)
        duane.get_by_role("button", name="Start the revision").click()
        expect(duane.get_by_label("Reason")).to_be_focused()
        expect(duane.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
        duane.get_by_label("Reason").fill("It was Tuesday.")
        duane.get_by_role("button", name="Start the revision").click()
        expect(standing(duane)).to_contain_text("Draft")

    def test_without_a_network_the_dialog_says_so(self, people: People, life: Life) -> None:
        life.bring_to(State.REJECTED)
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="Revise…").click()
        duane.get_by_label("Reason").fill("It was Tuesday.")
        duane.context.set_offline(True)
        duane.get_by_role("button", name="Start the revision").click()
        expect(duane.get_by_role("dialog")).to_contain_text("does not answer")
        duane.context.set_offline(False)
        duane.get_by_role("button", name="Start the revision").click()
        expect(standing(duane)).to_contain_text("Draft")
        expect(toast(duane)).to_contain_text("The revision is open.")

    def test_somebody_acts_for_another_only_with_a_reason(self, people: People, org: Organisation) -> None:
        suzanne = people.somebody(org, org.suzanne)
        suzanne.goto("/admin/people")
        suzanne.get_by_role("link", name="Act for… Roland Fuller").click()
        suzanne.get_by_role("button", name="Start acting").click()
        expect(suzanne.get_by_role("dialog")).to_be_visible()
        suzanne.get_by_label("Why do you act for Roland Fuller?").fill("Roland is away.")
        suzanne.get_by_role("button", name="Start acting").click()
        expect(suzanne.locator(".acting")).to_contain_text("Roland Fuller")


class TestEntries:
    def test_the_reason_field_is_there_once_the_week_was_certified(self, people: People, life: Life) -> None:
        life.bring_to(State.REJECTED)
        life.revise()
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        edit(duane)
        duane.get_by_label("Finish").fill("16:00")
        duane.get_by_role("button", name="Save changes").click()
        expect(duane.get_by_label("Reason")).to_be_focused()
        duane.get_by_label("Reason").fill("It was shorter.")
        duane.get_by_role("button", name="Save changes").click()
        expect(day_card(duane)).to_contain_text("09:00 – 16:00")

    def test_another_type_of_time_keeps_what_was_typed(self, people: People, org: Organisation) -> None:
        duane = people.somebody(org, org.duane)
        duane.goto(week_of(org))
        fill_times(duane, "09:00", "17:00")
        duane.get_by_label("What kind of time").focus()
        duane.keyboard.type("Overtime")
        expect(duane.locator("input[name=type_id]")).not_to_have_value("00000000-0000-0000-0000-000000000001")
        expect(duane.get_by_label("Start")).to_have_value("09:00")
        expect(duane.get_by_label("What kind of time")).to_be_focused()

    def test_the_focus_goes_to_the_day_that_changed(self, people: People, org: Organisation) -> None:
        duane = people.somebody(org, org.duane)
        duane.goto(week_of(org))
        record(duane, MONDAY, "09:00", "17:00")
        expect(duane.locator("#day-title")).to_be_focused()


class TestRefreshing:
    """Regions that ask again by themselves show what others did, and say that nobody has done anything."""

    def test_a_new_submission_appears_in_an_open_inbox(self, people: People, life: Life) -> None:
        life.record()
        roland = people.somebody(life.org, life.org.roland)
        roland.goto("/inbox")
        expect(roland.locator("#inbox-rows")).to_contain_text("All decided")
        expect(roland.locator("body")).to_have_attribute("data-live", "on")
        with roland.expect_request("**/inbox") as asked:
            life.submit()
        assert asked.value.headers["countersign-refresh"] == "1"
        expect(roland.locator("#inbox-rows")).to_contain_text("Duane Barry")
        expect(roland.locator("#inbox-count")).to_have_text("1")
        expect(roland.locator("#standing")).to_contain_text("1 timesheet waits")

    def test_a_decision_appears_on_the_page_of_who_waits_for_it(self, people: People, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        duane = people.somebody(life.org, life.org.duane)
        duane.goto(week_of(life.org))
        duane.get_by_role("link", name="History").focus()
        expect(duane.locator("body")).to_have_attribute("data-live", "on")
        with duane.expect_request(f"**{week_of(life.org)}") as asked:
            life.approve()
        assert asked.value.headers["countersign-refresh"] == "1"
        expect(standing(duane)).to_contain_text("Approved")
        expect(duane.get_by_role("link", name="Revise…")).to_be_visible()
        expect(duane.get_by_role("link", name="History")).to_be_focused()

    def test_a_message_goes_away_by_itself_unless_somebody_reads_it(self, people: People, org: Organisation) -> None:
        duane = people.somebody(org, org.duane)
        duane.clock.install()
        duane.goto(week_of(org))
        record(duane, MONDAY, "09:00", "17:00")
        expect(toast(duane)).to_contain_text("Recorded.")
        toast(duane).locator("p").hover()
        duane.clock.run_for(9_000)
        expect(toast(duane)).to_contain_text("Recorded.")
        duane.mouse.move(0, 0)
        duane.clock.run_for(9_000)
        expect(toast(duane)).to_be_empty()


def resize(page: Page) -> None:
    """Pull the open text field larger, as people do: the browser notes its size in a style attribute."""
    box = page.locator("textarea").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] + 60)
    page.mouse.up()
    assert page.locator("textarea").get_attribute("style")
