"""Shifts changed at short notice: of which kind a change is, measured in minutes against what was there before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.rules.days import in_utc, local_date

EXTENDED_BY_MORE_THAN = timedelta(minutes=30)
ALTERED_BY = timedelta(minutes=60)
CURTAILED_BY = timedelta(minutes=120)
NOTHING = timedelta(0)


class FlexType(StrEnum):
    """The kinds of change, by the names that programs know them by."""

    EXTENDED = "extended"
    ALTERED = "altered"
    CURTAILED = "curtailed"
    COMPLETELY_CHANGED = "completelyChanged"


@dataclass(frozen=True, slots=True)
class Shift:
    """When a shift was, or is now: two instants, the end after the start."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ShiftChange:
    """A shift before and after, and whether its owner was to work anyway on the day it is on now."""

    before: Shift
    after: Shift
    zone: ZoneInfo
    """The owner's, whose local days count."""
    was_planned_to_work: bool = False
    """Whether another shift of theirs stands on the day it moved to."""

    @property
    def added_before(self) -> timedelta:
        """Elapsed time from the new start to the former one; below zero when it starts later."""
        return in_utc(self.before.start) - in_utc(self.after.start)

    @property
    def added_after(self) -> timedelta:
        """Elapsed time from the former end to the new one; below zero when it ends earlier."""
        return in_utc(self.after.end) - in_utc(self.before.end)

    @property
    def keeps_its_day(self) -> bool:
        """Whether it still starts on the same local day."""
        return local_date(self.before.start, self.zone) == local_date(self.after.start, self.zone)


def satisfied(change: ShiftChange) -> tuple[FlexType, ...]:
    """Every type that a change is true of, in the order of the table; none for a change that is too small.

    Rule: Flex changes. Raises `NaiveTime` or `OutsideCalendar`.
    """
    if not change.keeps_its_day:
        return () if change.was_planned_to_work else (FlexType.COMPLETELY_CHANGED,)
    return tuple(type_ for type_, holds in _WITHIN_A_DAY.items() if holds(change))


def _extended(change: ShiftChange) -> bool:
    """Nothing was taken away at either end, and in total more than half an hour was added."""
    before, after = change.added_before, change.added_after
    return min(before, after) >= NOTHING and before + after > EXTENDED_BY_MORE_THAN


def _altered(change: ShiftChange) -> bool:
    """An hour or more was added at one end at least; a slide counts by what it adds."""
    return max(change.added_before, change.added_after) >= ALTERED_BY


def _curtailed(change: ShiftChange) -> bool:
    """Two hours or more were taken from the end, and it starts as before."""
    return change.added_before == NOTHING and -change.added_after >= CURTAILED_BY


_WITHIN_A_DAY: dict[FlexType, Callable[[ShiftChange], bool]] = {
    FlexType.EXTENDED: _extended,
    FlexType.ALTERED: _altered,
    FlexType.CURTAILED: _curtailed,
}
