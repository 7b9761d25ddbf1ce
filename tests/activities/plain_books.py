"""Balances reckoned the slow way, minute by minute and day by day, to hold those of the product against.

Nothing here is shared with the rules, the books or the store: only the codes of the accrual types are.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from models.rules.accrual_types import AccrualCode as Code

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HARDLY_ANY_TIME = timedelta(microseconds=1)


@dataclass
class PlainEntry:
    """A time entry as it was said last."""

    type_id: UUID
    start: datetime
    end: datetime | None
    meal_break: int
    week: date
    """The Monday of the timesheet that it stands on."""
    version: int = 1
    confirmed: bool = True
    deleted: bool = False

    def meets(self, start: datetime, end: datetime | None) -> bool:
        """Whether a span and this entry share an instant; what still runs is the instant it began."""
        if self.deleted:
            return False
        inside = self.start < start < (self.end or self.start) or start < self.start < (end or start)
        return inside or start == self.start


@dataclass
class PlainAgreement:
    """From when to when time counts, and for how much."""

    id: UUID
    start: date
    end: date
    standard_day: int = 444
    opening: dict[Code, int] = field(default_factory=dict)
    version: int = 1

    def covers(self, day: date) -> bool:
        return self.start <= day <= self.end

    def meets(self, start: date, end: date) -> bool:
        return self.start <= end and start <= self.end


@dataclass
class PlainPerson:
    """Everything that somebody's balances follow from."""

    zone: str = "Europe/London"
    place: str = "GB-ENG"
    entries: dict[UUID, PlainEntry] = field(default_factory=dict)
    flex_changes: dict[UUID, datetime] = field(default_factory=dict)
    """When the shift began after it."""
    reversed: set[UUID] = field(default_factory=set)
    adjustments: list[tuple[Code, date, int]] = field(default_factory=list)
    agreements: list[PlainAgreement] = field(default_factory=list)

    def live(self) -> list[UUID]:
        return [id_ for id_, entry in self.entries.items() if not entry.deleted]

    def is_agreed(self, day: date) -> bool:
        return any(each.covers(day) for each in self.agreements)


@dataclass
class PlainWorld:
    """What an organisation says of its days and types."""

    feeds: dict[UUID, set[Code]]
    exceptions: dict[tuple[str, date], bool] = field(default_factory=dict)
    """By place and day: a public holiday, or none."""

    def is_holiday(self, place: str, day: date) -> bool:
        return self.exceptions.get((place, day), day in usual_holidays(place))


@dataclass(frozen=True)
class PlainDay:
    """How much of an entry lies on a local day."""

    day: date
    minutes: int
    morning: int
    """Before 06:00."""
    evening: int
    """From 23:00."""


class Standing(NamedTuple):
    """What there should be at the end of a local day."""

    code: Code
    day: date
    total: int
    balance: int


def standings(person: PlainPerson, world: PlainWorld, at_least: Collection[Code] = ()) -> Iterator[Standing]:
    """Every balance of every day that an agreement covers; of types of which nothing happened, only of `at_least`."""
    used = {code: Counter[date]() for code in Code}
    given = {code: Counter[date]() for code in Code}
    for code, day, value in _used(person, world):
        used[code][day] += value
    for code, day, value in person.adjustments:
        given[code][day] += value
    for code in (code for code in Code if used[code] or given[code] or code in at_least):
        for agreement in person.agreements:
            balance = agreement.opening.get(code, 0)
            for day in days(agreement.start, agreement.end):
                balance += given[code].get(day, 0) - used[code].get(day, 0)
                yield Standing(code, day, used[code].get(day, 0), balance)


@lru_cache
def days(first: date, last: date) -> tuple[date, ...]:
    """Both are among them."""
    return tuple(first + number * DAY for number in range((last - first).days + 1))


@lru_cache
def usual_holidays(place: str) -> HolidayBase:
    """The public holidays of a place, as the place itself has them."""
    country, _, part = place.partition("-")
    return country_holidays(country, subdiv=part or None, years=range(2025, 2030))


@lru_cache(maxsize=10_000)
def first_minute(day: date, zone: str) -> datetime:
    """The first minute (UTC) at which the clocks show a day."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    while at.astimezone(ZoneInfo(zone)).date() < day:
        at += MINUTE
    return at


def day_of(instant: datetime, zone: str) -> date:
    """The date that the clocks show."""
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=10_000)
def _reckoned(start: datetime, end: datetime, zone: str) -> tuple[PlainDay, ...]:
    """Each minute of an entry by the clocks of a zone; a minute belongs to the day on which it ends."""
    counts: dict[date, Counter[str]] = {}
    at = start + MINUTE
    while at <= end:
        shown = (at - HARDLY_ANY_TIME).astimezone(ZoneInfo(zone))
        counts.setdefault(shown.date(), Counter()).update(["all", _part(shown.hour)])
        at += MINUTE
    return tuple(PlainDay(day, each["all"], each["morning"], each["evening"]) for day, each in counts.items())


def _part(hour: int) -> str:
    return "morning" if hour < 6 else "evening" if hour == 23 else "day"


def _used(person: PlainPerson, world: PlainWorld) -> Iterator[tuple[Code, date, int]]:
    for entry in person.entries.values():
        if entry.confirmed and not entry.deleted and entry.end:
            for code in world.feeds[entry.type_id]:
                for day, value in _used_by(code, entry, entry.end, person, world).items():
                    yield code, day, value
    for start in person.flex_changes.values():
        yield Code.FLEXIBLE_CREDITS, day_of(start, person.zone), 1


def _used_by(code: Code, entry: PlainEntry, end: datetime, person: PlainPerson, world: PlainWorld) -> dict[date, int]:
    parts = _reckoned(entry.start, end, person.zone)
    left = _less_break(parts, entry.meal_break)
    first, mostly = parts[0].day, max(parts, key=lambda part: part.minutes).day
    holidays = {part.day for part in parts if world.is_holiday(person.place, part.day)}
    match code:
        case Code.ANNUAL_TARGET_HOURS:
            return left
        case Code.NIGHT_HOURS:
            return {part.day: min(left[part.day], part.morning + part.evening) for part in parts}
        case Code.WEEKEND_HOURS:
            return {day: minutes for day, minutes in left.items() if day.isoweekday() in (6, 7)}
        case Code.PUBLIC_HOLIDAY_HOURS:
            return {day: minutes for day, minutes in left.items() if day in holidays}
        case Code.PUBLIC_HOLIDAY_CREDIT:
            return {mostly: _standard_day(person, mostly)} if mostly in holidays else {}
        case Code.ON_CALL_PUBLIC_HOLIDAY:
            return {first: int(first in holidays)}
        case Code.ON_CALL_WEEKEND:
            return {first: int(first not in holidays and first.isoweekday() in (6, 7))}
        case Code.ON_CALL_WEEKDAY:
            return {first: int(first not in holidays and first.isoweekday() < 6)}
        case Code.ROSTERED_SHIFT_ALLOWANCE:
            return {first: int(_longest_night(parts, left) >= 180)}
        case Code.FLEXIBLE_CREDITS:
            return {}


def _less_break(parts: tuple[PlainDay, ...], meal_break: int) -> dict[date, int]:
    left = {part.day: part.minutes for part in parts}
    for part in sorted(parts, key=lambda part: (-part.minutes, part.day)):
        taken = min(meal_break, part.minutes)
        left[part.day] -= taken
        meal_break -= taken
    return left


def _longest_night(parts: tuple[PlainDay, ...], left: dict[date, int]) -> int:
    """The most minutes of one night, which begins in the evening of a day and ends in the morning of the next."""
    nights = Counter[date]()
    for part in parts:
        nights[part.day - DAY] += min(left[part.day], part.morning)
        nights[part.day] += min(left[part.day], part.evening)
    return max(nights.values())


def _standard_day(person: PlainPerson, day: date) -> int:
    return next((each.standard_day for each in person.agreements if each.covers(day)), 444)
