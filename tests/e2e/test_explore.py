"""Questions to the record are asked in the editor that graphiql draws, and answered."""

import pytest
from playwright.sync_api import expect

from models.rules.transitions import State
from tests.desk import Life
from tests.e2e.conftest import People
from tests.standing import Standing

pytestmark = pytest.mark.e2e


def test_an_auditor_asks_the_record_without_leaving_this_host(people: People, life: Life, standing: Standing) -> None:
    life.bring_to(State.APPROVED)
    page = people.somebody(life.org, life.org.diana)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto("/graphql/explore")
    expect(page.locator(".graphiql-container")).to_be_visible()
    page.get_by_role("button", name="Execute query").click()

    expect(page.locator(".graphiql-response")).to_contain_text("approve-")
    assert {url for url in asked if not url.startswith((f"{standing.url}/", "data:"))} == set()


def test_without_scripts_the_page_asks_by_a_form(people: People, life: Life) -> None:
    life.bring_to(State.APPROVED)
    page = people.somebody(life.org, life.org.diana, java_script_enabled=False)

    page.goto("/graphql/explore")
    page.get_by_role("button", name="Ask").click()

    expect(page.locator("#answer")).to_contain_text("approve-")
