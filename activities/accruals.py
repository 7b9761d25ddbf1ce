"""Rebuilds of balances, batch by batch: each person in a transaction of their own, which says that they are done."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated, passing
from activities.names import BEGIN_REBUILD, FINISH_REBUILD, REBUILD_BATCH
from models.database import command_transaction
from models.messages import RebuildBatch, RebuildKey, RebuildPlan
from models.store.rebuilds import Turn, begin_rebuild, finish_rebuild, is_running, rebuild_person, take_person


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

        A worker that is told to stop leaves the rest to another one.
        """
        with failures_translated():
            began = monotonic()
            while turn := self.rebuild_next(batch):
                activity.heartbeat()
                if activity.is_worker_shutdown():
                    raise passing("The worker stops.")
                _keep_to(turn.people_per_second, monotonic() - began)
                began = monotonic()
            with command_transaction(self.engine, batch.key.tenant_id) as session:
                return is_running(session, batch.key.rebuild_id)

    @activity.defn(name=FINISH_REBUILD, no_thread_cancel_exception=True)
    def finish_rebuild(self, key: RebuildKey) -> None:
        """Say that everybody was rebuilt."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            finish_rebuild(session, key.rebuild_id)

    def rebuild_next(self, batch: RebuildBatch) -> Turn | None:
        """Rebuild the next person of a batch; None when nobody is left, or the rebuild was cancelled."""
        key = batch.key
        with command_transaction(self.engine, key.tenant_id) as session:
            turn = take_person(session, key.rebuild_id, batch.number)
            if turn:
                rebuild_person(session, key.tenant_id, key.rebuild_id, batch.number, turn)
            return turn


def _keep_to(people_per_second: int | None, took_seconds: float) -> None:
    """Wait as long as a limit wants after somebody who took so long; less when the worker is told to stop."""
    if people_per_second:
        activity.wait_for_worker_shutdown_sync(timedelta(seconds=max(0.0, 1 / people_per_second - took_seconds)))
