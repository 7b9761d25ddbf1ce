"""What differs on a timesheet from what somebody last saw of it, line by line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.entries import certified_entries
from models.reads.shown import EntryChange, EntryShown
from models.reads.status import day_text
from models.tables.approval import Look
from models.tables.timesheet import Submission

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed, and since when."""

    changes: tuple[EntryChange, ...] = ()
    since: str | None = None
    """In words; None where there was nothing before."""
    is_new: bool = True
    """Whether this submission was not looked at yet."""


def compared(
    session: Session, person_id: UUID, submission: Submission, entries: list[EntryShown], zone: ZoneInfo
) -> Compared:
    """A submission beside the one that somebody saw before it, else beside the one that was made before it."""
    look = session.get(Look, (person_id, submission.timesheet_id))
    seen_id = _seen_before(look, submission)
    is_new = look is None or look.submission_id != submission.id
    former = session.get(Submission, seen_id) if seen_id else _made_before(session, submission)
    if former is None:
        return Compared(is_new=is_new)
    on = day_text(former.submitted_at, zone)
    since = f"since you last looked, when it was submitted on {on}" if seen_id else f"since it was submitted on {on}"
    return Compared(_changes(session, former, entries, zone), since, is_new)


def _seen_before(look: Look | None, submission: Submission) -> UUID | None:
    if look is None:
        return None
    return look.before_id if look.submission_id == submission.id else look.submission_id


def _made_before(session: Session, submission: Submission) -> Submission | None:
    return session.scalar(
        select(Submission)
        .where(
            Submission.timesheet_id == submission.timesheet_id,
            Submission.submitted_at < submission.submitted_at,
        )
        .order_by(Submission.submitted_at.desc())
        .limit(1)
    )


def _changes(
    session: Session, former: Submission, entries: list[EntryShown], zone: ZoneInfo
) -> tuple[EntryChange, ...]:
    before = {entry.id: entry for entry in certified_entries(session, former.content, zone)}
    after = {entry.id: entry for entry in entries}
    both = pairs(before, after, lambda entry: entry.start)
    return tuple(change for each in both if (change := _change(*each)))


def pairs(
    before: Mapping[UUID, Content], after: Mapping[UUID, Content], start: Callable[[Content], datetime]
) -> list[tuple[Content | None, Content | None]]:
    """What two contents of a timesheet hold of each entry, by id, in the order in which it starts; None: nothing."""

    def order(id_: UUID) -> tuple[float, UUID]:
        return min(start(each[id_]).timestamp() for each in (before, after) if id_ in each), id_

    return [(before.get(id_), after.get(id_)) for id_ in sorted(before.keys() | after.keys(), key=order)]


def _change(before: EntryShown | None, after: EntryShown | None) -> EntryChange | None:
    if before is None:
        return EntryChange("added", None, line_text(after))
    if after is None:
        return EntryChange("removed", line_text(before), None)
    if before.version == after.version:
        return None
    return EntryChange("changed", line_text(before), line_text(after))


def line_text(entry: EntryShown | None) -> str | None:
    """A line of a timesheet in words: Mon 16 Nov, 09:00 – 17:00 · dog grooming · washing dog"""
    if entry is None:
        return None
    end = f"{entry.end:%H:%M}" if entry.end else "still running"
    task = f" · {entry.task}" if entry.task and entry.task != entry.title else ""
    return f"{entry.start:%a} {entry.start.day} {entry.start:%b}, {entry.start:%H:%M} – {end} · {entry.title}{task}"
