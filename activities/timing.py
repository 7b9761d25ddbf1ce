"""What time does to a timesheet: reminders, nudges and escalations, each of them once and only while it is owed."""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

from sqlalchemy import func, or_, select

from activities.act import Act
from activities.asking import people_asked, tell_asked
from models.commands import Asked, Move
from models.messages import SheetKey
from models.rules.agreements import plan_by_day
from models.rules.days import day_bounds
from models.rules.deadlines import Deadline, Timed, TimeRules, What, due, next_due
from models.rules.notices import NoticeKind
from models.rules.periods import Period
from models.rules.policy import Role
from models.rules.transitions import OWED, CommandKind, State
from models.store.accruals import local_calendar
from models.store.time_rules import time_rules, timed
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Submission, Timesheet


def plan_time(act: Act, sheet: Timesheet) -> None:
    """Note when time next does something to a timesheet that was opened or came into another state."""
    waits = sheet.state == State.SUBMITTED or State(sheet.state) in OWED
    sheet.reminded_until = act.now
    sheet.due_at = next_due(_timed(act, sheet), time_rules(act.session, act.policy), act.now) if waits else None


def what_is_due(act: Act) -> list[Deadline]:
    """The deadlines of the timesheet that have come and were not seen to."""
    return due(_timed(act, act.sheet), _rules(act), act.sheet.reminded_until, act.now)


def remind(act: Act, deadline: Deadline) -> None:
    """Tell whoever has to know that a deadline has come, if it still matters."""
    _REMINDERS[deadline.what](act, deadline)


def seen_to(act: Act) -> None:
    """Everything that was due has been done; note when there is more to do."""
    act.sheet.reminded_until = act.now
    act.sheet.due_at = next_due(_timed(act, act.sheet), _rules(act), act.now)


def asked_by_time(key: SheetKey, sheet: Timesheet, kind: CommandKind, reason: str) -> Asked:
    """A command that nobody gives: its time has come."""
    return Asked(
        # The state says whether it was done before. An id that follows from the timesheet could be used up beforehand.
        id=uuid4(),
        kind=kind,
        key=key,
        owner_id=sheet.owner_id,
        period_start=sheet.period_start,
        actor_id=None,
        body=Move(),
        reason=reason,
    )


def _remind_to_record(act: Act, deadline: Deadline) -> None:
    day = deadline.day
    if day is not None and _plans(act, Period(day, day)) and not _recorded_on(act, day):
        act.tell(act.owner.id, NoticeKind.RECORD_REMINDER, f"{act.owner.id}/{day}", days=[day.isoformat()])


def _remind_to_submit(act: Act, _deadline: Deadline) -> None:
    if _owes_submission(act):
        act.tell(act.owner.id, NoticeKind.SUBMIT_REMINDER, _this_time(act))


def _tell_not_submitted(act: Act, _deadline: Deadline) -> None:
    if _owes_submission(act):
        for person_id in people_asked(act, [act.circle.approver_id]):
            act.tell(person_id, NoticeKind.NOT_SUBMITTED, _this_time(act), ownerId=str(act.owner.id))


def _nudge(act: Act, _deadline: Deadline) -> None:
    submission = act.session.get_one(Submission, act.sheet.submission_id)
    tell_asked(act, NoticeKind.NUDGE, submission, act.circle.asked(act.sheet.id))


_REMINDERS: dict[What, Callable[[Act, Deadline], None]] = {
    What.REMIND_TO_RECORD: _remind_to_record,
    What.REMIND_TO_SUBMIT: _remind_to_submit,
    What.TELL_NOT_SUBMITTED: _tell_not_submitted,
    What.NUDGE: _nudge,
}
"""All but the escalation, which is a command."""


def _this_time(act: Act) -> str:
    """The reason to certify this revision: it is owed once as a draft, and again when it was rejected."""
    return f"{act.sheet.id}/{act.sheet.revision}/{act.sheet.state}"


def _timed(act: Act, sheet: Timesheet) -> Timed:
    return timed(sheet, act.zone, may_escalate=act.circle.may_escalate(sheet.id))


def _rules(act: Act) -> TimeRules:
    return time_rules(act.session, act.policy)


def _owes_submission(act: Act) -> bool:
    """Somebody who has recorded something, or should have."""
    return _works(act) and (_has_entries(act) or _plans(act, act.period))


def _plans(act: Act, period: Period) -> bool:
    """Whether the owner is to work on any of these days."""
    if not _works(act):
        return False
    calendar = local_calendar(act.session, act.owner, period.start, period.end)
    plan = plan_by_day(calendar.agreements, period)
    return any(minutes and day not in calendar.public_holidays for day, minutes in plan.items())


def _works(act: Act) -> bool:
    return act.owner.rank.active and Role.WORKER in act.owner.rank.roles


def _has_entries(act: Act) -> bool:
    these = (TimeEntry.timesheet_id == act.sheet.id, ~TimeEntry.deleted, TimeEntry.confirmed)
    return bool(act.session.scalar(select(func.count()).where(*these)))


def _recorded_on(act: Act, day: date) -> bool:
    """Whether anything that counts touches a local day."""
    starts, ends = day_bounds(day, act.zone)
    these = (
        TimeEntry.owner_id == act.owner.id,
        ~TimeEntry.deleted,
        TimeEntry.confirmed,
        TimeEntry.start_at < ends,
        or_(TimeEntry.end_at > starts, TimeEntry.start_at >= starts),
    )
    return bool(act.session.scalar(select(func.count()).where(*these)))
