"""Files are taken along from a menu that gets out of the way by itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import People

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize("form", ["PDF", "XLSX", "CSV", "iCalendar"])
def test_every_form_is_downloaded_under_its_name(people: People, life: Life, form: str, java_script: bool) -> None:
    page = history(people, life, java_script_enabled=java_script)
    page.get_by_text("Export").click()

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(f"^{form}")).click()

    staff_id = f"{life.org.slug}-2"
    names = {"iCalendar": f"countersign-{staff_id}-shifts.ics"}
    assert download.value.suggested_filename == names.get(form, f"countersign-{staff_id}-2026-11-16.{form.lower()}")
    if java_script:
        expect(page.get_by_role("link", name=re.compile(f"^{form}"))).to_be_hidden()


def test_the_menu_closes_by_escape_and_by_a_click_elsewhere(people: People, life: Life) -> None:
    page = history(people, life)
    button, link = page.locator(".menu summary", has_text="Export"), page.get_by_role("link", name="PDF")

    button.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(button).to_be_focused()

    button.click()
    page.get_by_role("heading", name="History").click()
    expect(link).to_be_hidden()


def history(people: People, life: Life, **context: object) -> Page:
    """Duane's history of a week that was approved."""
    life.bring_to(State.APPROVED)
    page = people.somebody(life.org, life.org.duane, **context)
    page.goto(f"/history/{life.key.timesheet_id}")
    return page
