"""A rebuild of everybody by two workers goes on when they are killed in the middle, while people record and amend."""

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import text
from temporalio.client import Client

from demo.people import DEMO, OTHER
from models.database import command_transaction, read_session
from models.messages import RebuildKey
from models.payloads import data_converter
from models.store.rebuilds import ByProgram, Progress, RebuildState, agreed_people, ask_rebuild, progress_of
from tests.faults.books import Books
from tests.faults.clerks import Office, Recorder
from tests.faults.truth import require_truth
from tests.standing import WORKER, Standing, command, environment, up
from tests.waiting import eventually
from workflows.starting import start_rebuild

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())

OVER = 60
"""How often everybody is rebuilt, one time after the other, so that there is time to kill somebody in the middle."""

KILLS = 3

LONGEST_SECONDS = 300.0
"""A worker that was killed is missed after a while only, and so are several."""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data", workers=2) as started:
        started.await_ready()
        started.found_demo()
        yield started


@pytest.fixture
def books(standing: Standing) -> Books:
    return Books(standing.settings)


@pytest.fixture
def office(standing: Standing) -> Office:
    """Two people, each of whom records on two weeks at once."""
    weeks = MONDAY - timedelta(weeks=4), MONDAY - timedelta(weeks=9)
    staff = "staff-4401", "staff-4501"
    return Office([Recorder(standing.url, staff_id, monday) for staff_id in staff for monday in weeks])


def begin(standing: Standing, books: Books) -> RebuildKey:
    """Have everybody rebuilt, over and over."""
    with command_transaction(books.engine, DEMO.id) as session:
        everybody = [*agreed_people(session)] * OVER
        key = RebuildKey(DEMO.id, ask_rebuild(session, ByProgram(DEMO.id, uuid4()), "A test", everybody))

    async def ask() -> None:
        client = await Client.connect(standing.settings.temporal_address, data_converter=data_converter(""))
        await start_rebuild(client, standing.settings.task_queue, key)

    asyncio.run(ask())
    return key


def progress(books: Books, key: RebuildKey) -> Progress:
    with read_session(books.engine, DEMO.id) as session:
        return progress_of(session, key.rebuild_id)


def test_workers_are_killed_and_the_rebuild_is_done_in_the_end(
    standing: Standing, office: Office, books: Books
) -> None:
    dice = Random()
    with office.working():
        office.await_progress()
        key = begin(standing, books)
        for _ in range(KILLS):
            now = progress(books, key)
            more = now.done + dice.randint(1, (now.people - now.done) // (2 * KILLS))
            wait_for(books, key, more)
            assert progress(books, key).state is RebuildState.RUNNING
            dice.choice(standing.children(WORKER)).kill()
            office.await_progress()
        eventually(lambda: progress(books, key).state is RebuildState.DONE, "it is done", LONGEST_SECONDS, step=0.1)

    over = progress(books, key)
    assert (over.done, over.aside) == (over.people, 0)
    require_truth(standing, office, books)
    assert verified(standing) == (0, f"All balances of {len(DEMO.people) + len(OTHER.people)} people are right.")
    assert deadlocks(books) == 0


def wait_for(books: Books, key: RebuildKey, people: int) -> None:
    """Wait until so many were rebuilt."""
    eventually(lambda: progress(books, key).done >= people, f"{people} are done", LONGEST_SECONDS)


def verified(standing: Standing) -> tuple[int, str]:
    """What `countersign accruals verify` says in the end."""
    ask = command("accruals", "verify", "--data-dir", standing.data_dir)
    told = subprocess.run(ask, env=environment(), check=False, capture_output=True, text=True)
    return told.returncode, told.stdout.strip()


def deadlocks(books: Books) -> int:
    """How often the database had to end a circle of transactions waiting for each other."""
    asked = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with read_session(books.engine, DEMO.id) as session:
        return int(session.scalar(asked) or 0)
