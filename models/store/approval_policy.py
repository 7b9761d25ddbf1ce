"""How an organisation certifies and approves, changed by administrators.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `Stale` and `KeyReused`.
"""

from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.calendars import places
from models.database import WriteSession
from models.errors import ReasonRequired, Stale
from models.rules.approval_policy import SWITCHES, ApprovalPolicy, policy_errors, retention_errors
from models.rules.compliance import meets_all
from models.rules.policy import Action
from models.rules.stages import Stage
from models.store.changes import (
    Change,
    GivenBy,
    Kept,
    Subject,
    done_before,
    hash_of,
    keep,
    last_version,
    require_none,
    take_turn,
)
from models.tables.people import TenantPolicy


def kept_policy(session: Session, tenant_id: UUID) -> Kept[ApprovalPolicy]:
    """The policy as it stands."""
    row = session.scalars(select(TenantPolicy).where(TenantPolicy.tenant_id == tenant_id)).one()
    id_ = policy_id(tenant_id)
    return Kept(id_, last_version(session, id_), policy_of(row))


def replace_policy(
    session: WriteSession, given: GivenBy, version: int, content: ApprovalPolicy, reason: str | None = None
) -> Kept[ApprovalPolicy]:
    """Let the policy be what `content` says; `version` is the one that was looked at.

    It holds from then on for everything that is not decided: deadlines are reckoned anew soon after. For how long
    records are kept is never shortened. Raises `ReasonRequired` for leaving strict timekeeping without one.
    """
    take_turn(session, given, Action.MANAGE_APPROVAL)
    asked = hash_of("replace approval policy", version, content.json, *([reason] if reason else []))
    if done := done_before(session, given, asked):
        return Kept(done[0].subject_id, done[0].version, ApprovalPolicy.from_json(done[0].after))
    present = kept_policy(session, given.tenant_id)
    if present.version != version:
        raise Stale(
            "Somebody changed this policy meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    require_none(policy_errors(content, places()) + retention_errors(present.content, content))
    if content == present.content:
        return present
    if meets_all(present.content) and not meets_all(content) and not reason:
        raise ReasonRequired("Until now every rule of strict timekeeping is met. Say why that is to end.")
    theirs = update(TenantPolicy).where(TenantPolicy.tenant_id == given.tenant_id)
    session.execute(theirs.values(**_columns(content)))
    change = Change(present.id, version + 1, present.content.json, content.json, reason)
    keep(session, given, Subject.APPROVAL, asked, [change])
    return Kept(present.id, version + 1, content)


def policy_id(tenant_id: UUID) -> UUID:
    """What changes of the policy are recorded under."""
    return uuid5(tenant_id, "approval policy")


def policy_of(row: TenantPolicy) -> ApprovalPolicy:
    """A row as a policy."""
    return ApprovalPolicy(
        certification=row.certification,
        holiday_calendar=row.holiday_calendar,
        work_days=tuple(sorted(row.work_days)),
        work_starts=row.work_starts,
        work_ends=row.work_ends,
        submit_grace_hours=row.submit_grace_hours,
        remind_after_hours=row.remind_after_hours,
        escalate_after_hours=row.escalate_after_hours,
        lock_after_days=row.lock_after_days,
        late_after_working_days=row.late_after_working_days,
        stages=tuple(Stage(stage) for stage in row.approval_stages),
        retention_years=row.retention_years,
        **{field: getattr(row, field) for field in SWITCHES.values()},
    )


def _columns(content: ApprovalPolicy) -> dict[str, object]:
    return {
        "certification": content.certification,
        "holiday_calendar": content.holiday_calendar,
        "work_days": list(content.work_days),
        "work_starts": content.work_starts,
        "work_ends": content.work_ends,
        "submit_grace_hours": content.submit_grace_hours,
        "remind_after_hours": content.remind_after_hours,
        "escalate_after_hours": content.escalate_after_hours,
        "lock_after_days": content.lock_after_days,
        "late_after_working_days": content.late_after_working_days,
        "approval_stages": [stage.value for stage in content.stages],
        "retention_years": content.retention_years,
        **{field: getattr(content, field) for field in SWITCHES.values()},
    }
