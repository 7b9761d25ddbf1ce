"""Balances: day by day with what made them so, and how somebody stands on a day."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import Session

from models.errors import Invalid
from models.reads.accruals import AccrualDay, NotCounted, accruals, summaries
from models.reads.accruals import AccrualSummary as Stands
from models.reads.viewer import circle_for
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.days import local_date
from models.rules.periods import Period
from models.rules.summaries import Pace
from web.api.answers import READING
from web.api.caller import Caller, Reads
from web.api.days import Between, Span
from web.api.lists import Listed, Meta
from web.api.values import Day, Resource
from web.services import Services, Used

router = APIRouter(prefix="/resources/accruals", tags=["Accruals"])

MOST_DAYS = 366
"""So many days one call may ask for."""

Whose = Annotated[UUID | None, Query(alias="personId", description="Whose; without it one's own.")]
Type = Annotated[
    AccrualCode | None,
    Query(alias="type", description="Only this one; without it those with a target, or with anything on them by then."),
]


class Contribution(Resource):
    """What one version of a time entry used up of an accrual type on a day."""

    time_entry_id: UUID
    time_entry_version: int
    value: int = Field(description="Minutes, or a count; positive uses up what remains.")


class Accrual(Resource):
    """One accrual type of a person at the end of one local day."""

    person_id: UUID
    accrual_type_id: UUID
    type: AccrualCode
    date: Day
    unit: Unit
    balance: int = Field(description="What remains at the end of the day.")
    total: int = Field(description="The sum of the day's contributions. Adjustments are not among them.")
    contributions: list[Contribution] = Field(description="The effective ones; a flex change's own among them.")


class Uncounted(Resource):
    """A time entry on a day that no agreement covers."""

    time_entry_id: UUID
    date: Day


class Accruals(Listed[Accrual]):
    """The balances of some days, and what counts towards none."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    not_counted: list[Uncounted] = Field(
        description="Time of these days that counts nowhere until an agreement covers them."
    )


class AccrualSummary(Resource):
    """How one accrual type of a person stands at the end of a local day, in its agreement; minutes or counts."""

    person_id: UUID
    type: AccrualCode
    accrual_type_id: UUID
    unit: Unit
    date: Day
    total: int = Field(description="What there is to work, or to claim, in the whole agreement; 0 without a target.")
    worked: int = Field(description="What was worked, or claimed, so far; also before an opening balance was imported.")
    remaining: int = Field(description="The balance.")
    target: int | None = Field(description="What should remain if it were worked evenly; null without a target.")
    variance: int | None = Field(description="target − remaining: positive is ahead.")
    status: Pace | None = Field(description="By the tolerance of the organisation.")
    forecast: int = Field(description="What will remain at the agreement's end at the pace so far.")


@router.get("", operation_id="findAccruals", responses=READING)
def find(caller: Reads, use: Used, between: Between, person_id: Whose = None, code: Type = None) -> Accruals:
    """The balances of a person, one for each local day and accrual type, also of days on which nothing happened.

    At most 366 days, all of them in one answer; today if none is named, and a single day if only one end is. A day
    that no agreement covers has no balance: what was recorded on it stands in `notCounted`.
    """
    owner_id = person_id or caller.person_id
    with use.reading(caller.onlooker) as session:
        found = accruals(session, caller.onlooker, owner_id, _asked(session, use, caller, owner_id, between), code)
    return Accruals(
        meta=Meta(),
        items=[_accrual(owner_id, each) for each in found.days],
        not_counted=[_uncounted(each) for each in found.not_counted],
    )


@router.get("/summary", operation_id="getAccrualSummary", responses=READING)
def summary(
    caller: Reads,
    use: Used,
    person_id: Whose = None,
    on: Annotated[Day | None, Query(alias="date", description="A local day; today if none is named.")] = None,
    code: Type = None,
) -> Listed[AccrualSummary]:
    """How a person stands on a day, by accrual type. Nothing on a day that no agreement covers."""
    owner_id = person_id or caller.person_id
    with use.reading(caller.onlooker) as session:
        day = on or _today(session, use, caller, owner_id)
        found = summaries(session, caller.onlooker, owner_id, day, code)
    return Listed[AccrualSummary](meta=Meta(), items=[_summary(each) for each in found])


def _asked(session: Session, use: Services, caller: Caller, owner_id: UUID, between: Span) -> Period:
    """The days asked for. Raises `Invalid` for too many, and `NotFound` for whom the caller may not see."""
    one = between.start or between.end or _today(session, use, caller, owner_id)
    asked = Period(between.start or one, between.end or one)
    if (asked.end - asked.start).days >= MOST_DAYS:
        raise Invalid.field("to", f"Ask for at most {MOST_DAYS} days at once.")
    return asked


def _today(session: Session, use: Services, caller: Caller, owner_id: UUID) -> date:
    return local_date(use.now(), circle_for(session, caller.onlooker, owner_id).owner.zone)


def _accrual(owner_id: UUID, each: AccrualDay) -> Accrual:
    known = ACCRUAL_TYPES[each.code]
    return Accrual(
        person_id=owner_id,
        accrual_type_id=known.id,
        type=each.code,
        date=each.day,
        unit=known.unit,
        balance=each.balance,
        total=each.total,
        contributions=[
            Contribution(time_entry_id=one.entry_id, time_entry_version=one.version, value=one.value)
            for one in each.contributions
        ],
    )


def _uncounted(each: NotCounted) -> Uncounted:
    return Uncounted(time_entry_id=each.entry_id, date=each.day)


def _summary(each: Stands) -> AccrualSummary:
    known, stands = ACCRUAL_TYPES[each.code], each.summary
    return AccrualSummary(
        person_id=each.person_id,
        type=each.code,
        accrual_type_id=known.id,
        unit=known.unit,
        date=each.day,
        total=stands.total,
        worked=stands.worked,
        remaining=stands.remaining,
        target=stands.target,
        variance=stands.variance,
        status=stands.status,
        forecast=stands.forecast,
    )
