"""Approving and rejecting: the right person, on exactly what was shown, once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid5

import pytest
from sqlalchemy import Engine, text, update

from models.errors import DomainError, NotYours, OwnTime, ReasonRequired, Stale, WrongState
from models.messages import SheetKey
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Decision, Timesheet
from tests.activities.conftest import Racers
from tests.desk import Desk, Life
from tests.factories import (
    MONDAY,
    NEXT_MONDAY,
    Asking,
    at,
    change_person,
    give_role,
    make_organisation,
    take_role,
    worked,
)


@pytest.fixture
def submitted(life: Life) -> Life:
    """Duane's week, submitted."""
    life.bring_to(State.SUBMITTED)
    return life


def _decisions(life: Life) -> list[Decision]:
    return sorted(life.desk.rows(life.org.tenant_id, Decision), key=lambda decision: decision.decided_at)


def _digest(life: Life) -> str:
    return life.desk.digest(life.key)


class TestTheDecision:
    """What is decided, and what is kept of it."""

    def test_the_supervisor_approves_what_was_submitted(self, submitted: Life) -> None:
        outcome = submitted.approve()

        assert outcome.snapshot.state is State.APPROVED
        (decision,) = _decisions(submitted)
        assert (decision.decision, decision.digest) == ("approve", _digest(submitted))
        assert decision.decided_by_id == decision.responsible_id == decision.approver_id == submitted.org.roland
        assert decision.decided_as == "supervisor"

    def test_a_rejection_needs_a_reason_and_keeps_it(self, submitted: Life) -> None:
        refusal = submitted.desk.refused(submitted.roland.reject(_digest(submitted)))
        assert isinstance(refusal, ReasonRequired)

        outcome = submitted.reject("Wrong day.")
        assert outcome.snapshot.state is State.REJECTED
        (decision,) = _decisions(submitted)
        assert (decision.decision, decision.reason) == ("reject", "Wrong day.")

    def test_rejecting_one_period_touches_no_other(self, submitted: Life) -> None:
        """The week after waits as before, with what was certified of it."""
        submitted.desk.do(submitted.next_week.record(worked("09:00", "17:00", day=NEXT_MONDAY)))
        digest = submitted.desk.digest(submitted.next_key)
        submitted.desk.do(submitted.next_week.submit(digest))
        before = _rows_of(submitted, submitted.next_key)
        submitted.reject()

        assert _rows_of(submitted, submitted.next_key) == before
        assert submitted.desk.load(submitted.next_key).state is State.SUBMITTED
        roland = Asking(submitted.org, submitted.org.duane, submitted.org.roland, NEXT_MONDAY)
        assert submitted.desk.do(roland.approve(digest)).snapshot.state is State.APPROVED
        assert submitted.state is State.REJECTED

    def test_a_decision_on_another_content_than_the_submitted_one_is_refused(self, submitted: Life) -> None:
        refusal = submitted.desk.refused(submitted.roland.approve("0" * 64))

        assert isinstance(refusal, Stale)
        assert refusal.data == {"state": "submitted", "digest": _digest(submitted)}

    def test_a_decision_on_a_submission_that_was_recalled_and_changed_is_refused(self, submitted: Life) -> None:
        shown = _digest(submitted)
        submitted.desk.do(submitted.because(submitted.duane, "Forgot Tuesday.").move(CommandKind.RECALL))
        submitted.record("18:00", "19:00")
        submitted.submit()

        assert isinstance(submitted.desk.refused(submitted.roland.approve(shown)), Stale)

    def test_every_revision_is_decided_anew_and_the_old_decision_stands_in_the_record(self, submitted: Life) -> None:
        submitted.reject()
        submitted.revise()
        submitted.submit()
        submitted.approve()

        assert [decision.decision for decision in _decisions(submitted)] == ["reject", "approve"]

    def test_an_approval_fixes_when_the_sheet_locks(self, submitted: Life) -> None:
        """Twenty-one days after the period, but never sooner than a day after the approval."""
        outcome = submitted.approve()

        approved_at = _decisions(submitted)[0].decided_at
        after_the_period = at(MONDAY + timedelta(days=7 + 21), "00:00")
        assert outcome.snapshot.lock_at == max(after_the_period, approved_at + timedelta(days=1))

    def test_a_sheet_long_past_locks_a_day_after_its_approval(self, life: Life) -> None:
        long_ago = date(2020, 1, 6)
        duane = Asking(life.org, life.org.duane, life.org.duane, day=long_ago)
        roland = Asking(life.org, life.org.duane, life.org.roland, day=long_ago)
        key = life.org.key(life.org.duane, long_ago)
        life.desk.do(duane.record(worked("09:00", "17:00", day=long_ago)))
        life.desk.do(duane.submit(life.desk.digest(key)))
        outcome = life.desk.do(roland.approve(life.desk.digest(key)))

        assert outcome.snapshot.lock_at == _decisions(life)[0].decided_at + timedelta(days=1)


class TestWhoDecides:
    """The supervisor, or an administrator on their behalf; nobody on their own time."""

    @pytest.mark.parametrize("kind", [CommandKind.APPROVE, CommandKind.REJECT])
    def test_nobody_decides_on_their_own_time(self, submitted: Life, kind: CommandKind) -> None:
        assert _is(OwnTime, _decide(submitted, submitted.because(submitted.duane, "Mine."), kind))

    @pytest.mark.parametrize("kind", [CommandKind.APPROVE, CommandKind.REJECT])
    def test_nobody_decides_on_their_own_time_as_an_administrator(
        self, submitted: Life, owner_engine: Engine, kind: CommandKind
    ) -> None:
        give_role(owner_engine, submitted.org, submitted.org.duane, "administrator")
        give_role(owner_engine, submitted.org, submitted.org.duane, "supervisor")
        change_person(owner_engine, submitted.org.duane, supervisor_id=None)

        assert _is(OwnTime, _decide(submitted, submitted.because(submitted.duane, "Mine."), kind))

    def test_nobody_decides_on_their_own_time_in_the_name_of_their_supervisor(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, submitted.org, submitted.org.duane, "administrator")
        himself = Asking(
            submitted.org,
            submitted.org.duane,
            submitted.org.duane,
            on_behalf_of=submitted.org.roland,
            reason="Mine.",
        )

        assert _is(OwnTime, submitted.desk.refused(himself.approve(_digest(submitted))))

    def test_nobody_decides_in_the_name_of_the_owner(self, submitted: Life) -> None:
        in_his_name = submitted.suzanne_for(submitted.org.duane)

        assert _is(OwnTime, submitted.desk.refused(in_his_name.approve(_digest(submitted))))

    @pytest.mark.parametrize("somebody", ["alex", "suzanne", "diana", "max"])
    def test_nobody_but_the_approver_decides_in_their_own_right(self, submitted: Life, somebody: str) -> None:
        stranger = Asking(submitted.org, submitted.org.duane, getattr(submitted.org, somebody))

        assert _is(NotYours, submitted.desk.refused(stranger.approve(_digest(submitted))))

    def test_an_approver_of_another_organisation_decides_nothing(self, submitted: Life, owner_engine: Engine) -> None:
        elsewhere = make_organisation(owner_engine)
        stranger = Asking(submitted.org, submitted.org.duane, elsewhere.roland)

        assert _is(NotYours, submitted.desk.refused(stranger.approve(_digest(submitted))))

    def test_a_deactivated_approver_is_skipped(self, submitted: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, submitted.org.roland, active=False)

        assert _is(NotYours, submitted.desk.refused(submitted.roland.approve(_digest(submitted))))
        alex = Asking(submitted.org, submitted.org.duane, submitted.org.alex)
        assert submitted.desk.do(alex.approve(_digest(submitted))).snapshot.state is State.APPROVED
        assert _decisions(submitted)[0].approver_id == submitted.org.alex

    def test_who_is_no_supervisor_any_more_decides_nothing(self, submitted: Life, owner_engine: Engine) -> None:
        take_role(owner_engine, submitted.org.roland, "supervisor")

        assert _is(NotYours, submitted.desk.refused(submitted.roland.approve(_digest(submitted))))

    def test_the_approver_when_the_decision_is_made_decides_not_the_one_when_it_was_submitted(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, submitted.org.duane, supervisor_id=submitted.org.alex)

        assert _is(NotYours, submitted.desk.refused(submitted.roland.approve(_digest(submitted))))
        alex = Asking(submitted.org, submitted.org.duane, submitted.org.alex)
        assert submitted.desk.do(alex.approve(_digest(submitted))).snapshot.state is State.APPROVED

    def test_the_time_of_somebody_without_a_supervisor_is_the_administrators_to_decide(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, submitted.org.duane, supervisor_id=None)

        assert _is(NotYours, submitted.desk.refused(submitted.roland.approve(_digest(submitted))))
        submitted.desk.do(submitted.suzanne.approve(_digest(submitted)))
        (decision,) = _decisions(submitted)
        assert decision.decided_by_id == decision.responsible_id == submitted.org.suzanne
        assert (decision.decided_as, decision.approver_id) == ("administrator", None)

    def test_two_who_supervise_each_other_decide_on_each_other_and_never_on_themselves(
        self, life: Life, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, life.org.alex, supervisor_id=life.org.roland)
        roland = Asking(life.org, life.org.roland, life.org.roland)
        life.desk.do(roland.record(worked("09:00", "17:00")))
        digest = life.desk.digest(life.org.key(life.org.roland))
        life.desk.do(roland.submit(digest))

        assert _is(OwnTime, life.desk.refused(roland.approve(digest)))
        alex = Asking(life.org, life.org.roland, life.org.alex)
        assert life.desk.do(alex.approve(digest)).snapshot.state is State.APPROVED


class TestOnBehalf:
    """An administrator decides in the approver's place, once, with a reason; both are named."""

    def test_an_administrator_approves_on_behalf_of_the_supervisor(self, submitted: Life) -> None:
        suzanne = submitted.suzanne_for(submitted.org.roland, "Roland is away.")
        submitted.desk.do(suzanne.approve(_digest(submitted)))

        (decision,) = _decisions(submitted)
        assert decision.decided_by_id == submitted.org.suzanne
        assert decision.responsible_id == decision.approver_id == submitted.org.roland
        assert decision.decided_as == "administrator"
        assert decision.reason == "Roland is away."

    def test_an_approval_on_behalf_needs_a_reason(self, submitted: Life) -> None:
        silent = submitted.suzanne_for(submitted.org.roland, reason=None)

        assert _is(ReasonRequired, submitted.desk.refused(silent.approve(_digest(submitted))))

    def test_a_decision_on_behalf_of_somebody_who_is_not_the_approver_is_refused(self, submitted: Life) -> None:
        for somebody in (submitted.org.alex, submitted.org.max, submitted.org.diana):
            asking = submitted.suzanne_for(somebody)
            assert _is(NotYours, submitted.desk.refused(asking.approve(_digest(submitted))))

    def test_a_decision_on_behalf_of_a_deactivated_approver_is_refused(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, submitted.org.roland, active=False)
        suzanne = submitted.suzanne_for(submitted.org.roland)

        assert _is(NotYours, submitted.desk.refused(suzanne.approve(_digest(submitted))))

    def test_a_supervisor_decides_on_nobodys_behalf(self, submitted: Life) -> None:
        alex = Asking(
            submitted.org,
            submitted.org.duane,
            submitted.org.alex,
            on_behalf_of=submitted.org.roland,
            reason="Roland is away.",
        )

        assert _is(NotYours, submitted.desk.refused(alex.approve(_digest(submitted))))

    def test_the_approver_does_not_decide_on_their_own_behalf(self, submitted: Life, owner_engine: Engine) -> None:
        give_role(owner_engine, submitted.org, submitted.org.roland, "administrator")
        roland = Asking(
            submitted.org,
            submitted.org.duane,
            submitted.org.roland,
            on_behalf_of=submitted.org.roland,
            reason="Me.",
        )

        assert _is(NotYours, submitted.desk.refused(roland.approve(_digest(submitted))))

    def test_without_an_approver_nobody_can_be_stood_in_for(self, submitted: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, submitted.org.duane, supervisor_id=None)
        suzanne = submitted.suzanne_for(submitted.org.roland)

        assert _is(NotYours, submitted.desk.refused(suzanne.approve(_digest(submitted))))


class TestAtOnce:
    """Two at once: exactly one wins."""

    def test_of_two_opposite_decisions_at_once_exactly_one_is_made(
        self, submitted: Life, own_desk: Desk, race: Racers
    ) -> None:
        approving = submitted.roland.approve(_digest(submitted))
        rejecting = submitted.suzanne_for(submitted.org.roland).reject(_digest(submitted))
        submitted.desk.ask(approving)
        submitted.desk.ask(rejecting)

        first, second = race(lambda: own_desk.apply(approving), lambda: submitted.desk.apply(rejecting))

        assert first.result().snapshot.state is State.APPROVED
        assert "This timesheet is approved" in str(second.exception())
        assert [decision.decision for decision in _decisions(submitted)] == ["approve"]

    def test_a_recall_and_a_decision_at_once_leave_one_of_them(
        self, submitted: Life, own_desk: Desk, race: Racers
    ) -> None:
        recalling = submitted.because(submitted.duane, "Forgot Tuesday.").move(CommandKind.RECALL)
        approving = submitted.roland.approve(_digest(submitted))
        submitted.desk.ask(recalling)
        submitted.desk.ask(approving)

        first, second = race(lambda: own_desk.apply(recalling), lambda: submitted.desk.apply(approving))

        assert first.result().snapshot.state is State.DRAFT
        assert "This timesheet is draft" in str(second.exception())
        assert _decisions(submitted) == []

    def test_the_database_itself_keeps_a_second_decision_out(self, submitted: Life, owner_engine: Engine) -> None:
        submitted.approve()
        again = text(
            "INSERT INTO decision (id, tenant_id, timesheet_id, submission_id, decision, digest,"
            " decided_by_id, decided_as, responsible_id, reason)"
            " SELECT gen_random_uuid(), tenant_id, timesheet_id, submission_id, 'reject', digest,"
            " decided_by_id, decided_as, responsible_id, 'no' FROM decision WHERE tenant_id = :t"
        )
        with pytest.raises(Exception, match="uq_decision_submission_id"), owner_engine.begin() as connection:
            connection.execute(again, {"t": submitted.org.tenant_id})


class TestLocking:
    """The end of a sheet's life, and the way back."""

    def test_an_administrator_locks_and_unlocks_with_a_reason(self, life: Life) -> None:
        life.bring_to(State.APPROVED)
        for kind, after in ((CommandKind.LOCK, State.LOCKED), (CommandKind.UNLOCK, State.APPROVED)):
            assert _is(ReasonRequired, life.desk.refused(life.suzanne.move(kind)))
            outcome = life.desk.do(life.because(life.suzanne, "Payroll.").move(kind))
            assert outcome.snapshot.state is after
        assert outcome.snapshot.lock_at is not None

    @pytest.mark.parametrize("somebody", ["duane", "roland", "alex", "diana"])
    def test_nobody_but_an_administrator_locks(self, life: Life, somebody: str) -> None:
        life.bring_to(State.APPROVED)
        asking = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")

        assert _is(NotYours, life.desk.refused(asking.move(CommandKind.LOCK)))

    def test_the_schedule_locks_nothing_before_its_time(self, life: Life) -> None:
        life.bring_to(State.APPROVED)
        before = life.desk.contents(life.org.tenant_id)

        assert life.desk.lock_on_schedule(life.key).state is State.APPROVED
        assert life.desk.contents(life.org.tenant_id) == before

    def test_the_schedule_locks_a_sheet_whose_time_has_come(self, life: Life, owner_engine: Engine) -> None:
        life.bring_to(State.APPROVED)
        _make_due(life, owner_engine)

        assert life.desk.lock_on_schedule(life.key).state is State.LOCKED
        locked = life.desk.contents(life.org.tenant_id)
        assert life.desk.lock_on_schedule(life.key).state is State.LOCKED
        assert life.desk.contents(life.org.tenant_id) == locked

    def test_nobody_keeps_the_schedule_from_locking(self, life: Life, owner_engine: Engine) -> None:
        """Whoever asks chooses the id of their command, and so could use up one that follows from what they see."""
        life.bring_to(State.APPROVED)
        _make_due(life, owner_engine)
        (sheet,) = life.desk.rows(life.org.tenant_id, Timesheet)
        assert sheet.lock_at
        foreseen = uuid5(sheet.id, f"lock/{sheet.revision}/{sheet.lock_at.isoformat()}")
        life.desk.do(replace(life.next_week.note("This is mine."), id=foreseen))

        assert life.desk.lock_on_schedule(life.key).state is State.LOCKED

    @pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.REJECTED])
    def test_the_schedule_locks_only_what_is_approved(self, life: Life, state: State) -> None:
        life.bring_to(state)

        assert life.desk.lock_on_schedule(life.key).state is state

    def test_the_schedule_finds_nothing_to_lock_where_there_is_no_sheet(self, life: Life) -> None:
        assert not life.desk.lock_on_schedule(life.key).exists

    def test_a_lock_by_the_schedule_survives_a_crash_like_every_other_command(
        self, life: Life, own_desk: Desk, owner_engine: Engine, statements: list[str]
    ) -> None:
        """Asking may be lost in a crash, carrying out may not: the lock does both in one transaction."""
        life.bring_to(State.APPROVED)
        _make_due(life, owner_engine)
        statements.clear()
        own_desk.lock_on_schedule(life.key)

        assert statements
        assert not [statement for statement in statements if "synchronous_commit" in statement]

    def test_a_revision_of_a_locked_sheet_is_refused(self, life: Life) -> None:
        life.bring_to(State.LOCKED)
        refusal = life.desk.refused(life.because(life.duane, "Oh.").move(CommandKind.REVISE))

        assert isinstance(refusal, WrongState)
        assert refusal.data == {"state": "locked"}


def _decide(life: Life, asking: Asking, kind: CommandKind) -> DomainError:
    asked = asking.approve(_digest(life)) if kind is CommandKind.APPROVE else asking.reject(_digest(life))
    return life.desk.refused(asked)


def _is(error: type[DomainError], refusal: DomainError) -> bool:
    assert type(refusal) is error, repr(refusal)
    return True


def _rows_of(life: Life, key: SheetKey) -> list[str]:
    """Every row of every table that names a timesheet."""
    tables = life.desk.contents(life.org.tenant_id).values()
    return sorted(row for rows in tables for row in rows if str(key.timesheet_id) in row)


def _make_due(life: Life, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(
            update(Timesheet)
            .where(Timesheet.id == life.key.timesheet_id)
            .values(lock_at=at(MONDAY, "00:00") - timedelta(days=365))
        )
