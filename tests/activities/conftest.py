"""Activities on the real database, without Temporal around them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres
from models.messages import CommandOutcome
from tests.desk import Desk, Life
from tests.factories import Organisation
from tests.waiting import eventually


@pytest.fixture
def desk(engine: Engine, owner_engine: Engine) -> Desk:
    return Desk(engine, SheetActivities(engine), owner_engine)


@pytest.fixture
def life(desk: Desk, org: Organisation) -> Life:
    return Life(desk, org)


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
                eventually(lambda: following.done() or _somebody_waits(owner_engine), "the second to wait")
            return leading, following

        yield run


def _somebody_waits(owner_engine: Engine) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with owner_engine.connect() as connection:
        return bool(connection.scalar(text(waiting)))
