"""The letters of the inbox: what each of them does, when none does anything, and what follows a decision."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.crowd import Crowd
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import toast
from tests.factories import MONDAY

pytestmark = pytest.mark.e2e


@pytest.fixture
def roland(people: People, life: Life) -> Page:
    """His inbox: a week of Duane's, the next one, and one of Max's, in this order."""
    crowd = Crowd(life.desk, life.org)
    crowd.submitted(2)
    crowd.submit_week(life.org.max)
    page = people.somebody(life.org, life.org.roland)
    page.goto("/inbox")
    expect(rows(page)).to_have_count(3)
    return page


class TestEachLetter:
    """One key, one thing."""

    def test_j_goes_down_the_list_and_stays_at_its_end(self, roland: Page) -> None:
        for number in (0, 1, 2, 2):
            roland.keyboard.press("j")
            expect(link(roland, number)).to_be_focused()

    def test_k_goes_up_the_list_and_stays_at_its_top(self, roland: Page) -> None:
        link(roland, 2).focus()
        for number in (1, 0, 0):
            roland.keyboard.press("k")
            expect(link(roland, number)).to_be_focused()

    def test_x_selects_the_row_and_takes_it_out_again(self, roland: Page) -> None:
        link(roland, 1).focus()
        roland.keyboard.press("x")
        expect(pick(roland, 1)).to_be_checked()
        expect(roland.locator("#bulk-bar")).to_contain_text("1 selected · 8.00 h")
        roland.keyboard.press("k")
        roland.keyboard.press("x")
        expect(roland.locator("#bulk-bar")).to_contain_text("2 selected · 16.00 h")
        roland.keyboard.press("x")
        expect(pick(roland, 0)).not_to_be_checked()
        expect(roland.locator("#bulk-bar")).to_contain_text("1 selected · 8.00 h")

    def test_x_selects_the_one_that_is_open_when_no_row_has_the_focus(self, roland: Page) -> None:
        open_row(roland, 1)
        roland.keyboard.press("x")
        expect(pick(roland, 1)).to_be_checked()

    def test_a_goes_to_approve_and_approves_nothing_by_itself(self, roland: Page) -> None:
        open_row(roland, 0)
        roland.keyboard.press("a")
        expect(roland.locator("#approve")).to_be_focused()
        expect(rows(roland)).to_have_count(3)

    def test_r_asks_for_the_reason_of_a_rejection(self, roland: Page) -> None:
        open_row(roland, 0)
        roland.keyboard.press("r")
        expect(reason(roland)).to_be_focused()

    def test_the_question_mark_shows_all_of_them(self, roland: Page) -> None:
        roland.keyboard.press("?")
        keys = roland.get_by_role("dialog", name="Keys in the inbox")
        expect(keys).to_be_visible()
        expect(keys.locator("kbd")).to_have_text(["j", "k", "Enter", "x", "a", "r", "?"])
        roland.keyboard.press("j")
        expect(link(roland, 0)).not_to_be_focused()


class TestWhenTheyAreLetters:
    """Nothing happens by accident."""

    @pytest.mark.parametrize("field", ["the search", "the comment", "the reason"])
    def test_in_a_field_they_are_typed(self, roland: Page, field: str) -> None:
        open_row(roland, 0)
        typed_in = open_field(roland, field)
        typed_in.press_sequentially("jkxar?")
        expect(typed_in).to_have_value("jkxar?")
        expect(typed_in).to_be_focused()
        expect(roland.locator("[name=pick]:checked")).to_have_count(0)
        expect(roland.get_by_role("dialog")).to_have_count(0)

    def test_in_a_list_to_choose_from_they_choose(self, roland: Page) -> None:
        weeks = roland.get_by_label("Week", exact=True)
        weeks.focus()
        roland.keyboard.press("j")
        expect(weeks).to_be_focused()

    @pytest.mark.parametrize("held", ["Control", "Meta", "Alt"])
    def test_with_another_key_held_they_belong_to_the_browser(self, roland: Page, held: str) -> None:
        open_row(roland, 0)
        roland.keyboard.press(f"{held}+x")
        expect(roland.locator("[name=pick]:checked")).to_have_count(0)
        expect(roland.locator("#review-title")).to_be_focused()

    @pytest.mark.parametrize("key", ["j", "k", "x", "a", "r", "?"])
    def test_turned_off_it_stays_off_everywhere_until_it_is_turned_on_again(self, roland: Page, key: str) -> None:
        turn(roland, on=False)
        for address in ("/inbox", "/week", "/inbox"):
            roland.goto(address)
        open_row(roland, 0)
        roland.keyboard.press(key)
        expect(roland.locator("#review-title")).to_be_focused()
        expect(roland.locator("[name=pick]:checked")).to_have_count(0)
        expect(roland.get_by_role("dialog")).to_have_count(0)

        turn(roland, on=True)
        roland.locator("#review-title").focus()
        roland.keyboard.press(key)
        assert not is_untouched(roland), f"{key} does nothing"


class TestAfterADecision:
    """The next one opens, and the focus is there."""

    def test_the_next_one_opens_and_the_letters_go_on_from_there(self, roland: Page) -> None:
        open_row(roland, 0)
        roland.keyboard.press("a")
        roland.keyboard.press("Enter")
        expect(toast(roland)).to_contain_text("Approved Duane Barry's timesheet.")
        expect(rows(roland)).to_have_count(2)
        expect(roland.locator("#review")).to_contain_text(f"{MONDAY.day} – ")
        expect(roland.locator("#review-title")).to_be_focused()
        expect(link(roland, 0)).to_have_attribute("aria-current", "true")
        roland.keyboard.press("j")
        expect(link(roland, 1)).to_be_focused()

    def test_after_a_rejection_too(self, roland: Page) -> None:
        open_row(roland, 1)
        roland.keyboard.press("r")
        reason(roland).fill("Wrong day.")
        roland.get_by_role("button", name="Reject with this reason").press("Enter")
        expect(toast(roland)).to_contain_text("Rejected Duane Barry's timesheet.")
        expect(roland.locator("#review-title")).to_have_text("Max Fenig")
        expect(roland.locator("#review-title")).to_be_focused()

    def test_after_the_last_one_the_focus_is_not_lost(self, roland: Page) -> None:
        roland.goto("/inbox?q=Max")
        open_row(roland, 0)
        roland.keyboard.press("a")
        roland.keyboard.press("Enter")
        expect(roland.locator("#inbox-rows")).to_contain_text("Nobody called “Max” waits for a decision")
        expect(roland.locator("#main")).to_be_focused()


def rows(page: Page) -> Locator:
    return page.locator("#inbox-rows tbody tr")


def link(page: Page, number: int) -> Locator:
    """That opens a row."""
    return rows(page).nth(number).get_by_role("link", name="Review")


def pick(page: Page, number: int) -> Locator:
    """That selects a row."""
    return rows(page).nth(number).get_by_role("checkbox")


def reason(page: Page) -> Locator:
    return page.get_by_label("What has to change?")


def open_row(page: Page, number: int) -> None:
    link(page, number).press("Enter")
    expect(page.locator("#review-title")).to_be_focused()


def open_field(page: Page, name: str) -> Locator:
    """Where something can be typed, with the focus in it."""
    if name == "the comment":
        page.get_by_text("Add a comment").click()
    elif name == "the reason":
        page.locator("summary#reject").click()
    labels = {"the search": "Find a person", "the comment": "Comment", "the reason": "What has to change?"}
    field = page.get_by_label(labels[name])
    field.focus()
    return field


def turn(page: Page, *, on: bool) -> None:
    """The letters on or off, where they are explained."""
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").set_checked(on)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()


def is_untouched(page: Page) -> bool:
    """Whether a letter has done nothing to the page and its first timesheet, which is open."""
    done = "[name=pick]:checked, dialog[open], details.reject[open]"
    return bool(page.evaluate(f"document.activeElement.id === 'review-title' && !document.querySelector('{done}')"))
