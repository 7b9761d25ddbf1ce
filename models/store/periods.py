"""Who owes a timesheet for the days that have come, and which deadlines have to be reckoned anew."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.rules.days import local_date
from models.rules.deadlines import next_due
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.policy import Role
from models.rules.transitions import OWED, State
from models.store.time_rules import time_rules, timed
from models.tables.people import Person, TenantPolicy
from models.tables.timesheet import Timesheet

A_BATCH = 200
"""People, or timesheets, that are looked at in one go."""

NOBODY = UUID(int=0)
"""Before everybody."""

OPEN = sorted({*(state.value for state in OWED), State.SUBMITTED.value})
"""States in which time does something."""


@dataclass(frozen=True, slots=True)
class Owing:
    """Somebody who works under an agreement and has no timesheet yet for the period that they are in."""

    person_id: UUID
    period: Period


@dataclass(frozen=True, slots=True)
class Batch:
    """What was found among the next ones, and after whom to go on; None: these were the last."""

    found: tuple[Owing, ...]
    opened: tuple[UUID, ...]
    """The timesheets of the present period that are there already."""
    goes_on_after: UUID | None


def owing(session: Session, tenant_id: UUID, after: UUID) -> Batch:
    """Of the next people those who owe a timesheet for the present period, in their own zone, and have none."""
    policy, now = _policy(session, tenant_id)
    people = session.execute(_WORKING, {"after": after, "role": Role.WORKER.value, "batch": A_BATCH}).all()
    periods = {row.id: period_of(local_date(now, ZoneInfo(row.time_zone)), policy.week_starts_on) for row in people}
    ids = {timesheet_id(tenant_id, person, period.start): person for person, period in periods.items()}
    opened = tuple(session.scalars(select(Timesheet.id).where(Timesheet.id.in_(ids))))
    served = {ids[sheet] for sheet in opened}
    found = tuple(
        Owing(row.id, periods[row.id])
        for row in people
        if row.id not in served and _is_agreed(row.agreed, periods[row.id])
    )
    return Batch(found, opened, people[-1].id if len(people) == A_BATCH else None)


def reckon_anew(session: WriteSession, tenant_id: UUID, after: UUID) -> tuple[list[UUID], UUID | None]:
    """Reckon the deadlines of the next open timesheets by the rules of now.

    Returns those whose deadline is sooner than it was, and after which one to go on; None: these were the last.
    """
    policy, _ = _policy(session, tenant_id)
    rules = time_rules(session, policy)
    these = (
        select(Timesheet, Person.time_zone)
        .join(Person, Person.id == Timesheet.owner_id)
        .where(Timesheet.id > after, Timesheet.state.in_(OPEN))
        .order_by(Timesheet.id)
        .limit(A_BATCH)
        .with_for_update(of=Timesheet)
    )
    rows = session.execute(these).all()
    sooner = []
    for sheet, zone in rows:
        # Whether somebody is left to be asked is found out when the time for it has come.
        at = next_due(timed(sheet, ZoneInfo(zone), may_escalate=True), rules, sheet.reminded_until or sheet.state_since)
        if at is not None and (sheet.due_at is None or at < sheet.due_at):
            sooner.append(sheet.id)
        sheet.due_at = at
    return sooner, rows[-1][0].id if len(rows) == A_BATCH else None


def late(session: Session, seconds: float, at_most: int) -> list[UUID]:
    """Timesheets whose time has come for so long that nobody seems to see to it."""
    return list(session.scalars(_LATE, {"seconds": seconds, "at_most": at_most}))


def _policy(session: Session, tenant_id: UUID) -> tuple[TenantPolicy, datetime]:
    row = session.execute(select(TenantPolicy, func.now()).where(TenantPolicy.tenant_id == tenant_id)).one()
    return row[0], row[1]


def _is_agreed(agreed: list[dict[str, str]] | None, period: Period) -> bool:
    """Whether one of the agreements covers a day of the period; dates in ISO form compare as they are."""
    first, last = period.start.isoformat(), period.end.isoformat()
    return any(each["first"] <= last and each["last"] >= first for each in agreed or ())


_WORKING = text(
    """
    SELECT p.id, p.time_zone,
           (SELECT json_agg(json_build_object('first', a.start_date, 'last', a.end_date))
            FROM agreement a WHERE a.person_id = p.id AND a.end_date >= now()::date - 14) AS agreed
    FROM person p
    WHERE p.id > :after AND p.active
      AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :role)
    ORDER BY p.id LIMIT :batch
    """
)

_LATE = text(
    """
    (SELECT id FROM timesheet WHERE due_at < now() - make_interval(secs => :seconds) ORDER BY due_at LIMIT :at_most)
    UNION
    (SELECT id FROM timesheet WHERE state = 'approved' AND lock_at < now() - make_interval(secs => :seconds)
     ORDER BY lock_at LIMIT :at_most)
    """
)
