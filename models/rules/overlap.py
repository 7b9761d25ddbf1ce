"""Two live entries of one owner never overlap, and an entry ends after it starts.

Intervals are half open, so touching is fine. The database holds the same rule as an exclusion constraint, for
the races that a look beforehand cannot see: an entry that has ended is `[start, end)` there, and one still
running is `[start, start]`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.rules.days import in_utc

END_NOT_AFTER_START = "End time must be after start time"
MUST_NOT_OVERLAP = "Time periods must not overlap with another time period"


class TimeField(StrEnum):
    """The field of an entry that a refusal is about."""

    START = "startTime"
    END = "endTime"
    BOTH = "startAndEndTime"


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another, or still running. Aware datetimes of any zone, kept in UTC.

    Raises `NaiveTime` or `OutsideCalendar`.
    """

    start: datetime
    end: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", in_utc(self.start))
        object.__setattr__(self, "end", None if self.end is None else in_utc(self.end))


@dataclass(frozen=True, slots=True)
class ExistingSpan(Span):
    """The time of another live entry of the same owner, with its type to tell people which one it is."""

    time_period_type_id: UUID


@dataclass(frozen=True, slots=True)
class Clash:
    """Why an entry cannot have the time it was given: which field, in which words, against which entries."""

    field: TimeField
    message: str
    entries: tuple[ExistingSpan, ...] = ()


def find_clash(new: Span, existing: Iterable[ExistingSpan]) -> Clash | None:
    """What is wrong with the time of a new entry beside the owner's other live entries, or None.

    `existing` must leave out the entry's own former version. The clashing entries keep their order.
    Rule: Overlap.
    """
    if new.end is not None and new.end <= new.start:
        return Clash(TimeField.END, END_NOT_AFTER_START)
    clashing = tuple(other for other in existing if overlaps(new, other))
    return Clash(_field(new, clashing), MUST_NOT_OVERLAP, clashing) if clashing else None


def overlaps(new: Span, other: Span) -> bool:
    """Whether two spans share an instant, one still running counting as the instant it started."""
    return _starts_within(new, other) or (new.start <= other.start and _before_end(other.start, new))


def _field(new: Span, clashing: Iterable[Span]) -> TimeField:
    start = any(_starts_within(new, other) for other in clashing)
    end = any(_ends_within(new, other) for other in clashing)
    if start == end:
        return TimeField.BOTH
    return TimeField.START if start else TimeField.END


def _starts_within(new: Span, other: Span) -> bool:
    return new.start == other.start or (other.start <= new.start and _before_end(new.start, other))


def _ends_within(new: Span, other: Span) -> bool:
    if new.end is None or other.end is None:
        return False
    return other.start < new.end <= other.end or new.start <= other.start < new.end


def _before_end(instant: datetime, span: Span) -> bool:
    return span.end is not None and instant < span.end
