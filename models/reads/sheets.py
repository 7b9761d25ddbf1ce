"""What several pages need to know of one timesheet."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.shown import StatusShown
from models.reads.status import SheetFacts, status_of
from models.rules.transitions import CommandKind, State
from models.store.people import Circle
from models.tables.people import Person
from models.tables.timesheet import Command, Decision, Submission, Timesheet

ADMINISTRATORS = "the administrators"


def sheet_of(session: Session, timesheet_id: UUID) -> Timesheet:
    """The timesheet. Raises `NotFound`."""
    sheet = session.get(Timesheet, timesheet_id)
    if sheet is None:
        raise NotFound("There is no such page, or you may not see it.")
    return sheet


def approver_name(circle: Circle) -> str:
    """Who decides on the owner's time now."""
    approver = circle.approver_id
    return circle.members[approver].name if approver else ADMINISTRATORS


def last_decision(session: Session, timesheet_id: UUID) -> tuple[Decision, str] | None:
    """The newest decision on a timesheet with the name of who really decided."""
    found = (
        select(Decision, Person.name)
        .join(Person, Person.id == Decision.decided_by_id)
        .where(Decision.timesheet_id == timesheet_id)
        .order_by(Decision.decided_at.desc())
        .limit(1)
    )
    row = session.execute(found).first()
    return None if row is None else (row[0], row[1])


def last_submission(session: Session, sheet: Timesheet) -> Submission | None:
    """The newest submission of a timesheet."""
    return session.get(Submission, sheet.submission_id) if sheet.submission_id else None


def acted_by(session: Session, actor_id: UUID, responsible_id: UUID | None) -> str:
    """Who acted, and on whose behalf if it was not their own: Suzanne Modeski on behalf of Roland Fuller."""
    responsible = responsible_id or actor_id
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_([actor_id, responsible]))).all())
    return names[actor_id] if responsible == actor_id else f"{names[actor_id]} on behalf of {names[responsible]}"


def revision_reason(session: Session, sheet: Timesheet) -> str | None:
    """Why the revision under way was begun."""
    if sheet.revision == 1:
        return None
    reopened = (CommandKind.RECALL.value, CommandKind.REVISE.value)
    found = select(Command.reason).where(
        Command.timesheet_id == sheet.id, Command.kind.in_(reopened), Command.result.is_not(None)
    )
    return session.scalar(found.order_by(Command.completed_at.desc()).limit(1))


def status_shown(session: Session, sheet: Timesheet | None, circle: Circle, zone: ZoneInfo) -> StatusShown:
    """Where a timesheet stands; one that was never opened is a draft."""
    if sheet is None:
        return status_of(SheetFacts(State.DRAFT, zone, approver_name(circle)))
    state = State(sheet.state)
    decided = last_decision(session, sheet.id) if state in (State.APPROVED, State.REJECTED) else None
    waiting = circle.members.get(sheet.waiting_for_id) if sheet.waiting_for_id else None
    return status_of(
        SheetFacts(
            state,
            zone,
            approver=waiting.name if waiting else approver_name(circle),
            submitted_at=sheet.submitted_at,
            lock_at=sheet.lock_at,
            decided_by=decided[1] if decided else None,
            rejected_because=decided[0].reason if decided else None,
            revising_because=revision_reason(session, sheet) if state is State.DRAFT else None,
        )
    )
