"""Checking who decided on whose time: each finding by rows that nobody could write, and none where all is well."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from activities.duties import DutyActivities
from models.database import command_transaction
from models.errors import Invalid, KeyReused
from models.messages import PeriodsBatch, PeriodsDone
from models.rules.digest import canonical_json
from models.rules.duties import Duty, Found
from models.rules.transitions import CommandKind, State
from models.store.duties import LONGEST_DAYS, NIGHTLY_DAYS, AskedCheck, found_in, nightly_check, run_check
from models.tables.approval import Delegation
from models.tables.projects import DutyCheck
from models.tables.provenance import LedgerStatement
from models.tables.timesheet import Decision
from tests.desk import Life
from tests.factories import LONDON, Asking, change_person, make_organisation, worked
from tests.standing_in import stand_in

NOBODYS = "00000000-0000-4000-8000-000000000000"


def today() -> date:
    return datetime.now(LONDON).date()


def check(life: Life, first: int = -1, last: int = 1, **others: Any) -> DutyCheck:
    """A check from one day to another, counted from today."""
    asked = AskedCheck(uuid4(), life.org.tenant_id, today() + timedelta(first), today() + timedelta(last))
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        made = run_check(session, replace(asked, **others))
        session.expunge_all()
        return made


def found(life: Life) -> list[Found]:
    return found_in(check(life))


def decision(life: Life) -> Decision:
    (only,) = life.desk.rows(life.org.tenant_id, Decision)
    return only


def change_decision(owner: Engine, made: Decision, **values: object) -> None:
    with owner.begin() as connection:
        connection.execute(update(Decision).where(Decision.id == made.id).values(values))


class TestAllIsFine:
    @pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.LOCKED])
    def test_what_is_decided_in_ones_own_right(self, life: Life, state: State) -> None:
        life.bring_to(state)

        made = check(life)

        assert (made.decisions, made.breaches, made.remarks, found_in(made)) == (1, 0, 0, [])

    def test_what_is_decided_on_behalf_by_a_delegate_and_taken_back(self, life: Life) -> None:
        stand_in(life.desk.engine, life.org, life.org.roland, life.org.alex)
        life.bring_to(State.SUBMITTED)
        digest = life.desk.digest(life.key)
        life.desk.do(life.suzanne_for(life.org.roland).approve(digest))
        life.desk.do(life.suzanne_for(life.org.roland).move(CommandKind.TAKE_BACK))
        life.desk.do(replace(life.roland, actor=life.org.alex).approve(digest))

        made = check(life)

        assert (made.decisions, found_in(made)) == (3, [])

    def test_an_organisation_of_which_nobody_decided(self, life: Life) -> None:
        made = check(life)

        assert (made.decisions, made.breaches, made.remarks) == (0, 0, 0)


class TestFindings:
    @pytest.fixture(autouse=True)
    def approved(self, life: Life) -> None:
        life.bring_to(State.APPROVED)

    def test_own_time(self, life: Life, owner_engine: Engine) -> None:
        made = decision(life)
        for column in ("decided_by_id", "responsible_id"):
            change_decision(owner_engine, made, **{column: life.org.duane})
            (own, unstated) = found(life)
            assert (own.duty, own.people, own.decisions) == (Duty.OWN_TIME, (life.org.duane,), (made.id,))
            assert unstated.duty is Duty.NOT_STATED
            change_decision(owner_engine, made, **{column: life.org.roland})
        assert found(life) == []

    def test_a_delegation_that_the_owner_had_granted(self, life: Life, owner_engine: Engine) -> None:
        kept = stand_in(life.desk.engine, life.org, life.org.roland, life.org.alex)
        change_decision(owner_engine, decision(life), delegation_id=kept.id)
        assert found(life) == []
        with owner_engine.begin() as connection:
            connection.execute(update(Delegation).values(granted_by_id=life.org.duane))

        (own,) = found(life)

        assert (own.duty, own.people) == (Duty.OWN_GRANT, (life.org.duane, life.org.roland))

    def test_in_pairs(self, life: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, life.org.roland, supervisor_id=life.org.duane)
        with owner_engine.begin() as connection:
            role = "INSERT INTO person_role (tenant_id, person_id, role) VALUES (%s, %s, 'supervisor')"
            connection.exec_driver_sql(role, (life.org.tenant_id, life.org.duane))
        theirs = Asking(life.org, life.org.roland, life.org.roland)
        life.desk.do(theirs.record(worked("09:00", "17:00")))
        digest = life.desk.digest(life.org.key(life.org.roland))
        life.desk.do(theirs.submit(digest))
        life.desk.do(replace(theirs, actor=life.org.duane).approve(digest))

        made = check(life)

        (pair,) = found_in(made)
        assert (pair.duty, len(pair.decisions)) == (Duty.IN_PAIRS, 2)
        assert set(pair.people) == {life.org.duane, life.org.roland}
        assert (made.breaches, made.remarks) == (0, 1)

    def test_an_administrator_close_to_whose_time_it_is(self, life: Life, owner_engine: Engine) -> None:
        life.desk.do(life.because(life.duane, "Again.").move(CommandKind.REVISE))
        digest = life.desk.digest(life.key)
        life.desk.do(life.duane.submit(digest))
        life.desk.do(life.suzanne_for(life.org.roland).approve(digest))
        assert found(life) == []
        change_person(owner_engine, life.org.suzanne, supervisor_id=life.org.duane)

        (close,) = found(life)

        assert (close.duty, close.people) == (Duty.CLOSE, (life.org.suzanne, life.org.duane, life.org.roland))

    @pytest.mark.parametrize("kind", ["define", "wasAssociatedWith", "everything"])
    def test_a_decision_that_the_ledger_does_not_know_or_knows_otherwise(
        self, life: Life, owner_engine: Engine, kind: str
    ) -> None:
        made = decision(life)
        these = [LedgerStatement.subject == f"approve-{made.id}"]
        with owner_engine.begin() as connection:
            connection.execute(
                delete(LedgerStatement).where(*these, *([LedgerStatement.kind == kind] if kind != "everything" else []))
            )

        (unstated,) = found(life)

        assert (unstated.duty, unstated.decisions) == (Duty.NOT_STATED, (made.id,))

    @pytest.mark.parametrize(
        "said",
        [
            {"statement": "wasAssociatedWith", "agent": "staff-1", "role": "SUPERVISOR"},
            {"statement": "actedOnBehalfOf", "responsible": "staff-1", "delegate": "staff-2", "role": "SUPERVISOR"},
            {"statement": "define", "kind": "activity", "type": "Approve", "attributes": {"reason": "Twice."}},
        ],
        ids=["another agent", "another delegate", "another definition"],
    )
    def test_a_decision_of_which_the_ledger_says_more(
        self, life: Life, owner_engine: Engine, said: dict[str, object]
    ) -> None:
        state_it(owner_engine, life, f"approve-{decision(life).id}", said)

        assert [each.duty for each in found(life)] == [Duty.NOT_STATED]

    @pytest.mark.parametrize(
        "activity", [f"approve-{NOBODYS}", f"reject-{NOBODYS}", "approve-", "approve-" + "-" * 36, "nonsense", ""]
    )
    def test_a_decision_that_only_the_ledger_knows(self, life: Life, owner_engine: Engine, activity: str) -> None:
        state_it(owner_engine, life, activity, {"statement": "define", "kind": "activity", "type": "Reject"})

        (undecided,) = found(life)

        assert (undecided.duty, undecided.activity) == (Duty.NOT_DECIDED, activity)

    def test_a_real_decision_that_the_ledger_knows_by_the_other_name_too(
        self, life: Life, owner_engine: Engine
    ) -> None:
        activity = f"reject-{decision(life).id}"
        state_it(owner_engine, life, activity, {"statement": "define", "kind": "activity", "type": "Reject"})

        assert [(each.duty, each.activity) for each in found(life)] == [(Duty.NOT_DECIDED, activity)]

    def test_other_organisations_are_left_alone(self, life: Life, owner_engine: Engine) -> None:
        change_decision(owner_engine, decision(life), decided_by_id=life.org.duane)
        other = Life(life.desk, make_organisation(owner_engine))

        made = check(other)

        assert (made.decisions, made.breaches) == (0, 0)

    def test_what_is_kept_of_each_kind_has_an_end_and_the_rest_is_counted(
        self, life: Life, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("models.store.duties.KEPT_OF_EACH", 2)
        for number in range(3):
            state_it(owner_engine, life, f"reject-{number}", {"statement": "define", "type": "Reject"})

        made = check(life)

        assert (made.breaches, len(found_in(made))) == (3, 2)
        assert made.findings["counts"] == {"not_decided": 3}


class TestPeriods:
    def test_only_what_was_decided_in_it_is_looked_at(self, life: Life) -> None:
        life.bring_to(State.APPROVED)

        assert check(life, first=-3, last=-2).decisions == 0
        assert check(life, first=0, last=0).decisions in (0, 1)  # midnight may have passed
        assert check(life, first=-1, last=0).decisions == 1

    @pytest.mark.parametrize(("first", "last", "field"), [(0, -1, "to"), (-LONGEST_DAYS, 0, "from"), (2, 3, "from")])
    def test_a_period_that_is_none_is_refused(self, life: Life, first: int, last: int, field: str) -> None:
        with pytest.raises(Invalid) as refused:
            check(life, first, last)

        assert [each["field"] for each in refused.value.data["errors"]] == [field]
        assert life.desk.rows(life.org.tenant_id, DutyCheck) == []

    def test_a_year_is_possible(self, life: Life) -> None:
        assert check(life, -LONGEST_DAYS + 1, 0).decisions == 0

    def test_asked_for_again_it_is_the_same_check_and_another_one_under_its_id_is_refused(self, life: Life) -> None:
        made = check(life)
        assert check(life, id=made.id).checked_at == made.checked_at
        with pytest.raises(KeyReused):
            check(life, first=-5, id=made.id)

        assert len(life.desk.rows(life.org.tenant_id, DutyCheck)) == 1


class TestEveryNight:
    @pytest.fixture
    def nightly(self, life: Life, engine: Engine) -> Callable[[], PeriodsDone]:
        return lambda: DutyActivities(engine).check_duties(PeriodsBatch(life.org.tenant_id, None))

    def test_it_looks_at_the_last_weeks_once_a_night(self, life: Life, nightly: Callable[[], PeriodsDone]) -> None:
        assert [nightly() for _ in range(2)] == [PeriodsDone((), None)] * 2

        (made,) = life.desk.rows(life.org.tenant_id, DutyCheck)
        assert made.asked_by_id is None
        assert (made.to_day - made.from_day).days == NIGHTLY_DAYS - 1
        assert today() - made.to_day <= timedelta(days=2)

    def test_two_at_once_are_one(self, life: Life, nightly: Callable[[], PeriodsDone]) -> None:
        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(nightly) for _ in range(4)]

        assert {each.result() for each in done} == {PeriodsDone((), None)}
        assert len(life.desk.rows(life.org.tenant_id, DutyCheck)) == 1

    def test_it_ends_with_yesterday_where_the_organisation_is(self, life: Life, owner_engine: Engine) -> None:
        with owner_engine.begin() as connection:
            zone = "UPDATE tenant_policy SET time_zone = 'Pacific/Kiritimati' WHERE tenant_id = %s"
            connection.exec_driver_sql(zone, (life.org.tenant_id,))
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            asked = nightly_check(session, life.org.tenant_id)

        assert asked.last == (datetime.now(UTC) + timedelta(hours=14)).date() - timedelta(days=1)


def test_what_was_found_is_never_changed(life: Life) -> None:
    made = check(life)

    for change in ("UPDATE duty_check SET breaches = 0", "DELETE FROM duty_check"):
        with (
            pytest.raises(DBAPIError, match="permission denied"),
            command_transaction(life.desk.engine, life.org.tenant_id) as session,
        ):
            session.execute(text(change))
    assert life.desk.rows(life.org.tenant_id, DutyCheck)[0].id == made.id


def state_it(owner: Engine, life: Life, activity: str, said: dict[str, object]) -> None:
    """Put something into the ledger behind everybody's back."""
    body: dict[str, Any] = said | {"id" if said["statement"] == "define" else "activity": activity}
    with owner.begin() as connection:
        connection.execute(
            insert(LedgerStatement).values(
                tenant_id=life.org.tenant_id,
                transaction_id=uuid4(),
                kind=said["statement"],
                subject=activity,
                said=canonical_json(body).decode(),
                digest=str(hash(canonical_json(body))),
            )
        )
