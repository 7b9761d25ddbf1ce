"""Why a balance is what it is: date, contributions, entry version, submission, decision, person, and the arithmetic.

A whole year is told by month and one of its months day by day, so that a page stays readable and the number of
statements is the same however much was recorded.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from models.reads.contributed import contributions_in, uncounted_in
from models.reads.evidence import (
    DaySums,
    Evidence,
    adjustments_in,
    day_sums,
    evidence_of,
    stored_balances,
)
from models.reads.explained import (
    AdjustmentExplained,
    Arithmetic,
    ContributionExplained,
    DayExplained,
    Explanation,
    MonthExplained,
    Sums,
)
from models.reads.viewer import Onlooker, circle_for, shown
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, agreement_on
from models.rules.days import ONE_DAY
from models.rules.periods import Period
from models.rules.summaries import summary_on
from models.store.people import Member
from models.store.recorded import agreements_of
from models.tables.people import TenantPolicy

Dated = TypeVar("Dated", ContributionExplained, AdjustmentExplained)

NO_SUMS = DaySums(0, 0)


def explanation(
    session: Session, onlooker: Onlooker, person_id: UUID, code: AccrualCode, on: date, month: date | None = None
) -> Explanation:
    """Why a balance is what it is at the end of a local day; the days of the month that `month` lies in are told in
    full, by default those of the day's own.

    At most eleven statements, however much was recorded. Raises `NotFound` for whom the onlooker may not see.
    """
    owner = circle_for(session, onlooker, person_id).owner
    agreements = agreements_of(session, [person_id]).get(person_id, {})
    evidence = evidence_of(session, onlooker.tenant_id, owner, code, agreements)
    agreement = agreement_on(on, agreements.values())
    if agreement is None:
        within = Period(first_of_month(on), _end_of_month(on))
        not_counted = uncounted_in(evidence, within)
        return Explanation(shown(owner), owner.zone, code, on, None, not_counted=not_counted)
    tolerance = session.get_one(TenantPolicy, onlooker.tenant_id).balance_tolerance_percent
    return _explained(evidence, owner, agreement, on, opened(agreement, on, month), tolerance)


def opened(agreement: AgreementContent, on: date, month: date | None) -> Period:
    """The days of a month that are told: within the agreement and no later than `on`; another month is that of `on`."""
    wanted = month if month and first_of_month(agreement.start_date) <= month <= _end_of_month(on) else on
    return Period(max(first_of_month(wanted), agreement.start_date), min(_end_of_month(wanted), on))


def first_of_month(day: date) -> date:
    """The first day of the month that a day lies in."""
    return day.replace(day=1)


def _explained(
    evidence: Evidence, owner: Member, agreement: AgreementContent, on: date, month: Period, tolerance: int
) -> Explanation:
    known = day_sums(evidence, Period(agreement.start_date, agreement.end_date))
    sums = {day: each for day, each in known.items() if day <= on}
    opening = agreement.opening(evidence.code)
    used, adjusted = sum(each.used for each in sums.values()), sum(each.adjusted for each in sums.values())
    stored = stored_balances(evidence, Period(agreement.start_date, on))
    summary = summary_on(on, agreement, evidence.code, used, opening - used + adjusted, tolerance)
    forward = opening + sum(each.change for day, each in sums.items() if day < month.start)
    days = _days(evidence, month, sums, forward, on)
    return Explanation(
        owner=shown(owner),
        zone=owner.zone,
        code=evidence.code,
        on=on,
        arithmetic=Arithmetic(
            agreement,
            opening,
            used,
            adjusted,
            stored[max(stored)] if stored else opening,
            _wrong_from(opening, sums, stored),
            summary,
        ),
        months=tuple(_months(agreement, on, opening, sums, month)),
        days=days,
        brought_forward=forward,
        previous_day=max((day for day in sums if day < on), default=None),
        next_day=min((day for day in known if day > on), default=None),
    )


def _wrong_from(opening: int, sums: Mapping[date, DaySums], stored: Mapping[date, int]) -> date | None:
    """The first day on which what is stored is not what the days before it and itself come to."""
    right = found = opening
    for day in sorted(sums.keys() | stored.keys()):
        right += sums.get(day, NO_SUMS).change
        found = stored.get(day, found)
        if right != found:
            return day
    return None


def _months(
    agreement: AgreementContent, on: date, opening: int, sums: Mapping[date, DaySums], opened_: Period
) -> Iterator[MonthExplained]:
    balance, start = opening, agreement.start_date
    while start <= on:
        end = min(_end_of_month(start), on)
        within = [each for day, each in sums.items() if start <= day <= end]
        balance += sum(each.change for each in within)
        summed = Sums(sum(each.used for each in within), sum(each.adjusted for each in within), balance)
        yield MonthExplained(start, end, summed, start == opened_.start)
        start = end + ONE_DAY


def _days(
    evidence: Evidence, month: Period, sums: Mapping[date, DaySums], balance: int, on: date
) -> tuple[DayExplained, ...]:
    """The days of a month on which something happened, and the one that is asked about even if nothing did."""
    adjustments = _by_day(adjustments_in(evidence, month))
    contributions = _by_day(contributions_in(evidence, month))
    told = [day for day in sorted(sums.keys() | {on}) if month.start <= day <= month.end]
    days = []
    for day in told:
        each = sums.get(day, NO_SUMS)
        balance += each.change
        holiday = evidence.holidays.name_of(day)
        summed = Sums(each.used, each.adjusted, balance)
        days.append(
            DayExplained(day, holiday, summed, tuple(contributions.get(day, ())), tuple(adjustments.get(day, ())))
        )
    return tuple(days)


def _by_day(found: Iterable[Dated]) -> dict[date, list[Dated]]:
    by_day: dict[date, list[Dated]] = {}
    for each in found:
        by_day.setdefault(each.day, []).append(each)
    return by_day


def _end_of_month(day: date) -> date:
    """The last day of the month that a day lies in."""
    return first_of_month(first_of_month(day) + timedelta(days=32)) - ONE_DAY
