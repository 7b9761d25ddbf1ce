"""Where time of which only the length is known is put on a day, and times of day as instants.

What is placed always starts at a minute that exists: elapsed minutes are counted, whatever the clocks do.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.rules.days import first_instant, local_date
from models.rules.local_times import resolve_local, with_offset
from models.rules.overlap import Span
from models.rules.typed_hours import ClockRange

USUAL = time(9)
"""When a day begins for somebody of whom nothing is known."""

ONE_DAY = timedelta(days=1)


class NoRoom(ValueError):
    """The last entry of the day ends on a later one, so nothing can be put after it."""

    def __init__(self, end: datetime) -> None:
        super().__init__(
            f"The entry before it ends at {end:%H:%M} on {end:%A}, so nothing fits after it on this day. "
            "Type from when to when, such as 9-17:30."
        )
        self.end = end


def usual_start(starts: Iterable[datetime], zone: ZoneInfo) -> time:
    """The time of day at which somebody's days most often begin, the earlier of two; `USUAL` if there are none.

    `starts` are the instants at which entries began, in any order.
    """
    first: dict[date, datetime] = {}
    for start in starts:
        day = local_date(start, zone)
        first[day] = min(start, first.get(day, start))
    clocks = Counter(start.astimezone(zone).time().replace(second=0, microsecond=0) for start in first.values())
    return min(clocks, key=lambda clock: (-clocks[clock], clock), default=USUAL)


def place(day: date, minutes: int, taken: Iterable[Span], usual: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where `minutes` go on a local day: after its last entry that has ended, else at the usual time.

    `taken` is the time of the entries near the day, and an entry of the day before may reach into it. What
    still runs is no place to put anything after. Raises `NoRoom`.
    """
    ended = [(local_date(span.start, zone), span.end) for span in taken if span.end is not None]
    todays = [end for began, end in ended if began == day]
    before = [end for began, end in ended if began < day]
    start = max([*(todays or [first_instant(day, usual, zone)]), *before])
    if local_date(start, zone) > day:
        raise NoRoom(start.astimezone(zone))
    return _shown(start, zone), _shown(start + timedelta(minutes=minutes), zone)


def times_on(day: date, typed: ClockRange, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants that two times of day mean on a local day. Raises `SkippedTime` or `RepeatedTime`."""
    end_day = day + ONE_DAY if typed.ends_next_day else day
    return resolve_local(day, typed.start, zone), resolve_local(end_day, typed.end, zone)


def moved_by(moment: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The same time of day some days later; where the clocks skip it, the next minute that there is.

    Of a time that happens twice it is the first.
    """
    shown = moment.astimezone(zone)
    return _shown(first_instant(shown.date() + days, shown.time(), zone), zone)


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return with_offset(instant.astimezone(zone))
