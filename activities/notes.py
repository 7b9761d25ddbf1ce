"""Notes: said about a day or one of its entries, and never changed."""

from datetime import date
from typing import cast

from sqlalchemy import select

from activities.act import Act
from models.commands import AddNote
from models.errors import Invalid
from models.rules.entry_fields import MAX_NOTE
from models.tables.timecard import Note, TimeEntry


def add_note(act: Act) -> None:
    """Keep what somebody says about a day of the timesheet, or about one of its entries. Raises `Invalid`."""
    body = cast(AddNote, act.asked.body)
    content = body.content.strip()
    if not content:
        raise Invalid.field("content", "Write what you want to have said.")
    if len(content) > MAX_NOTE:
        raise Invalid.field("content", f"Use at most {MAX_NOTE} characters; these are {len(content)}.")
    if not act.period.start <= body.day <= act.period.end:
        raise Invalid.field("date", "This day belongs to another week.")
    note = keep_note(act, body.day, content, _entry(act, body))
    act.announce("note.added", note.id, timesheetId=str(act.sheet.id))


def keep_note(act: Act, day: date, content: str, entry: TimeEntry | None) -> Note:
    """Write a note; its id follows from the command."""
    note = Note(
        id=act.asked.makes("note"),
        tenant_id=act.asked.key.tenant_id,
        owner_id=act.owner.id,
        timesheet_id=entry.timesheet_id if entry else act.sheet.id,
        local_date=day,
        content=content,
        entry_id=entry.id if entry else None,
        entry_version=entry.version if entry else None,
        author_id=act.actor.id,
        on_behalf_of_id=act.asked.on_behalf_of_id,
        command_id=act.asked.id,
    )
    act.session.add(note)
    return note


def note_of(act: Act, entry: TimeEntry) -> str | None:
    """What was last said about an entry."""
    these = select(Note.content).where(Note.entry_id == entry.id).order_by(Note.created_at.desc()).limit(1)
    with act.session.no_autoflush:
        return act.session.scalar(these)


def _entry(act: Act, body: AddNote) -> TimeEntry | None:
    if body.entry_id is None:
        return None
    entry = act.session.get(TimeEntry, body.entry_id)
    if entry is None or entry.timesheet_id != act.sheet.id:
        raise Invalid.field("timeEntryId", "There is no such entry on this timesheet.")
    return entry
