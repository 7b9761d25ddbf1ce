"""Somebody reads what became of a week: in a graph, at a past moment, and line by line; by links and forms alone."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import DESK, PHONE, People
from tests.factories import worked

pytestmark = pytest.mark.e2e

SCREENS: Mapping[str, dict[str, Any]] = {
    "at a desk": {"viewport": DESK},
    "at a desk, dark, without JavaScript": {
        "viewport": DESK,
        "color_scheme": "dark",
        "java_script_enabled": False,
    },
    "on a phone": {"viewport": PHONE},
    "on a phone, dark, without JavaScript": {
        "viewport": PHONE,
        "color_scheme": "dark",
        "java_script_enabled": False,
    },
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_week_is_followed_from_the_approval_back_to_what_was_known_before(
    people: People, life: Life, screen: str
) -> None:
    corrected(life)
    page = people.somebody(life.org, life.org.duane, **SCREENS[screen])
    page.goto(f"/history/{life.key.timesheet_id}")

    expect(page.get_by_text("Record verified")).to_be_visible()
    page.locator("a.node.act", has_text="Rejected").click()
    expect(page.locator("li:target")).to_contain_text("Wrong day.")
    graph = page.get_by_role("region", name="Provenance")
    expect(graph.get_by_text("on behalf of")).to_be_visible()
    assert no_wider_than_the_screen(page)

    page.get_by_role("link", name=re.compile("As known then Rejected")).click()
    expect(page.get_by_text("This is what was known at")).to_be_visible()
    expect(page.get_by_text("Roland Fuller rejected it: “Wrong day.”")).to_be_visible()
    expect(page.locator("a.node.act", has_text="Approved")).to_have_count(0)
    assert no_wider_than_the_screen(page)
    page.get_by_role("link", name="Show what is known now").click()

    page.get_by_label("From", exact=True).select_option("Revision 1")
    page.get_by_label("To", exact=True).select_option("Revision 2")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compared")).to_contain_text(re.compile(r"Finish:.*17:00.*18:00"))
    expect(page).to_have_url(re.compile(r"from=1&to=2"))


def test_the_graph_is_reached_and_left_by_the_keyboard(people: People, life: Life) -> None:
    corrected(life)
    page = people.somebody(life.org, life.org.duane)
    page.goto(f"/history/{life.key.timesheet_id}")

    page.get_by_role("region", name="Provenance").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("li:target")).to_contain_text("Approved")


def corrected(life: Life) -> None:
    """A week that was rejected, corrected, and approved on Roland's behalf."""
    life.bring_to(State.REJECTED)
    life.revise("It was longer.")
    entry = life.desk.live(life.key)[0]
    because = life.because(life.duane, "It was longer.")
    life.desk.do(because.amend(entry.id, 1, worked("09:00", "18:00")))
    life.submit()
    suzanne = life.suzanne_for(life.org.roland, "Roland is away.")
    life.desk.do(suzanne.approve(life.desk.digest(life.key)))


def no_wider_than_the_screen(page: Page) -> bool:
    """Whether nothing but the graph has to be scrolled sideways."""
    main = page.locator("main").bounding_box()
    assert main
    assert page.viewport_size
    cards = [box for each in page.locator("main .card").all() if (box := each.bounding_box())]
    return all(box["x"] + box["width"] <= page.viewport_size["width"] for box in (main, *cards))
