"""What remains of each accrual, and the days that made it so."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.reads.shown import BalanceShown, BalancesShown, BalanceTile
from models.reads.viewer import Onlooker, circle_for, shown
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode
from models.tables.accruals import Accrual, Agreement, AgreementTarget

DAYS_SHOWN = 366
"""How many of the newest days with activity a balance names: those of a whole year, to draw it."""


def agreement_on(session: Session, person_id: UUID, on: date) -> Agreement | None:
    """The agreement that covers a person's local day."""
    covers = (Agreement.person_id == person_id, Agreement.start_date <= on, Agreement.end_date >= on)
    return session.scalar(select(Agreement).where(*covers))


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
        BalanceTile(code.value, type_.title, type_.unit.value, latest.get(code.value, opening[code]), opening[code])
        for code, type_ in ACCRUAL_TYPES.items()
        if code in opening
    )


def balances_page(session: Session, onlooker: Onlooker, owner_id: UUID, on: date) -> BalancesShown:
    """The balances of one person on a local day, for somebody who may see that person's time."""
    circle = circle_for(session, onlooker, owner_id)
    agreement = agreement_on(session, owner_id, on)
    balances = tuple(BalanceShown(tile, _days(session, agreement, tile.code)) for tile in tiles(session, agreement, on))
    dates = (agreement.start_date, agreement.end_date) if agreement else None
    return BalancesShown(shown(circle.owner), on, dates, balances)


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


def _days(session: Session, agreement: Agreement | None, code: str) -> tuple[tuple[date, int, int], ...]:
    if agreement is None:
        return ()
    rows = session.execute(
        select(Accrual.day, Accrual.total, Accrual.balance)
        .where(
            Accrual.person_id == agreement.person_id,
            Accrual.accrual_code == code,
            Accrual.day.between(agreement.start_date, agreement.end_date),
        )
        .order_by(Accrual.day.desc())
        .limit(DAYS_SHOWN)
    )
    return tuple((day, total, balance) for day, total, balance in rows)
