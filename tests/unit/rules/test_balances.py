import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import EntryForAccrual, contributions
from models.rules.balances import EntryVersion, balance_on, daily_totals, effective, fold

VECTORS = Path(__file__).parents[2] / "vectors"
TIMECARD: dict[str, Any] = json.loads((VECTORS / "timecard_accruals.json").read_text())
SCENARIOS: list[dict[str, Any]] = json.loads((VECTORS / "accrual_scenarios.json").read_text())["scenarios"]
LONDON = ZoneInfo("Europe/London")
TARGET = AccrualCode.ANNUAL_TARGET_HOURS
ENTRY = UUID(int=1)
OPENING_HOURS = 100
HOUR = 60


def version(
    code: AccrualCode, entry_id: UUID, number: int, start: datetime, end: datetime, deleted: bool = False
) -> EntryVersion:
    entry = EntryForAccrual(frozenset({code}), start, end, LONDON, deleted=deleted)
    return EntryVersion(entry_id, number, contributions(entry))


def scenario_versions(scenario: dict[str, Any]) -> list[EntryVersion]:
    """The version of before, if there was one, then that of after: a removal repeats the times it removes."""
    before, after = scenario["before"], scenario["after"]
    versions = [scenario_version(1, before, deleted=False)] if before else []
    return [*versions, scenario_version(2, after or before, deleted=after is None)]


def scenario_version(number: int, clocks: list[str], *, deleted: bool) -> EntryVersion:
    start, end = (datetime.fromisoformat(clock).replace(tzinfo=LONDON) for clock in clocks)
    return version(TARGET, ENTRY, number, start, end, deleted)


def hours_on(days: Mapping[str, int], versions: list[EntryVersion]) -> dict[str, int]:
    """Balances of `days` in hours, when the balance before any of them is that of the scenarios."""
    balances = fold(OPENING_HOURS * HOUR, daily_totals(TARGET, versions), {})
    return {day: balance_on(date.fromisoformat(day), OPENING_HOURS * HOUR, balances) // HOUR for day in days}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["id"]))
def test_the_worked_scenarios_hold_exactly(scenario: dict[str, Any]) -> None:
    versions = scenario_versions(scenario)
    before = versions[:1] if scenario["before"] else []
    assert hours_on(scenario["begin"], before) == scenario["begin"]
    assert hours_on(scenario["end"], versions) == scenario["end"]
    used = {day.isoformat(): value / HOUR for day, value in daily_totals(TARGET, versions).items()}
    assert used == scenario["contributions"]


def fixture_versions(code: AccrualCode, days: dict[str, Any]) -> list[EntryVersion]:
    found: dict[str, dict[tuple[AccrualCode, date], int]] = {}
    for day, row in days.items():
        for entry_id, value in row["entries"].items():
            found.setdefault(entry_id, {})[code, date.fromisoformat(day)] = value
    return [EntryVersion(UUID(entry_id), 1, values) for entry_id, values in found.items()]


def used_before(days: dict[str, Any]) -> int:
    """What was used up before the first day of a fixture, whose running totals count upwards."""
    first: dict[str, Any] = days[min(days)]
    return int(first["cum"] - sum(first["entries"].values()))


@pytest.mark.parametrize("case", TIMECARD["balance_cases"], ids=lambda case: str(case["id"]))
def test_a_change_of_an_entry_moves_every_later_balance(case: dict[str, Any]) -> None:
    code = AccrualCode(case["type"])
    days = TIMECARD["balance_fixtures"][case["fixture"]][case["type"]]
    start, end = datetime.fromisoformat(case["start"]), datetime.fromisoformat(case["end"])
    changed = version(code, UUID(case["entry"]), 2, start, end, deleted=case["action"] == "DELETE")
    totals = daily_totals(code, [*fixture_versions(code, days), changed])
    opening = -used_before(days)
    balances = fold(opening, totals, {})
    rows = [
        [day, totals.get(date.fromisoformat(day), 0), -balance_on(date.fromisoformat(day), opening, balances)]
        for day, _, _ in case["expect"]
    ]
    assert rows == case["expect"]


MONDAY = date(2023, 4, 17)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_a_balance_is_that_of_the_day_before_less_what_is_used_plus_what_is_credited() -> None:
    assert fold(1000, {MONDAY: 480, WEDNESDAY: 60}, {WEDNESDAY: 100}) == {MONDAY: 520, WEDNESDAY: 560}


def test_a_day_on_which_nothing_happened_has_no_row_and_the_balance_of_the_last_one() -> None:
    balances = fold(1000, {MONDAY: 480}, {})
    assert list(balances) == [MONDAY]
    assert balance_on(WEDNESDAY, 1000, balances) == 520


def test_before_anything_happened_the_balance_is_the_opening_one() -> None:
    assert balance_on(MONDAY - timedelta(days=1), 1000, fold(1000, {MONDAY: 480}, {})) == 1000
    assert balance_on(MONDAY, 1000, {}) == 1000


def test_a_balance_may_fall_below_zero() -> None:
    assert fold(0, {MONDAY: 480}, {}) == {MONDAY: -480}


def test_an_older_version_than_the_known_one_is_ignored() -> None:
    old = EntryVersion(ENTRY, 1, {(TARGET, MONDAY): 480})
    new = EntryVersion(ENTRY, 2, {(TARGET, WEDNESDAY): 60})
    assert effective([new, old]) == effective([old, new]) == {ENTRY: new}
    assert daily_totals(TARGET, [new, old]) == {WEDNESDAY: 60}


def test_each_accrual_type_has_its_own_totals() -> None:
    version = EntryVersion(ENTRY, 1, {(TARGET, MONDAY): 480, (AccrualCode.NIGHT_HOURS, MONDAY): 60})
    assert daily_totals(AccrualCode.NIGHT_HOURS, [version]) == {MONDAY: 60}


def made(entry: int, number: int, start: datetime, hours: int, deleted: bool) -> EntryVersion:
    return version(TARGET, UUID(int=entry), number, start, start + timedelta(hours=hours), deleted)


histories = st.lists(
    st.builds(
        made,
        st.integers(1, 4),
        st.integers(1, 5),
        st.timedeltas(timedelta(0), timedelta(days=13)).map(lambda since: datetime(2023, 3, 20, tzinfo=UTC) + since),
        st.integers(1, 40),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda made: (made.entry_id, made.version),
)


def balances_of(versions: list[EntryVersion]) -> dict[date, int]:
    return fold(6000, daily_totals(TARGET, versions), {})


@given(histories, st.randoms(use_true_random=False))
def test_replaying_versions_in_any_order_changes_nothing(history: list[EntryVersion], random: Random) -> None:
    replayed = history + random.sample(history, k=len(history) // 2)
    random.shuffle(replayed)
    assert balances_of(replayed) == balances_of(history)


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_unrelated_entries_does_not_matter(history: list[EntryVersion], random: Random) -> None:
    live = list(effective(history).values())
    shuffled = random.sample(live, k=len(live))
    assert balances_of(shuffled) == balances_of(live) == balances_of(history)


@given(histories)
def test_removing_every_entry_restores_the_opening_balance(history: list[EntryVersion]) -> None:
    removals = [EntryVersion(entry_id, 99, {}) for entry_id in effective(history)]
    assert balances_of(history + removals) == {}


day_sums = st.dictionaries(st.dates(date(2023, 4, 1), date(2023, 4, 30)), st.integers(-500, 500))


@given(st.integers(-10_000, 10_000), day_sums, day_sums)
def test_the_last_balance_is_the_sum_of_everything(
    opening: int, daily: dict[date, int], adjustments: dict[date, int]
) -> None:
    last = balance_on(date(2023, 4, 30), opening, fold(opening, daily, adjustments))
    assert last == opening - sum(daily.values()) + sum(adjustments.values())


@given(st.integers(-10_000, 10_000), day_sums, day_sums)
def test_every_day_follows_from_the_day_before(
    opening: int, daily: dict[date, int], adjustments: dict[date, int]
) -> None:
    balances = fold(opening, daily, adjustments)
    for number in range(1, 31):
        day = date(2023, 4, number)
        before = balance_on(day - timedelta(days=1), opening, balances)
        assert balance_on(day, opening, balances) == before - daily.get(day, 0) + adjustments.get(day, 0)
