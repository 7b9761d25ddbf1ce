"""Any part may die at any moment: what was acknowledged is there once, and 'nothing was saved' is true."""

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from models.rules.transitions import CommandKind
from tests.faults.books import Books
from tests.faults.clerks import Heard, Office, Pair, Recorder, Sent
from tests.standing import DATABASE, START_SECONDS, TEMPORAL, WEB, WORKER, Standing, command, environment, up
from tests.waiting import eventually

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
LONG_AGO = MONDAY - timedelta(weeks=8)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data") as started:
        started.await_ready()
        started.found_demo()
        yield started


@pytest.fixture(scope="module")
def books(standing: Standing) -> Books:
    return Books(standing.settings)


@pytest.fixture(scope="module")
def office(standing: Standing) -> Office:
    recorders = [Recorder(standing.url, f"staff-{number}", LONG_AGO) for number in (4401, 4402, 4501, 4502)]
    return Office([*recorders, Pair(standing.url, "staff-4366", "staff-3621", MONDAY)])


@pytest.fixture
def recorder(office: Office) -> Recorder:
    """One of them."""
    ...


class TestKilledAtWork:
    """Several people go on working while it happens."""

    @pytest.mark.parametrize("part", [WORKER, WEB, DATABASE, TEMPORAL])
    def test_one_part(self, standing: Standing, office: Office, books: Books, part: str) -> None:
        with office.working():
            office.await_progress()
            standing.kill(part)
            office.await_progress()
        self._require_truth(standing, office, books)
