"""The shared cases of balances, carried out by the real commands and the real statements."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine, delete, insert, select

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.rules.accruals import EntryForAccrual
from models.rules.agreements import AgreementContent, Target
from models.rules.balances import DayBalance
from models.rules.books import Balances, Source
from models.standard import SHIFT
from models.store.accruals import Change, Contributed, add_contributions, cascade, contribute, lock_balances
from models.store.people import load_circle
from models.tables.accruals import Accrual, Agreement, AgreementTarget
from models.tables.timecard import TimeEntry
from tests.desk import Life
from tests.factories import LONDON, Asking, worked

VECTORS = Path(__file__).parents[1] / "vectors"
SCENARIOS: list[dict[str, Any]] = json.loads((VECTORS / "accrual_scenarios.json").read_text())["scenarios"]
TIMECARD: dict[str, Any] = json.loads((VECTORS / "timecard_accruals.json").read_text())
TARGET = AccrualCode.ANNUAL_TARGET_HOURS
HOUR = 60
SATURDAY = date(2022, 6, 25)


class TestScenarios:
    """Duane records, moves and removes one shift."""

    @pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["id"]))
    def test_the_worked_scenarios_hold_exactly(
        self, life: Life, owner_engine: Engine, scenario: dict[str, Any]
    ) -> None:
        agreement = _agree(owner_engine, life, SATURDAY, TARGET, opening=100 * HOUR)
        duane = Asking(life.org, life.org.duane, life.org.duane, SATURDAY)
        before, after = (_times(scenario[when]) for when in ("before", "after"))
        recorded = life.desk.do(duane.record(worked(*before, day=SATURDAY))) if before else None
        assert _hours(life, agreement, scenario["begin"]) == scenario["begin"]

        if recorded is None:
            assert after
            life.desk.do(duane.record(worked(*after, day=SATURDAY)))
        else:
            assert recorded.entry_id
            entry = recorded.entry_id, 1
            life.desk.do(duane.amend(*entry, worked(*after, day=SATURDAY)) if after else duane.remove(*entry))

        assert _hours(life, agreement, scenario["end"]) == scenario["end"]
        used = {day.isoformat(): each.total / HOUR for (_, day), each in _stored(life, TARGET).items() if each.total}
        assert used == scenario["contributions"]


@pytest.mark.parametrize("case", TIMECARD["balance_cases"], ids=lambda case: str(case["id"]))
def test_a_change_of_an_entry_moves_every_later_balance(life: Life, owner_engine: Engine, case: dict[str, Any]) -> None:
    code = AccrualCode(case["type"])
    days: dict[str, Any] = TIMECARD["balance_fixtures"][case["fixture"]][case["type"]]
    opening = sum(days[min(days)]["entries"].values()) - days[min(days)]["cum"]
    first = min(date.fromisoformat(case["agreementStart"]), date.fromisoformat(min(days)))
    agreement = _agree(owner_engine, life, first, code, opening)
    changed = _here(life, case["entry"])
    _enter(owner_engine, life, {*_entries(life, days), changed})
    _contributed(life, code, days)

    start, end = datetime.fromisoformat(case["start"]), datetime.fromisoformat(case["end"])
    entry = EntryForAccrual(frozenset({code}), start, end, LONDON, deleted=case["action"] == "DELETE")
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        lock_balances(session, life.org.duane)
        owner = load_circle(session, life.org.duane).owner
        contribute(session, life.org.tenant_id, owner, Source(changed, 2), entry)

    stored = _stored(life, code)
    balances = Balances((agreement,), stored)
    rows = []
    for day in (date.fromisoformat(day) for day, _, _ in case["expect"]):
        balance = balances.on(code, day)
        assert balance is not None
        total = stored[code, day].total if (code, day) in stored else 0
        rows.append([day.isoformat(), total, -balance])
    assert rows == case["expect"]


def _times(clocks: list[str] | None) -> tuple[str, str] | None:
    """Both ends as clocks of the Saturday, later than 24:00 on the day after."""
    if clocks is None:
        return None
    start, end = (datetime.fromisoformat(clock) for clock in clocks)
    return _clock(start), _clock(end)


def _clock(at: datetime) -> str:
    return f"{at.hour + 24 * (at.date() - SATURDAY).days:02}:{at.minute:02}"


def _hours(life: Life, agreement: AgreementContent, days: Iterable[str]) -> dict[str, int | None]:
    balances = Balances((agreement,), _stored(life, TARGET))
    found = {day: balances.on(TARGET, date.fromisoformat(day)) for day in days}
    return {day: balance and balance // HOUR for day, balance in found.items()}


def _stored(life: Life, code: AccrualCode) -> dict[tuple[AccrualCode, date], DayBalance]:
    these = select(Accrual).where(Accrual.person_id == life.org.duane, Accrual.accrual_code == code.value)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        return {(code, row.day): DayBalance(row.total, row.balance) for row in session.scalars(these)}


def _agree(owner_engine: Engine, life: Life, first: date, code: AccrualCode, opening: int) -> AgreementContent:
    """The only agreement of Duane's: a year from `first`."""
    last = first + timedelta(days=364)
    agreement = UUID(int=life.org.duane.int ^ 1)
    row = {"id": agreement, "person_id": life.org.duane, "start_date": first, "end_date": last}
    target = {"agreement_id": agreement, "accrual_code": code.value, "target": 0, "opening_balance": opening}
    theirs = select(Agreement.id).where(Agreement.person_id == life.org.duane)
    with owner_engine.begin() as connection:
        connection.execute(delete(AgreementTarget).where(AgreementTarget.agreement_id.in_(theirs)))
        connection.execute(delete(Agreement).where(Agreement.person_id == life.org.duane))
        connection.execute(insert(Agreement).values(row | {"tenant_id": life.org.tenant_id}))
        connection.execute(insert(AgreementTarget).values(target | {"tenant_id": life.org.tenant_id}))
    return AgreementContent(life.org.duane, first, last, targets={code: Target(0, opening)})


def _here(life: Life, entry: str) -> UUID:
    """The id of an entry of the cases in this organisation."""
    return uuid5(life.org.tenant_id, entry)


def _entries(life: Life, days: dict[str, Any]) -> set[UUID]:
    return {_here(life, entry) for row in days.values() for entry in row["entries"]}


def _enter(owner_engine: Engine, life: Life, entries: set[UUID]) -> None:
    """Rows for contributions to point at; their own times, of long ago, say nothing."""
    life.record()
    rows = [
        {
            "id": id_,
            "tenant_id": life.org.tenant_id,
            "owner_id": life.org.duane,
            "timesheet_id": life.key.timesheet_id,
            "version": 1,
            "time_period_type_id": SHIFT,
            "start_at": datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=number),
            "start_offset_minutes": 0,
            "meal_break_minutes": 0,
            "confirmed": True,
            "deleted": False,
        }
        for number, id_ in enumerate(entries)
    ]
    with owner_engine.begin() as connection:
        connection.execute(insert(TimeEntry).values(rows))


def _contributed(life: Life, code: AccrualCode, days: dict[str, Any]) -> None:
    """What the entries of a fixture contributed before the change, and the balances that follow."""
    found: dict[UUID, dict[tuple[AccrualCode, date], int]] = {}
    for day, row in days.items():
        for entry, value in row["entries"].items():
            found.setdefault(_here(life, entry), {})[code, date.fromisoformat(day)] = value
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        lock_balances(session, life.org.duane)
        for entry_id, values in found.items():
            add_contributions(session, life.org.tenant_id, life.org.duane, [Contributed(Source(entry_id, 1), values)])
            changes = {at: Change(used=value) for at, value in values.items()}
            cascade(session, life.org.tenant_id, life.org.duane, changes)
