"""Balances as arithmetic: the reference that the stored balances must always agree with.

A balance is what remains, in the unit of its accrual type (minutes or a count). What time contributes
uses it up; an adjustment above zero raises it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent

Sums = Mapping[tuple[AccrualCode, date], int]
"""By accrual type and local day: minutes or counts."""


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """What one version of a time entry contributes; a removed entry's last version contributes nothing."""

    entry_id: UUID
    version: int
    contributions: Sums


@dataclass(frozen=True, slots=True)
class DayBalance:
    """One day of one accrual type."""

    total: int
    """The sum of the day's effective contributions."""
    balance: int
    """What remains at the end of the day."""


def effective(versions: Iterable[EntryVersion]) -> dict[UUID, EntryVersion]:
    """The version of each entry that counts: its highest, however often and in whatever order they arrive.

    Rule: How a contribution is computed, step 5.
    """
    highest: dict[UUID, EntryVersion] = {}
    for version in versions:
        known = highest.get(version.entry_id)
        if known is None or known.version < version.version:
            highest[version.entry_id] = version
    return highest


def daily_totals(code: AccrualCode, versions: Iterable[EntryVersion]) -> dict[date, int]:
    """The sum of the effective contributions to one accrual type on each local day that has any."""
    sums = summed(version.contributions for version in effective(versions).values())
    return {day: value for (contributed, day), value in sums.items() if contributed == code}


def summed(contributed: Iterable[Sums]) -> dict[tuple[AccrualCode, date], int]:
    """What all of these come to, by accrual type and local day."""
    sums: Counter[tuple[AccrualCode, date]] = Counter()
    for each in contributed:
        sums.update(each)
    return dict(sums)


def fold(opening: int, daily: Mapping[date, int], adjustments: Mapping[date, int]) -> dict[date, int]:
    """The balance of every day on which something happened, in order of the days.

    `opening` is the balance of the day before the agreement starts; `daily` and `adjustments` hold the sums
    for days within it. A day that is left out has the balance of the last one before it: ask `balance_on`.
    Rule: the model of accruals.
    """
    balance = opening
    balances: dict[date, int] = {}
    for day in sorted(daily.keys() | adjustments.keys()):
        balance += adjustments.get(day, 0) - daily.get(day, 0)
        balances[day] = balance
    return balances


def balance_on(day: date, opening: int, balances: Mapping[date, int]) -> int:
    """The balance at the end of `day`, given the days on which something happened."""
    last = max((known for known in balances if known <= day), default=None)
    return opening if last is None else balances[last]


def balances_of(
    agreements: Iterable[AgreementContent], used: Sums, adjusted: Sums
) -> dict[tuple[AccrualCode, date], DayBalance]:
    """Every balance of a person, on the days on which something happened; they begin anew with each agreement.

    What lies outside of all agreements counts nowhere.
    """
    found: dict[tuple[AccrualCode, date], DayBalance] = {}
    used_by, adjusted_by = _by_code(used), _by_code(adjusted)
    for agreement in agreements:
        for code in sorted(used_by.keys() | adjusted_by.keys()):
            daily, changes = _within(agreement, used_by.get(code, {})), _within(agreement, adjusted_by.get(code, {}))
            for day, balance in fold(agreement.opening(code), daily, changes).items():
                found[code, day] = DayBalance(daily.get(day, 0), balance)
    return found


def _by_code(sums: Sums) -> dict[AccrualCode, dict[date, int]]:
    by_code: dict[AccrualCode, dict[date, int]] = {}
    for (code, day), value in sums.items():
        by_code.setdefault(code, {})[day] = value
    return by_code


def _within(agreement: AgreementContent, daily: Mapping[date, int]) -> dict[date, int]:
    return {day: value for day, value in daily.items() if agreement.covers(day)}
