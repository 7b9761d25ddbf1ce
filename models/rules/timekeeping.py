"""The arithmetic of strict timekeeping: work ahead of time, days that are not accounted for, and what needs a reason.

Instants are aware datetimes, days are the owner's local ones, amounts whole minutes.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.rules.date_words import day_long
from models.rules.durations import hours_text

CLOCKS_DIFFER = timedelta(minutes=1)
"""Times are typed to the minute, and no two machines agree on the second."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not accounted for on one day."""

    day: date
    minutes: int

    @property
    def words(self) -> str:
        """Tuesday 3 November (7.40 h)"""
        return f"{day_long(self.day)} ({hours_text(self.minutes)} h)"


@dataclass(frozen=True, slots=True)
class Accounted:
    """What one entry accounts for."""

    day: date
    """The one it starts on."""
    minutes: int
    is_whole_day: bool = False
    """An absence or a day off: then the whole of what was planned."""


@dataclass(frozen=True, slots=True)
class ActAnswer:
    """What the owner of the time says to one act of somebody else; `at` None: nothing yet."""

    at: datetime | None = None
    is_disputed: bool = False


def ahead(start: datetime, end: datetime | None, now: datetime) -> str | None:
    """Which field of an entry on a project is later than now, if one is: `startTime` or `endTime`."""
    latest = now + CLOCKS_DIFFER
    if start > latest:
        return "startTime"
    return "endTime" if end is not None and end > latest else None


def unaccounted(
    plan: Mapping[date, int], public_holidays: Container[date], entries: Iterable[Accounted]
) -> tuple[Missing, ...]:
    """The days on which less than planned is accounted for, in order. `plan` is minutes by working day.

    What was worked beyond the plan of a day accounts for no other day.
    """
    left = {day: minutes for day, minutes in plan.items() if minutes > 0 and day not in public_holidays}
    for entry in entries:
        if entry.day in left:
            left[entry.day] = 0 if entry.is_whole_day else left[entry.day] - entry.minutes
    return tuple(Missing(day, minutes) for day, minutes in sorted(left.items()) if minutes > 0)


def in_words(missing: Collection[Missing]) -> str:
    """What is missing, and what to do about it."""
    days = "; ".join(each.words for each in missing)
    which = "One working day is" if len(missing) == 1 else f"{len(missing)} working days are"
    return f"{which} not accounted for: {days}. Record the work, the absence or the leave, then submit."


def is_correction(*, was_confirmed: bool, was_running: bool, only_ends: bool = False) -> bool:
    """Whether a change of a saved entry corrects what was said before.

    Confirming or changing a planned shift says it for the first time, and so does ending what runs.
    """
    return was_confirmed and not (was_running and only_ends)


def holds_back_submission(answers: Iterable[ActAnswer]) -> bool:
    """Whether the owner has something to answer before they certify."""
    return any(answer.at is None for answer in answers)


HELD = {
    "unanswered": "{} has not said yet whether what others did in their place is right. It can be approved once they "
    "have.",
    "disputed": "{} disputes what somebody else did in their place. Reject it, so that they can put it right and "
    "certify it anew.",
}
"""Why it cannot be approved, with the owner's name."""


def holds_back_approval(answers: Iterable[ActAnswer], submitted_at: datetime, by_owner: bool) -> str | None:
    """Why it cannot be approved: `unanswered` or `disputed`; None: nothing is in the way.

    Who certifies a timesheet themselves after they disputed something says that it is right now.
    """
    found = list(answers)
    if holds_back_submission(found):
        return "unanswered"
    settled = submitted_at if by_owner else None
    disputed = [answer.at for answer in found if answer.is_disputed and answer.at is not None]
    return "disputed" if any(settled is None or at > settled for at in disputed) else None
