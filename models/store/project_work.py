"""All work on a project over some days, in one statement: what a summary is made of, and what is still missing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.errors import Invalid
from models.rules.days import local_date
from models.rules.durations import worked_minutes
from models.rules.periods import Period
from models.rules.project_summary import FURTHEST, MOST_ENTRIES, ProjectWork, Sheet, Work, Worker
from models.rules.transitions import State
from models.store.period_types import COUNTING
from models.tables.people import Person

TOO_MUCH = f"There are more than {MOST_ENTRIES:,} entries in these days. Choose fewer days."


def work_on(session: Session, project_id: UUID, period: Period) -> ProjectWork:
    """Everything that was worked on a project on these local days of whoever worked.

    What is planned and not confirmed, still runs, or is of a kind that does not count as time worked is left out.
    Raises `Invalid` when it is more than anybody reads.
    """
    first, last = (datetime.combine(day, time(), UTC) for day in (period.start, period.end))
    types = set(session.scalars(COUNTING))
    asked = {
        "project": project_id,
        "first": first - FURTHEST,
        "last": last + FURTHEST,
        "types": list(types),
        "most": MOST_ENTRIES + 1,
    }
    rows = session.execute(_WORK, asked).all()
    if len(rows) > MOST_ENTRIES:
        raise Invalid.field("to", TOO_MUCH)
    return _work(period, rows, _workers(session, {row.owner_id for row in rows}))


# Few tables, each along an index: so there is no bad way to read it, whatever the planner believes.
_WORK = text(
    """
    SELECT e.id, e.version, e.timesheet_id, e.owner_id, e.start_at, e.end_at, e.meal_break_minutes, e.task,
           e.time_period_type_id, t.period_start, t.revision, t.submission_id, t.state
    FROM time_entry e JOIN timesheet t ON t.id = e.timesheet_id
    WHERE e.project_id = :project AND e.start_at >= :first AND e.start_at < :last AND NOT e.deleted
      AND e.confirmed AND e.end_at IS NOT NULL AND e.time_period_type_id = ANY (CAST(:types AS uuid[]))
    ORDER BY e.start_at, e.id
    LIMIT :most
    """
)


def _workers(session: Session, person_ids: set[UUID]) -> dict[UUID, Worker]:
    these = select(Person.id, Person.staff_id, Person.name, Person.time_zone).where(Person.id.in_(person_ids))
    return {row.id: Worker(*row) for row in session.execute(these)}


def _work(period: Period, rows: Sequence[Any], everybody: dict[UUID, Worker]) -> ProjectWork:
    people: dict[UUID, Worker] = {}
    sheets: dict[UUID, Sheet] = {}
    entries: list[Work] = []
    types: set[UUID] = set()
    for row, day in zip(rows, _days(rows, everybody), strict=True):
        if not period.start <= day <= period.end:
            continue
        people[row.owner_id] = everybody[row.owner_id]
        if row.timesheet_id not in sheets:
            sheets[row.timesheet_id] = _sheet(row)
        types.add(row.time_period_type_id)
        minutes = worked_minutes(row.start_at, row.end_at, row.meal_break_minutes)
        entries.append(Work(row.id, row.version, row.timesheet_id, row.owner_id, day, minutes, row.task))
    return ProjectWork(period, people, sheets, tuple(entries), frozenset(types))


def _days(rows: Sequence[Any], everybody: dict[UUID, Worker]) -> Iterator[date]:
    """On which local day of its owner each entry starts; most of them start when many others do."""
    day_of = cache(local_date)
    zones = {id_: ZoneInfo(worker.zone) for id_, worker in everybody.items()}
    for row in rows:
        yield day_of(row.start_at, zones[row.owner_id])


def _sheet(row: Any) -> Sheet:
    return Sheet(row.timesheet_id, row.owner_id, row.period_start, row.revision, row.submission_id, State(row.state))
