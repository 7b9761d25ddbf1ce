"""How much was worked on each day of a timesheet, and how much was agreed."""

from collections.abc import Sequence

from activities.act import Act
from models.rules.agreements import plan_by_day
from models.rules.days import local_date
from models.rules.durations import worked_minutes
from models.store.accruals import local_calendar
from models.store.period_types import COUNTING
from models.tables.timecard import TimeEntry


def worked_by_day(act: Act, entries: Sequence[TimeEntry]) -> list[int]:
    """Minutes worked, less meal breaks, for each local day of the period, by the day on which an entry starts."""
    counting = set(act.session.scalars(COUNTING))
    minutes = dict.fromkeys(act.period.days, 0)
    for entry in entries:
        if entry.time_period_type_id in counting:
            # Whoever moved to another zone since may have begun, as it is reckoned now, just outside the period.
            day = min(max(local_date(entry.start_at, act.zone), act.period.start), act.period.end)
            minutes[day] += worked_minutes(entry.start_at, entry.end_at, entry.meal_break_minutes)
    return list(minutes.values())


def planned_minutes(act: Act) -> int:
    """Minutes that the owner's agreements plan for the period."""
    calendar = local_calendar(act.session, act.owner, act.period.start, act.period.end)
    return sum(plan_by_day(calendar.agreements, act.period).values())
