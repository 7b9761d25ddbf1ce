"""Whether somebody still has to be told what they were to be told: asked again when it is sent."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.notices import facts_of
from models.rules.days import local_date
from models.rules.notice_words import Facts
from models.rules.notices import DECIDABLE, UNSUBMITTED, NoticeKind
from models.rules.policy import Action, authorise
from models.rules.transitions import OWED, State
from models.store.people import load_circle
from models.tables.approval import Delegation
from models.tables.delivery import Notification
from models.tables.people import Person
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Submission, Timesheet

A_DAY = timedelta(days=1)


def facts_if_owed(session: Session, notice: Notification, person: Person) -> Facts | None:
    """What a notice is about now; None when nobody has to be told of it any more."""
    (facts,) = facts_of(session, [notice])
    kind = NoticeKind(notice.kind)
    if kind is NoticeKind.RECORD_REMINDER:
        left = _without_entry(session, person, facts.days)
        return replace(facts, days=left) if left else None
    if kind in UNSUBMITTED and not _is_unsubmitted(session, notice):
        return None
    if kind in DECIDABLE and not _still_waits(session, notice, facts):
        return None
    if kind is NoticeKind.DELEGATION_BEGINS and not _stands(session, notice):
        return None
    return facts


def is_asked(session: Session, timesheet_id: UUID, owner_id: UUID, person_id: UUID) -> bool:
    """Whether a submitted timesheet waits for somebody, or for one in whose place they stand, in their own right."""
    try:
        standing = load_circle(session, owner_id, person_id).standing(person_id, timesheet_id)
    except NotFound:
        return False
    return standing is not None and person_id != owner_id and authorise(Action.APPROVE, standing) is not None


def waiting_submission(session: Session, timesheet_id: UUID) -> tuple[Timesheet, Submission] | None:
    """A timesheet that waits for a decision, with what was submitted."""
    row = session.execute(
        select(Timesheet, Submission)
        .join(Submission, Submission.id == Timesheet.submission_id)
        .where(Timesheet.id == timesheet_id, Timesheet.state == State.SUBMITTED)
    ).first()
    return (row[0], row[1]) if row else None


def _without_entry(session: Session, person: Person, days: tuple[date, ...]) -> tuple[date, ...]:
    """Those of some local days on which nothing is recorded."""
    if not days:
        return ()
    zone = ZoneInfo(person.time_zone)
    first, last = (datetime.combine(day, datetime.min.time(), zone) for day in (min(days), max(days)))
    starts = session.scalars(
        select(TimeEntry.start_at).where(
            TimeEntry.owner_id == person.id,
            ~TimeEntry.deleted,
            TimeEntry.confirmed,
            TimeEntry.start_at >= first - A_DAY,
            TimeEntry.start_at < last + 2 * A_DAY,
        )
    )
    recorded = {local_date(start, zone) for start in starts}
    return tuple(day for day in days if day not in recorded)


def _is_unsubmitted(session: Session, notice: Notification) -> bool:
    sheet = session.get(Timesheet, notice.timesheet_id) if notice.timesheet_id else None
    return sheet is not None and State(sheet.state) in OWED


def _still_waits(session: Session, notice: Notification, facts: Facts) -> bool:
    """Whether the very submission it tells of waits, and for whom it tells."""
    found = waiting_submission(session, notice.timesheet_id) if notice.timesheet_id else None
    if found is None or str(found[1].id) != notice.data.get("submissionId"):
        return False
    return facts.is_own or is_asked(session, found[0].id, found[0].owner_id, notice.person_id)


def _stands(session: Session, notice: Notification) -> bool:
    delegation_id = notice.data.get("delegationId")
    delegation = session.get(Delegation, UUID(delegation_id)) if delegation_id else None
    return delegation is not None and delegation.revoked_at is None
