"""What a policy would have done to a submission of the past: the same arithmetic that deadlines are reckoned by."""

from dataclasses import dataclass
from datetime import date, datetime

from models.rules.approval_policy import ApprovalPolicy
from models.rules.deadlines import MOST_ESCALATIONS
from models.rules.lateness import is_late
from models.rules.locking import lock_time
from models.rules.stages import Stage
from models.rules.working_time import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Strictly:
    """What strict timekeeping would have had against a submission."""

    ahead: int = 0
    """Entries on projects that were recorded before they had ended."""
    unaccounted: int = 0
    """Days whose planned hours are not accounted for."""
    corrections: int = 0
    """Changes of saved entries without a reason."""
    unopened: bool = False
    """It was approved by somebody who had not opened it, as far as that was recorded."""
    unanswered: bool = False
    """It was approved before its owner had answered what others did in their place."""


@dataclass(frozen=True, slots=True)
class Past:
    """A submission that was made, and what came of it. Instants."""

    period_ends: datetime
    """The first instant after its period."""
    submitted_at: datetime
    ended_at: datetime
    """When it was decided, or else now."""
    approved: bool
    projects: tuple[str, ...] = ()
    """The projects it has lines on, by name."""
    unexplained: tuple[tuple[date, date], ...] = ()
    """Of each entry without a reason that may have been late: the local days its work ended and was recorded on."""
    strictly: Strictly = Strictly()


@dataclass(frozen=True, slots=True)
class Course:
    """What time did to a submission, or would have done."""

    nudged_at: datetime | None
    escalated_at: tuple[datetime, ...]
    leads_of: tuple[str, ...]
    """The projects whose leads are asked."""
    locks_at: datetime | None
    late: int = 0
    """Entries that need a reason, and have none."""
    refused: Strictly = Strictly()
    """What it would have been refused for."""


def course_of(past: Past, policy: ApprovalPolicy, calendar: WorkingCalendar) -> Course:
    """What this policy does to a submission. `calendar` is the policy's own."""
    return Course(
        nudged_at=_nudge(past, policy, calendar),
        escalated_at=_escalations(past, policy, calendar),
        leads_of=past.projects if Stage.PROJECT_LEAD in policy.stages and past.approved else (),
        locks_at=lock_time(past.period_ends, policy.lock_after_days, past.ended_at) if past.approved else None,
        late=sum(is_late(ended, recorded, policy.late_after_working_days) for ended, recorded in past.unexplained),
        refused=_refused(past.strictly, policy),
    )


def _refused(past: Strictly, policy: ApprovalPolicy) -> Strictly:
    return Strictly(
        ahead=past.ahead if policy.refuse_future_work else 0,
        unaccounted=past.unaccounted if policy.account_for_days else 0,
        corrections=past.corrections if policy.explain_changes else 0,
        unopened=past.unopened and policy.view_before_approving,
        unanswered=past.unanswered and policy.answer_acts_first,
    )


def _nudge(past: Past, policy: ApprovalPolicy, calendar: WorkingCalendar) -> datetime | None:
    if policy.remind_after_hours is None:
        return None
    at = calendar.after(past.submitted_at, policy.remind_after_hours)
    return at if at <= past.ended_at else None


def _escalations(past: Past, policy: ApprovalPolicy, calendar: WorkingCalendar) -> tuple[datetime, ...]:
    if policy.escalate_after_hours is None:
        return ()
    found: list[datetime] = []
    for number in range(1, MOST_ESCALATIONS + 1):
        at = calendar.after(past.submitted_at, number * policy.escalate_after_hours)
        if at > past.ended_at:
            break
        found.append(at)
    return tuple(found)
