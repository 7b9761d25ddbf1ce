"""However many people and years there are, the statements about somebody's balances read that person's rows only."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.standard import SHIFT
from models.store.accruals import Change, cascade, lock_balances
from models.store.rebuilding import recompute
from models.store.rebuilds import ByProgram, ask_rebuild, begin_rebuild, rebuild_person, take_person
from tests.desk import Desk, Life
from tests.factories import Organisation, make_organisation, worked

GROWING = ("accrual", "accrual_rebuild_batch", "adjustment", "agreement", "contribution", "time_entry")
"""Tables that grow with people and years."""

COLLEAGUES = 200
DAYS = 60
"""On which each of them has worked."""

FIRST = date(2026, 6, 1)
OF_OTHER_TESTS = 10
"""Rows that they left."""

Asked = tuple[str, Any]
"""A statement and its parameters."""


@pytest.fixture(scope="module")
def crowded(owner_engine: Engine) -> Organisation:
    """An organisation in which the planner has a reason to prefer one way to another; Duane has worked as much."""
    org = make_organisation(owner_engine)
    names = {"tenant": org.tenant_id, "type": SHIFT, "many": COLLEAGUES, "days": DAYS, "duane": org.duane}
    with owner_engine.begin() as connection:
        for statement in (
            _COLLEAGUES,
            _AGREEMENTS,
            _TIMESHEETS,
            _ENTRIES,
            _CONTRIBUTIONS,
            _ACCRUALS,
            _ADJUSTMENTS,
            _REBUILDS,
            _BATCHES,
        ):
            connection.execute(text(statement), names)
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ANALYZE {', '.join(GROWING)}, person, accrual_rebuild, timesheet"))
    return org


_COLLEAGUES = """
    INSERT INTO person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, active)
    SELECT gen_random_uuid(), :tenant, 'colleague-' || n, 'Colleague ' || n, 'Europe/London', 'GB-ENG', true
    FROM generate_series(1, :many) AS n
"""
_AGREEMENTS = """
    INSERT INTO agreement (id, tenant_id, person_id, start_date, end_date, standard_day_minutes)
    SELECT gen_random_uuid(), :tenant, p.id, CAST(make_date(year, 4, 1) AS date), make_date(year + 1, 3, 31), 444
    FROM person p, generate_series(2000, 2026) AS year
    WHERE p.tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_TIMESHEETS = """
    INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, revision)
    SELECT gen_random_uuid(), :tenant, id, '2026-06-01', '2026-06-07', 'draft', 1
    FROM person WHERE tenant_id = :tenant AND (staff_id LIKE 'colleague-%' OR id = :duane)
"""
_ENTRIES = """
    INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at,
                            start_offset_minutes, end_offset_minutes, meal_break_minutes, confirmed, deleted)
    SELECT gen_random_uuid(), tenant_id, owner_id, id, 1, :type, at, at + interval '8 hours', 0, 0, 0, true, false
    FROM timesheet, generate_series(0, :days - 1) AS n,
         LATERAL (SELECT timestamptz '2026-06-01 08:00+00' + n * interval '1 day' AS at) AS day
    WHERE tenant_id = :tenant
"""
_CONTRIBUTIONS = """
    INSERT INTO contribution (tenant_id, person_id, accrual_code, time_entry_id, time_entry_version, day, value)
    SELECT tenant_id, owner_id, 'ANNUAL_TARGET_HOURS', id, 1, start_at, 480 FROM time_entry WHERE tenant_id = :tenant
"""
_ACCRUALS = """
    INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
    SELECT tenant_id, owner_id, code, start_at, 480, 0
    FROM time_entry, unnest(ARRAY['ANNUAL_TARGET_HOURS', 'WEEKEND_HOURS']) AS code WHERE tenant_id = :tenant
"""
_ADJUSTMENTS = """
    INSERT INTO adjustment (id, tenant_id, person_id, accrual_code, day, value, reason, authorised_by_id, command_id,
                            content_hash)
    SELECT gen_random_uuid(), :tenant, id, 'NIGHT_HOURS', '2026-06-01', n, 'Agreed.', :duane, gen_random_uuid(), ''
    FROM person, generate_series(1, 10) AS n WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_REBUILDS = """
    INSERT INTO accrual_rebuild (id, tenant_id, because, state, people, command_id)
    SELECT gen_random_uuid(), :tenant, 'Long ago', 'done', 1, gen_random_uuid() FROM generate_series(1, 2000)
"""
_BATCHES = """
    INSERT INTO accrual_rebuild_batch (rebuild_id, tenant_id, number, person_ids, done, differences)
    SELECT id, tenant_id, 0, ARRAY[CAST(:duane AS uuid)], 1, '[]' FROM accrual_rebuild WHERE tenant_id = :tenant
"""


@pytest.fixture
def here(own_desk: Desk, crowded: Organisation) -> Life:
    """Duane among all the others."""
    return Life(own_desk, crowded)


@pytest.fixture
def noted(own_desk: Desk) -> list[Asked]:
    """Every statement that `own_desk` sends, with its parameters."""
    sent: list[Asked] = []
    event.listen(own_desk.engine, "before_cursor_execute", lambda *said: sent.append((said[2], said[3])))
    return sent


def test_an_amendment_reads_the_days_of_its_entry_and_writes_those_after_it(here: Life, noted: list[Asked]) -> None:
    recorded = here.record("09:00", "17:00")
    assert recorded.entry_id
    noted.clear()
    here.desk.do(here.duane.amend(recorded.entry_id, 1, worked("22:00", "30:00")))
    here.desk.do(here.duane.remove(recorded.entry_id, 2))

    about = [each for each in noted if any(f" {name} " in each[0] for name in ("accrual", "contribution", "agreement"))]
    assert len(about) == 4
    _require_narrow(here, about, at_most=DAYS)


def test_a_cascade_through_a_year_reads_each_of_its_rows_once_and_writes_them_in_place(
    here: Life, noted: list[Asked]
) -> None:
    codes = (AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.WEEKEND_HOURS)
    changes = {(code, FIRST + timedelta(days=number)): Change(1) for code in codes for number in (0, 9, 20)}
    with command_transaction(here.desk.engine, here.org.tenant_id) as session:
        lock_balances(session, here.org.duane)
        noted.clear()
        cascade(session, here.org.tenant_id, here.org.duane, changes)

    (statement,) = noted
    _require_narrow(here, [statement], at_most=len(codes) * DAYS + OF_OTHER_TESTS)


def test_recomputing_somebody_reads_what_is_theirs(here: Life, noted: list[Asked]) -> None:
    with command_transaction(here.desk.engine, here.org.tenant_id) as session:
        noted.clear()
        recompute(session, here.org.tenant_id, here.org.duane)

    assert len(noted) <= 15
    _require_narrow(here, noted, at_most=4 * DAYS)


def test_the_next_person_of_a_rebuild_is_found_among_all_rebuilds_there_ever_were(
    here: Life, noted: list[Asked]
) -> None:
    tenant = here.org.tenant_id
    with command_transaction(here.desk.engine, tenant) as session:
        rebuild = ask_rebuild(session, ByProgram(tenant, uuid4()), "A test", [here.org.duane])
        begin_rebuild(session, rebuild)
    with command_transaction(here.desk.engine, tenant) as session:
        noted.clear()
        turn = take_person(session, rebuild, 0)
        assert turn
        rebuild_person(session, tenant, rebuild, 0, turn)

    about = [each for each in noted if "accrual_rebuild" in each[0]]
    assert len(about) == 2
    _require_narrow(here, about, at_most=1)


def _require_narrow(here: Life, asked: list[Asked], at_most: int) -> None:
    """No statement reads a growing table from one end to the other, or more of its rows than `at_most`."""
    for statement, parameters in list(asked):
        for scan in _scans(_plan(here, statement, parameters)):
            if scan["Relation Name"] in GROWING:
                assert scan["Node Type"] != "Seq Scan", statement
                rows = float(scan.get("Actual Rows", 0)) + float(scan.get("Rows Removed by Filter", 0))
                assert rows * float(scan.get("Actual Loops", 1)) <= at_most, (scan, statement)


def _plan(here: Life, statement: str, parameters: Any) -> dict[str, Any]:
    """How a statement is carried out again, as far as that is possible; nothing of it stays."""
    once = "INSERT INTO contribution" in statement or not statement.lstrip().startswith(("SELECT", "WITH"))
    how = "FORMAT JSON" if once else "ANALYZE, FORMAT JSON"
    with here.desk.engine.connect() as connection:
        names = {"id": str(here.org.tenant_id)}
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), names)
        answer = connection.exec_driver_sql(f"EXPLAIN ({how}) {statement}", parameters)
        plan: dict[str, Any] = answer.scalar_one()[0]["Plan"]
        return plan


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for inner in plan.get("Plans", []):
        yield from _scans(inner)
