"""Commands carried out at once, without Temporal around them, and the week that most tests are about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, inspect, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.accruals import AccrualActivities
from activities.commands import SheetActivities
from activities.failures import PASSING, refused_by
from models.commands import Asked, ScheduleAction
from models.database import command_transaction, read_session
from models.errors import DomainError
from models.messages import CommandOutcome, RebuildBatch, RebuildKey, SheetKey, SheetSnapshot
from models.rules.digest import sheet_digest
from models.rules.periods import Period
from models.rules.transitions import CommandKind, State
from models.store import commands
from models.store.rebuilds import under_way
from models.store.sheets import content_of, live_entries
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Timesheet
from tests.contents import Contents, contents_of
from tests.factories import MONDAY, NEXT_MONDAY, Asking, Organisation, worked

Row = TypeVar("Row")


@dataclass(frozen=True)
class Desk:
    """Asks commands and carries them out at once."""

    engine: Engine
    activities: SheetActivities
    owner_engine: Engine
    """Looks past row-level security."""

    def ask(self, asked: Asked) -> CommandOutcome | None:
        """Only note the command."""
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            return commands.ask(session, asked)

    def apply(self, asked: Asked) -> CommandOutcome:
        """Carry out a command that was asked."""
        return ActivityEnvironment().run(self.activities.apply_command, asked.ref)

    def do(self, asked: Asked) -> CommandOutcome:
        """Ask and carry out, once more after a fault that passes, as a worker does: pages change things meanwhile."""
        self.ask(asked)
        try:
            return self.apply(asked)
        except ApplicationError as fault:
            if fault.type != PASSING:
                raise
            return self.apply(asked)

    def lock_on_schedule(self, key: SheetKey) -> SheetSnapshot:
        """What the workflow does when the time to lock has come."""
        return ActivityEnvironment().run(self.activities.lock_on_schedule, key)

    def act_on_time(self, key: SheetKey) -> SheetSnapshot:
        """What the workflow does when the time to remind or to escalate has come."""
        return ActivityEnvironment().run(self.activities.act_on_time, key)

    def load(self, key: SheetKey) -> SheetSnapshot:
        """What a new run of the workflow reads first."""
        return ActivityEnvironment().run(self.activities.load_sheet, key)

    def refused(self, asked: Asked) -> DomainError:
        """The refusal of a command, having made sure that it is final and that nothing was saved."""
        self.ask(asked)
        before = self.contents(asked.key.tenant_id)
        with pytest.raises(ApplicationError) as raised:
            self.apply(asked)
        assert raised.value.non_retryable
        assert self.contents(asked.key.tenant_id) == before
        refusal = refused_by(raised.value)
        assert refusal is not None, raised.value
        return refusal

    def withdraw(self, asked: Asked) -> CommandOutcome | None:
        """Tell the asker that nothing was saved, and see to it that it stays true."""
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            return commands.withdraw(session, asked.id)

    def digest(self, key: SheetKey) -> str:
        """The digest of what is on the timesheet now."""
        with command_transaction(self.engine, key.tenant_id) as session:
            sheet = session.get_one(Timesheet, key.timesheet_id)
            entries = live_entries(session, sheet.id)
            period = Period(sheet.period_start, sheet.period_end)
            return sheet_digest(content_of(sheet.owner_id, period, entries))

    def live(self, key: SheetKey) -> list[TimeEntry]:
        """The entries that count, by start."""
        with command_transaction(self.engine, key.tenant_id) as session:
            entries = live_entries(session, key.timesheet_id)
            session.expunge_all()
            return entries

    def rows(self, tenant_id: UUID, table: type[Row]) -> list[Row]:
        """Every row of a table that the tenant sees, in the order in which they were written."""
        with command_transaction(self.engine, tenant_id) as session:
            found = list(session.scalars(select(table).order_by(*as_written(table))))
            session.expunge_all()
            return found

    def contents(self, tenant_id: UUID) -> Contents:
        """Everything the database holds of a tenant, to compare one moment with another."""
        return contents_of(self.owner_engine, tenant_id)


@dataclass(frozen=True)
class Life:
    """Duane's week, brought as far as a test needs it."""

    desk: Desk
    org: Organisation

    @property
    def key(self) -> SheetKey:
        return self.org.key(self.org.duane)

    @property
    def duane(self) -> Asking:
        """Duane on his own week."""
        return Asking(self.org, self.org.duane, self.org.duane)

    @property
    def roland(self) -> Asking:
        """Duane's supervisor on Duane's week."""
        return Asking(self.org, self.org.duane, self.org.roland)

    @property
    def suzanne(self) -> Asking:
        """The administrator on Duane's week, in her own right."""
        return Asking(self.org, self.org.duane, self.org.suzanne)

    def suzanne_for(self, responsible: UUID, reason: str | None = "He is away.") -> Asking:
        """The administrator on Duane's week, on somebody's behalf."""
        return Asking(self.org, self.org.duane, self.org.suzanne, on_behalf_of=responsible, reason=reason)

    @property
    def next_week(self) -> Asking:
        """Duane on the week after."""
        return Asking(self.org, self.org.duane, self.org.duane, NEXT_MONDAY)

    @property
    def next_key(self) -> SheetKey:
        """The week after."""
        return self.org.key(self.org.duane, NEXT_MONDAY)

    def because(self, asking: Asking, reason: str) -> Asking:
        """The same person with a reason."""
        return Asking(asking.org, asking.owner, asking.actor, asking.day, asking.on_behalf_of, reason)

    def record(self, start: str = "09:00", end: str | None = "17:00") -> CommandOutcome:
        """Duane records a shift on the Monday."""
        return self.desk.do(self.duane.record(worked(start, end)))

    def tell_the_story(self) -> None:
        """Rejected for the wrong day, revised, approved, revised once more, approved on Roland's behalf."""
        dogs = self.org.projects["proj-533"]
        washing = worked("10:08", "10:28", project_id=dogs, task="washing dog")
        recorded = self.desk.do(self.duane.record(washing))
        assert recorded.entry_id
        self.submit()
        self.reject("Wrong day.")
        self.revise("Misremembered which day.")
        explained = self.because(self.duane, "Misremembered which day.")
        longer = worked("10:08", "10:29", project_id=dogs, task="washing dog")
        self.desk.do(explained.amend(recorded.entry_id, 1, longer))
        self.submit()
        self.approve()
        self.revise("And the minute.")
        self.submit()
        suzanne = self.suzanne_for(self.org.roland, "Roland is away.")
        self.desk.do(suzanne.approve(self.desk.digest(self.key)))

    def plan(self, start: str = "09:00", end: str = "17:00", day: date = MONDAY, **fields: object) -> UUID:
        """Suzanne passes on what the scheduler planned for Duane; the id of the planned entry."""
        entry_id = uuid4()
        asking = Asking(self.org, self.org.duane, self.org.suzanne, day)
        self.desk.do(asking.schedule(entry_id, worked(start, end, day, **fields)))  # type: ignore[arg-type]
        return entry_id

    def take_back(self, entry_id: UUID, version: int) -> Asked:
        """The scheduler deletes what it planned for Duane's Monday."""
        return self.suzanne.schedule(entry_id, worked("09:00", "17:00"), version, ScheduleAction.DELETE)

    def entry(self, entry_id: UUID) -> TimeEntry:
        """An entry as it is now, removed or planned ones too."""
        (found,) = [entry for entry in self.desk.rows(self.org.tenant_id, TimeEntry) if entry.id == entry_id]
        return found

    def submit(self) -> CommandOutcome:
        """Duane submits what is there."""
        return self.desk.do(self.duane.submit(self.desk.digest(self.key)))

    def approve(self) -> CommandOutcome:
        """Roland approves."""
        return self.desk.do(self.roland.approve(self.desk.digest(self.key)))

    def reject(self, reason: str = "Wrong day.") -> CommandOutcome:
        """Roland rejects."""
        return self.desk.do(self.because(self.roland, reason).reject(self.desk.digest(self.key)))

    def revise(self, reason: str = "Misremembered which day.") -> CommandOutcome:
        """Duane revises."""
        return self.desk.do(self.because(self.duane, reason).move(CommandKind.REVISE))

    def bring_to(self, state: State) -> CommandOutcome:
        """The first entry and whatever it takes from there; the outcome of that first entry."""
        recorded = self.record()
        ways: dict[State, tuple[Callable[[], CommandOutcome], ...]] = {
            State.DRAFT: (),
            State.SUBMITTED: (self.submit,),
            State.APPROVED: (self.submit, self.approve),
            State.REJECTED: (self.submit, self.reject),
            State.LOCKED: (self.submit, self.approve, self._lock),
        }
        for step in ways[state]:
            step()
        assert self.state is state
        return recorded

    @property
    def state(self) -> State:
        """Where Duane's week stands."""
        return self.desk.load(self.key).state

    def _lock(self) -> CommandOutcome:
        return self.desk.do(self.because(self.suzanne, "Payroll has run.").move(CommandKind.LOCK))


_WRITTEN = ("sequence", "recorded_at", "asked_at", "created_at", "received_at", "changed_at", "occurred_at")


def as_written(table: type[Any]) -> list[Any]:
    """What orders the rows of a table as they were written, as far as they say so: a database keeps no order."""
    columns = inspect(table).columns
    return [*(columns[name] for name in _WRITTEN if name in columns), *inspect(table).primary_key]


def carry_out_rebuilds(engine: Engine, tenant_id: UUID) -> int:
    """Every rebuild that waits, as the workflow has it carried out; how many there were."""
    accruals = AccrualActivities(engine)
    with read_session(engine, tenant_id) as session:
        waiting = [RebuildKey(tenant_id, id_) for id_ in under_way(session)]
    for key in waiting:
        for number in range(accruals.begin_rebuild(key).batches):
            while accruals.rebuild_next(RebuildBatch(key, number)):
                pass
        accruals.finish_rebuild(key)
    return len(waiting)
