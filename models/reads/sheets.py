"""What several pages need to know of one timesheet."""

from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.delegations import stand_in_words
from models.reads.shown import StatusShown
from models.reads.status import SheetFacts, day_text, status_of
from models.rules.deadlines import next_escalation
from models.rules.transitions import CommandKind, State
from models.store.people import Circle
from models.store.time_rules import time_rules, timed
from models.tables.people import Person, TenantPolicy
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
    return approver_named(circle, circle.approver_id)


def approver_named(circle: Circle, approver_id: UUID | None) -> str:
    """An approver of the owner's time, or the administrators in place of None."""
    return circle.members[approver_id].name if approver_id else ADMINISTRATORS


def last_decision(session: Session, timesheet_id: UUID) -> tuple[Decision, str] | None:
    """The decision in force on the last submission of a timesheet, with the name of who really decided."""
    found = (
        select(Decision, Person.name)
        .join(Timesheet, Timesheet.decision_id == Decision.id)
        .join(Person, Person.id == Decision.decided_by_id)
        .where(Timesheet.id == timesheet_id)
    )
    row = session.execute(found).first()
    return None if row is None else (row[0], row[1])


def last_submission(session: Session, sheet: Timesheet) -> Submission | None:
    """The newest submission of a timesheet."""
    return session.get(Submission, sheet.submission_id) if sheet.submission_id else None


def acted_by(session: Session, actor_id: UUID, responsible_id: UUID | None, circle: Circle | None = None) -> str:
    """Who acted, and on whose behalf if it was not their own: Suzanne Modeski on behalf of Roland Fuller.

    Nobody in `circle` is looked up again.
    """
    responsible = responsible_id or actor_id
    members = circle.members if circle else {}
    names = {id_: members[id_].name for id_ in {actor_id, responsible} & members.keys()}
    if unknown := {actor_id, responsible} - names.keys():
        names |= dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(unknown))).all())
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
    asked = [approver_named(circle, approver) for approver in circle.asked(sheet.id)]
    return status_of(
        SheetFacts(
            state,
            zone,
            approver=" or ".join(asked) or approver_name(circle),
            submitted_at=sheet.submitted_at,
            lock_at=sheet.lock_at,
            decided_by=decided[1] if decided else None,
            rejected_because=decided[0].reason if decided else None,
            revising_because=revision_reason(session, sheet) if state is State.DRAFT else None,
            coming=coming(session, sheet, circle, zone) if state is State.SUBMITTED else (),
        )
    )


def coming(session: Session, sheet: Timesheet, circle: Circle, zone: ZoneInfo) -> tuple[str, ...]:
    """What happens to a submitted timesheet when nobody decides, and who stands in today; times in `zone`."""
    forecast = _forecast(session, sheet, circle, zone)
    return (*((forecast,) if forecast else ()), *stand_in_words(circle, sheet.id))


def _forecast(session: Session, sheet: Timesheet, circle: Circle, zone: ZoneInfo) -> str | None:
    added = _asked_next(sheet, circle)
    if not added:
        return None
    rules = time_rules(session, session.get_one(TenantPolicy, sheet.tenant_id))
    at = next_escalation(timed(sheet, circle.owner.zone, may_escalate=True), rules)
    if at is None:
        return None
    names = " and ".join(approver_named(circle, approver) for approver in added)
    when = f"{day_text(at, zone)} at {at.astimezone(zone):%H:%M}"
    if at <= circle.now:
        return f"It goes to {names} as well any moment: it was to on {when}."
    return f"It goes to {names} as well on {when}."


def _asked_next(sheet: Timesheet, circle: Circle) -> list[UUID | None]:
    """Whom the next escalation would ask as well."""
    asking = circle.submitted.get(sheet.id)
    if asking is None or not circle.may_escalate(sheet.id):
        return []
    asked = circle.asked(sheet.id)
    further = circle.asking(sheet.id, replace(asking, escalations=asking.escalations + 1))
    return [approver for approver in further.asked(sheet.id) if approver not in asked]
