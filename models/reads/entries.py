"""Time entries as pages show them: the present ones, or exactly those that were certified."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from models.commands import EntryFields
from models.reads.shown import ActivityRow, CellShown, DayShown, EntryShown, ProjectShown, TypeShown
from models.rules.accrual_types import AccrualCode
from models.rules.days import local_date
from models.rules.durations import worked_minutes
from models.rules.entry_fields import MAX_DURATION
from models.rules.lines import Line
from models.rules.local_times import with_offset
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimeEntryVersion, TimePeriodType

WEEKEND = 5
"""The first weekday of the weekend, counted from Monday 0."""

FOUR_WEEKS = timedelta(days=28)

RECENT = MAX_DURATION
"""What began earlier and has not ended could not be ended any more."""

Row = tuple[TimeEntry, TimePeriodType, Project | None]
"""An entry with its type and project."""

BATCH = 500
"""How many entries of a long row of them are read at a time."""


def live_entries(session: Session, timesheet_id: UUID, zone: ZoneInfo) -> list[EntryShown]:
    """What is on a timesheet now, by start, with times in `zone`."""
    return [_shown(entry.id, entry, type_, project, zone) for entry, type_, project in rows_on(session, timesheet_id)]


def entries_between(
    session: Session, owner_id: UUID, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[EntryShown, datetime]]:
    """A person's entries that start from `start` until before `end`, by start, each with when it was last recorded.

    They come from the database a batch at a time: however many there are, few are held.
    """
    found = (
        _with_names(TimeEntry)
        .join(TimeEntryVersion, _present_version())
        .add_columns(TimeEntryVersion.recorded_at)
        .where(TimeEntry.owner_id == owner_id, TimeEntry.start_at >= start, TimeEntry.start_at < end)
        .where(~TimeEntry.deleted)
    )
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id).execution_options(yield_per=BATCH))
    for entry, type_, project, recorded_at in rows:
        yield _shown(entry.id, entry, type_, project, zone), recorded_at


def certified_entries(session: Session, content: dict[str, Any], zone: ZoneInfo) -> list[EntryShown]:
    """Exactly the entry versions that a submission names, by start, with times in `zone`."""
    return entries_named(session, [(UUID(entry["id"]), entry["version"]) for entry in content["entries"]], zone)


def entries_named(session: Session, named: Sequence[tuple[UUID, int]], zone: ZoneInfo) -> list[EntryShown]:
    """These versions of entries, by start, with times in `zone`."""
    if not named:
        return []
    version = TimeEntryVersion
    found = _with_names(version).where(tuple_(version.entry_id, version.version).in_(named))
    rows = session.execute(found.order_by(version.start_at, version.entry_id))
    return [_shown(entry.entry_id, entry, type_, project, zone) for entry, type_, project in rows]


def last_entry(session: Session, owner_id: UUID, now: datetime, zone: ZoneInfo) -> EntryShown | None:
    """What somebody began by the clock and has not ended yet, else what they began last; of the last month."""
    found = (
        _with_names(TimeEntry)
        .where(TimeEntry.owner_id == owner_id, TimeEntry.start_at <= now, TimeEntry.start_at > now - RECENT)
        .where(~TimeEntry.deleted, TimeEntry.confirmed, TimePeriodType.value_type == "datetime")
        .order_by(TimeEntry.end_at.is_(None).desc(), TimeEntry.start_at.desc())
        .limit(1)
    )
    rows = session.execute(found)
    return next((_shown(entry.id, entry, type_, project, zone) for entry, type_, project in rows), None)


def starts_before(session: Session, owner_id: UUID, before: datetime) -> list[datetime]:
    """When somebody's entries of the last four weeks began, but for whole days; `before` is not among them."""
    found = (
        select(TimeEntry.start_at)
        .join(TimePeriodType, _type_of(TimeEntry))
        .where(TimeEntry.owner_id == owner_id, TimeEntry.start_at < before, TimeEntry.start_at >= before - FOUR_WEEKS)
        .where(~TimeEntry.deleted, TimeEntry.confirmed, TimePeriodType.value_type == "datetime")
    )
    return list(session.scalars(found))


def rows_near(session: Session, owner_id: UUID, start: datetime, end: datetime) -> list[Row]:
    """What a person has recorded or planned that shares any time with `[start, end]`, by start."""
    found = _with_names(TimeEntry).where(
        TimeEntry.owner_id == owner_id,
        ~TimeEntry.deleted,
        func.uuid_range(TimeEntry.owner_id, TimeEntry.owner_id, "[]") == func.uuid_range(owner_id, owner_id, "[]"),
        TimeEntry.span.op("&&")(func.tstzrange(start, end, "[]")),
    )
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id))
    return [(entry, type_, project) for entry, type_, project in rows]


def rows_on(session: Session, timesheet_id: UUID) -> list[Row]:
    """What is on a timesheet now, by start."""
    found = _with_names(TimeEntry).where(TimeEntry.timesheet_id == timesheet_id, ~TimeEntry.deleted)
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id))
    return [(entry, type_, project) for entry, type_, project in rows]


def fields_of(entry: TimeEntry, zone: ZoneInfo) -> EntryFields:
    """What an entry holds, as the command that would record it anew; times in `zone`."""
    return EntryFields(
        time_period_type_id=entry.time_period_type_id,
        start=with_offset(entry.start_at.astimezone(zone)),
        end=with_offset(entry.end_at.astimezone(zone)) if entry.end_at else None,
        project_id=entry.project_id,
        task=entry.task,
        shift_type=entry.shift_type,
        meal_break_minutes=entry.meal_break_minutes,
    )


def type_shown(type_: TimePeriodType) -> TypeShown:
    """A time period type as forms need it."""
    return TypeShown(type_.id, type_.name, type_.value_type, type_.accent, dict(type_.fields))


def days_of(
    entries: Iterable[EntryShown],
    start: date,
    end: date,
    today: date,
    selected: date | None = None,
    plan: Mapping[date, int] = MappingProxyType({}),
) -> tuple[DayShown, ...]:
    """The days of a period, both ends included, each with its entries and the minutes worked."""
    by_day: dict[date, list[EntryShown]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    return tuple(
        DayShown(
            date=day,
            minutes=sum(entry.minutes for entry in by_day.get(day, []) if entry.counts),
            is_today=day == today,
            is_weekend=day.weekday() >= WEEKEND,
            is_selected=day == selected,
            entries=tuple(by_day.get(day, [])),
            plan_minutes=plan.get(day, 0),
        )
        for day in dates(start, end)
    )


def rows_of(
    days: tuple[DayShown, ...], kept: Iterable[tuple[TypeShown, ProjectShown | None]], types: Iterable[UUID]
) -> tuple[ActivityRow, ...]:
    """The grid: one line for each type and project with entries, and for those that somebody wants to see.

    They stand in the order of `types`, then by project, so that no line moves while somebody types.
    """
    order = {type_id: position for position, type_id in enumerate(types)}
    wanted = {line_of(*each): each for each in kept}
    named = {entry.line: (entry.type, entry.project) for day in days for entry in day.entries} | wanted
    return tuple(
        ActivityRow(line, type_, project, _cells(line, days), line in wanted)
        for line, (type_, project) in sorted(
            named.items(),
            key=lambda each: (
                order.get(each[0].type_id, len(order)),
                each[1][1].name if each[1][1] else "",
                str(each[0]),
            ),
        )
    )


def line_of(type_: TypeShown, project: ProjectShown | None) -> Line:
    """The line of the grid that a type and a project make."""
    return Line(type_.id, project.id if project else None)


def dates(start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included."""
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _cells(line: Line, days: tuple[DayShown, ...]) -> tuple[CellShown, ...]:
    return tuple(
        CellShown(f"{line}-{day.date}", day.date, tuple(entry for entry in day.entries if entry.line == line))
        for day in days
    )


def _with_names(
    entry: type[TimeEntry] | type[TimeEntryVersion],
) -> Select[Any, TimePeriodType, Project | None]:
    return (
        select(entry, TimePeriodType, Project)
        .join(TimePeriodType, _type_of(entry))
        .outerjoin(Project, Project.id == entry.project_id)
    )


def _type_of(entry: type[TimeEntry] | type[TimeEntryVersion]) -> ColumnElement[bool]:
    return and_(TimePeriodType.tenant_id == entry.tenant_id, TimePeriodType.id == entry.time_period_type_id)


def _present_version() -> ColumnElement[bool]:
    return and_(TimeEntryVersion.entry_id == TimeEntry.id, TimeEntryVersion.version == TimeEntry.version)


def _shown(
    id_: UUID,
    entry: TimeEntry | TimeEntryVersion,
    type_: TimePeriodType,
    project: Project | None,
    zone: ZoneInfo,
) -> EntryShown:
    is_work = AccrualCode.ANNUAL_TARGET_HOURS in type_.feeds
    has_hours = is_work or type_.value_type != "date"
    return EntryShown(
        id=id_,
        version=entry.version,
        type=type_shown(type_),
        project=ProjectShown(project.id, project.external_id, project.name) if project else None,
        task=entry.task,
        day=local_date(entry.start_at, zone),
        start=entry.start_at.astimezone(zone),
        end=entry.end_at.astimezone(zone) if entry.end_at else None,
        minutes=worked_minutes(entry.start_at, entry.end_at, entry.meal_break_minutes) if has_hours else 0,
        meal_break_minutes=entry.meal_break_minutes,
        counts=entry.confirmed and is_work,
        confirmed=entry.confirmed,
        shift_type=entry.shift_type,
        planned=_planned(entry, zone),
    )


def _planned(entry: TimeEntry | TimeEntryVersion, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    if entry.planned_start_at is None or entry.planned_end_at is None:
        return None
    return entry.planned_start_at.astimezone(zone), entry.planned_end_at.astimezone(zone)
