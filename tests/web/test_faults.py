"""A part is away: the page says so, nothing is half saved, what was typed is kept, and the same form works later."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, text
from temporalio.client import RPCError
from temporalio.service import RPCStatusCode

from embedded import EmbeddedPostgres, EmbeddedTemporal
from models.messages import SheetKey
from models.rules.periods import workflow_id
from models.rules.transitions import State
from models.tables.timesheet import Command, Decision, Submission
from tests.factories import Organisation
from tests.waiting import eventually_async
from tests.web.conftest import OURS, Browser, Site, page_of, settings_for, site_on, worker_on
from tests.web.line import Line, line_to
from tests.web.reading import Form

SOON = 1.0
"""Seconds after which a page tells that nothing was saved."""


@dataclass(frozen=True)
class Town:
    """The servers of the tests, and sites that reach them in their own ways."""

    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    site: Site
    """The one that reaches everything."""

    @asynccontextmanager
    async def site_with(self, **others: object) -> AsyncIterator[Site]:
        """A site with other settings; it does not wait long."""
        settings = settings_for(
            self.postgres,
            self.temporal,
            self.site.settings.data_dir,
            **{"command_timeout_seconds": SOON} | others,
        )
        async with site_on(settings, self.site.engine, self.site.owner_engine) as site:
            yield site

    @asynccontextmanager
    async def line_to_database(self) -> AsyncIterator[tuple[Line, str]]:
        """A line to the database, and the address of the database behind it."""
        socket = str(self.postgres.socket_dir / ".s.PGSQL.5432")
        async with line_to(partial(asyncio.open_unix_connection, socket)) as line:
            yield line, f"postgresql://countersign_app@{line.address}/countersign"

    @asynccontextmanager
    async def line_to_temporal(self) -> AsyncIterator[Line]:
        """A line to Temporal."""
        host, _, port = self.temporal.address.partition(":")
        async with line_to(partial(asyncio.open_connection, host, int(port))) as line:
            yield line


@pytest.fixture
def town(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, site: Site) -> Town:
    return Town(postgres, temporal, site)


@pytest.fixture
async def idle(town: Town) -> AsyncIterator[Site]:
    """A site whose commands no worker carries out."""
    async with town.site_with(task_queue=f"queue-{uuid4()}") as site:
        yield site


class TestNoWorker:
    """Commands are refused in time, and carried out once when a worker is there."""

    async def test_every_command_says_that_nothing_was_saved_and_keeps_what_was_typed(
        self, idle: Site, org: Organisation
    ) -> None:
        duane, roland, max_ = (idle.browser(org, who) for who in (org.duane, org.roland, org.max))
        monday = idle.week(org, org.duane)
        maxs = await idle.bring_to(org, State.DRAFT, org.max)
        waits = await idle.bring_to(org, State.SUBMITTED, org.roland)
        alex = idle.browser(org, org.alex)
        before = idle.contents(org)
        submission, recall, rejection = (
            f"/timesheets/{maxs.timesheet_id}/submission",
            f"/timesheets/{waits.timesheet_id}/recall",
            f"/timesheets/{waits.timesheet_id}/rejection",
        )

        recorded, submitted, recalled, rejected = await asyncio.gather(
            duane.send(await entry_form(duane, monday), start="9", finish="17", task="washing dog"),
            max_.send((await max_.page(submission)).form(submission), certified="true"),
            roland.send((await roland.page(recall)).form(recall), reason="Forgot Friday."),
            alex.send((await alex.page(f"/inbox/{waits.timesheet_id}")).form(rejection), reason="Wrong day."),
        )

        for answer in (recorded, submitted, recalled, rejected):
            assert answer.headers["Retry-After"] == "5"
            assert "Nothing was saved" in page_of(answer, 503).alert
        kept = page_of(recorded).form(f"{monday}/entries").fields
        assert (kept["start"], kept["finish"], kept["task"]) == ("9", "17", "washing dog")
        assert page_of(submitted).form(submission).fields["certified"] == "true"
        assert page_of(recalled).form(recall).fields["reason"] == "Forgot Friday."
        assert page_of(rejected).form(rejection).fields["reason"] == "Wrong day."
        assert without_commands(idle, org) == before | {"command": frozenset()}
        assert all(command.withdrawn_at for command in idle.rows(org, Command) if command.completed_at is None)

    async def test_the_same_form_works_once_when_a_worker_is_there(self, idle: Site, org: Organisation) -> None:
        duane, monday = idle.browser(org, org.duane), idle.week(org, org.duane)
        form = await entry_form(duane, monday)
        send = partial(duane.send, form, start="9", finish="17")
        shown_again = page_of(await send(), 503).form(f"{monday}/entries")

        async with worker_on(idle.settings):
            await until_taken(send)
            again = await send()
            another = await until_answered(partial(duane.send, shown_again))

        assert again.status_code == 303
        assert "must not overlap" in page_of(another, 400).problem("start")
        assert len(idle.live(org.key(org.duane))) == 1

    async def test_the_form_that_was_shown_again_works_once_too(self, idle: Site, org: Organisation) -> None:
        duane, monday = idle.browser(org, org.duane), idle.week(org, org.duane)
        refused = await duane.send(await entry_form(duane, monday), start="9", finish="17")

        async with worker_on(idle.settings):
            await until_taken(partial(duane.send, page_of(refused, 503).form(f"{monday}/entries")))

        assert len(idle.live(org.key(org.duane))) == 1

    async def test_htmx_puts_the_refusal_where_the_form_is(self, idle: Site, org: Organisation) -> None:
        monday = idle.week(org, org.duane)
        await idle.bring_to(org, State.DRAFT)
        submission = f"/timesheets/{org.key(org.duane).timesheet_id}/submission"
        duane = idle.browser(org, org.duane).by_htmx
        dialog = page_of(await duane.get(submission), 200).form(submission)
        form = page_of(await duane.get(monday), 200).form(f"{monday}/entries")

        recorded, submitted = await asyncio.gather(
            duane.send(form, start="18", finish="19"), duane.send(dialog, certified="true")
        )

        for answer in (recorded, submitted):
            assert "Nothing was saved" in page_of(answer, 503).alert
            assert "<html" not in answer.text
        assert "HX-Retarget" not in recorded.headers
        assert page_of(recorded).form(f"{monday}/entries").fields["finish"] == "19"
        assert submitted.headers["HX-Retarget"] == "#dialog"
        assert page_of(submitted).form(submission).fields["certified"] == "true"

    async def test_pages_are_read_all_the_same(self, idle: Site, org: Organisation) -> None:
        await require_readable(idle, org)

    async def test_a_command_that_came_too_late_does_nothing_afterwards(
        self, town: Town, org: Organisation, owner_engine: Engine
    ) -> None:
        """The worker is held up until the page has told that nothing was saved; then it must stay true."""
        key = await town.site.bring_to(org, State.DRAFT)
        async with town.site_with() as hasty:
            duane = hasty.browser(org, org.duane)
            submission = f"/timesheets/{key.timesheet_id}/submission"
            form = (await duane.page(submission)).form(submission)
            with owner_engine.begin() as holding:
                holding.execute(text("SELECT 1 FROM timesheet WHERE id = :id FOR UPDATE"), {"id": key.timesheet_id})
                answer = await duane.send(form, certified="true")

            assert "Nothing was saved" in page_of(answer, 503).alert
            assert hasty.rows(org, Submission) == []
            # The update after it is carried out after it.
            await until_taken(partial(duane.send, form, certified="true", command_id=uuid4()))
            assert [each.completed_at is None for each in asked(hasty, org, "submit", form)] == [True]
            assert len(hasty.rows(org, Submission)) == 1


class TestTemporalAway:
    """Reading works; commands are refused until it is back."""

    async def test_the_same_form_works_when_it_is_back(self, town: Town, org: Organisation) -> None:
        async with town.line_to_temporal() as line, town.site_with(temporal_address=line.address) as site:
            duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
            send = partial(duane.send, await entry_form(duane, monday), start="9", finish="17", task="washing dog")
            await line.cut()

            refused = await send()
            await require_readable(site, org)
            await line.mend()
            await until_taken(send)

        page = page_of(refused, 503)
        assert "Nothing was saved" in page.alert
        assert page.form(f"{monday}/entries").fields["task"] == "washing dog"
        assert len(site.live(org.key(org.duane))) == 1

    async def test_it_can_go_away_between_two_commands(self, town: Town, org: Organisation) -> None:
        async with town.line_to_temporal() as line, town.site_with(temporal_address=line.address) as site:
            duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
            await until_taken(partial(duane.send, await entry_form(duane, monday), start="9", finish="17"))
            later = partial(duane.send, await entry_form(duane, monday), start="18", finish="19")

            await line.cut()
            page_of(await later(), 503)
            await line.mend()
            await until_taken(later)

        assert len(site.live(org.key(org.duane))) == 2

    async def test_a_decision_is_refused_and_taken_once_later(self, town: Town, org: Organisation) -> None:
        key = await town.site.bring_to(org, State.SUBMITTED)
        async with town.line_to_temporal() as line, town.site_with(temporal_address=line.address) as site:
            roland = site.browser(org, org.roland).by_htmx
            rejection = f"/timesheets/{key.timesheet_id}/rejection"
            shown = page_of(await roland.get(f"/inbox/{key.timesheet_id}"), 200).form(rejection)
            send = partial(roland.send, shown, reason="Wrong day.")
            await line.cut()

            refused = page_of(await send(), 503)
            assert "Nothing was saved" in refused.alert
            assert refused.form(rejection).fields["reason"] == "Wrong day."
            assert site.rows(org, Decision) == []
            await line.mend()
            await until_taken(send)
            assert (await send()).status_code == 303

        assert len(site.rows(org, Decision)) == 1


class TestDatabaseAway:
    """Nothing can be read or saved; every page says so, and everything works when it is back."""

    async def test_pages_say_so_and_work_when_it_is_back(self, town: Town, org: Organisation) -> None:
        key = await town.site.bring_to(org, State.SUBMITTED)
        pages = [town.site.week(org, org.duane), "/", "/week", "/inbox", f"/history/{key.timesheet_id}", "/balances"]
        async with town.line_to_database() as (line, url), town.site_with(database_url=url) as site:
            roland = site.browser(org, org.roland)
            await roland.page("/inbox")
            await line.cut()

            for path in pages:
                answer = await roland.get(path)
                assert "The page cannot be read: the database does not answer." in page_of(answer, 503).main.text
                assert answer.headers["Retry-After"] == "5"
                part = await roland.by_htmx.get(path)
                assert part.headers["HX-Retarget"] == "#toast"
                assert "the database does not answer" in page_of(part, 503).text
            assert (await site.visitor().get("/healthz")).text == "ok"
            assert "Sign in" in page_of(await site.visitor().get("/sign-in"), 200).heading

            await line.mend()
            await roland.page("/inbox")

    async def test_the_same_form_works_when_it_is_back(self, town: Town, org: Organisation) -> None:
        async with town.line_to_database() as (line, url), town.site_with(database_url=url) as site:
            duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
            form, typed = await entry_form(duane, monday), {"start": "9", "finish": "17", "task": "<washing dog>"}
            await line.cut()

            refused, by_htmx = await duane.send(form, **typed), await duane.by_htmx.send(form, **typed)
            again = await duane.send(page_of(refused, 503).form(f"{monday}/entries"))
            await line.mend()

            assert "Nothing was saved" in page_of(refused).main.text
            assert "Nothing was saved" in page_of(by_htmx, 503).text
            assert by_htmx.headers["HX-Retarget"] == "#toast"
            assert "<html" not in by_htmx.text
            # The page offers to send what was typed once more, as often as it takes.
            await until_taken(partial(duane.send, page_of(again, 503).form(f"{monday}/entries")))
            assert (await duane.send(form, **typed)).status_code == 303

        assert [entry.task for entry in site.live(org.key(org.duane))] == ["<washing dog>"]

    async def test_a_password_is_never_sent_back(self, town: Town, org: Organisation) -> None:
        async with town.line_to_database() as (line, url), town.site_with(database_url=url) as site:
            visitor = site.visitor()
            form = page_of(await visitor.get("/sign-in"), 200).form("/sign-in")
            await line.cut()

            typed = form.fields | {"staff_id": "staff-4366", "password": "trust no one"}
            answer = await visitor.post("/sign-in", data=typed, headers={"Origin": OURS})

            assert "Nothing was saved" in page_of(answer, 503).main.text
            assert "trust no one" not in answer.text

    async def test_what_is_not_known_to_be_saved_is_called_that_and_is_saved_once(
        self, town: Town, org: Organisation
    ) -> None:
        """The database goes away while the command waits for a worker, before anybody knows what comes of it."""
        queue = f"queue-{uuid4()}"
        async with (
            town.line_to_database() as (line, url),
            town.site_with(database_url=url, task_queue=queue, command_timeout_seconds=3 * SOON) as site,
        ):
            duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
            sending = asyncio.create_task(
                duane.send(await entry_form(duane, monday), start="9", finish="17", task="washing dog")
            )
            await eventually_async(lambda: begun(site, org.key(org.duane)), "the command is on its way")
            await line.cut()
            refused = page_of(await sending, 503)
            await line.mend()

            assert "We could not confirm that this was saved. Send the same form again" in refused.main.text
            async with worker_on(settings_for(town.postgres, town.temporal, site.settings.data_dir, task_queue=queue)):
                await until_taken(partial(duane.send, refused.form(f"{monday}/entries")))

        assert len(site.live(org.key(org.duane))) == 1
        assert len(site.rows(org, Command)) == 1

    async def test_the_workers_database_can_be_away_alone(self, town: Town, org: Organisation) -> None:
        queue = f"queue-{uuid4()}"
        async with town.line_to_database() as (line, url), town.site_with(task_queue=queue) as site:
            duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
            send = partial(duane.send, await entry_form(duane, monday), start="9", finish="17")
            elsewhere = settings_for(
                town.postgres, town.temporal, site.settings.data_dir, task_queue=queue, database_url=url
            )
            await line.cut()
            async with worker_on(elsewhere):
                refused = page_of(await send(), 503)
                assert "Nothing was saved" in refused.alert
                await line.mend()
                await until_taken(send)

        assert len(site.live(org.key(org.duane))) == 1

    async def test_more_readers_than_connections_are_told_to_come_back(self, town: Town, org: Organisation) -> None:
        async with town.site_with(database_pool_size=1) as site:
            duane = site.browser(org, org.duane)
            with site.services.engine.connect():
                answer = await duane.get("/balances")

            assert answer.headers["Retry-After"] == "5"
            assert "The page cannot be read" in page_of(answer, 503).main.text
            await duane.page("/balances")


async def entry_form(browser: Browser, week: str) -> Form:
    """The form that records time."""
    return (await browser.page(week)).form(f"{week}/entries")


async def until_taken(send: Callable[[], Awaitable[Response]]) -> None:
    """Send a form until it is taken, as people do; each answer before says that nothing was saved."""
    answer = await until_answered(send)
    assert answer.status_code == 303, page_of(answer).text


async def until_answered(send: Callable[[], Awaitable[Response]]) -> Response:
    """Send a form until the answer is another than that nothing was saved."""
    answers: list[Response] = []

    async def is_answered() -> bool:
        answers.append(await send())
        return answers[-1].status_code != 503

    await eventually_async(is_answered, "an answer to the form")
    return answers[-1]


async def require_readable(site: Site, org: Organisation) -> None:
    """Fails unless the pages show what there is."""
    key = await site.bring_to(org, State.SUBMITTED, org.max)
    roland = site.browser(org, org.roland)
    for path in (site.week(org, org.max), "/inbox", f"/inbox/{key.timesheet_id}", f"/history/{key.timesheet_id}"):
        assert "Max Fenig" in (await roland.page(path)).main.text


async def begun(site: Site, key: SheetKey) -> bool:
    """Whether the workflow of a timesheet was started."""
    try:
        await site.services.client.get_workflow_handle(workflow_id(key.timesheet_id)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


def asked(site: Site, org: Organisation, kind: str, form: Form) -> list[Command]:
    """The command of a form."""
    return [each for each in site.rows(org, Command) if (each.kind, str(each.id)) == (kind, form.fields["command_id"])]


def without_commands(site: Site, org: Organisation) -> dict[str, frozenset[str]]:
    """What there is besides the note of what was asked."""
    return site.contents(org) | {"command": frozenset()}
