"""Time entries: find, record, amend, remove, and every version of them."""

from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import ConfigDict, Field, JsonValue
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from models.commands import Amend, Asked, Batch, Change, EntryFields, Record, Remove, json_of
from models.errors import DomainError, Invalid, NotFound, Removed
from models.reads.api.entries import (
    EntriesWanted,
    EntryFound,
    entries_by_id,
    entry_by_id,
    find_entries,
    versions_of,
)
from models.reads.viewer import circle_for
from models.rules.transitions import CommandKind
from models.store.commands import is_done
from web.api.answers import CHANGING, READING, RECORDING
from web.api.asking import Given, Key, given_by, whose
from web.api.caller import Caller, Reads, Records
from web.api.days import Within
from web.api.lists import Listed, Meta, Page, Paged, instant_key, listed, not_ours
from web.api.values import Day, Instant, Minutes, Reason, Resource, Text, Version
from web.api.versions import Seen, mark
from web.services import Services, Used

router = APIRouter(prefix="/resources/time-entries", tags=["Time entries"])

MOST_AT_ONCE = 200

_MOST_DIGITS = 9

EXAMPLE: dict[str, JsonValue] = {
    "ownerId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
    "timePeriodTypeId": "00000000-0000-0000-0000-000000000001",
    "actualStartTime": "2026-11-18T10:08:00+00:00",
    "actualEndTime": "2026-11-18T10:28:00+00:00",
    "task": "washing dog",
}


class EntryContent(Given):
    """What is recorded of one period of time."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    time_period_type_id: UUID
    actual_start_time: Instant
    actual_end_time: Instant | None = Field(None, description="None: it is still running.")
    project_id: UUID | None = None
    task: Text | None = Field(None, max_length=200)
    shift_type: Text | None = Field(None, max_length=50)
    meal_break_minutes: Minutes = 0
    note: Text | None = Field(None, max_length=250, description="Kept beside the entry, for good.")

    @property
    def fields(self) -> EntryFields:
        """The content as commands carry it. A time period of whole days goes from midnight to midnight."""
        return EntryFields(
            time_period_type_id=self.time_period_type_id,
            start=self.actual_start_time,
            end=self.actual_end_time,
            project_id=self.project_id,
            task=self.task or None,
            shift_type=self.shift_type or None,
            meal_break_minutes=self.meal_break_minutes,
            note=self.note or None,
        )


class NewEntry(EntryContent):
    """A time entry to record."""

    owner_id: UUID = Field(description="Whose time it is.")


class ChangedEntry(EntryContent):
    """The whole content of an entry, to take the place of what is there."""

    owner_id: UUID | None = Field(None, description="If it is sent, it has to be what it was: it never changes.")


class ReplacedEntry(ChangedEntry):
    """The whole content of one of several entries, with the version that was seen."""

    version: Version = Field(description="The version that was seen; a stale one gives 412.")


class Replacement(Resource):
    """One of several changes that are carried out together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "op": "replace",
                    "path": "/3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d",
                    "value": {**EXAMPLE, "version": 1},
                }
            ]
        }
    )

    op: Literal["replace"]
    path: str = Field(pattern=r"^/[0-9a-fA-F-]{36}$", examples=["/3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d"])
    value: ReplacedEntry

    @property
    def entry_id(self) -> UUID:
        """The entry that the path names. Raises `NotFound`."""
        try:
            return UUID(self.path[1:])
        except ValueError:
            raise NotFound("There is no such time entry, or you may not see it.") from None


class Removal(Given):
    """Why an entry is removed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It was recorded twice."}]})


class TimeEntry(Resource):
    """One version of one period of one person's time."""

    id: UUID
    version: int
    tenant_id: UUID
    owner_id: UUID
    timesheet_id: UUID
    time_period_type_id: UUID
    actual_start_time: Instant
    actual_end_time: Instant | None
    planned_start_time: Instant | None = Field(description="As the scheduler planned it.")
    planned_end_time: Instant | None
    confirmed: bool = Field(description="False: planned, not yet said to have been worked; it counts nowhere.")
    project_id: UUID | None
    task: str | None
    shift_type: str | None
    meal_break_minutes: int
    recorded_at: Instant
    recorded_by_id: UUID
    on_behalf_of: UUID | None
    reason: str | None
    deleted: bool
    counted: bool = Field(description="False: no agreement covers all of its days, so that not all of it counts yet.")


@router.get("", operation_id="findTimeEntries", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    within: Within,
    on: Annotated[Day | None, Query(alias="date", description="A local day: every entry that touches it.")] = None,
) -> Listed[TimeEntry]:
    """The live entries of a person, by start; those whose time overlaps the days asked for."""
    start, end = within.start, within.end
    if on and (start or end):
        raise Invalid.field("date", "Ask for a date, or for from and to.")
    with use.reading(caller.onlooker) as session:
        owner = circle_for(session, caller.onlooker, within.owner_id or caller.person_id).owner
        wanted = EntriesWanted(owner.id, owner.zone, on or start, on or end, instant_key(asked), asked.first + 1)
        return listed(find_entries(session, wanted), asked, _sort_key, shown)


@router.post("", operation_id="recordTimeEntry", status_code=201, responses=RECORDING)
async def record(caller: Records, use: Used, key: Key, body: NewEntry, response: Response) -> TimeEntry:
    """Record time; it goes onto the timesheet of the local day it starts on."""

    def ask(session: Session) -> Asked:
        owner = whose(session, caller, body.owner_id)
        start = owner.period_start(body.actual_start_time)
        return owner.ask(key, CommandKind.RECORD, start, Record(body.fields), body)

    outcome = await use.commands.give(caller.onlooker, ask)
    assert outcome.entry_id is not None
    response.headers["Location"] = f"/resources/time-entries/{outcome.entry_id}"
    return await run_in_threadpool(_read, use, caller, outcome.entry_id, response)


@router.patch("", operation_id="replaceTimeEntries", responses=CHANGING)
async def replace(
    caller: Records,
    use: Used,
    key: Key,
    body: Annotated[list[Replacement], Body(min_length=1, max_length=MOST_AT_ONCE)],
) -> Listed[TimeEntry]:
    """Replace the content of several entries: all of them or none. What is wrong names its entry by `path`."""
    try:
        await use.commands.give(caller.onlooker, lambda session: _ask_together(session, caller, key, body))
    except DomainError as refused:
        raise _naming(refused, body) from refused
    return await run_in_threadpool(_read_all, use, caller, [each.entry_id for each in body])


@router.get("/{entry_id}", operation_id="getTimeEntry", responses=READING | {410: CHANGING[410]})
def get(caller: Reads, use: Used, entry_id: UUID, response: Response) -> TimeEntry:
    """One entry as it is now."""
    with use.reading(caller.onlooker) as session:
        found = _visible(session, caller, entry_id)
        _require_live(found)
    mark(response, found.content.version)
    return shown(found)


@router.put("/{entry_id}", operation_id="replaceTimeEntry", responses=CHANGING)
async def put(
    caller: Records, use: Used, key: Key, seen: Seen, entry_id: UUID, body: ChangedEntry, response: Response
) -> TimeEntry:
    """Replace the content of an entry by a new version of it; the former ones stay readable."""

    await use.commands.give(caller.onlooker, lambda session: _amending(session, caller, key, entry_id, seen, body))
    return await run_in_threadpool(_read, use, caller, entry_id, response)


@router.delete("/{entry_id}", operation_id="removeTimeEntry", status_code=204, responses=CHANGING)
async def remove(
    caller: Records,
    use: Used,
    key: Key,
    seen: Seen,
    entry_id: UUID,
    body: Removal | None = None,
    reason: Annotated[Reason | None, Query(description="Why, where a body is not possible.")] = None,
) -> None:
    """Remove an entry: its last version says so, and all of them stay readable."""

    def ask(session: Session) -> Asked:
        found = changeable(session, caller, key, entry_id, seen)
        owner = whose(session, caller, found.content.owner_id)
        start = owner.place_of(session, found.content.timesheet_id)
        return owner.ask(key, CommandKind.REMOVE, start, Remove(entry_id, seen), given_by(body, reason))

    await use.commands.give(caller.onlooker, ask)


@router.get("/{entry_id}/versions", operation_id="getTimeEntryVersions", responses=READING)
def versions(caller: Reads, use: Used, entry_id: UUID, asked: Paged) -> Listed[TimeEntry]:
    """Every version of an entry, the first one first; also of a removed one."""
    after = _version_key(asked)
    with use.reading(caller.onlooker) as session:
        _visible(session, caller, entry_id)
        found = versions_of(session, entry_id, after, asked.first + 1)
        return listed(found, asked, lambda each: (each.content.version,), shown)


def changeable(session: Session, caller: Caller, key: UUID, entry_id: UUID, version: int) -> EntryFound:
    """The entry to change; as it was seen, if this very command was carried out before, so that it is asked alike.

    Raises `NotFound`, or `Removed`.
    """
    found = _visible(session, caller, entry_id)
    if not is_done(session, caller.tenant_id, key):
        _require_live(found)
        return found
    seen = versions_of(session, entry_id, version - 1, 1)
    return seen[0] if seen else found


def shown(found: EntryFound) -> TimeEntry:
    """A version as the API gives it: times with the offsets that were typed."""
    entry = found.content
    return TimeEntry(
        id=found.id,
        version=entry.version,
        tenant_id=entry.tenant_id,
        owner_id=entry.owner_id,
        timesheet_id=entry.timesheet_id,
        time_period_type_id=entry.time_period_type_id,
        actual_start_time=_as_typed(entry.start_at, entry.start_offset_minutes),
        actual_end_time=_as_typed(entry.end_at, entry.end_offset_minutes or 0) if entry.end_at else None,
        planned_start_time=entry.planned_start_at,
        planned_end_time=entry.planned_end_at,
        confirmed=entry.confirmed,
        project_id=entry.project_id,
        task=entry.task,
        shift_type=entry.shift_type,
        meal_break_minutes=entry.meal_break_minutes,
        recorded_at=found.recorded_at,
        recorded_by_id=found.recorded_by_id,
        on_behalf_of=found.on_behalf_of_id,
        reason=found.reason,
        deleted=entry.deleted,
        counted=found.counted,
    )


def _ask_together(session: Session, caller: Caller, key: UUID, body: list[Replacement]) -> Asked:
    """The whole call as one command of the first entry's timesheet."""
    asked = [_replacing(session, caller, key, index, each) for index, each in enumerate(body)]
    first = asked[0]
    owner = whose(session, caller, first.owner_id)
    changes = tuple(
        Change(each.kind, each.owner_id, each.period_start, json_of(each.body), each.on_behalf_of_id, each.reason)
        for each in asked
    )
    given = Given(on_behalf_of=first.on_behalf_of_id, reason=first.reason)
    return owner.ask(key, CommandKind.BATCH, first.period_start, Batch(changes), given)


def _replacing(session: Session, caller: Caller, key: UUID, index: int, each: Replacement) -> Asked:
    try:
        return _amending(session, caller, key, each.entry_id, each.value.version, each.value)
    except DomainError as refused:
        refused.data["index"] = index
        raise


def _amending(session: Session, caller: Caller, key: UUID, entry_id: UUID, version: int, body: ChangedEntry) -> Asked:
    found = changeable(session, caller, key, entry_id, version)
    if body.owner_id not in (None, found.content.owner_id):
        raise Invalid.field("ownerId", "An entry stays with its owner. Remove it here and record it there.")
    owner = whose(session, caller, found.content.owner_id)
    here, there = owner.place_of(session, found.content.timesheet_id), owner.period_start(body.actual_start_time)
    amend = Amend(entry_id, version, body.fields, moves_to=None if here == there else there)
    return owner.ask(key, CommandKind.AMEND, here, amend, body)


def _naming(refused: DomainError, body: list[Replacement]) -> DomainError:
    """A refusal of one of several, with the path of the one it is about."""
    index = refused.data.pop("index", None)
    if index is None:
        return refused
    path = body[index].path
    if isinstance(refused, Invalid):
        refused.data["errors"] = [each | {"path": path} for each in refused.data["errors"]]
    else:
        refused.data["path"] = path
    return refused


def _visible(session: Session, caller: Caller, entry_id: UUID) -> EntryFound:
    found = entry_by_id(session, entry_id)
    circle_for(session, caller.onlooker, found.content.owner_id)
    return found


def _require_live(found: EntryFound) -> None:
    if found.content.deleted:
        raise Removed("This entry was removed. Its versions are still readable.")


def _read(use: Services, caller: Caller, entry_id: UUID, response: Response) -> TimeEntry:
    with use.reading(caller.onlooker) as session:
        found = entry_by_id(session, entry_id)
    mark(response, found.content.version)
    return shown(found)


def _read_all(use: Services, caller: Caller, entry_ids: list[UUID]) -> Listed[TimeEntry]:
    with use.reading(caller.onlooker) as session:
        found = entries_by_id(session, entry_ids)
    return Listed[TimeEntry](meta=Meta(), items=[shown(found[id_]) for id_ in entry_ids])


def _version_key(asked: Page) -> int:
    """The version that a page of versions comes after. Raises `Invalid` for the cursor of another list."""
    match asked.after:
        case None:
            return 0
        case (number,) if number.isdecimal() and len(number) <= _MOST_DIGITS:
            return int(number)
    raise not_ours()


def _sort_key(found: EntryFound) -> tuple[object, ...]:
    return found.content.start_at.isoformat(), found.id


def _as_typed(instant: datetime, offset_minutes: int) -> datetime:
    return instant.astimezone(timezone(timedelta(minutes=offset_minutes)))
