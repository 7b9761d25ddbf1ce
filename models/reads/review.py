"""One submitted timesheet opened for a decision, exactly as it was certified."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.balances import agreement_on, tiles
from models.reads.entries import certified_entries, days_of
from models.reads.inbox import next_for, rows_for
from models.reads.sheets import acted_by, last_submission, revision_reason, sheet_of, status_shown
from models.reads.shown import EntryChange, EntryShown, InboxRow, ReviewShown
from models.reads.viewer import Onlooker, circle_for, commands_offered
from models.rules.transitions import State
from models.tables.people import Person
from models.tables.timesheet import Submission, Timesheet


def review_page(session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime) -> ReviewShown:
    """A certified timesheet for somebody who may see it.

    Raises `NotFound` when they may not, or when nothing was certified yet.
    """
    sheet = sheet_of(session, timesheet_id)
    circle = circle_for(session, onlooker, sheet.owner_id)
    submission = last_submission(session, sheet)
    if submission is None:
        raise NotFound("There is no such page, or you may not see it.")
    zone = circle.owner.zone
    entries = certified_entries(session, submission.content, zone)
    return ReviewShown(
        row=_row(session, sheet, submission, now),
        state=sheet.state,
        status=status_shown(session, sheet, circle, zone),
        digest=submission.digest,
        zone=zone.key,
        days=days_of(entries, sheet.period_start, sheet.period_end, now.astimezone(zone).date()),
        certified_by=acted_by(session, submission.submitted_by_id, submission.on_behalf_of_id),
        certified_text=f"{submission.submitted_at.astimezone(zone):%-d %B %Y, %H:%M}",
        certification=submission.certification,
        balances=tiles(session, agreement_on(session, sheet.owner_id, sheet.period_end), sheet.period_end),
        changes=_changes(session, submission, entries, zone),
        reason=revision_reason(session, sheet),
        commands=commands_offered(onlooker, circle, State(sheet.state)),
        next_timesheet_id=next_for(session, onlooker, sheet),
    )


def _row(session: Session, sheet: Timesheet, submission: Submission, now: datetime) -> InboxRow:
    owner = session.get_one(Person, sheet.owner_id)
    return rows_for(session, [(sheet, owner, submission.submitted_at)], now)[0]


def _changes(
    session: Session, submission: Submission, entries: list[EntryShown], zone: ZoneInfo
) -> tuple[EntryChange, ...]:
    """What differs from the submission before, entry by entry."""
    former = session.scalar(
        select(Submission)
        .where(
            Submission.timesheet_id == submission.timesheet_id,
            Submission.submitted_at < submission.submitted_at,
        )
        .order_by(Submission.submitted_at.desc())
        .limit(1)
    )
    if former is None:
        return ()
    before = {entry.id: entry for entry in certified_entries(session, former.content, zone)}
    after = {entry.id: entry for entry in entries}
    return tuple(change for id_ in before.keys() | after.keys() if (change := _change(before.get(id_), after.get(id_))))


def _change(before: EntryShown | None, after: EntryShown | None) -> EntryChange | None:
    if before is None:
        return EntryChange("added", None, _text(after))
    if after is None:
        return EntryChange("removed", _text(before), None)
    if before.version == after.version:
        return None
    return EntryChange("changed", _text(before), _text(after))


def _text(entry: EntryShown | None) -> str | None:
    if entry is None:
        return None
    end = f"{entry.end:%H:%M}" if entry.end else "still running"
    task = f" · {entry.task}" if entry.task and entry.task != entry.title else ""
    return f"{entry.start:%a} {entry.start.day} {entry.start:%b}, {entry.start:%H:%M} – {end} · {entry.title}{task}"
