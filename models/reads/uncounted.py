"""Time that no agreement covers: it is kept, and counts once one does."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from models.reads.shown_balances import EntryNotCounted
from models.rules.agreements import AgreementContent
from models.rules.days import day_bounds
from models.rules.entry_fields import MAX_DURATION
from models.store.people import Member
from models.tables.people import Project
from models.tables.timecard import TimeEntry, TimePeriodType

ENTRIES_SHOWN = 25


def entries_without_agreement(
    session: Session, owner: Member, on: date, agreements: Iterable[AgreementContent]
) -> tuple[tuple[EntryNotCounted, ...], bool]:
    """What was recorded in the gap between agreements that a day lies in, newest first; and whether there is more.

    Only what would count: time of a type that feeds some accrual.
    """
    rows = session.execute(
        select(TimeEntry.start_at, TimeEntry.end_at, TimePeriodType.name, TimePeriodType.value_type, Project.name)
        .join(
            TimePeriodType,
            and_(TimePeriodType.tenant_id == TimeEntry.tenant_id, TimePeriodType.id == TimeEntry.time_period_type_id),
        )
        .outerjoin(Project, Project.id == TimeEntry.project_id)
        .where(
            TimeEntry.owner_id == owner.id,
            TimeEntry.confirmed,
            ~TimeEntry.deleted,
            func.cardinality(TimePeriodType.feeds) > 0,
            *_within_gap(owner.zone, on, tuple(agreements)),
        )
        .order_by(TimeEntry.start_at.desc())
        .limit(ENTRIES_SHOWN + 1)
    ).all()
    found = tuple(_shown(owner.zone, *row) for row in rows[:ENTRIES_SHOWN])
    return found, len(rows) > ENTRIES_SHOWN


def _within_gap(zone: ZoneInfo, on: date, agreements: tuple[AgreementContent, ...]) -> list[ColumnElement[bool]]:
    """Touching the days around one that no agreement covers; open where no agreement is on that side."""
    ended = max((each.end_date for each in agreements if each.end_date < on), default=None)
    begins = min((each.start_date for each in agreements if each.start_date > on), default=None)
    found: list[ColumnElement[bool]] = []
    if ended is not None:
        first = day_bounds(ended, zone)[1]
        found.append(TimeEntry.start_at >= first - MAX_DURATION)
        found.append(or_(TimeEntry.start_at >= first, TimeEntry.end_at > first))
    if begins is not None:
        found.append(TimeEntry.start_at < day_bounds(begins, zone)[0])
    return found


def _shown(
    zone: ZoneInfo, start_at: datetime, end_at: datetime | None, type_: str, value_type: str, project: str | None
) -> EntryNotCounted:
    start = start_at.astimezone(zone)
    if value_type == "date":
        times = "whole day"
    elif end_at is None:
        times = f"since {start:%H:%M}"
    else:
        times = f"{start:%H:%M} – {end_at.astimezone(zone):%H:%M}"
    return EntryNotCounted(start.date(), project or type_, f"{type_}, {times}" if project else times)
