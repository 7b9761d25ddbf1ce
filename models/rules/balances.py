"""Balances as arithmetic: the reference that the stored balances must always agree with.

A balance is what remains, in the unit of its accrual type (minutes or a count). What an entry contributes
uses it up; an adjustment above zero raises it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.rules.accruals import AccrualCode


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """What one version of a time entry contributes; a removed entry's last version contributes nothing."""

    entry_id: UUID
    version: int
    contributions: Mapping[tuple[AccrualCode, date], int]


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
    totals: Counter[date] = Counter()
    for version in effective(versions).values():
        for (contributed, day), value in version.contributions.items():
            if contributed == code:
                totals[day] += value
    return dict(totals)


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
