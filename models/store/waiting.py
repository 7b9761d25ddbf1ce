"""For whom submitted timesheets wait, kept true when the hierarchy changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text, update

from models.database import WriteSession
from models.rules.approvers import Rank, approvers_of
from models.rules.delegations import DelegationContent
from models.rules.notices import NoticeKind, waiting_reason
from models.rules.policy import Role, roles_of
from models.rules.stages import Stage
from models.store.notifying import Notice, notify
from models.store.signals import tell_live
from models.tables.timesheet import Submission, Timesheet, Waiting

Held = Sequence[Row[UUID, UUID]]
"""Timesheets and their owners."""


def hold_sheets_below(session: WriteSession, person_ids: Collection[UUID]) -> Held:
    """Hold every timesheet whose approvers may change with these people, before anything of them is written.

    Those are their own, and those of whoever is below them: whoever is far above may be asked as well, or just be
    coming in. Drafts are held where nobody in between approves: one that is just being submitted is waited for,
    and one that comes later sees the new hierarchy.
    """
    these = {"changed": list(person_ids), "supervisor": Role.SUPERVISOR.value}
    return session.execute(_HOLD, these).all()


Request = tuple[UUID | None, UUID | None]
"""An approver, None for the administrators; and the project whose lines they are asked about, None for all of it."""


def ask(session: WriteSession, sheet: Timesheet, submission: Submission, requests: Sequence[Request]) -> None:
    """Let a submitted timesheet wait for exactly these approvers, and let their open pages know."""
    before = _ask_no_more(session, sheet)
    waits = _Submitted(sheet.id, sheet.tenant_id, sheet.owner_id, submission.submitted_at, bool(submission.exceptions))
    session.execute(insert(Waiting), [_row(waits, number, *request) for number, request in enumerate(requests)])
    _tell(session, sheet.tenant_id, sheet.id, {*before, *(approver for approver, _ in requests)})


def ask_nobody(session: WriteSession, sheet: Timesheet) -> None:
    """A timesheet that is not submitted waits for nobody."""
    _tell(session, sheet.tenant_id, sheet.id, set(_ask_no_more(session, sheet)))


def look_up_again(session: WriteSession, held: Held) -> None:
    """Let each of these timesheets that is submitted wait for whoever approves its owner's time now.

    However many they are, it takes the same few statements.
    """
    owners = {row.owner_id for row in held}
    if not owners:
        return
    ranks = _ranks_above(session, owners)
    found = session.execute(_SUBMITTED.where(Timesheet.id.in_([row.id for row in held]))).all()
    sheets = [_Submitted(*row[:6]) for row in found]
    waits = {row.timesheet_id: row for row in map(_waits, found)}
    wanted = {sheet: approvers_of(sheet.owner_id, ranks, sheet.escalations) for sheet in sheets}
    asked = _asked(session, [sheet.id for sheet in sheets])
    changed = {sheet: each for sheet, each in wanted.items() if list(each) != asked.get(sheet.id, [])}
    if not changed:
        return
    session.execute(delete(Waiting).where(Waiting.timesheet_id.in_([sheet.id for sheet in changed])))
    rows = [
        _row(sheet, number, approver, None)
        for sheet, approvers in changed.items()
        for number, approver in enumerate(approvers)
    ]
    session.execute(insert(Waiting), rows)
    # Whether somebody is left to be asked may be another now: that is found out when time comes to it next.
    session.execute(
        update(Timesheet)
        .where(Timesheet.id.in_([sheet.id for sheet in changed]))
        .values(due_at=func.least(Timesheet.due_at, func.now()))
    )
    concerned = {each for sheet in changed for each in (*changed[sheet], *asked.get(sheet.id, []))}
    tenant_id = rows[0]["tenant_id"]
    around = _tell(session, tenant_id, None, concerned)
    added = {sheet: set(changed[sheet]) - set(asked.get(sheet.id, [])) for sheet in changed}
    notify(
        session, tenant_id, [each for sheet, new in added.items() for each in _notices(waits[sheet.id], new, around)]
    )


def look_up_leads_again(session: WriteSession, lead_ids: Collection[UUID], project_ids: Collection[UUID]) -> None:
    """Let what waits for the leads of projects wait for whoever leads them now; None stands for the administrators."""
    these = {"leads": list(lead_ids), "projects": list(project_ids), "role": Role.PROJECT_LEAD.value}
    changed = session.execute(_LEADS, these).all()
    if changed:
        tenant_id = changed[0].tenant_id
        around = _tell(session, tenant_id, None, {each for row in changed for each in (row.before, row.after)})
        notify(session, tenant_id, [each for row in changed for each in _notices(_waits(row), {row.after}, around)])


def tell_deputy(session: WriteSession, tenant_id: UUID, delegation: DelegationContent) -> None:
    """Tell somebody who begins to stand in for an approver what waits for them from now on."""
    only = None if delegation.person_ids is None else list(delegation.person_ids)
    these = {"delegator": delegation.delegator_id, "delegate": delegation.delegate_id, "only": only}
    found = session.execute(_FOR_DEPUTY, these).all()
    notify(session, tenant_id, [_notice(_waits(row), delegation.delegate_id) for row in found])


class _Beside(NamedTuple):
    """Who decides in an approver's place: a deputy, or an administrator in that of nobody."""

    approver_id: UUID | None
    person_id: UUID
    is_there: bool
    """Whether they may just now."""
    only: Sequence[UUID] | None
    """Whose time only; None: everybody's."""

    def decides_for(self, owner_id: UUID) -> bool:
        """Whether it concerns this owner's time, now."""
        return self.is_there and (self.only is None or owner_id in self.only)


def _ask_no_more(session: WriteSession, sheet: Timesheet) -> Sequence[UUID | None]:
    gone = delete(Waiting).where(Waiting.timesheet_id == sheet.id).returning(Waiting.approver_id)
    return session.scalars(gone).all()


class _Submitted(NamedTuple):
    """A submitted timesheet, as whoever waits for it is told."""

    id: UUID
    tenant_id: UUID
    owner_id: UUID
    submitted_at: datetime | None
    has_exceptions: bool
    escalations: int = 0


class _Waits(NamedTuple):
    """What waits, as a notice of it says."""

    timesheet_id: UUID
    owner_id: UUID
    submission_id: UUID
    digest: str
    since: datetime
    stage: str


_SUBMITTED = (
    select(
        Timesheet.id,
        Timesheet.tenant_id,
        Timesheet.owner_id,
        Timesheet.submitted_at,
        func.cardinality(Submission.exceptions) > 0,
        Timesheet.escalations,
        Submission.id.label("submission_id"),
        Submission.digest,
        Timesheet.state_since,
        Timesheet.stage,
        Timesheet.id.label("timesheet_id"),
    )
    .join(Submission, Submission.id == Timesheet.submission_id)
    .where(Timesheet.stage == Stage.SUPERVISOR.value)
)


def _row(sheet: _Submitted, number: int, approver_id: UUID | None, project_id: UUID | None) -> dict[str, Any]:
    return {
        "tenant_id": sheet.tenant_id,
        "timesheet_id": sheet.id,
        "number": number,
        "owner_id": sheet.owner_id,
        "approver_id": approver_id,
        "project_id": project_id,
        "has_exceptions": sheet.has_exceptions,
        "submitted_at": sheet.submitted_at,
    }


def _asked(session: WriteSession, timesheet_ids: Collection[UUID]) -> dict[UUID, list[UUID | None]]:
    """Whom timesheets wait for now, the first one first."""
    these = select(Waiting.timesheet_id, Waiting.approver_id).where(Waiting.timesheet_id.in_(timesheet_ids))
    found: dict[UUID, list[UUID | None]] = {}
    for timesheet_id, approver_id in session.execute(these.order_by(Waiting.timesheet_id, Waiting.number)):
        found.setdefault(timesheet_id, []).append(approver_id)
    return found


def _tell(
    session: WriteSession, tenant_id: UUID, timesheet_id: UUID | None, approvers: Collection[UUID | None]
) -> Sequence[_Beside]:
    """Let the inboxes look again that change by what waits for these approvers; who is beside them."""
    known = {approver for approver in approvers if approver}
    rows = session.execute(_BESIDE, {"known": list(known), "nobody": None in approvers})
    around = [_Beside(*row) for row in rows]
    tell_live(session, tenant_id, timesheet_id, known | {each.person_id for each in around}, "inbox")
    return around


_BESIDE = text(
    """
    SELECT d.delegator_id, d.delegate_id,
           deputy.active AND (now() AT TIME ZONE p.time_zone)::date BETWEEN d.from_day AND d.to_day, d.person_ids
    FROM delegation d JOIN person p ON p.id = d.delegator_id JOIN person deputy ON deputy.id = d.delegate_id
    WHERE d.delegator_id = ANY (CAST(:known AS uuid[])) AND d.revoked_at IS NULL
      AND now()::date BETWEEN d.from_day - 1 AND d.to_day + 1
    UNION ALL
    SELECT NULL, p.id, p.active, NULL
    FROM person_role r JOIN person p ON p.id = r.person_id WHERE :nobody AND r.role = 'administrator'
    """
)


def _notices(waits: _Waits, approvers: Collection[UUID | None], around: Sequence[_Beside]) -> list[Notice]:
    """For approvers who are newly asked, and whoever decides in their place; never for whose time it is."""
    people = {approver for approver in approvers if approver}
    people |= {each.person_id for each in around if each.approver_id in approvers and each.decides_for(waits.owner_id)}
    return [_notice(waits, person_id) for person_id in sorted(people - {waits.owner_id})]


def _notice(waits: _Waits, person_id: UUID) -> Notice:
    key = waiting_reason(waits.submission_id, waits.since, waits.stage)
    told = {"ownerId": waits.owner_id, "submissionId": waits.submission_id, "digest": waits.digest}
    data = {name: str(value) for name, value in told.items()}
    return Notice(person_id, NoticeKind.WAITING, f"{NoticeKind.WAITING.value}/{key}", waits.timesheet_id, data)


def _waits(row: Any) -> _Waits:
    return _Waits(row.timesheet_id, row.owner_id, row.submission_id, row.digest, row.state_since, row.stage)


_LEADS = text(
    """
    UPDATE waiting w SET approver_id = changed.lead_id
    FROM (
        SELECT o.timesheet_id, o.number, o.approver_id AS before, t.state_since, t.stage,
               s.id AS submission_id, s.digest,
               (SELECT p.id FROM person p
                WHERE p.id = j.lead_id AND p.id <> o.owner_id AND p.active AND EXISTS (
                    SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :role)) AS lead_id
        FROM waiting o JOIN project j ON j.id = o.project_id
        JOIN timesheet t ON t.id = o.timesheet_id JOIN submission s ON s.id = t.submission_id
        WHERE j.lead_id = ANY (CAST(:leads AS uuid[])) OR j.id = ANY (CAST(:projects AS uuid[]))
        ORDER BY o.timesheet_id, o.number FOR UPDATE OF o
    ) changed
    WHERE w.timesheet_id = changed.timesheet_id AND w.number = changed.number
      AND changed.lead_id IS DISTINCT FROM changed.before
    RETURNING w.tenant_id, w.timesheet_id, w.owner_id, changed.before, changed.lead_id AS after,
              changed.submission_id, changed.digest, changed.state_since, changed.stage
    """
)

_FOR_DEPUTY = text(
    """
    SELECT DISTINCT w.timesheet_id, w.owner_id, s.id AS submission_id, s.digest, t.state_since, t.stage
    FROM waiting w JOIN timesheet t ON t.id = w.timesheet_id JOIN submission s ON s.id = t.submission_id
    JOIN person p ON p.id = :delegate AND p.active
    WHERE w.approver_id = :delegator AND w.owner_id <> :delegate
      AND (CAST(:only AS uuid[]) IS NULL OR w.owner_id = ANY (CAST(:only AS uuid[])))
    """
)

_HOLD = text(
    """
    WITH RECURSIVE below (id, nearest) AS (
        SELECT unnest(CAST(:changed AS uuid[])), true
        UNION
        SELECT report.id, below.nearest AND (
            p.id = ANY (CAST(:changed AS uuid[]))
            OR NOT p.active
            OR NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id AND r.role = :supervisor)
        )
        FROM below JOIN person p ON p.id = below.id JOIN person report ON report.supervisor_id = p.id
    )
    SELECT t.id, t.owner_id FROM timesheet t
    WHERE t.id IN (
        SELECT s.id FROM below JOIN timesheet s ON s.owner_id = below.id WHERE s.state = 'submitted'
        UNION ALL
        SELECT d.id FROM below JOIN timesheet d ON d.owner_id = below.id WHERE d.state = 'draft' AND below.nearest
    )
    ORDER BY t.id FOR UPDATE OF t
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
