"""Whether time was recorded so late that the record has to say why."""

from datetime import date, timedelta

WEEKEND = (5, 6)
"""Saturday and Sunday, counted from Monday 0."""


def is_late(worked: date, recorded: date, limit: int | None) -> bool:
    """Whether more than `limit` working days lie between the local day work ended and the one it is recorded on.

    Working days are Monday to Friday. Without a limit nothing is late. Rule: lateness.
    """
    return limit is not None and working_days_between(worked, recorded) > limit


def working_days_between(first: date, last: date) -> int:
    """Working days after `first`, up to and including `last`; 0 when `last` is not later."""
    days = (last - first).days
    if days <= 0:
        return 0
    weeks, rest = divmod(days, 7)
    return 5 * weeks + sum((first + timedelta(days=number)).weekday() not in WEEKEND for number in range(1, rest + 1))
