"""What an entry has to satisfy before it is written. Every refusal names its field."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.sql.selectable import ForUpdateArg

from activities.act import Act
from activities.versions import fields_of
from models.commands import EntryFields
from models.errors import FutureWork, Invalid, NotFound, ReasonRequired, Stale
from models.rules.days import NaiveTime, OutsideCalendar, day_bounds, in_utc, local_date
from models.rules.entry_fields import MAX_DURATION, THIS, TypeMetadata, field_errors
from models.rules.lateness import is_late
from models.rules.overlap import ExistingSpan, Span, find_clash
from models.rules.timekeeping import ahead, is_correction
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Submission


def shown_entry(act: Act, entry_id: UUID, version: int) -> TimeEntry:
    """The entry in the version that was shown. Raises `NotFound`, `Stale`, or `ReasonRequired`."""
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
    require_reason(act, entry)
    return entry


def require_reason(act: Act, entry: TimeEntry) -> None:
    """What was certified once is changed with a reason only. Raises `ReasonRequired`."""
    if not act.asked.reason and act.session.scalar(_was_certified(entry)):
        raise ReasonRequired("This entry was certified before. Please give a reason for the change.")


def require_explained(act: Act, entry: TimeEntry, fields: EntryFields | None = None) -> None:
    """Where the organisation wants it, a correction says why; without `fields` it is a removal.

    Raises `ReasonRequired`.
    """
    if act.asked.reason or not act.policy.explain_changes:
        return
    only_ends = fields is not None and _as_it_began(fields) == _as_it_began(fields_of(entry))
    if is_correction(was_confirmed=entry.confirmed, was_running=entry.end_at is None, only_ends=only_ends):
        raise ReasonRequired("This was saved before. Please give a reason for the change: it stays with the record.")


def _as_it_began(fields: EntryFields) -> EntryFields:
    """Without what is only known at the end."""
    return replace(fields, end=None, meal_break_minutes=0, note=None)


def type_of(act: Act, type_id: UUID) -> TimePeriodType:
    """The time period type, which stays as it is until the transaction ends. Raises `Invalid`."""
    key = (act.asked.key.tenant_id, type_id)
    found = act.session.get(TimePeriodType, key, with_for_update=_REFERRED_TO, populate_existing=True)
    if found is None:
        raise Invalid.field("timePeriodTypeId", "There is no such time period type. Choose one from the list.")
    return found


_REFERRED_TO = ForUpdateArg(read=True, key_share=True)
"""As the entry's reference to it will hold it. What a type feeds changes only while nothing refers to it anew."""


def project_of(act: Act, project_id: UUID | None) -> Project | None:
    """The project, if one was chosen. Raises `Invalid`."""
    if project_id is None:
        return None
    found = act.session.get(Project, project_id)
    if found is None or not found.active:
        raise Invalid.field("projectId", "There is no such project. Choose one from the list.")
    return found


def require_valid(act: Act, fields: EntryFields, type_: TimePeriodType, note: str | None) -> None:
    """What the type's metadata and the calendar say of an entry; `note` is what is or will be said beside it.

    Raises `Invalid` with everything that is wrong, or `ReasonRequired` for what is recorded late.
    """
    days = [local_day(act, name, at) for name, at in (("startTime", fields.start), ("endTime", fields.end)) if at]
    metadata = metadata_of(type_)
    errors = field_errors(
        metadata,
        project=fields.project_id is not None,
        task=fields.task,
        shift_type=fields.shift_type,
        note=note,
        meal_break_minutes=fields.meal_break_minutes,
        start=fields.start,
        end=fields.end,
    )
    if errors:
        raise Invalid(errors[0].message, errors=[{"field": e.field, "message": e.message, "data": []} for e in errors])
    if not metadata.is_for(act.owner.id, days[0]):
        raise Invalid.field("timePeriodTypeId", f"{THIS} cannot be recorded on this day by this person.")
    act.sheet_of(days[0])
    if type_.value_type == "date" and not _is_whole_day(fields, days[0], act.zone):
        raise Invalid.field("startTime", f"{THIS} is for one whole day: from midnight to midnight.")
    require_done(act, fields.start, fields.end, fields.project_id)
    _require_in_time(act, fields)


def require_done(act: Act, start: datetime, end: datetime | None, project_id: UUID | None) -> None:
    """Where the organisation wants it, work on a project is recorded once it is done. Raises `FutureWork`."""
    if project_id is None or not act.policy.refuse_future_work:
        return
    field = ahead(start, end, act.now)
    if field:
        raise FutureWork.field(field, "This is still ahead. Work on a project is recorded once it is done.")


def local_day(act: Act, field: str, moment: datetime) -> date:
    """The owner's local day of one end of an entry. Raises `Invalid` when it cannot be computed with."""
    try:
        return local_date(moment, act.zone)
    except (NaiveTime, OutsideCalendar) as error:
        raise Invalid.field(field, str(error)) from error


def metadata_of(type_: TimePeriodType) -> TypeMetadata:
    """A type as the rules know it."""
    people = None if type_.person_ids is None else frozenset(type_.person_ids)
    return TypeMetadata(type_.fields, type_.effective_from, type_.effective_to, people)


def require_free(act: Act, fields: EntryFields, *entry_ids: UUID) -> None:
    """No other entry of the owner is in the way; `entry_ids` are those that are about to change. Raises `Invalid`."""
    end = fields.end or fields.start
    nearby = select(TimeEntry.id, TimeEntry.start_at, TimeEntry.end_at, TimeEntry.time_period_type_id).where(
        TimeEntry.owner_id == act.owner.id,
        TimeEntry.id.not_in(entry_ids),
        ~TimeEntry.deleted,
        # Row-level security lets no index be asked for ranges, so what is near is found by its start.
        TimeEntry.start_at.between(fields.start - MAX_DURATION, max(end, fields.start)),
        TimeEntry.span.op("&&")(func.tstzrange(fields.start, max(end, fields.start), "[]")),
    )
    with act.session.no_autoflush:
        found = act.session.execute(nearby.order_by(TimeEntry.start_at))
        others = {ExistingSpan(start, end_, type_id): id_ for id_, start, end_, type_id in found}
    clash = find_clash(Span(fields.start, fields.end), others)
    if clash:
        # By id only: refusals stand in histories, and times worked must not.
        raise Invalid.field(clash.field.value, clash.message, [{"timeEntryId": str(others[e])} for e in clash.entries])


def _was_certified(entry: TimeEntry) -> Select[bool]:
    """On any timesheet that it ever stood on."""
    stood_on = select(TimeEntryVersion.timesheet_id).where(TimeEntryVersion.entry_id == entry.id)
    named = Submission.content["entries"].contains([{"id": str(entry.id)}])
    return select(select(Submission.id).where(Submission.timesheet_id.in_(stood_on), named).exists())


def _is_whole_day(fields: EntryFields, day: date, zone: ZoneInfo) -> bool:
    return fields.end is not None and (in_utc(fields.start), in_utc(fields.end)) == day_bounds(day, zone)


def _require_in_time(act: Act, fields: EntryFields) -> None:
    limit = act.policy.late_after_working_days
    if act.asked.reason or fields.end is None:
        return
    if is_late(local_date(fields.end, act.zone), local_date(act.now, act.zone), limit):
        raise ReasonRequired(
            f"This was worked more than {limit} working days ago. Please give a reason for recording it so late."
        )
