"""Any part may die at any moment: what was acknowledged is there once, and 'nothing was saved' is true."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.books import Books
from tests.faults.clerks import Heard, Office, Pair, Recorder, Waiting
from tests.faults.truth import require_truth
from tests.standing import DATABASE, TEMPORAL, WEB, WORKER, Standing, command, environment, up

TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
PATIENCE = "4"
"""Seconds after which somebody who gets no answer is told so; shorter than usual, since that is waited for here."""

LONG_AGO = MONDAY - timedelta(weeks=8)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data", COUNTERSIGN_COMMAND_TIMEOUT_SECONDS=PATIENCE) as started:
        started.await_ready()
        started.found_demo()
        yield started


@pytest.fixture(scope="module")
def office(standing: Standing) -> Office:
    recorders = [Recorder(standing.url, f"staff-{number}", LONG_AGO) for number in (4401, 4501)]
    return Office([*recorders, Pair(standing.url, "staff-4366", "staff-3621", MONDAY)])


@pytest.fixture(scope="module")
def books(standing: Standing) -> Books:
    return Books(standing.settings)


@pytest.fixture(autouse=True)
def truth(standing: Standing, office: Office, books: Books) -> Iterator[None]:
    """However a test ends, the system is itself again afterwards, and the books hold what people were told."""
    yield
    require_truth(standing, office, books)


class TestWhilePeopleWork:
    """People give commands all the time: before it happens, meanwhile and afterwards."""

    @pytest.mark.parametrize(
        "parts", [(WORKER,), (WEB,), (DATABASE,), (TEMPORAL,), (WORKER, DATABASE)], ids=" and ".join
    )
    def test_parts_are_killed(self, standing: Standing, office: Office, parts: tuple[str, ...]) -> None:
        with office.working():
            office.await_progress()
            for part in parts:
                standing.kill(part)
            office.await_progress()

    def test_a_session_of_the_database_is_killed(self, standing: Standing, office: Office) -> None:
        with office.working():
            office.await_progress()
            standing.kill_session()
            office.await_progress()


class TestAway:
    """A part is away for longer than anybody waits; the forms that were sent meanwhile can be sent again."""

    def test_without_a_worker_nothing_is_saved_not_even_later_and_pages_can_be_read(
        self, standing: Standing, office: Office
    ) -> None:
        somebody = Recorder(standing.url, "staff-4404", MONDAY)
        with standing.without(WORKER):
            waiting = [*office.send_one_each(), office.send(somebody.next())]
            somebody.browser.page("/week")
            assert _heard(waiting) == {Heard.NOTHING_SAVED}
        following = somebody.next()
        _heard([office.send(following)])
        following.settle()
        assert following.saved  # so its workflow has come past the one before

    def test_a_database_that_goes_away_meanwhile_leaves_it_open_and_after_that_nothing_is_saved(
        self, standing: Standing, office: Office, books: Books
    ) -> None:
        with standing.halted(WORKER):
            waiting = office.send_one_each()
            books.await_note_of([sent for sent, _ in waiting])
            with standing.without(DATABASE):
                assert _heard(waiting) == {Heard.NOT_SURE}
                assert {sent.send() for sent, _ in waiting} == {Heard.NOTHING_SAVED}

    def test_when_temporal_dies_what_was_done_is_acknowledged_and_comes_to_its_workflow_and_nothing_more_is_saved(
        self, standing: Standing, office: Office, books: Books
    ) -> None:
        somebody = Recorder(standing.url, "staff-4405", MONDAY)
        with standing.halted(WORKER):
            done = office.send_one_each()
            for sent, _ in done:
                books.await_note_of([sent])
                books.carry_out(sent)
            with standing.without(TEMPORAL):
                late = office.send(somebody.next())
                somebody.browser.page("/week")
                assert _heard(done) == {Heard.SAVED}
                assert _heard([late]) == {Heard.NOTHING_SAVED}

    def test_what_a_worker_did_before_it_died_is_acknowledged(
        self, standing: Standing, office: Office, books: Books
    ) -> None:
        newcomer = Recorder(standing.url, "staff-4403", MONDAY)
        with standing.halted(WORKER):
            waiting = []
            for form in (newcomer.next, newcomer.submission):
                waiting.append(office.send(sent := form()))
                books.await_note_of([sent])
                books.carry_out(sent)
        assert _heard(waiting) == {Heard.SAVED}


def test_after_all_of_that_the_doctor_finds_nothing_wrong(standing: Standing) -> None:
    ask = command("doctor", "--data-dir", standing.data_dir)
    told = subprocess.run(ask, env=environment(), check=False, capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "All invariants hold.\n"), told.stderr


def _heard(waiting: list[Waiting]) -> set[Heard]:
    return {answer.result() for _, answer in waiting}
