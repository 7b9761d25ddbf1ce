"""Events about planned shifts, as other systems write them: CloudEvents, read and checked."""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.commands import ScheduleAction
from web.api.values import Instant, Resource, Text

TYPE = "countersign.scheduled-entry"
"""The type of event that is understood."""

EVENTS = UUID("4f1f3a0c-0a43-4b0e-8a4f-8f1b1c5f7d21")
"""The namespace of command ids that follow from events."""

BINARY_HEADERS = ("specversion", "id", "source", "type")
"""Attributes that may also come as headers `ce-…`, with the data as the body."""


class NotUnderstood(Exception):
    """An event that cannot be taken for what it should be; its words say why."""


class PlannedShift(Resource):
    """What the scheduler says of one shift."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "entryId": "0b7e1a34-5d4b-4c1e-9f5e-6a1d2c3b4a59",
                    "personId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                    "timePeriodTypeId": "00000000-0000-0000-0000-000000000001",
                    "plannedStartTime": "2026-11-23T09:00:00+00:00",
                    "plannedEndTime": "2026-11-23T17:00:00+00:00",
                    "shiftType": "early",
                    "version": 1,
                    "action": "create",
                }
            ]
        }
    )

    entry_id: UUID = Field(description="The time entry that the shift becomes, and stays through all changes.")
    person_id: UUID
    version: int = Field(ge=0, le=2**31 - 1, strict=True, description="What is older than what is known is ignored.")
    action: ScheduleAction
    time_period_type_id: UUID | None = Field(None, description="Needed unless the action is delete.")
    planned_start_time: Instant | None = None
    planned_end_time: Instant | None = None
    shift_type: Text | None = Field(None, max_length=50)

    @model_validator(mode="after")
    def _has_a_plan(self) -> Self:
        plan = (self.time_period_type_id, self.planned_start_time, self.planned_end_time)
        if self.action is not ScheduleAction.DELETE and None in plan:
            raise ValueError("timePeriodTypeId, plannedStartTime and plannedEndTime are needed")
        return self


class ScheduledEvent(BaseModel):
    """A CloudEvent about one planned shift."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=500)
    source: str = Field(min_length=1, max_length=500)
    type: Literal["countersign.scheduled-entry"]
    data: PlannedShift

    def command_id(self, sender_id: UUID, tries: int) -> UUID:
        """The id of the command that an event becomes: the same however often it is delivered."""
        named = uuid5(EVENTS, f"{sender_id}/{self.source}/{self.id}")
        return named if tries == 0 else uuid5(named, str(tries))


def read_event(text: str) -> ScheduledEvent:
    """The event in `text`, in the structured form of CloudEvents. Raises `NotUnderstood`."""
    try:
        return ScheduledEvent.model_validate(_json(text))
    except ValidationError as error:
        raise NotUnderstood("; ".join(_words(each) for each in error.errors()[:5])) from None


def structured(body: str, headers: Mapping[str, str]) -> str:
    """An event with its attributes in headers as one that has them in its body."""
    if "ce-id" not in headers:
        return body
    attributes: dict[str, Any] = {name: headers.get(f"ce-{name}") for name in BINARY_HEADERS}
    try:
        return json.dumps(attributes | {"data": _json(body)})
    except NotUnderstood:
        return json.dumps(attributes | {"data": body})


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NotUnderstood("it is no JSON that can be read") from None


def _words(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    words = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {words}" if where else words
