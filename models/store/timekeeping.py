"""What strict timekeeping looks at: what entries account for, and what owners say to the acts of others."""

from collections.abc import Iterable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from models.rules.accrual_types import AccrualCode
from models.rules.days import local_date
from models.rules.durations import worked_minutes
from models.rules.periods import Period
from models.rules.timekeeping import HELD, Accounted, ActAnswer, holds_back_approval
from models.store.owner_review import Verdict
from models.store.people import Member
from models.tables.timecard import OwnerReview, TimeEntry, TimePeriodType
from models.tables.timesheet import Command, Submission

WAITING = frozenset({AccrualCode.ON_CALL_WEEKDAY, AccrualCode.ON_CALL_WEEKEND, AccrualCode.ON_CALL_PUBLIC_HOLIDAY})
"""Who is on call waits for work: that accounts for no planned hour."""


def accounted_by(
    session: Session, entries: Iterable[TimeEntry], period: Period, zone: ZoneInfo
) -> tuple[Accounted, ...]:
    """What entries that have ended account for, by the owner's local days."""
    by_whole_days = kinds_of_time(session)
    return tuple(
        Accounted(
            # Whoever moved to another zone since may have begun, as it is reckoned now, just outside the period.
            min(max(local_date(entry.start_at, zone), period.start), period.end),
            worked_minutes(entry.start_at, entry.end_at, entry.meal_break_minutes),
            by_whole_days[entry.time_period_type_id],
        )
        for entry in entries
        if entry.time_period_type_id in by_whole_days and entry.end_at is not None
    )


def kinds_of_time(session: Session) -> dict[UUID, bool]:
    """The types whose time accounts for planned hours, and whether it is by whole days."""
    rows = session.execute(select(TimePeriodType.id, TimePeriodType.value_type, TimePeriodType.feeds))
    return {id_: value_type == "date" for id_, value_type, feeds in rows if not WAITING.intersection(feeds)}


def held_back(session: Session, owner: Member, timesheet_id: UUID, submission: Submission) -> str | None:
    """Why it cannot be approved before its owner stands by what others did in their place; None: it can.

    Of somebody who left nobody can ask it: the reason of whoever acted stands.
    """
    if not owner.rank.active:
        return None
    answers = answers_on(session, owner.id, timesheet_id)
    held = holds_back_approval(answers, submission.submitted_at, submission.submitted_by_id == owner.id)
    return HELD[held].format(owner.name) if held else None


def answers_on(session: Session, owner_id: UUID, timesheet_id: UUID) -> tuple[ActAnswer, ...]:
    """What the owner says to each act of somebody else on a timesheet."""
    its = and_(OwnerReview.tenant_id == Command.tenant_id, OwnerReview.command_id == Command.id)
    found = (
        select(OwnerReview.reviewed_at, OwnerReview.verdict)
        .select_from(Command)
        .outerjoin(OwnerReview, its)
        .where(Command.timesheet_id == timesheet_id, Command.put_before_id == owner_id)
    )
    return tuple(ActAnswer(at, verdict == Verdict.DISPUTED) for at, verdict in session.execute(found))
