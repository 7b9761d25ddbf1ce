"""What remains of each accrual of one person, and the days that made it so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.reads.accruals import summaries
from models.reads.shown_balances import (
    AdjustmentShown,
    BalanceDay,
    BalanceShown,
    BalancesShown,
    BalancesTaken,
    BalanceTile,
    BalanceYear,
    YearShown,
)
from models.reads.uncounted import entries_without_agreement
from models.reads.viewer import Onlooker, circle_for, shown
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent
from models.rules.agreements import agreement_on as covering
from models.rules.summaries import even_target, summary_on
from models.store.recorded import agreements_of
from models.tables.accruals import Accrual, Adjustment, Agreement, AgreementTarget
from models.tables.people import Person, TenantPolicy


@dataclass(frozen=True, slots=True)
class BalancesWanted:
    """Whose balances, on which day, and which of them from the first to the last day of the agreement."""

    owner_id: UUID
    on: date | None
    """None: today."""
    now: datetime
    code: AccrualCode | None = None
    """None: the first that there is."""


def agreement_on(session: Session, person_id: UUID, on: date) -> Agreement | None:
    """The agreement that covers a person's local day."""
    return next(iter(agreements_between(session, person_id, on, on)), None)


def agreements_between(session: Session, person_id: UUID, first: date, last: date) -> Sequence[Agreement]:
    """The agreements that cover some of a person's local days, by start."""
    touches = (Agreement.person_id == person_id, Agreement.start_date <= last, Agreement.end_date >= first)
    return session.scalars(select(Agreement).where(*touches).order_by(Agreement.start_date)).all()


def tiles(session: Session, agreement: Agreement | None, on: date) -> tuple[BalanceTile, ...]:
    """What remains of each targeted accrual at the end of a local day; none without an agreement."""
    if agreement is None:
        return ()
    targets = session.execute(
        select(AgreementTarget.accrual_code, AgreementTarget.opening_balance).where(
            AgreementTarget.agreement_id == agreement.id
        )
    )
    opening = {AccrualCode(code): balance for code, balance in targets}
    latest = {row.accrual_code: row.balance for row in _latest(session, agreement, on)}
    return tuple(
        BalanceTile(code, on, latest.get(code.value, opening[code]), opening[code])
        for code in AccrualCode
        if code in opening
    )


def balances_page(session: Session, onlooker: Onlooker, wanted: BalancesWanted) -> BalancesShown:
    """The balances of one person on a local day, for somebody who may see that person's time. Raises `NotFound`."""
    circle = circle_for(session, onlooker, wanted.owner_id)
    today = wanted.now.astimezone(circle.owner.zone).date()
    on = wanted.on or today
    agreements = tuple(agreements_of(session, [wanted.owner_id]).get(wanted.owner_id, {}).values())
    agreement = covering(on, agreements)
    years = tuple(_year(each, on, today) for each in agreements)
    if agreement is None:
        entries, more = entries_without_agreement(session, circle.owner, on, agreements)
        return BalancesShown(shown(circle.owner), on, today, None, years, not_counted=entries, more_not_counted=more)
    balances = _balances(session, onlooker, wanted.owner_id, on)
    chosen = next((each for each in balances if each.code is wanted.code), balances[0] if balances else None)
    year = _through_the_year(session, onlooker, agreement, chosen, max(on, today)) if chosen else None
    return BalancesShown(shown(circle.owner), on, today, agreement, years, balances, year)


def balances_taken(session: Session, onlooker: Onlooker, wanted: BalancesWanted) -> BalancesTaken:
    """All balances of the agreement that covers a local day, with every day of it on which something happened.

    Raises `NotFound`.
    """
    circle = circle_for(session, onlooker, wanted.owner_id)
    on = wanted.on or wanted.now.astimezone(circle.owner.zone).date()
    agreement = covering(on, agreements_of(session, [wanted.owner_id]).get(wanted.owner_id, {}).values())
    if agreement is None:
        return BalancesTaken(shown(circle.owner), on, None)
    codes = tuple(AccrualCode)
    days = _days(session, agreement, codes, _adjustments(session, agreement, codes))
    balances = _balances(session, onlooker, wanted.owner_id, on)
    return BalancesTaken(shown(circle.owner), on, agreement, balances, days)


def _balances(session: Session, onlooker: Onlooker, owner_id: UUID, on: date) -> tuple[BalanceShown, ...]:
    return tuple(BalanceShown(each.code, each.summary) for each in summaries(session, onlooker, owner_id, on))


def _year(agreement: AgreementContent, on: date, today: date) -> YearShown:
    """A year is opened on today if that is in it, else on its day that is next to today."""
    open_on = min(max(today, agreement.start_date), agreement.end_date)
    return YearShown(agreement.start_date, agreement.end_date, open_on, agreement.covers(on))


def _through_the_year(
    session: Session, onlooker: Onlooker, agreement: AgreementContent, balance: BalanceShown, until: date
) -> BalanceYear:
    code = balance.code
    adjustments = _adjustments(session, agreement, (code,))
    days = _days(session, agreement, (code,), adjustments)
    until = min(until, agreement.end_date)
    past = [each for each in days if each.day <= until]
    remaining = past[-1].remaining if past else agreement.opening(code)
    tolerance = session.get_one(TenantPolicy, onlooker.tenant_id).balance_tolerance_percent
    known = summary_on(until, agreement, code, sum(each.used for each in past), remaining, tolerance)
    return BalanceYear(balance, agreement, until, known, days, adjustments)


def _days(
    session: Session,
    agreement: AgreementContent,
    codes: Collection[AccrualCode],
    adjustments: Collection[AdjustmentShown],
) -> tuple[BalanceDay, ...]:
    """The days of an agreement on which something happened, by type, oldest first."""
    adjusted: dict[tuple[AccrualCode, date], int] = {}
    for each in adjustments:
        adjusted[each.code, each.day] = adjusted.get((each.code, each.day), 0) + each.value
    rows = session.execute(
        select(Accrual.accrual_code, Accrual.day, Accrual.total, Accrual.balance)
        .where(
            Accrual.person_id == agreement.person_id,
            Accrual.accrual_code.in_([code.value for code in codes]),
            Accrual.day.between(agreement.start_date, agreement.end_date),
        )
        .order_by(Accrual.accrual_code, Accrual.day)
    )
    days = (_day(agreement, AccrualCode(code), day, total, balance, adjusted) for code, day, total, balance in rows)
    return tuple(each for each in days if each.used or (each.code, each.day) in adjusted)


def _day(
    agreement: AgreementContent,
    code: AccrualCode,
    day: date,
    used: int,
    remaining: int,
    adjusted: Mapping[tuple[AccrualCode, date], int],
) -> BalanceDay:
    known = agreement.targets.get(code)
    even = even_target(day, agreement, known.target) if known else None
    return BalanceDay(code, day, used, adjusted.get((code, day), 0), remaining, even)


def _adjustments(
    session: Session, agreement: AgreementContent, codes: Collection[AccrualCode]
) -> tuple[AdjustmentShown, ...]:
    rows = session.execute(
        select(Adjustment.accrual_code, Adjustment.day, Adjustment.value, Adjustment.reason, Person.name)
        .join(Person, Person.id == Adjustment.authorised_by_id)
        .where(
            Adjustment.person_id == agreement.person_id,
            Adjustment.day.between(agreement.start_date, agreement.end_date),
            Adjustment.accrual_code.in_([code.value for code in codes]),
        )
        .order_by(Adjustment.day, Adjustment.recorded_at, Adjustment.id)
    )
    return tuple(AdjustmentShown(AccrualCode(code), day, value, reason, by) for code, day, value, reason, by in rows)


def _latest(session: Session, agreement: Agreement, on: date) -> Sequence[Accrual]:
    newest = (
        select(Accrual)
        .where(
            Accrual.person_id == agreement.person_id,
            Accrual.day >= agreement.start_date,
            Accrual.day <= on,
        )
        .ext(distinct_on(Accrual.accrual_code))
        .order_by(Accrual.accrual_code, Accrual.day.desc())
    )
    return session.scalars(newest).all()
