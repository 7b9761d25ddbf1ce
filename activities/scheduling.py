"""Planned shifts, as the scheduler tells of them: they count nowhere until somebody says that they were worked."""

from datetime import UTC
from typing import cast

from activities.act import Act
from activities.checks import local_day, require_free, type_of
from activities.entries import fill_in, take_away
from activities.versions import keep
from models.commands import Asked, EntryFields, Schedule, ScheduleAction
from models.database import WriteSession
from models.errors import Invalid, Stale
from models.rules.days import in_utc
from models.rules.entry_fields import MAX_DURATION, MAX_SHIFT_TYPE
from models.store.entries import add_entry
from models.tables.intake import ScheduledEntry
from models.tables.people import Project
from models.tables.timecard import TimeEntry


def schedule(act: Act) -> None:
    """Plan a shift, plan it otherwise or take it back; what is older than what is known changes nothing.

    What was worked stays as it was recorded: then only the plan beside it changes.
    """
    body = cast(Schedule, act.asked.body)
    if not _is_news(act, body):
        act.ignored = True
        return
    entry = _known_entry(act, body)
    planned = body.action is not ScheduleAction.DELETE
    if entry is None and planned:
        _plan(act, body, _new_entry(act, body))
    elif entry is None or entry.deleted:
        act.ignored = True
    elif planned:
        _plan(act, body, entry)
    elif entry.confirmed:
        _forget_plan(act, entry)
    else:
        take_away(act, entry)


def is_old_news(session: WriteSession, asked: Asked) -> bool:
    """Whether something as new as what is asked was told before; then no timesheet need be opened for it."""
    if not isinstance(asked.body, Schedule):
        return False
    known = session.get(ScheduledEntry, (asked.key.tenant_id, asked.body.entry_id))
    return known is not None and known.version >= asked.body.version


def _new_entry(act: Act, body: Schedule) -> TimeEntry:
    return TimeEntry(id=body.entry_id, tenant_id=act.asked.key.tenant_id, owner_id=act.owner.id, version=0)


def _is_news(act: Act, body: Schedule) -> bool:
    """Note the version; whether it is newer than what is known."""
    key = (act.asked.key.tenant_id, body.entry_id)
    known = act.session.get(ScheduledEntry, key, with_for_update=True, populate_existing=True)
    if known is not None and known.version >= body.version:
        return False
    known = known or ScheduledEntry(tenant_id=key[0], entry_id=key[1])
    known.version = body.version
    known.command_id = act.asked.id
    act.session.add(known)
    act.session.flush()
    return True


def _known_entry(act: Act, body: Schedule) -> TimeEntry | None:
    entry = act.session.get(TimeEntry, body.entry_id)
    if entry is None:
        return None
    if entry.owner_id != act.owner.id:
        raise Invalid.field("personId", "A planned shift stays with its person. Delete it and plan another one.")
    if entry.timesheet_id not in act.held:
        raise Stale("This shift was moved meanwhile. Send the event again.", version=entry.version)
    return entry


def _plan(act: Act, body: Schedule, entry: TimeEntry) -> None:
    """Put the plan into an entry; while nobody has confirmed it, its times are the planned ones."""
    worked = entry.version > 0 and entry.confirmed
    type_ = type_of(act, body.time_period_type_id)
    day = local_day(act, "plannedStartTime", body.start)
    fields = _fields(act, body)
    entry.version += 1
    entry.planned_start_at, entry.planned_end_at = body.start.astimezone(UTC), body.end.astimezone(UTC)
    if not worked:
        require_free(act, fields, entry.id)
        entry.timesheet_id = act.sheet_of(day).id
        entry.time_period_type_id = type_.id
        entry.confirmed = False
        entry.deleted = False
        fill_in(entry, fields)
    if entry.version == 1 and not add_entry(act.session, entry):
        raise Invalid.field("id", "This id is taken. Plan the shift under another one.")
    _keep(act, entry, "time-entry.planned")


def _forget_plan(act: Act, entry: TimeEntry) -> None:
    entry.version += 1
    entry.planned_start_at = entry.planned_end_at = None
    _keep(act, entry, "time-entry.planned")


def _keep(act: Act, entry: TimeEntry, event: str) -> None:
    project = act.session.get(Project, entry.project_id) if entry.project_id else None
    keep(act, entry, type_of(act, entry.time_period_type_id), project, event)


def _fields(act: Act, body: Schedule) -> EntryFields:
    local_day(act, "plannedEndTime", body.end)
    if in_utc(body.end) <= in_utc(body.start):
        raise Invalid.field("plannedEndTime", "The planned end must be after the planned start.")
    if in_utc(body.end) - in_utc(body.start) > MAX_DURATION:
        raise Invalid.field("plannedEndTime", f"A shift may be planned for at most {MAX_DURATION.days} days.")
    if body.shift_type is not None and len(body.shift_type) > MAX_SHIFT_TYPE:
        raise Invalid.field("shiftType", f"Use at most {MAX_SHIFT_TYPE} characters; these are {len(body.shift_type)}.")
    return EntryFields(body.time_period_type_id, body.start, body.end, shift_type=body.shift_type)
