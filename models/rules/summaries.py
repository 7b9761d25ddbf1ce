"""How somebody stands on a day: what was worked, what remains, and what should remain if it were worked evenly."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent


class Pace(StrEnum):
    """How far somebody is from an even pace."""

    OVER_TARGET = "over_target"
    """Ahead: less remains than should."""
    UNDER_TARGET = "under_target"
    """Behind: more remains than should."""
    ON_TARGET = "on_target"


@dataclass(frozen=True, slots=True)
class Summary:
    """How one accrual type of one agreement stands at the end of a local day; minutes or counts."""

    total: int
    """What there is to work, or to claim, in the whole agreement: its target; 0 for a type without one."""
    worked: int
    """What was worked, or claimed, up to the day: what an opening balance below the target stands for among it.

    total − worked + adjustments = remaining.
    """
    remaining: int
    """The balance."""
    target: int | None
    """What should remain on this day if it were worked evenly; None for a type without a target."""
    variance: int | None
    """target − remaining: positive is ahead."""
    status: Pace | None
    forecast: int
    """What will remain at the agreement's end if it goes on at the pace of its days so far."""


def summary_on(
    day: date,
    agreement: AgreementContent,
    code: AccrualCode,
    contributed: int,
    remaining: int,
    tolerance_percent: int,
) -> Summary:
    """How an accrual type stands on a day that `agreement` covers.

    `contributed` is what recorded time used of it from the agreement's first day on, and `remaining` the balance, both
    as of the end of the day.
    """
    known = agreement.targets.get(code)
    worked = contributed + (known.target - known.opening_balance if known else 0)
    forecast = remaining - _rounded(worked * _days_left(day, agreement), _days_gone(day, agreement))
    if known is None:
        return Summary(0, worked, remaining, None, None, None, forecast)
    target = even_target(day, agreement, known.target)
    variance = target - remaining
    within = abs(variance) * 100 <= tolerance_percent * known.target
    ahead = Pace.OVER_TARGET if variance > 0 else Pace.UNDER_TARGET
    return Summary(known.target, worked, remaining, target, variance, Pace.ON_TARGET if within else ahead, forecast)


def even_target(day: date, agreement: AgreementContent, target: int) -> int:
    """What should remain at the end of a day if the target were worked off in equal parts, a day each.

    An opening balance below the target stands for what was worked before it was imported, so it changes nothing here.
    """
    return _rounded(target * _days_left(day, agreement), _days_left(day, agreement) + _days_gone(day, agreement))


def _days_left(day: date, agreement: AgreementContent) -> int:
    return (agreement.end_date - day).days


def _days_gone(day: date, agreement: AgreementContent) -> int:
    """The day itself among them, so that there is always one."""
    return (day - agreement.start_date).days + 1


def _rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)
