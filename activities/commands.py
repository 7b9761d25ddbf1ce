"""A command of a timesheet, carried out: one activity, one transaction, exactly once.

Load, check, apply the rule, write everything it says, return what the workflow needs to know.
"""

from dataclasses import dataclass
from uuid import uuid5

from sqlalchemy import Engine, func, select
from temporalio import activity

from activities.act import Act, Rule
from activities.certifying import reopen, submit
from activities.deciding import decide, lock, unlock
from activities.entries import amend, record, remove
from activities.failures import failures_translated, passing
from activities.names import APPLY_COMMAND, LOAD_SHEET, LOCK_ON_SCHEDULE
from models.authority import require_allowed, require_state
from models.commands import Asked, Move
from models.database import WriteSession, command_transaction
from models.errors import NotFound, Withdrawn
from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot
from models.rules.periods import period_of, timesheet_id
from models.rules.statements import about_timesheet, sheet_activity_id
from models.rules.transitions import CommandKind, State
from models.store import commands
from models.store.ledger import announce, state
from models.store.people import load_circle
from models.store.sheets import lock_sheet, open_sheet, snapshot_of
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet

RULES: dict[CommandKind, Rule] = {
    CommandKind.RECORD: record,
    CommandKind.AMEND: amend,
    CommandKind.REMOVE: remove,
    CommandKind.SUBMIT: submit,
    CommandKind.RECALL: reopen,
    CommandKind.REVISE: reopen,
    CommandKind.APPROVE: decide,
    CommandKind.REJECT: decide,
    CommandKind.LOCK: lock,
    CommandKind.UNLOCK: unlock,
}


@dataclass(frozen=True)
class SheetActivities:
    """What the workflow of a timesheet has done on the database. `engine` is the application's."""

    engine: Engine

    # No thread is interrupted between two statements: a command ends by committing or by failing.
    @activity.defn(name=LOAD_SHEET, no_thread_cancel_exception=True)
    def load_sheet(self, key: SheetKey) -> SheetSnapshot:
        """The timesheet as committed, after any command that is just being written."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            return snapshot_of(lock_sheet(session, key.timesheet_id))

    @activity.defn(name=APPLY_COMMAND, no_thread_cancel_exception=True)
    def apply_command(self, ref: CommandRef) -> CommandOutcome:
        """Carry a command out; the stored outcome if that was done before.

        Refusals are final; a fault of the database may be tried again.
        """
        with failures_translated(), command_transaction(self.engine, ref.key.tenant_id) as session:
            sheet = lock_sheet(session, ref.key.timesheet_id)
            known = commands.find(session, ref)
            if known.outcome is not None:
                return known.outcome
            if known.withdrawn:
                raise Withdrawn("Nothing was saved: the request was given up before it could be carried out.")
            return _carry_out(session, known.asked, sheet)

    @activity.defn(name=LOCK_ON_SCHEDULE, no_thread_cancel_exception=True)
    def lock_on_schedule(self, key: SheetKey) -> SheetSnapshot:
        """Lock an approved timesheet whose time has come; changes nothing when it is no longer due."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            sheet = lock_sheet(session, key.timesheet_id)
            if sheet is None or not _lock_is_due(session, sheet):
                return snapshot_of(sheet)
            asked = _asked_by_schedule(key, sheet)
            commands.note(session, asked)
            return _carry_out(session, asked, sheet).snapshot


def _carry_out(session: WriteSession, asked: Asked, sheet: Timesheet | None) -> CommandOutcome:
    if asked.key.timesheet_id != timesheet_id(asked.key.tenant_id, asked.owner_id, asked.period_start):
        raise NotFound("There is no such timesheet.")
    circle = load_circle(session, asked.owner_id, asked.actor_id, asked.on_behalf_of_id)
    capacity = require_allowed(asked, circle)
    policy = session.get_one(TenantPolicy, asked.key.tenant_id)
    opened = sheet is None
    sheet = sheet or _open(session, asked, policy)
    require_state(asked, State(sheet.state))
    now = session.scalars(select(func.now())).one()
    act = Act(session, asked, circle, capacity, policy, sheet, now)
    if opened:
        activity_id = sheet_activity_id(sheet.id, 1)
        act.statements += about_timesheet(activity_id, *act.period_instants, act.owner.agent)
        act.announce("timesheet.opened", sheet.id)
    RULES[asked.kind](act)
    return _finish(act)


def _open(session: WriteSession, asked: Asked, policy: TenantPolicy) -> Timesheet:
    period = period_of(asked.period_start, policy.week_starts_on)
    if period.start != asked.period_start:
        raise NotFound("No timesheet begins on this day.")
    if not open_sheet(session, asked.key.tenant_id, asked.key.timesheet_id, asked.owner_id, period):
        # Perhaps by another attempt of this very command: only a fresh look can tell what came of it.
        raise passing("The timesheet was opened just now by another transaction.")
    return session.get_one(Timesheet, asked.key.timesheet_id)


def _finish(act: Act) -> CommandOutcome:
    """Write what the command says, and its outcome last."""
    act.session.flush()
    tenant_id, command_id = act.asked.key.tenant_id, act.asked.id
    state(act.session, tenant_id, command_id, act.asked.actor_id, act.statements)
    for type_, subject, data in act.events:
        announce(act.session, tenant_id, command_id, type_, subject, data)
    outcome = CommandOutcome(command_id, act.asked.kind, snapshot_of(act.sheet), act.entry_id, act.entry_version)
    commands.complete(act.session, outcome)
    return outcome


def _lock_is_due(session: WriteSession, sheet: Timesheet) -> bool:
    if sheet.state != State.APPROVED or sheet.lock_at is None:
        return False
    return bool(session.scalar(select(sheet.lock_at <= func.now())))


def _asked_by_schedule(key: SheetKey, sheet: Timesheet) -> Asked:
    assert sheet.lock_at is not None
    return Asked(
        id=uuid5(sheet.id, f"lock/{sheet.revision}/{sheet.lock_at.isoformat()}"),
        kind=CommandKind.LOCK,
        key=key,
        owner_id=sheet.owner_id,
        period_start=sheet.period_start,
        actor_id=None,
        body=Move(),
        reason="The time for corrections is over.",
    )
