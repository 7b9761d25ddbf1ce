"""For whom submitted timesheets wait, kept true when the hierarchy changes."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Row, text

from models.database import WriteSession
from models.rules.approvers import Rank, approver_of
from models.rules.policy import Role, roles_of
from models.rules.transitions import State

Held = Sequence[Row[UUID, UUID]]
"""Timesheets and their owners."""


def hold_sheets_below(session: WriteSession, person_ids: Collection[UUID]) -> Held:
    """Hold every timesheet whose approver may change with these people, before anything of them is written.

    Those are their own, and those of whoever is below them with nobody in between who approves. Drafts are held
    as well: one that is just being submitted is waited for, and one that comes later sees the new hierarchy.
    """
    these = {"changed": list(person_ids), "states": _OPEN, "supervisor": Role.SUPERVISOR.value}
    return session.execute(_HOLD, these).all()


def look_up_again(session: WriteSession, held: Held) -> None:
    """Let each of these timesheets that is submitted wait for whoever approves its owner's time now."""
    owners = {row.owner_id for row in held}
    if not owners:
        return
    ranks = _ranks_above(session, owners)
    approvers = {owner: approver_of(owner, ranks) for owner in owners}
    session.execute(
        _WAIT_FOR,
        {
            "ids": [row.id for row in held],
            "approvers": [approvers[row.owner_id] for row in held],
            "submitted": State.SUBMITTED.value,
        },
    )


_OPEN = [State.DRAFT.value, State.SUBMITTED.value]

_HOLD = text(
    """
    WITH RECURSIVE below (id) AS (
        SELECT unnest(CAST(:changed AS uuid[]))
        UNION
        SELECT report.id
        FROM below JOIN person p ON p.id = below.id JOIN person report ON report.supervisor_id = p.id
        WHERE p.id = ANY (CAST(:changed AS uuid[]))
           OR NOT p.active
           OR NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :supervisor)
    )
    SELECT t.id, t.owner_id FROM timesheet t
    WHERE t.owner_id IN (SELECT id FROM below) AND t.state = ANY (CAST(:states AS text[]))
    ORDER BY t.id FOR UPDATE OF t
    """
)

_WAIT_FOR = text(
    """
    UPDATE timesheet t SET waiting_for_id = found.approver
    FROM unnest(CAST(:ids AS uuid[]), CAST(:approvers AS uuid[])) AS found (id, approver)
    WHERE t.id = found.id AND t.state = :submitted AND t.waiting_for_id IS DISTINCT FROM found.approver
    """
)

_ABOVE = text(
    """
    WITH RECURSIVE above (id, supervisor_id) AS (
        SELECT id, supervisor_id FROM person WHERE id = ANY (CAST(:owners AS uuid[]))
        UNION
        SELECT p.id, p.supervisor_id FROM above JOIN person p ON p.id = above.supervisor_id
    )
    SELECT p.id, p.supervisor_id, p.active,
           ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id) AS roles
    FROM person p WHERE p.id IN (SELECT id FROM above)
    """
)


def _ranks_above(session: WriteSession, owners: Collection[UUID]) -> dict[UUID, Rank]:
    rows = session.execute(_ABOVE, {"owners": list(owners)})
    return {row.id: Rank(row.id, row.supervisor_id, row.active, roles_of(row.roles)) for row in rows}
