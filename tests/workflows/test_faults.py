"""A database that goes away and code that is wrong: what is asked is answered, and the next command goes on."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, ExceptionContext, event, text
from temporalio.common import RetryPolicy

from embedded import APPLICATION, DATABASE, EmbeddedPostgres
from models.errors import Unavailable, WrongState
from models.rules.transitions import CommandKind, State
from models.tables.timecard import TimeEntry, TimeEntryVersion
from models.tables.timesheet import Decision
from settings import Settings
from tests.desk import Life
from tests.factories import worked
from tests.office import LONGEST_SECONDS, Office, approve, bring_to, mistaken, submit, working
from tests.waiting import eventually_async
from workflows.options import COMMAND_PATIENCE, COMMAND_RETRIES, PATIENT_RETRIES


@dataclass(frozen=True)
class Line:
    """The only way of one worker to the database: the directory with the server's socket, by another name."""

    name: str
    link: Path
    there: Path
    owner_engine: Engine
    faults: list[BaseException] = field(default_factory=list)
    """What went wrong on it."""

    @property
    def url(self) -> str:
        """What the worker is told."""
        return f"postgresql://{APPLICATION}@/{DATABASE}?host={quote(str(self.link))}&application_name={self.name}"

    def cut(self) -> None:
        """Nobody gets through any more, and who is connected is thrown out."""
        self.link.unlink()
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name")
        with self.owner_engine.connect() as connection:
            connection.execute(ended, {"name": self.name})

    def note(self, context: ExceptionContext) -> None:
        """Keep in mind what went wrong, if it was on this line."""
        if context.engine and context.engine.url.query.get("application_name") == self.name:
            self.faults.append(context.original_exception)

    async def fails(self) -> None:
        """Wait until somebody has tried in vain."""

        async def has_failed() -> bool:
            return bool(self.faults)

        await eventually_async(has_failed, "an attempt to fail")

    def mend(self) -> None:
        """The database is back."""
        self.link.symlink_to(self.there)


@pytest.fixture
def line(postgres: EmbeddedPostgres, owner_engine: Engine) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        found = Line(Path(folder).name, Path(folder) / "db", postgres.socket_dir, owner_engine)
        found.mend()
        event.listen(Engine, "handle_error", found.note)
        yield found
        event.remove(Engine, "handle_error", found.note)


@pytest.fixture
async def cut_off(idle: Office, line: Line) -> AsyncIterator[Office]:
    """The way in (which reaches the database), with a worker whose line to the database can be cut."""
    async with working(idle.client, idle.task_queue, line.url):
        yield idle


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are given up sooner than people would wait; runs that begin from here on know it."""
    monkeypatch.setattr("workflows.options.COMMAND_RETRIES", replace(COMMAND_RETRIES, maximum_attempts=3))


async def test_a_short_fault_is_not_noticed(cut_off: Office, line: Line, life: Life) -> None:
    await bring_to(life, cut_off, State.DRAFT)
    line.cut()
    sent = asyncio.create_task(submit(life, cut_off))
    await line.fails()
    line.mend()

    assert (await sent).snapshot.state is State.SUBMITTED


@pytest.mark.usefixtures("impatient")
async def test_while_the_database_is_away_nothing_is_saved_and_that_is_said(
    cut_off: Office, line: Line, life: Life
) -> None:
    await bring_to(life, cut_off, State.SUBMITTED)
    line.cut()
    with pytest.raises(Unavailable, match="Nothing was saved"):
        await approve(life, cut_off)

    assert life.state is State.SUBMITTED
    assert life.desk.rows(life.org.tenant_id, Decision) == []


@pytest.mark.usefixtures("impatient")
async def test_the_next_command_works_when_the_database_is_back(cut_off: Office, line: Line, life: Life) -> None:
    await bring_to(life, cut_off, State.SUBMITTED)
    line.cut()
    with pytest.raises(Unavailable):
        await approve(life, cut_off)
    line.mend()

    assert (await approve(life, cut_off)).snapshot.state is State.APPROVED


@pytest.mark.usefixtures("impatient")
async def test_a_command_that_failed_may_be_sent_again_under_another_update_id(
    cut_off: Office, line: Line, life: Life
) -> None:
    """The run remembers the failure under the first one."""
    await bring_to(life, cut_off, State.DRAFT)
    asked = life.duane.record(worked("18:00", "19:00"))
    line.cut()
    with pytest.raises(Unavailable):
        await cut_off.give(asked)
    line.mend()

    with pytest.raises(Unavailable):
        await cut_off.give(asked)
    assert not (await cut_off.give(asked, f"{asked.id}/again")).repeated
    assert (await cut_off.give(asked, f"{asked.id}/once more")).repeated
    assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 2


@pytest.mark.usefixtures("impatient")
async def test_a_run_that_cannot_know_what_became_of_a_command_reads_before_the_next(
    cut_off: Office, line: Line, life: Life
) -> None:
    await bring_to(life, cut_off, State.DRAFT)
    line.cut()
    with pytest.raises(Unavailable):
        await submit(life, cut_off)
    life.submit()  # as if it had been committed after all
    line.mend()

    with pytest.raises(WrongState) as refused:
        await cut_off.give(life.duane.record(worked("18:00", "19:00")))
    assert refused.value.data == {"state": "submitted"}
    assert (await approve(life, cut_off)).snapshot.state is State.APPROVED


@pytest.mark.usefixtures("impatient")
async def test_a_worker_can_be_stopped_while_the_database_is_away_and_another_goes_on(
    idle: Office, line: Line, life: Life, postgres: EmbeddedPostgres
) -> None:
    async with asyncio.timeout(LONGEST_SECONDS), working(idle.client, idle.task_queue, line.url):
        await bring_to(life, idle, State.SUBMITTED)
        line.cut()
        with pytest.raises(Unavailable):
            await approve(life, idle)
    async with working(idle.client, idle.task_queue, postgres.app_url()):
        assert (await approve(life, idle)).snapshot.state is State.APPROVED


async def test_a_short_fault_before_the_first_command_is_not_noticed(cut_off: Office, line: Line, life: Life) -> None:
    line.cut()
    sent = asyncio.create_task(bring_to(life, cut_off, State.DRAFT))
    await line.fails()
    line.mend()

    assert (await sent).entry_version == 1


@pytest.mark.usefixtures("impatient")
async def test_a_mistake_in_the_code_of_a_command_fails_that_command_only(office: Office, life: Life) -> None:
    await bring_to(life, office, State.DRAFT)
    with mistaken(CommandKind.RECORD), pytest.raises(Unavailable):
        await office.give(life.duane.record(worked("18:00", "19:00")))

    assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 1
    assert (await office.give(life.duane.record(worked("18:00", "19:00")))).entry_version == 1


def test_whoever_asks_is_answered_before_their_patience_ends_and_soon_after_a_fault_carried_out() -> None:
    people = timedelta(seconds=Settings.model_fields["command_timeout_seconds"].default)
    assert people > COMMAND_PATIENCE > sum(_pauses(COMMAND_RETRIES), timedelta())
    assert PATIENT_RETRIES.maximum_interval
    assert people > PATIENT_RETRIES.maximum_interval


def _pauses(retries: RetryPolicy) -> list[timedelta]:
    """Between all the attempts there are."""
    assert retries.maximum_attempts, "it would be tried for ever"
    assert retries.maximum_interval
    grown = (
        retries.initial_interval * retries.backoff_coefficient**each for each in range(retries.maximum_attempts - 1)
    )
    return [min(pause, retries.maximum_interval) for pause in grown]
