"""What an organisation decides of its timesheets: how they are certified and approved, and what time does to them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from models.rules.entry_fields import Refused
from models.rules.stages import Stage

LONGEST_HOURS = 1_000
"""Working hours; about half a year."""

LONGEST_LOCK = 366
LONGEST_LATENESS = 250
"""Working days; about a year."""

LONGEST_CERTIFICATION = 1_000
LONGEST_RETENTION = 100
"""Years."""

STAGES = ((Stage.SUPERVISOR,), (Stage.SUPERVISOR, Stage.PROJECT_LEAD))

HOURS = {
    "submitGraceHours": "submit_grace_hours",
    "remindAfterHours": "remind_after_hours",
    "escalateAfterHours": "escalate_after_hours",
}
"""The fields that count working hours, by their names in the API."""

SWITCHES = {
    "remindToRecord": "remind_to_record",
    "mailDecisions": "mail_decisions",
    "refuseFutureWork": "refuse_future_work",
    "accountForDays": "account_for_days",
    "explainChanges": "explain_changes",
    "viewBeforeApproving": "view_before_approving",
    "answerActsFirst": "answer_acts_first",
}
"""The fields that are on or off, by their names in the API."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Everything of it that an administrator may change. Fields are refused by their names in the API."""

    certification: str
    """What a worker accepts when submitting."""
    holiday_calendar: str
    """ISO 3166-2 place whose public holidays are no working days."""
    work_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """0 is Monday; deadlines count these days only."""
    work_starts: time = time(9)
    work_ends: time = time(17)
    """Local times of the organisation's zone, between which deadlines count."""
    remind_to_record: bool = True
    submit_grace_hours: int | None = 8
    remind_after_hours: int | None = 16
    escalate_after_hours: int | None = 40
    """Working hours; none: never."""
    lock_after_days: int = 21
    """Days after the period's end."""
    late_after_working_days: int | None = None
    """Time recorded later than so many working days after its end needs a reason; none: never."""
    stages: tuple[Stage, ...] = (Stage.SUPERVISOR,)
    mail_decisions: bool = True
    refuse_future_work: bool = False
    """Work on a project is recorded once it is done, not ahead."""
    account_for_days: bool = False
    """A timesheet is submitted only when what was planned of each working day is accounted for."""
    explain_changes: bool = False
    """Each change of a saved entry needs a reason."""
    view_before_approving: bool = False
    """Only who has opened the details of a submission may approve it."""
    answer_acts_first: bool = False
    """The owner says first whether what others did in their place is right; then it is submitted and approved."""
    retention_years: int | None = None
    """For so long no record can be destroyed; none: nothing is promised. It is never shortened."""

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded, and as programs read it."""
        return {
            "certification": self.certification,
            "holidayCalendar": self.holiday_calendar,
            "workDays": list(self.work_days),
            "workStarts": f"{self.work_starts:%H:%M}",
            "workEnds": f"{self.work_ends:%H:%M}",
            "submitGraceHours": self.submit_grace_hours,
            "remindAfterHours": self.remind_after_hours,
            "escalateAfterHours": self.escalate_after_hours,
            "lockAfterDays": self.lock_after_days,
            "lateAfterWorkingDays": self.late_after_working_days,
            "approvalStages": [stage.value for stage in self.stages],
            "retentionYears": self.retention_years,
            **{name: getattr(self, field) for name, field in SWITCHES.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ApprovalPolicy":
        """What `json` wrote."""
        return cls(
            certification=value["certification"],
            holiday_calendar=value["holidayCalendar"],
            work_days=tuple(value["workDays"]),
            work_starts=time.fromisoformat(value["workStarts"]),
            work_ends=time.fromisoformat(value["workEnds"]),
            submit_grace_hours=value["submitGraceHours"],
            remind_after_hours=value["remindAfterHours"],
            escalate_after_hours=value["escalateAfterHours"],
            lock_after_days=value["lockAfterDays"],
            # Changes on record from before it was part of the policy do not say it.
            late_after_working_days=value.get("lateAfterWorkingDays"),
            stages=tuple(Stage(stage) for stage in value["approvalStages"]),
            retention_years=value.get("retentionYears"),
            **{field: value[name] for name, field in SWITCHES.items() if name in value},
        )


def policy_errors(policy: ApprovalPolicy, places: Collection[str]) -> list[Refused]:
    """Everything wrong with a policy, in the order of the form."""
    errors = []
    if not 1 <= len(policy.certification) <= LONGEST_CERTIFICATION or not _READABLE.search(policy.certification):
        errors.append(
            Refused("certification", f"Write what people certify, in 1 to {LONGEST_CERTIFICATION} characters.")
        )
    if not policy.work_days or not set(policy.work_days) <= set(range(7)):
        errors.append(Refused("workDays", "Choose at least one working day."))
    if policy.work_ends <= policy.work_starts:
        errors.append(Refused("workEnds", "Work has to end after it starts, on the same day."))
    if policy.holiday_calendar not in places:
        errors.append(Refused("holidayCalendar", "Write a country such as GB, or a part such as GB-ENG."))
    for name, field in HOURS.items():
        hours: int | None = getattr(policy, field)
        if hours is not None and not 1 <= hours <= LONGEST_HOURS:
            errors.append(Refused(name, f"Write whole hours from 1 to {LONGEST_HOURS}, or nothing for never."))
    if not 0 <= policy.lock_after_days <= LONGEST_LOCK:
        errors.append(Refused("lockAfterDays", f"Write whole days from 0 to {LONGEST_LOCK}."))
    late_after = policy.late_after_working_days
    if late_after is not None and not 0 <= late_after <= LONGEST_LATENESS:
        words = f"Write whole working days from 0 to {LONGEST_LATENESS}, or nothing for never."
        errors.append(Refused("lateAfterWorkingDays", words))
    if policy.retention_years is not None and not 1 <= policy.retention_years <= LONGEST_RETENTION:
        words = f"Write whole years from 1 to {LONGEST_RETENTION}, or nothing to promise nothing."
        errors.append(Refused("retentionYears", words))
    if policy.stages not in STAGES:
        errors.append(Refused("approvalStages", "Supervisors approve first, then project leads if you want them to."))
    return errors


def retention_errors(before: ApprovalPolicy, after: ApprovalPolicy) -> list[Refused]:
    """What was promised to be kept is kept: a promise may be made for longer, and is never taken back."""
    if before.retention_years is None or (after.retention_years or 0) >= before.retention_years:
        return []
    words = f"Records are kept for {before.retention_years} years. That may be made longer, and never shorter."
    return [Refused("retentionYears", words)]


_READABLE = re.compile(r"\w")
