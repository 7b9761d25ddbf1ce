"""What time contributes to each accrual, by local day: one table, a rule for each accrual type.

Adding an accrual type is adding its code, one function and one row. Minutes are elapsed minutes.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import STANDARD_DAY_MINUTES, AgreementContent, agreement_on
from models.rules.days import (
    ONE_DAY,
    Segment,
    first_instant,
    local_date,
    overlap_minutes,
    split_by_local_day,
    take_off_meal_break,
)

NIGHT_ENDS = time(6)
NIGHT_BEGINS = time(23)

ENOUGH_OF_A_NIGHT = 180
"""Minutes of one night that earn the allowance of a rostered shift."""

SATURDAY = 5


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

    @property
    def counts(self) -> bool:
        """Whether it may contribute anything: a removed entry does not, nor one still running."""
        return not self.deleted and self.end is not None and bool(self.feeds)


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """What is special about a person's days: the public holidays of their place, and their agreements."""

    public_holidays: Container[date] = frozenset()
    agreements: tuple[AgreementContent, ...] = ()

    def standard_day(self, day: date) -> int:
        """How many minutes a day of the person has by the agreement that covers it."""
        agreement = agreement_on(day, self.agreements)
        return STANDARD_DAY_MINUTES if agreement is None else agreement.standard_day_minutes


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry that has ended, what it leaves on each local day less its meal break, and the calendar."""

    entry: EntryForAccrual
    segments: tuple[Segment, ...]
    calendar: LocalCalendar


Rule = Callable[[Worked], Mapping[date, int]]
"""Turns what was worked into a value per local day."""

Contributions = dict[tuple[AccrualCode, date], int]

NOTHING_SPECIAL = LocalCalendar()


def contributions(entry: EntryForAccrual, calendar: LocalCalendar = NOTHING_SPECIAL) -> Contributions:
    """What an entry version uses up, by accrual type and local day, without the days on which it is nothing.

    A removed entry and one still running contribute nothing. Only the rules of the types that the entry
    feeds are asked. Rule: How a contribution is computed. Raises `NaiveTime`, `OutsideCalendar` or
    `NegativeMealBreak`.
    """
    if entry.end is None or not entry.counts:
        return {}
    segments = split_by_local_day(entry.start, entry.end, entry.zone)
    worked = Worked(entry, take_off_meal_break(segments, entry.meal_break_minutes), calendar)
    return {
        (code, day): value
        for code in sorted(entry.feeds)
        for day, value in ACCRUAL_RULES[code](worked).items()
        if value
    }


def flex_contributions(changed_start: datetime, zone: ZoneInfo) -> Contributions:
    """What a flex change uses up itself, whatever becomes of its shift: one, on the local day the shift then starts.

    Rule: `FLEXIBLE_CREDITS`. Raises `NaiveTime` or `OutsideCalendar`.
    """
    return {(AccrualCode.FLEXIBLE_CREDITS, local_date(changed_start, zone)): 1}


def counted(found: Contributions, calendar: LocalCalendar) -> Contributions:
    """What falls on days that an agreement covers; on others nothing counts yet."""
    days = {day for _, day in found}
    agreed = {day for day in days if agreement_on(day, calendar.agreements)}
    return found if days == agreed else {(code, day): value for (code, day), value in found.items() if day in agreed}


def annual_target_hours(worked: Worked) -> dict[date, int]:
    """Minutes worked on each day. Rule: `ANNUAL_TARGET_HOURS`."""
    return {segment.day: segment.minutes for segment in worked.segments}


def night_hours(worked: Worked) -> dict[date, int]:
    """Minutes of each day before 06:00 and from 23:00, never more than the meal break left of the day.

    Rule: `NIGHT_HOURS`.
    """
    return {
        segment.day: min(segment.minutes, sum(night_parts(segment, worked.entry.zone))) for segment in worked.segments
    }


def weekend_hours(worked: Worked) -> dict[date, int]:
    """Minutes on Saturdays and Sundays. Rule: `WEEKEND_HOURS`."""
    return {segment.day: segment.minutes for segment in worked.segments if is_weekend(segment.day)}


def public_holiday_hours(worked: Worked) -> dict[date, int]:
    """Minutes on public holidays of the person's place. Rule: `PUBLIC_HOLIDAY_HOURS`."""
    holidays = worked.calendar.public_holidays
    return {segment.day: segment.minutes for segment in worked.segments if segment.day in holidays}


def public_holiday_credit(worked: Worked) -> dict[date, int]:
    """A standard day for a scheduled rest day on a public holiday. Rule: `PUBLIC_HOLIDAY_CREDIT`.

    A rest day is one whole local day; for somebody who has moved to another zone since, the one it mostly lies on.
    """
    if not worked.segments:
        return {}
    day = max(worked.segments, key=lambda segment: segment.end - segment.start).day
    return {day: worked.calendar.standard_day(day)} if day in worked.calendar.public_holidays else {}


def on_call_weekday(worked: Worked) -> dict[date, int]:
    """One for being on call from a day that is neither a public holiday nor of a weekend. Rule: `ON_CALL_WEEKDAY`."""
    return _one_on_call(worked, AccrualCode.ON_CALL_WEEKDAY)


def on_call_weekend(worked: Worked) -> dict[date, int]:
    """One for being on call from a Saturday or Sunday that is no public holiday. Rule: `ON_CALL_WEEKEND`."""
    return _one_on_call(worked, AccrualCode.ON_CALL_WEEKEND)


def on_call_public_holiday(worked: Worked) -> dict[date, int]:
    """One for being on call from a public holiday, whichever day of the week. Rule: `ON_CALL_PUBLIC_HOLIDAY`."""
    return _one_on_call(worked, AccrualCode.ON_CALL_PUBLIC_HOLIDAY)


def flexible_credits(_worked: Worked) -> dict[date, int]:
    """Nothing: it is not the time that uses a credit but the change of it, see `flex_contributions`."""
    return {}


def rostered_shift_allowance(worked: Worked) -> dict[date, int]:
    """One for a shift with at least 180 minutes in one night, on the day it starts. Rule: `ROSTERED_SHIFT_ALLOWANCE`.

    A night runs from 23:00 to 06:00; of either of its days no more counts than the meal break left.
    """
    nights: dict[date, int] = {}
    for segment in worked.segments:
        for night, minutes in zip(
            (segment.day - ONE_DAY, segment.day), night_parts(segment, worked.entry.zone), strict=True
        ):
            nights[night] = nights.get(night, 0) + min(segment.minutes, minutes)
    enough = any(minutes >= ENOUGH_OF_A_NIGHT for minutes in nights.values())
    return {worked.segments[0].day: 1} if enough else {}


ACCRUAL_RULES: Mapping[AccrualCode, Rule] = {
    AccrualCode.ANNUAL_TARGET_HOURS: annual_target_hours,
    AccrualCode.NIGHT_HOURS: night_hours,
    AccrualCode.WEEKEND_HOURS: weekend_hours,
    AccrualCode.PUBLIC_HOLIDAY_HOURS: public_holiday_hours,
    AccrualCode.PUBLIC_HOLIDAY_CREDIT: public_holiday_credit,
    AccrualCode.ON_CALL_WEEKDAY: on_call_weekday,
    AccrualCode.ON_CALL_WEEKEND: on_call_weekend,
    AccrualCode.ON_CALL_PUBLIC_HOLIDAY: on_call_public_holiday,
    AccrualCode.FLEXIBLE_CREDITS: flexible_credits,
    AccrualCode.ROSTERED_SHIFT_ALLOWANCE: rostered_shift_allowance,
}
"""Every accrual type with its rule."""


def night_parts(segment: Segment, zone: ZoneInfo) -> Iterator[int]:
    """The minutes of a segment in the night that ends on its day, and in the one that begins on it."""
    # A segment lies within its day, so that a night's midnight needs no looking at.
    yield overlap_minutes(segment, segment.start, first_instant(segment.day, NIGHT_ENDS, zone))
    yield overlap_minutes(segment, first_instant(segment.day, NIGHT_BEGINS, zone), segment.end)


def is_weekend(day: date) -> bool:
    """Whether a local day is a Saturday or a Sunday."""
    return day.weekday() >= SATURDAY


def _one_on_call(worked: Worked, code: AccrualCode) -> dict[date, int]:
    """One on the day it starts, if that day is of the kind that `code` counts."""
    if not worked.segments:
        return {}
    day = worked.segments[0].day
    return {day: 1} if on_call_code(day, worked.calendar.public_holidays) is code else {}


def on_call_code(day: date, public_holidays: Container[date]) -> AccrualCode:
    """What being on call from a local day counts as: holiday before weekend before weekday."""
    if day in public_holidays:
        return AccrualCode.ON_CALL_PUBLIC_HOLIDAY
    return AccrualCode.ON_CALL_WEEKEND if is_weekend(day) else AccrualCode.ON_CALL_WEEKDAY
