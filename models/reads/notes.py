"""What was said about the days of a person."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.reads.shown import NoteShown
from models.rules.periods import Period
from models.tables.people import Person
from models.tables.timecard import Note


def notes_in(session: Session, owner_id: UUID, period: Period, zone: ZoneInfo) -> tuple[NoteShown, ...]:
    """Every note on the local days of a period, in the order they were written."""
    author, responsible = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Note, author.name, responsible.name)
        .join(author, author.id == Note.author_id)
        .outerjoin(responsible, responsible.id == Note.on_behalf_of_id)
        .where(Note.owner_id == owner_id, Note.local_date.between(period.start, period.end))
        .order_by(Note.local_date, Note.created_at, Note.id)
    )
    return tuple(
        NoteShown(
            id=note.id,
            day=note.local_date,
            content=note.content,
            author=said_by(name, responsible_name),
            at=note.created_at.astimezone(zone),
            entry_id=note.entry_id,
        )
        for note, name, responsible_name in rows
    )


def said_by(author: str, responsible: str | None) -> str:
    """Who wrote something, with for whom if not for themselves."""
    return f"{author} on behalf of {responsible}" if responsible else author
