"""The whole system as one starts it, people in a real browser before it, and a console in which nothing may appear."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Response, ViewportSize, expect
from pytest_playwright import CreateContextCallback
from sqlalchemy import Engine, create_engine, make_url

from activities.commands import SheetActivities
from embedded import SUPERUSER
from models.database import command_transaction, engine_for
from tests.desk import Desk, Life
from tests.factories import Organisation
from tests.standing import Standing, up
from tests.waiting import PATIENCE
from web.auth.cookies import SESSION
from web.auth.demo import PASSWORD
from web.auth.sessions import begin_session

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

NOTES = ("Failed to load resource", "htmx: htmx:error: Failed to fetch", "htmx: htmx:error: timeout")
"""How the browser and HTMX note that a request was refused or not answered. What people then see is tested."""


ANSWERED_WITHIN = "14"
"""Seconds in which the system carries out a command, however busy the machine is: browsers wait for 15."""

PATIENT_MILLISECONDS = 2_000 * PATIENCE
"""How long a page may take to show something: longer than a command and its answer."""


def pytest_configure(config: pytest.Config) -> None:
    """A test that fails leaves a picture of every page it had open, in test-results."""
    config.option.screenshot = "only-on-failure"
    expect.set_options(timeout=PATIENT_MILLISECONDS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The system's Chromium, without anything that looks for the network."""
    return browser_type_launch_args | {
        "executable_path": os.environ.get("COUNTERSIGN_CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A running system with the demo's people and nothing recorded yet."""
    with up(
        tmp_path_factory.mktemp("system") / "data", COUNTERSIGN_COMMAND_TIMEOUT_SECONDS=ANSWERED_WITHIN
    ) as standing:
        standing.found_demo()
        yield standing


@pytest.fixture(scope="session")
def engine(standing: Standing) -> Iterator[Engine]:
    """The application's connections to the running system's database."""
    engine = engine_for(standing.settings.database_url, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def owner_engine(standing: Standing) -> Iterator[Engine]:
    """The superuser's connections, to set things up and to look past row-level security."""
    owner_url = standing.settings.database_owner_url
    assert owner_url is not None
    engine = create_engine(make_url(owner_url).set(username=SUPERUSER))
    yield engine
    engine.dispose()


@pytest.fixture
def life(engine: Engine, owner_engine: Engine, org: Organisation) -> Life:
    """Duane's week in an organisation of its own, brought at once to where a test begins."""
    return Life(Desk(engine, SheetActivities(engine), owner_engine), org)


@dataclass
class People:
    """Opens browsers for people and writes down everything that their consoles say."""

    address: str
    engine: Engine
    new_context: CreateContextCallback
    said: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    """Those that run scripts."""

    def nobody(self, **context: Any) -> Page:
        """A browser of its own, before anybody signs in."""
        options = {"base_url": self.address, "viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce"} | context
        page = self.new_context(**options).new_page()
        page.set_default_timeout(PATIENT_MILLISECONDS)
        page.on("console", self._listen)
        page.on("pageerror", self._note)
        page.on("response", self._look)
        if options.get("java_script_enabled", True):
            self.pages.append(page)
        return page

    def somebody(self, org: Organisation, person_id: UUID, **context: Any) -> Page:
        """The browser of somebody who has signed in before."""
        page = self.nobody(**context)
        self.sign_in(page.context, org, person_id)
        return page

    def sign_in(self, context: BrowserContext, org: Organisation, person_id: UUID) -> None:
        """From here on the browser is this person's."""
        with command_transaction(self.engine, org.tenant_id) as session:
            begun = begin_session(session, org.tenant_id, person_id)
        context.add_cookies([{"name": SESSION.plain_name, "value": begun.token, "url": self.address}])

    def by_form(self, staff_id: str, **context: Any) -> Page:
        """Somebody of the demo, signing in as people do."""
        page = self.nobody(**context)
        page.goto("/sign-in")
        page.get_by_label("Staff ID").fill(staff_id)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(r"/(inbox|people|week)"))
        return page

    def hear_out(self) -> None:
        """Wait until the pages have said what they had to say: a console is written a moment late."""
        for page in self.pages:
            if not page.is_closed():
                page.evaluate("new Promise((done) => setTimeout(done))")

    def _listen(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(NOTES):
            self.said.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _note(self, error: Error) -> None:
        self.said.append(f"uncaught: {error}")

    def _look(self, response: Response) -> None:
        if response.status >= 400 and "/static/" in response.url:
            self.said.append(f"{response.status}: {response.url}")


@pytest.fixture
def people(standing: Standing, engine: Engine, new_context: CreateContextCallback) -> Iterator[People]:
    """People with browsers; the test fails when one of their consoles said anything at all."""
    people = People(standing.url, engine, new_context)
    yield people
    people.hear_out()
    assert not people.said, "\n".join(people.said)
