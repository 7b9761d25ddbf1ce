"""Local days: where they begin and end, and how a period of time falls onto them.

Instants are aware datetimes; whatever is returned is in UTC. They are compared and subtracted in UTC only,
because Python compares two datetimes of one zone by the clock on the wall, which is wrong on the days when
clocks change.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)


class NaiveTime(ValueError):
    """A time without an offset names no instant."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(f"{moment.isoformat()} has no offset: write it with one, such as +00:00")
        self.moment = moment


class OutsideCalendar(ValueError):
    """The first and the last year of the calendar have no room for time zones and weeks around them."""

    def __init__(self, day: date) -> None:
        super().__init__(f"The year {day.year} is too far away: use one between {MINYEAR + 1} and {MAXYEAR - 1}")
        self.day = day


class NegativeMealBreak(ValueError):
    """A meal break takes no time or some, never less than none."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"A meal break of {minutes} minutes is not possible: use 0 or more")
        self.minutes = minutes


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a period that falls on one local day; `start` and `end` are instants in UTC."""

    day: date
    start: datetime
    end: datetime
    minutes: int
    """Elapsed minutes that count: those between `start` and `end`, less the meal break taken off here."""


def require_calendar(day: date) -> None:
    """Refuse a date or time in a year that cannot be computed with. Raises `OutsideCalendar`."""
    if not MINYEAR < day.year < MAXYEAR:
        raise OutsideCalendar(day)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises `NaiveTime` or `OutsideCalendar`."""
    if instant.utcoffset() is None:
        raise NaiveTime(instant)
    require_calendar(instant)
    return instant.astimezone(UTC)


# The same few edges of days are asked for again and again when a year is counted through.
@lru_cache(maxsize=10_000)
def first_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the clocks of `zone` show `clock` on `day`, or have passed it.

    When the clocks show it twice this is the first time; when they skip it, the instant of the skip.
    Raises `OutsideCalendar`.
    """
    require_calendar(day)
    wall = datetime.combine(day, clock)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first if first <= second else _end_of_gap(wall, zone, second, first)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants (UTC) at which a local day begins and the next one begins.

    They are equal for a day that the zone left out altogether. Raises `OutsideCalendar`.
    """
    return first_instant(day, MIDNIGHT, zone), first_instant(day + ONE_DAY, MIDNIGHT, zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The local day that `instant` belongs to, always the one whose `day_bounds` hold it.

    Rule: Which sheet. Raises `NaiveTime` or `OutsideCalendar`.
    """
    at = in_utc(instant)
    shown = at.astimezone(zone).date()
    # Clocks set back across midnight show the old date again although the next day has begun: it goes on.
    return shown if at < day_bounds(shown, zone)[1] else shown + ONE_DAY


def split_by_local_day(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[Segment, ...]:
    """The segments of `[start, end)` by local day of `zone`, in order; none when `end` is not after `start`.

    Minutes are elapsed ones. What is not a whole minute is carried from a day to the next, so that the
    minutes of the segments add up to the whole minutes between `start` and `end`.
    Rule: How a contribution is computed, steps 1 and 2. Raises `NaiveTime` or `OutsideCalendar`.
    """
    began = in_utc(start)
    return tuple(
        Segment(day, at, until, _minutes(began, until) - _minutes(began, at))
        for day, at, until in _days_between(began, in_utc(end), zone)
    )


def take_off_meal_break(segments: Iterable[Segment], minutes: int) -> tuple[Segment, ...]:
    """The segments with a meal break of `minutes` off the longest, then the next longest, and so on.

    Of two equally long ones the earlier gives first. No segment goes below zero, and the order is kept.
    Rule: How a contribution is computed, step 3. Raises `NegativeMealBreak`.
    """
    if minutes < 0:
        raise NegativeMealBreak(minutes)
    if minutes == 0:
        return tuple(segments)
    rested = {segment.start: segment for segment in segments}
    for segment in sorted(rested.values(), key=lambda segment: (-segment.minutes, segment.start)):
        taken = min(minutes, segment.minutes)
        if taken == 0:
            break
        rested[segment.start] = replace(segment, minutes=segment.minutes - taken)
        minutes -= taken
    return tuple(rested.values())


def overlap_minutes(segment: Segment, start: datetime, end: datetime) -> int:
    """Whole elapsed minutes that a segment shares with `[start, end)`, both in UTC; 0 when they are apart."""
    return max(0, _minutes(max(segment.start, start), min(segment.end, end)))


def _end_of_gap(wall: datetime, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    def has_passed(seconds: int) -> bool:
        return (before + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None) >= wall

    seconds = range((after - before) // timedelta(seconds=1))
    return before + timedelta(seconds=bisect_left(seconds, True, key=has_passed))


def _days_between(at: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    while at < end:
        day = local_date(at, zone)
        until = min(end, day_bounds(day, zone)[1])
        yield day, at, until
        at = until


def _minutes(start: datetime, end: datetime) -> int:
    return (end - start) // ONE_MINUTE
