"""Everything the story needs, with the keyboard alone; wherever the focus is, it can be seen."""

import pytest
from playwright.sync_api import Locator, Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import day_card, standing, toast
from tests.factories import MONDAY, Organisation

pytestmark = pytest.mark.e2e

FURTHEST = 60
"""Tabs after which something is out of reach."""

SHOWN = """() => {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/transparent|, 0\\)$/.test(outlineColor);
}"""


def test_a_week_is_recorded_and_submitted(people: People, org: Organisation) -> None:
    duane = people.somebody(org, org.duane)
    duane.goto(f"/people/{org.slug}-2/week/{MONDAY}")
    duane.keyboard.press("Tab")
    expect(duane.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    duane.keyboard.press("Enter")
    tab_to(duane, duane.get_by_label("Start"))
    duane.keyboard.type("9")
    tab_to(duane, duane.get_by_label("Finish"))
    duane.keyboard.type("17")
    tab_to(duane, duane.get_by_label("Project"))
    duane.keyboard.type("dog")
    tab_to(duane, duane.get_by_label("Task"))
    duane.keyboard.type("washing dog")
    duane.keyboard.press("Enter")
    expect(day_card(duane)).to_contain_text("09:00 – 17:00")
    expect(duane.locator("#day-title")).to_be_focused()

    tab_to(duane, duane.get_by_role("link", name="Submit week"), backwards=True)
    duane.keyboard.press("Enter")
    expect(duane.get_by_role("checkbox")).to_be_focused()
    assert duane.evaluate(SHOWN)
    duane.keyboard.press("Space")
    tab_to(duane, duane.get_by_role("button", name="Certify and submit"))
    duane.keyboard.press("Enter")
    expect(standing(duane)).to_contain_text("Submitted")
    expect(standing(duane)).to_be_focused()


def test_a_rejected_week_is_revised_and_its_entry_amended(people: People, life: Life) -> None:
    life.bring_to(State.REJECTED)
    duane = people.somebody(life.org, life.org.duane)
    duane.goto(f"/people/{life.org.slug}-2/week/{MONDAY}")
    tab_to(duane, duane.get_by_role("link", name="Revise…"))
    duane.keyboard.press("Enter")
    expect(duane.get_by_label("Reason")).to_be_focused()
    duane.keyboard.type("misremembered which day")
    tab_to(duane, duane.get_by_role("button", name="Start the revision"))
    duane.keyboard.press("Enter")
    expect(standing(duane)).to_be_focused()

    tab_to(duane, duane.get_by_role("link", name="Edit"))
    duane.keyboard.press("Enter")
    expect(duane.locator("#form-title")).to_be_focused()
    tab_to(duane, duane.get_by_label("Day", exact=True))
    duane.keyboard.type("Tuesday")
    tab_to(duane, duane.get_by_label("Reason"))
    duane.keyboard.type("misremembered which day")
    tab_to(duane, duane.get_by_role("button", name="Save changes"))
    duane.keyboard.press("Enter")
    expect(duane.locator("#day-title")).to_have_text("Tuesday 17 November")
    expect(day_card(duane)).to_contain_text("09:00 – 17:00")


def test_the_inbox_is_decided_by_its_keys(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/inbox")
    roland.keyboard.press("j")
    expect(roland.get_by_role("link", name="Review Duane Barry")).to_be_focused()
    assert roland.evaluate(SHOWN)
    roland.keyboard.press("Enter")
    expect(roland.locator("#review-title")).to_be_focused()

    roland.keyboard.press("r")
    expect(roland.get_by_label("What has to change?")).to_be_focused()
    roland.keyboard.type("j and k are letters here")
    expect(roland.get_by_label("What has to change?")).to_have_value("j and k are letters here")
    roland.keyboard.press("Escape")
    expect(roland.get_by_label("What has to change?")).to_be_hidden()
    expect(roland.locator("#reject")).to_be_focused()

    roland.keyboard.press("a")
    expect(roland.get_by_role("button", name="Approve 8.00 h")).to_be_focused()
    assert roland.evaluate(SHOWN)
    roland.keyboard.press("Enter")
    expect(toast(roland)).to_contain_text("Approved Duane Barry's timesheet.")
    expect(roland.locator("#inbox-rows")).to_contain_text("All decided")


def test_a_rejection_without_a_reason_is_refused_where_it_was_typed(people: People, life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/inbox")
    roland.keyboard.press("j")
    roland.keyboard.press("Enter")
    expect(roland.locator("#review-title")).to_be_focused()
    roland.keyboard.press("r")
    tab_to(roland, roland.get_by_role("button", name="Reject with this reason"))
    roland.keyboard.press("Enter")
    expect(roland.get_by_label("What has to change?")).to_have_attribute("aria-invalid", "true")
    expect(roland.get_by_label("What has to change?")).to_be_focused()
    roland.keyboard.type("Wrong day.")
    tab_to(roland, roland.get_by_role("button", name="Reject with this reason"))
    roland.keyboard.press("Enter")
    expect(toast(roland)).to_contain_text("Rejected Duane Barry's timesheet.")


def test_the_keys_are_explained_and_can_be_turned_off(people: People, life: Life) -> None:
    """Whoever dictates to the machine says letters without meaning them."""
    life.bring_to(State.SUBMITTED)
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/inbox")
    roland.keyboard.press("?")
    expect(roland.get_by_role("dialog", name="Keys in the inbox")).to_be_visible()
    tab_to(roland, roland.get_by_label("Use these keys"))
    roland.keyboard.press("Space")
    roland.keyboard.press("Escape")
    roland.keyboard.press("j")
    expect(roland.get_by_role("link", name="Review Duane Barry")).not_to_be_focused()
    roland.reload()
    roland.get_by_role("button", name="Keys").click()
    expect(roland.get_by_label("Use these keys")).not_to_be_checked()


def tab_to(page: Page, wanted: Locator, *, backwards: bool = False) -> None:
    """Press Tab until something has the focus; on the way, each stop must show that it has it."""
    for _ in range(FURTHEST):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        assert page.evaluate(f"document.activeElement === document.body || ({SHOWN})()"), page.evaluate(
            "document.activeElement.outerHTML"
        )
    raise AssertionError(f"{wanted} is out of reach")
