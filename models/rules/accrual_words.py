"""How the value of a contribution comes about, in words: for whoever asks why a balance is what it is.

The words are made from the same segments and by the same questions as the rules themselves, so that they
never tell another story than the number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.rules.accrual_types import ACCRUAL_TITLES, AccrualCode
from models.rules.accruals import (
    ENOUGH_OF_A_NIGHT,
    EntryForAccrual,
    LocalCalendar,
    contributions,
    is_weekend,
    night_parts,
    on_call_code,
)
from models.rules.days import ONE_DAY, ONE_MINUTE, Segment, split_by_local_day, take_off_meal_break

NameOf = Callable[[date], str | None]
"""What a public holiday of the person's place is called; None for a day that is none."""

MOST_PARTS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What an entry contributes by the rules, and how that comes about, a sentence each."""

    value: int
    """Minutes or a count."""
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """An entry that has ended, and what is asked of it."""

    entry: EntryForAccrual
    end: datetime
    calendar: LocalCalendar
    name_of: NameOf
    code: AccrualCode
    day: date
    whole: tuple[Segment, ...]
    """By local day, with all the elapsed minutes."""
    rested: tuple[Segment, ...]
    """The same less the meal break."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the days are counted."""
        return self.entry.zone

    @property
    def part(self) -> Segment | None:
        """What is left of the day that is asked about; None when nothing of the entry falls on it."""
        return next((each for each in self.rested if each.day == self.day), None)


def reckoned(
    entry: EntryForAccrual, calendar: LocalCalendar, name_of: NameOf, code: AccrualCode, day: date
) -> Reckoned:
    """What an entry contributes to one accrual type on one local day, and why.

    Raises what `contributions` raises.
    """
    value = contributions(entry, calendar).get((code, day), 0)
    if entry.deleted:
        return Reckoned(value, ("This version removes the entry, so it counts nothing.",))
    if entry.end is None:
        return Reckoned(value, ("It is still running and counts once it has ended.",))
    if code not in entry.feeds:
        return Reckoned(value, ("Its type does not count to this balance.",))
    whole = split_by_local_day(entry.start, entry.end, entry.zone)
    rested = take_off_meal_break(whole, entry.meal_break_minutes)
    return Reckoned(value, _WORDS[code](_Case(entry, entry.end, calendar, name_of, code, day, whole, rested)))


def flex_words(kind: str, authorised_by: str) -> tuple[str, ...]:
    """Why a flex change uses a credit; `kind` is its type as people call it."""
    return (
        f"{kind} at short notice, authorised by {authorised_by}.",
        "The change itself uses 1 credit, on the local day the shift starts after it, whatever becomes of the shift.",
    )


def day_words(day: date) -> str:
    """Monday 16 November"""
    return f"{day:%A} {day.day} {day:%B}"


def _target(case: _Case) -> tuple[str, ...]:
    part = case.part
    return (*_time(case), f"All {part.minutes} min of {day_words(case.day)} count." if part else _elsewhere(case))


def _night(case: _Case) -> tuple[str, ...]:
    part = case.part
    if part is None:
        return (*_time(case), _elsewhere(case))
    before, after = night_parts(part, case.zone)
    named = [f"{before} min before 06:00"] * bool(before) + [f"{after} min from 23:00"] * bool(after)
    found = " and ".join(named) or "none of it"
    limit = f" No more counts than the meal break leaves of the day, {part.minutes} min."
    return (
        *_time(case),
        f"Night is 23:00–06:00; on {day_words(case.day)} that is {found}."
        + (limit if before + after > part.minutes else ""),
    )


def _weekend(case: _Case) -> tuple[str, ...]:
    part = case.part
    if part is None:
        return (*_time(case), _elsewhere(case))
    if not is_weekend(case.day):
        return (*_time(case), f"{day_words(case.day)} is not at a weekend, so nothing counts.")
    return (*_time(case), f"{day_words(case.day)} is at a weekend: all {part.minutes} min count.")


def _public_holiday(case: _Case) -> tuple[str, ...]:
    part, name = case.part, case.name_of(case.day)
    if part is None:
        return (*_time(case), _elsewhere(case))
    if name is None:
        return (*_time(case), f"{day_words(case.day)} is no public holiday there, so nothing counts.")
    return (*_time(case), f"{day_words(case.day)} is a public holiday, {name}: all {part.minutes} min count.")


def _holiday_credit(case: _Case) -> tuple[str, ...]:
    name = case.name_of(case.day)
    if case.part is None:
        return (_elsewhere(case),)
    if name is None:
        return (f"{day_words(case.day)} is no public holiday there, so the rest day uses nothing.",)
    return (
        f"A scheduled rest day on a public holiday, {name}, {day_words(case.day)}.",
        f"It uses a standard day of the agreement, {case.calendar.standard_day(case.day)} min.",
    )


def _on_call(case: _Case) -> tuple[str, ...]:
    if not case.whole:
        return ("It has no length, so it counts nothing.",)
    day = case.whole[0].day
    found, name = on_call_code(day, case.calendar.public_holidays), case.name_of(day)
    kind = {
        AccrualCode.ON_CALL_PUBLIC_HOLIDAY: f"a public holiday, {name}, which comes before weekend and weekday",
        AccrualCode.ON_CALL_WEEKEND: "at a weekend and no public holiday",
        AccrualCode.ON_CALL_WEEKDAY: "a weekday and no public holiday",
    }[found]
    counts = (
        "It counts once." if found is case.code else f"It counts as “{ACCRUAL_TITLES[found].lower()}”, so not here."
    )
    return (
        f"On call {_clocks(case)}; the local day it starts on decides.",
        f"{day_words(day)} is {kind}. {counts}",
    )


def _flexible(_case: _Case) -> tuple[str, ...]:
    return ("It is not the time that uses a credit but the change of it at short notice.",)


def _rostered(case: _Case) -> tuple[str, ...]:
    nights: dict[date, list[int]] = {}
    for part in case.rested:
        for night, minutes in zip((part.day - ONE_DAY, part.day), night_parts(part, case.zone), strict=True):
            nights.setdefault(night, []).append(min(part.minutes, minutes))
    if not nights:
        return ("It has no length, so it counts nothing.",)
    longest = max(nights, key=lambda night: sum(nights[night]))
    minutes = sum(nights[longest])
    summed = _summed([each for each in nights[longest] if each])
    enough = minutes >= ENOUGH_OF_A_NIGHT
    first = day_words(case.rested[0].day)
    return (
        *_time(case),
        f"The night of {day_words(longest)}, 23:00–06:00, holds {summed} min of it; "
        + (
            f"{ENOUGH_OF_A_NIGHT} or more in one night earn 1 allowance, on the day the shift starts, {first}."
            if enough
            else f"it takes {ENOUGH_OF_A_NIGHT} in one night, so nothing counts."
        ),
    )


_WORDS: Mapping[AccrualCode, Callable[[_Case], tuple[str, ...]]] = {
    AccrualCode.ANNUAL_TARGET_HOURS: _target,
    AccrualCode.NIGHT_HOURS: _night,
    AccrualCode.WEEKEND_HOURS: _weekend,
    AccrualCode.PUBLIC_HOLIDAY_HOURS: _public_holiday,
    AccrualCode.PUBLIC_HOLIDAY_CREDIT: _holiday_credit,
    AccrualCode.ON_CALL_WEEKDAY: _on_call,
    AccrualCode.ON_CALL_WEEKEND: _on_call,
    AccrualCode.ON_CALL_PUBLIC_HOLIDAY: _on_call,
    AccrualCode.FLEXIBLE_CREDITS: _flexible,
    AccrualCode.ROSTERED_SHIFT_ALLOWANCE: _rostered,
}
"""Every accrual type with how its rule is told."""


def _time(case: _Case) -> tuple[str, ...]:
    """From when to when, how many minutes that is day by day, and what the meal break leaves of them."""
    return (f"{_clocks(case)} is {_parts(case.whole)}.", *_clock_change(case), *_meal_break(case))


def _clocks(case: _Case) -> str:
    """22:00–06:00; a midnight that ends it is 24:00, and days that are far apart are named."""
    start, end = case.entry.start.astimezone(case.zone), case.end.astimezone(case.zone)
    if len(case.whole) > 2:
        return f"{day_words(start)} {start:%H:%M} – {day_words(end)} {end:%H:%M}"
    ends = "24:00" if len(case.whole) == 1 and end.date() > start.date() else f"{end:%H:%M}"
    return f"{start:%H:%M}–{ends}"


def _parts(segments: tuple[Segment, ...]) -> str:
    minutes = [segment.minutes for segment in segments]
    if len(minutes) == 2:
        return f"{minutes[0]} min before midnight and {minutes[1]} after"
    if len(minutes) <= MOST_PARTS_NAMED:
        return f"{_summed(minutes)} min" + (", day by day" if len(minutes) > 1 else "")
    return f"{sum(minutes)} min on {len(minutes)} days"


def _summed(minutes: list[int]) -> str:
    """60 + 360 = 420"""
    if len(minutes) < 2:
        return str(sum(minutes))
    return f"{' + '.join(map(str, minutes))} = {sum(minutes)}"


def _clock_change(case: _Case) -> tuple[str, ...]:
    """That the clocks were changed meanwhile, and what that makes of the minutes they show."""
    start, end = (moment.astimezone(case.zone).replace(tzinfo=None) for moment in (case.entry.start, case.end))
    shown = (end - start) // ONE_MINUTE
    skipped = shown - sum(segment.minutes for segment in case.whole)
    if skipped > 0:
        return (f"The clocks go forward meanwhile, so these are {skipped} min less than they show.",)
    if skipped < 0:
        return (f"The clocks go back meanwhile, so these are {-skipped} min more than they show.",)
    return ()


def _meal_break(case: _Case) -> tuple[str, ...]:
    minutes = case.entry.meal_break_minutes
    if not minutes:
        return ()
    left = _parts(case.rested)
    if len(case.rested) == 1:
        return (f"Less {minutes} min meal break, {left} are left.",)
    return (f"Less {minutes} min meal break, off the longest part first: {left} are left.",)


def _elsewhere(case: _Case) -> str:
    return f"Nothing of it falls on {day_words(case.day)} where the person lives now."
