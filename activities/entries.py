"""Record, amend, confirm and remove: every change of an entry is a new version, and balances follow at once."""

from datetime import UTC
from typing import cast

from activities.act import Act
from activities.checks import project_of, require_explained, require_free, require_valid, shown_entry, type_of
from activities.notes import keep_note, note_of
from activities.versions import fields_of, keep
from models.commands import Amend, Confirm, EntryFields, Record, Remove
from models.errors import Stale
from models.rules.days import local_date
from models.rules.entry_fields import REQUIRED
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimePeriodType


def record(act: Act) -> None:
    """Add an entry; its id follows from the command, so a repetition cannot make a second one."""
    write(act, new_entry(act), cast(Record, act.asked.body).fields, "time-entry.recorded")


def amend(act: Act) -> None:
    """Give an entry a new version with other content; a planned one is thereby confirmed."""
    body = cast(Amend, act.asked.body)
    entry = shown_entry(act, body.entry_id, body.version)
    require_explained(act, entry, body.fields)
    entry.version += 1
    write(act, entry, body.fields, "time-entry.amended")


def confirm(act: Act) -> None:
    """Say of a planned entry that it was worked as planned; from here on it counts."""
    body = cast(Confirm, act.asked.body)
    entry = shown_entry(act, body.entry_id, body.version)
    if entry.confirmed:
        raise Stale("This entry was confirmed already.", version=entry.version)
    entry.version += 1
    write(act, entry, fields_of(entry), "time-entry.confirmed")


def remove(act: Act) -> None:
    """Give an entry a last version that no longer counts."""
    body = cast(Remove, act.asked.body)
    entry = shown_entry(act, body.entry_id, body.version)
    require_explained(act, entry)
    take_away(act, entry)


def take_away(act: Act, entry: TimeEntry) -> None:
    """The last version of an entry. The person's balances are held already."""
    entry.version += 1
    entry.deleted = True
    project = act.session.get(Project, entry.project_id) if entry.project_id else None
    keep(act, entry, type_of(act, entry.time_period_type_id), project, "time-entry.removed")


def new_entry(act: Act) -> TimeEntry:
    """An entry that has no content yet."""
    return TimeEntry(
        id=act.asked.makes("entry"),
        tenant_id=act.asked.key.tenant_id,
        owner_id=act.owner.id,
        timesheet_id=act.sheet.id,
        version=1,
        deleted=False,
    )


def write(act: Act, entry: TimeEntry, fields: EntryFields, event: str, *, instead_of: TimeEntry | None = None) -> None:
    """Put content into an entry and keep it as a version, unless a rule is against it.

    `instead_of` is another entry that it takes the place of: what was said about that one holds for it.
    """
    type_ = type_of(act, fields.time_period_type_id)
    project = project_of(act, fields.project_id)
    require_valid(act, fields, type_, fields.note or _said_before(act, instead_of or entry, type_))
    require_free(act, fields, entry.id)
    entry.timesheet_id = act.sheet_of(local_date(fields.start, act.zone)).id
    entry.time_period_type_id = type_.id
    entry.project_id = project.id if project else None
    fill_in(entry, fields)
    entry.confirmed = True
    act.session.add(entry)
    keep(act, entry, type_, project, event)
    if fields.note:
        keep_note(act, local_date(entry.start_at, act.zone), fields.note, entry)


def _said_before(act: Act, entry: TimeEntry, type_: TimePeriodType) -> str | None:
    """The note that an entry has already, where its type requires one: notes are never changed."""
    return note_of(act, entry) if entry.version > 1 and type_.fields.get("note") == REQUIRED else None


def fill_in(entry: TimeEntry, fields: EntryFields) -> None:
    """What an entry holds beside its type and project; the offsets are kept as they were typed."""
    entry.task = fields.task
    entry.shift_type = fields.shift_type
    entry.meal_break_minutes = fields.meal_break_minutes
    entry.start_at, entry.start_offset_minutes = fields.start.astimezone(UTC), fields.start_offset_minutes
    entry.end_at = fields.end.astimezone(UTC) if fields.end else None
    entry.end_offset_minutes = fields.end_offset_minutes
