"""Which days the next agreement of somebody is proposed for."""

from collections.abc import Sequence
from datetime import MAXYEAR, date, timedelta

from models.rules.agreements import AgreementContent

ONE_DAY = timedelta(days=1)
APRIL, MARCH = (4, 1), (3, 31)
"""When accrual years begin and end, unless somebody's agreements say otherwise."""


def accrual_year(day: date) -> tuple[date, date]:
    """The year from 1 April to 31 March that a day is in."""
    first = date(day.year if (day.month, day.day) >= APRIL else day.year - 1, *APRIL)
    return first, date(first.year + 1, *MARCH)


def proposed_dates(agreements: Sequence[AgreementContent], today: date) -> tuple[date, date]:
    """The running year when it is free, else from the day after the last agreement on, as long as that one's year."""
    year = accrual_year(today)
    if not any(each.start_date <= year[1] and year[0] <= each.end_date for each in agreements):
        return year
    last = max(agreements, key=lambda each: each.end_date)
    if last.end_date.year >= MAXYEAR - 1:
        return year
    start = last.end_date + ONE_DAY
    whole = a_year_from(last.start_date) == last.end_date
    return start, a_year_from(start) if whole else accrual_year(start)[1]


def a_year_from(start: date) -> date:
    """The last day of the year that begins on a day."""
    leap_day = (start.month, start.day) == (2, 29)
    return start.replace(year=start.year + 1, day=28 if leap_day else start.day) - (
        timedelta(0) if leap_day else ONE_DAY
    )
