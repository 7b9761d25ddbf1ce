"""Notes about a day: at most 250 characters, and never changed."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from models.commands import AddNote, Asked, made_by
from models.errors import NotFound
from models.reads.api.records import DaysWanted, notes
from models.reads.viewer import circle_for
from models.rules.transitions import CommandKind
from models.tables.timecard import Note as NoteRow
from web.api.answers import READING, RECORDING
from web.api.asking import Given, Key, whose
from web.api.caller import Caller, Reads, Records
from web.api.days import Within
from web.api.lists import Listed, Paged, day_key, listed
from web.api.values import Day, Instant, Resource, Text
from web.services import Services, Used

router = APIRouter(prefix="/resources/notes", tags=["Notes"])


class NewNote(Given):
    """Something to say about a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ownerId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                    "date": "2026-11-18",
                    "content": "The second dog came without an appointment.",
                }
            ]
        }
    )

    owner_id: UUID
    date: Day
    content: Text = Field(min_length=1, max_length=250)
    time_entry_id: UUID | None = Field(None, description="The entry it is about, if it is about one.")


class Note(Resource):
    """What somebody said about a day of a timesheet."""

    id: UUID
    owner_id: UUID
    timesheet_id: UUID
    date: Day
    content: str
    time_entry_id: UUID | None
    time_entry_version: int | None
    author_id: UUID
    on_behalf_of: UUID | None
    created_at: Instant


@router.get("", operation_id="findNotes", responses=READING)
def find(caller: Reads, use: Used, asked: Paged, within: Within) -> Listed[Note]:
    """The notes on a person's timesheets, by day."""
    with use.reading(caller.onlooker) as session:
        owner = circle_for(session, caller.onlooker, within.owner_id or caller.person_id).owner
        wanted = DaysWanted(owner.id, within.start, within.end, day_key(asked), asked.first + 1)
        return listed(notes(session, wanted), asked, lambda row: (row.local_date, row.id), shown)


@router.post("", operation_id="addNote", status_code=201, responses=RECORDING)
async def add(caller: Records, use: Used, key: Key, body: NewNote, response: Response) -> Note:
    """Say something about a day, for good."""

    def ask(session: Session) -> Asked:
        owner = whose(session, caller, body.owner_id)
        note = AddNote(body.date, body.content, body.time_entry_id)
        return owner.ask(key, CommandKind.ADD_NOTE, owner.period_start_of(body.date), note, body)

    await use.commands.give(caller.onlooker, ask)
    made = made_by(caller.tenant_id, key, "note")
    response.headers["Location"] = f"/resources/notes/{made}"
    return await run_in_threadpool(_read, use, caller, made)


@router.get("/{note_id}", operation_id="getNote", responses=READING)
def get(caller: Reads, use: Used, note_id: UUID) -> Note:
    """One note."""
    return _read(use, caller, note_id)


def shown(row: NoteRow) -> Note:
    """A note as the API gives it."""
    return Note(
        id=row.id,
        owner_id=row.owner_id,
        timesheet_id=row.timesheet_id,
        date=row.local_date,
        content=row.content,
        time_entry_id=row.entry_id,
        time_entry_version=row.entry_version,
        author_id=row.author_id,
        on_behalf_of=row.on_behalf_of_id,
        created_at=row.created_at,
    )


def _read(use: Services, caller: Caller, note_id: UUID) -> Note:
    with use.reading(caller.onlooker) as session:
        row = session.get(NoteRow, note_id)
        if row is None:
            raise NotFound("There is no such note, or you may not see it.")
        circle_for(session, caller.onlooker, row.owner_id)
        return shown(row)
