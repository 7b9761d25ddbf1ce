"""A person's books: what all their recorded time contributes, and every balance that follows, from nothing else."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import (
    Contributions,
    EntryForAccrual,
    LocalCalendar,
    contributions,
    counted,
    flex_contributions,
)
from models.rules.agreements import AgreementContent, agreement_on
from models.rules.balances import DayBalance, Sums, balances_of, summed

At = tuple[AccrualCode, date]


@dataclass(frozen=True, slots=True)
class Source:
    """What contributes: the version of an entry that is effective, or the flex change that made a version."""

    entry_id: UUID
    version: int
    flex_change_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything of a person that balances follow from."""

    zone: ZoneInfo
    calendar: LocalCalendar
    entries: Mapping[Source, EntryForAccrual]
    """The live and confirmed ones; their zone is that of the person."""
    flex_changes: Mapping[Source, datetime]
    """When the shift then started; an instant."""
    adjustments: Sums


@dataclass(frozen=True, slots=True)
class Books:
    """What there should be: contributions of each source, and balances on the days something happened."""

    contributions: Mapping[Source, Contributions]
    balances: Mapping[At, DayBalance]


def books_of(recorded: Recorded) -> Books:
    """The books of a person, folded from what is recorded."""
    calendar = recorded.calendar
    found = {source: counted(contributions(entry, calendar), calendar) for source, entry in recorded.entries.items()}
    for source, start in recorded.flex_changes.items():
        found[source] = counted(flex_contributions(start, recorded.zone), calendar)
    used = summed(found.values())
    return Books(found, balances_of(calendar.agreements, used, recorded.adjustments))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change would do to the balance of one accrual type at the end of an agreement."""

    code: AccrualCode
    day: date
    before: int | None
    after: int | None
    """None: no agreement is in force on this day."""

    @property
    def json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"type": self.code.value, "date": self.day.isoformat(), "before": self.before, "after": self.after}


class Balances:
    """The balances of a person on any day, from those of the days on which something happened."""

    def __init__(self, agreements: Iterable[AgreementContent], days: Mapping[At, DayBalance]) -> None:
        self.agreements = tuple(agreements)
        self._stored = days
        self._days: dict[AccrualCode, list[date]] = {}
        for code, day in sorted(days):
            self._days.setdefault(code, []).append(day)

    def on(self, code: AccrualCode, day: date) -> int | None:
        """What remains at the end of a local day; None where no agreement is in force."""
        agreement = agreement_on(day, self.agreements)
        if agreement is None:
            return None
        days = self._days.get(code, [])
        place = bisect_right(days, day)
        if place and agreement.covers(days[place - 1]):
            return self._stored[code, days[place - 1]].balance
        return agreement.opening(code)


def wrong_balances(
    books: Books, agreements: Iterable[AgreementContent], stored: Mapping[At, DayBalance]
) -> dict[At, DayBalance | None]:
    """What should be stored instead of what is, by accrual type and day; None: nothing.

    A day on which nothing happens any more may be stored as long as it has the balance of the day before it.
    """
    right = Balances(agreements, books.balances)
    wrong: dict[At, DayBalance | None] = {
        at: balance for at, balance in books.balances.items() if stored.get(at) != balance
    }
    for at, found in stored.items():
        if at not in books.balances and (found.total, found.balance) != (0, right.on(*at)):
            wrong[at] = None
    return wrong


def differences(before: Balances, after: Balances) -> list[Difference]:
    """What differs on the last days of agreements, in their order and that of the accrual types."""
    ends = sorted({each.end_date for each in (*before.agreements, *after.agreements)})
    found = (Difference(code, day, before.on(code, day), after.on(code, day)) for day in ends for code in AccrualCode)
    return [each for each in found if each.before != each.after]
