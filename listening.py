"""Hearing what commands signal at their commit, on one connection for a whole process.

PostgreSQL keeps no signal for those who are away. So whoever listens is also told of each new connection, and then
looks at everything once.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection, Error, sql

from models.store.signals import CHANNEL

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between two attempts to connect: short at first, for a server that only starts anew."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Signal:
    """What was signalled: that there is something to look at, and for whom."""

    tenant_id: UUID
    what: str
    timesheet_id: UUID | None = None
    people: frozenset[UUID] | None = frozenset()
    """Whom it concerns; None is everybody in the organisation."""
    session: str | None = None
    """The key of a sign-in session, or of a token, that is over."""
    transaction_id: UUID | None = None
    """Which has added to the record."""


@asynccontextmanager
async def listening(
    database_url: str,
    hear: Callable[[Signal], None],
    connected: Callable[[], None],
    lost: Callable[[], None] = lambda: None,
) -> AsyncIterator[None]:
    """For as long as the block runs, `hear` is given every signal, and `connected` is called after each (re)connect.

    `lost` is called when a connection is gone. All are called on the event loop, so they must not wait. The block
    starts at once, connected or not.
    """
    task = asyncio.create_task(_listen_for_ever(database_url, hear, connected, lost), name="listening")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def signal_in(payload: str) -> Signal | None:
    """A payload as a signal; None, and a line in the log, for what is none."""
    try:
        return _signal(json.loads(payload))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("signal not understood", error=type(error).__name__)
        return None


async def _listen_for_ever(
    database_url: str, hear: Callable[[Signal], None], connected: Callable[[], None], lost: Callable[[], None]
) -> None:
    pause = FIRST_PAUSE

    def settled() -> None:
        nonlocal pause
        pause = FIRST_PAUSE
        connected()

    while True:
        try:
            await _listen(database_url, hear, settled)
        except (Error, OSError) as away:
            log.warning("not listening to signals", error=type(away).__name__, again_in=pause)
        except Exception:
            # A fault of whoever hears must not leave everybody else deaf.
            log.exception("a signal was not dealt with")
        lost()
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _listen(database_url: str, hear: Callable[[Signal], None], settled: Callable[[], None]) -> None:
    async with await AsyncConnection.connect(_plain(database_url), autocommit=True, **_SHORT_WAITS) as connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        settled()
        async for notice in connection.notifies():
            if signal := signal_in(notice.payload):
                hear(signal)


# A machine that vanishes closes nothing: without these one would listen to nobody for a quarter of an hour.
_SHORT_WAITS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
    "application_name": "countersign listening",
}


def _plain(database_url: str) -> str:
    """The address as libpq has it, which knows nothing of drivers."""
    return f"postgresql://{database_url.partition('://')[2]}"


def _signal(said: dict[str, Any]) -> Signal:
    sheet, people, transaction = said.get("timesheet"), said.get("people", ()), said.get("transaction")
    return Signal(
        tenant_id=UUID(said["tenant"]),
        what=str(said["what"]),
        timesheet_id=UUID(sheet) if sheet else None,
        people=None if people is None else frozenset(map(UUID, people)),
        session=said.get("session"),
        transaction_id=UUID(transaction) if transaction else None,
    )
