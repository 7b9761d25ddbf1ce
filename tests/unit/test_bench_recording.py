"""The figure 'record' of `make bench`: both sides are asked for the same days, and what is answered must be kept."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import pytest

from bench.__main__ import Run
from bench.entries import Entries
from bench.organisation import TENANT, recorder
from bench.peers import tryton
from bench.peers.company import Company, Employee
from bench.peers.environment import LOCKS, PeerMissing, installation, lock_of, locked_version, run_all
from bench.recording import WARM_UP, Post, Workday, measure, workdays
from bench.sizes import FULL, PEOPLE, QUICK, WEEK, Step
from bench.system import PROJECT, System
from models.database import engine_for

PEERS = ("tryton", "viewflow", "dbos")
APRIL = date(2026, 4, 1)
SIZES = replace(QUICK, rounds=2, records=(Step(1, 10), Step(4, 1000)))
"""Enough that the second step takes processor time that can be told."""


@dataclass
class Ledger:
    """A program that keeps each day it is sent, or forgets some."""

    keeps: int = 10_000
    status: int = 201
    origin: str = ""
    asked: list[Workday] = field(default_factory=list)
    received: int = 0

    def recording(self, day: Workday) -> Post:
        self.asked.append(day)
        return Post("/", {"person": day.person, "date": day.date.isoformat()}, {}, 201)

    def recorded(self) -> int:
        return min(self.received, self.keeps)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Ledger"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65536):
            assert head.startswith(b"POST / ")
            self.received += 1
            writer.write(b'HTTP/1.1 %d Said\r\nContent-Length: 8\r\n\r\n{"id":1}' % self.status)
        writer.close()


def test_days_to_record_are_weekdays_of_all_people_and_none_comes_twice() -> None:
    days = list(islice(workdays(APRIL), PEOPLE * 7))

    assert len(set(days)) == len(days)
    assert {day.date.weekday() for day in days} == {0, 1, 2, 3, 4}
    assert [day.person for day in days[:PEOPLE]] == list(range(PEOPLE))
    assert (days[0].date, days[-1].date) == (date(2026, 4, 6), date(2026, 4, 14))


def test_every_round_has_as_many_first_entries_of_a_week_as_any_other() -> None:
    assert [step.count % WEEK for step in (WARM_UP, *FULL.records)] == [0, 0, 0]


async def test_both_sides_record_the_same_days_each_of_them_once() -> None:
    async with Ledger().serving() as ours, Ledger().serving() as other:
        figures = await measure(ours, other, SIZES, APRIL)

    wanted = WARM_UP.count + SIZES.rounds * sum(step.count for step in SIZES.records)
    assert ours.asked == other.asked == list(islice(workdays(APRIL), wanted))
    assert ours.received == other.received == wanted
    assert [figure.what for figure in figures[:2]] == ["record, 1 at once", "record, 4 at once"]


@pytest.mark.parametrize(("liar", "said"), [(Ledger(keeps=79), "79 are in the database"), (Ledger(status=200), "200")])
async def test_a_recording_that_is_answered_and_not_kept_ends_the_run(liar: Ledger, said: str) -> None:
    async with Ledger().serving() as honest, liar.serving():
        with pytest.raises((AssertionError, ExceptionGroup)) as ended:
            await measure(honest, liar, QUICK, APRIL)

    error = ended.value
    assert said in str(error.exceptions[0] if isinstance(error, ExceptionGroup) else error)


def test_an_entry_of_ours_is_the_days_work_with_a_key_that_is_new_each_time() -> None:
    entries = Entries("http://localhost", engine_for("postgresql+psycopg://"), ("first", "second"))
    one, again = (entries.recording(Workday(1, date(2026, 4, 6))) for _ in range(2))

    assert (one.path, one.saved) == ("/resources/time-entries", 201)
    assert one.headers["Authorization"] == "Bearer second"
    assert one.headers["Idempotency-Key"] != again.headers["Idempotency-Key"]
    assert isinstance(one.body, dict)
    assert one.body["ownerId"] == str(TENANT.person_id(recorder(1)))
    assert one.body["actualStartTime"] == "2026-04-06T09:00:00+01:00"
    assert one.body["actualEndTime"] == "2026-04-06T17:00:00+01:00"
    worked = datetime.fromisoformat(one.body["actualEndTime"]) - datetime.fromisoformat(one.body["actualStartTime"])
    assert worked.total_seconds() / 60 - one.body["mealBreakMinutes"] == 450


def test_a_line_of_trytons_is_the_same_work_by_the_key_of_the_same_person() -> None:
    company = Company(7, 8, (Employee(1, "first"), Employee(2, "second")))
    post = tryton.line(company, Workday(1, date(2026, 4, 6)))

    assert (post.path, post.saved) == ("/tryton/rest/model/timesheet.line", 200)
    assert post.headers == {"Authorization": "Bearer second"}
    assert post.body == {
        "company": 7,
        "employee": 2,
        "work": 8,
        "date": {"__class__": "date", "year": 2026, "month": 4, "day": 6},
        "duration": {"__class__": "timedelta", "seconds": 27_000.0},
        "description": "measuring",
    }


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_is_installed_into_its_own_environment_and_only_as_locked(tmp_path: Path, peer: str) -> None:
    lock = lock_of(peer)
    venv, pip = installation(tmp_path, lock)

    assert venv[-1] == tmp_path
    assert pip[0] == tmp_path / "bin" / "python"
    assert list(pip[-3:]) == ["--require-hashes", "--requirement", lock]


@pytest.mark.parametrize("peer", PEERS)
def test_every_package_of_a_peer_is_pinned_and_hashed_and_no_address_is_named(peer: str) -> None:
    text = lock_of(peer).read_text()
    packages = [line for line in text.splitlines() if line[:1].isalnum()]

    assert packages
    assert [line for line in packages if not re.match(r"\S+==\S+( ;.*)? \\$", line)] == []
    assert "://" not in text


@pytest.mark.parametrize(
    ("peer", "package", "release"),
    [
        ("tryton", "trytond", "8.2."),
        ("tryton", "trytond-timesheet", "8.2."),
        ("viewflow", "django-viewflow", "2.4."),
        ("dbos", "dbos", "3.4."),
    ],
)
def test_the_release_that_is_measured_is_the_one_that_the_document_names(peer: str, package: str, release: str) -> None:
    assert locked_version(peer, package).startswith(release)


def test_the_lock_of_every_peer_is_written_by_make_lock() -> None:
    makefile = (PROJECT / "Makefile").read_text()

    assert {file.stem for file in LOCKS.glob("*.in")} == set(PEERS)
    assert [
        peer for peer in PEERS if f"bench/peers/{peer}.in --output-file bench/peers/{peer}.txt" not in makefile
    ] == []


def test_what_the_installer_said_last_is_passed_on() -> None:
    said = [sys.executable, "-c", "raise SystemExit('collecting\\nno such host')"]

    with pytest.raises(PeerMissing, match=r"^no such host$"):
        run_all([[sys.executable, "-c", ""], said])


def test_where_the_peer_cannot_be_installed_the_figure_is_left_out_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(_peer: str) -> Path:
        raise PeerMissing("no such host")

    monkeypatch.setattr(tryton, "installed", no_network)
    run = Run(tmp_path, QUICK)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        figures = run.beside_tryton(System(process, tmp_path, 0.0))

    assert figures == []
    assert run.others == ["not measured: 'record' beside Tryton, which could not be installed"]
    assert "no such host" in capsys.readouterr().err
