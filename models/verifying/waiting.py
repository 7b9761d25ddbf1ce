"""For whom submitted timesheets wait, worked out anew from the hierarchy, the escalations, the projects and the
decisions, and compared with what inboxes are read from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.rules.approvers import Rank, approvers_of
from models.rules.policy import Role, roles_of
from models.rules.stages import Stage, approvals_in_force
from models.tables.people import Project
from models.tables.timesheet import Decision, Waiting

Request = tuple[UUID | None, UUID | None]
"""An approver, None for the administrators; and the project whose lines they are asked about, None for all of it."""


def wrong_waiting(session: Session) -> Iterator[str]:
    """Every timesheet that does not wait for exactly whom it should."""
    waiting: dict[UUID, list[Request]] = {}
    for row in session.scalars(select(Waiting).order_by(Waiting.timesheet_id, Waiting.number)):
        waiting.setdefault(row.timesheet_id, []).append((row.approver_id, row.project_id))
    hierarchy = _hierarchy(session)
    for sheet in session.execute(_SUBMITTED):
        if not hierarchy.fits(sheet, waiting.pop(sheet.id, []), _projects_left(session, sheet)):
            yield f"timesheet {sheet.id}: it does not wait for whom it should"
    for sheet_id in waiting:
        yield f"timesheet {sheet_id}: it is not submitted, but somebody is asked to decide on it"
    for sheet_id in session.scalars(_SHOWN_WRONGLY):
        yield f"timesheet {sheet_id}: inboxes do not show it as it was submitted"


@dataclass(frozen=True, slots=True)
class _Hierarchy:
    """Who is above whom, and who leads what."""

    ranks: Mapping[UUID, Rank]
    leads: Mapping[UUID, UUID | None]

    def fits(self, sheet: Any, waiting: list[Request], projects_left: Iterable[UUID]) -> bool:
        """Whether these are whom it should wait for. Leads are asked all at once, in any order."""
        if sheet.stage == Stage.SUPERVISOR:
            return waiting == [(each, None) for each in approvers_of(sheet.owner_id, self.ranks, sheet.escalations)]
        expected = [(self._able(self.leads.get(project), sheet.owner_id), project) for project in projects_left]
        last = [(None, None)] if sheet.escalations else []
        return bool(expected) and set(waiting) == {*expected, *last} and waiting[len(expected) :] == last

    def _able(self, lead_id: UUID | None, owner_id: UUID) -> UUID | None:
        lead = self.ranks.get(lead_id) if lead_id else None
        able = lead is not None and lead.active and Role.PROJECT_LEAD in lead.roles and lead_id != owner_id
        return lead_id if able else None


def _hierarchy(session: Session) -> _Hierarchy:
    ranks = {
        row.id: Rank(row.id, row.supervisor_id, row.active, roles_of(row.roles)) for row in session.execute(_RANKS)
    }
    return _Hierarchy(ranks, dict(session.execute(select(Project.id, Project.lead_id)).all()))


def _projects_left(session: Session, sheet: Any) -> set[UUID]:
    """The projects with lines on it whose leads have not approved them, in the stage that asks leads."""
    if sheet.stage != Stage.PROJECT_LEAD:
        return set()
    made = session.scalars(
        select(Decision).where(Decision.submission_id == sheet.submission_id).order_by(Decision.number)
    )
    approved = {project for each in approvals_in_force(made) for project in each.project_ids or ()}
    return {UUID(project) for project in sheet.projects if project} - approved


_SUBMITTED = text(
    """
    SELECT t.id, t.owner_id, t.stage, t.escalations, t.submission_id,
           CASE WHEN t.stage = 'project_lead' THEN ARRAY(
               SELECT e ->> 'projectId' FROM submission s, jsonb_array_elements(s.content -> 'entries') e
               WHERE s.id = t.submission_id) ELSE '{}' END AS projects
    FROM timesheet t WHERE t.state = 'submitted' ORDER BY t.id
    """
)

_SHOWN_WRONGLY = text(
    """
    SELECT DISTINCT w.timesheet_id FROM waiting w JOIN timesheet t ON t.id = w.timesheet_id
    JOIN submission s ON s.id = t.submission_id
    WHERE (w.owner_id, w.submitted_at, w.has_exceptions) IS DISTINCT FROM
          (t.owner_id, s.submitted_at, cardinality(s.exceptions) > 0)
       OR t.submitted_at IS DISTINCT FROM s.submitted_at
    ORDER BY w.timesheet_id
    """
)

_RANKS = text(
    """
    SELECT p.id, p.supervisor_id, p.active,
           ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id) AS roles
    FROM person p
    """
)
