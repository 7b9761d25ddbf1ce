"""Approve and reject: a decision on exactly the content that was shown."""

from typing import cast

from activities.act import Act, prov_role
from models.commands import Decide
from models.errors import Stale
from models.rules.locking import lock_time
from models.rules.policy import Role
from models.rules.statements import Delegate, about_decision
from models.rules.transitions import CommandKind, State
from models.store.people import Member
from models.tables.timesheet import Decision, Submission


def decide(act: Act) -> None:
    """Approve or reject the submission that was shown. Raises `Stale` when another one is there now."""
    submission = act.session.get_one(Submission, act.sheet.submission_id)
    body = cast(Decide, act.asked.body)
    if submission.digest != body.digest:
        raise Stale(
            "This timesheet was certified anew since you opened it. Nothing was decided: look at what changed.",
            state=act.sheet.state,
            digest=submission.digest,
        )
    decision = _decision(act, submission, body)
    act.session.add(decision)
    approved = act.asked.kind is CommandKind.APPROVE
    act.move_to(State.APPROVED if approved else State.REJECTED)
    if approved:
        act.sheet.lock_at = lock_time(act.period_instants[1], act.policy.lock_after_days, act.now)
    responsible, role, delegate = _responsible(act)
    act.statements += about_decision(
        f"{act.asked.kind.value}-{decision.id}",
        act.now,
        f"submit-{submission.id}",
        None if approved else act.asked.reason,
        responsible.agent,
        prov_role(role),
        delegate,
    )
    event = "timesheet.approved" if approved else "timesheet.rejected"
    act.announce(event, act.sheet.id, revision=act.sheet.revision, digest=submission.digest)


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


def _decision(act: Act, submission: Submission, body: Decide) -> Decision:
    responsible, _, delegate = _responsible(act)
    assert act.capacity is not None
    return Decision(
        id=act.asked.makes("decision"),
        tenant_id=act.asked.key.tenant_id,
        timesheet_id=act.sheet.id,
        submission_id=submission.id,
        decision=act.asked.kind.value,
        digest=submission.digest,
        decided_by_id=act.actor.id,
        decided_as=(delegate.role if delegate else act.capacity.role).lower(),
        responsible_id=responsible.id,
        approver_id=act.circle.approver_id,
        reason=act.asked.reason,
        comment=body.comment,
        decided_at=act.now,
    )


def _responsible(act: Act) -> tuple[Member, Role, Delegate | None]:
    """Whose decision it is, in which role, and who took it in their place."""
    assert act.capacity is not None
    if act.asked.on_behalf_of_id is None:
        return act.actor, act.capacity.role, None
    responsible = act.circle.members[act.asked.on_behalf_of_id]
    return responsible, Role.SUPERVISOR, Delegate(act.actor.agent, prov_role(act.capacity.role))
