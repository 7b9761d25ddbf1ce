import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendars import PublicHolidays
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.accruals import ACCRUAL_RULES, EntryForAccrual, LocalCalendar, contributions, counted
from models.rules.agreements import AgreementContent
from models.rules.days import day_bounds
from tests.unit.rules.entries import entries, entry, per_day, zones

VECTORS = Path(__file__).parents[2] / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "timecard_accruals.json").read_text())["contributions"]
ENGLAND = LocalCalendar(PublicHolidays("GB-ENG"))
TARGET, NIGHT, WEEKEND = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS, AccrualCode.WEEKEND_HOURS
COUNTS = [code for code, type_ in ACCRUAL_TYPES.items() if type_.unit is Unit.COUNT]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_shared_cases_contribute_exactly(case: dict[str, Any]) -> None:
    worked = entry(case["start"], case["end"], feeds=[AccrualCode(case["type"])])
    assert per_day(AccrualCode(case["type"]), worked) == case["expect"]


def test_every_accrual_type_has_a_rule_and_an_id_of_its_own() -> None:
    assert set(ACCRUAL_RULES) == set(ACCRUAL_TYPES) == set(AccrualCode)
    assert len({type_.id for type_ in ACCRUAL_TYPES.values()}) == len(AccrualCode)
    counts = {code for code, type_ in ACCRUAL_TYPES.items() if type_.unit is Unit.COUNT}
    assert {code for code in counts if not code.startswith("ON_CALL")} == {
        "FLEXIBLE_CREDITS",
        "ROSTERED_SHIFT_ALLOWANCE",
    }
    assert len(counts) == 5


def test_an_entry_still_running_contributes_nothing_yet() -> None:
    assert contributions(entry("2023-04-18T09:00", None)) == {}


def test_a_removed_entry_contributes_nothing() -> None:
    assert contributions(entry("2023-04-18T09:00", "2023-04-18T17:00", deleted=True)) == {}


def test_a_type_that_feeds_nothing_contributes_nothing() -> None:
    assert contributions(entry("2023-04-18T09:00", "2023-04-18T17:00", feeds=())) == {}


def test_only_the_rules_of_the_types_it_feeds_are_asked() -> None:
    night = entry("2023-04-18T00:00", "2023-04-18T08:00", feeds=[NIGHT])
    assert contributions(night) == {(NIGHT, date(2023, 4, 18)): 360}


def test_a_day_without_minutes_is_left_out() -> None:
    day_shift = entry("2023-04-18T09:00", "2023-04-18T17:00", feeds=[TARGET, NIGHT])
    assert contributions(day_shift) == {(TARGET, date(2023, 4, 18)): 480}


def test_the_days_are_those_of_the_persons_zone() -> None:
    kathmandu = entry("2023-04-18T18:00+00:00", "2023-04-18T19:00+00:00", zone=ZoneInfo("Asia/Kathmandu"))
    assert per_day(TARGET, kathmandu) == {"2023-04-18": 15, "2023-04-19": 45}


def test_the_meal_break_is_not_time_worked() -> None:
    assert per_day(TARGET, entry("2023-04-18T09:00", "2023-04-18T17:00", rest=30)) == {"2023-04-18": 450}


def test_the_meal_break_comes_off_the_longer_day_of_a_night_shift() -> None:
    night = entry("2023-04-18T22:00", "2023-04-19T06:00", rest=45)
    assert per_day(TARGET, night) == {"2023-04-18": 120, "2023-04-19": 315}


def test_night_minutes_never_exceed_what_the_meal_break_left_of_the_day() -> None:
    assert per_day(NIGHT, entry("2023-04-18T22:00", "2023-04-19T06:00", rest=45)) == {
        "2023-04-18": 60,
        "2023-04-19": 315,
    }
    assert per_day(NIGHT, entry("2023-04-18T00:00", "2023-04-18T12:00", rest=30)) == {"2023-04-18": 360}


def test_a_night_is_an_hour_shorter_in_spring_and_an_hour_longer_in_autumn() -> None:
    spring, autumn = (
        entry("2023-03-26T00:00", "2023-03-26T06:00"),
        entry("2023-10-29T00:00", "2023-10-29T06:00"),
    )
    assert per_day(NIGHT, spring) == {"2023-03-26": 300}
    assert per_day(NIGHT, autumn) == {"2023-10-29": 420}


def test_a_repeated_last_hour_of_a_day_is_night_both_times() -> None:
    evening = entry("2018-02-17T22:00", "2018-02-18T00:00", zone=ZoneInfo("America/Sao_Paulo"))
    assert per_day(NIGHT, evening) == {"2018-02-17": 120}


def test_a_day_without_a_last_hour_has_no_night_in_the_evening() -> None:
    dhaka = ZoneInfo("Asia/Dhaka")
    assert per_day(NIGHT, entry("2009-06-19T12:00", "2009-06-20T00:00", zone=dhaka)) == {}


@given(entries)
def test_the_minutes_of_all_days_are_those_worked_less_the_meal_break(worked: EntryForAccrual) -> None:
    assert worked.end is not None
    elapsed = (worked.end - worked.start) // timedelta(minutes=1)
    assert sum(per_day(TARGET, worked).values()) == max(0, elapsed - worked.meal_break_minutes)


@given(entries)
def test_no_minutes_of_a_day_are_negative_or_exceed_the_day(worked: EntryForAccrual) -> None:
    found = contributions(worked)
    for (code, day), value in found.items():
        begins, ends = day_bounds(day, worked.zone)
        assert 0 < value <= (ends - begins) // timedelta(minutes=1)
        assert code is not NIGHT or value <= found[TARGET, day]


SATURDAY_NIGHT = "2026-06-19T22:00", "2026-06-21T02:00"
"""From a Friday evening into a Sunday."""

WHAT_A_NIGHT_GIVES = {
    "ANNUAL_TARGET_HOURS": {"2026-06-19": 120, "2026-06-20": 1440, "2026-06-21": 120},
    "NIGHT_HOURS": {"2026-06-19": 60, "2026-06-20": 420, "2026-06-21": 120},
    "WEEKEND_HOURS": {"2026-06-20": 1440, "2026-06-21": 120},
    "PUBLIC_HOLIDAY_HOURS": {},
    "PUBLIC_HOLIDAY_CREDIT": {},
    "ON_CALL_WEEKDAY": {"2026-06-19": 1},
    "ON_CALL_WEEKEND": {},
    "ON_CALL_PUBLIC_HOLIDAY": {},
    "FLEXIBLE_CREDITS": {},
    "ROSTERED_SHIFT_ALLOWANCE": {"2026-06-19": 1},
}


@pytest.mark.parametrize("code", AccrualCode)
def test_every_type_takes_its_part_of_one_entry(code: AccrualCode) -> None:
    assert per_day(code, entry(*SATURDAY_NIGHT), ENGLAND) == WHAT_A_NIGHT_GIVES[code]


@pytest.mark.parametrize(
    ("start", "end", "rest", "weekend"),
    [
        ("2026-06-19T22:00", "2026-06-20T00:00", 0, {}),
        ("2026-06-19T22:00", "2026-06-20T06:00", 0, {"2026-06-20": 360}),
        ("2026-06-19T22:00", "2026-06-20T06:00", 30, {"2026-06-20": 330}),
        ("2026-06-19T15:00", "2026-06-20T01:00", 30, {"2026-06-20": 60}),
        ("2026-06-20T22:00", "2026-06-21T06:00", 0, {"2026-06-20": 120, "2026-06-21": 360}),
        ("2026-06-21T20:00", "2026-06-22T06:00", 0, {"2026-06-21": 240}),
        ("2026-03-29T00:00", "2026-03-29T06:00", 0, {"2026-03-29": 300}),
        ("2026-10-25T00:00", "2026-10-25T06:00", 0, {"2026-10-25": 420}),
    ],
)
def test_weekend_hours_begin_on_saturday_and_end_on_sunday_at_midnight(
    start: str, end: str, rest: int, weekend: dict[str, int]
) -> None:
    assert per_day(WEEKEND, entry(start, end, rest=rest)) == weekend


def test_the_weekend_is_that_of_the_persons_zone() -> None:
    """Friday evening in London is Saturday morning in Auckland."""
    friday = entry("2026-06-19T18:00+00:00", "2026-06-19T20:00+00:00", zone=ZoneInfo("Pacific/Auckland"))
    assert per_day(WEEKEND, friday) == {"2026-06-20": 120}


def test_what_no_agreement_covers_is_not_counted() -> None:
    person = AgreementContent.from_json(
        {"personId": "0" * 32, "startDate": "2026-06-20", "endDate": "2026-06-20", "standardDayMinutes": 444}
        | {"targets": []}
    )
    found = contributions(entry(*SATURDAY_NIGHT, feeds=[TARGET]))
    assert counted(found, LocalCalendar(agreements=(person,))) == {(TARGET, date(2026, 6, 20)): 1440}
    assert counted(found, LocalCalendar()) == {}


@given(entries)
def test_no_type_is_ever_fed_by_what_is_removed_or_still_runs(worked: EntryForAccrual) -> None:
    assert contributions(replace(worked, deleted=True), ENGLAND) == {}
    assert contributions(replace(worked, end=None), ENGLAND) == {}
    assert contributions(replace(worked, feeds=frozenset()), ENGLAND) == {}


@given(entries)
def test_nothing_is_ever_negative_and_what_is_counted_is_counted_once(worked: EntryForAccrual) -> None:
    found = contributions(worked, ENGLAND)
    assert all(value > 0 for value in found.values())
    for code in COUNTS:
        assert sum(per_day(code, worked, ENGLAND).values()) <= 1


@given(entries)
def test_the_parts_of_a_day_never_exceed_it(worked: EntryForAccrual) -> None:
    found = contributions(worked, ENGLAND)
    for (code, day), value in found.items():
        if ACCRUAL_TYPES[code].unit is Unit.MINUTES and code is not AccrualCode.PUBLIC_HOLIDAY_CREDIT:
            assert value <= found[TARGET, day]


@given(entries)
def test_weekend_and_weekdays_together_are_all_that_was_worked(worked: EntryForAccrual) -> None:
    found = contributions(worked)
    weekdays = sum(value for (code, day), value in found.items() if code is TARGET and day.weekday() < 5)
    assert weekdays + sum(per_day(WEEKEND, worked).values()) == sum(per_day(TARGET, worked).values())


@given(entries, st.lists(zones, min_size=2, max_size=2))
def test_whoever_moves_has_worked_as_much_as_before(worked: EntryForAccrual, moves: Sequence[ZoneInfo]) -> None:
    sums = [sum(per_day(TARGET, replace(worked, zone=zone)).values()) for zone in moves]
    assert sums[0] == sums[1]


@given(entries)
def test_on_call_is_of_one_kind(worked: EntryForAccrual) -> None:
    kinds = [code for code, _ in contributions(worked, ENGLAND) if code.startswith("ON_CALL")]
    is_any = worked.end is not None and worked.end > worked.start
    assert len(kinds) == int(is_any)
