"""Approve, reject and take back: decisions on exactly the content that was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from sqlalchemy import select

from activities.act import Act, prov_role
from activities.asking import ask_leads, ask_supervisor, projects_on
from activities.timekeeping import require_approvable
from models.commands import Decide
from models.errors import Invalid, Stale, WrongState
from models.rules.locking import lock_time
from models.rules.notices import NoticeKind
from models.rules.policy import Capacity, Relation, Role
from models.rules.stages import Stage, approvals_in_force, stage_after
from models.rules.standing_in import Deputy
from models.rules.statements import Delegate, about_decision, about_taking_back
from models.rules.transitions import DECISIONS, CommandKind, State
from models.store.people import Circle, Member
from models.store.waiting import ask_nobody
from models.tables.timesheet import Decision, Submission


def decide(act: Act) -> None:
    """Approve or reject the submission that was shown. Raises `Stale` when another one is there now.

    Where the organisation wants it, only what was opened and what its owner stands by is approved.
    """
    submission = act.session.get_one(Submission, act.sheet.submission_id)
    body = cast(Decide, act.asked.body)
    if submission.digest != body.digest:
        raise Stale(
            "This timesheet was certified anew since you opened it. Nothing was decided: look at what changed.",
            state=act.sheet.state,
            digest=submission.digest,
        )
    if act.asked.kind is CommandKind.APPROVE:
        require_approvable(act, submission)
    made = _decisions_on(act, submission)
    decision = _decision(act, submission, len(made) + 1)
    decision.entry_ids = _lines_named(body, submission)
    decision.reason_code = body.reason_code
    decision.comment = body.comment
    act.session.add(decision)
    _state_it(act, decision)
    if act.asked.kind is CommandKind.REJECT:
        _reject(act, decision)
    else:
        _approve(act, submission, decision)


def take_back(act: Act) -> None:
    """Undo an approval, while it is not locked: it waits for a decision again, as it was certified.

    For who decided or is responsible, the present approver, and administrators. Raises `WrongState` when nothing
    was approved.
    """
    submission = act.session.get_one(Submission, act.sheet.submission_id)
    made = _decisions_on(act, submission)
    approvals = approvals_in_force(made)
    if not approvals:
        raise WrongState("Nobody has approved this timesheet. There is nothing to take back.", state=act.sheet.state)
    approved = approvals[-1]
    act.capacity = _as_they_approved(act, approved)
    decision = _decision(act, submission, len(made) + 1)
    decision.stage, decision.project_ids = approved.stage, approved.project_ids
    act.session.add(decision)
    whose = _responsible(act)
    act.statements += about_taking_back(
        f"reject-{decision.id}",
        act.now,
        f"approve-{approved.id}",
        act.asked.reason or "",
        whose.person.agent,
        prov_role(whose.role),
        whose.delegate,
    )
    act.sheet.lock_at = None
    act.sheet.decision_id = None
    waiting = act.circle.submitted.get(act.sheet.id)
    act.move_to(State.SUBMITTED)
    act.sheet.submitted_at = submission.submitted_at
    act.sheet.stage = approved.stage
    if approved.stage == Stage.PROJECT_LEAD:
        ask_leads(act, submission, {*(approved.project_ids or ()), *(waiting.leads if waiting else ())})
    else:
        ask_supervisor(act, submission)
    act.tell(act.owner.id, NoticeKind.TAKEN_BACK, decision.id, byId=str(act.actor.id), decisionId=str(decision.id))
    act.announce("timesheet.approval-taken-back", act.sheet.id, revision=act.sheet.revision, digest=submission.digest)


def lock(act: Act) -> None:
    """Close an approved timesheet for good, until an administrator unlocks it."""
    act.sheet.lock_at = None
    act.move_to(State.LOCKED)
    act.announce("timesheet.locked", act.sheet.id, revision=act.sheet.revision)


def unlock(act: Act) -> None:
    """Make a locked timesheet approved again; it locks again by itself a day later at the soonest."""
    act.move_to(State.APPROVED)
    act.sheet.lock_at = lock_time(act.period_instants[1], act.policy.lock_after_days, act.now)
    act.announce("timesheet.unlocked", act.sheet.id, revision=act.sheet.revision)


def _approve(act: Act, submission: Submission, decision: Decision) -> None:
    """Approved when every stage is; until then the next ones are asked."""
    told = {"revision": act.sheet.revision, "digest": submission.digest}
    left = _projects_left(act, decision)
    following = (
        None if left else stage_after(Stage(decision.stage), act.policy.approval_stages, bool(projects_on(submission)))
    )
    if left or following:
        if following:
            act.move_to(State.SUBMITTED)
        ask_leads(act, submission, left or projects_on(submission))
        act.announce("timesheet.stage-approved", act.sheet.id, stage=decision.stage, **told)
        return
    ask_nobody(act.session, act.sheet)
    act.move_to(State.APPROVED)
    act.sheet.decision_id = decision.id
    act.sheet.lock_at = lock_time(act.period_instants[1], act.policy.lock_after_days, act.now)
    act.tell(act.owner.id, NoticeKind.APPROVED, decision.id, byId=str(act.actor.id), decisionId=str(decision.id))
    act.announce("timesheet.approved", act.sheet.id, **told)


def _reject(act: Act, decision: Decision) -> None:
    """At whatever stage: the whole timesheet goes back to its owner."""
    ask_nobody(act.session, act.sheet)
    act.move_to(State.REJECTED)
    act.sheet.decision_id = decision.id
    act.tell(act.owner.id, NoticeKind.REJECTED, decision.id, byId=str(act.actor.id), decisionId=str(decision.id))
    act.announce("timesheet.rejected", act.sheet.id, revision=act.sheet.revision, digest=decision.digest)


def _projects_left(act: Act, decision: Decision) -> list[UUID]:
    """Of the stage of project leads: whose lines nobody has decided on yet."""
    asking = act.circle.submitted[act.sheet.id]
    decided = decision.project_ids or ()
    return [project for project in asking.leads if project not in decided]


def _lines_named(body: Decide, submission: Submission) -> list[UUID] | None:
    """Raises `Invalid` for a line that is not on the submission."""
    lines = {UUID(entry["id"]) for entry in submission.content["entries"]}
    if not lines.issuperset(body.entry_ids):
        raise Invalid.field("entryIds", "This line is not on the timesheet as it was certified.")
    return list(body.entry_ids) or None


def _state_it(act: Act, decision: Decision) -> None:
    whose = _responsible(act)
    act.statements += about_decision(
        f"{act.asked.kind.value}-{decision.id}",
        act.now,
        f"submit-{decision.submission_id}",
        None if act.asked.kind is CommandKind.APPROVE else act.asked.reason,
        whose.person.agent,
        prov_role(whose.role),
        whose.delegate,
        decision.digest,
    )


def _decisions_on(act: Act, submission: Submission) -> Sequence[Decision]:
    """In the order in which they were made."""
    these = select(Decision).where(Decision.submission_id == submission.id).order_by(Decision.number)
    return act.session.scalars(these).all()


def _decision(act: Act, submission: Submission, number: int) -> Decision:
    whose = _responsible(act)
    assert act.capacity is not None
    asking = act.circle.submitted.get(act.sheet.id)
    in_lead = asking is not None and asking.stage is Stage.PROJECT_LEAD
    return Decision(
        id=act.asked.makes("decision"),
        tenant_id=act.asked.key.tenant_id,
        timesheet_id=act.sheet.id,
        submission_id=submission.id,
        number=number,
        decision=act.asked.kind.value,
        stage=(asking.stage if asking else Stage.SUPERVISOR).value,
        project_ids=sorted(act.circle.projects_of(act.sheet.id, whose.slot)) if in_lead else None,
        digest=submission.digest,
        decided_by_id=act.actor.id,
        decided_as=(whose.delegate.role if whose.delegate else act.capacity.role).lower(),
        responsible_id=whose.person.id,
        approver_id=act.circle.approver_id,
        delegation_id=whose.deputy.delegation_id if whose.deputy else None,
        reason=act.asked.reason,
        decided_at=act.now,
    )


@dataclass(frozen=True, slots=True)
class _Responsible:
    """Whose decision it is, in which role, and who took it in their place."""

    person: Member
    role: Role
    slot: UUID | None
    """In whose place among those who are asked; None: in that of the administrators."""
    delegate: Delegate | None = None
    deputy: Deputy | None = None


def _responsible(act: Act) -> _Responsible:
    assert act.capacity is not None
    circle, named = _circle(act), act.asked.on_behalf_of_id
    stands_in = circle.delegations(act.actor.id, act.sheet.id)
    if act.capacity.relation is Relation.DELEGATE or named in stands_in:
        delegator = circle.members[named if named in stands_in else next(iter(stands_in))]
        delegate = Delegate(act.actor.agent, prov_role(Role.SUPERVISOR))
        return _Responsible(delegator, _role_asked(act), delegator.id, delegate, stands_in[delegator.id])
    if named is None:
        slot = act.actor.id if act.actor.id in circle.asked(act.sheet.id) else None
        return _Responsible(act.actor, act.capacity.role, slot)
    delegate = Delegate(act.actor.agent, prov_role(act.capacity.role))
    return _Responsible(circle.members[named], _role_asked(act), named, delegate)


def _circle(act: Act) -> Circle:
    """With whoever is asked; whoever takes an approval back does so in the place of who is asked first."""
    return act.circle if act.asked.kind in DECISIONS else act.circle.not_submitted(act.sheet.id)


def _role_asked(act: Act) -> Role:
    asking = _circle(act).submitted.get(act.sheet.id)
    return Role.PROJECT_LEAD if asking and asking.stage is Stage.PROJECT_LEAD else Role.SUPERVISOR


def _as_they_approved(act: Act, approved: Decision) -> Capacity:
    """Whoever takes their own approval back does so as what they approved."""
    assert act.capacity is not None
    if act.capacity.relation is not Relation.DECIDED:
        return act.capacity
    in_their_own_right = approved.decided_by_id == approved.responsible_id
    role = Role(approved.decided_as) if in_their_own_right else _ROLE_OF[Stage(approved.stage)]
    return replace(act.capacity, role=role)


_ROLE_OF = {Stage.SUPERVISOR: Role.SUPERVISOR, Stage.PROJECT_LEAD: Role.PROJECT_LEAD}
