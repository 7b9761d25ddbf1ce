"""Bulk decisions, some rows at a time: each row is given to its timesheet's own workflow like anybody's command."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.failures import failures_translated, passing
from activities.names import DECIDE_ROWS
from models.commands import Asked
from models.database import UNAVAILABLE, command_transaction, read_session
from models.errors import DomainError, NotFound, Unavailable, Withdrawn
from models.messages import BulkKey, CommandOutcome
from models.reads.viewer import Onlooker
from models.store.bulk import (
    RowOutcome,
    Stopped,
    Told,
    Turn,
    asked_in,
    done,
    give_up,
    next_turns,
    note_outcome,
    settle_bulk,
)
from models.tables.timesheet import Timesheet

ROWS = 50
"""Rows of one attempt: then another bulk decision has its turn."""

AT_ONCE = 8
"""Rows that are decided on at the same time."""

TRIES = 5
"""How often a row is tried while parts of the system are away; then that is its outcome."""

BEAT_SECONDS = 2.0

Give = Callable[[Onlooker, Callable[[Session], Asked]], Awaitable[CommandOutcome]]
"""The way in for commands. Every refusal is a `DomainError`."""

log = structlog.get_logger()


@dataclass(frozen=True)
class BulkActivities:
    """What the workflow of a bulk decision has done. `engine` is the application's."""

    engine: Engine
    give: Give
    at_once: int = AT_ONCE

    @activity.defn(name=DECIDE_ROWS)
    async def decide_rows(self, key: BulkKey) -> bool:
        """Decide on the next rows; whether there may be more of them.

        A worker that is told to stop leaves the rest to another one.
        """
        with failures_translated():
            turns = await asyncio.to_thread(self._next, key)
            if not turns:
                return not await asyncio.to_thread(self._settle, key)
            async with _beating():
                left = await self._decide_all(turns)
            if left:
                raise passing("Some timesheets could not be decided on now.")
            return True

    async def _decide_all(self, turns: list[Turn]) -> int:
        """Several at a time; how many are to be tried again."""
        waiting, left = iter(turns), 0

        async def work(waiting: Iterator[Turn]) -> None:
            nonlocal left
            for turn in waiting:
                if activity.is_worker_shutdown() or not await self._decide(turn):
                    left += 1

        await asyncio.gather(*(work(waiting) for _ in range(min(self.at_once, len(turns)))))
        return left

    async def _decide(self, turn: Turn) -> bool:
        """Have one row decided on, and write down what came of it; False when it has to be tried again."""
        try:
            told = await self._give(turn)
            if told is None and activity.info().attempt < TRIES:
                return False
            await asyncio.to_thread(self._note, turn, told)
        except Stopped:
            return True
        except UNAVAILABLE:
            return False
        return True

    async def _give(self, turn: Turn) -> Told | None:
        """What came of a row; None when it cannot be told now. Raises `Stopped`."""
        onlooker = Onlooker(turn.tenant_id, turn.asked_by_id, turn.verdict.on_behalf_of_id)
        try:
            return done(await self.give(onlooker, lambda session: asked_in(session, turn)))
        except (Stopped, *UNAVAILABLE):
            raise
        except (Unavailable, Withdrawn):
            return None
        except DomainError as refused:
            return await asyncio.to_thread(self._refused, turn, refused)
        except Exception as fault:
            log.error("row of a bulk decision failed", exc_info=fault)
            return None

    def _next(self, key: BulkKey) -> list[Turn]:
        with read_session(self.engine, key.tenant_id) as session:
            return next_turns(session, key.bulk_id, ROWS)

    def _settle(self, key: BulkKey) -> bool:
        with command_transaction(self.engine, key.tenant_id) as session:
            return settle_bulk(session, key.bulk_id)

    def _note(self, turn: Turn, told: Told | None) -> None:
        """Write down what came of a row. What could not be told so often is made sure of."""
        with command_transaction(self.engine, turn.tenant_id) as session:
            note_outcome(session, turn.bulk_id, turn.number, told or give_up(session, turn))

    def _refused(self, turn: Turn, refused: DomainError) -> Told:
        """Of what the asker may not see nothing is told but that."""
        if isinstance(refused, NotFound):
            return Told(RowOutcome.REFUSED, None, refused.code, "There is no such timesheet, or you may not see it.")
        with read_session(self.engine, turn.tenant_id) as session:
            state = session.scalar(select(Timesheet.state).where(Timesheet.id == turn.timesheet_id))
        return Told(RowOutcome.REFUSED, state, refused.code, refused.message)


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Say again and again that this worker lives."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
