"""What is worth a look on a timesheet, and what is not yet."""

from datetime import date, timedelta

import pytest

from models.rules.exceptions import LATE, LONG_DAY, NEAR_PLAN, Exceptional, exceptions_of

PLAN = 5 * 480
AS_PLANNED = [480, 480, 480, 480, 480, 0, 0]
SUNDAY = date(2026, 11, 22)


def _found(
    minutes: list[int] = AS_PLANNED, plan: int = PLAN, submitted_on: date = SUNDAY, by_another: bool = False
) -> list[Exceptional]:
    return exceptions_of(minutes, plan, SUNDAY, submitted_on, by_another)


def test_a_week_as_planned_is_worth_no_look() -> None:
    assert _found() == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (NEAR_PLAN, []),
        (NEAR_PLAN + 1, [Exceptional.OVER_PLAN]),
        (-NEAR_PLAN, []),
        (-NEAR_PLAN - 1, [Exceptional.UNDER_PLAN]),
    ],
)
def test_much_more_or_less_than_planned_is(more: int, found: list[Exceptional]) -> None:
    assert _found([480 + more, 480, 480, 480, 480, 0, 0]) == found


@pytest.mark.parametrize(("minutes", "found"), [(LONG_DAY, []), (LONG_DAY + 1, [Exceptional.LONG_DAY])])
def test_a_long_day_is_even_when_the_week_is_as_planned(minutes: int, found: list[Exceptional]) -> None:
    assert _found([minutes, PLAN - minutes - 3 * 480, 480, 480, 480, 0, 0]) == found


@pytest.mark.parametrize(
    ("after", "found"), [(timedelta(0), []), (LATE, []), (LATE + timedelta(days=1), [Exceptional.LATE])]
)
def test_a_late_submission_is(after: timedelta, found: list[Exceptional]) -> None:
    assert _found(submitted_on=SUNDAY + after) == found


def test_a_submission_ahead_of_time_is_not() -> None:
    assert _found(submitted_on=SUNDAY - timedelta(days=30)) == []


def test_what_somebody_else_certified_is() -> None:
    assert _found(by_another=True) == [Exceptional.BY_ANOTHER]


def test_without_an_agreement_there_is_nothing_to_be_over_or_under() -> None:
    assert _found(plan=0) == [Exceptional.NO_AGREEMENT]
    assert _found([], plan=0) == [Exceptional.NO_AGREEMENT]


def test_an_empty_week_is_under_the_plan() -> None:
    assert _found([]) == [Exceptional.UNDER_PLAN]


def test_everything_is_found_together_and_in_one_order() -> None:
    found = _found([LONG_DAY + 1] * 7, submitted_on=SUNDAY + timedelta(days=9), by_another=True)

    assert found == [Exceptional.OVER_PLAN, Exceptional.LONG_DAY, Exceptional.LATE, Exceptional.BY_ANOTHER]
