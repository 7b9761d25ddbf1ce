"""Open pages hear of what concerns them at its commit, and of nothing else, for as long as their session stands."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import uvicorn
from httpx2 import AsyncClient, ReadError, RemoteProtocolError
from sqlalchemy import ColumnElement, Engine, func, select, text, update
from starlette.types import Message

from embedded import LOOPBACK, free_port
from models.database import WriteSession, command_transaction, taken_back
from models.messages import SheetKey
from models.rules.transitions import State
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person, set_password
from models.store.signals import MOST_NAMED, tell_live
from models.tables.auth import SignInSession
from tests.activities.test_listening import end_listening
from tests.factories import Asking, Organisation, make_organisation
from tests.waiting import PATIENCE, eventually_async
from tests.web.conftest import HTMX, Browser, Site
from tests.web.test_statements import noting
from web.app import secured
from web.auth.sessions import IDLE, hash_token
from web.auth.viewer import REFRESH_HEADER
from web.live import Told

AGAIN = {"Last-Event-ID": "0"}
"""What a browser says that had a stream before."""


TRUST = ssl.create_default_context()
"""Made once: making it takes longer than opening a stream, and there are hundreds."""


@dataclass
class Heard:
    """What one stream said, as it came."""

    events: list[tuple[str, str]] = field(default_factory=list)
    beats: int = 0
    """How often it said only that it stands."""
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, *events: tuple[Told, object]) -> None:
        """Wait for exactly these, after what was expected before."""
        wanted = [(str(told), str(about)) for told, about in events]

        async def has() -> bool:
            return len(self.events) >= len(wanted)

        await eventually_async(has, f"{wanted}, heard {self.events}")
        assert self.events == wanted
        self.events.clear()

    async def ends(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.over.wait()


@dataclass
class Streams:
    """Opens streams of the running application."""

    site: Site
    address: str

    @asynccontextmanager
    async def of(self, browser: Browser, path: str = "/live", **says: str) -> AsyncIterator[Heard]:
        """The stream of a page, once it is open."""
        heard = Heard()
        reading = asyncio.create_task(self._read(browser, path, says, heard))
        opening = asyncio.create_task(heard.is_open.wait())
        await asyncio.wait((reading, opening), return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        assert heard.is_open.is_set(), reading
        try:
            yield heard
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, browser: Browser, path: str, says: dict[str, str], heard: Heard) -> None:
        async with (
            AsyncClient(base_url=self.address, cookies=browser.client.cookies, timeout=None, verify=TRUST) as client,
            client.stream("GET", path, headers=says) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert "Content-Encoding" not in answer.headers
            told = ""
            with suppress(ReadError, RemoteProtocolError):
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        heard.is_open.set()
                    elif name == "event":
                        told = value
                    elif name == "data":
                        heard.events.append((told, value))
                    elif not name and value == "here":
                        heard.beats += 1
        heard.over.set()


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The application where it listens, as in production; it stops as on SIGTERM."""
    port = free_port()
    config = uvicorn.Config(secured(site.app, site.settings), LOOPBACK, port, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually_async(lambda: asyncio.sleep(0, server.started), "it listens")
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await serving


@pytest.fixture(scope="module")
async def address(site: Site) -> AsyncIterator[str]:
    async with served(site) as address:
        yield address


@pytest.fixture
async def streams(site: Site, address: str) -> AsyncIterator[Streams]:
    await heard_again(site)
    yield Streams(site, address)
    await eventually_async(lambda: asyncio.sleep(0, site.services.live.pages == 0), "every page is forgotten")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was signalled by the test before, or by what this one sets up, is nothing to hear again."""
    monkeypatch.setattr("web.live.HEARD_AGAIN_SECONDS", 0.0)


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


async def heard_again(site: Site) -> None:
    """Signals are listened to."""
    await eventually_async(lambda: asyncio.sleep(0, site.services.live._hears), "signals are heard")


class TestWhoHears:
    """Those whom a signal names, and those who have its timesheet open."""

    async def test_a_commit_is_heard_by_whom_it_names_and_by_nobody_else(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        sheet = uuid4()
        async with streams.of(roland) as his, streams.of(site.browser(org, org.alex)) as hers:
            signal(site.engine, org, [org.roland], "inbox", sheet)
            signal(site.engine, org, [org.alex], "notification")
            await his.hears((Told.INBOX, sheet))
            await hers.hears((Told.NOTIFICATION, "all"))

            signal(site.engine, org, [org.roland, org.alex], "inbox")
            await his.hears((Told.INBOX, "all"))
            await hers.hears((Told.INBOX, "all"))

    async def test_nothing_is_heard_before_the_commit_or_after_a_rollback(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        async with streams.of(roland) as his:
            with command_transaction(site.engine, org.tenant_id) as session:
                with taken_back(session):
                    tell(session, org, [org.roland], "inbox")
                tell(session, org, [org.roland], "notification")
                # What is committed later is heard: had the other been said, it would have come first.
                signal(site.owner_engine, org, [org.roland], "inbox", org.alex)
                await his.hears((Told.INBOX, org.alex))
            await his.hears((Told.NOTIFICATION, "all"))

    async def test_another_organisation_never_hears_anything(
        self, streams: Streams, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        async with streams.of(site.browser(other, other.roland)) as theirs:
            signal(site.engine, org, [other.roland], "inbox")
            signal(site.engine, org, many(), "inbox")
            signal(site.engine, other, [other.roland], "notification")

            await theirs.hears((Told.NOTIFICATION, "all"))

    async def test_what_concerns_everybody_names_no_timesheet(
        self, streams: Streams, site: Site, org: Organisation
    ) -> None:
        async with streams.of(site.browser(org, org.max)) as his:
            signal(site.engine, org, many(), "inbox", uuid4())

            await his.hears((Told.INBOX, "all"))

    async def test_an_open_timesheet_is_heard_of_by_whoever_sees_it(
        self, streams: Streams, site: Site, org: Organisation
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        open_sheet = f"/live?timesheet={key.timesheet_id}"
        async with streams.of(site.browser(org, org.duane), open_sheet) as his:
            signal(site.engine, org, [org.alex], "inbox", uuid4())
            signal(site.engine, org, [org.alex], "notification", key.timesheet_id)
            signal(site.engine, org, [org.alex], "inbox", key.timesheet_id)
            await his.hears((Told.SHEET, key.timesheet_id))

            signal(site.engine, org, [], "sheet", key.timesheet_id)
            await his.hears((Told.SHEET, key.timesheet_id))

    async def test_nobody_follows_a_timesheet_that_they_may_not_see(
        self, streams: Streams, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)
        for browser in (site.browser(org, org.max), site.browser(other, other.suzanne)):
            for sheet in (key.timesheet_id, uuid4(), "none"):
                assert (await browser.get(f"/live?timesheet={sheet}")).status_code == 404

    async def test_whoever_acts_for_somebody_hears_for_both(
        self, streams: Streams, site: Site, org: Organisation
    ) -> None:
        suzanne = await site.acting(org, org.roland)
        async with streams.of(suzanne) as hers:
            signal(site.engine, org, [org.roland], "inbox")
            await hers.hears((Told.INBOX, "all"))
            signal(site.engine, org, [org.suzanne], "notification")
            await hers.hears((Told.NOTIFICATION, "all"))

    async def test_a_hundred_signals_at_once_are_few_events(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        last = uuid4()
        async with streams.of(roland) as his:
            with command_transaction(site.engine, org.tenant_id) as session:
                for sheet in (*many(), last):
                    tell(session, org, [org.roland], "inbox", sheet)

            async def has() -> bool:
                return ("inbox", str(last)) in his.events

            await eventually_async(has, "the last one")
            assert len(his.events) < 5

    async def test_what_was_signalled_while_a_page_was_on_its_way_is_heard_again(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.live.HEARD_AGAIN_SECONDS", 60.0)
        async with streams.of(site.browser(org, org.alex)) as hers:
            signal(site.engine, org, [org.roland, org.alex], "inbox")
            await hers.hears((Told.INBOX, "all"))

        async with streams.of(roland) as his:
            await his.hears((Told.INBOX, "all"))


class TestTheSession:
    """A stream needs one, does not prolong it, and ends with it."""

    async def test_signing_out_ends_all_streams_of_that_session_and_no_other(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        elsewhere = site.browser(org, org.roland)
        async with streams.of(roland) as here, streams.of(roland) as too, streams.of(elsewhere) as there:
            await roland.post_form("/sign-out")
            for ended in (here, too):
                await ended.hears((Told.SIGNED_OUT, "all"))
                await ended.ends()

            signal(site.engine, org, [org.roland], "inbox")
            await there.hears((Told.INBOX, "all"))

    @pytest.mark.parametrize("taking", ["a new password", "no longer active"])
    async def test_what_takes_somebodys_access_ends_their_streams(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser, taking: str
    ) -> None:
        async with streams.of(roland) as his, streams.of(site.browser(org, org.alex)) as hers:
            with command_transaction(site.engine, org.tenant_id) as session:
                TAKING[taking](session, org)
            await his.hears((Told.SIGNED_OUT, "all"))
            await his.ends()

            signal(site.engine, org, [org.alex], "inbox")
            await hers.hears((Told.INBOX, "all"))
        assert (await roland.by_htmx.get("/live")).status_code == 401

    async def test_it_ends_when_the_session_does_by_itself(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        left_alone(site, roland, timedelta(seconds=3))
        async with streams.of(roland) as his:
            await his.ends()

        assert his.events == []
        assert (await roland.by_htmx.get("/live")).status_code == 401

    async def test_opening_one_does_not_prolong_the_session(
        self, streams: Streams, site: Site, roland: Browser
    ) -> None:
        left_alone(site, roland, timedelta(hours=1))
        before = used_at(site, roland)
        async with streams.of(roland, **{REFRESH_HEADER: "1"}):
            pass
        async with streams.of(roland):
            pass

        assert used_at(site, roland) == before

    async def test_nobody_without_a_session_opens_one(self, site: Site) -> None:
        assert (await site.visitor().get("/live", headers=HTMX)).status_code == 401
        assert (await site.visitor().get("/live")).status_code == 303


class TestWhenItGoesWrong:
    """Connections that are lost, readers that do not read, and more pages than there is room for."""

    async def test_when_the_signals_are_lost_streams_end_and_pages_refresh_themselves(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser
    ) -> None:
        async with streams.of(roland) as his:
            end_listening(site.owner_engine)
            await his.ends()
        assert his.events == []

        await heard_again(site)
        async with streams.of(roland, **AGAIN) as his:
            await his.hears((Told.REFRESH, "all"))
            signal(site.engine, org, [org.roland], "inbox")
            await his.hears((Told.INBOX, "all"))

    async def test_while_nothing_is_heard_no_page_seems_live(self, site: Site, roland: Browser) -> None:
        live = site.services.live
        live._lost()
        try:
            refused = await roland.get("/live")
        finally:
            live._connected()

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")

    async def test_a_reader_that_takes_nothing_is_dropped_and_holds_up_nobody(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.pages.live.SEND_SECONDS", 0.2)
        stuck = Stuck(site, site.browser(org, org.roland))
        async with stuck.reading(), streams.of(roland) as his:
            signal(site.engine, org, [org.roland], "inbox")
            await his.hears((Told.INBOX, "all"))
            await stuck.is_dropped()
            assert site.services.live.pages == 1

    async def test_only_so_many_pages_of_one_session_and_of_all_are_kept_up_to_date(
        self, streams: Streams, site: Site, org: Organisation, roland: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.live.PAGES_OF_ONE_SESSION", 2)
        monkeypatch.setattr(site.services.live, "at_most", 3)
        alex = site.browser(org, org.alex)
        async with streams.of(roland), streams.of(alex):
            async with streams.of(roland):
                of_one, of_all = await roland.get("/live"), await site.browser(org, org.alex).get("/live")
                assert (of_one.status_code, of_one.headers["Retry-After"]) == (429, "30")
                assert (of_all.status_code, of_all.headers["Retry-After"]) == (503, "30")
            await eventually_async(lambda: asyncio.sleep(0, site.services.live.pages == 2), "there is room again")
            async with streams.of(roland):
                pass

    async def test_stopping_waits_for_no_page_that_is_open(self, site: Site, roland: Browser) -> None:
        async with served(site) as address:
            open_page = Streams(site, address).of(roland)
            his = await open_page.__aenter__()
        await his.ends()
        await open_page.__aexit__(None, None, None)

    async def test_hundreds_of_open_pages_cost_no_query_when_something_is_signalled(
        self, streams: Streams, site: Site, org: Organisation
    ) -> None:
        browsers = [site.browser(org, org.roland) for _ in range(20)]
        async with all_of([streams.of(browser) for browser in browsers for _ in range(10)]) as pages:
            with noting(site.services.engine) as asked:
                for sheet in many():
                    signal(site.engine, org, [org.roland], "inbox", sheet)
                await eventually_async(lambda: asyncio.sleep(0, all(page.events for page in pages)), "all hear it")
            listening = "SELECT query FROM pg_stat_activity WHERE application_name = 'countersign listening'"
            with site.owner_engine.connect() as connection:
                assert set(connection.scalars(text(listening))) == {'LISTEN "countersign"'}

        assert asked == []

    async def test_nor_does_it_cost_any_while_they_stand_open_and_others_are_told(
        self, streams: Streams, site: Site, org: Organisation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.pages.live.HEARTBEAT_SECONDS", 0.2)
        browsers = [site.browser(org, org.roland) for _ in range(20)]
        async with all_of([streams.of(browser) for browser in browsers for _ in range(10)]) as pages:
            with noting(site.services.engine) as asked:
                signal(site.engine, org, [org.max], "inbox", uuid4())
                signal(site.engine, org, [org.max], "notification")
                beaten = [page.beats for page in pages]

                async def all_beat() -> bool:
                    return all(page.beats > before + 1 for page, before in zip(pages, beaten, strict=True))

                await eventually_async(all_beat, "every page says twice that it stands")

        assert asked == []
        assert [page.events for page in pages] == [[]] * 200


class TestWhatIsFetched:
    """What an event has a page fetch."""

    async def test_the_counts_of_the_frame(self, site: Site, org: Organisation, roland: Browser) -> None:
        await site.bring_to(org, State.SUBMITTED)

        counts = await roland.by_htmx.get("/live/counts")

        assert counts.status_code == 200
        assert '<hx-partial hx-target=".inbox-count"' in counts.text
        assert ">1</hx-partial>" in counts.text

    async def test_what_became_of_an_open_timesheet(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        address = standing_address(site, key)
        assert (await roland.by_htmx.page(address)).text == ""

        approver = Asking(org, org.duane, org.roland)
        await asyncio.to_thread(site.desk.do, approver.approve(site.digest(key)))

        assert "Approved by Roland Fuller just now." in (await roland.by_htmx.page(address)).text

    async def test_it_is_nothing_to_whoever_may_not_see_it(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)
        address = standing_address(site, key)
        for browser in (site.browser(org, org.max), site.browser(other, other.suzanne)):
            assert (await browser.by_htmx.get(address)).status_code == 404


@dataclass
class Stuck:
    """A browser that asked for a stream and then takes nothing."""

    site: Site
    browser: Browser
    began: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        answering = asyncio.create_task(self._answer())
        async with asyncio.timeout(PATIENCE):
            await self.began.wait()
        yield
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)

    async def is_dropped(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.over.wait()

    async def _answer(self) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.client.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": b"",
            "headers": [(b"host", b"countersign.test"), (b"cookie", cookies.encode())],
            "client": (LOOPBACK, 1),
            "server": (LOOPBACK, 80),
        }
        await secured(self.site.app, self.site.settings)(scope, self._receive, self._send)
        self.over.set()

    async def _receive(self) -> Message:
        if not self.began.is_set():
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError("it never hangs up")

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.began.set()
            await asyncio.Event().wait()


@asynccontextmanager
async def all_of(opening: list[AbstractAsyncContextManager[Heard]]) -> AsyncIterator[list[Heard]]:
    """Many streams, all of them open."""
    pages = await asyncio.gather(*(each.__aenter__() for each in opening))
    try:
        yield pages
    finally:
        await asyncio.gather(*(each.__aexit__(None, None, None) for each in opening))


def signal(engine: Engine, org: Organisation, people: list[UUID], what: str, sheet: UUID | None = None) -> None:
    with command_transaction(engine, org.tenant_id) as session:
        tell(session, org, people, what, sheet)


def tell(session: WriteSession, org: Organisation, people: list[UUID], what: str, sheet: UUID | None = None) -> None:
    tell_live(session, org.tenant_id, sheet, people, what)


def many() -> list[UUID]:
    """More people than a signal names."""
    return [uuid4() for _ in range(MOST_NAMED + 1)]


def standing_address(site: Site, key: SheetKey) -> str:
    return f"/inbox/{key.timesheet_id}/standing?state=submitted&digest={site.digest(key)}"


def _new_password(session: WriteSession, org: Organisation) -> None:
    set_password(session, GivenBy(org.tenant_id, org.suzanne, uuid4()), org.roland, "a hash")


def _no_longer_active(session: WriteSession, org: Organisation) -> None:
    kept = kept_person(session, org.roland)
    given = GivenBy(org.tenant_id, org.suzanne, uuid4())
    replace_person(session, given, org.roland, kept.version, replace(kept.content, active=False))


TAKING: dict[str, Callable[[WriteSession, Organisation], None]] = {
    "a new password": _new_password,
    "no longer active": _no_longer_active,
}


def left_alone(site: Site, browser: Browser, until_it_ends: timedelta) -> None:
    """Nobody has used this session for nearly as long as may be."""
    last = func.now() - IDLE + until_it_ends
    with site.owner_engine.begin() as connection:
        connection.execute(update(SignInSession).where(_its(browser)).values(used_at=last))


def used_at(site: Site, browser: Browser) -> object:
    with site.owner_engine.connect() as connection:
        return connection.scalar(select(SignInSession.used_at).where(_its(browser)))


def _its(browser: Browser) -> ColumnElement[bool]:
    return SignInSession.token_hash == hash_token(browser.client.cookies["countersign_session"])
