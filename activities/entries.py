"""Record, amend and remove: every change of an entry is a new version, and balances follow at once."""

from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from activities.act import Act
from models.commands import Amend, EntryFields, Record, Remove
from models.errors import Invalid, NotFound, ReasonRequired, Stale
from models.rules.accruals import EntryForAccrual
from models.rules.days import NaiveTime, OutsideCalendar, day_bounds, in_utc, local_date
from models.rules.entry_fields import TypeMetadata, field_errors
from models.rules.overlap import ExistingSpan, Span, find_clash
from models.rules.statements import about_work, work_id
from models.store.accruals import codes_fed, contribute, lock_balances
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Submission

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
    "deleted",
)
"""What a version keeps of its entry."""


def record(act: Act) -> None:
    """Add an entry; its id follows from the command, so a repetition cannot make a second one."""
    body = cast(Record, act.asked.body)
    entry = TimeEntry(
        id=act.asked.makes("entry"),
        tenant_id=act.asked.key.tenant_id,
        owner_id=act.owner.id,
        timesheet_id=act.sheet.id,
        version=1,
        deleted=False,
    )
    _write(act, entry, body.fields, "time-entry.recorded")


def amend(act: Act) -> None:
    """Give an entry a new version with other content."""
    body = cast(Amend, act.asked.body)
    entry = _shown_entry(act, body.entry_id, body.version)
    entry.version += 1
    _write(act, entry, body.fields, "time-entry.amended")


def remove(act: Act) -> None:
    """Give an entry a last version that no longer counts."""
    body = cast(Remove, act.asked.body)
    entry = _shown_entry(act, body.entry_id, body.version)
    lock_balances(act.session, act.owner.id)
    entry.version += 1
    entry.deleted = True
    project = act.session.get(Project, entry.project_id) if entry.project_id else None
    _keep(act, entry, _type_of(act, entry.time_period_type_id), project)
    _tell(act, entry, "time-entry.removed")


def _write(act: Act, entry: TimeEntry, fields: EntryFields, event: str) -> None:
    # Held from here on, so that no other timesheet of this person can put an entry in the way.
    lock_balances(act.session, act.owner.id)
    type_ = _type_of(act, fields.time_period_type_id)
    project = _project_of(act, fields.project_id)
    _require_valid(act, fields, type_)
    _require_free(act, fields, entry.id)
    entry.time_period_type_id = type_.id
    entry.project_id = project.id if project else None
    entry.task = fields.task
    entry.shift_type = fields.shift_type
    entry.meal_break_minutes = fields.meal_break_minutes
    entry.start_at, entry.start_offset_minutes = fields.start.astimezone(UTC), _offset(fields.start)
    entry.end_at = fields.end.astimezone(UTC) if fields.end else None
    entry.end_offset_minutes = _offset(fields.end) if fields.end else None
    act.session.add(entry)
    _keep(act, entry, type_, project)
    _tell(act, entry, event)


def _shown_entry(act: Act, entry_id: UUID, version: int) -> TimeEntry:
    entry = act.session.get(TimeEntry, entry_id)
    if entry is None or entry.timesheet_id != act.sheet.id:
        raise NotFound("There is no such entry on this timesheet.")
    if entry.deleted:
        raise Stale("This entry was removed meanwhile. Nothing was saved.", version=entry.version)
    if entry.version != version:
        raise Stale(
            "This entry was changed since you opened it. Nothing was saved: look at it again.",
            version=entry.version,
        )
    if not act.asked.reason and act.session.scalar(_was_certified(entry)):
        raise ReasonRequired("This entry was certified before. Please give a reason for the change.")
    return entry


def _was_certified(entry: TimeEntry) -> Select[bool]:
    named = Submission.content["entries"].contains([{"id": str(entry.id)}])
    return select(select(Submission.id).where(Submission.timesheet_id == entry.timesheet_id, named).exists())


def _require_valid(act: Act, fields: EntryFields, type_: TimePeriodType) -> None:
    days = [_day(act, name, at) for name, at in (("startTime", fields.start), ("endTime", fields.end)) if at]
    errors = field_errors(
        TypeMetadata(type_.name, type_.fields),
        project=fields.project_id is not None,
        task=fields.task,
        shift_type=fields.shift_type,
        meal_break_minutes=fields.meal_break_minutes,
        start=fields.start,
        end=fields.end,
    )
    if errors:
        raise Invalid(errors[0].message, errors=[{"field": e.field, "message": e.message, "data": []} for e in errors])
    if not act.period.start <= days[0] <= act.period.end:
        raise Invalid.field(
            "startTime",
            "This day belongs to another week. Remove the entry here and record it there.",
        )
    if type_.value_type == "date" and not _is_whole_day(fields, days[0], act.zone):
        raise Invalid.field("startTime", f"{type_.name} is for one whole day: from midnight to midnight.")


def _day(act: Act, field: str, moment: datetime) -> date:
    """The owner's local day of one end of an entry. Raises `Invalid` when it cannot be computed with."""
    try:
        return local_date(moment, act.zone)
    except (NaiveTime, OutsideCalendar) as error:
        raise Invalid.field(field, str(error)) from error


def _is_whole_day(fields: EntryFields, day: date, zone: ZoneInfo) -> bool:
    return fields.end is not None and (in_utc(fields.start), in_utc(fields.end)) == day_bounds(day, zone)


def _require_free(act: Act, fields: EntryFields, entry_id: UUID) -> None:
    end = fields.end or fields.start
    nearby = select(TimeEntry.id, TimeEntry.start_at, TimeEntry.end_at, TimeEntry.time_period_type_id).where(
        TimeEntry.owner_id == act.owner.id,
        TimeEntry.id != entry_id,
        ~TimeEntry.deleted,
        func.uuid_range(TimeEntry.owner_id, TimeEntry.owner_id, "[]")
        == func.uuid_range(act.owner.id, act.owner.id, "[]"),
        TimeEntry.span.op("&&")(func.tstzrange(fields.start, max(end, fields.start), "[]")),
    )
    with act.session.no_autoflush:
        found = act.session.execute(nearby.order_by(TimeEntry.start_at))
        others = {ExistingSpan(start, end_, type_id): id_ for id_, start, end_, type_id in found}
    clash = find_clash(Span(fields.start, fields.end), others)
    if clash:
        # By id only: refusals stand in histories, and times worked must not.
        raise Invalid.field(clash.field.value, clash.message, [{"timeEntryId": str(others[e])} for e in clash.entries])


def _keep(act: Act, entry: TimeEntry, type_: TimePeriodType, project: Project | None) -> None:
    """Write the version, what it contributes and what the ledger hears of it."""
    act.session.add(
        TimeEntryVersion(
            entry_id=entry.id,
            local_date=local_date(entry.start_at, act.zone),
            recorded_by_id=act.actor.id,
            on_behalf_of_id=act.asked.on_behalf_of_id,
            reason=act.asked.reason,
            command_id=act.asked.id,
            **{name: getattr(entry, name) for name in COPIED},
        )
    )
    act.session.flush()
    contribute(
        act.session,
        act.asked.key.tenant_id,
        act.owner.id,
        entry.id,
        entry.version,
        EntryForAccrual(
            feeds=codes_fed(type_.feeds),
            start=entry.start_at,
            end=entry.end_at,
            zone=act.zone,
            meal_break_minutes=entry.meal_break_minutes,
            deleted=entry.deleted,
        ),
    )
    act.statements += about_work(
        work_id(entry.id, entry.version),
        entry.task or type_.name,
        entry.start_at,
        entry.end_at,
        act.owner.agent,
        (project.external_id, project.name) if project else None,
        act.acts_for_owner,
    )


def _tell(act: Act, entry: TimeEntry, event: str) -> None:
    act.entry_id, act.entry_version = entry.id, entry.version
    act.announce(event, entry.id, version=entry.version, timesheetId=str(entry.timesheet_id))


def _type_of(act: Act, type_id: UUID) -> TimePeriodType:
    found = act.session.get(TimePeriodType, (act.asked.key.tenant_id, type_id))
    if found is None:
        raise Invalid.field("timePeriodTypeId", "There is no such time period type. Choose one from the list.")
    return found


def _project_of(act: Act, project_id: UUID | None) -> Project | None:
    if project_id is None:
        return None
    found = act.session.get(Project, project_id)
    if found is None or not found.active:
        raise Invalid.field("projectId", "There is no such project. Choose one from the list.")
    return found


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
