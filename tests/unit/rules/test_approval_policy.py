"""What an organisation may decide of certifying, approving and deadlines."""

from dataclasses import replace
from datetime import time

import pytest

from models.rules.approval_policy import ApprovalPolicy, policy_errors
from models.rules.stages import Stage

POLICY = ApprovalPolicy("I certify that this is true.", "GB-ENG")
PLACES = frozenset({"GB", "GB-ENG"})


def refused(**values: object) -> list[str]:
    """The fields that are refused."""
    return [error.field for error in policy_errors(replace(POLICY, **values), PLACES)]  # type: ignore[arg-type]


def test_what_there_is_from_the_beginning_is_allowed() -> None:
    assert policy_errors(POLICY, PLACES) == []


def test_everything_said_comes_back() -> None:
    other = ApprovalPolicy(
        certification="Ja.",
        holiday_calendar="GB",
        work_days=(6, 0),
        work_starts=time(7, 30),
        work_ends=time(19),
        remind_to_record=False,
        submit_grace_hours=None,
        remind_after_hours=1,
        escalate_after_hours=1000,
        lock_after_days=0,
        late_after_working_days=0,
        stages=(Stage.SUPERVISOR, Stage.PROJECT_LEAD),
        mail_decisions=False,
    )

    assert ApprovalPolicy.from_json(other.json) == other
    assert ApprovalPolicy.from_json(POLICY.json) == POLICY


def test_what_was_recorded_before_lateness_was_part_of_it_is_still_understood() -> None:
    old = {name: value for name, value in POLICY.json.items() if name != "lateAfterWorkingDays"}

    assert ApprovalPolicy.from_json(old) == POLICY


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("certification", {"certification": ""}),
        ("certification", {"certification": " … "}),
        ("certification", {"certification": "x" * 1001}),
        ("workDays", {"work_days": ()}),
        ("workDays", {"work_days": (7,)}),
        ("workEnds", {"work_ends": time(9)}),
        ("workEnds", {"work_ends": time(8)}),
        ("holidayCalendar", {"holiday_calendar": "GB-ATLANTIS"}),
        ("submitGraceHours", {"submit_grace_hours": 0}),
        ("remindAfterHours", {"remind_after_hours": 1001}),
        ("escalateAfterHours", {"escalate_after_hours": -1}),
        ("lockAfterDays", {"lock_after_days": 367}),
        ("lockAfterDays", {"lock_after_days": -1}),
        ("lateAfterWorkingDays", {"late_after_working_days": -1}),
        ("lateAfterWorkingDays", {"late_after_working_days": 251}),
        ("approvalStages", {"stages": (Stage.PROJECT_LEAD,)}),
        ("approvalStages", {"stages": ()}),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(field: str, values: dict[str, object]) -> None:
    assert refused(**values) == [field]


@pytest.mark.parametrize(
    "values",
    [
        {"submit_grace_hours": None},
        {"lock_after_days": 366},
        {"late_after_working_days": 0},
        {"late_after_working_days": 250},
        {"work_days": (5,)},
    ],
)
def test_the_ends_of_what_is_possible_are_possible(values: dict[str, object]) -> None:
    assert refused(**values) == []
