"""Times of day as people type them, and the instants they mean on a date in a time zone.

When clocks go forward some times do not exist, and when they go back some happen twice. Both are said to the
person who typed the time, never guessed.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

from models.rules.days import ONE_DAY, ONE_MINUTE, first_instant, require_calendar

Fold = Literal[0, 1]
"""Which of two times with the same name: 0 for the first, 1 for the second."""

MINUTES_IN_HOUR = 60
HOURS_IN_DAY = 24

_FORMS = (re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?"), re.compile(r"([0-9]{2})([0-9]{2})"))


class UnreadableTime(ValueError):
    """What was typed is not a time of day."""

    def __init__(self, text: str) -> None:
        super().__init__(f"“{text[:20]}” is not a time of day: write it like 9, 9:30, 9.30 or 0930")
        self.text = text


class NotAStart(ValueError):
    """24:00 ends a day; nothing starts then."""

    def __init__(self) -> None:
        super().__init__("24:00 is the end of a day: write a start at midnight as 00:00 of the next day")


class SkippedTime(ValueError):
    """The clocks go forward past this time, so it does not exist.

    `before` and `after` are the last minute before the gap and the first instant after it, with offsets.
    """

    def __init__(self, wall: datetime, before: datetime, after: datetime) -> None:
        super().__init__(
            f"There is no {wall:%H:%M} on {_words(wall)}, when the clocks go forward: "
            f"use {before:%H:%M} or {after:%H:%M}"
        )
        self.before = before
        self.after = after


class RepeatedTime(ValueError):
    """The clocks go back, so this time happens twice.

    `first` and `second` are the two instants with their offsets; ask again with `fold` 0 or 1.
    """

    def __init__(self, first: datetime, second: datetime) -> None:
        super().__init__(
            f"{first:%H:%M} happens twice on {_words(first)}, when the clocks go back: "
            f"choose the first ({first.tzinfo}) or the second ({second.tzinfo})"
        )
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day to the minute, from 00:00 to 24:00, the midnight that ends the day."""

    hour: int
    minute: int = 0

    def on(self, day: date) -> datetime:
        """What the clock on the wall shows, without a zone; 24:00 is 00:00 of the next day."""
        if self.hour == HOURS_IN_DAY:
            return datetime.combine(day + ONE_DAY, time(0))
        return datetime.combine(day, time(self.hour, self.minute))

    def __str__(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"


def parse_clock(text: str, *, as_end: bool = False) -> Clock:
    """The time of day in `text`: `9`, `9:30`, `09.30` or `0930`; for an end also `24:00`.

    Raises `UnreadableTime`, or `NotAStart` for 24:00 as a start.
    """
    matched = next((found for form in _FORMS if (found := form.fullmatch(text.strip()))), None)
    if matched is None:
        raise UnreadableTime(text)
    clock = Clock(int(matched[1]), int(matched[2] or 0))
    if clock == Clock(HOURS_IN_DAY):
        return _only_as_end(clock, as_end)
    if clock.hour >= HOURS_IN_DAY or clock.minute >= MINUTES_IN_HOUR:
        raise UnreadableTime(text)
    return clock


def resolve_local(day: date, clock: Clock, zone: ZoneInfo, fold: Fold | None = None) -> datetime:
    """The instant at which the clocks of `zone` show `clock` on `day`, with the offset they have then.

    The offset is a fixed one, so that differences of such times are elapsed time. `fold` chooses between two
    instants and is ignored where there is only one. Raises `SkippedTime`, `RepeatedTime` without a `fold`,
    or `OutsideCalendar`.
    """
    require_calendar(day)
    wall = clock.on(day)
    first, second = (with_offset(wall.replace(tzinfo=zone, fold=choice)) for choice in (0, 1))
    if first > second:
        raise _skipped(wall, zone)
    if first == second or fold == 0:
        return first
    if fold is None:
        raise RepeatedTime(first, second)
    return second


def _only_as_end(clock: Clock, as_end: bool) -> Clock:
    if not as_end:
        raise NotAStart
    return clock


def _skipped(wall: datetime, zone: ZoneInfo) -> SkippedTime:
    after = first_instant(wall.date(), wall.time(), zone)
    before = after - ONE_MINUTE
    return SkippedTime(wall, with_offset(before.astimezone(zone)), with_offset(after.astimezone(zone)))


def with_offset(moment: datetime) -> datetime:
    """The same moment with the offset that it has, a fixed one, in place of its zone."""
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()), fold=0)


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
