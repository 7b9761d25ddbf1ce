"""Agreements and adjustments as programs read them: in pages, by person and day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent
from models.store.changes import Kept
from models.store.recorded import agreements_of
from models.tables.accruals import Adjustment, Agreement


@dataclass(frozen=True, slots=True)
class AgreementsWanted:
    """Whose agreements, and which of them; None is no limit."""

    person_id: UUID | None
    on: date | None
    """A local day that they cover."""
    after: tuple[UUID, date] | None
    """Person and first day of the last one of the page before."""
    limit: int


@dataclass(frozen=True, slots=True)
class AdjustmentsWanted:
    """Whose adjustments, of which type and local days, both included; None is no limit."""

    person_id: UUID | None
    code: AccrualCode | None
    start: date | None
    end: date | None
    after: tuple[UUID, date, UUID] | None
    """Person, day and id of the last one of the page before."""
    limit: int


def find_agreements(session: Session, wanted: AgreementsWanted) -> list[Kept[AgreementContent]]:
    """Agreements by person and first day, which no two of a person share."""
    found = select(Agreement.id, Agreement.version, Agreement.person_id)
    if wanted.person_id:
        found = found.where(Agreement.person_id == wanted.person_id)
    if wanted.on:
        found = found.where(Agreement.start_date <= wanted.on, Agreement.end_date >= wanted.on)
    if wanted.after:
        found = found.where(tuple_(Agreement.person_id, Agreement.start_date) > wanted.after)
    by_person = found.order_by(Agreement.person_id, Agreement.start_date).limit(wanted.limit)
    rows = session.execute(by_person).all()
    contents = agreements_of(session, {person_id for _, _, person_id in rows})
    return [Kept(id_, version, contents[person_id][id_]) for id_, version, person_id in rows]


def find_adjustments(session: Session, wanted: AdjustmentsWanted) -> list[Adjustment]:
    """Adjustments by person and day."""
    found = select(Adjustment)
    if wanted.person_id:
        found = found.where(Adjustment.person_id == wanted.person_id)
    if wanted.code:
        found = found.where(Adjustment.accrual_code == wanted.code.value)
    if wanted.start:
        found = found.where(Adjustment.day >= wanted.start)
    if wanted.end:
        found = found.where(Adjustment.day <= wanted.end)
    if wanted.after:
        found = found.where(tuple_(Adjustment.person_id, Adjustment.day, Adjustment.id) > wanted.after)
    by_person = found.order_by(Adjustment.person_id, Adjustment.day, Adjustment.id)
    return list(session.scalars(by_person.limit(wanted.limit)))


def reversals_of(session: Session, flex_change_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The adjustments that reversed flex changes, by flex change."""
    reverses = Adjustment.reverses_flex_change_id
    found = select(reverses, Adjustment.id).where(reverses.in_(flex_change_ids))
    return {change: adjustment for change, adjustment in session.execute(found) if change}
