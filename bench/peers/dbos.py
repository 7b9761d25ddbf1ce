"""A small service with a DBOS workflow for each submission, on the PostgreSQL server of the measurements."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path

import psycopg
from sqlalchemy import URL

from bench.approving import Pair
from bench.browser import Connection
from bench.peers.environment import installed, locked_version
from bench.peers.serving import database_of_its_own, dsn, serving, set_up
from bench.peers.staff import PEOPLE, Staff
from bench.system import PROJECT, System, environment
from embedded import LOOPBACK, free_port

PEER = "dbos"
NAME = "DBOS"
DATABASE = "dbos_approvals"
APPLICATION = "bench.peers.dbos_app"
WEEK = {"week": "2026-04-06", "minutes": 450, "digest": "0" * 64}
APPROVED = "SELECT count(*) FROM submission WHERE state = 'approved'"


def versions() -> str:
    """What is measured."""
    return ", ".join(f"{name} {locked_version(PEER, name)}" for name in ("dbos", "fastapi", "uvicorn"))


@dataclass(frozen=True)
class Dbos:
    """A running service in which people can submit and approve."""

    origin: str
    database: psycopg.Connection
    """Kept open, since the processor time of a session is lost with it."""
    staff: Staff
    _numbers: Iterator[int]

    async def prepare(self, count: int) -> Sequence[Pair]:
        """As many weeks; nothing has to be there beforehand."""
        return [pair(*self.staff.pair(number)) for number in islice(self._numbers, count)]

    def approved(self) -> int:
        """How many submissions are approved."""
        (count,) = self.database.execute(APPROVED).fetchone() or (0,)
        return int(count)


def pair(worker: str, supervisor: str) -> Pair:
    """The two requests of one workflow, by the keys of the two people."""
    return partial(_submit_and_approve, worker, supervisor)


@contextmanager
def running(system: System, folder: Path) -> Iterator[Dbos]:
    """The service from its installation to its orderly end, with people. Raises PeerMissing."""
    programs = installed(PEER)
    folder.mkdir()
    database = database_of_its_own(system.settings, DATABASE)
    variables = _variables(database, folder)
    people = folder / "people.json"
    set_up([programs / "python", "-m", f"{APPLICATION}.found", people, *PEOPLE], folder / "set-up.log", variables)
    port = free_port()
    server = serving(_uvicorn(programs, port), port, folder / "server.log", variables)
    with server as origin, psycopg.connect(dsn(database), autocommit=True) as session:
        yield Dbos(origin, session, Staff.written_in(people), count())


async def _submit_and_approve(worker: str, supervisor: str, connection: Connection) -> None:
    submission = await _post(connection, "/submit", WEEK, worker, 201)
    approved = await _post(connection, "/approve", {"id": submission["id"]}, supervisor, 200)
    assert approved["state"] == "approved"


async def _post(
    connection: Connection, path: str, body: Mapping[str, object], key: str, saved: int
) -> Mapping[str, str]:
    answer = await connection.post_json(path, body, {"Authorization": f"Bearer {key}"})
    assert answer.status == saved, f"{path}: {answer.status} {answer.text[:2000]}"
    said: Mapping[str, str] = json.loads(answer.text)
    return said


def _uvicorn(programs: Path, port: int) -> list[str | Path]:
    quiet = ["--no-access-log", "--log-level", "warning"]
    address = ["--host", LOOPBACK, "--port", str(port)]
    return [programs / "python", "-m", "uvicorn", *address, *quiet, f"{APPLICATION}.app:app"]


def _variables(database: URL, folder: Path) -> dict[str, str]:
    url = database.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return environment() | {"HOME": str(folder), "PYTHONPATH": str(PROJECT), "APPROVALS_DATABASE": url}
