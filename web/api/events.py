"""Events of other systems: CloudEvents about planned shifts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from web.api.answers import refusals
from web.api.caller import Sends
from web.api.values import Resource
from web.intake.scheduled import ScheduledEvent, structured
from web.intake.taking import Outcome, Sender, take
from web.services import Used

router = APIRouter(tags=["Events"])


class Received(Resource):
    """What became of an event."""

    outcome: Outcome = Field(
        description="applied; ignored, because something newer is known; or kept for an administrator, with the reason."
    )
    dead_letter_id: UUID | None = None
    reason: str | None = None


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {
                "schema": ScheduledEvent.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}"),
                "example": {
                    "specversion": "1.0",
                    "id": "roster-2026-47/17",
                    "source": "/roster",
                    "type": "countersign.scheduled-entry",
                    "data": {
                        "entryId": "0b7e1a34-5d4b-4c1e-9f5e-6a1d2c3b4a59",
                        "personId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                        "timePeriodTypeId": "00000000-0000-0000-0000-000000000001",
                        "plannedStartTime": "2026-11-23T09:00:00+00:00",
                        "plannedEndTime": "2026-11-23T17:00:00+00:00",
                        "shiftType": "early",
                        "version": 1,
                        "action": "create",
                    },
                },
            }
        },
    }
}


async def event_text(request: Request) -> str:
    """The event as text, whichever of its two HTTP forms it came in; what is no text is kept as far as it is."""
    return structured((await request.body()).decode(errors="replace"), request.headers)


@router.post(
    "/events", operation_id="sendEvent", status_code=202, responses=refusals(400, 404, 413), openapi_extra=_BODY
)
async def send(caller: Sends, use: Used, text: Annotated[str, Depends(event_text)]) -> Received:
    """Tell of a planned shift. Sent again it happens once; what cannot be taken is kept with the reason, and an
    administrator may try it again."""
    taken = await take(use.commands, Sender(caller.tenant_id, caller.person_id, caller.roles), "http", text)
    return Received(outcome=taken.outcome, dead_letter_id=taken.letter_id, reason=taken.reason)
