"""Bulk decisions: many timesheets decided on by one form or call, each of them by a command of its own.

A draft holds exactly what was shown, and only that is decided. The command of a row has an id that follows from the
bulk and the row, so whoever asks for it again hears what came of it: each row is decided once, however often those
who carry it out are killed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from models.commands import Asked, Decide, made_by
from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotFound, Unavailable, WrongState
from models.messages import CommandOutcome, SheetKey
from models.rules.reasons import ReasonCode
from models.rules.transitions import CommandKind
from models.store import commands
from models.store.changes import GivenBy, hash_of
from models.tables.approval import BulkDecision, BulkDecisionRow
from models.tables.timesheet import Command, Timesheet

MOST = 1_000
"""Timesheets of one bulk decision."""

DRAFTS_KEPT = timedelta(days=1)
"""How long somebody has to decide on what they have selected."""

NEEDS_REASON = "Say what has to change: everybody whose timesheet goes back reads it."

CANCELLED = "cancelled"
"""The code of what was not decided because the rest was stopped."""


class BulkState(StrEnum):
    """Where a bulk decision stands."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class RowOutcome(StrEnum):
    """What came of one timesheet."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided: approve or reject, and what is said with it."""

    kind: CommandKind
    reason: str | None = None
    reason_code: ReasonCode | None = None
    comment: str | None = None
    on_behalf_of_id: UUID | None = None

    @property
    def values(self) -> dict[str, Any]:
        """As columns."""
        return {
            "decision": self.kind.value,
            "reason": self.reason,
            "reason_code": self.reason_code.value if self.reason_code else None,
            "comment": self.comment,
            "on_behalf_of_id": self.on_behalf_of_id,
        }


@dataclass(frozen=True, slots=True)
class Pick:
    """One timesheet as it was shown, and a decision on it if it has one of its own."""

    timesheet_id: UUID
    digest: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """How far a bulk decision is."""

    id: UUID
    asked_by_id: UUID
    verdict: Verdict | None
    """None: a draft, or each row has its own."""
    state: BulkState
    rows: int
    done: int
    refused: int
    asked_at: datetime
    finished_at: datetime | None
    stopped_by_id: UUID | None

    @property
    def is_over(self) -> bool:
        """Whether every row has its outcome."""
        return self.finished_at is not None

    @property
    def percent(self) -> int:
        """How much of it is over."""
        return 100 * (self.done + self.refused) // self.rows if self.rows else 100


@dataclass(frozen=True, slots=True)
class Turn:
    """A row whose turn it is."""

    tenant_id: UUID
    bulk_id: UUID
    number: int
    asked_by_id: UUID
    timesheet_id: UUID
    digest: str
    verdict: Verdict

    @property
    def command_id(self) -> UUID:
        """The command of this row: the same whoever asks for it, and however often."""
        return _command_of(self.tenant_id, self.bulk_id, self.number)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a row."""

    outcome: RowOutcome
    state: str | None = None
    """Of the timesheet; None where the asker may not see it."""
    code: str | None = None
    message: str | None = None


class Stopped(Exception):
    """The bulk decision does not go on: whatever has not begun does not begin any more."""


def draft_bulk(session: WriteSession, given: GivenBy, picks: Sequence[Pick]) -> UUID:
    """Keep what somebody has selected, as it was shown, until they decide on it; the id of the bulk decision."""
    session.execute(_FORGET_DRAFTS, {"person": given.actor_id, "kept": DRAFTS_KEPT})
    return _keep(session, given, picks, None, BulkState.DRAFT)


def ask_bulk(session: WriteSession, given: GivenBy, picks: Sequence[Pick], verdict: Verdict | None = None) -> UUID:
    """Have timesheets decided on, in this order; the id of the bulk decision. It begins after the transaction.

    `verdict` is for those that have none of their own. Raises `Invalid`, or `KeyReused` when the command asked for
    something else before.
    """
    for number, pick in enumerate(picks):
        own = pick.verdict or verdict
        if own is None:
            raise Invalid.field(f"decisions.{number}.decision", "Say whether it is approved or rejected.")
        require_reason(own, f"decisions.{number}.reason")
    return _keep(session, given, picks, verdict, BulkState.RUNNING)


def decide_draft(session: WriteSession, given: GivenBy, bulk_id: UUID, verdict: Verdict) -> None:
    """Have what somebody selected decided on, just as it was shown. Asked again it changes nothing.

    Raises `NotFound`, `Invalid`, or `KeyReused` when it was decided otherwise before.
    """
    require_reason(verdict, "reason")
    bulk = _held(session, bulk_id, given.actor_id)
    if bulk.state == BulkState.DRAFT.value:
        bulk.state, bulk.asked_at = BulkState.RUNNING.value, func.now()
        for name, value in verdict.values.items():
            setattr(bulk, name, value)
    elif _verdict(bulk) != verdict:
        raise KeyReused("You have decided on these timesheets already. Select them again to decide otherwise.")


def cancel_bulk(session: WriteSession, bulk_id: UUID, person_id: UUID, oversees: bool = False) -> bool:
    """Let no other timesheet be decided on; what is decided stays so. False when it was over already.

    `oversees` says that it need not be one's own. Raises `NotFound`, or `WrongState` when it has not begun.
    """
    bulk = _held(session, bulk_id, person_id, oversees)
    if bulk.state == BulkState.DRAFT.value:
        raise WrongState("Nothing was decided yet, so there is nothing to stop.")
    if bulk.state != BulkState.RUNNING.value:
        return False
    bulk.state = BulkState.CANCELLED.value
    bulk.stopped_by_id = person_id
    return True


def require_reason(verdict: Verdict, field: str) -> None:
    """Nothing is rejected without a reason. Raises `Invalid`."""
    if verdict.kind is CommandKind.REJECT and not verdict.reason:
        raise Invalid.field(field, NEEDS_REASON)


def bulk_of(session: Session, bulk_id: UUID, person_id: UUID, oversees: bool = False) -> Bulk:
    """A bulk decision of somebody's own; or anybody's, for who oversees them. Raises `NotFound`."""
    bulk = _seen(session.get(BulkDecision, bulk_id), person_id, oversees)
    counted = select(BulkDecisionRow.outcome, func.count()).where(BulkDecisionRow.bulk_id == bulk_id)
    by_outcome = dict(session.execute(counted.group_by(BulkDecisionRow.outcome)).all())
    return Bulk(
        bulk.id,
        bulk.asked_by_id,
        _verdict(bulk),
        BulkState(bulk.state),
        bulk.rows,
        by_outcome.get(RowOutcome.DONE.value, 0),
        by_outcome.get(RowOutcome.REFUSED.value, 0),
        bulk.asked_at,
        bulk.finished_at,
        bulk.stopped_by_id,
    )


def rows_of(session: Session, bulk_id: UUID) -> Sequence[BulkDecisionRow]:
    """The rows of a bulk decision, in the order asked."""
    these = select(BulkDecisionRow).where(BulkDecisionRow.bulk_id == bulk_id)
    return session.scalars(these.order_by(BulkDecisionRow.number)).all()


def bulks_under_way(session: Session) -> Sequence[UUID]:
    """Bulk decisions that somebody has to see to, the oldest first."""
    these = select(BulkDecision.id).where(
        BulkDecision.state != BulkState.DRAFT.value, BulkDecision.finished_at.is_(None)
    )
    return session.scalars(these.order_by(BulkDecision.asked_at, BulkDecision.id)).all()


def next_turns(session: Session, bulk_id: UUID, at_most: int) -> list[Turn]:
    """The next rows to decide on; none when all have their outcome, or it was stopped."""
    bulk = session.get(BulkDecision, bulk_id)
    if bulk is None or bulk.state != BulkState.RUNNING.value:
        return []
    whole = _verdict(bulk)
    these = select(BulkDecisionRow).where(
        BulkDecisionRow.bulk_id == bulk_id, BulkDecisionRow.outcome == RowOutcome.WAITING.value
    )
    return [_turn(bulk, row, whole) for row in session.scalars(these.order_by(BulkDecisionRow.number).limit(at_most))]


def asked_in(session: Session, turn: Turn) -> Asked:
    """The command of a row. Raises `Stopped`, or `NotFound` for what is no timesheet."""
    state = session.scalar(select(BulkDecision.state).where(BulkDecision.id == turn.bulk_id))
    if state != BulkState.RUNNING.value:
        raise Stopped
    sheet = session.get(Timesheet, turn.timesheet_id)
    if sheet is None:
        raise NotFound("There is no such timesheet, or you may not see it.")
    verdict = turn.verdict
    return Asked(
        id=turn.command_id,
        kind=verdict.kind,
        key=SheetKey(turn.tenant_id, sheet.id),
        owner_id=sheet.owner_id,
        period_start=sheet.period_start,
        actor_id=turn.asked_by_id,
        body=Decide(turn.digest, verdict.comment, verdict.reason_code),
        on_behalf_of_id=verdict.on_behalf_of_id,
        reason=verdict.reason,
    )


def note_outcome(session: WriteSession, bulk_id: UUID, number: int, told: Told) -> None:
    """Write down what came of a row."""
    # Losing this in a crash is harmless: the row is asked for again, and its command remembers what came of it.
    session.execute(text("SET LOCAL synchronous_commit = off"))
    _note(session, bulk_id, number, told)


def give_up(session: WriteSession, turn: Turn) -> Told:
    """See to it that a row is not decided on any more; what came of it, if it was after all."""
    outcome = commands.withdraw(session, turn.command_id)
    return done(outcome) if outcome else _UNAVAILABLE


def settle_bulk(session: WriteSession, bulk_id: UUID) -> bool:
    """Say that a bulk decision is over, if every row has its outcome or it was stopped; whether it is over."""
    bulk = session.get(BulkDecision, bulk_id, with_for_update=True)
    if bulk is None or bulk.finished_at is not None:
        return True
    left = [row for row in rows_of(session, bulk_id) if row.outcome == RowOutcome.WAITING.value]
    if left and bulk.state == BulkState.RUNNING.value:
        return False
    _settle_stopped(session, bulk, left)
    if bulk.state == BulkState.RUNNING.value:
        bulk.state = BulkState.DONE.value
    bulk.finished_at = func.now()
    return True


def _settle_stopped(session: WriteSession, bulk: BulkDecision, left: Iterable[BulkDecisionRow]) -> None:
    """What had begun when it was stopped may be decided; nothing else is any more."""
    by_command = {_command_of(bulk.tenant_id, bulk.id, row.number): row for row in left}
    these = select(Command.id).where(Command.tenant_id == bulk.tenant_id, Command.id.in_(by_command))
    begun = set(session.scalars(these))
    for command_id, row in by_command.items():
        outcome = commands.withdraw(session, command_id) if command_id in begun else None
        _note(session, bulk.id, row.number, done(outcome) if outcome else _STOPPED)


def done(outcome: CommandOutcome) -> Told:
    """A decision that was made."""
    return Told(RowOutcome.DONE, outcome.snapshot.state.value)


_STOPPED = Told(RowOutcome.REFUSED, code=CANCELLED, message="Stopped before its turn. Nothing was decided.")

_UNAVAILABLE = Told(
    RowOutcome.REFUSED,
    code=Unavailable.code,
    message="Nothing was decided: the system was not keeping up. Select it again in a moment.",
)


def _keep(
    session: WriteSession, given: GivenBy, picks: Sequence[Pick], verdict: Verdict | None, state: BulkState
) -> UUID:
    _require_few_and_different(picks)
    id_ = given.makes("bulk")
    asked = [(pick.timesheet_id, pick.digest, pick.verdict and pick.verdict.values) for pick in picks]
    bulk = {
        "id": id_,
        "tenant_id": given.tenant_id,
        "asked_by_id": given.actor_id,
        "content_hash": hash_of("bulk", asked, verdict and verdict.values),
        "state": state.value,
        "rows": len(picks),
    }
    values = bulk | (verdict.values if verdict else {})
    new = insert_once(BulkDecision).values(values).on_conflict_do_nothing().returning(BulkDecision.id)
    if session.execute(new).first():
        session.execute(insert(BulkDecisionRow), [_row(bulk, number, pick) for number, pick in enumerate(picks)])
        return id_
    known = session.get_one(BulkDecision, id_)
    if (known.content_hash, known.asked_by_id) != (bulk["content_hash"], given.actor_id):
        raise KeyReused("This form was already sent with other content. Reload the page and try again.")
    return id_


def _require_few_and_different(picks: Sequence[Pick]) -> None:
    if not picks:
        raise Invalid.field("decisions", "Select at least one timesheet.")
    if len(picks) > MOST:
        raise Invalid.field("decisions", f"Decide on at most {MOST:,} timesheets at once; these are {len(picks):,}.")
    seen: set[UUID] = set()
    for number, pick in enumerate(picks):
        if pick.timesheet_id in seen:
            raise Invalid.field(f"decisions.{number}.timesheetId", "This timesheet is named twice.")
        seen.add(pick.timesheet_id)


def _row(bulk: dict[str, Any], number: int, pick: Pick) -> dict[str, Any]:
    own = pick.verdict.values if pick.verdict else dict.fromkeys(_WHOLE)
    return {
        "tenant_id": bulk["tenant_id"],
        "bulk_id": bulk["id"],
        "number": number,
        "timesheet_id": pick.timesheet_id,
        "digest": pick.digest,
        **own,
    }


_WHOLE = ("decision", "reason", "reason_code", "comment", "on_behalf_of_id")


def _held(session: WriteSession, bulk_id: UUID, person_id: UUID, oversees: bool = False) -> BulkDecision:
    """One that somebody may see, held until the transaction ends. Raises `NotFound`."""
    return _seen(session.get(BulkDecision, bulk_id, with_for_update=True), person_id, oversees)


def _seen(bulk: BulkDecision | None, person_id: UUID, oversees: bool) -> BulkDecision:
    """What somebody has only selected is nobody else's business. Raises `NotFound`."""
    if bulk is None or not (bulk.asked_by_id == person_id or (oversees and bulk.state != BulkState.DRAFT.value)):
        raise NotFound("There is no such page, or you may not see it.")
    return bulk


def _turn(bulk: BulkDecision, row: BulkDecisionRow, whole: Verdict | None) -> Turn:
    verdict = _verdict(row) or whole
    assert verdict is not None
    return Turn(bulk.tenant_id, bulk.id, row.number, bulk.asked_by_id, row.timesheet_id, row.digest, verdict)


def _verdict(said: BulkDecision | BulkDecisionRow) -> Verdict | None:
    if said.decision is None:
        return None
    code = ReasonCode(said.reason_code) if said.reason_code else None
    return Verdict(CommandKind(said.decision), said.reason, code, said.comment, said.on_behalf_of_id)


def _command_of(tenant_id: UUID, bulk_id: UUID, number: int) -> UUID:
    return made_by(tenant_id, bulk_id, f"row/{number}")


def _note(session: WriteSession, bulk_id: UUID, number: int, told: Told) -> None:
    this = update(BulkDecisionRow).where(BulkDecisionRow.bulk_id == bulk_id, BulkDecisionRow.number == number)
    values = {
        "outcome": told.outcome.value,
        "code": told.code,
        "message": told.message,
        "sheet_state": told.state,
    }
    session.execute(this.values(values).execution_options(synchronize_session=False))


_FORGET_DRAFTS = text(
    """
    WITH old AS (
        SELECT id FROM bulk_decision
        WHERE asked_by_id = :person AND state = 'draft' AND asked_at < now() - CAST(:kept AS interval)
    ),
    rows AS (DELETE FROM bulk_decision_row WHERE bulk_id IN (SELECT id FROM old))
    DELETE FROM bulk_decision WHERE id IN (SELECT id FROM old)
    """
)
