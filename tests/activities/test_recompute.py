"""When reference data changes, what entries contribute and the balances become what they would have been."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.doctor import findings
from models.rules.accrual_types import AccrualCode, codes_of
from models.rules.accruals import EntryForAccrual, contributions
from models.rules.balances import EntryVersion, balance_on, daily_totals, fold
from models.standard import SHIFT, standard_types
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person
from models.store.rebuilding import recompute
from models.tables.accruals import Accrual, Contribution
from models.tables.timecard import TimeEntry
from tests.activities.conftest import waiters
from tests.desk import Life
from tests.factories import MONDAY, Asking, change_person, change_type, worked
from tests.waiting import eventually

AUCKLAND, LOS_ANGELES, LONDON = "Pacific/Auckland", "America/Los_Angeles", "Europe/London"
OPENING = {AccrualCode.ANNUAL_TARGET_HOURS: 100_000, AccrualCode.NIGHT_HOURS: 10_000}
WEEK = [MONDAY + timedelta(days=number) for number in range(8)]
FEEDS: dict[UUID, list[str]] = {type_["id"]: type_["feeds"] for type_ in standard_types()}


@pytest.fixture
def recorded(life: Life) -> UUID:
    """A week of Duane's with days, nights, a break, a change and a removal; the id of the first night."""
    night = life.record("22:00", "30:00")
    assert night.entry_id
    life.desk.do(life.duane.record(worked("09:00", "17:00", WEEK[1], meal_break_minutes=30)))
    changed = life.desk.do(life.duane.record(worked("09:00", "17:00", WEEK[2])))
    removed = life.desk.do(life.duane.record(worked("09:00", "17:00", WEEK[3])))
    assert changed.entry_id
    assert removed.entry_id
    life.desk.do(life.duane.amend(changed.entry_id, 1, worked("23:30", "25:30", WEEK[2])))
    life.desk.do(life.duane.remove(removed.entry_id, 1))
    life.desk.do(life.duane.record(worked("23:00", "25:00", WEEK[6])))
    life.desk.do(life.duane.record(worked("20:00", None, WEEK[4])))
    life.plan(day=WEEK[5])
    return night.entry_id


def _recompute(life: Life) -> None:
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        recompute(session, life.org.tenant_id, life.org.duane)


def _move_to(life: Life, owner_engine: Engine, zone: str) -> None:
    change_person(owner_engine, life.org.duane, time_zone=zone)
    _recompute(life)


def _found(life: Life) -> list[str]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return list(findings(session))


def _expected(life: Life, code: AccrualCode, zone: str) -> dict[date, int]:
    """What each day uses by the rules, from the entries alone."""
    versions = [
        EntryVersion(
            entry.id,
            entry.version,
            contributions(
                EntryForAccrual(
                    codes_of(FEEDS[entry.time_period_type_id]),
                    entry.start_at,
                    entry.end_at,
                    ZoneInfo(zone),
                    entry.meal_break_minutes,
                    entry.deleted or not entry.confirmed,
                )
            ),
        )
        for entry in life.desk.rows(life.org.tenant_id, TimeEntry)
    ]
    return {day: value for day, value in daily_totals(code, versions).items() if value}


def _contributed(life: Life, code: AccrualCode) -> dict[date, int]:
    """What each day uses by the effective contributions: of the last version, as it was computed last."""
    last = {entry.id: entry.version for entry in life.desk.rows(life.org.tenant_id, TimeEntry)}
    rows = sorted(life.desk.rows(life.org.tenant_id, Contribution), key=lambda row: row.computation)
    effective = {
        (row.time_entry_id, row.day): row.value
        for row in rows
        if row.accrual_code == code and row.time_entry_version == last[row.time_entry_id]
    }
    daily: dict[date, int] = {}
    for (_, day), value in effective.items():
        daily[day] = daily.get(day, 0) + value
    return {day: value for day, value in daily.items() if value}


def _balances(life: Life, code: AccrualCode) -> dict[date, int]:
    rows = [row for row in life.desk.rows(life.org.tenant_id, Accrual) if row.accrual_code == code]
    return {row.day: row.balance for row in sorted(rows, key=lambda row: row.day)}


def _is_the_fold(life: Life, zone: str) -> bool:
    for code, opening in OPENING.items():
        expected = _expected(life, code, zone)
        balances, stored = fold(opening, expected, {}), _balances(life, code)
        assert _contributed(life, code) == expected
        assert [balance_on(day, opening, stored) for day in WEEK] == [
            balance_on(day, opening, balances) for day in WEEK
        ]
    return True


@pytest.mark.parametrize("zone", [AUCKLAND, LOS_ANGELES])
def test_after_somebody_moved_the_balances_are_the_fold_of_their_entries_where_they_live_now(
    life: Life, recorded: UUID, owner_engine: Engine, zone: str
) -> None:
    change_person(owner_engine, life.org.duane, time_zone=zone)
    assert _found(life), "the move makes a difference"
    _recompute(life)

    assert _is_the_fold(life, zone)
    assert _found(life) == []


def test_twice_changes_nothing(life: Life, recorded: UUID, owner_engine: Engine) -> None:
    _move_to(life, owner_engine, AUCKLAND)
    before = life.desk.contents(life.org.tenant_id)
    _recompute(life)

    assert life.desk.contents(life.org.tenant_id) == before


def test_where_nothing_changed_nothing_is_computed_anew(life: Life, recorded: UUID) -> None:
    before = life.desk.contents(life.org.tenant_id)
    _recompute(life)

    assert life.desk.contents(life.org.tenant_id) == before


def test_what_was_computed_before_stays_on_record(life: Life, recorded: UUID, owner_engine: Engine) -> None:
    before = life.desk.contents(life.org.tenant_id)["contribution"]
    _move_to(life, owner_engine, AUCKLAND)
    added = life.desk.contents(life.org.tenant_id)["contribution"] - before

    assert before < life.desk.contents(life.org.tenant_id)["contribution"]
    computed = [row.computation for row in life.desk.rows(life.org.tenant_id, Contribution)]
    assert (computed.count(0), computed.count(1), max(computed)) == (len(before), len(added), 1)


def test_there_and_back_is_where_it_was(life: Life, recorded: UUID, owner_engine: Engine) -> None:
    totals = {code: _contributed(life, code) for code in OPENING}
    for zone in (AUCKLAND, LOS_ANGELES, LONDON):
        _move_to(life, owner_engine, zone)
        assert _is_the_fold(life, zone)

    assert {code: _contributed(life, code) for code in OPENING} == totals
    assert _found(life) == []


def test_what_changes_afterwards_takes_the_place_of_what_was_computed_last(
    life: Life, recorded: UUID, owner_engine: Engine
) -> None:
    _move_to(life, owner_engine, LOS_ANGELES)
    life.desk.do(life.duane.remove(recorded, 1))

    assert _is_the_fold(life, LOS_ANGELES)
    assert _found(life) == []


def test_a_type_that_feeds_something_else_now_counts_so_from_the_beginning(
    life: Life, recorded: UUID, owner_engine: Engine
) -> None:
    change_type(owner_engine, life.org, SHIFT, feeds=["NIGHT_HOURS"])
    assert _found(life)
    _recompute(life)

    assert _contributed(life, AccrualCode.ANNUAL_TARGET_HOURS) == {}
    assert _contributed(life, AccrualCode.NIGHT_HOURS) == _expected(life, AccrualCode.NIGHT_HOURS, LONDON)
    assert _balances(life, AccrualCode.ANNUAL_TARGET_HOURS) == {}
    assert _found(life) == []


def test_other_people_keep_theirs(life: Life, recorded: UUID, owner_engine: Engine) -> None:
    max_ = Asking(life.org, life.org.max, life.org.max)
    life.desk.do(max_.record(worked("22:00", "30:00")))
    before = {row for row in life.desk.contents(life.org.tenant_id)["accrual"] if str(life.org.max) in row}
    assert before
    _move_to(life, owner_engine, AUCKLAND)

    assert {row for row in life.desk.contents(life.org.tenant_id)["accrual"] if str(life.org.max) in row} == before


def test_somebody_who_recorded_nothing_has_nothing(life: Life) -> None:
    before = life.desk.contents(life.org.tenant_id)
    _recompute(life)

    assert life.desk.contents(life.org.tenant_id) == before


def test_what_is_recorded_while_a_person_moves_falls_on_the_days_of_the_new_place(
    life: Life, owner_engine: Engine
) -> None:
    with ThreadPoolExecutor(1) as beside:
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            given = GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())
            kept = kept_person(session, life.org.duane)
            moved = replace(kept.content, time_zone=AUCKLAND)
            replace_person(session, given, life.org.duane, kept.version, moved)
            recording = beside.submit(life.desk.do, life.duane.record(worked("09:00", "17:00")))
            eventually(lambda: waiters(owner_engine), "the recording waits for the move")
        recording.result()

    assert _found(life) == []
