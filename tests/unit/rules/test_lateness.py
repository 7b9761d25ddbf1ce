"""How many working days lie between the day time was worked and the day it is recorded on."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.lateness import is_late, working_days_between

MONDAY = date(2026, 11, 16)
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = {name: MONDAY + timedelta(days=number) for number, name in enumerate(NAMES)}
WEEK |= {f"next {name}": day + timedelta(days=7) for name, day in WEEK.items()}


@pytest.mark.parametrize(
    ("worked", "recorded", "days"),
    [
        ("Mon", "Mon", 0),
        ("Mon", "Tue", 1),
        ("Mon", "Fri", 4),
        ("Mon", "Sat", 4),
        ("Mon", "Sun", 4),
        ("Mon", "next Mon", 5),
        ("Thu", "next Mon", 2),
        ("Fri", "Sat", 0),
        ("Fri", "Sun", 0),
        ("Fri", "next Mon", 1),
        ("Fri", "next Fri", 5),
        ("Sat", "Sun", 0),
        ("Sat", "next Mon", 1),
        ("Sat", "next Sun", 5),
        ("Sun", "next Mon", 1),
        ("Sun", "next Sat", 5),
        ("Tue", "Mon", 0),
        ("next Mon", "Fri", 0),
    ],
)
def test_working_days_are_monday_to_friday_after_the_first_day_up_to_the_last(
    worked: str, recorded: str, days: int
) -> None:
    assert working_days_between(WEEK[worked], WEEK[recorded]) == days


@pytest.mark.parametrize(
    ("worked", "recorded", "limit", "late"),
    [
        ("Mon", "Mon", 0, False),
        ("Mon", "Tue", 0, True),
        ("Mon", "Tue", 1, False),
        ("Mon", "Wed", 1, True),
        ("Fri", "Sun", 0, False),
        ("Fri", "next Mon", 0, True),
        ("Fri", "next Mon", 1, False),
        ("Fri", "next Tue", 1, True),
        ("Sat", "next Mon", 1, False),
        ("Mon", "next Mon", 5, False),
        ("Mon", "next Tue", 5, True),
    ],
)
def test_late_is_what_is_recorded_more_working_days_after_than_the_limit(
    worked: str, recorded: str, limit: int, late: bool
) -> None:
    assert is_late(WEEK[worked], WEEK[recorded], limit) is late


def test_without_a_limit_nothing_is_late() -> None:
    assert not is_late(date(1990, 1, 1), MONDAY, None)


@pytest.mark.parametrize("limit", [0, 3])
def test_what_is_recorded_ahead_of_time_is_never_late(limit: int) -> None:
    assert not is_late(MONDAY, date(2026, 1, 1), limit)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(-20, 800))
def test_it_is_what_counting_day_by_day_gives(worked: date, later: int) -> None:
    days = [worked + timedelta(days=number) for number in range(1, later + 1)]
    assert working_days_between(worked, worked + timedelta(days=later)) == sum(day.isoweekday() <= 5 for day in days)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 400), st.integers(0, 400))
def test_days_add_up_over_any_day_in_between(worked: date, first: int, second: int) -> None:
    between, last = worked + timedelta(days=first), worked + timedelta(days=first + second)
    assert working_days_between(worked, last) == working_days_between(worked, between) + working_days_between(
        between, last
    )
