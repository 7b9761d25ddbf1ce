"""Flex changes: record that a shift was changed at short notice, and read such records."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from models.commands import AddFlexChange, Asked, made_by
from models.errors import NotFound
from models.reads.api.balances import reversals_of
from models.reads.api.records import DaysWanted, flex_changes
from models.reads.viewer import circle_for
from models.rules.flex import FlexType
from models.rules.transitions import CommandKind
from models.tables.timecard import FlexChange as FlexChangeRow
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Given, Key, whose
from web.api.caller import Caller, Reads, Records
from web.api.days import Within
from web.api.lists import Listed, Paged, day_key, listed
from web.api.time_entries import changeable
from web.api.values import Day, Instant, Resource, Text, Version
from web.services import Services, Used

router = APIRouter(tags=["Flex changes"])


class NewFlexChange(Given):
    """A change of a shift, named by its type, against the version that was seen."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "extended",
                    "timeEntryId": "3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d",
                    "timeEntryVersion": 1,
                    "actualStartTime": "2026-11-18T09:00:00+00:00",
                    "actualEndTime": "2026-11-18T17:45:00+00:00",
                    "authorisedBy": "Roland Fuller",
                    "note": "covered for a colleague",
                }
            ]
        }
    )

    type: FlexType
    time_entry_id: UUID
    time_entry_version: Version = Field(description="The version that was seen; a stale one gives 412.")
    actual_start_time: Instant
    actual_end_time: Instant
    authorised_by: Text = Field(min_length=1, max_length=200, description="The name of who authorised it.")
    authorised_by_id: UUID | None = Field(None, description="That person, if known.")
    note: Text | None = Field(None, max_length=250)


class FlexChange(Resource):
    """The record that a shift was changed at short notice. It never changes."""

    id: UUID
    type: FlexType
    satisfies: list[FlexType] = Field(description="Every type that the change is true of.")
    owner_id: UUID
    timesheet_id: UUID
    time_entry_id: UUID
    time_entry_version: int = Field(description="The version that was changed.")
    time_entry_id_after: UUID = Field(description="Another entry when the shift moved to another day.")
    time_entry_version_after: int
    date: Day = Field(description="The local day that the shift starts on after the change.")
    authorised_by: str
    authorised_by_id: UUID | None
    author_id: UUID
    on_behalf_of: UUID | None
    note: str | None
    created_at: Instant
    reversed_by: UUID | None = Field(description="The adjustment that gave back its credit.")


@router.post(
    "/commands/flex-changes", operation_id="addFlexChange", status_code=201, responses=RECORDING | refusals(410, 412)
)
async def add(caller: Records, use: Used, key: Key, body: NewFlexChange, response: Response) -> FlexChange:
    """Record the change and change the time entry, in one transaction: across two timesheets if it moves that far."""

    await use.commands.give(caller.onlooker, lambda session: _asked(session, caller, key, body))
    made = made_by(caller.tenant_id, key, "flex-change")
    response.headers["Location"] = f"/resources/flex-changes/{made}"
    return await run_in_threadpool(_read, use, caller, made)


@router.get("/resources/flex-changes", operation_id="findFlexChanges", responses=READING)
def find(caller: Reads, use: Used, asked: Paged, within: Within) -> Listed[FlexChange]:
    """The flex changes of a person, by the day that the shift is on now."""
    with use.reading(caller.onlooker) as session:
        owner = circle_for(session, caller.onlooker, within.owner_id or caller.person_id).owner
        wanted = DaysWanted(owner.id, within.start, within.end, day_key(asked), asked.first + 1)
        rows = flex_changes(session, wanted)
        reversed_by = reversals_of(session, [row.id for row in rows])
        return listed(
            rows, asked, lambda row: (row.local_date, row.id), lambda row: shown(row, reversed_by.get(row.id))
        )


@router.get("/resources/flex-changes/{change_id}", operation_id="getFlexChange", responses=READING)
def get(caller: Reads, use: Used, change_id: UUID) -> FlexChange:
    """One flex change."""
    return _read(use, caller, change_id)


def shown(row: FlexChangeRow, reversed_by: UUID | None) -> FlexChange:
    """A flex change as the API gives it."""
    return FlexChange(
        id=row.id,
        type=FlexType(row.type),
        satisfies=[FlexType(type_) for type_ in row.satisfies],
        owner_id=row.owner_id,
        timesheet_id=row.timesheet_id,
        time_entry_id=row.time_entry_id,
        time_entry_version=row.time_entry_version,
        time_entry_id_after=row.entry_after_id,
        time_entry_version_after=row.entry_after_version,
        date=row.local_date,
        authorised_by=row.authorised_by,
        authorised_by_id=row.authorised_by_id,
        author_id=row.author_id,
        on_behalf_of=row.on_behalf_of_id,
        note=row.note,
        created_at=row.created_at,
        reversed_by=reversed_by,
    )


def _asked(session: Session, caller: Caller, key: UUID, body: NewFlexChange) -> Asked:
    found = changeable(session, caller, key, body.time_entry_id, body.time_entry_version)
    owner = whose(session, caller, found.content.owner_id)
    here, there = owner.place_of(session, found.content.timesheet_id), owner.period_start(body.actual_start_time)
    change = AddFlexChange(
        type=body.type,
        entry_id=body.time_entry_id,
        version=body.time_entry_version,
        start=body.actual_start_time,
        end=body.actual_end_time,
        authorised_by=body.authorised_by,
        authorised_by_id=body.authorised_by_id,
        note=body.note or None,
        moves_to=None if here == there else there,
    )
    return owner.ask(key, CommandKind.ADD_FLEX_CHANGE, here, change, body)


def _read(use: Services, caller: Caller, change_id: UUID) -> FlexChange:
    with use.reading(caller.onlooker) as session:
        row = session.get(FlexChangeRow, change_id)
        if row is None:
            raise NotFound("There is no such flex change, or you may not see it.")
        circle_for(session, caller.onlooker, row.owner_id)
        return shown(row, reversals_of(session, [row.id]).get(row.id))
