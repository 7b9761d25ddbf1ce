"""Balances as CSV: how each stands on a day, and every day on which something happened; and a team's on one day."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from models.reads.shown_balances import BalanceDay, BalanceShown, BalancesTaken, TeamRow, TeamWanted
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from web.exports.cells import Cell, csv_of
from web.exports.columns import hours

WHOSE = ("Staff ID", "Name", "Agreement starts", "Agreement ends")
WHICH = ("Line", "Type", "Type name", "Unit", "Date")
FIGURES = ("Used", "Adjusted", "Remaining", "Should remain", "Used hours", "Remaining hours")
SUMMARY = ("Target", "Variance", "Status", "At the year's end")

TEAM = ("Staff ID", "Name", "Type", "Type name", "Unit", "Date", *FIGURES, *SUMMARY)


def balances_csv(taken: BalancesTaken) -> bytes:
    """For each type a line `summary` as of the day that was asked for, and a line `day` for each day."""
    return "".join(csv_of((*WHOSE, *WHICH, *FIGURES, *SUMMARY), _lines(taken))).encode()


def team_csv(wanted: TeamWanted, rows: Iterable[TeamRow]) -> Iterator[bytes]:
    """A line for each person of a team."""
    for line in csv_of(TEAM, (_of_person(wanted, row) for row in rows)):
        yield line.encode()


def _lines(taken: BalancesTaken) -> Iterator[list[Cell]]:
    if taken.agreement is None:
        return
    whose: list[Cell] = [
        taken.owner.staff_id,
        taken.owner.name,
        taken.agreement.start_date,
        taken.agreement.end_date,
    ]
    for balance in taken.balances:
        figures = _standing(balance)
        yield [*whose, "summary", *_which(balance.code), taken.on, *figures]
    for day in taken.days:
        yield [*whose, "day", *_which(day.code), day.day, *_figures(day)]


def _which(code: AccrualCode) -> list[Cell]:
    return [code.value, ACCRUAL_TYPES[code].title, ACCRUAL_TYPES[code].unit.value]


def _figures(day: BalanceDay) -> list[Cell]:
    in_hours = _in_hours(day.code, day.used, day.remaining)
    return [day.used, day.adjusted, day.remaining, day.should_remain, *in_hours, None, None, None, None]


def _standing(balance: BalanceShown) -> list[Cell]:
    summary = balance.summary
    adjusted = summary.remaining + summary.worked - summary.total
    total = summary.total if balance.has_target else None
    return [
        summary.worked,
        adjusted,
        summary.remaining,
        summary.target,
        *_in_hours(balance.code, summary.worked, summary.remaining),
        total,
        summary.variance,
        summary.status.value if summary.status else None,
        summary.forecast,
    ]


def _in_hours(code: AccrualCode, *values: int) -> list[Decimal | None]:
    by_the_hour = ACCRUAL_TYPES[code].unit is Unit.MINUTES
    return [hours(value) if by_the_hour else None for value in values]


def _of_person(wanted: TeamWanted, row: TeamRow) -> list[Cell]:
    who: list[Cell] = [row.person.staff_id, row.person.name, *_which(wanted.code), wanted.on]
    if row.balance is None:
        return [*who, *[None] * (len(FIGURES) + len(SUMMARY) - 2), "no_agreement", None]
    return [*who, *_standing(row.balance)]
