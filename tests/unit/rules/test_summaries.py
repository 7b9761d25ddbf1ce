"""How somebody stands on a day, beside what should remain if the target were worked evenly."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.summaries import Pace, Summary, even_target, summary_on

HOURS, NIGHT = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS
FIRST = date(2026, 4, 1)


def agreement(days: int, target: int, opening: int | None = None) -> AgreementContent:
    last = FIRST + timedelta(days=days - 1)
    return AgreementContent(
        UUID(int=1), FIRST, last, 444, {HOURS: Target(target, target if opening is None else opening)}
    )


def on_day(number: int, of: AgreementContent, worked: int, tolerance: int = 0, code: AccrualCode = HOURS) -> Summary:
    """At the end of the first day, the second, …"""
    day = FIRST + timedelta(days=number - 1)
    return summary_on(day, of, code, worked, of.opening(code) - worked, tolerance)


TEN_DAYS = agreement(10, 1_000)


@pytest.mark.parametrize(("number", "should_remain"), [(1, 900), (5, 500), (9, 100), (10, 0)])
def test_worked_evenly_each_day_takes_the_same_part(number: int, should_remain: int) -> None:
    assert even_target(FIRST + timedelta(days=number - 1), TEN_DAYS, 1_000) == should_remain


def test_a_year_has_its_target_worked_off_on_its_last_day() -> None:
    year = agreement(365, 100_000)
    assert even_target(year.end_date, year, 100_000) == 0
    assert even_target(FIRST, year, 100_000) == 99_726  # 274 of them, rounded


def test_an_opening_balance_below_the_target_is_what_was_worked_before_it_was_imported() -> None:
    """On the fifth of ten days 500 should remain; 400 were worked elsewhere, 200 here, and so it goes on."""
    found = on_day(5, agreement(10, 1_000, opening=600), 200)
    assert (found.target, found.remaining, found.variance) == (500, 400, 100)
    assert (found.total, found.worked) == (1_000, 600)
    assert found.forecast == 400 - 600


@pytest.mark.parametrize(
    ("worked", "variance", "status"),
    [
        (500, 0, Pace.ON_TARGET),
        (501, 1, Pace.OVER_TARGET),
        (499, -1, Pace.UNDER_TARGET),
    ],
)
def test_less_remaining_than_should_is_ahead(worked: int, variance: int, status: Pace) -> None:
    found = on_day(5, TEN_DAYS, worked)
    assert (found.total, found.worked, found.remaining) == (1_000, worked, 1_000 - worked)
    assert (found.target, found.variance, found.status) == (500, variance, status)


@pytest.mark.parametrize(
    ("worked", "status"),
    [(550, Pace.ON_TARGET), (551, Pace.OVER_TARGET), (450, Pace.ON_TARGET), (449, Pace.UNDER_TARGET)],
)
def test_the_tolerance_is_a_part_of_the_target(worked: int, status: Pace) -> None:
    assert on_day(5, TEN_DAYS, worked, tolerance=5).status is status


def test_going_on_like_this_says_what_will_remain() -> None:
    assert on_day(5, TEN_DAYS, 600).forecast == 1_000 - 1_200
    assert on_day(5, TEN_DAYS, 0).forecast == 1_000
    assert on_day(10, TEN_DAYS, 700).forecast == 300


def test_a_type_without_a_target_has_neither_target_nor_status() -> None:
    found = on_day(5, TEN_DAYS, 60, code=NIGHT)
    assert (found.total, found.worked, found.remaining) == (0, 60, -60)
    assert (found.target, found.variance, found.status) == (None, None, None)
    assert found.forecast == -120


def test_a_target_of_nothing_is_met_by_nothing() -> None:
    assert on_day(1, agreement(1, 0), 0).status is Pace.ON_TARGET
    assert on_day(1, agreement(1, 0), 1).status is Pace.OVER_TARGET


@given(st.integers(1, 1_098), st.integers(0, 1_000_000), st.data())
def test_what_should_remain_never_grows_and_ends_at_nothing(days: int, target: int, data: st.DataObject) -> None:
    whole = agreement(days, target)
    number = data.draw(st.integers(1, days))
    day = FIRST + timedelta(days=number - 1)
    here = even_target(day, whole, target)
    assert 0 <= here <= target
    assert even_target(whole.end_date, whole, target) == 0
    assert number == days or even_target(day + timedelta(days=1), whole, target) <= here


@given(st.integers(1, 1_098), st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.integers(0, 100))
def test_the_numbers_of_a_day_agree_with_each_other(days: int, target: int, worked: int, tolerance: int) -> None:
    found = on_day(days, agreement(days, target), worked, tolerance)
    assert found.target is not None
    assert found.variance == found.target - found.remaining
    assert found.forecast == found.remaining, "no days are left"
