"""Tryton with its timesheets, served as its documentation asks for, on the PostgreSQL server of the measurements."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import URL

from bench.browser import Connection
from bench.peers.company import Company, founded
from bench.peers.environment import installed, locked_version
from bench.peers.rpc import Administrator
from bench.peers.serving import database_of_its_own, dsn, gunicorn, serving, set_up
from bench.recording import Post, Workday
from bench.system import System, environment
from embedded import free_port

PEER = "tryton"
DATABASE = "tryton"
SAVED = 200
FOUNDING_SECONDS = 60.0


def versions() -> str:
    """What is measured."""
    return ", ".join(f"{name} {locked_version(PEER, name)}" for name in ("trytond", "trytond-timesheet", "gunicorn"))


@dataclass(frozen=True)
class Tryton:
    """A running Tryton in which people can record."""

    origin: str
    database: psycopg.Connection
    """Kept open, since the processor time of a session is lost with it."""
    company: Company

    def recording(self, day: Workday) -> Post:
        """One timesheet line."""
        return line(self.company, day)

    def recorded(self) -> int:
        """How many lines are in the database."""
        (count,) = self.database.execute("SELECT count(*) FROM timesheet_line").fetchone() or (0,)
        return int(count)


def line(company: Company, day: Workday) -> Post:
    """One timesheet line, by the REST API for user applications."""
    employee = company.employees[day.person]
    values = {
        "company": company.id,
        "employee": employee.id,
        "work": company.work,
        "date": {"__class__": "date", "year": day.date.year, "month": day.date.month, "day": day.date.day},
        "duration": {"__class__": "timedelta", "seconds": day.worked.total_seconds()},
        "description": day.task,
    }
    return Post(f"/{DATABASE}/rest/model/timesheet.line", values, {"Authorization": f"Bearer {employee.key}"}, SAVED)


@contextmanager
def running(system: System, folder: Path, people: int) -> Iterator[Tryton]:
    """Tryton from its installation to its orderly end, with a company of so many people. Raises PeerMissing."""
    programs = installed(PEER)
    folder.mkdir()
    database = database_of_its_own(system.settings, DATABASE)
    password = secrets.token_urlsafe()
    variables = _variables(database, folder)
    _activate(programs, folder, variables, password)
    port = free_port()
    server = serving(gunicorn(programs, "trytond.application:app", port), port, folder / "server.log", variables)
    with server as origin, psycopg.connect(dsn(database), autocommit=True) as session:
        yield Tryton(origin, session, asyncio.run(_found(origin, password, people)))


def _variables(database: URL, folder: Path) -> dict[str, str]:
    """Its settings; it names the database itself when it connects."""
    server = f"postgresql://{database.username}@/?host={quote(str(database.query['host']))}"
    return environment() | {
        "HOME": str(folder),
        "TRYTOND_DATABASE_URI": server,
        "TRYTOND_DATABASE_NAMES": DATABASE,
    }


def _activate(programs: Path, folder: Path, variables: dict[str, str], password: str) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    modules: list[str | Path] = ["--update", "timesheet", "--activate-dependencies"]
    command = [programs / "trytond-admin", "--database", DATABASE, "--email", "bench@example.org", *modules]
    set_up(command, folder / "activation.log", variables | {"TRYTONPASSFILE": str(secret)})


async def _found(origin: str, password: str, people: int) -> Company:
    async with asyncio.timeout(FOUNDING_SECONDS):
        connection = await Connection.open(origin)
        try:
            return await founded(await Administrator.signed_in(connection, DATABASE, password), people)
        finally:
            await connection.close()
