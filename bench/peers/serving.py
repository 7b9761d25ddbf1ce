"""What other programs need to run here: a database of their own, something that fills it, and a server."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from embedded import LOOPBACK, SUPERUSER, listens
from processes import end, spawn, tail, wait_until
from settings import Settings

SET_UP_SECONDS = 300.0
START_SECONDS = 60.0
STOP_SECONDS = 30.0

WORKERS = 1 + 2 * (os.cpu_count() or 1)
"""As gunicorn's documentation recommends."""

THREADS = 4


def database_of_its_own(settings: Settings, name: str) -> URL:
    """A role and a database of that name, beside ours on the same server."""
    assert settings.database_owner_url is not None
    admin = make_url(settings.database_owner_url).set(username=SUPERUSER, database="postgres")
    role = sql.Identifier(name)
    with psycopg.connect(dsn(admin), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(role, role))
    return admin.set(username=name, database=name)


def dsn(url: URL) -> str:
    """The address as psycopg wants it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def set_up(command: Sequence[str | Path], log: Path, variables: Mapping[str, str]) -> None:
    """Run a program that makes the tables, to its end."""
    process = spawn(command, log=log, env=variables)
    try:
        ended = wait_until(lambda: process.poll() is not None, seconds=SET_UP_SECONDS)
        if not ended or process.returncode != 0:
            raise SystemExit(f"{log.parent.name} could not make its database:\n{tail(log, 30)}")
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


@contextmanager
def serving(command: Sequence[str | Path], port: int, log: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """A server from its start to its orderly end; where it listens."""
    process = spawn(command, log=log, env=variables)
    try:
        listening = wait_until(lambda: process.poll() is not None or listens(process.pid, port), seconds=START_SECONDS)
        if not listening or process.poll() is not None:
            raise SystemExit(f"{log.parent.name} did not start:\n{tail(log, 30)}")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


def gunicorn(programs: Path, application: str, port: int) -> list[str | Path]:
    """The command that serves a WSGI application as in production: connections stay open, threads share a process."""
    size = ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    return [programs / "python", "-m", "gunicorn", "--bind", f"{LOOPBACK}:{port}", *size, application]
