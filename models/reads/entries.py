"""Time entries as pages show them: the present ones, or exactly those that were certified."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from models.reads.shown import ActivityRow, DayShown, EntryShown, ProjectShown, TypeShown
from models.rules.accruals import AccrualCode
from models.rules.days import local_date
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimeEntryVersion, TimePeriodType

WEEKEND = 5
"""The first weekday of the weekend, counted from Monday 0."""

BATCH = 500
"""How many entries of a long row of them are read at a time."""


def live_entries(session: Session, timesheet_id: UUID, zone: ZoneInfo) -> list[EntryShown]:
    """What is on a timesheet now, by start, with times in `zone`."""
    found = _with_names(TimeEntry).where(TimeEntry.timesheet_id == timesheet_id, ~TimeEntry.deleted)
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id))
    return [_shown(entry.id, entry, type_, project, zone) for entry, type_, project in rows]


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
    named = [(UUID(entry["id"]), entry["version"]) for entry in content["entries"]]
    if not named:
        return []
    version = TimeEntryVersion
    found = _with_names(version).where(tuple_(version.entry_id, version.version).in_(named))
    rows = session.execute(found.order_by(version.start_at, version.entry_id))
    return [_shown(entry.entry_id, entry, type_, project, zone) for entry, type_, project in rows]


def type_shown(type_: TimePeriodType) -> TypeShown:
    """A time period type as forms need it."""
    return TypeShown(type_.id, type_.name, type_.value_type, type_.accent, dict(type_.fields))


def days_of(
    entries: Iterable[EntryShown], start: date, end: date, today: date, selected: date | None = None
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
        )
        for day in dates(start, end)
    )


def rows_of(days: tuple[DayShown, ...]) -> tuple[ActivityRow, ...]:
    """The grid: one line for each type and project, in the order they first occur."""
    lines: dict[tuple[UUID, UUID | None], list[list[EntryShown]]] = {}
    for position, day in enumerate(days):
        for entry in day.entries:
            key = (entry.type.id, entry.project.id if entry.project else None)
            lines.setdefault(key, [[] for _ in days])[position].append(entry)
    return tuple(_line(line) for line in lines.values())


def dates(start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included."""
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _line(line: list[list[EntryShown]]) -> ActivityRow:
    entry = next(entry for cell in line for entry in cell)
    code = [entry.project.external_id] if entry.project else []
    subtitle = " · ".join([entry.type.name, *code]) if entry.project else "No project"
    return ActivityRow(
        title=entry.project.name if entry.project else entry.type.name,
        subtitle=subtitle if entry.project or entry.type.value_type == "datetime" else "Whole days",
        accent=entry.type.accent,
        minutes=tuple(sum(entry.minutes for entry in cell) for cell in line),
        whole_days=tuple(any(entry.type.value_type == "date" for entry in cell) for cell in line),
    )


def _with_names(
    entry: type[TimeEntry] | type[TimeEntryVersion],
) -> Select[Any, TimePeriodType, Project | None]:
    type_ = and_(TimePeriodType.tenant_id == entry.tenant_id, TimePeriodType.id == entry.time_period_type_id)
    return (
        select(entry, TimePeriodType, Project)
        .join(TimePeriodType, type_)
        .outerjoin(Project, Project.id == entry.project_id)
    )


def _present_version() -> ColumnElement[bool]:
    return and_(TimeEntryVersion.entry_id == TimeEntry.id, TimeEntryVersion.version == TimeEntry.version)


def _shown(
    id_: UUID,
    entry: TimeEntry | TimeEntryVersion,
    type_: TimePeriodType,
    project: Project | None,
    zone: ZoneInfo,
) -> EntryShown:
    whole_day = type_.value_type == "date"
    return EntryShown(
        id=id_,
        version=entry.version,
        type=type_shown(type_),
        project=ProjectShown(project.id, project.external_id, project.name) if project else None,
        task=entry.task,
        day=local_date(entry.start_at, zone),
        start=entry.start_at.astimezone(zone),
        end=entry.end_at.astimezone(zone) if entry.end_at else None,
        minutes=0 if whole_day else _minutes(entry.start_at, entry.end_at, entry.meal_break_minutes),
        meal_break_minutes=entry.meal_break_minutes,
        counts=AccrualCode.ANNUAL_TARGET_HOURS in type_.feeds,
    )


def _minutes(start: datetime, end: datetime | None, meal_break: int) -> int:
    return 0 if end is None else (end - start) // timedelta(minutes=1) - meal_break
