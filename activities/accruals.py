"""Rebuilds of balances, batch by batch: each person in a transaction of their own, which says that they are done."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio import activity

from activities.failures import failures_translated, passing
from activities.names import BEGIN_REBUILD, FINISH_REBUILD, REBUILD_BATCH
from models.database import command_transaction
from models.messages import RebuildBatch, RebuildKey, RebuildPlan
from models.store.rebuilds import (
    Turn,
    begin_rebuild,
    finish_rebuild,
    is_running,
    put_aside,
    rebuild_person,
    take_person,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class AccrualActivities:
    """What the workflow of a rebuild has done on the database. `engine` is the application's."""

    engine: Engine

    @activity.defn(name=BEGIN_REBUILD, no_thread_cancel_exception=True)
    def begin_rebuild(self, key: RebuildKey) -> RebuildPlan:
        """Say that the rebuild is under way, and how it is cut up."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            return begin_rebuild(session, key.rebuild_id)

    @activity.defn(name=REBUILD_BATCH, no_thread_cancel_exception=True)
    def rebuild_batch(self, batch: RebuildBatch) -> bool:
        """Rebuild whoever is left of a batch; whether the rebuild goes on after it.

        A worker that is told to stop, or was given up, leaves the rest to another one.
        """
        with failures_translated():
            began = monotonic()
            while turn := self.rebuild_next(batch):
                activity.heartbeat()
                if activity.is_worker_shutdown() or activity.is_cancelled():
                    raise passing("Another worker goes on.")
                _keep_to(turn.people_per_second, monotonic() - began)
                began = monotonic()
            with command_transaction(self.engine, batch.key.tenant_id) as session:
                return is_running(session, batch.key.rebuild_id)

    @activity.defn(name=FINISH_REBUILD, no_thread_cancel_exception=True)
    def finish_rebuild(self, key: RebuildKey) -> bool:
        """Say that everybody was rebuilt, if so; whether the rebuild is over."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            return finish_rebuild(session, key.rebuild_id)

    def rebuild_next(self, batch: RebuildBatch) -> Turn | None:
        """Rebuild the next person of a batch; None when nobody is left, or the rebuild was cancelled.

        A fault that passes is raised. Whoever cannot be computed is put aside: they must not keep the others waiting.
        """
        key, turn = batch.key, None
        try:
            with command_transaction(self.engine, key.tenant_id) as session:
                turn = take_person(session, key.rebuild_id, batch.number)
                if turn:
                    rebuild_person(session, key.tenant_id, key.rebuild_id, batch.number, turn)
        except Exception as error:
            if turn is None or _passes(error):
                raise
            log.error("balances not computed", person_id=str(turn.person_id), exc_info=error)
            # Only its class is told: its words can hold names and times worked.
            why = f"could not be computed ({type(error).__name__})"
            with command_transaction(self.engine, key.tenant_id) as session:
                put_aside(session, key.rebuild_id, batch.number, turn.person_id, why)
        return turn


def _passes(error: Exception) -> bool:
    """Whether it is for the database to get over, and not for somebody to put right what is recorded."""
    return isinstance(error, (DBAPIError, PoolTimeout)) and not isinstance(error, (DataError, IntegrityError))


def _keep_to(people_per_second: int | None, took_seconds: float) -> None:
    """Wait as long as a limit wants after somebody who took so long; less when the worker is told to stop."""
    if people_per_second:
        activity.wait_for_worker_shutdown_sync(timedelta(seconds=max(0.0, 1 / people_per_second - took_seconds)))
