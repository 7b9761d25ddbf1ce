"""A crowd: an organisation with years of time in it, filled by whole sets of rows instead of command by command.

What pages read is there, with ids as commands would have made them: people, timesheets in every state, their entries,
what was certified and for whom it waits. What only commands make is not: versions, commands, provenance, balances,
workflows. So nothing here is due, and nobody can carry anything out on it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import make_url

from bench.sizes import WORKDAYS, Crowded
from demo.people import STANDARD_DAY, ZONE, DemoPerson, DemoTenant, found
from embedded import SUPERUSER
from models.rules.exceptions import Exceptional
from models.rules.periods import period_of, timesheet_id
from models.rules.transitions import State
from models.standard import CERTIFICATION, SHIFT
from settings import Settings

TEAM = 25
"""Reports of each supervisor."""

LEADS = 8
"""So many of the supervisors sign in."""

SHARE = 33
"""One week in so many is submitted, one is approved and not locked yet, and one was never submitted."""

STATES = {0: State.SUBMITTED, 1: State.APPROVED, 2: State.DRAFT}
EXCEPTIONAL = 4
"""One in so many of the submitted has something worth a look."""

LONGEST_SECONDS = 3600.0
"""Most of it goes into the index that keeps entries from overlapping; made at the end it takes as long."""

BYTES_OF_A_SHEET = 10_000
"""With its entries and what was certified, in tables, indexes and the log of the server: more than it needs."""


def lead(number: int) -> str:
    """A supervisor's staff id."""
    return f"lead-{number}"


TENANT = DemoTenant(
    "crowd",
    "A crowd",
    tuple(DemoPerson(lead(number), f"Lead {number}", ("worker", "supervisor")) for number in range(LEADS)),
    (("crowd-1", "Measuring", None),),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """How much there is, and what it took."""

    sheets: int
    entries: int
    waiting: int
    seconds: float
    bytes: int
    """Of the whole database."""

    def __str__(self) -> str:
        much = f"{self.sheets:,} timesheets, {self.entries:,} entries, {self.waiting:,} waiting"
        return f"{much}: {self.seconds:.0f} s, {self.bytes / 2**20:,.0f} MiB"


class TooMuch(Exception):
    """There is not enough room or time for a crowd; the message says how much would be needed."""


def fill(settings: Settings, crowded: Crowded, today: date) -> Filled:
    """Fill a new organisation. Raises TooMuch before it fills the disk, or when it takes longer than it may."""
    _require_room(settings.data_dir, crowded)
    assert settings.database_owner_url is not None
    began = perf_counter()
    found(settings.database_owner_url, TENANT, today)
    # The superuser, since rows that somebody else copies in would be checked one by one for whose they are.
    url = make_url(settings.database_owner_url).set(username=SUPERUSER, drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        # Every row refers to rows that were made just before.
        connection.execute("SET session_replication_role = replica")
        _add_people(connection, crowded)
        for week in weeks(today, crowded.weeks):
            _add_week(connection, crowded, week)
            if perf_counter() - began > LONGEST_SECONDS:
                raise TooMuch(f"{crowded.sheets:,} timesheets take more than {LONGEST_SECONDS:.0f} seconds.")
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
        return _filled(connection, perf_counter() - began)


def weeks(today: date, count: int) -> Iterator[date]:
    """The Mondays of weeks that ended a week ago or before, the oldest first, as time is recorded."""
    for weeks_ago in range(count + 1, 1, -1):
        yield period_of(today - timedelta(weeks=weeks_ago)).start


def state_of(person: int, monday: date) -> State:
    """Most weeks are locked; the others are spread over people and weeks."""
    return STATES.get((person * 7 + monday.toordinal() // 7 * 13) % SHARE, State.LOCKED)


def staff_id(person: int) -> str:
    """Somebody who has nobody below them."""
    return f"crowd-{person}"


def _require_room(folder: Path, crowded: Crowded) -> None:
    needed, free = crowded.sheets * BYTES_OF_A_SHEET, shutil.disk_usage(folder).free
    if free < 2 * needed:
        raise TooMuch(f"{crowded.sheets:,} timesheets need {2 * needed / 2**30:.0f} GiB, {free / 2**30:.0f} are free.")


def _add_people(connection: psycopg.Connection, crowded: Crowded) -> None:
    supervisors = [(lead(number), "Lead", None) for number in range(LEADS, crowded.people // TEAM)]
    reports = [(staff_id(number), "Worker", lead(number // TEAM)) for number in range(crowded.people)]
    with connection.cursor() as cursor, cursor.copy(_PEOPLE) as copy:
        for staff, name, supervisor in (*supervisors, *reports):
            above = TENANT.person_id(supervisor) if supervisor else None
            copy.write_row((TENANT.person_id(staff), TENANT.id, staff, f"{name} {staff}", ZONE, "GB-ENG", above, True))
    connection.execute(_ROLES, {"tenant": TENANT.id})


def _add_week(connection: psycopg.Connection, crowded: Crowded, monday: date) -> None:
    names = {"tenant": TENANT.id, "monday": monday, "zone": ZONE}
    with connection.transaction():
        with connection.cursor() as cursor, cursor.copy(_TIMESHEETS) as copy:
            for person in range(crowded.people):
                copy.write_row(_timesheet(person, monday))
        work = names | {"type": SHIFT, "project": TENANT.project_id("crowd-1"), "days": WORKDAYS}
        connection.execute(_ENTRIES, work | {"each": crowded.entries // WORKDAYS})
        certified = {"certification": CERTIFICATION, "digest": "0" * 64, "plan": WORKDAYS * STANDARD_DAY}
        connection.execute(_SUBMISSIONS, names | certified | {"many": EXCEPTIONAL, "code": Exceptional.LATE.value})
        connection.execute(_WAITING, names)


def _timesheet(person: int, monday: date) -> tuple[object, ...]:
    owner, state, sunday = TENANT.person_id(staff_id(person)), state_of(person, monday), monday + timedelta(days=6)
    # Within the week after it, not everybody at once.
    certified = datetime.combine(sunday, time(17), ZoneInfo(ZONE)) + timedelta(seconds=person * 16 % 86_400)
    submitted = state is State.SUBMITTED
    return (
        timesheet_id(TENANT.id, owner, monday),
        TENANT.id,
        owner,
        monday,
        sunday,
        state.value,
        1,
        certified,
        "supervisor" if submitted else None,
        certified if submitted else None,
        None if state is State.DRAFT else uuid4(),
    )


def _filled(connection: psycopg.Connection, seconds: float) -> Filled:
    row = connection.execute(_COUNTS, {"tenant": TENANT.id}).fetchone()
    assert row is not None
    sheets, entries, waiting, size = row
    return Filled(sheets, entries, waiting, seconds, size)


_PEOPLE = """
    COPY person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, supervisor_id, active) FROM STDIN
"""
_ROLES = """
    INSERT INTO person_role (tenant_id, person_id, role)
    SELECT p.tenant_id, p.id, r.role
    FROM person p, (VALUES ('worker'), ('supervisor')) AS r (role)
    WHERE p.tenant_id = %(tenant)s AND (r.role = 'worker' OR p.staff_id LIKE 'lead-%%')
    ON CONFLICT DO NOTHING
"""
_TIMESHEETS = """
    COPY timesheet (
        id, tenant_id, owner_id, period_start, period_end, state, revision, state_since, stage, submitted_at,
        submission_id
    ) FROM STDIN
"""
# From nine on, as many pieces of work each day, an hour apart and together seven and a half hours.
_ENTRIES = """
    INSERT INTO time_entry (
        id, tenant_id, owner_id, timesheet_id, time_period_type_id, project_id, task,
        start_at, end_at, start_offset_minutes, end_offset_minutes, meal_break_minutes, deleted, version
    )
    SELECT gen_random_uuid(), tenant_id, owner_id, timesheet_id, %(type)s, %(project)s, 'measuring',
           begins, ends,
           extract(epoch FROM begins AT TIME ZONE %(zone)s - begins AT TIME ZONE 'UTC') / 60,
           extract(epoch FROM ends AT TIME ZONE %(zone)s - ends AT TIME ZONE 'UTC') / 60,
           0, false, 1
    FROM (
        SELECT t.tenant_id, t.owner_id, t.id AS timesheet_id,
               begin_local AT TIME ZONE %(zone)s AS begins,
               (begin_local + interval '450 minutes' / %(each)s) AT TIME ZONE %(zone)s AS ends
        FROM timesheet t,
             generate_series(0, %(days)s - 1) AS day,
             generate_series(0, %(each)s - 1) AS piece,
             LATERAL (
                SELECT t.period_start + day + time '09:00'
                       + piece * (interval '450 minutes' / %(each)s + interval '1 hour')
             ) AS worked (begin_local)
        WHERE t.tenant_id = %(tenant)s AND t.period_start = %(monday)s
    ) AS pieces
"""
_SUBMISSIONS = """
    INSERT INTO submission (
        id, tenant_id, timesheet_id, revision, digest, content, certification, approver_id, submitted_by_id,
        submitted_at, minutes_by_day, plan_minutes, exceptions
    )
    SELECT t.submission_id, t.tenant_id, t.id, 1, %(digest)s, jsonb_build_object('ownerId', t.owner_id),
           %(certification)s, p.supervisor_id, t.owner_id, t.state_since, '{450,450,450,450,450,0,0}', %(plan)s,
           CASE WHEN hashtext(t.id::text) %% %(many)s = 0 THEN ARRAY[%(code)s] ELSE '{}' END
    FROM timesheet t JOIN person p ON p.id = t.owner_id
    WHERE t.tenant_id = %(tenant)s AND t.period_start = %(monday)s AND t.submission_id IS NOT NULL
"""
_WAITING = """
    INSERT INTO waiting (timesheet_id, number, tenant_id, owner_id, approver_id, has_exceptions, submitted_at)
    SELECT t.id, 0, t.tenant_id, t.owner_id, s.approver_id, cardinality(s.exceptions) > 0, t.submitted_at
    FROM timesheet t JOIN submission s ON s.id = t.submission_id
    WHERE t.tenant_id = %(tenant)s AND t.period_start = %(monday)s AND t.state = 'submitted'
"""
_COUNTS = """
    SELECT (SELECT count(*) FROM timesheet WHERE tenant_id = %(tenant)s),
           (SELECT count(*) FROM time_entry WHERE tenant_id = %(tenant)s),
           (SELECT count(*) FROM waiting WHERE tenant_id = %(tenant)s),
           pg_database_size(current_database())
"""
