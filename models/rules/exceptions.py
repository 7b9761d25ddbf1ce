"""What is worth a look on a timesheet before it is approved: found when it is certified, since nothing changes then."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

NEAR_PLAN = 60
"""Minutes over or under the plan that are not worth a look."""

LONG_DAY = 10 * 60
"""Minutes in one day from which it is worth a look."""

LATE = timedelta(days=3)
"""A submission later than this after the period's end is worth a look."""


class Exceptional(StrEnum):
    """Something worth a look."""

    NO_AGREEMENT = "no_agreement"
    OVER_PLAN = "over_plan"
    UNDER_PLAN = "under_plan"
    LONG_DAY = "long_day"
    LATE = "late"
    BY_ANOTHER = "by_another"
    CARRIED_OVER = "carried_over"
    """Certified before exceptions were looked for."""


def exceptions_of(
    minutes_by_day: Sequence[int], plan_minutes: int, period_end: date, submitted_on: date, by_another: bool
) -> list[Exceptional]:
    """Everything worth a look. Days are local to the owner; `by_another`: the owner did not certify it themselves."""
    difference = sum(minutes_by_day) - plan_minutes
    found = {
        Exceptional.NO_AGREEMENT: plan_minutes == 0,
        Exceptional.OVER_PLAN: plan_minutes > 0 and difference > NEAR_PLAN,
        Exceptional.UNDER_PLAN: plan_minutes > 0 and difference < -NEAR_PLAN,
        Exceptional.LONG_DAY: max(minutes_by_day, default=0) > LONG_DAY,
        Exceptional.LATE: submitted_on > period_end + LATE,
        Exceptional.BY_ANOTHER: by_another,
    }
    return [what for what, is_so in found.items() if is_so]
