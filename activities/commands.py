"""A command of a timesheet, carried out: one activity, one transaction, exactly once.

Load, check, apply the rule, write everything it says, return what the workflow needs to know.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, bindparam, func, select
from temporalio import activity

from activities.act import Act, Rule
from activities.asking import escalate
from activities.certifying import reopen, submit
from activities.deciding import decide, lock, take_back, unlock
from activities.entries import amend, confirm, record, remove
from activities.failures import failures_translated, passing
from activities.flex import add_flex_change
from activities.names import ACT_ON_TIME, APPLY_COMMAND, LOAD_SHEET, LOCK_ON_SCHEDULE
from activities.notes import add_note
from activities.scheduling import is_old_news, schedule
from activities.timing import asked_by_time, plan_time, remind, seen_to, what_is_due
from models.authority import require_allowed, require_state
from models.commands import Asked, Place
from models.database import WriteSession, command_transaction
from models.errors import DomainError, Invalid, NotFound, Withdrawn
from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot
from models.rules.days import day_bounds, local_date
from models.rules.deadlines import What
from models.rules.notices import NoticeKind
from models.rules.periods import period_of, timesheet_id
from models.rules.statements import about_timesheet, sheet_activity_id
from models.rules.transitions import ENTRY_COMMANDS, OF_THE_APPROVER, RECORDING, CommandKind, State
from models.store import commands
from models.store.accruals import lock_balances
from models.store.delegations import hold_delegations
from models.store.ledger import SaidBy, announce, state
from models.store.notifying import notify
from models.store.people import load_circle, with_approvers
from models.store.sheets import lock_sheet, lock_sheets, open_sheet, snapshot_of
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet


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
            held = _hold(session, ref)
            known = commands.find(session, ref)
            if known.outcome is not None:
                return known.outcome
            if known.withdrawn:
                raise Withdrawn("Nothing was saved: the request was given up before it could be carried out.")
            return carry_out(session, known.asked, held)

    @activity.defn(name=LOCK_ON_SCHEDULE, no_thread_cancel_exception=True)
    def lock_on_schedule(self, key: SheetKey) -> SheetSnapshot:
        """Lock an approved timesheet whose time has come; changes nothing when it is no longer due."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            sheet = lock_sheet(session, key.timesheet_id)
            if sheet is None or not _lock_is_due(session, sheet):
                return snapshot_of(sheet)
            return _by_time(session, key, sheet, CommandKind.LOCK, "The time for corrections is over.")

    @activity.defn(name=ACT_ON_TIME, no_thread_cancel_exception=True)
    def act_on_time(self, key: SheetKey) -> SheetSnapshot:
        """Remind, nudge and escalate as far as it is due; changes nothing when it is not due any more."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            sheet = lock_sheet(session, key.timesheet_id)
            if sheet is None or not _is_due(session, sheet):
                return snapshot_of(sheet)
            act = act_of_time(session, key, sheet)
            for deadline in what_is_due(act):
                if deadline.what is not What.ESCALATE:
                    remind(act, deadline)
                elif load_circle(session, sheet.owner_id).may_escalate(sheet.id):
                    _by_time(session, key, sheet, CommandKind.ESCALATE, "Nobody decided in time.")
            notify(session, key.tenant_id, act.notices)
            seen_to(act_of_time(session, key, sheet))
            return snapshot_of(sheet)


def carry_out(session: WriteSession, asked: Asked, held: dict[UUID, Timesheet]) -> CommandOutcome:
    """One command in a transaction that holds every timesheet which the command touches and that exists.

    What the command opens is added to `held`.
    """
    if asked.key.timesheet_id != timesheet_id(asked.key.tenant_id, asked.owner_id, asked.period_start):
        raise NotFound("There is no such timesheet.")
    if asked.kind in ENTRY_COMMANDS:
        # Held from here on: no other timesheet of this person can put an entry in the way, and their days stay in
        # the zone that is read now.
        lock_balances(session, asked.owner_id)
    circle = load_circle(session, asked.owner_id, asked.actor_id, asked.on_behalf_of_id)
    if asked.kind in OF_THE_APPROVER and asked.actor_id is not None:
        circle = hold_delegations(session, circle, asked.actor_id)
    if asked.kind is CommandKind.TAKE_BACK:
        circle = with_approvers(session, circle, asked.key.timesheet_id)
    capacity = require_allowed(asked, circle)
    if is_old_news(session, asked):
        return _ignored(session, asked, held)
    policy, now = session.execute(_POLICY, {"tenant": asked.key.tenant_id}).one()
    opened = _open_missing(session, asked, policy, held)
    for place in asked.own_places:
        require_state(asked, State(held[place.timesheet_id(asked.key.tenant_id)].state))
    act = Act(session, asked, circle, capacity, policy, held[asked.key.timesheet_id], held, now)
    for sheet in opened:
        tell_opened(act, sheet)
    RULES[asked.kind](act)
    return _finish(act)


def carry_out_together(act: Act) -> None:
    """The commands of a batch, one after the other in this one transaction: all of them or none.

    A refusal says by its data `index` which of them it is about.
    """
    parts = list(act.asked.parts())
    owners = lock_balances(act.session, *{part.owner_id for part in parts})
    for index, part in enumerate(parts):
        try:
            _require_recording(part, owners)
            commands.note(act.session, part)
            carry_out(act.session, part, act.held)
        except DomainError as refused:
            refused.data["index"] = index
            raise


RULES: dict[CommandKind, Rule] = {
    CommandKind.RECORD: record,
    CommandKind.AMEND: amend,
    CommandKind.REMOVE: remove,
    CommandKind.CONFIRM: confirm,
    CommandKind.SCHEDULE: schedule,
    CommandKind.ADD_FLEX_CHANGE: add_flex_change,
    CommandKind.ADD_NOTE: add_note,
    CommandKind.BATCH: carry_out_together,
    CommandKind.SUBMIT: submit,
    CommandKind.RECALL: reopen,
    CommandKind.REVISE: reopen,
    CommandKind.APPROVE: decide,
    CommandKind.REJECT: decide,
    CommandKind.TAKE_BACK: take_back,
    CommandKind.ESCALATE: escalate,
    CommandKind.LOCK: lock,
    CommandKind.UNLOCK: unlock,
}


def _require_recording(part: Asked, owners: frozenset[UUID]) -> None:
    """What else happens to a timesheet is its own workflow's to know."""
    if part.owner_id not in owners:
        raise NotFound("There is no such person.")
    if part.kind not in RECORDING - {CommandKind.BATCH}:
        raise Invalid.field("kind", "Only entries and notes are changed together.")


_POLICY = select(TenantPolicy, func.now()).where(TenantPolicy.tenant_id == bindparam("tenant"))


def _hold(session: WriteSession, ref: CommandRef) -> dict[UUID, Timesheet]:
    """Every timesheet that a command touches, as far as it exists, held in the order of their ids."""
    ids = {ref.key.timesheet_id}
    if ref.spans:
        ids |= {place.timesheet_id(ref.key.tenant_id) for place in commands.find(session, ref).asked.places}
        session.expire_all()  # what came of the command may be written while the timesheets are waited for
    return lock_sheets(session, ids)


def _open_missing(
    session: WriteSession, asked: Asked, policy: TenantPolicy, held: dict[UUID, Timesheet]
) -> list[Timesheet]:
    """Open those of the command's own timesheets that are not there yet."""
    own = sorted(asked.own_places, key=lambda place: place.period_start)
    missing = [place for place in own if place.timesheet_id(asked.key.tenant_id) not in held]
    if missing:
        # Who opens somebody's timesheet holds their balances, so that no two commands wait for each other.
        lock_balances(session, *{place.owner_id for place in asked.places})
    return [_open(session, asked.key.tenant_id, place, policy, held) for place in missing]


def _open(
    session: WriteSession, tenant_id: UUID, place: Place, policy: TenantPolicy, held: dict[UUID, Timesheet]
) -> Timesheet:
    period = period_of(place.period_start, policy.week_starts_on)
    if period.start != place.period_start:
        raise NotFound("No timesheet begins on this day.")
    id_ = place.timesheet_id(tenant_id)
    if not open_sheet(session, tenant_id, id_, place.owner_id, period):
        # Perhaps by another attempt of this very command: only a fresh look can tell what came of it.
        raise passing("The timesheet was opened just now by another transaction.")
    held[id_] = session.get_one(Timesheet, id_)
    return held[id_]


def tell_opened(act: Act, sheet: Timesheet) -> None:
    """Say that a timesheet was opened, and note what time does to it."""
    start, end = day_bounds(sheet.period_start, act.zone)[0], day_bounds(sheet.period_end, act.zone)[1]
    act.statements += about_timesheet(sheet_activity_id(sheet.id, 1), start, end, act.owner.agent)
    plan_time(act, sheet)
    act.announce("timesheet.opened", sheet.id)


def _ignored(session: WriteSession, asked: Asked, held: dict[UUID, Timesheet]) -> CommandOutcome:
    """The outcome of a command that changes nothing."""
    outcome = CommandOutcome(asked.id, asked.kind, snapshot_of(held.get(asked.key.timesheet_id)), ignored=True)
    commands.complete(session, outcome)
    return outcome


def _finish(act: Act) -> CommandOutcome:
    """Write what the command says, and its outcome last."""
    if act.moved:
        plan_time(act, act.sheet)
    put_before = act.put_before
    if put_before is not None:
        act.tell(put_before, NoticeKind.ACTED_FOR, _one_notice(act), commandId=str(act.asked.id))
    write_down(act)
    outcome = CommandOutcome(
        act.asked.id, act.asked.kind, snapshot_of(act.sheet), act.entry_id, act.entry_version, ignored=act.ignored
    )
    commands.complete(act.session, outcome, put_before)
    return outcome


def _one_notice(act: Act) -> object:
    """What is told once: each move of a timesheet, and what somebody else records on it in one day."""
    if act.asked.kind not in RECORDING:
        return act.asked.id
    return f"{act.sheet.id}/{act.asked.actor_id}/{local_date(act.now, act.zone)}"


def write_down(act: Act) -> None:
    """Everything there is to say: to the ledger, to the outside, and to people."""
    act.session.flush()
    tenant_id, command_id = act.asked.key.tenant_id, act.asked.id
    state(act.session, SaidBy(tenant_id, command_id, act.asked.actor_id, act.owner.id), act.statements)
    for type_, subject, data in act.events:
        announce(act.session, tenant_id, command_id, type_, subject, data)
    notify(act.session, tenant_id, act.notices)


def _lock_is_due(session: WriteSession, sheet: Timesheet) -> bool:
    if sheet.state != State.APPROVED or sheet.lock_at is None:
        return False
    return bool(session.scalar(select(sheet.lock_at <= func.now())))


def _is_due(session: WriteSession, sheet: Timesheet) -> bool:
    return sheet.due_at is not None and bool(session.scalar(select(sheet.due_at <= func.now())))


def _by_time(session: WriteSession, key: SheetKey, sheet: Timesheet, kind: CommandKind, reason: str) -> SheetSnapshot:
    asked = asked_by_time(key, sheet, kind, reason)
    commands.note(session, asked)
    return carry_out(session, asked, {sheet.id: sheet}).snapshot


def act_of_time(session: WriteSession, key: SheetKey, sheet: Timesheet) -> Act:
    """What the rules of deadlines work on: nobody acts, and everything is as it is now."""
    circle = load_circle(session, sheet.owner_id)
    policy, now = session.execute(_POLICY, {"tenant": key.tenant_id}).one()
    asked = asked_by_time(key, sheet, CommandKind.ESCALATE, "Its time has come.")
    return Act(session, asked, circle, None, policy, sheet, {sheet.id: sheet}, now)
