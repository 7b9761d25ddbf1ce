"""What US government contractors are asked of their timekeeping: each rule, where it is written, and what meets it.

The words about a source are our own and say no more than stands there. Regulations bind by contract; what an auditor's
manual says is guidance to auditors, and the part on timekeeping has been shortened since: it is named as it stood.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.rules.approval_policy import HOURS, SWITCHES, ApprovalPolicy
from models.rules.stages import Stage

LATE_AFTER = 1
"""Working days: the day it was worked, and the next one."""

KEPT_YEARS = 5
"""Four years for payroll registers, from the end of the fiscal year, which comes up to a year after the work."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place where something is asked for, and in short what."""

    citation: str
    says: str


FAR_RECORDS = Source(
    "FAR 31.201-2(d)",
    "A contractor keeps records that show that claimed costs were incurred and belong to the contract; a cost with too "
    "little to support it may be disallowed.",
)
FAR_UNCOMPENSATED = Source(
    "FAR 52.237-10",
    "Offers of hours of service identify uncompensated overtime: hours beyond an average of 40 a week that are not "
    "paid extra. Absences that are paid belong to the normal week. It does not itself demand that such hours are "
    "recorded.",
)
FAR_AVAILABLE = Source(
    "FAR 4.703(a) and (b)",
    "Records are available for three years after final payment or for the period of 4.705, whichever ends first. It is "
    "longer where a clause says so or where the contractor keeps them longer, to three years after final payment at "
    "most, and by each day that the final indirect cost rate proposal of 52.216-7(d)(2) is late.",
)
FAR_COMPUTER_DATA = Source(
    "FAR 4.703(d)", "Records on a computer are not destroyed, discarded, deleted or written over in that time."
)
FAR_COUNTED = Source(
    "FAR 4.704(a)", "The periods of 4.705 count from the end of the fiscal year in which the cost was entered."
)
FAR_PERIODS = Source(
    "FAR 4.705-1 and 4.705-2",
    "Payroll registers and their equivalent are kept for four years; time and attendance cards and labor cost "
    "distribution cards for two.",
)
DFARS_CONTROL = Source("DFARS 252.242-7006(c)(1)", "The accounting system has a sound environment of internal control.")
DFARS_ADJUSTING = Source("DFARS 252.242-7006(c)(7)", "Adjusting entries are approved and documented.")
DFARS_REVIEWS = Source(
    "DFARS 252.242-7006(c)(8)",
    "Management reviews or internal audits see that policies, procedures and accounting practices are complied with.",
)
DFARS_TIMEKEEPING = Source(
    "DFARS 252.242-7006(c)(9)", "A timekeeping system identifies labor by intermediate or final cost objective."
)
DFARS_DISTRIBUTION = Source(
    "DFARS 252.242-7006(c)(10)", "A labor distribution system charges direct and indirect labor to where it belongs."
)
CAM_CORRECTIONS = Source(
    "DCAA Contract Audit Manual 5-909, as it stood",
    "Corrections of time records are documented, authorised, and come with a sufficient and relevant explanation.",
)
CAM_DAILY = Source(
    "DCAA Contract Audit Manual 5-909.1 and 5-909.2, as they stood",
    "Time is recorded as work is performed, and no less often than daily.",
)
CAM_SIGNED = Source(
    "DCAA Contract Audit Manual 5-909.1, as it stood",
    "Employees and supervisors sign time sheets, verifying that the recorded effort is accurate.",
)
CAM_OWN_ACCESS = Source(
    "DCAA Contract Audit Manual 5-909.2, as it stood",
    "Only the employee uses their own means of access to the labor system.",
)
CAM_DIVISION = Source(
    "DCAA Contract Audit Manual 6-405, as it stood",
    "Those who prepare time records are not those who prepare payroll or answer for budgets; changes are marked by the "
    "employee and the approving supervisor.",
)
CAM_ALL_HOURS = Source(
    "DCAA Contract Audit Manual 5-909 and the sections before it, as they stood",
    "All hours worked by all employees are recorded, direct and indirect, paid or not.",
)
INFORMATION = Source(
    "DCAAM 7641.90, Information for Contractors, labor charging",
    "A recommended timekeeping policy: employees record their own time each day, by project, and changes are kept.",
)


@dataclass(frozen=True, slots=True)
class ComplianceRule:
    """One thing that is asked for."""

    id: str
    title: str
    means: str
    """What is done about it here."""
    sources: tuple[Source, ...]
    settings: Mapping[str, Any]
    """What the preset sets where it is not met, by the policy's own names; nothing: it cannot be switched off."""
    meets: Callable[[ApprovalPolicy], bool] = lambda _policy: True

    @property
    def is_built_in(self) -> bool:
        """Whether no setting takes it away."""
        return not self.settings


def _switched_on(rule_id: str, title: str, means: str, sources: tuple[Source, ...], switch: str) -> ComplianceRule:
    return ComplianceRule(rule_id, title, means, sources, {switch: True}, lambda policy: bool(getattr(policy, switch)))


def _in_time(policy: ApprovalPolicy) -> bool:
    return None not in (policy.submit_grace_hours, policy.remind_after_hours, policy.escalate_after_hours)


RULES: tuple[ComplianceRule, ...] = (
    _switched_on(
        "daily_recording",
        "Time is recorded each day",
        "Whoever leaves a working day without an entry is reminded on the next working morning.",
        (CAM_DAILY, INFORMATION),
        "remind_to_record",
    ),
    ComplianceRule(
        "late_recording",
        "Late recording is explained",
        "What is recorded later than the next working day needs a reason, which stays with it.",
        (CAM_DAILY, CAM_CORRECTIONS),
        {"late_after_working_days": LATE_AFTER},
        lambda policy: policy.late_after_working_days is not None and policy.late_after_working_days <= LATE_AFTER,
    ),
    _switched_on(
        "no_future_work",
        "No work ahead of time",
        "An entry on a project that starts or ends later than now is refused, by whatever way it comes. "
        "Absences and planned leave may be ahead.",
        (CAM_DAILY, DFARS_TIMEKEEPING),
        "refuse_future_work",
    ),
    _switched_on(
        "total_time",
        "Total time is accounted for",
        "A week is submitted only when the planned hours of each working day are accounted for by work, absence or "
        "leave. Hours beyond the plan are recorded like all others, paid or not.",
        (CAM_ALL_HOURS, FAR_UNCOMPENSATED, DFARS_DISTRIBUTION),
        "account_for_days",
    ),
    _switched_on(
        "explained_changes",
        "Corrections are explained",
        "Each change or removal of a saved entry needs a reason. What was there before stays readable.",
        (CAM_CORRECTIONS, DFARS_ADJUSTING),
        "explain_changes",
    ),
    ComplianceRule(
        "own_record",
        "Everybody records their own time",
        "Each signs in as themselves. Who acts for somebody else does so under their own name, with a reason, and the "
        "owner is asked afterwards.",
        (CAM_OWN_ACCESS, INFORMATION),
        {},
    ),
    ComplianceRule(
        "certified",
        "Employees certify",
        "Who submits accepts the organisation’s words for exactly what was shown; its digest is kept.",
        (CAM_SIGNED,),
        {},
    ),
    _switched_on(
        "acts_answered",
        "Acts on behalf are answered",
        "What others did in somebody’s place waits for their word: before it they cannot submit, and nobody can "
        "approve. What they disputed has to be certified anew by themselves.",
        (CAM_OWN_ACCESS, DFARS_CONTROL),
        "answer_acts_first",
    ),
    ComplianceRule(
        "supervisor_approves",
        "A supervisor approves",
        "Every timesheet needs the supervisor’s approval first; nobody decides on their own time.",
        (CAM_SIGNED, DFARS_CONTROL),
        {},
        lambda policy: policy.stages[:1] == (Stage.SUPERVISOR,),
    ),
    _switched_on(
        "viewed",
        "Approved after it was opened",
        "Nobody approves a revision whose details they have not opened themselves.",
        (CAM_SIGNED, FAR_RECORDS),
        "view_before_approving",
    ),
    ComplianceRule(
        "in_time",
        "Submitted and approved in time",
        "Reminders to submit and to approve, and the next approver where nobody decides.",
        (DFARS_CONTROL,),
        {"submit_grace_hours": 8, "remind_after_hours": 16, "escalate_after_hours": 40},
        _in_time,
    ),
    ComplianceRule(
        "duties",
        "Duties are separate",
        "Each night all decisions are checked for own time, own choice of who decides, pairs, and gaps in the record.",
        (CAM_DIVISION, DFARS_REVIEWS),
        {},
    ),
    ComplianceRule(
        "cost_objectives",
        "Labor by cost objective",
        "Entries name their project and task; summaries of a project are made of approved time only.",
        (DFARS_TIMEKEEPING, DFARS_DISTRIBUTION, FAR_RECORDS),
        {},
    ),
    ComplianceRule(
        "audit_trail",
        "Nothing is written over",
        "Each change is a new version beside the old one, and is stated in a ledger that can only be added to.",
        (FAR_COMPUTER_DATA, DFARS_ADJUSTING),
        {},
    ),
    ComplianceRule(
        "retention",
        "Records are kept",
        f"For {KEPT_YEARS} years or more the database refuses to destroy a record, and the promise is never shortened.",
        (FAR_AVAILABLE, FAR_COUNTED, FAR_PERIODS, FAR_COMPUTER_DATA),
        {"retention_years": KEPT_YEARS},
        lambda policy: (policy.retention_years or 0) >= KEPT_YEARS,
    ),
)
"""In the order of the page."""


def preset(policy: ApprovalPolicy) -> ApprovalPolicy:
    """The policy with every rule met; what is met already stays as it is."""
    values: dict[str, Any] = {}
    for rule in RULES:
        if not rule.meets(policy):
            values |= {name: value for name, value in rule.settings.items() if _is_lacking(policy, name)}
    return replace(policy, **values)


def meets_all(policy: ApprovalPolicy) -> bool:
    """Whether the policy meets every rule."""
    return all(rule.meets(policy) for rule in RULES)


def _is_lacking(policy: ApprovalPolicy, name: str) -> bool:
    """Of several settings of one rule only those that are off are set."""
    return name not in HOURS.values() or getattr(policy, name) is None


NAMES_IN_API = {field: name for name, field in (HOURS | SWITCHES).items()} | {
    "late_after_working_days": "lateAfterWorkingDays",
    "retention_years": "retentionYears",
}
"""What the policy's settings are called outside."""
