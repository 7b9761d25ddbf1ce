import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.accruals import ACCRUAL_RULES, EntryForAccrual, contributions
from models.rules.days import day_bounds

VECTORS = Path(__file__).parents[2] / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "timecard_accruals.json").read_text())["contributions"]
LONDON = ZoneInfo("Europe/London")
TARGET, NIGHT = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS


def entry(
    start: str,
    end: str | None,
    *,
    rest: int = 0,
    feeds: Iterable[AccrualCode] = (TARGET, NIGHT),
    deleted: bool = False,
    zone: ZoneInfo = LONDON,
) -> EntryForAccrual:
    """An entry with times of the zone's own clocks unless they carry an offset."""

    def moment(text: str) -> datetime:
        parsed = datetime.fromisoformat(text)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)

    finish = None if end is None else moment(end)
    return EntryForAccrual(frozenset(feeds), moment(start), finish, zone, rest, deleted)


def per_day(code: AccrualCode, worked: EntryForAccrual) -> dict[str, int]:
    return {day.isoformat(): value for (fed, day), value in contributions(worked).items() if fed == code}


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
    day_shift = entry("2023-04-18T09:00", "2023-04-18T17:00")
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


zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC")]
)
entries = st.builds(
    lambda start, length, rest, zone: EntryForAccrual(frozenset(AccrualCode), start, start + length, zone, rest),
    st.timedeltas(timedelta(0), timedelta(days=13_000)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since),
    st.timedeltas(timedelta(0), timedelta(days=4)),
    st.integers(0, 3000),
    zones,
)


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
