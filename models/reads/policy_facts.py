"""What strict timekeeping would have had against the submissions of a quarter."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.rules.agreements import plan_by_day
from models.rules.periods import Period
from models.rules.policy_trial import Strictly
from models.rules.timekeeping import CLOCKS_DIFFER, Accounted, unaccounted
from models.store.holidays import holiday_exceptions
from models.store.timekeeping import kinds_of_time
from models.tables.accruals import Agreement


def strictly(session: Session, since: datetime, most: int) -> dict[UUID, Strictly]:
    """By submission, of the newest ones; what there is nothing against is not there."""
    asked = {"since": since, "most": most}
    days = _unaccounted(session, asked)
    rows = session.execute(_FACTS, asked | {"differ": CLOCKS_DIFFER})
    found = {
        row.id: Strictly(row.ahead, days.get(row.id, 0), row.corrections, row.unopened, row.unanswered) for row in rows
    }
    return {id_: each for id_, each in found.items() if each != Strictly()}


_NEWEST = """
    (SELECT id, timesheet_id, revision, content, submitted_at FROM submission
     WHERE submitted_at >= :since ORDER BY submitted_at DESC LIMIT :most) s
"""

_FACTS = text(
    f"""
    SELECT s.id,
        (SELECT count(*) FROM jsonb_to_recordset(s.content -> 'entries') AS line (id uuid, version int)
         JOIN time_entry_version v ON v.entry_id = line.id AND v.version = line.version
         WHERE v.project_id IS NOT NULL
           AND greatest(v.start_at, v.end_at) > v.recorded_at + CAST(:differ AS interval)) AS ahead,
        (SELECT count(*) FROM jsonb_to_recordset(s.content -> 'entries') AS line (id uuid, version int)
         JOIN time_entry_version v ON v.entry_id = line.id AND v.version BETWEEN 2 AND line.version
         JOIN time_entry_version b ON b.entry_id = v.entry_id AND b.version = v.version - 1
         WHERE v.reason IS NULL AND b.confirmed AND b.end_at IS NOT NULL) AS corrections,
        coalesce(d.views_recorded AND NOT EXISTS (
            SELECT FROM statement w
            WHERE w.namespace = 'default' AND w.kind = 'define' AND w.type = 'View'
              AND w.subject >= 'view-' || s.timesheet_id || '-' || s.revision || '-'
              AND w.subject < 'view-' || s.timesheet_id || '-' || s.revision || '.'
              AND w.subject NOT LIKE '%-draft'
              AND w.recorded_by_id = d.decided_by_id AND w.recorded_at <= d.decided_at), false) AS unopened,
        coalesce(EXISTS (
            SELECT FROM command c
            LEFT JOIN owner_review r ON r.tenant_id = c.tenant_id AND r.command_id = c.id
            WHERE c.timesheet_id = s.timesheet_id AND c.put_before_id = t.owner_id AND c.completed_at < d.decided_at
              AND (r.command_id IS NULL OR r.reviewed_at > d.decided_at)), false) AS unanswered
    FROM {_NEWEST}
    JOIN timesheet t ON t.id = s.timesheet_id
    LEFT JOIN decision d ON d.submission_id = s.id AND d.number = 1 AND d.decision = 'approve'
    """  # noqa: S608 - put together from nothing but what stands here
)

_LINES = text(
    f"""
    SELECT s.id, t.owner_id, p.holiday_calendar, t.period_start, t.period_end, v.local_date, v.time_period_type_id,
           extract(epoch FROM v.end_at - v.start_at)::int / 60 - v.meal_break_minutes AS minutes
    FROM {_NEWEST}
    JOIN timesheet t ON t.id = s.timesheet_id
    JOIN person p ON p.id = t.owner_id
    LEFT JOIN LATERAL (
        SELECT each.* FROM jsonb_to_recordset(s.content -> 'entries') AS line (id uuid, version int)
        JOIN time_entry_version each ON each.entry_id = line.id AND each.version = line.version
    ) v ON true
    """  # noqa: S608 - put together from nothing but what stands here
)


def _unaccounted(session: Session, asked: Mapping[str, object]) -> dict[UUID, int]:
    """On how many days of each submission something is missing."""
    kinds, agreements, off = kinds_of_time(session), _agreements(session), dict[str, PublicHolidays]()
    sheets: dict[UUID, tuple[UUID, str, Period]] = {}
    entries: dict[UUID, list[Accounted]] = defaultdict(list)
    for row in session.execute(_LINES, asked):
        sheets[row.id] = (row.owner_id, row.holiday_calendar, Period(row.period_start, row.period_end))
        if row.time_period_type_id in kinds:
            entries[row.id].append(Accounted(row.local_date, row.minutes or 0, kinds[row.time_period_type_id]))
    found = {}
    for id_, (owner_id, place, period) in sheets.items():
        if place not in off:
            off[place] = PublicHolidays(place, holiday_exceptions(session, place))
        plan = plan_by_day(agreements.get(owner_id, ()), period)
        found[id_] = len(unaccounted(plan, off[place], entries[id_]))
    return found


def _agreements(session: Session) -> dict[UUID, list[Agreement]]:
    found: dict[UUID, list[Agreement]] = defaultdict(list)
    for each in session.scalars(select(Agreement)):
        found[each.person_id].append(each)
    return found
