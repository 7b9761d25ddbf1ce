"""The check of every night: who decided on whose time."""

from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated
from activities.names import CHECK_DUTIES
from models.database import command_transaction
from models.messages import PeriodsBatch, PeriodsDone
from models.store.duties import nightly_check, run_check


@dataclass(frozen=True)
class DutyActivities:
    """What the workflow of periods has checked on the database. `engine` is the application's."""

    engine: Engine

    @activity.defn(name=CHECK_DUTIES, no_thread_cancel_exception=True)
    def check_duties(self, batch: PeriodsBatch) -> PeriodsDone:
        """Look over the decisions of the last weeks, once a night however often it is tried."""
        with failures_translated(), command_transaction(self.engine, batch.tenant_id) as session:
            run_check(session, nightly_check(session, batch.tenant_id))
            return PeriodsDone((), None)
