"""Adjustments of balances as administrators see them, and flex changes whose credit can be given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.reads.agreements import called, standing_of
from models.reads.shown import PersonShown
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, AccrualType
from models.tables.accruals import Adjustment
from models.tables.people import Person
from models.tables.timecard import FlexChange


@dataclass(frozen=True, slots=True)
class AdjustmentShown:
    """What was given or taken by hand."""

    id: UUID
    person: PersonShown
    code: AccrualCode
    day: date
    value: int
    reason: str
    by: str
    at: datetime
    """In the viewer's zone."""
    flex_day: date | None
    """On which local day the flex change was whose credit it gives back."""

    @property
    def type(self) -> AccrualType:
        """How its accrual type is called, and what it counts."""
        return ACCRUAL_TYPES[self.code]


@dataclass(frozen=True, slots=True)
class AdjustmentsAsked:
    """Which adjustments are asked for; None and nothing: any."""

    search: str = ""
    code: AccrualCode | None = None
    from_: date | None = None
    to: date | None = None


def adjustment_rows(
    session: Session, asked: AdjustmentsAsked, after: tuple[datetime, UUID] | None, limit: int, zone: ZoneInfo
) -> Sequence[AdjustmentShown]:
    """Adjustments, the newest first; `after` is the key that the page before ended with."""
    found = _ADJUSTMENTS
    if asked.search.strip():
        found = found.where(called(asked.search))
    if asked.code is not None:
        found = found.where(Adjustment.accrual_code == asked.code.value)
    if asked.from_ is not None:
        found = found.where(Adjustment.day >= asked.from_)
    if asked.to is not None:
        found = found.where(Adjustment.day <= asked.to)
    if after is not None:
        found = found.where(tuple_(Adjustment.recorded_at, Adjustment.id) < tuple_(*after))
    return _shown(session, found.order_by(*_NEWEST_FIRST).limit(limit), zone)


def adjustments_of(session: Session, person_id: UUID, limit: int, zone: ZoneInfo) -> Sequence[AdjustmentShown]:
    """The newest adjustments of somebody."""
    theirs = _ADJUSTMENTS.where(Adjustment.person_id == person_id)
    return _shown(session, theirs.order_by(*_NEWEST_FIRST).limit(limit), zone)


def adjustment_shown(session: Session, adjustment_id: UUID, zone: ZoneInfo) -> AdjustmentShown:
    """One adjustment. Raises `NotFound`."""
    found = _shown(session, _ADJUSTMENTS.where(Adjustment.id == adjustment_id), zone)
    if not found:
        raise NotFound("There is no such page, or you may not see it.")
    return found[0]


def left_on(session: Session, person_id: UUID, code: AccrualCode, day: date) -> int | None:
    """What is left at the end of somebody's local day; None where no agreement is in force."""
    return standing_of(session, person_id).balances.on(code, day)


_BY = aliased(Person)

_Told = Select[Adjustment, UUID, str, str, str, date | None]

_ADJUSTMENTS: _Told = (
    select(Adjustment, Person.id, Person.staff_id, Person.name, _BY.name, FlexChange.local_date)
    .join(Person, Person.id == Adjustment.person_id)
    .join(_BY, _BY.id == Adjustment.authorised_by_id)
    .outerjoin(FlexChange, FlexChange.id == Adjustment.reverses_flex_change_id)
)

_NEWEST_FIRST = Adjustment.recorded_at.desc(), Adjustment.id.desc()


def _shown(session: Session, found: _Told, zone: ZoneInfo) -> Sequence[AdjustmentShown]:
    return [
        AdjustmentShown(
            id=adjustment.id,
            person=PersonShown(id_, staff_id, name),
            code=AccrualCode(adjustment.accrual_code),
            day=adjustment.day,
            value=adjustment.value,
            reason=adjustment.reason,
            by=by,
            at=adjustment.recorded_at.astimezone(zone),
            flex_day=flex_day,
        )
        for adjustment, id_, staff_id, name, by, flex_day in session.execute(found)
    ]
