"""Time period types: what kinds of time there are, and the metadata that draws the form and validates the API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from models.errors import NotFound
from models.reads.directory import around, find_types
from models.rules.period_types import TypeContent
from models.store.changes import Kept
from models.store.period_types import create_type, kept_type, replace_type
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Administers, Reads
from web.api.directory import change, created, sees_everybody
from web.api.lists import Listed, Paged, listed
from web.api.values import Day, Resource, Text
from web.api.versions import Seen, mark
from web.services import Used

router = APIRouter(prefix="/resources/time-period-types", tags=["Time period types"])

ADDRESS = "/resources/time-period-types"

FieldRule = Literal["hidden", "optional", "required"]


class Fields(Resource):
    """Which fields an entry of the type has beside its times."""

    project: FieldRule = "hidden"
    task: FieldRule = "hidden"
    note: FieldRule = "hidden"
    meal_break: FieldRule = "hidden"


class TypeGiven(Resource):
    """What there is to say of a time period type."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Travel",
                    "valueType": "datetime",
                    "fields": {"project": "required", "task": "optional", "note": "required", "mealBreak": "hidden"},
                    "countsToTargetHours": True,
                    "accrualTypes": ["ANNUAL_TARGET_HOURS"],
                    "effectiveFrom": None,
                    "effectiveTo": None,
                    "personIds": None,
                }
            ]
        }
    )

    name: Text = Field(min_length=1, max_length=100)
    value_type: Literal["datetime", "date"] = Field(description="Start and finish, or one whole local day.")
    fields: Fields = Field(default_factory=Fields)
    counts_to_target_hours: bool = Field(False, strict=True)
    accrual_types: list[str] = Field(default_factory=list, max_length=50, description="Codes of what it feeds.")
    effective_from: Day | None = None
    effective_to: Day | None = Field(None, description="Last local day, included.")
    person_ids: list[UUID] | None = Field(None, max_length=1000, description="Who may record it; null: everybody.")

    @property
    def content(self) -> TypeContent:
        """As the rules know it."""
        return TypeContent(
            name=self.name,
            value_type=self.value_type,
            fields=self.fields.model_dump(by_alias=True),
            counts_to_target_hours=self.counts_to_target_hours,
            accrual_types=frozenset(self.accrual_types),
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            person_ids=None if self.person_ids is None else frozenset(self.person_ids),
        )


class TimePeriodType(Resource):
    """What kind of time an entry is."""

    id: UUID
    version: int
    name: str
    value_type: Literal["datetime", "date"]
    fields: Fields
    counts_to_target_hours: bool
    accrual_types: list[str]
    effective_from: Day | None
    effective_to: Day | None
    person_ids: list[UUID] | None


@router.get("", operation_id="findTimePeriodTypes", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    person_id: Annotated[
        UUID | None, Query(alias="personId", description="Only those that this person may record.")
    ] = None,
) -> Listed[TimePeriodType]:
    """The time period types, in the order people see them."""
    with use.reading(caller.onlooker) as session:
        if person_id and not sees_everybody(caller) and person_id not in around(session, caller.person_id):
            raise NotFound("There is no such person.")
        found = find_types(session, person_id=person_id)
    following = _after(found, asked.after[0] if asked.after else None)
    return listed(following[: asked.first + 1], asked, lambda kept: (kept.id,), shown)


@router.post("", operation_id="createTimePeriodType", status_code=201, responses=RECORDING)
def create(caller: Administers, use: Used, key: Key, body: TypeGiven, response: Response) -> TimePeriodType:
    """Add a time period type: forms and the API take it from then on."""
    kept = change(use, caller, key, lambda session, given: create_type(session, given, body.content))
    return shown(created(response, ADDRESS, kept))


@router.get("/{type_id}", operation_id="getTimePeriodType", responses=READING)
def get(caller: Reads, use: Used, type_id: UUID, response: Response) -> TimePeriodType:
    """One time period type."""
    with use.reading(caller.onlooker) as session:
        kept = kept_type(session, type_id)
    mark(response, kept.version)
    return shown(kept)


@router.put("/{type_id}", operation_id="replaceTimePeriodType", responses=RECORDING | refusals(412, 428))
def put(
    caller: Administers, use: Used, key: Key, seen: Seen, type_id: UUID, body: TypeGiven, response: Response
) -> TimePeriodType:
    """Change a time period type. What it feeds stays as it is once time was recorded on it."""
    kept = change(use, caller, key, lambda session, given: replace_type(session, given, type_id, seen, body.content))
    mark(response, kept.version)
    return shown(kept)


def shown(kept: Kept[TypeContent]) -> TimePeriodType:
    """A type as the API gives it."""
    told: dict[str, Any] = {"id": kept.id, "version": kept.version} | kept.content.json
    return TimePeriodType.model_validate(told)


def _after(found: list[Kept[TypeContent]], id_: str | None) -> list[Kept[TypeContent]]:
    """There are few, so a page is cut from all of them."""
    place = next((number for number, kept in enumerate(found, 1) if str(kept.id) == id_), 0)
    return found[place:]
