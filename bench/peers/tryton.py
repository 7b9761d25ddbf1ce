"""Tryton with its timesheets, served as its documentation asks for, on the PostgreSQL server of the measurements."""

import asyncio
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import URL, make_url

from bench.browser import Connection
from bench.peers.company import Company, founded
from bench.peers.environment import installed, locked_version
from bench.peers.rpc import Administrator
from bench.recording import Post, Workday
from bench.system import System, environment
from embedded import LOOPBACK, SUPERUSER, free_port, listens
from processes import end, spawn, tail, wait_until
from settings import Settings

PEER = "tryton"
DATABASE = ROLE = "tryton"
SAVED = 200
ACTIVATION_SECONDS = 300.0
START_SECONDS = 60.0
STOP_SECONDS = 30.0

WORKERS = 1 + 2 * (os.cpu_count() or 1)
"""As gunicorn's documentation recommends."""

THREADS = 4


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
    database = _create_database(system.settings)
    password = secrets.token_urlsafe()
    variables = _variables(database, folder)
    _activate(programs, folder, variables, password)
    with _serving(programs, folder, variables) as origin, psycopg.connect(_dsn(database), autocommit=True) as session:
        yield Tryton(origin, session, asyncio.run(_found(origin, password, people)))


def _create_database(settings: Settings) -> URL:
    """A role and a database of its own, beside ours on the same server."""
    assert settings.database_owner_url is not None
    admin = make_url(settings.database_owner_url).set(username=SUPERUSER, database="postgres")
    with psycopg.connect(_dsn(admin), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE} TEMPLATE template0")
    return admin.set(username=ROLE, database=DATABASE)


def _variables(database: URL, folder: Path) -> dict[str, str]:
    """Its settings; it names the database itself when it connects."""
    server = f"postgresql://{ROLE}@/?host={quote(str(database.query['host']))}"
    return environment() | {
        "HOME": str(folder),
        "TRYTOND_DATABASE_URI": server,
        "TRYTOND_DATABASE_NAMES": DATABASE,
    }


def _activate(programs: Path, folder: Path, variables: dict[str, str], password: str) -> None:
    log, secret = folder / "activation.log", folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    modules: list[str | Path] = ["--update", "timesheet", "--activate-dependencies"]
    command = [programs / "trytond-admin", "--database", DATABASE, "--email", "bench@example.org", *modules]
    process = spawn(command, log=log, env=variables | {"TRYTONPASSFILE": str(secret)})
    try:
        ended = wait_until(lambda: process.poll() is not None, seconds=ACTIVATION_SECONDS)
        if not ended or process.returncode != 0:
            raise SystemExit(f"Tryton could not make its database:\n{tail(log, 30)}")
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


@contextmanager
def _serving(programs: Path, folder: Path, variables: dict[str, str]) -> Iterator[str]:
    port, log = free_port(), folder / "server.log"
    size = ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    gunicorn: list[str | Path] = [programs / "python", "-m", "gunicorn", "--bind", f"{LOOPBACK}:{port}", *size]
    process = spawn([*gunicorn, "trytond.application:app"], log=log, env=variables)
    try:
        listening = wait_until(lambda: process.poll() is not None or listens(process.pid, port), seconds=START_SECONDS)
        if not listening or process.poll() is not None:
            raise SystemExit(f"Tryton did not start:\n{tail(log, 30)}")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


async def _found(origin: str, password: str, people: int) -> Company:
    async with asyncio.timeout(START_SECONDS):
        connection = await Connection.open(origin)
        try:
            return await founded(await Administrator.signed_in(connection, DATABASE, password), people)
        finally:
            await connection.close()


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
