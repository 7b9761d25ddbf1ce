"""Checking over a period who decided on whose time, and keeping what was found for good."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid, KeyReused
from models.rules.days import day_bounds, local_date
from models.rules.duties import Decided, Duty, Found, check_duties
from models.store.ledger import NAMESPACE
from models.tables.people import Person, TenantPolicy
from models.tables.projects import DutyCheck

NIGHTLY_DAYS = 35
"""How far back the check of every night looks, so that each decision is looked at more than once."""

LONGEST_DAYS = 366
"""A period that somebody asks for by hand."""

KEPT_OF_EACH = 200
"""Findings of one kind that are kept; further ones are counted."""


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """A check that is asked for: over which local days, both inclusive, and by whom; None: the schedule."""

    id: UUID
    tenant_id: UUID
    first: date
    last: date
    asked_by_id: UUID | None = None


def nightly_check(session: Session, tenant_id: UUID) -> AskedCheck:
    """The check of this night: the same one however often it is asked for."""
    zone, now = session.execute(
        select(TenantPolicy.time_zone, func.now()).where(TenantPolicy.tenant_id == tenant_id)
    ).one()
    yesterday = local_date(now, ZoneInfo(zone)) - timedelta(days=1)
    id_ = uuid5(tenant_id, f"duty-check/{yesterday}")
    return AskedCheck(id_, tenant_id, yesterday - timedelta(days=NIGHTLY_DAYS - 1), yesterday)


def run_check(session: WriteSession, asked: AskedCheck) -> DutyCheck:
    """Look at every decision of a period and keep what was found; asked again, what was kept before.

    Raises `Invalid` for a period that is none, is too long, or lies ahead.
    """
    known = session.get(DutyCheck, asked.id)
    if known is not None:
        return _require_same(known, asked)
    zone, now = session.execute(
        select(TenantPolicy.time_zone, func.now()).where(TenantPolicy.tenant_id == asked.tenant_id)
    ).one()
    _require_period(asked, local_date(now, ZoneInfo(zone)))
    start, end = _bounds(asked, ZoneInfo(zone))
    decisions = decided_between(session, asked.tenant_id, start, end)
    found = check_duties(decisions, _supervisors(session), only_stated(session, asked.tenant_id, start, end))
    breaches = sum(each.is_breach for each in found)
    kept = insert(DutyCheck).values(
        id=asked.id,
        tenant_id=asked.tenant_id,
        from_day=asked.first,
        to_day=asked.last,
        decisions=len(decisions),
        breaches=breaches,
        remarks=len(found) - breaches,
        findings=_as_json(found),
        asked_by_id=asked.asked_by_id,
    )
    session.execute(kept.on_conflict_do_nothing())
    return session.get_one(DutyCheck, asked.id)


def found_in(check: DutyCheck) -> list[Found]:
    """What a check found, as far as it was kept."""
    return [
        Found(
            Duty(each["duty"]),
            tuple(UUID(id_) for id_ in each["people"]),
            tuple(UUID(id_) for id_ in each["decisions"]),
            each["activity"],
        )
        for each in check.findings["found"]
    ]


def decided_between(session: Session, tenant_id: UUID, start: datetime, end: datetime) -> list[Decided]:
    """Every decision of a time, with whether the ledger says the same, in one statement."""
    rows = session.execute(_DECIDED, {"tenant": tenant_id, "namespace": NAMESPACE, "start": start, "end": end})
    return [
        Decided(
            row.id,
            row.timesheet_id,
            row.owner_id,
            row.decided_by_id,
            row.responsible_id,
            row.decided_at,
            row.granted_by_id,
            row.is_stated,
        )
        for row in rows
    ]


def only_stated(session: Session, tenant_id: UUID, start: datetime, end: datetime) -> list[str]:
    """What the ledger calls a decision of that time and nobody made."""
    given = {"tenant": tenant_id, "namespace": NAMESPACE, "start": start, "end": end}
    return list(session.scalars(_ONLY_STATED, given))


def _require_same(known: DutyCheck, asked: AskedCheck) -> DutyCheck:
    if (known.from_day, known.to_day, known.asked_by_id) != (asked.first, asked.last, asked.asked_by_id):
        raise KeyReused("This form was already sent with other content. Reload the page and try again.")
    return known


def _require_period(asked: AskedCheck, today: date) -> None:
    if asked.last < asked.first:
        raise Invalid.field("to", "The last day is before the first one.")
    if (asked.last - asked.first).days >= LONGEST_DAYS:
        raise Invalid.field("from", "Choose a year at most.")
    if asked.first > today:
        raise Invalid.field("from", "Nothing was decided on days that are still to come.")


def _bounds(asked: AskedCheck, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return day_bounds(asked.first, zone)[0], day_bounds(asked.last, zone)[1]


def _supervisors(session: Session) -> dict[UUID, UUID | None]:
    return dict(session.execute(select(Person.id, Person.supervisor_id)).all())


def _as_json(found: Sequence[Found]) -> dict[str, Any]:
    counts = {duty.value: sum(each.duty is duty for each in found) for duty in Duty}
    return {"counts": {name: count for name, count in counts.items() if count}, "found": list(_kept(found))}


def _kept(found: Iterable[Found]) -> Iterable[dict[str, Any]]:
    so_far = dict.fromkeys(Duty, 0)
    for each in found:
        so_far[each.duty] += 1
        if so_far[each.duty] <= KEPT_OF_EACH:
            plain = asdict(each)
            yield plain | {name: [str(id_) for id_ in plain[name]] for name in ("people", "decisions")}


# The people of a decision as the ledger names them: one association with whoever is responsible, and who acted for
# them if somebody did; nobody else.
_DECIDED = text(
    """
    SELECT d.id, d.timesheet_id, t.owner_id, d.decided_by_id, d.responsible_id, d.decided_at, g.granted_by_id,
           said.told = 1 AND said.is_decision
               AND said.agents = ARRAY[CAST(responsible.staff_id AS text)]
               AND said.delegates = CASE WHEN d.decided_by_id = d.responsible_id THEN ARRAY[]::text[]
                                         ELSE ARRAY[responsible.staff_id || ' ' || actor.staff_id] END AS is_stated
    FROM decision d
    JOIN timesheet t ON t.id = d.timesheet_id
    JOIN person actor ON actor.id = d.decided_by_id
    JOIN person responsible ON responsible.id = d.responsible_id
    LEFT JOIN delegation g ON g.id = d.delegation_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE s.kind = 'define') AS told,
               coalesce(bool_and(s.type = CASE d.decision WHEN 'approve' THEN 'Approve' ELSE 'Reject' END)
                   FILTER (WHERE s.kind = 'define'), false) AS is_decision,
               coalesce(array_agg(s.body ->> 'agent') FILTER (WHERE s.kind = 'wasAssociatedWith'), '{}') AS agents,
               coalesce(array_agg((s.body ->> 'responsible') || ' ' || (s.body ->> 'delegate'))
                   FILTER (WHERE s.kind = 'actedOnBehalfOf'), '{}') AS delegates
        FROM statement s
        WHERE s.tenant_id = :tenant AND s.namespace = :namespace
          AND s.subject = CASE d.decision WHEN 'approve' THEN 'approve-' ELSE 'reject-' END || d.id
    ) said
    WHERE d.tenant_id = :tenant AND d.decided_at >= :start AND d.decided_at < :end
    ORDER BY d.decided_at, d.id
    """
)

_ONLY_STATED = text(
    """
    SELECT s.subject FROM statement s
    WHERE s.tenant_id = :tenant AND s.namespace = :namespace
      AND s.kind = 'define' AND s.type IN ('Approve', 'Reject')
      AND s.recorded_at >= :start AND s.recorded_at < :end
      AND (
          SELECT true FROM decision d
          WHERE d.id = CAST(substring(s.subject FROM '^[a-z]+-([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$') AS uuid)
            AND s.subject = CASE d.decision WHEN 'approve' THEN 'approve-' ELSE 'reject-' END || d.id
      ) IS NULL
    ORDER BY s.sequence
    """
)
