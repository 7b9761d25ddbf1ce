"""Whose time nobody above them approves, so that it falls to the administrators; and approvers who approve no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.shown_people import PersonShown
from models.rules.policy import Role

PAGE = 50
NAMED_ABOVE = 3
"""How many of those above somebody are named."""

Place = tuple[str, str]
"""Where a page begins: after this name and staff id."""


@dataclass(frozen=True, slots=True)
class WithoutApprover:
    """Somebody whose time the administrators decide on."""

    person: PersonShown
    active: bool
    why: str
    waiting: int
    """Submitted timesheets that wait for the administrators."""


@dataclass(frozen=True, slots=True)
class GoneApprover:
    """Somebody who approves no more, and how many active people are directly below them."""

    person: PersonShown
    active: bool
    below: int


@dataclass(frozen=True, slots=True)
class ApproversPage:
    """Everybody without an approver, and every approver who is none any more: a page of each, by name."""

    without: tuple[WithoutApprover, ...]
    how_many: int
    """Of those without an approver, on all pages together."""
    next_without: Place | None
    gone: tuple[GoneApprover, ...]
    next_gone: Place | None


def approvers_page(session: Session, after: Place | None = None, gone_after: Place | None = None) -> ApproversPage:
    """Who needs an approver. Whoever asks may see everybody."""
    rows = session.execute(
        _WITHOUT, _place(after) | {"worker": Role.WORKER.value} | _APPROVES | {"limit": PAGE + 1}
    ).all()
    above = _above(session, [row.id for row in rows[:PAGE]])
    gone = session.execute(_GONE, _place(gone_after) | _APPROVES | {"limit": PAGE + 1}).all()
    return ApproversPage(
        tuple(
            WithoutApprover(PersonShown(row.id, row.staff_id, row.name), row.active, _why(row.id, above), row.waiting)
            for row in rows[:PAGE]
        ),
        rows[0].how_many if rows else 0,
        _following(rows),
        tuple(GoneApprover(PersonShown(row.id, row.staff_id, row.name), row.active, row.below) for row in gone[:PAGE]),
        _following(gone),
    )


@dataclass(frozen=True, slots=True)
class _Somebody:
    name: str
    supervisor_id: UUID | None
    active: bool


def _why(person_id: UUID, above: Mapping[UUID, _Somebody]) -> str:
    """Why nobody above somebody approves their time."""
    seen, named = {person_id}, []
    following = above[person_id].supervisor_id
    while following is not None and following not in seen:
        each = above[following]
        named.append(f"{each.name} is {'no supervisor' if each.active else 'not active'}")
        seen.add(following)
        following = each.supervisor_id
    if not named:
        return "Nobody is above them."
    more = [f"{len(named) - NAMED_ABOVE} more"] if len(named) > NAMED_ABOVE else []
    told = ", ".join([*named[:NAMED_ABOVE], *more])
    return f"{told}, and the hierarchy leads back to them." if following else f"{told}."


def _above(session: Session, person_ids: list[UUID]) -> dict[UUID, _Somebody]:
    """These people and everybody above them."""
    rows = session.execute(_ABOVE, {"people": person_ids})
    return {row.id: _Somebody(row.name, row.supervisor_id, row.active) for row in rows}


def _following(rows: Sequence[Any]) -> Place | None:
    return (rows[PAGE - 1].name, rows[PAGE - 1].staff_id) if len(rows) > PAGE else None


def _place(after: Place | None) -> dict[str, str | None]:
    name, staff_id = after or (None, None)
    return {"name": name, "staff_id": staff_id}


_APPROVES = {"supervisor": Role.SUPERVISOR.value}

# From each person who approves downwards, past those who do not, and never to the approver themselves: what the rule
# finds upwards for one person, for everybody at once.
_WITHOUT = text(
    """
    WITH RECURSIVE able AS MATERIALIZED (
        SELECT p.id FROM person p
        WHERE p.active AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :supervisor)
    ), approved (id, approver_id) AS (
        SELECT p.id, p.supervisor_id FROM person p JOIN able ON able.id = p.supervisor_id
        UNION
        SELECT p.id, a.approver_id
        FROM approved a JOIN person p ON p.supervisor_id = a.id
        WHERE NOT EXISTS (SELECT 1 FROM able WHERE able.id = a.id) AND p.id <> a.approver_id
    ), without AS (
        SELECT p.id, p.staff_id, p.name, p.active FROM person p
        WHERE NOT EXISTS (SELECT 1 FROM approved a WHERE a.id = p.id)
          AND (
            p.active AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :worker)
            OR EXISTS (SELECT 1 FROM waiting w WHERE w.owner_id = p.id AND w.project_id IS NULL)
          )
    )
    SELECT w.id, w.staff_id, w.name, w.active, (SELECT count(*) FROM without) AS how_many,
           (SELECT count(*) FROM waiting t
            WHERE t.owner_id = w.id AND t.approver_id IS NULL AND t.project_id IS NULL) AS waiting
    FROM without w
    WHERE CAST(:name AS text) IS NULL OR (w.name, w.staff_id) > (CAST(:name AS text), CAST(:staff_id AS text))
    ORDER BY w.name, w.staff_id LIMIT :limit
    """
)

_GONE = text(
    """
    SELECT p.id, p.staff_id, p.name, p.active, below.number AS below
    FROM (
        SELECT supervisor_id, count(*) AS number FROM person
        WHERE active AND supervisor_id IS NOT NULL GROUP BY supervisor_id
    ) below JOIN person p ON p.id = below.supervisor_id
    WHERE NOT (
        p.active AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :supervisor)
    ) AND (CAST(:name AS text) IS NULL OR (p.name, p.staff_id) > (CAST(:name AS text), CAST(:staff_id AS text)))
    ORDER BY p.name, p.staff_id LIMIT :limit
    """
)

_ABOVE = text(
    """
    WITH RECURSIVE above (id) AS (
        SELECT unnest(CAST(:people AS uuid[]))
        UNION
        SELECT p.supervisor_id FROM above JOIN person p ON p.id = above.id WHERE p.supervisor_id IS NOT NULL
    )
    SELECT p.id, p.name, p.supervisor_id, p.active FROM person p WHERE p.id IN (SELECT id FROM above)
    """
)
