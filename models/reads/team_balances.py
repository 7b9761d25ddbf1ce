"""How the people of a team stand with one accrual, those that are far off an even pace first."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.shown_balances import BalanceShown, TeamRow, TeamShown, TeamWanted
from models.reads.shown_people import PersonShown
from models.reads.viewer import Onlooker
from models.rules.agreements import AgreementContent, Target
from models.rules.policy import Relation, Role, sees_time_of
from models.rules.summaries import Pace, summary_on
from models.store.people import load_circle
from models.tables.people import TenantPolicy

PAGE = 50

STATUSES = {
    Pace.UNDER_TARGET.value: "Under target",
    Pace.OVER_TARGET.value: "Over target",
    Pace.ON_TARGET.value: "On target",
    "no_target": "No target",
    "no_agreement": "No agreement",
}
"""What one may ask for, in words."""


def team_page(session: Session, onlooker: Onlooker, wanted: TeamWanted) -> TeamShown:
    """A page of the people whose time the onlooker approves, or may see since it is everybody's.

    Raises `NotFound` for people who are neither.
    """
    asked = _asked(session, onlooker, wanted) | {"limit": PAGE + 1, **_position(wanted.after)}
    found = session.execute(_team(asked["everybody"], _ONE_PAGE), asked).all()
    tolerance = asked["tolerance"]
    rows = tuple(_row(row, wanted, tolerance) for row in found if row.id is not None)
    return TeamShown(
        code=wanted.code,
        wanted=wanted,
        everybody=asked["everybody"],
        rows=rows[:PAGE],
        counts=found[0].counts or {},
        next_cursor=_cursor(found[PAGE - 1]) if len(rows) > PAGE else None,
    )


def team_taken(session: Session, onlooker: Onlooker, wanted: TeamWanted) -> Iterator[TeamRow]:
    """All of them, to take along; read as they come, while the session is open. Raises `NotFound`."""
    asked = _asked(session, onlooker, wanted) | {"limit": None, **_position(None)}
    rows = session.execute(_team(asked["everybody"], _ALL), asked, execution_options={"yield_per": 500})
    return (_row(row, wanted, asked["tolerance"]) for row in rows)


def sees_team(person_id: UUID, roles: frozenset[Role]) -> bool:
    """Whether there are people whose balances somebody may look at side by side."""
    return any(sees_time_of(relation, person_id, roles) for relation in (Relation.TENANT, Relation.APPROVER))


def _asked(session: Session, onlooker: Onlooker, wanted: TeamWanted) -> dict[str, Any]:
    lead = load_circle(session, onlooker.acting_for_id or onlooker.person_id).owner
    return {
        "everybody": _sees_everybody(lead.id, lead.rank.roles),
        "lead": lead.id,
        "on": wanted.on,
        "code": wanted.code.value,
        "status": wanted.status if wanted.status in STATUSES else None,
        "tolerance": session.get_one(TenantPolicy, onlooker.tenant_id).balance_tolerance_percent,
        "supervisor": Role.SUPERVISOR.value,
        "worker": Role.WORKER.value,
    }


def _sees_everybody(person_id: UUID, roles: frozenset[Role]) -> bool:
    """Whether somebody may see everybody's time, or else only that of those they approve. Raises `NotFound`."""
    if not sees_team(person_id, roles):
        raise NotFound("There is no such page, or you may not see it.")
    return sees_time_of(Relation.TENANT, person_id, roles)


def _row(row: Row[Any], wanted: TeamWanted, tolerance: int) -> TeamRow:
    person = PersonShown(row.id, row.staff_id, row.name)
    if row.start_date is None:
        return TeamRow(person, None)
    targets = {} if row.target is None else {wanted.code: Target(row.target, row.opening_balance)}
    agreement = AgreementContent(row.id, row.start_date, row.end_date, targets=targets)
    # What was contributed and adjusted led from the opening balance to what remains.
    contributed = agreement.opening(wanted.code) + row.adjusted - row.remaining
    summary = summary_on(wanted.on, agreement, wanted.code, contributed, row.remaining, tolerance)
    return TeamRow(person, BalanceShown(wanted.code, summary))


def _cursor(row: Row[Any]) -> str:
    return urlsafe_b64encode(f"{row.nearness}|{row.id}|{row.name}".encode()).decode()


def _position(cursor: str | None) -> dict[str, object]:
    """Where a page starts; a cursor nobody made starts at the beginning."""
    nowhere: dict[str, object] = {"nearness": None, "name": None, "id": None}
    try:
        nearness, id_, name = urlsafe_b64decode((cursor or "").encode()).decode().split("|", 2)
        found = Decimal(nearness)
        if "\0" in name or not found.is_finite():
            return nowhere
        return {"nearness": found, "name": name, "id": UUID(id_)}
    except (ValueError, InvalidOperation):
        return nowhere


# Whoever is below somebody without anybody in between who approves. However many report to one person, those of
# another are found by the index: OFFSET 0 and LIMIT 1 keep the planner from reading everybody instead.
_THEIRS = """
    WITH RECURSIVE below (id, staff_id, name, active) AS (
        SELECT p.id, p.staff_id, p.name, p.active FROM person p WHERE p.supervisor_id = :lead
        UNION
        SELECT report.* FROM below CROSS JOIN LATERAL (
            SELECT p.id, p.staff_id, p.name, p.active FROM person p WHERE p.supervisor_id = below.id OFFSET 0
        ) report
        WHERE NOT (below.active AND coalesce((
            SELECT true FROM person_role r WHERE r.person_id = below.id AND r.role = :supervisor LIMIT 1
        ), false))
    ),
    team AS (SELECT id, staff_id, name FROM below WHERE active AND id <> :lead),
"""
_EVERYBODY = """
    WITH team AS (
        SELECT p.id, p.staff_id, p.name FROM person p
        WHERE p.active AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :worker)
    ),
"""
# The rule of summary_on, said to the database, which has to sort by it and to leave out what is not wanted.
_STOOD = """
    known AS (
        SELECT team.*, g.start_date, g.end_date, t.target, t.opening_balance,
               coalesce(last.balance, t.opening_balance, 0) AS remaining,
               floor((2.0 * t.target * (g.end_date - :on) + (g.end_date - g.start_date + 1))
                     / (2 * (g.end_date - g.start_date + 1))) - coalesce(last.balance, t.opening_balance) AS variance
        FROM team
        LEFT JOIN LATERAL (
            SELECT a.id, a.start_date, a.end_date FROM agreement a
            WHERE a.person_id = team.id AND a.start_date <= :on AND a.end_date >= :on LIMIT 1
        ) g ON true
        LEFT JOIN LATERAL (
            SELECT a.target, a.opening_balance FROM agreement_target a
            WHERE a.agreement_id = g.id AND a.accrual_code = :code LIMIT 1
        ) t ON true
        LEFT JOIN LATERAL (
            SELECT a.balance FROM accrual a
            WHERE a.person_id = team.id AND a.accrual_code = :code AND a.day BETWEEN g.start_date AND :on
            ORDER BY a.day DESC LIMIT 1
        ) last ON true
    ),
    stood AS MATERIALIZED (
        SELECT known.*,
               CASE WHEN start_date IS NULL THEN 2 WHEN target IS NULL THEN 1
                    ELSE -round(abs(variance) / greatest(target, 1), 6) END AS nearness,
               CASE WHEN start_date IS NULL THEN 'no_agreement' WHEN target IS NULL THEN 'no_target'
                    WHEN abs(variance) * 100 <= :tolerance * target THEN 'on_target'
                    WHEN variance > 0 THEN 'over_target' ELSE 'under_target' END AS status
        FROM known
    ),
    page AS (
        SELECT * FROM stood
        WHERE (CAST(:status AS text) IS NULL OR status = :status)
          AND (CAST(:id AS uuid) IS NULL OR (nearness, name, id) > (CAST(:nearness AS numeric), :name, :id))
        ORDER BY nearness, name, id LIMIT :limit
    ),
    shown AS (
        SELECT page.*, (
            SELECT coalesce(sum(j.value), 0) FROM adjustment j
            WHERE j.person_id = page.id AND j.accrual_code = :code AND j.day BETWEEN page.start_date AND :on
        ) AS adjusted
        FROM page
    )
"""
_ALL = "SELECT * FROM shown ORDER BY nearness, name, id"
_ONE_PAGE = """
    SELECT all_of_them.counts, shown.* FROM (
        SELECT json_object_agg(status, people) AS counts
        FROM (SELECT status, count(*) AS people FROM stood GROUP BY status) each_of_them
    ) all_of_them LEFT JOIN shown ON true
    ORDER BY nearness, name, id
"""


def _team(everybody: bool, wanted: str) -> Any:
    return text((_EVERYBODY if everybody else _THEIRS) + _STOOD + wanted)
