"""The bell in a browser: it counts what comes while a page is open, and leads to where something is done about it."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import expect

from models.rules.notices import NoticeKind
from tests.desk import Life
from tests.e2e.conftest import People
from tests.mailbox import tell

pytestmark = pytest.mark.e2e


def test_what_comes_while_a_page_is_open_is_counted_and_listed(people: People, life: Life) -> None:
    page = people.somebody(life.org, life.org.duane)
    page.goto("/balances")
    bell = page.get_by_role("link", name="Notifications")
    expect(bell).to_have_text("Notifications")
    expect(page.locator("body[data-live=on]")).to_be_attached()

    remind(life, life.org.duane, "2026-11-17")
    expect(bell).to_have_text("Notifications1 not read")
    bell.click()
    expect(page.locator("body[data-live=on]")).to_be_attached()
    remind(life, life.org.duane, "2026-11-18")
    expect(page.locator("#notices")).to_contain_text("18 November")

    page.get_by_role("button", name="Open the week").last.click()
    expect(page).to_have_url(re.compile("2026-11-17"))
    expect(bell).to_have_text("Notifications1 not read")


def remind(life: Life, person_id: UUID, day: str) -> None:
    tell(life.desk, life.org, person_id, NoticeKind.RECORD_REMINDER, days=[day])
