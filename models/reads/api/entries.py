"""Time entries as programs read them: present ones by owner and day, and every version of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, ColumnElement, Row, Select, and_, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.rules.days import day_bounds
from models.rules.entry_fields import MAX_DURATION
from models.tables.timecard import TimeEntry, TimeEntryVersion


@dataclass(frozen=True, slots=True)
class EntryFound:
    """A version of an entry, and who recorded it when, for whom and why."""

    id: UUID
    content: TimeEntry | TimeEntryVersion
    recorded_at: datetime
    recorded_by_id: UUID
    on_behalf_of_id: UUID | None
    reason: str | None
    counted: bool
    """Whether agreements cover all of its local days."""


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Whose entries, and of which local days, both included; None is no limit."""

    owner_id: UUID
    zone: ZoneInfo
    start: date | None = None
    end: date | None = None
    after: tuple[datetime, UUID] | None = None
    """Start and id of the last one of the page before."""
    limit: int = 51


def find_entries(session: Session, wanted: EntriesWanted) -> list[EntryFound]:
    """The live entries of an owner whose time overlaps the days asked for, by start: a long one is found from its
    middle. Rule: Find by date.
    """
    found = _PRESENT.where(TimeEntry.owner_id == wanted.owner_id, ~TimeEntry.deleted)
    start, end = _instants(wanted)
    # Row-level security lets no index be asked for ranges, so the days are found by what starts near them.
    if start:
        found = found.where(TimeEntry.start_at >= start - MAX_DURATION)
    if end:
        found = found.where(TimeEntry.start_at < end)
    if start or end:
        found = found.where(TimeEntry.span.op("&&")(func.tstzrange(start, end, "[)")))
    if wanted.after:
        found = found.where(tuple_(TimeEntry.start_at, TimeEntry.id) > wanted.after)
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id).limit(wanted.limit)).all()
    return [_found(row) for row in rows]


def entry_by_id(session: Session, entry_id: UUID) -> EntryFound:
    """The present version of an entry, also of a removed one. Raises `NotFound`."""
    row = session.execute(_PRESENT.where(TimeEntry.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such time entry, or you may not see it.")
    return _found(row)


def entries_by_id(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, EntryFound]:
    """The present versions of several entries, as far as they exist."""
    rows = session.execute(_PRESENT.where(TimeEntry.id.in_(entry_ids))).all()
    return {row[0].id: _found(row) for row in rows}


def entries_of_sheet(session: Session, timesheet_id: UUID) -> list[EntryFound]:
    """The live entries of a timesheet, by start."""
    found = _PRESENT.where(TimeEntry.timesheet_id == timesheet_id, ~TimeEntry.deleted)
    rows = session.execute(found.order_by(TimeEntry.start_at, TimeEntry.id)).all()
    return [_found(row) for row in rows]


def versions_of(session: Session, entry_id: UUID, after: int, limit: int) -> list[EntryFound]:
    """The versions of an entry from the first one on, those after a number."""
    version = TimeEntryVersion
    found = select(version, _counted(version)).where(version.entry_id == entry_id, version.version > after)
    return [
        EntryFound(entry_id, row, row.recorded_at, row.recorded_by_id, row.on_behalf_of_id, row.reason, counted)
        for row, counted in session.execute(found.order_by(version.version).limit(limit))
    ]


def _counted(entry: type[TimeEntry] | type[TimeEntryVersion]) -> ColumnElement[bool]:
    """Whether agreements cover every local day of an entry, of one still running the first.

    Those of one person never overlap, so that the days which each covers can be added up.
    """
    return literal_column(_COVERED.format(entry=entry.__tablename__), Boolean)


_COVERED = """(
    SELECT coalesce(
        (SELECT sum(least(g.end_date, d.last) - greatest(g.start_date, d.first) + 1) FROM agreement g
         WHERE g.person_id = {entry}.owner_id AND g.start_date <= d.last AND g.end_date >= d.first),
        0) > d.last - d.first
    FROM (
        SELECT CAST(timezone(p.time_zone, {entry}.start_at) AS date) AS first,
               CAST(timezone(p.time_zone, greatest({entry}.start_at, {entry}.end_at - interval '1 microsecond'))
                    AS date) AS last
        FROM person p WHERE p.id = {entry}.owner_id
    ) d
)"""


_VERSION = and_(TimeEntryVersion.entry_id == TimeEntry.id, TimeEntryVersion.version == TimeEntry.version)

_PRESENT: Select[TimeEntry, datetime, UUID, UUID | None, str | None, bool] = select(
    TimeEntry,
    TimeEntryVersion.recorded_at,
    TimeEntryVersion.recorded_by_id,
    TimeEntryVersion.on_behalf_of_id,
    TimeEntryVersion.reason,
    _counted(TimeEntry),
).join(TimeEntryVersion, _VERSION)


def _found(row: Row[TimeEntry, datetime, UUID, UUID | None, str | None, bool]) -> EntryFound:
    entry, recorded_at, recorded_by_id, on_behalf_of_id, reason, counted = row
    return EntryFound(entry.id, entry, recorded_at, recorded_by_id, on_behalf_of_id, reason, counted)


def _instants(wanted: EntriesWanted) -> tuple[datetime | None, datetime | None]:
    start = day_bounds(wanted.start, wanted.zone)[0] if wanted.start else None
    return start, day_bounds(wanted.end, wanted.zone)[1] if wanted.end else None
