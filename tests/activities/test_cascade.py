"""How balances are written: one statement for whatever changes, and rows for days on which something happened only."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction, read_session
from models.rules.accrual_types import AccrualCode
from models.store.accruals import Change, cascade, lock_balances
from models.store.rebuilding import recompute
from models.tables.accruals import Accrual
from models.verifying.balances import verify
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, worked

TARGET, NIGHT = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS


def _cascades(statements: list[str]) -> list[str]:
    return [each for each in statements if "UPDATE accrual" in each]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("10:00", "17:00"),  # one type on one day
        ("22:00", "30:00"),  # three types on two days
        ("20:00", "172:00"),  # a whole week, over the weekend into the next one
    ],
)
def test_an_amended_entry_is_carried_through_all_balances_by_one_statement(
    life: Life, own_desk: Desk, statements: list[str], start: str, end: str
) -> None:
    recorded = life.record("09:00", "17:00")
    assert recorded.entry_id
    asked = life.duane.amend(recorded.entry_id, 1, worked(start, end))
    own_desk.ask(asked)
    statements.clear()
    own_desk.apply(asked)

    assert len(_cascades(statements)) == 1
    assert sum("contribution" in each for each in statements) == 2, "what was before, and what is written"


def test_a_removed_entry_is_carried_through_all_balances_by_one_statement(
    life: Life, own_desk: Desk, statements: list[str]
) -> None:
    recorded = life.record("22:00", "30:00")
    assert recorded.entry_id
    asked = life.duane.remove(recorded.entry_id, 1)
    own_desk.ask(asked)
    statements.clear()
    own_desk.apply(asked)

    assert len(_cascades(statements)) == 1


def test_a_planned_shift_asks_nothing_of_the_balances(life: Life, own_desk: Desk, statements: list[str]) -> None:
    asked = Asking(life.org, life.org.duane, life.org.suzanne).schedule(UUID(int=7), worked("09:00", "17:00"))
    own_desk.ask(asked)
    statements.clear()
    own_desk.apply(asked)

    assert _cascades(statements) == []
    assert not any("FROM agreement" in each for each in statements)


def test_a_recomputed_person_gets_all_contributions_by_one_statement(
    life: Life, own_desk: Desk, statements: list[str], owner_engine: Engine
) -> None:
    for number in range(4):
        life.desk.do(life.duane.record(worked("22:00", "24:00", MONDAY + timedelta(days=number))))
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE person SET time_zone = 'Asia/Tokyo' WHERE id = :id"), {"id": life.org.duane})
    statements.clear()
    with command_transaction(own_desk.engine, life.org.tenant_id) as session:
        assert recompute(session, life.org.tenant_id, life.org.duane)

    assert sum("INSERT INTO contribution" in each for each in statements) == 1
    assert sum("INSERT INTO accrual" in each for each in statements) == 1


def test_only_days_on_which_something_happened_have_rows(life: Life) -> None:
    """A whole year of Mondays: two types on each, and nothing in between."""
    mondays = [date(2026, 4, 6) + timedelta(weeks=number) for number in range(51)]
    for monday in mondays:
        asking = Asking(life.org, life.org.duane, life.org.duane, monday)
        life.desk.do(asking.record(worked("12:00", "23:30", monday)))

    rows = life.desk.rows(life.org.tenant_id, Accrual)
    for code in (TARGET, NIGHT):
        assert [row.day for row in rows if row.accrual_code == code] == mondays
    holidays = {date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25), date(2026, 8, 31), date(2026, 12, 28)}
    assert {row.day for row in rows if row.accrual_code == "PUBLIC_HOLIDAY_HOURS"} == holidays
    assert {row.accrual_code for row in rows} == {TARGET, NIGHT, "PUBLIC_HOLIDAY_HOURS"}


def test_days_between_two_changes_that_cancel_out_are_the_only_ones_that_change(
    life: Life, owner_engine: Engine
) -> None:
    """An entry that moves by three days leaves everything after both days as it was, down to the row itself."""
    for monday in (MONDAY, NEXT_MONDAY):
        for number in (0, 1, 3, 4):
            day = monday + timedelta(days=number)
            life.desk.do(Asking(life.org, life.org.duane, life.org.duane, monday).record(worked("09:00", "17:00", day)))
    before = _rows_by_place(owner_engine, life)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        lock_balances(session, life.org.duane)
        moved = {(TARGET, MONDAY): Change(used=-60), (TARGET, MONDAY + timedelta(days=3)): Change(used=60)}
        cascade(session, life.org.tenant_id, life.org.duane, moved)
    after = _rows_by_place(owner_engine, life)

    changed = {day for day, place in after.items() if before.get(day) != place}
    assert changed == {MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)}


def test_changes_of_many_days_and_types_at_once_are_the_sum_of_each_alone(life: Life) -> None:
    days = [MONDAY, MONDAY + timedelta(days=2), MONDAY + timedelta(days=5), date(2027, 3, 31)]
    life.record("09:00", "17:00")
    changes = {
        (code, day): Change(used=number, given=given)
        for number, code in enumerate((TARGET, NIGHT, AccrualCode.ON_CALL_WEEKDAY), 1)
        for given, day in enumerate(days)
    }
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        lock_balances(session, life.org.duane)
        cascade(session, life.org.tenant_id, life.org.duane, changes)

    opening = {TARGET: 100_000 - 480, NIGHT: 10_000}
    rows = {(row.accrual_code, row.day): row for row in life.desk.rows(life.org.tenant_id, Accrual)}
    for code in (TARGET, NIGHT, AccrualCode.ON_CALL_WEEKDAY):
        balance = opening.get(code, 0)
        for day in days:
            change = changes[code, day]
            balance += change.given - change.used
            assert rows[code, day].balance == balance
            worked_ = 480 if (code, day) == (TARGET, MONDAY) else 0
            assert rows[code, day].total == worked_ + change.used


def _rows_by_place(owner_engine: Engine, life: Life) -> dict[date, str]:
    """Where each row of Duane's target hours lies: one that is written anew lies elsewhere."""
    asked = "SELECT day, CAST(ctid AS text) FROM accrual WHERE person_id = :id AND accrual_code = 'ANNUAL_TARGET_HOURS'"
    with owner_engine.connect() as connection:
        return {row.day: row.ctid for row in connection.execute(text(asked), {"id": life.org.duane})}


def test_all_of_this_is_what_was_recorded(life: Life) -> None:
    recorded = life.record("22:00", "30:00")
    assert recorded.entry_id
    life.desk.do(life.duane.amend(recorded.entry_id, 1, worked("20:00", "172:00")))
    life.desk.do(life.duane.remove(recorded.entry_id, 2))

    found = verify(lambda: read_session(life.desk.engine, life.org.tenant_id))
    assert [wrong for checked in found for wrong in checked.wrong] == []
