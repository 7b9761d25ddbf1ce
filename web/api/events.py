"""Events as CloudEvents: what other systems tell of planned shifts, and what they are told."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from models.database import ReadSession, command_transaction
from models.errors import Invalid
from models.reads.people import require
from models.rules.policy import Action
from models.store.feed import FeedEvent, events_after, last_position, place
from web.api.answers import READING, refusals
from web.api.caller import Reads, Sends
from web.api.lists import FIRST, MOST
from web.api.values import Instant, Resource
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


class OutgoingEvent(BaseModel):
    """Something that happened, as a CloudEvent. Its data holds ids and versions: what it is about is read elsewhere."""

    specversion: str = Field("1.0", examples=["1.0"])
    id: UUID = Field(description="The same whenever and however the event is told.")
    source: str = Field(examples=["/countersign"])
    type: str = Field(examples=["countersign.timesheet.approved"])
    subject: str = Field(description="The id of what it is about.")
    time: Instant
    datacontenttype: str = Field(examples=["application/json"])
    tenantid: UUID
    position: int = Field(description="Its place in the feed: 1, 2, 3… without a gap, in the order of what was saved.")
    data: dict[str, Any]

    @classmethod
    def of(cls, event: FeedEvent) -> "OutgoingEvent":
        """An event as it is told."""
        return cls(**event.cloud_event)


class FeedMeta(BaseModel):
    """The way on."""

    next: str = Field(description="The cursor for `after`; the same again when there is nothing new.")


class Feed(BaseModel):
    """What happened after a place in the feed."""

    meta: FeedMeta
    items: list[OutgoingEvent]


@router.get("/events", operation_id="findEvents", responses=READING)
def find(
    caller: Reads,
    use: Used,
    after: Annotated[
        int, Query(ge=0, le=2**63 - 1, description="The `next` of the answer before; 0: from the start.")
    ] = 0,
    first: Annotated[int, Query(ge=1, le=MOST, description="At most so many items.")] = FIRST,
) -> Feed:
    """What happened, in the order in which it was saved. Whoever goes on from `next` misses nothing, and nothing
    that was read changes or moves."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_EVENTS)
    with command_transaction(use.engine, caller.tenant_id) as session:
        place(session, caller.tenant_id)
    with use.reading(caller.onlooker) as session:
        _require_place(session, caller.tenant_id, after)
        found = events_after(session, caller.tenant_id, after, first)
    return Feed(
        meta=FeedMeta(next=str(found[-1].position if found else after)),
        items=[OutgoingEvent.of(event) for event in found],
    )


def _require_place(session: ReadSession, tenant_id: UUID, after: int) -> None:
    """Whoever went on from a place that the feed has not come to, such as one of elsewhere, would miss what comes."""
    last = last_position(session, tenant_id)
    if after > last:
        raise Invalid.field("after", f"The feed has not come to this place: its last event is number {last}.")
