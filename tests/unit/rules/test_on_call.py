"""Being on call counts once for each entry that has ended, by the day it starts: holiday, weekend or weekday."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import LocalCalendar, contributions
from tests.unit.rules.entries import entry

WEEKDAY, WEEKEND, HOLIDAY = (
    AccrualCode.ON_CALL_WEEKDAY,
    AccrualCode.ON_CALL_WEEKEND,
    AccrualCode.ON_CALL_PUBLIC_HOLIDAY,
)
ON_CALL = (WEEKDAY, WEEKEND, HOLIDAY)
HOLIDAYS = LocalCalendar(frozenset({date(2026, 12, 25), date(2026, 12, 26)}))
"""A Friday and a Saturday."""


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [
        ("2026-12-23T18:00", "2026-12-24T08:00", (WEEKDAY, date(2026, 12, 23))),
        ("2026-12-24T18:00", "2026-12-25T08:00", (WEEKDAY, date(2026, 12, 24))),  # ends on a holiday
        ("2026-12-25T00:00", "2026-12-25T08:00", (HOLIDAY, date(2026, 12, 25))),
        ("2026-12-26T18:00", "2026-12-27T08:00", (HOLIDAY, date(2026, 12, 26))),  # before the weekend it lies in
        ("2026-12-27T18:00", "2026-12-28T08:00", (WEEKEND, date(2026, 12, 27))),
        ("2026-12-18T18:00", "2026-12-21T08:00", (WEEKDAY, date(2026, 12, 18))),  # over a whole weekend
        ("2026-12-19T00:00", "2026-12-19T00:01", (WEEKEND, date(2026, 12, 19))),
    ],
)
def test_the_day_it_starts_decides_holiday_before_weekend_before_weekday(
    start: str, end: str, counted: tuple[AccrualCode, date]
) -> None:
    assert contributions(entry(start, end, feeds=ON_CALL), HOLIDAYS) == {counted: 1}


def test_the_day_is_that_of_the_persons_zone() -> None:
    """Friday evening in London is Saturday in Auckland."""
    auckland = entry(
        "2026-06-19T18:00+00:00", "2026-06-19T20:00+00:00", feeds=ON_CALL, zone=ZoneInfo("Pacific/Auckland")
    )
    assert contributions(auckland) == {(WEEKEND, date(2026, 6, 20)): 1}


def test_a_type_that_feeds_one_kind_counts_no_other() -> None:
    assert contributions(entry("2026-12-23T18:00", "2026-12-24T08:00", feeds=[WEEKEND, HOLIDAY]), HOLIDAYS) == {}


def test_what_still_runs_or_lasted_no_time_does_not_count() -> None:
    assert contributions(entry("2026-12-23T18:00", None, feeds=ON_CALL)) == {}
    assert contributions(entry("2026-12-23T18:00", "2026-12-23T18:00", feeds=ON_CALL)) == {}
