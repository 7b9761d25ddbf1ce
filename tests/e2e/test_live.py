"""What others do appears on pages that are open, and leaves alone what somebody is at."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from models.commands import Asked
from models.rules.transitions import State
from tests.activities.test_listening import end_listening
from tests.desk import Life
from tests.e2e.conftest import People
from tests.factories import Asking, worked
from web.auth.cookies import SESSION
from web.auth.sessions import hash_token, start_acting

pytestmark = pytest.mark.e2e

FREQUENT = 20
"""More than what a page asks for when it hears something, and no more than what it would ask for by the clock."""


@pytest.fixture
def waiting(life: Life) -> Life:
    """Duane's and Max's weeks wait for Roland."""
    life.bring_to(State.SUBMITTED)
    maxs = Asking(life.org, life.org.max, life.org.max)
    life.desk.do(maxs.record(worked("09:00", "17:00")))
    life.desk.do(maxs.submit(life.desk.digest(life.org.key(life.org.max))))
    return life


def test_a_decision_of_somebody_else_is_seen_beside_it_and_what_is_typed_stays(people: People, waiting: Life) -> None:
    org = waiting.org
    roland, suzanne = people.somebody(org, org.roland), acting_for_roland(people, waiting)
    address = f"/inbox/{waiting.key.timesheet_id}"
    roland.goto(address)
    expect(dot(roland)).to_have_text("Live: what others do appears here by itself")
    expect(count(roland)).to_have_text("2")
    roland.get_by_text("Add a comment").click()
    comment = roland.get_by_label("Comment")
    comment.fill("I wonder about Mon")
    comment.evaluate("field => field.setSelectionRange(2, 8)")

    suzanne.goto(address)
    suzanne.locator("#approve").click()
    expect(suzanne.locator("#toast")).to_contain_text("Approved Duane Barry")

    expect(rows(roland)).to_have_count(1)
    expect(rows(roland)).to_contain_text("Max Fenig")
    expect(count(roland)).to_have_text("1")
    expect(roland.locator("#standing")).to_contain_text("1 timesheet waits")
    expect(roland.locator("#review")).to_contain_text(re.compile(r"Approved by Suzanne Modeski (just now|\d+ s ago)\."))
    expect(comment).to_be_focused()
    expect(comment).to_have_value("I wonder about Mon")
    assert comment.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 8]


def test_the_focus_in_the_list_stays_where_it_is(people: People, waiting: Life) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland)
    roland.goto("/inbox")
    expect(dot(roland)).to_contain_text("Live:")
    maxs = rows(roland).filter(has_text="Max Fenig").get_by_role("link")
    maxs.focus()

    waiting.desk.do(approve(waiting))

    expect(rows(roland)).to_have_count(1)
    expect(maxs).to_be_focused()


def test_a_timesheet_opened_in_place_is_followed_as_well(people: People, waiting: Life) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland)
    roland.goto("/inbox")
    rows(roland).filter(has_text="Duane Barry").get_by_role("link").click()
    expect(roland.locator(f"#live-{waiting.key.timesheet_id}")).to_be_attached()
    expect(dot(roland)).to_contain_text("Live:")

    waiting.desk.do(approve(waiting))

    expect(roland.locator("#review")).to_contain_text("Approved by Roland Fuller")


def test_the_count_is_right_on_every_page(people: People, life: Life) -> None:
    roland = people.somebody(life.org, life.org.roland)
    roland.goto("/balances")
    expect(roland.locator("body")).to_have_attribute("data-live", "on")

    life.bring_to(State.SUBMITTED)

    expect(count(roland)).to_have_text("1")


def test_a_page_that_hears_asks_for_nothing_by_itself(people: People, waiting: Life) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland)
    roland.clock.install()
    roland.goto("/inbox")
    expect(dot(roland)).to_contain_text("Live:")
    asked: list[str] = []
    roland.on("request", lambda request: asked.append(request.url.removeprefix(people.address)))

    for _ in range(FREQUENT):
        roland.clock.run_for(20_000)
    waiting.desk.do(approve(waiting))

    expect(rows(roland)).to_have_count(1)
    assert set(asked) <= {"/inbox", "/live/counts", "/notifications/bell"}
    assert len(asked) < FREQUENT


def test_what_was_missed_while_nothing_was_heard_is_made_up_for(
    people: People, waiting: Life, owner_engine: Engine
) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland)
    roland.goto("/inbox")
    expect(dot(roland)).to_contain_text("Live:")

    end_listening(owner_engine)
    waiting.desk.do(approve(waiting))

    expect(rows(roland)).to_have_count(1)
    expect(dot(roland)).to_contain_text("Live:")


def test_signing_out_in_one_tab_takes_the_others_to_the_sign_in(people: People, waiting: Life) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland)
    roland.goto("/inbox")
    another = roland.context.new_page()
    another.goto("/balances")
    expect(another.locator("body")).to_have_attribute("data-live", "on")
    expect(dot(roland)).to_contain_text("Live:")

    another.get_by_role("button", name="Sign out").first.click()

    another.wait_for_url("**/sign-in")
    roland.wait_for_url("**/sign-in?next=**")


def test_without_scripts_nothing_says_that_it_is_live(people: People, waiting: Life) -> None:
    roland = people.somebody(waiting.org, waiting.org.roland, java_script_enabled=False)
    roland.goto("/inbox")

    expect(rows(roland)).to_have_count(2)
    expect(roland.locator(".live-on")).to_be_hidden()
    expect(roland.locator(".live-off")).to_be_hidden()


def acting_for_roland(people: People, life: Life) -> Page:
    """Suzanne's browser beside Roland's."""
    org = life.org
    page = people.somebody(org, org.suzanne)
    (cookie,) = [each for each in page.context.cookies() if each["name"] == SESSION.plain_name]
    start_acting(people.engine, org.tenant_id, hash_token(cookie["value"]), org.roland, "He is away.")
    return page


def approve(life: Life) -> Asked:
    return life.roland.approve(life.desk.digest(life.key))


def rows(page: Page) -> Locator:
    return page.locator("#inbox-rows tbody tr")


def count(page: Page) -> Locator:
    return page.locator("#inbox-count")


def dot(page: Page) -> Locator:
    """What the page says of whether it hears what others do."""
    return page.locator(".live-dot > span:visible")
