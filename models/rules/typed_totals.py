"""What administrators type of balances: so many hours of a year, how long a day is, or a count; and how they read it.

Minutes are written as people say them, `1,731 h` or `7:24`, and exactly: what is shown can be typed in again.
"""

import re
from fractions import Fraction

from models.rules.accrual_types import Unit
from models.rules.agreements import MOST_OF_A_TARGET
from models.rules.durations import MINUS
from models.rules.local_times import MINUTES_IN_HOUR

HOURS_CAN_BE_TYPED = "Write hours such as 1,731 h, 7.5 or 7:24."
COUNTS_CAN_BE_TYPED = "Write a whole number such as 12."


class UnreadableTotal(ValueError):
    """What was typed is no number of hours, or no count."""


_SIGN = re.compile(f"([+{MINUS}\N{EN DASH}-]?)\\s*(.*)", re.DOTALL)
_THOUSANDS = re.compile("[0-9]{1,3}(?:[,'’ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][0-9]{3})+(?![0-9])")
_CLOCK_LIKE = re.compile(r"([0-9]{1,7}):([0-5][0-9])\s*h?", re.IGNORECASE)
_DECIMAL = re.compile(r"([0-9]{0,7})(?:[.,]([0-9]{1,4}))?\s*h?", re.IGNORECASE)
_UNITS = re.compile(r"(?:([0-9]{1,7})\s*h)?\s*(?:([0-9]{1,8})\s*m(?:in)?)?", re.IGNORECASE)
_COUNT = re.compile("[0-9]{1,8}")


def parse_total(typed: str, unit: Unit) -> int:
    """Minutes, or a count, with a sign if there is one: `1,731 h`, `1731:30`, `7.5`, `−3 h 20 min`; `12`.

    Raises `UnreadableTotal` with words that say what can be typed.
    """
    found = _SIGN.fullmatch(typed.strip())
    sign, size = (found[1], found[2]) if found else ("", "")
    size = _THOUSANDS.sub(lambda grouped: re.sub("[^0-9]", "", grouped[0]), size, count=1).strip()
    value = _minutes(size) if unit is Unit.MINUTES else _counted(size)
    if value is None:
        can_be_typed = HOURS_CAN_BE_TYPED if unit is Unit.MINUTES else COUNTS_CAN_BE_TYPED
        raise UnreadableTotal(f"“{typed.strip()[:20]}” cannot be read. {can_be_typed}")
    if value > MOST_OF_A_TARGET:
        raise UnreadableTotal(f"That is too much: write at most {total_text(MOST_OF_A_TARGET, unit)}.")
    return -value if sign not in ("", "+") else value


def parse_day_length(typed: str) -> int:
    """How long a day is, in minutes: `7:24`, `7.4 h`, `444 min`; a whole number above 24 is minutes as well.

    Raises `UnreadableTotal`.
    """
    bare = typed.strip()
    if _COUNT.fullmatch(bare) and int(bare) > 24:
        return int(bare)
    try:
        return parse_total(bare, Unit.MINUTES)
    except UnreadableTotal:
        raise UnreadableTotal(f"“{bare[:20]}” cannot be read. Write 7:24, or 444 min.") from None


def total_text(value: int, unit: Unit) -> str:
    """`1,731 h`, `7:24`, `−0:30`; a count with its digits."""
    sign = MINUS if value < 0 else ""
    if unit is Unit.COUNT:
        return f"{sign}{abs(value):,}"
    hours, minutes = divmod(abs(value), MINUTES_IN_HOUR)
    return f"{sign}{hours:,}:{minutes:02}" if minutes else f"{sign}{hours:,} h"


def signed_total_text(value: int, unit: Unit) -> str:
    """The same with a plus above zero: `+1,731 h`, `−2`."""
    return f"{'+' if value > 0 else ''}{total_text(value, unit)}"


def day_length_text(minutes: int) -> str:
    """`7:24`, `8:00`"""
    hours, rest = divmod(minutes, MINUTES_IN_HOUR)
    return f"{hours}:{rest:02}"


def _minutes(typed: str) -> int | None:
    """Whole minutes, the nearest to a decimal fraction of an hour."""
    if found := _CLOCK_LIKE.fullmatch(typed):
        return int(found[1]) * MINUTES_IN_HOUR + int(found[2])
    if (found := _DECIMAL.fullmatch(typed)) and (found[1] or found[2]):
        hours = Fraction(f"{found[1] or 0}.{found[2] or 0}")
        return int(hours * MINUTES_IN_HOUR + Fraction(1, 2))
    if (found := _UNITS.fullmatch(typed)) and (found[1] or found[2]):
        return int(found[1] or 0) * MINUTES_IN_HOUR + int(found[2] or 0)
    return None


def _counted(typed: str) -> int | None:
    return int(typed) if _COUNT.fullmatch(typed) else None
