"""Connections and transactions: the only place that commits, and that says whose rows may be seen.

A read session and a command transaction are different types, so a page cannot write by mistake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    SQLColumnExpression,
    String,
    cast,
    create_engine,
    event,
    func,
    make_url,
    text,
)
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_WAIT = "5s"
"""How long a statement waits for a row that another transaction holds."""

_ABANDONED = "idle_in_transaction_session_timeout=60s"
"""Whoever is gone in the middle of a transaction holds nobody up for longer."""

FRESH_SECONDS = 0.05
"""A connection that was used so lately is not asked first whether it still stands."""

UNAVAILABLE = (OperationalError, PoolTimeout)
"""What a database that is away, or a pool that is exhausted, looks like."""

_SET_TENANT = text("SELECT set_config('countersign.tenant', :tenant, true)")
_SET_CREDENTIAL = text("SELECT set_config('countersign.credential', :key, true)")


class ReadSession(Session):
    """Reads of one page; never commits."""


class WriteSession(Session):
    """The transaction of one command; `command_transaction` commits it."""


@lru_cache(maxsize=4)
def engine_for(url: str, pool_size: int = 10) -> Engine:
    """The process's engine for `url`: bounded pool, short waits, dead connections replaced.

    `url` is a `postgresql://` URL of the application's role.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        hide_parameters=True,  # what people typed is nothing for logs
        connect_args={
            "connect_timeout": 3,
            # A machine that vanishes closes nothing: without these one would wait for it for a quarter of an hour.
            "tcp_user_timeout": 5_000,
            "keepalives_idle": 5,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "options": f"-c lock_timeout={LOCK_WAIT} -c statement_timeout=10s -c {_ABANDONED}",
        },
    )
    event.listen(engine, "checkin", _note_when)
    event.listen(engine, "checkout", _require_alive)
    return engine


@contextmanager
def read_session(engine: Engine, tenant_id: UUID) -> Iterator[ReadSession]:
    """A consistent view of one tenant's rows; the database lets nothing be written in it."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(_SET_TENANT, {"tenant": str(tenant_id)})
        with ReadSession(bind=connection, autoflush=False) as session:
            yield session
        # A connection forgets its prepared statements when it is rolled back, and plans each of them anew.
        connection.commit()


@contextmanager
def command_transaction(engine: Engine, tenant_id: UUID) -> Iterator[WriteSession]:
    """One transaction on one tenant's rows: committed when the block ends, rolled back when it raises."""
    with engine.begin() as connection, _tenant_session(connection, tenant_id) as session:
        yield session
        session.flush()


@contextmanager
def taken_back(session: WriteSession) -> Iterator[None]:
    """Whatever the block writes is taken back at its end; what was written before stays."""
    attempt = session.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()


@contextmanager
def credential_transaction(engine: Engine, key: str) -> Iterator[WriteSession]:
    """A transaction that sees just the account or session found by `key`, of whichever tenant.

    This is how a sign-in name or a cookie leads to its tenant; `entering` goes on from there.
    """
    with engine.begin() as connection:
        connection.execute(_SET_CREDENTIAL, {"key": key})
        with WriteSession(bind=connection, autoflush=False) as session:
            yield session
            session.flush()


def entering(tenant_id: SQLColumnExpression[UUID]) -> ColumnElement[str]:
    """A column of what a credential leads to: once it is found the transaction sees the rows of its tenant."""
    return func.set_config("countersign.tenant", cast(tenant_id, String), True)


def _note_when(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _require_alive(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
    """A database that was restarted has closed connections that nobody has used since: those are replaced."""
    if monotonic() - record.info.get("used", monotonic()) < FRESH_SECONDS:
        return
    try:
        # Outside a transaction: after a rollback the connection would prepare all of its statements anew.
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
    except psycopg.Error as error:
        raise DisconnectionError from error


@contextmanager
def _tenant_session(connection: Connection, tenant_id: UUID) -> Iterator[WriteSession]:
    connection.execute(_SET_TENANT, {"tenant": str(tenant_id)})
    with WriteSession(bind=connection, autoflush=False) as session:
        yield session
