"""The approved time of an organisation entry by entry, with who certified and approved it and where that is sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.errors import Invalid, NotFound
from models.reads.looking import looker
from models.reads.people import person_by_staff_id
from models.reads.summaries import UNSEEN, project_seen
from models.reads.viewer import Onlooker
from models.rules.durations import worked_minutes
from models.rules.policy import Action, authorise
from models.rules.transitions import SETTLED
from models.store.summaries import standing_on
from models.tables.people import Project

LONGEST = 366
"""Days of one export."""

NOBODY = UUID(int=0)

SHEETS = 200
"""Timesheets that are read at a time."""


@dataclass(frozen=True, slots=True)
class ApprovedEntry:
    """One version of an entry as it was approved. Times are in its owner's zone."""

    name: str
    staff_id: str
    day: date
    start: datetime
    end: datetime
    minutes: int
    type: str
    counts: bool
    project_id: str | None
    project: str | None
    task: str | None
    entry_id: UUID
    version: int
    timesheet_id: UUID
    revision: int
    submitted_at: datetime
    submitted_by: str
    submitted_for: str | None
    decided_at: datetime
    decided_by: str
    decided_for: str | None
    digest: str
    seal: int | None
    position: int | None


@dataclass(frozen=True, slots=True)
class TimeWanted:
    """Which approved time; nothing asked for is everybody's and on everything that one may see."""

    start: date
    end: date
    person_id: UUID | None = None
    project_ids: tuple[UUID, ...] | None = None
    """None: also what is on no project."""


def wanted_time(session: Session, onlooker: Onlooker, days: tuple[date, date], person: str, project: str) -> TimeWanted:
    """What somebody may have of what they ask for: auditors and administrators all of it, leads that on their projects.

    Raises `NotFound` for whoever leads nothing, and for a person or project they may not see; `Invalid` for too long.
    """
    start, end = days
    if end < start:
        raise Invalid.field("to", "It ends before it begins. Choose a later day.")
    if (end - start).days >= LONGEST:
        raise Invalid.field("to", f"That is more than {LONGEST} days. Export a year at a time.")
    who = looker(session, onlooker)
    sees_all = authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, None)) is not None
    if not sees_all and authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, who.person.id)) is None:
        raise NotFound(UNSEEN)
    if project:
        on: tuple[UUID, ...] | None = (project_seen(session, onlooker, project).id,)
    else:
        led = select(Project.id).where(Project.lead_id == who.person.id)
        on = None if sees_all else tuple(session.scalars(led))
    return TimeWanted(start, end, _person(session, person, sees_all) if person else None, on)


def approved_time(session: Session, wanted: TimeWanted) -> Iterator[ApprovedEntry]:
    """Every entry of it, by person and start; two statements for so many timesheets, however many there are."""
    after: tuple[UUID, date] | None = None
    while sheets := _sheets(session, wanted, after):
        asked = {
            "sheets": [row.id for row in sheets],
            "first": wanted.start,
            "last": wanted.end,
            "projects": None if wanted.project_ids is None else list(wanted.project_ids),
        }
        for row in session.execute(_ENTRIES, asked).mappings():
            yield _entry(dict(row))
        after = sheets[-1].owner_id, sheets[-1].period_start
        if len(sheets) < SHEETS:
            return


def _person(session: Session, staff_id: str, sees_all: bool) -> UUID:
    """Of whom there is not there is no time: leads learn by that as little as of those who never worked for them."""
    try:
        return person_by_staff_id(session, staff_id).id
    except NotFound:
        if sees_all:
            raise
        return NOBODY


def _sheets(session: Session, wanted: TimeWanted, after: tuple[UUID, date] | None) -> list[Any]:
    asked = {
        "states": [state.value for state in SETTLED],
        "first": wanted.start,
        "last": wanted.end,
        "person": wanted.person_id,
        "after_owner": after[0] if after else None,
        "after_start": after[1] if after else None,
        "most": SHEETS,
    }
    return list(session.execute(_SHEETS, asked))


def _entry(row: dict[str, Any]) -> ApprovedEntry:
    zone = ZoneInfo(row.pop("time_zone"))
    for name in ("start", "end", "submitted_at", "decided_at"):
        row[name] = row[name].astimezone(zone)
    elapsed = worked_minutes(row["start"].astimezone(UTC), row["end"].astimezone(UTC), row.pop("meal_break_minutes"))
    is_day = row.pop("value_type") == "date"
    return ApprovedEntry(minutes=elapsed if row["counts"] or not is_day else 0, **row)


# A day beside the period on either side: entries may have moved with their owner's zone.
_SHEETS = text(
    """
    SELECT id, owner_id, period_start FROM timesheet
    WHERE state = ANY(:states) AND period_start <= :last + 1 AND period_end >= :first - 1
      AND (CAST(:person AS uuid) IS NULL OR owner_id = :person)
      AND (CAST(:after_owner AS uuid) IS NULL
           OR (owner_id, period_start) > (CAST(:after_owner AS uuid), CAST(:after_start AS date)))
    ORDER BY owner_id, period_start LIMIT :most
    """
)

_ENTRIES = text(
    """
    SELECT o.name, o.staff_id, o.time_zone, v.local_date AS day, v.start_at AS start, v.end_at AS end,
           v.meal_break_minutes, y.name AS type, y.value_type, 'ANNUAL_TARGET_HOURS' = ANY(y.feeds) AS counts,
           p.external_id AS project_id, p.name AS project, v.task, v.entry_id, v.version,
           t.id AS timesheet_id, s.revision, s.submitted_at, sb.name AS submitted_by, sf.name AS submitted_for,
           d.decided_at, db.name AS decided_by,
           CASE WHEN d.responsible_id <> d.decided_by_id THEN df.name END AS decided_for,
           d.digest, l.position, seal.number AS seal
    FROM timesheet t
    JOIN person o ON o.id = t.owner_id
    JOIN submission s ON s.id = t.submission_id
    JOIN decision d ON d.id = t.decision_id
    JOIN person sb ON sb.id = s.submitted_by_id
    LEFT JOIN person sf ON sf.id = s.on_behalf_of_id
    JOIN person db ON db.id = d.decided_by_id
    JOIN person df ON df.id = d.responsible_id
    LEFT JOIN statement a ON a.tenant_id = t.tenant_id AND a.namespace = 'default' AND a.subject = 'approve-' || d.id
        AND a.kind = 'define'
    LEFT JOIN ledger_leaf l ON l.sequence = a.sequence
    LEFT JOIN LATERAL (
        SELECT number FROM seal WHERE seal.tenant_id = t.tenant_id AND size > l.position ORDER BY size LIMIT 1
    ) seal ON true
    CROSS JOIN LATERAL jsonb_to_recordset(s.content -> 'entries') AS held (id uuid, version int)
    JOIN time_entry_version v ON v.entry_id = held.id AND v.version = held.version
    JOIN time_period_type y ON y.tenant_id = v.tenant_id AND y.id = v.time_period_type_id
    LEFT JOIN project p ON p.id = v.project_id
    WHERE t.id = ANY(:sheets) AND v.local_date BETWEEN :first AND :last
      AND (CAST(:projects AS uuid[]) IS NULL OR v.project_id = ANY(:projects))
    ORDER BY t.owner_id, v.start_at, v.entry_id
    """
)
