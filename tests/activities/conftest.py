"""Activities on the real database, without Temporal around them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from temporalio.exceptions import ApplicationError

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres
from models.commands import Asked
from models.database import read_session
from models.doctor import findings
from models.messages import CommandOutcome
from tests.desk import Desk, Life
from tests.factories import Asking, Organisation, hire
from tests.waiting import eventually


@pytest.fixture
def desk(engine: Engine, owner_engine: Engine) -> Desk:
    return Desk(engine, SheetActivities(engine), owner_engine)


@pytest.fixture
def life(desk: Desk, org: Organisation) -> Life:
    return Life(desk, org)


@pytest.fixture
def sound(life: Life) -> Iterator[None]:
    """Whatever the test does to Duane's organisation by commands, every invariant holds at its end."""
    yield
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        assert list(findings(session)) == []


@pytest.fixture
def roster(life: Life, owner_engine: Engine) -> Asking:
    """The scheduler's own identity on Duane's week."""
    return Asking(life.org, life.org.duane, hire(owner_engine, life.org, "Rostering", "integration"))


@pytest.fixture
def own_desk(postgres: EmbeddedPostgres, owner_engine: Engine) -> Iterator[Desk]:
    """A desk with connections of its own, for tests that tamper with them."""
    engine = create_engine(make_url(postgres.app_url()), pool_size=5, max_overflow=0, pool_pre_ping=True)
    yield Desk(engine, SheetActivities(engine), owner_engine)
    engine.dispose()


@pytest.fixture
def statements(own_desk: Desk) -> list[str]:
    """Every statement that `own_desk` sends, as it sends it."""
    sent: list[str] = []
    event.listen(own_desk.engine, "before_cursor_execute", lambda *said: sent.append(said[2]))
    return sent


@dataclass(frozen=True)
class Paused:
    """A transaction that has done all its work and stands just before its commit."""

    reached: Event
    released: Event

    def release(self) -> None:
        self.released.set()


@contextmanager
def paused_before_commit(engine: Engine) -> Iterator[Paused]:
    """Holds every commit on `engine` until it is released."""
    paused = Paused(Event(), Event())

    def hold(_: Connection) -> None:
        paused.reached.set()
        assert paused.released.wait(15)

    event.listen(engine, "commit", hold)
    try:
        yield paused
    finally:
        paused.release()  # the listener stays: it no longer holds anything, and may just be running


def tried_until_done(desk: Desk, asked: Asked, failures: list[str] | None = None) -> CommandOutcome:
    """What the workflow's retries do; what made them necessary is added to `failures`."""
    for _ in range(3):
        try:
            return desk.apply(asked)
        except ApplicationError as failure:
            if failure.non_retryable:
                raise
            if failures is not None:
                failures.append(failure.message)
    raise AssertionError("three attempts were not enough")


Racers = Callable[[Callable[[], CommandOutcome], Callable[[], CommandOutcome]], tuple[Future[CommandOutcome], ...]]


@pytest.fixture
def race(own_desk: Desk, owner_engine: Engine) -> Iterator[Racers]:
    """Runs two commands at once: the second starts when the first, on `own_desk`, has done everything but
    commit, and the first commits when the second waits for it (or is through without waiting)."""
    with ThreadPoolExecutor(2) as executor:

        def run(
            first: Callable[[], CommandOutcome], second: Callable[[], CommandOutcome]
        ) -> tuple[Future[CommandOutcome], ...]:
            with paused_before_commit(own_desk.engine) as paused:
                leading = executor.submit(first)
                eventually(lambda: paused.reached.is_set() or leading.done(), "the first to reach its commit")
                following = executor.submit(second)
                eventually(lambda: following.done() or waiters(owner_engine), "the second to wait")
            return leading, following

        yield run


Crowd = Callable[..., list[Future[CommandOutcome]]]


@pytest.fixture
def let_go_at_once(owner_engine: Engine) -> Iterator[Crowd]:
    """Runs commands in threads of their own that all come to wait, one after the other, for one row that
    somebody holds; then the row is let go."""
    with ThreadPoolExecutor(4) as executor:

        def run(table: str, row_id: UUID, *tries: Callable[[], CommandOutcome]) -> list[Future[CommandOutcome]]:
            running = []
            with owner_engine.begin() as gate:
                hold = f"SELECT id FROM {table} WHERE id = :id FOR NO KEY UPDATE"  # noqa: S608 - our own names
                gate.execute(text(hold), {"id": row_id})
                for number, each in enumerate(tries, 1):
                    running.append(executor.submit(each))
                    eventually(partial(_are_waiting, number, owner_engine), f"{number} to wait")
            return running

        yield run


def _are_waiting(number: int, owner_engine: Engine) -> bool:
    return waiters(owner_engine) == number


def end_session(connection: Connection, owner_engine: Engine) -> None:
    """The server ends a connection in the middle of its transaction, as when it is restarted."""
    process = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
    with owner_engine.connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": process})


def waiters(owner_engine: Engine) -> int:
    """How many transactions wait for another one."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with owner_engine.connect() as connection:
        return connection.scalar(text(waiting)) or 0
