"""What a policy would have done to a submission of the past."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.rules.approval_policy import ApprovalPolicy
from models.rules.policy_trial import Past, course_of
from models.rules.stages import Stage
from models.rules.working_time import WorkingCalendar

LONDON = WorkingCalendar(ZoneInfo("Europe/London"))
POLICY = ApprovalPolicy("I certify.", "GB-ENG")


def on(day: int, clock: str) -> datetime:
    """A local time of London in November 2026; Monday was the 16th."""
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes, tzinfo=UTC)


PAST = Past(on(16, "00:00"), on(16, "09:00"), on(27, "17:00"), approved=True, projects=("dog grooming",))


def test_an_approver_is_reminded_once_the_hours_are_over() -> None:
    assert course_of(PAST, POLICY, LONDON).nudged_at == on(17, "17:00")


def test_nobody_is_reminded_of_what_was_decided_before() -> None:
    quick = replace(PAST, ended_at=on(17, "16:59"))

    assert course_of(quick, POLICY, LONDON).nudged_at is None


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(40, [on(20, "17:00"), on(27, "17:00")]), (16, [on(d, "17:00") for d in (17, 19, 23, 25, 27)]), (None, [])],
)
def test_the_next_approver_is_asked_every_so_many_hours(hours: int | None, expected: list[datetime]) -> None:
    course = course_of(PAST, replace(POLICY, escalate_after_hours=hours), LONDON)

    assert list(course.escalated_at) == expected


def test_it_is_left_at_ten_escalations() -> None:
    course = course_of(PAST, replace(POLICY, escalate_after_hours=1), LONDON)

    assert len(course.escalated_at) == 10


def test_project_leads_are_asked_about_what_a_supervisor_approved() -> None:
    both = replace(POLICY, stages=(Stage.SUPERVISOR, Stage.PROJECT_LEAD))

    assert course_of(PAST, both, LONDON).leads_of == ("dog grooming",)
    assert course_of(replace(PAST, approved=False), both, LONDON).leads_of == ()
    assert course_of(PAST, POLICY, LONDON).leads_of == ()


def test_what_was_approved_locks_and_nothing_else() -> None:
    assert course_of(PAST, POLICY, LONDON).locks_at == on(16, "00:00") + timedelta(days=21)
    assert course_of(PAST, replace(POLICY, lock_after_days=0), LONDON).locks_at == on(28, "17:00")
    assert course_of(replace(PAST, approved=False), POLICY, LONDON).locks_at is None


@pytest.mark.parametrize(("limit", "late"), [(None, 0), (0, 2), (1, 1), (2, 1), (3, 0)])
def test_entries_without_a_reason_are_late_beyond_so_many_working_days(limit: int | None, late: int) -> None:
    friday, monday, wednesday = date(2026, 11, 6), date(2026, 11, 9), date(2026, 11, 11)
    slow = replace(PAST, unexplained=((friday, monday), (friday, wednesday)))

    assert course_of(slow, replace(POLICY, late_after_working_days=limit), LONDON).late == late
