"""The whole application in this process: pages in front, real PostgreSQL and Temporal behind, a worker beside."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine
from temporalio.client import Client

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres, EmbeddedTemporal, start_temporal
from models.commands import Asked
from models.database import command_transaction, read_session
from models.messages import CommandOutcome, SheetKey
from models.payloads import data_converter
from models.reads.viewer import Onlooker
from models.rules.digest import sheet_digest
from models.rules.periods import Period
from models.rules.transitions import CommandKind, State
from models.store.sheets import content_of, live_entries
from models.tables.people import Person
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Timesheet
from settings import Settings, load
from tests.contents import Contents, contents_of, without_views
from tests.desk import Desk, as_written
from tests.factories import MONDAY, Asking, Organisation, worked
from tests.web.reading import Form, Page
from web.app import build_app, secured
from web.auth import csrf
from web.auth.sessions import begin_session, hash_token
from web.services import Services
from worker import SLOTS, build_decider, build_worker

OURS = "http://countersign.test"
SECRET = "of these tests alone, and long enough"
SESSION_COOKIE = "countersign_session"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
"""What HTMX says when it will put the answer into a part of the page."""


@dataclass
class Browser:
    """Somebody's browser, signed in, without JavaScript."""

    client: AsyncClient
    csrf_token: str
    says: dict[str, str] = field(default_factory=dict)
    """Headers of every request."""

    @property
    def by_htmx(self) -> "Browser":
        """The same browser with JavaScript: HTMX asks for the part that changes."""
        return replace(self, says=HTMX)

    async def get(self, path: str, **headers: str) -> Response:
        """The bare answer."""
        return await self.client.get(path, headers=self.says | headers)

    async def page(self, path: str, status: int = 200) -> Page:
        """A page, which must have this status."""
        return page_of(await self.get(path), status)

    async def post_form(self, path: str, /, **fields: object) -> Response:
        """Send a form made by hand: with token, origin and a fresh command id; None leaves a field out."""
        given = {"csrf": self.csrf_token, "command_id": uuid4()} | fields
        return await self._send(path, {name: str(value) for name, value in given.items() if value is not None})

    async def send(self, form: Form, **typed: object) -> Response:
        """Send a form as the page shows it, with what is typed into its fields."""
        unknown = typed.keys() - form.named
        assert not unknown, f"the form for {form.action} has no {unknown}"
        return await self._send(form.action, form.fields | {name: str(value) for name, value in typed.items()})

    async def follow(self, answer: Response) -> Page:
        """The page that a command leads to."""
        assert answer.status_code == 303, (answer.status_code, page_of(answer).text)
        while answer.status_code == 303:
            answer = await self.get(answer.headers["Location"])
        return page_of(answer, 200)

    async def _send(self, path: str, fields: dict[str, str]) -> Response:
        return await self.client.post(path, data=fields, headers={"Origin": OURS} | self.says)


def page_of(answer: Response, status: int | None = None) -> Page:
    """An answer as a page."""
    page = Page(answer.text)
    assert status in (None, answer.status_code), (answer.status_code, answer.headers.get("Location"), page.text)
    return page


@dataclass(frozen=True)
class Site:
    """One web application with what tests do behind its back."""

    app: FastAPI
    settings: Settings
    engine: Engine
    owner_engine: Engine
    clients: list[AsyncClient] = field(default_factory=list)

    @property
    def services(self) -> Services:
        """What the application's requests share."""
        found: Services = self.app.state.services
        return found

    def visitor(self) -> AsyncClient:
        """A browser of nobody."""
        transport = ASGITransport(secured(self.app, self.settings), raise_app_exceptions=False)
        client = AsyncClient(transport=transport, base_url=OURS)
        self.clients.append(client)
        return client

    def browser(self, org: Organisation, person_id: UUID) -> Browser:
        """A new session of somebody."""
        with command_transaction(self.engine, org.tenant_id) as session:
            begun = begin_session(session, org.tenant_id, person_id)
        client = self.visitor()
        client.cookies.set(SESSION_COOKIE, begun.token)
        return Browser(client, csrf.session_token(SECRET.encode(), hash_token(begun.token)))

    async def acting(self, org: Organisation, person_id: UUID, reason: str = "He is away.") -> Browser:
        """Suzanne's browser, acting for somebody."""
        browser = self.browser(org, org.suzanne)
        begun = await browser.post_form("/acting", staff_id=self.staff_id(org, person_id), reason=reason)
        assert begun.status_code == 303, page_of(begun).text
        return browser

    async def give(self, asked: Asked) -> CommandOutcome:
        """Have a command carried out without a page."""
        assert asked.actor_id is not None
        onlooker = Onlooker(asked.key.tenant_id, asked.actor_id, asked.on_behalf_of_id)
        return await self.services.commands.give(onlooker, asked)

    @property
    def desk(self) -> Desk:
        """Commands carried out at once, for what was done before a test looks at a page."""
        return Desk(self.engine, SheetActivities(self.engine), self.owner_engine)

    async def bring_to(
        self, org: Organisation, state: State, owner: UUID | None = None, day: date = MONDAY
    ) -> SheetKey:
        """A week of 8 hours on one day (Duane's, if nobody else's) as far as a state."""
        mine = Asking(org, owner or org.duane, owner or org.duane, day)
        await asyncio.to_thread(self.desk.do, mine.record(worked("09:00", "17:00", day, task="washing dog")))
        await self.take_on(mine, state)
        return org.key(mine.owner, day)

    async def take_on(self, mine: Asking, state: State) -> None:
        """What is recorded in somebody's week as far as a state."""
        approver, suzanne = (replace(mine, actor=who, reason="It says Tuesday.") for who in self._deciders(mine))
        digest = self.digest(mine.org.key(mine.owner, mine.day))
        steps = {
            State.DRAFT: [],
            State.SUBMITTED: [mine.submit(digest)],
            State.APPROVED: [mine.submit(digest), approver.approve(digest)],
            State.REJECTED: [mine.submit(digest), approver.reject(digest)],
            State.LOCKED: [mine.submit(digest), approver.approve(digest), suzanne.move(CommandKind.LOCK)],
        }
        for step in steps[state]:
            await asyncio.to_thread(self.desk.do, step)

    def digest(self, key: SheetKey) -> str:
        """The digest of what is on a timesheet now."""
        with read_session(self.engine, key.tenant_id) as session:
            sheet = session.get_one(Timesheet, key.timesheet_id)
            period = Period(sheet.period_start, sheet.period_end)
            return sheet_digest(content_of(sheet.owner_id, period, live_entries(session, sheet.id)))

    def _deciders(self, mine: Asking) -> tuple[UUID, UUID]:
        """Who approves somebody's time, and the administrator."""
        with read_session(self.engine, mine.org.tenant_id) as session:
            approver = session.get_one(Person, mine.owner).supervisor_id
        return approver or mine.org.suzanne, mine.org.suzanne

    def sheet(self, key: SheetKey) -> Timesheet | None:
        """The row of a timesheet."""
        with read_session(self.engine, key.tenant_id) as session:
            found = session.get(Timesheet, key.timesheet_id)
            session.expunge_all()
            return found

    def live(self, key: SheetKey) -> list[TimeEntry]:
        """The entries that count."""
        with read_session(self.engine, key.tenant_id) as session:
            found = live_entries(session, key.timesheet_id)
            session.expunge_all()
            return found

    def rows(self, org: Organisation, table: type[Any]) -> list[Any]:
        """Every row of a table of an organisation, in the order in which they were written."""
        with read_session(self.engine, org.tenant_id) as session:
            found = list(session.query(table).order_by(*as_written(table)))
            session.expunge_all()
            return found

    def staff_id(self, org: Organisation, person_id: UUID) -> str:
        """What addresses call somebody."""
        with read_session(self.engine, org.tenant_id) as session:
            return session.get_one(Person, person_id).staff_id

    def week(self, org: Organisation, person_id: UUID, day: date = MONDAY) -> str:
        """The address of somebody's week with a day open."""
        return f"/people/{self.staff_id(org, person_id)}/week/{day}"

    def contents(self, org: Organisation) -> Contents:
        """Everything that is known of an organisation, but for who is signed in and what they looked at."""
        found = contents_of(self.owner_engine, org.tenant_id) | {"session": frozenset(), "look": frozenset()}
        return without_views(self.owner_engine, org.tenant_id, found)


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """A Temporal of this test process."""
    with start_temporal(log=tmp_path_factory.mktemp("temporal") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def site_settings(
    postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return settings_for(postgres, temporal, tmp_path_factory.mktemp("data"))


def settings_for(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, data_dir: Path, **others: object) -> Settings:
    """Settings on the servers of the tests."""
    given: dict[str, object] = {
        "env": "demo",
        "secret_key": SECRET,
        "base_url": OURS,
        "data_dir": data_dir,
        "database_url": postgres.app_url(),
        "temporal_address": temporal.address,
        "task_queue": "web-tests",
        "command_timeout_seconds": 30,  # nobody is kept waiting, however busy the machine is
    }
    return load(Settings, given | others)


@asynccontextmanager
async def site_on(settings: Settings, engine: Engine, owner_engine: Engine) -> AsyncIterator[Site]:
    """An application while it runs; `engine` is for what tests do behind its back."""
    app = build_app(settings)
    async with app.router.lifespan_context(app):
        site = Site(app, settings, engine, owner_engine)
        yield site
        for client in site.clients:
            await client.aclose()


@asynccontextmanager
async def worker_on(settings: Settings) -> AsyncIterator[None]:
    """A worker of one task queue."""
    client = await Client.connect(settings.temporal_address, data_converter=data_converter(settings.payload_keys))
    with ThreadPoolExecutor(SLOTS) as executor:
        async with build_worker(client, settings, executor), build_decider(client, settings):
            yield


@pytest.fixture(scope="session")
async def site(site_settings: Settings, engine: Engine, owner_engine: Engine) -> AsyncIterator[Site]:
    """The application, with a worker."""
    async with site_on(site_settings, engine, owner_engine) as site, worker_on(site_settings):
        yield site
