"""What a time entry contributes to each accrual, by local day: one table, a row for each accrual type.

Adding an accrual type is adding its code, one function and one row. Minutes are elapsed minutes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from models.rules.days import (
    Segment,
    day_bounds,
    first_instant,
    overlap_minutes,
    split_by_local_day,
    take_off_meal_break,
)

NIGHT_ENDS = time(6)
NIGHT_BEGINS = time(23)


class AccrualCode(StrEnum):
    """The accrual types, by the code that programs know them by."""

    ANNUAL_TARGET_HOURS = "ANNUAL_TARGET_HOURS"
    NIGHT_HOURS = "NIGHT_HOURS"


class Unit(StrEnum):
    """What the balances of an accrual type count."""

    MINUTES = "minutes"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class EntryForAccrual:
    """What the rules need to know of one version of a time entry; `start` and `end` are aware datetimes."""

    feeds: frozenset[AccrualCode]
    """The accrual types that the entry's time period type says it feeds."""
    start: datetime
    end: datetime | None
    zone: ZoneInfo
    """The time zone of the person, whose local days the minutes fall on."""
    meal_break_minutes: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """What is special about the days at a person's place."""

    public_holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry that has ended, what it leaves on each local day less its meal break, and the calendar."""

    entry: EntryForAccrual
    segments: tuple[Segment, ...]
    calendar: LocalCalendar


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: how an accrual type is known and shown, and how it is computed."""

    id: UUID
    title: str
    unit: Unit
    per_day: Callable[[Worked], Mapping[date, int]]


Contributions = dict[tuple[AccrualCode, date], int]

NOTHING_SPECIAL = LocalCalendar()


def contributions(entry: EntryForAccrual, calendar: LocalCalendar = NOTHING_SPECIAL) -> Contributions:
    """What an entry version uses up, by accrual type and local day, without the days on which it is nothing.

    A removed entry and one still running contribute nothing. Only the rules of the types that the entry
    feeds are asked. Rule: How a contribution is computed. Raises `NaiveTime`, `OutsideCalendar` or
    `NegativeMealBreak`.
    """
    if entry.deleted or entry.end is None:
        return {}
    segments = split_by_local_day(entry.start, entry.end, entry.zone)
    worked = Worked(entry, take_off_meal_break(segments, entry.meal_break_minutes), calendar)
    return {
        (code, day): value
        for code in sorted(entry.feeds)
        for day, value in ACCRUAL_RULES[code].per_day(worked).items()
        if value
    }


def annual_target_hours(worked: Worked) -> dict[date, int]:
    """Minutes worked on each day. Rule: `ANNUAL_TARGET_HOURS`."""
    return {segment.day: segment.minutes for segment in worked.segments}


def night_hours(worked: Worked) -> dict[date, int]:
    """Minutes of each day before 06:00 and from 23:00, never more than the meal break left of the day.

    Rule: `NIGHT_HOURS`.
    """
    return {
        segment.day: min(segment.minutes, _night_minutes(segment, worked.entry.zone)) for segment in worked.segments
    }


ACCRUAL_RULES: dict[AccrualCode, Rule] = {
    AccrualCode.ANNUAL_TARGET_HOURS: Rule(
        UUID("e502eebb-4663-4e5b-9445-9a20441c18d9"), "Annual target hours", Unit.MINUTES, annual_target_hours
    ),
    AccrualCode.NIGHT_HOURS: Rule(
        UUID("5f06e6ce-1422-4a0c-89dd-f4952e735202"), "Night hours", Unit.MINUTES, night_hours
    ),
}
"""Every accrual type with its rule."""

ACCRUAL_TYPE_IDS: dict[AccrualCode, UUID] = {code: rule.id for code, rule in ACCRUAL_RULES.items()}
"""The ids that the accrual types are stored and published under."""


def _night_minutes(segment: Segment, zone: ZoneInfo) -> int:
    return sum(overlap_minutes(segment, start, end) for start, end in _nights(segment.day, zone))


def _nights(day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    midnight, next_midnight = day_bounds(day, zone)
    yield midnight, first_instant(day, NIGHT_ENDS, zone)
    yield first_instant(day, NIGHT_BEGINS, zone), next_midnight
