"""`countersign accruals`: balances held against the recorded time, or rebuilt, with how far it is.

What is found goes to standard output; how far it is, to standard error: a bar on a terminal, else a line now and then.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import sleep
from types import TracebackType
from uuid import UUID, uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskProgressColumn, TimeRemainingColumn
from rich.progress import Progress as Columns
from rich.text import Text
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from temporalio.client import Client

from models.database import UNAVAILABLE, command_transaction, engine_for, read_session
from models.errors import DomainError
from models.messages import RebuildKey
from models.payloads import data_converter
from models.reads.tenants import tenant_named, tenants
from models.store.rebuilds import (
    ByProgram,
    Progress,
    RebuildState,
    agreed_people,
    ask_rebuild,
    progress_of,
    put_aside_by,
    under_way,
)
from models.tables.people import Person
from models.verifying.balances import Checked, how_many
from models.verifying.balances import verify as verified
from settings import Settings
from workflows.starting import start_rebuild

LOOK_SECONDS = 0.25
"""How often it is looked how far a rebuild is."""

BEGIN_SECONDS = 5.0
"""How long Temporal may take to hear of a rebuild."""

INTERRUPTED = 130
"""How a program that was interrupted ends, as shells have it."""

PARTS = 10
"""So many lines tell how far it is where there is no terminal."""


def verify(settings: Settings, slug: str | None) -> bool:
    """Print everything that is wrong with balances; whether nothing is. Raises `SystemExit` with what else is wrong."""
    engine = _engine(settings)
    asked = {slug: _tenant_id(engine, slug)} if slug else tenants(engine)
    people = wrong = 0
    for name, tenant_id in asked.items():
        _tell_rebuilds(engine, name, tenant_id)
        for checked in _checked(engine, name, tenant_id):
            people += checked.people
            wrong += len(checked.wrong)
            for finding in checked.wrong:
                print(f"{name}: {finding}")
    print(f"{wrong:,} findings." if wrong else f"All balances of {people:,} people are right.")
    return not wrong


def rebuild(settings: Settings, slug: str | None, staff_ids: Sequence[str], rate: int | None) -> bool:
    """Have balances rebuilt and watch until they are; whether everybody's were.

    Those of everybody with an agreement, or of the people named; `rate`: people a second. Raises `SystemExit`.
    """
    engine = _engine(settings)
    tenant_id = _tenant_id(engine, slug)
    given = ByProgram(tenant_id, uuid4())
    with command_transaction(engine, tenant_id) as session:
        people = _named(session, staff_ids) if staff_ids else agreed_people(session)
        rebuild_id = ask_rebuild(session, given, "Asked for on the command line", people, people_per_second=rate)
    key = RebuildKey(tenant_id, rebuild_id)
    with _going_on_without_us():
        # Said when the loop is over, which would swallow an interrupt that comes with its last step.
        if away := asyncio.run(_begin(settings, key)):
            print(away, file=sys.stderr)
        over = _watch(engine, key)
    return _tell(engine, key, over)


class Bar:
    """How far something is, on standard error."""

    def __init__(self, words: str, total: int) -> None:
        self._words, self._total, self._done = words, total, 0
        console = Console(stderr=True)
        self._bar = _columns(console) if console.is_terminal else None
        self._task = self._bar.add_task(words, total=total) if self._bar else None

    def __enter__(self) -> "Bar":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, people: int) -> None:
        """So many more are done."""
        self.reach(self._done + people)

    def reach(self, done: int) -> None:
        """So many are done."""
        before, self._done = self._done, done
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done)
        elif _part(done, self._total) > _part(before, self._total):
            percent = 100 * done // self._total
            print(f"{self._words}: {done:,} of {self._total:,} ({percent} %)", file=sys.stderr)


def _columns(console: Console) -> Columns:
    return Columns(
        "{task.description}",
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        _Speed(),
        TimeRemainingColumn(),
        console=console,
        # What is found goes above the bar on the same terminal, but into the file where there is one.
        redirect_stdout=sys.stdout.isatty(),
    )


class _Speed(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.1f}/s")


def _part(done: int, total: int) -> int:
    return PARTS * done // total if total else 0


def _checked(engine: Engine, name: str, tenant_id: UUID) -> Iterator[Checked]:
    with read_session(engine, tenant_id) as session:
        total = how_many(session)
    with Bar(f"{name}: people checked", total) as bar:
        for checked in verified(partial(read_session, engine, tenant_id)):
            yield checked
            bar.advance(checked.people)


def _tell_rebuilds(engine: Engine, name: str, tenant_id: UUID) -> None:
    """Until a rebuild is done, what it is for is not in everybody's balances yet."""
    with read_session(engine, tenant_id) as session:
        for found in (progress_of(session, id_) for id_ in under_way(session)):
            if not found.only_looks:
                far = f"{found.done:,} of {found.people:,} people are done"
                print(f"{name}: balances are being rebuilt ({found.because}): {far}.")


def _named(session: Session, staff_ids: Sequence[str]) -> list[UUID]:
    rows = session.execute(select(Person.id, Person.staff_id).where(Person.staff_id.in_(staff_ids)))
    found: dict[str, UUID] = {row.staff_id: row.id for row in rows}
    for staff_id in staff_ids:
        if staff_id not in found:
            raise SystemExit(f"There is no person {staff_id}.")
    return list(found.values())


@contextmanager
def _going_on_without_us() -> Iterator[None]:
    """Whoever does not want to watch any longer is told that nothing else ends."""
    try:
        yield
    except KeyboardInterrupt:
        print("The rebuild goes on. `countersign accruals verify` says how far it is.", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except UNAVAILABLE:
        raise SystemExit("The database does not answer. The rebuild goes on when it does.") from None


async def _begin(settings: Settings, key: RebuildKey) -> str | None:
    """Why it did not begin just now; None when it did."""
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            client = await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=data_converter(settings.payload_keys),
            )
            await start_rebuild(client, settings.task_queue, key)
    except Exception as away:
        # Workers look for rebuilds that nobody has begun.
        return f"Temporal does not answer ({type(away).__name__}): a worker begins the rebuild when it does."
    return None


def _watch(engine: Engine, key: RebuildKey) -> Progress:
    """How it ended."""
    now = _progress(engine, key)
    with Bar("people rebuilt", now.people) as bar:
        while now.state in (RebuildState.WAITING, RebuildState.RUNNING):
            bar.reach(now.done)
            sleep(LOOK_SECONDS)
            now = _progress(engine, key)
        bar.reach(now.done)
    return now


def _progress(engine: Engine, key: RebuildKey) -> Progress:
    with read_session(engine, key.tenant_id) as session:
        return progress_of(session, key.rebuild_id)


def _tell(engine: Engine, key: RebuildKey, over: Progress) -> bool:
    with read_session(engine, key.tenant_id) as session:
        for each in put_aside_by(session, key.rebuild_id):
            staff_id = session.scalar(select(Person.staff_id).where(Person.id == each.person_id))
            print(f"{staff_id}: {each.why}.")
    if over.state is RebuildState.CANCELLED:
        print(f"It was cancelled: {over.done:,} of {over.people:,} people are done.")
        return False
    print(f"{over.done - over.aside:,} people rebuilt; the balances of {over.changed:,} of them changed.")
    return not over.aside


def _engine(settings: Settings) -> Engine:
    return engine_for(settings.database_url, pool_size=1)


def _tenant_id(engine: Engine, slug: str | None) -> UUID:
    try:
        return tenant_named(engine, slug)
    except DomainError as error:
        raise SystemExit(error.message) from None
