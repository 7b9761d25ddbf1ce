"""django-viewflow with a flow of two forms, served as Django is in production, on the server of the measurements."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path

import psycopg
from sqlalchemy import URL

from bench.approving import Pair
from bench.browser import Connection, Visitor
from bench.peers.environment import installed, locked_version
from bench.peers.serving import database_of_its_own, dsn, gunicorn, serving, set_up
from bench.peers.staff import PEOPLE, Staff
from bench.system import PROJECT, System, environment
from embedded import free_port

PEER = "viewflow"
NAME = "django-viewflow"
DATABASE = "viewflow_approvals"
APPLICATION = "bench.peers.viewflow_app"
SAVED = 302
WEEK = {"week": "2026-04-06", "minutes": "450", "digest": "0" * 64}
TOKEN = secrets.token_hex(16)
"""Of the forms: Django compares it with the cookie."""

APPROVED = "SELECT count(*) FROM viewflow_process WHERE status = 'DONE' AND (data ->> 'approved')::boolean"


def versions() -> str:
    """What is measured."""
    return ", ".join(f"{name} {locked_version(PEER, name)}" for name in (NAME, "django", "gunicorn"))


@dataclass(frozen=True)
class Viewflow:
    """A running project in which people can certify and decide."""

    origin: str
    database: psycopg.Connection
    """Kept open, since the processor time of a session is lost with it."""
    staff: Staff
    _numbers: Iterator[int]

    async def prepare(self, count: int) -> Sequence[Pair]:
        """As many forms of weeks; nothing has to be there beforehand."""
        return [pair(*self.staff.pair(number)) for number in islice(self._numbers, count)]

    def approved(self) -> int:
        """How many flows have ended with an approval."""
        (count,) = self.database.execute(APPROVED).fetchone() or (0,)
        return int(count)


def pair(worker: str, supervisor: str) -> Pair:
    """The two forms of one flow, by the sessions of the two people."""
    return partial(_certify_and_decide, _visitor(worker), _visitor(supervisor))


@contextmanager
def running(system: System, folder: Path) -> Iterator[Viewflow]:
    """The project from its installation to its orderly end, with people. Raises PeerMissing."""
    programs = installed(PEER)
    folder.mkdir()
    database = database_of_its_own(system.settings, DATABASE)
    variables = _variables(database, folder)
    people = folder / "people.json"
    set_up([programs / "python", "-m", f"{APPLICATION}.found", people, *PEOPLE], folder / "set-up.log", variables)
    port = free_port()
    command = gunicorn(programs, "django.core.wsgi:get_wsgi_application()", port)
    server = serving(command, port, folder / "server.log", variables)
    with server as origin, psycopg.connect(dsn(database), autocommit=True) as session:
        yield Viewflow(origin, session, Staff.written_in(people), count())


async def _certify_and_decide(worker: Visitor, supervisor: Visitor, connection: Connection) -> None:
    token = {"csrfmiddlewaretoken": TOKEN}
    answer = await connection.post("/approvals/certify/", worker, WEEK | token)
    assert answer.status == SAVED, f"not certified: {answer.status} {answer.text[:2000]}"
    answer = await connection.post(answer.header("location"), supervisor, {"approved": "on"} | token)
    assert answer.status == SAVED, f"not decided: {answer.status} {answer.text[:2000]}"


def _visitor(session: str) -> Visitor:
    return Visitor({"sessionid": session, "csrftoken": TOKEN})


def _variables(database: URL, folder: Path) -> dict[str, str]:
    return environment() | {
        "HOME": str(folder),
        "PYTHONPATH": str(PROJECT),
        "DJANGO_SETTINGS_MODULE": f"{APPLICATION}.settings",
        "APPROVALS_SECRET": secrets.token_urlsafe(50),
        "APPROVALS_HOST": str(database.query["host"]),
        "APPROVALS_DATABASE": DATABASE,
    }
