"""The period of a timesheet, and the ids that follow from it so that anybody can compute them."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from models.rules.days import require_calendar

TIMESHEETS = UUID("6f0d3a52-6c1e-4f6b-9d57-3b1f6a2c8e04")
"""The namespace of timesheet ids. It must never change: every stored id and workflow id follows from it."""

MONDAY = 0
DAYS_IN_WEEK = 7


class UnknownWeekday(ValueError):
    """Weekdays are counted from 0, Monday, to 6, Sunday."""

    def __init__(self, weekday: int) -> None:
        super().__init__(f"{weekday} is not a weekday: use 0 for Monday to 6 for Sunday")
        self.weekday = weekday


@dataclass(frozen=True, slots=True)
class Period:
    """From one local date to another, both included."""

    start: date
    end: date

    @property
    def days(self) -> list[date]:
        """Every day of it, in order."""
        return [self.start + timedelta(days=number) for number in range((self.end - self.start).days + 1)]


def period_of(day: date, week_starts_on: int = MONDAY) -> Period:
    """The week that a local date belongs to; `week_starts_on` is the tenant's first weekday, 0 for Monday.

    Rule: week and periods. Raises `OutsideCalendar` or `UnknownWeekday`.
    """
    require_calendar(day)
    if not 0 <= week_starts_on < DAYS_IN_WEEK:
        raise UnknownWeekday(week_starts_on)
    start = day - timedelta(days=(day.weekday() - week_starts_on) % DAYS_IN_WEEK)
    return Period(start, start + timedelta(days=DAYS_IN_WEEK - 1))


def timesheet_id(tenant_id: UUID, person_id: UUID, period_start: date) -> UUID:
    """The id of the timesheet of one person for the period that begins on a local date.

    It is always the same for the same three and tells nobody who the person is.
    Rule: the life of a timesheet.
    """
    return uuid5(TIMESHEETS, f"{tenant_id}/{person_id}/{period_start.isoformat()}")


def workflow_id(timesheet: UUID) -> str:
    """The id of the workflow that drives a timesheet. Rule: the life of a timesheet."""
    return f"timesheet/{timesheet}"
