"""What waits for somebody's decision, for programs and bulk decisions: as it was certified, and why it is theirs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from models.reads.inbox.approver import Approver
from models.reads.inbox.queues import Position, first_waiting, queues
from models.reads.inbox.tabs import Tab, Wanted
from models.reads.shown import PersonShown
from models.tables.people import Person
from models.tables.timesheet import Submission, Timesheet, Waiting


class Why(StrEnum):
    """Why a timesheet waits for somebody."""

    OWN = "own"
    ESCALATED = "escalated"
    LEAD = "lead"
    DELEGATED = "delegated"


@dataclass(frozen=True, slots=True)
class Pending:
    """A timesheet that waits, as it was certified."""

    sheet: Timesheet
    owner: PersonShown
    submission: Submission
    why: Why
    delegator_id: UUID | None
    """For whom the approver stands in."""

    @property
    def minutes(self) -> int:
        """Worked in the period."""
        return sum(self.submission.minutes_by_day)

    @property
    def digest(self) -> str:
        """Of what was certified."""
        return self.submission.digest


def pending(
    session: Session, approver: Approver, wanted: Wanted, at_most: int, after: Position | None = None
) -> list[Pending]:
    """What waits for an approver, the oldest first, so many at most."""
    first = first_waiting(approver, wanted, at_most, after)
    these = _certified().join(first, first.c.timesheet_id == Timesheet.id)
    return _with_reasons(session, approver, these.order_by(first.c.submitted_at, first.c.timesheet_id).limit(at_most))


def pending_among(session: Session, approver: Approver, sheet_ids: Collection[UUID]) -> dict[UUID, Pending]:
    """Of these timesheets those that wait for an approver."""
    if not sheet_ids:
        return {}
    named = Waiting.timesheet_id.in_(sheet_ids)
    waiting = union(*(select(Waiting.timesheet_id).where(queue, named) for queue in queues(approver, Tab.ALL)))
    found = _with_reasons(session, approver, _certified().where(Timesheet.id.in_(waiting)))
    return {each.sheet.id: each for each in found}


def _certified() -> Select[Timesheet, Person, Submission]:
    return (
        select(Timesheet, Person, Submission)
        .join(Person, Person.id == Timesheet.owner_id)
        .join(Submission, Submission.id == Timesheet.submission_id)
    )


def _with_reasons(session: Session, approver: Approver, these: Select[Timesheet, Person, Submission]) -> list[Pending]:
    rows = session.execute(these).all()
    asked: dict[UUID, list[Waiting]] = {sheet.id: [] for sheet, _, _ in rows}
    for row in session.scalars(select(Waiting).where(Waiting.timesheet_id.in_(asked)).order_by(Waiting.number)):
        asked[row.timesheet_id].append(row)
    return [_pending(sheet, owner, submission, approver, asked[sheet.id]) for sheet, owner, submission in rows]


def _pending(
    sheet: Timesheet, owner: Person, submission: Submission, approver: Approver, asked: Sequence[Waiting]
) -> Pending:
    why, delegator_id = _why(approver, sheet.owner_id, asked)
    return Pending(sheet, PersonShown(owner.id, owner.staff_id, owner.name), submission, why, delegator_id)


def _why(approver: Approver, owner_id: UUID, asked: Sequence[Waiting]) -> tuple[Why, UUID | None]:
    """The plainest reason there is: in their own right before in anybody's place."""
    theirs = [row for row in asked if row.approver_id in approver.slots]
    whole = [row for row in theirs if row.project_id is None]
    if whole:
        return Why.OWN if whole[0].number == 0 else Why.ESCALATED, None
    if theirs:
        return Why.LEAD, None
    slots = {row.approver_id for row in asked}
    places = (
        each.delegator.id
        for each in approver.stands_in
        if each.delegator.id in slots and (each.only is None or owner_id in each.only)
    )
    return Why.DELEGATED, next(places, None)
