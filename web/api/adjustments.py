"""Adjustments: what an administrator gives or takes by hand, with a reason, for good."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from models.database import WriteSession
from models.errors import NotFound
from models.reads.api.balances import AdjustmentsWanted, find_adjustments
from models.reads.viewer import circle_for
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import MOST_OF_A_TARGET
from models.store.adjustments import LONGEST_REASON, AdjustmentContent, adjust
from models.store.changes import GivenBy
from models.tables.accruals import Adjustment as AdjustmentRow
from web.api.answers import READING, RECORDING
from web.api.asking import Key
from web.api.caller import Administers, Reads
from web.api.days import Between
from web.api.directory import asked_person, change
from web.api.lists import Listed, Page, Paged, listed, not_ours
from web.api.values import Day, Instant, Resource, Text
from web.services import Used

router = APIRouter(prefix="/resources/adjustments", tags=["Adjustments"])

ADDRESS = "/resources/adjustments"

Value = Annotated[int, Field(strict=True, ge=-MOST_OF_A_TARGET, le=MOST_OF_A_TARGET)]


class NewAdjustment(Resource):
    """Something to give or to take."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "personId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                    "type": "FLEXIBLE_CREDITS",
                    "date": "2026-11-18",
                    "value": 1,
                    "reason": "The change was called off by the hospital.",
                }
            ]
        }
    )

    person_id: UUID = Field(description="Whose balance; not one's own.")
    type: AccrualCode
    date: Day = Field(description="The local day from which on it counts; an agreement has to cover it.")
    value: Value = Field(description="Minutes, or a count, other than 0; positive raises what remains.")
    reason: Text = Field(min_length=1, max_length=LONGEST_REASON)
    reverses_flex_change_id: UUID | None = Field(
        None, description="The flex change whose credit it gives back: all of it, on its day, and once."
    )

    @property
    def content(self) -> AdjustmentContent:
        """As the rules know it."""
        reverses = self.reverses_flex_change_id
        return AdjustmentContent(self.person_id, self.type, self.date, self.value, self.reason, reverses)


class Adjustment(Resource):
    """What an administrator gave or took by hand. It never changes: a wrong one is answered by another."""

    id: UUID
    person_id: UUID
    type: AccrualCode
    date: Day
    value: int = Field(description="Minutes, or a count; positive raised what remained.")
    reason: str
    reverses_flex_change_id: UUID | None
    authorised_by_id: UUID
    recorded_at: Instant


@router.get("", operation_id="findAdjustments", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    between: Between,
    person_id: Annotated[
        UUID | None,
        Query(alias="personId", description="Whose; without it one's own, or everybody's for whoever sees all time."),
    ] = None,
    code: Annotated[AccrualCode | None, Query(alias="type", description="Only of this accrual type.")] = None,
) -> Listed[Adjustment]:
    """Adjustments by person and day."""
    after = _key(asked)
    with use.reading(caller.onlooker) as session:
        whose = asked_person(session, caller, person_id)
        wanted = AdjustmentsWanted(whose, code, between.start, between.end, after, asked.first + 1)
        return listed(find_adjustments(session, wanted), asked, lambda row: (row.person_id, row.day, row.id), shown)


@router.post("", operation_id="addAdjustment", status_code=201, responses=RECORDING)
def add(caller: Administers, use: Used, key: Key, body: NewAdjustment, response: Response) -> Adjustment:
    """Raise or lower a balance, for good. Nobody adjusts their own."""

    def do(session: WriteSession, given: GivenBy) -> AdjustmentRow:
        circle_for(session, caller.onlooker, body.person_id)
        return adjust(session, given, body.content)

    made = change(use, caller, key, do)
    response.headers["Location"] = f"{ADDRESS}/{made.id}"
    return shown(made)


@router.get("/{adjustment_id}", operation_id="getAdjustment", responses=READING)
def get(caller: Reads, use: Used, adjustment_id: UUID) -> Adjustment:
    """One adjustment."""
    with use.reading(caller.onlooker) as session:
        row = session.get(AdjustmentRow, adjustment_id)
        if row is None:
            raise NotFound("There is no such adjustment, or you may not see it.")
        circle_for(session, caller.onlooker, row.person_id)
        return shown(row)


def shown(row: AdjustmentRow) -> Adjustment:
    """An adjustment as the API gives it."""
    return Adjustment(
        id=row.id,
        person_id=row.person_id,
        type=AccrualCode(row.accrual_code),
        date=row.day,
        value=row.value,
        reason=row.reason,
        reverses_flex_change_id=row.reverses_flex_change_id,
        authorised_by_id=row.authorised_by_id,
        recorded_at=row.recorded_at,
    )


def _key(asked: Page) -> tuple[UUID, date, UUID] | None:
    """Where a page begins. Raises `Invalid` for the cursor of another list."""
    try:
        match asked.after:
            case None:
                return None
            case (person, day, id_):
                return UUID(person), date.fromisoformat(day), UUID(id_)
    except ValueError:
        raise not_ours() from None
    raise not_ours()
