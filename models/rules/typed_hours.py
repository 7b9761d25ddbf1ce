"""What one may type into a cell of the week's grid: how long something took, or from when to when.

A duration says nothing about when; `placing` finds a time for it.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from models.rules.local_times import MINUTES_IN_HOUR, Clock, NotAStart, UnreadableTime, parse_clock

LONGEST = 24 * MINUTES_IN_HOUR
"""Minutes of a day: a cell is about one day, and more is a slip of the keyboard."""

CAN_BE_TYPED = "Type hours such as 7.5, 7:30 or 7h 30m, or times such as 9-17:30."


class UnreadableHours(ValueError):
    """What was typed is neither a duration nor a range of times."""


@dataclass(frozen=True, slots=True)
class Duration:
    """So many minutes of work, at no particular time."""

    minutes: int


@dataclass(frozen=True, slots=True)
class ClockRange:
    """From one time of day to another; an end before the start is on the next day."""

    start: Clock
    end: Clock

    @property
    def ends_next_day(self) -> bool:
        """Whether midnight lies between the two."""
        return (self.end.hour, self.end.minute) < (self.start.hour, self.start.minute)


Hours = Duration | ClockRange

_DECIMAL = re.compile(r"([0-9]{0,4})(?:[.,]([0-9]{1,4}))?\s*h?", re.IGNORECASE)
_CLOCK_LIKE = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_UNITS = re.compile(r"(?:([0-9]{1,2})\s*h)?\s*(?:([0-9]{1,4})\s*m(?:in)?)?", re.IGNORECASE)
_HOURS_AND_REST = re.compile(r"([0-9]{1,2})\s*h\s*([0-5]?[0-9])", re.IGNORECASE)
_DASH = re.compile("\\s*[-\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}]\\s*")


def parse_hours(text: str) -> Hours | None:
    """What was typed into a cell; None for nothing, which is also what 0 and a lone dash are.

    Durations: `7.5`, `7,5`, `7:30`, `7h 30m`, `7h`, `30m`. Ranges: `0900-1730`, `9:00 – 17:30`, `9-17`.
    Raises `UnreadableHours` with words that say what can be typed.
    """
    typed = text.strip()
    if not typed or _DASH.fullmatch(typed):
        return None
    ends = _DASH.split(typed)
    if len(ends) == 2:
        return _range(typed, *ends)
    minutes = _minutes(typed)
    if minutes is None:
        raise UnreadableHours(f"“{typed[:20]}” cannot be read. {CAN_BE_TYPED}")
    if minutes > LONGEST:
        raise UnreadableHours(f"A day has 24 hours, and “{typed[:20]}” is more. For minutes, write 30m.")
    return Duration(minutes) if minutes else None


def _minutes(typed: str) -> int | None:
    """Whole minutes, the nearest to a decimal fraction of an hour."""
    if found := _CLOCK_LIKE.fullmatch(typed) or _HOURS_AND_REST.fullmatch(typed):
        return int(found[1]) * MINUTES_IN_HOUR + int(found[2])
    if (found := _DECIMAL.fullmatch(typed)) and (found[1] or found[2]):
        hours = Fraction(f"{found[1] or 0}.{found[2] or 0}")
        return int(hours * MINUTES_IN_HOUR + Fraction(1, 2))
    if (found := _UNITS.fullmatch(typed)) and (found[1] or found[2]):
        return int(found[1] or 0) * MINUTES_IN_HOUR + int(found[2] or 0)
    return None


def _range(typed: str, start: str, end: str) -> ClockRange:
    try:
        found = ClockRange(parse_clock(start), parse_clock(end, as_end=True))
    except UnreadableTime as error:
        raise UnreadableHours(f"“{typed[:20]}” cannot be read. {CAN_BE_TYPED}") from error
    except NotAStart as error:
        raise UnreadableHours(str(error)) from error
    if found.start == found.end:
        raise UnreadableHours(f"“{typed[:20]}” takes no time: the end must be after the start.")
    return found
