"""Opening the timesheets of the period that has come, and reckoning deadlines anew after the rules were changed."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine
from temporalio import activity

from activities.commands import act_of_time, tell_opened, write_down
from activities.failures import failures_translated
from activities.names import OPEN_PERIODS, RECKON_DEADLINES
from models.database import WriteSession, command_transaction, read_session
from models.messages import PeriodsBatch, PeriodsDone, SheetKey
from models.rules.periods import timesheet_id
from models.store.accruals import lock_balances
from models.store.periods import NOBODY, Owing, owing, reckon_anew
from models.store.sheets import open_sheet
from models.tables.timesheet import Timesheet


@dataclass(frozen=True)
class PeriodActivities:
    """What the workflow of periods has done on the database. `engine` is the application's."""

    engine: Engine

    @activity.defn(name=OPEN_PERIODS, no_thread_cancel_exception=True)
    def open_periods(self, batch: PeriodsBatch) -> PeriodsDone:
        """Open the timesheet of the present period for those of the next people who owe one.

        Each in a transaction of its own: done again, it opens what is left. An attempt that died cannot say what it
        has opened, so the next one names everything that is open.
        """
        with failures_translated():
            with read_session(self.engine, batch.tenant_id) as session:
                found = owing(session, batch.tenant_id, batch.after or NOBODY)
            opened = set(found.opened) if activity.info().attempt > 1 else set()
            for each in found.found:
                if id_ := self._open(batch.tenant_id, each):
                    opened.add(id_)
                activity.heartbeat()
            return PeriodsDone(tuple(sorted(opened)), found.goes_on_after)

    @activity.defn(name=RECKON_DEADLINES, no_thread_cancel_exception=True)
    def reckon_deadlines(self, batch: PeriodsBatch) -> PeriodsDone:
        """Reckon the deadlines of the next open timesheets by the rules of now."""
        with failures_translated(), command_transaction(self.engine, batch.tenant_id) as session:
            sooner, goes_on_after = reckon_anew(session, batch.tenant_id, batch.after or NOBODY)
            return PeriodsDone(tuple(sooner), goes_on_after)

    def _open(self, tenant_id: UUID, owes: Owing) -> UUID | None:
        with command_transaction(self.engine, tenant_id) as session:
            return _open_for(session, tenant_id, owes)


def _open_for(session: WriteSession, tenant_id: UUID, owes: Owing) -> UUID | None:
    """The id of the timesheet; None when somebody opened it meanwhile."""
    id_ = timesheet_id(tenant_id, owes.person_id, owes.period.start)
    lock_balances(session, owes.person_id)
    if not open_sheet(session, tenant_id, id_, owes.person_id, owes.period):
        return None
    act = act_of_time(session, SheetKey(tenant_id, id_), session.get_one(Timesheet, id_))
    tell_opened(act, act.sheet)
    write_down(act)
    return id_
