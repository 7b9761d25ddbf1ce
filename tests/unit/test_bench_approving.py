"""The figure 'approve' of `make bench`: each week is submitted and approved once on every side, and must be kept."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count, islice
from pathlib import Path
from urllib.parse import parse_qs

import h11
import pytest

from bench.__main__ import Run
from bench.approvals import Timesheets, weeks
from bench.approving import THEIR_WARM_UP, WARM_UP, Pair, measure
from bench.browser import Connection, Visitor
from bench.organisation import BULK_TEAM, TEAMS, TENANT, WORKERS, worker
from bench.peers import dbos, viewflow
from bench.peers.environment import PeerMissing
from bench.peers.staff import Staff
from bench.sizes import QUICK, Step
from bench.system import System
from models.database import engine_for

NOVEMBER = date(2026, 11, 18)
SIZES = replace(QUICK, rounds=2, approvals=Step(4, 500))
"""Enough that a round takes processor time that can be told."""

DIGEST = "d" * 64


Said = tuple[int, dict[str, str], object]
"""A status, headers and a body."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    target: str
    headers: dict[str, str]
    body: str


@dataclass
class Office:
    """A server that answers each request with the next of what it is told to, over and over."""

    answers: Sequence[Said] = ((200, {}, {}),)
    asked: list[Asked] = field(default_factory=list)
    origin: str = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Office"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = h11.Connection(h11.SERVER)
        while chunk := await reader.read(65536):
            state.receive_data(chunk)
            head = state.next_event()
            assert isinstance(head, h11.Request)
            body = b""
            while isinstance(event := state.next_event(), h11.Data):
                body += event.data
            headers = {name.decode(): value.decode() for name, value in head.headers}
            status, more, said = self.answers[len(self.asked) % len(self.answers)]
            self.asked.append(Asked(head.target.decode(), headers, body.decode()))
            text = json.dumps(said).encode()
            given = [*more.items(), ("Content-Length", str(len(text)))]
            parts = (h11.Response(status_code=status, headers=given), h11.Data(data=text), h11.EndOfMessage())
            writer.write(b"".join(state.send(part) or b"" for part in parts))
            state.start_next_cycle()
        writer.close()


@dataclass
class Archive:
    """A program that keeps each week that was submitted and approved, or forgets some."""

    origin: str
    keeps: int = 10_000
    prepared: int = 0
    done: list[int] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    async def prepare(self, count: int) -> Sequence[Pair]:
        self.prepared += count
        return [self._pair(number) for number in islice(self._numbers, count)]

    def approved(self) -> int:
        return min(len(self.done), self.keeps)

    def _pair(self, number: int) -> Pair:
        async def submit_and_approve(connection: Connection) -> None:
            await connection.post("/", Visitor(), {})
            self.done.append(number)

        return submit_and_approve


def _timesheets(origin: str) -> Timesheets:
    owners = tuple(f"owner-{number}" for number in range(WORKERS))
    approvers = tuple(f"approver-{team}" for team in range(TEAMS))
    return Timesheets(origin, engine_for("postgresql+psycopg://"), owners, approvers, weeks(NOVEMBER))


async def _done(pair: Pair, office: Office) -> None:
    connection = await Connection.open(office.origin)
    try:
        await pair(connection)
    finally:
        await connection.close()


def test_weeks_are_past_ones_of_all_workers_but_those_decided_in_bulk_and_none_comes_twice() -> None:
    others = [number for number in range(WORKERS) if number % TEAMS != BULK_TEAM]
    days = list(islice(weeks(NOVEMBER), len(others) * 3))

    assert len(set(days)) == len(days)
    assert [day.person for day in days[: len(others)]] == others
    assert sorted({day.date for day in days}) == [date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19)]


async def test_each_week_is_submitted_and_approved_once_on_both_sides() -> None:
    async with Office().open() as office:
        ours, other = Archive(office.origin), Archive(office.origin)
        figures = await measure("another", ours, other, SIZES)

    wanted = SIZES.rounds * SIZES.approvals.count
    assert sorted(ours.done) == list(range(WARM_UP.count + wanted))
    assert sorted(other.done) == list(range(THEIR_WARM_UP.count + wanted))
    assert [figure.what for figure in figures[:2]] == [
        "approve, 4 at once, beside another",
        "approve p50, 4 at once, beside another",
    ]
    assert figures[0].goal is not None
    assert figures[0].goal.is_met(1.0)
    assert not figures[0].goal.is_met(0.99)


async def test_an_approval_that_is_answered_and_not_kept_ends_the_run() -> None:
    async with Office().open() as office:
        with pytest.raises(AssertionError, match="48 approvals were answered, 47 are in the database"):
            await measure("another", Archive(office.origin, keeps=47), Archive(office.origin), QUICK)


async def test_one_of_ours_is_recorded_beforehand_and_has_one_entry() -> None:
    answers: list[Said] = [(201, {}, {"timesheetId": "week"}), (200, {}, {"digest": DIGEST})]
    async with Office(answers).open() as office:
        await _timesheets(office.origin).prepare(1)

    recorded, read = office.asked
    assert recorded.target == "/resources/time-entries"
    assert recorded.headers["authorization"] == "Bearer owner-1"
    assert json.loads(recorded.body)["ownerId"] == str(TENANT.person_id(worker(1)))
    assert read.target == "/resources/timesheets/week"


async def test_one_of_ours_is_submitted_by_its_owner_and_approved_by_the_owners_approver() -> None:
    answers: list[Said] = [
        (201, {}, {"timesheetId": "week"}),
        (200, {}, {"digest": DIGEST}),
        (201, {}, {}),
        (201, {}, {}),
    ]
    async with Office(answers).open() as office:
        (pair,) = await _timesheets(office.origin).prepare(1)
        await _done(pair, office)

    submitted, approved = office.asked[2:]
    assert submitted.target == "/resources/timesheets/week/submission"
    assert submitted.headers["authorization"] == "Bearer owner-1"
    assert json.loads(submitted.body) == {"digest": DIGEST, "certified": True}
    assert approved.target == "/resources/timesheets/week/approval"
    assert approved.headers["authorization"] == "Bearer approver-1"
    assert json.loads(approved.body) == {"digest": DIGEST}
    assert len({asked.headers["idempotency-key"] for asked in (office.asked[0], submitted, approved)}) == 3


@pytest.mark.parametrize("status", [202, 403, 409])
async def test_a_week_of_ours_that_is_not_carried_out_at_once_ends_the_run(status: int) -> None:
    prepared: list[Said] = [(201, {}, {"timesheetId": "week"}), (200, {}, {"digest": DIGEST})]
    async with Office([*prepared, (status, {}, {"message": "not now"})]).open() as office:
        (pair,) = await _timesheets(office.origin).prepare(1)
        with pytest.raises(AssertionError, match=rf"{status} .*not now"):
            await _done(pair, office)


async def test_a_flow_of_viewflows_is_decided_on_where_its_certification_leads_by_the_supervisor() -> None:
    answers: list[Said] = [(302, {"Location": "/approvals/1/decide/2/execute/"}, ""), (302, {"Location": "/"}, "")]
    async with Office(answers).open() as office:
        await _done(viewflow.pair("staff", "lead"), office)

    certified, decided = office.asked
    assert (certified.target, decided.target) == ("/approvals/certify/", "/approvals/1/decide/2/execute/")
    assert "sessionid=staff" in certified.headers["cookie"]
    assert "sessionid=lead" in decided.headers["cookie"]
    assert parse_qs(certified.body)["csrfmiddlewaretoken"] == [viewflow.TOKEN]
    assert parse_qs(decided.body)["approved"] == ["on"]


async def test_a_form_of_viewflows_that_is_shown_again_ends_the_run() -> None:
    async with Office([(200, {}, "Enter a valid date.")]).open() as office:
        with pytest.raises(AssertionError, match=r"not certified: 200 .*Enter a valid date"):
            await _done(viewflow.pair("staff", "lead"), office)


async def test_a_submission_to_dbos_is_approved_by_its_id_and_the_key_of_the_supervisor() -> None:
    answers: list[Said] = [
        (201, {}, {"id": "9/7", "state": "submitted"}),
        (200, {}, {"id": "9/7", "state": "approved"}),
    ]
    async with Office(answers).open() as office:
        await _done(dbos.pair("staff", "lead"), office)

    submitted, approved = office.asked
    assert (submitted.target, submitted.headers["authorization"]) == ("/submit", "Bearer staff")
    assert (approved.target, approved.headers["authorization"]) == ("/approve", "Bearer lead")
    assert json.loads(approved.body) == {"id": "9/7"}


async def test_a_submission_to_dbos_that_still_waits_ends_the_run() -> None:
    answers: list[Said] = [
        (201, {}, {"id": "9/7", "state": "submitted"}),
        (200, {}, {"id": "9/7", "state": "submitted"}),
    ]
    async with Office(answers).open() as office:
        with pytest.raises(AssertionError):
            await _done(dbos.pair("staff", "lead"), office)


def test_the_people_of_another_program_belong_to_its_supervisors_in_turn(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"supervisors": ["a", "b"], "workers": ["1", "2", "3"]}))
    staff = Staff.written_in(file)

    assert [staff.pair(number) for number in range(4)] == [("1", "a"), ("2", "b"), ("3", "a"), ("1", "a")]


def test_where_an_engine_cannot_be_installed_it_is_left_out_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(_peer: str) -> Path:
        raise PeerMissing("no such host")

    monkeypatch.setattr(viewflow, "installed", no_network)
    monkeypatch.setattr(dbos, "installed", no_network)
    run = Run(tmp_path, QUICK)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        figures = run.beside_engines(System(process, tmp_path, 0.0), _timesheets(""))

    assert figures == []
    assert run.others == [
        "not measured: 'approve' beside django-viewflow, which could not be installed",
        "not measured: 'approve' beside DBOS, which could not be installed",
    ]
    assert "no such host" in capsys.readouterr().err
