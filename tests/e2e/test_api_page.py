"""The page on which people read about the API and try it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from tests.desk import Life
from tests.e2e.conftest import People
from tests.standing import Standing
from web.auth.tokens import Scope, create_token

pytestmark = pytest.mark.e2e


@pytest.fixture
def token(engine: Engine, life: Life) -> str:
    """Duane's, good for reading only."""
    return create_token(engine, life.org.tenant_id, f"{life.org.slug}-2", "a test", [Scope.READ], timedelta(days=1))


def test_the_api_is_read_about_and_tried_without_leaving_this_host(
    people: People, life: Life, standing: Standing, token: str
) -> None:
    recorded = life.record().entry_id
    page = people.nobody()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto("/docs")
    expect(page.get_by_role("heading", name="Countersign")).to_be_visible()
    found = operation(page, "Find time entries")
    expect(found).to_contain_text("The live entries of a person, by start")
    execute(page, found)
    expect(answer(page)).to_contain_text("401")
    authorise(page, token)
    execute(page, found)

    expect(answer(page)).to_contain_text("200")
    expect(answer(page)).to_contain_text(str(recorded))
    assert asked
    assert {url for url in asked if not url.startswith((f"{standing.url}/", "data:"))} == set()


def test_the_page_says_where_the_description_is_without_scripts(people: People) -> None:
    page = people.nobody(java_script_enabled=False)

    page.goto("/docs")

    expect(page.get_by_role("link", name="/openapi.json")).to_be_visible()


def operation(page: Page, summary: str) -> Locator:
    """One operation, opened."""
    block = page.locator(".opblock").filter(has=page.get_by_text(summary, exact=True))
    block.locator(".opblock-summary-control").click()
    expect(block.locator(".opblock-body")).to_be_visible()
    return block


def authorise(page: Page, token: str) -> None:
    """Say who calls from here on."""
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.locator("input").fill(token)
    dialog.get_by_role("button", name="Apply credentials").click()
    dialog.get_by_role("button", name="Close").last.click()


def execute(page: Page, block: Locator) -> None:
    """Make the call, and wait for its answer."""
    with page.expect_response(lambda response: "/resources/" in response.url):
        block.get_by_role("button", name="Execute").click()


def answer(page: Page) -> Locator:
    """What the call was answered."""
    return page.locator(".live-responses-table .response")
