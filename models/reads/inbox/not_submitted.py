"""Timesheets whose period is over and that their owners still have to submit, for whoever approves those people.

The schedule opens everybody's timesheet when its period begins, so what was never opened is not asked for here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.inbox.approver import Approver
from models.reads.inbox.tabs import PAGE, Wanted, cursor, day_position
from models.reads.shown import PersonShown
from models.rules.notices import NoticeKind
from models.rules.policy import Role

REMINDERS = (NoticeKind.SUBMIT_REMINDER, NoticeKind.RECORD_REMINDER)

MOST_PEOPLE = 2_000
"""Of how many people whose time one approves it is looked for."""

MOST_OF_EACH = 110
"""How many timesheets are listed that one person owes: the oldest two years."""


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One timesheet that should have been submitted."""

    timesheet_id: UUID
    owner: PersonShown
    period_start: date
    period_end: date
    is_rejected: bool
    days_over: int
    """Since its period ended."""
    reminded_at: datetime | None
    """When its owner was last reminded, in the approver's zone."""


def not_submitted(session: Session, approver: Approver, wanted: Wanted) -> tuple[tuple[OwedRow, ...], str | None]:
    """A page of them, what is owed for longest first, with where the next one begins."""
    after = day_position(wanted.after)
    these = about(approver) | {
        "name": wanted.pattern,
        "period": wanted.period,
        "project": wanted.project,
        "after_day": after[0] if after else None,
        "after_id": after[1] if after else None,
        "reminders": [kind.value for kind in REMINDERS],
        "at_most": PAGE + 1,
    }
    rows: Sequence[Any] = session.execute(_OWED, these).all()
    shown = tuple(_row(row, approver.zone) for row in rows[:PAGE])
    return shown, cursor(shown[-1].period_end, shown[-1].timesheet_id) if len(rows) > PAGE else None


def about(approver: Approver) -> dict[str, object]:
    """Whose people they are, as the statements need it."""
    return {
        "approver": approver.person.id,
        "approves": Role.SUPERVISOR in approver.roles,
        "administers": approver.is_administrator,
        "role": Role.SUPERVISOR.value,
        "most": MOST_PEOPLE,
        "of_each": MOST_OF_EACH,
    }


_EACH = """
    p.id, p.staff_id, p.name, p.time_zone, p.active,
    p.active AND coalesce(
        (SELECT true FROM person_role r WHERE r.person_id = p.id AND r.role = :role LIMIT 1), false)
"""

PEOPLE_BELOW = f"""
    RECURSIVE below (id, staff_id, name, time_zone, active, approves) AS (
        (SELECT {_EACH} FROM person p WHERE p.supervisor_id = :approver AND :approves
         UNION ALL
         SELECT {_EACH} FROM person p WHERE p.supervisor_id IS NULL AND :administers)
        UNION
        SELECT next.* FROM below b CROSS JOIN LATERAL (
            SELECT {_EACH} FROM person p WHERE p.supervisor_id = b.id LIMIT :most
        ) next WHERE NOT b.approves
    ), mine AS (SELECT * FROM below WHERE active AND id <> :approver LIMIT :most)
"""  # noqa: S608 - made of the words above alone
"""Everybody whose nearest approver one is: whoever cannot approve is skipped, and the administrators come last."""

OWED = """
    mine o CROSS JOIN LATERAL (
        SELECT s.id, s.period_start, s.period_end, s.state FROM timesheet s
        WHERE s.owner_id = o.id AND s.state IN ('draft', 'rejected')
          AND s.period_end < (now() AT TIME ZONE o.time_zone)::date
        ORDER BY s.period_end LIMIT :of_each
    ) t
"""
"""What they owe, one person after the other along the index of that."""

_OWED = text(
    f"""
    WITH {PEOPLE_BELOW}
    SELECT t.id, t.period_start, t.period_end, t.state, o.id AS owner_id, o.staff_id, o.name,
           (now() AT TIME ZONE o.time_zone)::date AS today,
           (SELECT max(n.created_at) FROM notification n
            WHERE n.person_id = o.id AND n.created_at >= t.period_start AND n.timesheet_id = t.id
              AND n.kind = ANY (CAST(:reminders AS text[]))) AS reminded_at
    FROM {OWED}
    WHERE (CAST(:name AS text) IS NULL OR o.name ILIKE CAST(:name AS text) ESCAPE '/')
      AND (CAST(:period AS date) IS NULL OR t.period_start = CAST(:period AS date))
      AND (CAST(:project AS uuid) IS NULL OR EXISTS (
           SELECT FROM time_entry e
           WHERE e.timesheet_id = t.id AND e.project_id = CAST(:project AS uuid) AND NOT e.deleted OFFSET 0))
      AND (CAST(:after_id AS uuid) IS NULL
           OR (t.period_end, t.id) > (CAST(:after_day AS date), CAST(:after_id AS uuid)))
    ORDER BY t.period_end, t.id LIMIT :at_most
    """  # noqa: S608 - made of the words above alone
)


def _row(row: Any, zone: ZoneInfo) -> OwedRow:
    return OwedRow(
        row.id,
        PersonShown(row.owner_id, row.staff_id, row.name),
        row.period_start,
        row.period_end,
        row.state == "rejected",
        (row.today - row.period_end).days,
        row.reminded_at.astimezone(zone) if row.reminded_at else None,
    )
