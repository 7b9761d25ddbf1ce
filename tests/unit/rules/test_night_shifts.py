"""The allowance of a rostered shift: one for each entry with at least 180 minutes in one night."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import ENOUGH_OF_A_NIGHT, EntryForAccrual
from tests.unit.rules.entries import entries, entry, per_day

ALLOWANCE, NIGHT = AccrualCode.ROSTERED_SHIFT_ALLOWANCE, AccrualCode.NIGHT_HOURS


@pytest.mark.parametrize(
    ("start", "end", "earned_on"),
    [
        ("2026-06-16T23:00", "2026-06-17T01:59", None),  # 179 minutes of one night
        ("2026-06-16T23:00", "2026-06-17T02:00", "2026-06-16"),  # 180 of them
        ("2026-06-16T14:00", "2026-06-17T02:00", "2026-06-16"),
        ("2026-06-17T00:00", "2026-06-17T03:00", "2026-06-17"),  # the night that began the day before
        ("2026-06-17T03:01", "2026-06-17T12:00", None),
        ("2026-06-17T03:00", "2026-06-17T12:00", "2026-06-17"),
        ("2026-06-17T04:20", "2026-06-18T00:40", None),  # 100 minutes of each of two nights
        ("2026-06-17T04:20", "2026-06-18T02:00", "2026-06-17"),  # enough of the second one: on the day it starts
        ("2026-06-16T22:00", "2026-06-19T06:00", "2026-06-16"),  # three whole nights, and one allowance
        ("2026-06-17T09:00", "2026-06-17T17:00", None),
        ("2026-06-17T06:00", "2026-06-17T23:00", None),  # the whole day between two nights
    ],
)
def test_it_takes_180_minutes_of_the_same_night(start: str, end: str, earned_on: str | None) -> None:
    assert per_day(ALLOWANCE, entry(start, end)) == ({earned_on: 1} if earned_on else {})


@pytest.mark.parametrize(
    ("start", "end", "rest", "earned"),
    [
        ("2026-06-16T22:00", "2026-06-17T06:00", 45, True),
        ("2026-06-17T00:00", "2026-06-17T03:10", 10, True),  # 180 left
        ("2026-06-17T00:00", "2026-06-17T03:10", 11, False),
        ("2026-06-16T23:00", "2026-06-17T02:10", 10, True),  # 60 and 120 left
        ("2026-06-16T23:00", "2026-06-17T02:10", 11, False),
        ("2026-06-16T12:00", "2026-06-17T02:00", 60, True),  # the break is taken of the day, which is longer
        ("2026-06-17T03:00", "2026-06-17T12:00", 240, True),  # 300 left of the day, of which 180 may be the night
    ],
)
def test_no_more_of_a_day_is_night_than_the_meal_break_left_of_it(
    start: str, end: str, rest: int, *, earned: bool
) -> None:
    assert bool(per_day(ALLOWANCE, entry(start, end, rest=rest))) is earned


@pytest.mark.parametrize(
    ("start", "end", "earned"),
    [
        ("2026-03-29T00:00", "2026-03-29T03:59", False),  # clocks go forward: 179 minutes
        ("2026-03-29T00:00", "2026-03-29T04:00", True),
        ("2026-10-25T00:00", "2026-10-25T01:59", False),  # they go back: 179 until 01:59 for the second time
        ("2026-10-25T00:00", "2026-10-25T02:00", True),
    ],
)
def test_a_night_is_as_long_as_it_lasts(start: str, end: str, *, earned: bool) -> None:
    worked = entry(start, end)
    assert worked.end is not None
    later = EntryForAccrual(worked.feeds, worked.start, worked.end.replace(fold=1), worked.zone)
    assert bool(per_day(ALLOWANCE, later)) is earned


def test_the_night_is_that_of_the_persons_zone() -> None:
    """From 23:00 to 02:00 in Kathmandu, which is the early evening in London."""
    nepal = ZoneInfo("Asia/Kathmandu")
    worked = entry("2026-06-16T17:15+00:00", "2026-06-16T20:15+00:00", zone=nepal)
    assert per_day(ALLOWANCE, worked) == {"2026-06-16": 1}


@given(entries)
def test_whoever_earns_it_worked_that_much_at_night(worked: EntryForAccrual) -> None:
    if per_day(ALLOWANCE, worked):
        assert sum(per_day(NIGHT, worked).values()) >= ENOUGH_OF_A_NIGHT
