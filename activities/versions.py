"""Keeping a version of an entry: with what it contributes, what the ledger hears of it, and who is told."""

from datetime import datetime, timedelta, timezone

from activities.act import Act
from models.commands import EntryFields
from models.rules.accrual_types import codes_of
from models.rules.accruals import EntryForAccrual
from models.rules.books import Source
from models.rules.days import local_date
from models.rules.statements import about_work, work_id
from models.store.accruals import contribute
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimeEntryVersion, TimePeriodType

COPIED = (
    "tenant_id",
    "owner_id",
    "timesheet_id",
    "version",
    "time_period_type_id",
    "start_at",
    "end_at",
    "start_offset_minutes",
    "end_offset_minutes",
    "planned_start_at",
    "planned_end_at",
    "shift_type",
    "project_id",
    "task",
    "meal_break_minutes",
    "confirmed",
    "deleted",
)
"""What a version keeps of its entry."""


def keep(act: Act, entry: TimeEntry, type_: TimePeriodType, project: Project | None, event: str) -> None:
    """Write the version that an entry is now. The person's balances are held already."""
    act.session.flush()
    act.session.add(_version(act, entry))
    act.session.flush()
    source = Source(entry.id, entry.version)
    contribute(act.session, act.asked.key.tenant_id, act.owner, source, _for_accrual(act, entry, type_))
    if entry.confirmed:
        act.statements += about_work(
            work_id(entry.id, entry.version),
            entry.task or type_.name,
            entry.start_at,
            entry.end_at,
            act.owner.agent,
            (project.external_id, project.name) if project else None,
            act.acts_for_owner,
        )
    act.entry_id, act.entry_version = entry.id, entry.version
    act.announce(event, entry.id, version=entry.version, timesheetId=str(entry.timesheet_id))


def fields_of(entry: TimeEntry) -> EntryFields:
    """The content of an entry as a command would carry it, with the offsets that were typed."""
    return EntryFields(
        time_period_type_id=entry.time_period_type_id,
        start=_as_typed(entry.start_at, entry.start_offset_minutes),
        end=_as_typed(entry.end_at, entry.end_offset_minutes or 0) if entry.end_at else None,
        project_id=entry.project_id,
        task=entry.task,
        shift_type=entry.shift_type,
        meal_break_minutes=entry.meal_break_minutes,
    )


def _version(act: Act, entry: TimeEntry) -> TimeEntryVersion:
    return TimeEntryVersion(
        entry_id=entry.id,
        local_date=local_date(entry.start_at, act.zone),
        recorded_by_id=act.actor.id,
        on_behalf_of_id=act.asked.on_behalf_of_id,
        reason=act.asked.reason,
        command_id=act.asked.id,
        **{name: getattr(entry, name) for name in COPIED},
    )


def _for_accrual(act: Act, entry: TimeEntry, type_: TimePeriodType) -> EntryForAccrual:
    return EntryForAccrual(
        feeds=codes_of(type_.feeds),
        start=entry.start_at,
        end=entry.end_at,
        zone=act.zone,
        meal_break_minutes=entry.meal_break_minutes,
        deleted=entry.deleted or not entry.confirmed,
    )


def _as_typed(instant: datetime, offset_minutes: int) -> datetime:
    return instant.astimezone(timezone(timedelta(minutes=offset_minutes)))
