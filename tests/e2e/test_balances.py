"""The plot of a balance: under the pointer, by keys, as a table, on a phone and without scripts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.store.adjustments import AdjustmentContent, adjust
from models.store.changes import GivenBy
from tests.desk import Life
from tests.e2e.conftest import PHONE, People
from tests.factories import MONDAY, worked

pytestmark = pytest.mark.e2e

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
ON_SUNDAY = f"/balances?on={MONDAY + timedelta(days=6)}"


@pytest.fixture
def year(life: Life) -> Life:
    """Duane worked on Monday and Wednesday, and Suzanne gave him some hours on Tuesday."""
    for day in (MONDAY, WEDNESDAY):
        life.desk.do(life.duane.record(worked("09:00", "17:00", day)))
    given = GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())
    with command_transaction(life.desk.engine, given.tenant_id) as session:
        content = AdjustmentContent(life.org.duane, AccrualCode.ANNUAL_TARGET_HOURS, TUESDAY, 90, "By hand.")
        adjust(session, given, content)
    return life


def at_balances(people: People, life: Life, path: str = ON_SUNDAY, **context: object) -> Page:
    """Duane on his balances."""
    page = people.somebody(life.org, life.org.duane, **context)
    page.goto(path)
    return page


def plot(page: Page) -> Locator:
    return page.locator("#plot")


def tip(page: Page) -> Locator:
    """What the plot says of a day."""
    return page.locator(".plot-tip")


def test_arrow_keys_go_through_the_days_on_which_something_happened(people: People, year: Life) -> None:
    page = at_balances(people, year)

    plot(page).focus()
    expect(tip(page)).to_have_text("Wednesday 18 November · 8.00 worked · 1652.17 left · 607.30 should be left")
    page.keyboard.press("ArrowLeft")
    expect(tip(page)).to_have_text("Tuesday 17 November · +1.50 adjusted · 1660.17 left · 611.87 should be left")
    page.keyboard.press("Home")
    expect(tip(page)).to_contain_text("Monday 16 November")
    page.keyboard.press("ArrowLeft")
    expect(tip(page)).to_contain_text("Monday 16 November")
    page.keyboard.press("End")
    expect(tip(page)).to_contain_text("Wednesday 18 November")
    # Whoever hears the page is told the same.
    slider = page.get_by_role("slider", name="Annual target hours")
    expect(slider).to_have_attribute("aria-valuetext", tip(page).inner_text())
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()


def test_the_pointer_shows_the_last_day_before_it(people: People, year: Life) -> None:
    page = at_balances(people, year)
    field = plot(page).bounding_box()
    assert field

    page.mouse.move(field["x"] + field["width"] * 0.95, field["y"] + 100)
    expect(tip(page)).to_contain_text("Wednesday 18 November")
    page.mouse.move(field["x"] + field["width"] * 0.2, field["y"] + 100)
    expect(tip(page)).to_contain_text("Monday 16 November")
    page.mouse.move(field["x"] - 60, field["y"] - 60)
    expect(tip(page)).to_be_hidden()


def test_the_cross_stands_on_the_line(people: People, year: Life) -> None:
    page = at_balances(people, year)

    plot(page).focus()

    dot, line = page.locator("circle.plot-cross"), page.locator(".plot-line:not(.plot-forecast)")
    across, down = dot.get_attribute("cx"), dot.get_attribute("cy")
    expect(dot).to_be_visible()
    assert f"H{(across or '').removesuffix('%')}V{down}H" in (line.get_attribute("d") or "")


def test_the_table_has_the_same_days(people: People, year: Life) -> None:
    page = at_balances(people, year)

    page.get_by_text("Show as a table").click()

    expect(page.locator("#twin tbody tr")).to_have_count(3)
    page.locator("#twin").get_by_role("link", name="1652.17").click()
    page.wait_for_url("**/balances/explain?person=*&type=ANNUAL_TARGET_HOURS&date=2026-11-18")


def test_on_a_phone_nothing_goes_over_the_edge(people: People, year: Life) -> None:
    for path in (ON_SUNDAY, f"{ON_SUNDAY}&type=NIGHT_HOURS", "/balances?on=2030-01-01"):
        page = at_balances(people, year, path, viewport=PHONE, has_touch=True)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        page.context.close()

    page = at_balances(people, year, viewport=PHONE, has_touch=True)
    plot(page).tap()
    expect(tip(page)).to_be_in_viewport(ratio=1)


def test_a_team_fits_a_phone(people: People, year: Life) -> None:
    page = people.somebody(year.org, year.org.roland, viewport=PHONE)
    page.goto("/balances/team")

    expect(page.get_by_role("row", name="Duane Barry")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_without_scripts_everything_is_there_but_the_cross(people: People, year: Life) -> None:
    page = at_balances(people, year, java_script_enabled=False)

    expect(page.get_by_role("img", name="Annual target hours through the year: 1652.17 h left")).to_be_visible()
    page.get_by_label("On", exact=True).fill(str(MONDAY))
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".tile-value").first).to_contain_text("1658.67")
