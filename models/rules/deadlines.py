"""What time does to a timesheet, and when: reminders to its owner, a nudge and escalations for its approvers.

Rule: what time does. Everything is counted in working hours of the organisation's calendar. That an approved timesheet
locks is another rule, in calendar days (`locking`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.rules.days import day_bounds
from models.rules.periods import Period
from models.rules.transitions import OWED, State
from models.rules.working_time import WorkingCalendar

MOST_ESCALATIONS = 10
"""How many more approvers are asked, one after the other, before it is left at that."""


class What(StrEnum):
    """What time does."""

    REMIND_TO_RECORD = "remind_to_record"
    REMIND_TO_SUBMIT = "remind_to_submit"
    TELL_NOT_SUBMITTED = "tell_not_submitted"
    NUDGE = "nudge"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class TimeRules:
    """What an organisation has decided of it. Hours are working hours; none: never."""

    calendar: WorkingCalendar
    remind_to_record: bool = True
    submit_grace_hours: int | None = 8
    remind_after_hours: int | None = 16
    escalate_after_hours: int | None = 40


@dataclass(frozen=True, slots=True)
class Timed:
    """What deadlines depend on: the timesheet, its state since when, and how often it was escalated."""

    state: State
    since: datetime
    period: Period
    zone: ZoneInfo
    """The owner's, in which its days begin and end."""
    escalations: int = 0
    may_escalate: bool = True
    """Whether somebody is left to be asked."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that time does at an instant (UTC)."""

    at: datetime
    what: What
    day: date | None = None
    """The day without an entry."""


def deadlines(sheet: Timed, rules: TimeRules) -> list[Deadline]:
    """Everything that time does while the timesheet stays in its state, in order."""
    if sheet.state is State.SUBMITTED:
        found = _while_submitted(sheet, rules)
    elif sheet.state in OWED:
        found = _while_owed(sheet, rules)
    else:
        return []
    return sorted(found, key=lambda deadline: (deadline.at, deadline.what))


def due(sheet: Timed, rules: TimeRules, seen: datetime | None, now: datetime) -> list[Deadline]:
    """The deadlines that have come and were not seen to: after `seen`, up to `now`.

    How far the escalations are is counted, so the next one is never seen to, even when the rules have changed since.
    """
    return [each for each in deadlines(sheet, rules) if each.at <= now and _is_open(each, seen)]


def next_due(sheet: Timed, rules: TimeRules, seen: datetime) -> datetime | None:
    """When time does something next; None: nothing more.

    Everything up to `seen` has been seen to. It can lie in the past when the rules were changed since.
    """
    return next((each.at for each in deadlines(sheet, rules) if _is_open(each, seen)), None)


def next_escalation(sheet: Timed, rules: TimeRules) -> datetime | None:
    """When the next approver is asked as well; None: never.

    What should have come already and has not is late, and still the next: nobody is passed over.
    """
    return next((each.at for each in deadlines(sheet, rules) if each.what is What.ESCALATE), None)


def _is_open(deadline: Deadline, seen: datetime | None) -> bool:
    return deadline.what is What.ESCALATE or seen is None or deadline.at > seen


def _while_submitted(sheet: Timed, rules: TimeRules) -> Iterator[Deadline]:
    if rules.remind_after_hours is not None:
        yield Deadline(rules.calendar.after(sheet.since, rules.remind_after_hours), What.NUDGE)
    if rules.escalate_after_hours is not None and sheet.may_escalate:
        # The one it has come to, and the next one; what comes after that is reckoned when it is there.
        for number in range(sheet.escalations, min(sheet.escalations + 2, MOST_ESCALATIONS)):
            at = rules.calendar.after(sheet.since, rules.escalate_after_hours * (number + 1))
            yield Deadline(at, What.ESCALATE)


def _while_owed(sheet: Timed, rules: TimeRules) -> Iterator[Deadline]:
    if rules.remind_to_record and sheet.state is State.DRAFT:
        for day in sheet.period.days:
            if rules.calendar.works_on(day):
                over = day_bounds(day, sheet.zone)[1]
                yield Deadline(rules.calendar.next_opening(over), What.REMIND_TO_RECORD, day)
    if rules.submit_grace_hours is not None:
        # What was sent back or opened again is owed from then on.
        owed_from = max(day_bounds(sheet.period.end, sheet.zone)[1], sheet.since)
        yield Deadline(rules.calendar.after(owed_from, rules.submit_grace_hours), What.REMIND_TO_SUBMIT)
        yield Deadline(rules.calendar.after(owed_from, 2 * rules.submit_grace_hours), What.TELL_NOT_SUBMITTED)
