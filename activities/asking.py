"""Whom a submission asks, stage after stage, and who is told that it waits for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from activities.act import Act
from models.rules.days import local_date
from models.rules.notices import NoticeKind, waiting_reason
from models.rules.policy import Role
from models.rules.stages import Stage
from models.store.people import Asking, Circle
from models.store.waiting import ask
from models.tables.people import Person, PersonRole, Project
from models.tables.timesheet import Submission


def ask_supervisor(act: Act, submission: Submission) -> None:
    """Let the submission wait for whoever approves the owner's time."""
    _ask(act, submission, Asking(Stage.SUPERVISOR, act.sheet.escalations))
    tell_asked(act, NoticeKind.WAITING, submission, act.circle.asked(act.sheet.id))


def ask_leads(act: Act, submission: Submission, project_ids: Iterable[UUID]) -> None:
    """Let the submission wait for the leads of these projects, whose lines are on it."""
    these = select(Project.id, Project.lead_id).where(Project.id.in_(project_ids)).order_by(Project.external_id)
    # Held, so that whoever makes somebody else their lead meanwhile finds this submission waiting.
    leads = dict(act.session.execute(these.with_for_update(read=True)).all())
    _hold(act, sorted({lead for lead in leads.values() if lead}))
    _ask(act, submission, Asking(Stage.PROJECT_LEAD, act.sheet.escalations, leads))
    tell_asked(act, NoticeKind.WAITING, submission, act.circle.asked(act.sheet.id))


def escalate(act: Act) -> None:
    """Ask the next approver as well: nobody has decided in time. By the schedule only."""
    submission = act.session.get_one(Submission, act.sheet.submission_id)
    before = act.circle.asked(act.sheet.id)
    asking = act.circle.submitted[act.sheet.id]
    act.sheet.escalations += 1
    _ask(act, submission, Asking(asking.stage, act.sheet.escalations, asking.leads))
    added = [approver for approver in act.circle.asked(act.sheet.id) if approver not in before]
    tell_asked(act, NoticeKind.ESCALATED, submission, added)
    to = [str(approver) if approver else None for approver in added]
    act.announce("timesheet.escalated", act.sheet.id, revision=act.sheet.revision, to=to)


def tell_asked(act: Act, kind: NoticeKind, submission: Submission, approvers: Iterable[UUID | None]) -> None:
    """Tell these approvers, and whoever stands in for them today, about what waits for them."""
    told = {"ownerId": str(act.owner.id), "submissionId": str(submission.id), "digest": submission.digest}
    assert act.sheet.stage is not None
    key = waiting_reason(submission.id, act.sheet.state_since, act.sheet.stage)
    for person_id in people_asked(act, approvers):
        act.tell(person_id, kind, key, **told)


def people_asked(act: Act, approvers: Iterable[UUID | None]) -> list[UUID]:
    """Approvers with whoever stands in for them today, and the administrators in place of None; never the owner."""
    found: dict[UUID, None] = {}
    for approver_id in approvers:
        if approver_id is None:
            found |= dict.fromkeys(_administrators(act))
        else:
            found |= dict.fromkeys([approver_id, *_deputies(act.circle, approver_id, act.now)])
    found.pop(act.owner.id, None)
    return list(found)


def projects_on(submission: Submission) -> list[UUID]:
    """The projects that lines of a submission are on."""
    named: Iterable[Mapping[str, Any]] = submission.content["entries"]
    return sorted({UUID(entry["projectId"]) for entry in named if entry.get("projectId")})


def _ask(act: Act, submission: Submission, asking: Asking) -> None:
    act.sheet.stage = asking.stage.value
    act.circle = act.circle.asking(act.sheet.id, asking)
    ask(act.session, act.sheet, submission, act.circle.requests(act.sheet.id))


def _hold(act: Act, lead_ids: list[UUID]) -> None:
    """Have the circle know leads as they are now; whoever takes the role from one finds this submission waiting."""
    if lead_ids:
        these = select(Person.id).where(Person.id.in_(lead_ids)).order_by(Person.id)
        act.session.execute(these.with_for_update(read=True)).all()
        act.circle = act.circle.joined_by(act.session, lead_ids)


def _deputies(circle: Circle, approver_id: UUID, now: datetime) -> list[UUID]:
    approver = circle.members.get(approver_id)
    if approver is None:
        return []
    today = local_date(now, approver.zone)
    return [deputy.person_id for deputy in approver.deputies if deputy.stands_in(circle.owner.id, today)]


def _administrators(act: Act) -> list[UUID]:
    active = select(PersonRole.person_id).join(Person, Person.id == PersonRole.person_id)
    return list(act.session.scalars(active.where(PersonRole.role == Role.ADMINISTRATOR.value, Person.active)))
