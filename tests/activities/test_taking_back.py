"""Taking an approval back: by whoever made it or answers for it, with a reason, while it is not locked."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.commands import Asked
from models.errors import NotYours, OwnTime, ReasonRequired, WrongState
from models.rules.standing_in import Deputy
from models.rules.transitions import CommandKind, State
from models.tables.delivery import OutboxEvent
from models.tables.provenance import LedgerStatement
from tests.activities.conftest import Racers
from tests.activities.waiting_for import asked, decisions, due_again, grant, hours_pass, requests, sheet, told
from tests.desk import Desk, Life
from tests.factories import Asking, change_person, give_role, hire, make_organisation, take_role, work_always, worked

pytestmark = pytest.mark.usefixtures("sound")

WHY = "I looked at the wrong week."


@pytest.fixture
def approved(life: Life) -> Life:
    """Duane's week, approved by Roland."""
    life.bring_to(State.APPROVED)
    return life


def take_back(life: Life, by: UUID, reason: str | None = WHY, on_behalf_of: UUID | None = None) -> Asked:
    """Somebody takes the approval of Duane's week back."""
    asking = Asking(life.org, life.org.duane, by, on_behalf_of=on_behalf_of, reason=reason)
    return asking.move(CommandKind.TAKE_BACK)


def _deputy(person_id: UUID, first: int = -1, last: int = 1) -> Deputy:
    today = date.today()  # noqa: DTZ011 - with a day around it, it is every zone's
    return Deputy(uuid4(), person_id, "", today + timedelta(days=first), today + timedelta(days=last))


class TestWhatItDoes:
    """It waits for a decision again, as it was certified."""

    def test_it_is_submitted_again_and_waits_for_the_approver(self, approved: Life) -> None:
        before = sheet(approved)
        outcome = approved.desk.do(take_back(approved, approved.org.roland))

        after = sheet(approved)
        assert outcome.snapshot.state is State.SUBMITTED
        assert asked(approved) == [approved.org.roland]
        assert (after.lock_at, after.decision_id) == (None, None)
        assert (after.submission_id, after.revision, after.stage) == (before.submission_id, 1, "supervisor")
        assert after.submitted_at
        assert after.state_since > before.state_since
        assert after.due_at
        assert after.due_at > after.state_since

    def test_it_is_a_decision_of_its_own_after_the_approval(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))

        first, second = decisions(approved)
        assert [(each.number, each.decision) for each in (first, second)] == [(1, "approve"), (2, "take_back")]
        assert (second.reason, second.submission_id, second.digest) == (WHY, first.submission_id, first.digest)
        assert second.decided_by_id == second.responsible_id == approved.org.roland
        assert (second.decided_as, second.stage, second.delegation_id) == ("supervisor", "supervisor", None)

    def test_it_can_be_approved_again_and_taken_back_again(self, approved: Life) -> None:
        for _ in range(2):
            approved.desk.do(take_back(approved, approved.org.roland))
            approved.approve()

        assert [each.decision for each in decisions(approved)] == ["approve", "take_back"] * 2 + ["approve"]
        assert [each.number for each in decisions(approved)] == [1, 2, 3, 4, 5]
        assert sheet(approved).decision_id == decisions(approved)[-1].id
        assert sheet(approved).lock_at

    def test_it_can_be_rejected_or_recalled_after_that(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))
        assert approved.reject().snapshot.state is State.REJECTED
        approved.revise()
        approved.submit()
        approved.approve()
        approved.desk.do(take_back(approved, approved.org.roland))
        approved.desk.do(approved.because(approved.duane, "Forgot Tuesday.").move(CommandKind.RECALL))

        assert approved.state is State.DRAFT
        assert requests(approved) == []

    def test_the_record_says_so_and_what_it_undoes(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))

        approve, undone = decisions(approved)
        said = [row.body for row in approved.desk.rows(approved.org.tenant_id, LedgerStatement)]
        about = [body for body in said if f"reject-{undone.id}" in str(body)]
        assert [body for body in about if WHY in str(body)]
        assert [body for body in about if f"approve-{approve.id}" in str(body)]
        assert [body for body in about if "SUPERVISOR" in str(body)]

    def test_the_owner_is_told_and_the_approver_that_it_waits(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))

        assert told(approved, "taken_back") == [("Duane Barry", "taken_back")]
        assert ("Roland Fuller", "waiting") in told(approved)

    def test_it_is_announced(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))

        types = [row.type for row in approved.desk.rows(approved.org.tenant_id, OutboxEvent)]
        assert types.count("countersign.timesheet.approval-taken-back") == 1

    def test_time_counts_anew_and_escalations_are_forgotten(self, life: Life, owner_engine: Engine) -> None:
        work_always(owner_engine, life.org)
        life.bring_to(State.SUBMITTED)
        hours_pass(life, 41)
        life.desk.act_on_time(life.key)
        life.approve()
        life.desk.do(take_back(life, life.org.roland))

        assert asked(life) == [life.org.roland]
        due_again(life)
        life.desk.act_on_time(life.key)
        assert asked(life) == [life.org.roland]

    def test_it_waits_for_whoever_is_the_approver_now(self, approved: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, approved.org.duane, supervisor_id=approved.org.alex)
        approved.desk.do(take_back(approved, approved.org.roland))

        assert asked(approved) == [approved.org.alex]

    def test_doing_it_again_with_the_same_key_is_doing_it_once(self, approved: Life) -> None:
        command = take_back(approved, approved.org.roland)
        first = approved.desk.do(command)

        assert approved.desk.apply(command) == replace(first, repeated=True)
        assert len(decisions(approved)) == 2


class TestWhoMay:
    """Who decided, who is responsible, who approves now, and administrators; nobody on their own time."""

    def test_whoever_decided_and_approves_no_more_may(self, approved: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, approved.org.duane, supervisor_id=approved.org.alex)
        take_role(owner_engine, approved.org.roland, "supervisor")
        approved.desk.do(take_back(approved, approved.org.roland))

        assert decisions(approved)[-1].decided_as == "supervisor"

    def test_the_present_approver_may(self, approved: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, approved.org.duane, supervisor_id=approved.org.alex)
        approved.desk.do(take_back(approved, approved.org.alex))

        assert decisions(approved)[-1].responsible_id == approved.org.alex

    def test_an_administrator_may_in_their_own_right(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.suzanne))

        last = decisions(approved)[-1]
        assert (last.decided_by_id, last.decided_as) == (approved.org.suzanne, "administrator")

    def test_an_administrator_may_on_behalf_of_the_approver(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.suzanne, on_behalf_of=approved.org.roland))

        last = decisions(approved)[-1]
        assert (last.decided_by_id, last.responsible_id) == (approved.org.suzanne, approved.org.roland)
        assert last.decided_as == "administrator"

    def test_an_administrator_who_decided_on_another_week_may_still(self, approved: Life) -> None:
        org = approved.org
        digest = _next_week(approved)
        day = approved.next_week.day
        approved.desk.do(Asking(org, org.duane, org.suzanne, day, org.roland, "He is away.").approve(digest))
        approved.desk.do(take_back(approved, org.suzanne))

        assert decisions(approved)[-1].decided_as == "administrator"

    def test_whoever_is_responsible_may_when_somebody_else_decided_for_them(
        self, life: Life, owner_engine: Engine
    ) -> None:
        life.bring_to(State.SUBMITTED)
        life.desk.do(life.suzanne_for(life.org.roland).approve(life.desk.digest(life.key)))
        change_person(owner_engine, life.org.duane, supervisor_id=life.org.alex)
        life.desk.do(take_back(life, life.org.roland))

        last = decisions(life)[-1]
        assert (last.responsible_id, last.decided_as) == (life.org.roland, "supervisor")

    def test_whoever_stands_in_for_the_approver_may_and_it_is_theirs(self, approved: Life) -> None:
        deputy = _deputy(approved.org.alex)
        grant(approved, deputy, approved.org.roland)
        approved.desk.do(take_back(approved, approved.org.alex))

        last = decisions(approved)[-1]
        assert (last.decided_by_id, last.responsible_id) == (approved.org.alex, approved.org.roland)
        assert (last.delegation_id, last.decided_as) == (deputy.delegation_id, "supervisor")

    def test_whoever_stood_in_may_take_back_what_they_approved_when_it_is_over(
        self, life: Life, owner_engine: Engine
    ) -> None:
        life.bring_to(State.SUBMITTED)
        delegation = grant(life, _deputy(life.org.alex), life.org.roland)
        life.desk.do(Asking(life.org, life.org.duane, life.org.alex).approve(life.desk.digest(life.key)))
        with owner_engine.begin() as connection:
            over = "UPDATE delegation SET revoked_at = now(), revoked_by_id = delegator_id, due_at = NULL WHERE id = %s"
            connection.exec_driver_sql(over, (delegation,))
        life.desk.do(take_back(life, life.org.alex))

        assert life.state is State.SUBMITTED

    def test_the_owner_may_not_under_any_hat(self, approved: Life, owner_engine: Engine) -> None:
        give_role(owner_engine, approved.org, approved.org.duane, "administrator")
        give_role(owner_engine, approved.org, approved.org.duane, "supervisor")

        assert isinstance(approved.desk.refused(take_back(approved, approved.org.duane)), OwnTime)
        for_roland = take_back(approved, approved.org.duane, on_behalf_of=approved.org.roland)
        assert isinstance(approved.desk.refused(for_roland), OwnTime)
        in_his_name = take_back(approved, approved.org.suzanne, on_behalf_of=approved.org.duane)
        assert isinstance(approved.desk.refused(in_his_name), OwnTime)

    @pytest.mark.parametrize("somebody", ["alex", "max", "diana"])
    def test_nobody_else_may(self, approved: Life, somebody: str) -> None:
        stranger = take_back(approved, getattr(approved.org, somebody))

        assert isinstance(approved.desk.refused(stranger), NotYours)

    def test_nobody_of_another_organisation_may(self, approved: Life, owner_engine: Engine) -> None:
        elsewhere = make_organisation(owner_engine)
        with pytest.raises(Exception):  # noqa: B017,PT011 - refused by the database before anything is asked
            approved.desk.do(take_back(approved, elsewhere.suzanne))
        assert approved.state is State.APPROVED

    def test_whoever_decided_on_another_week_may_not(self, approved: Life, owner_engine: Engine) -> None:
        """Alex has approved the next week; this one was Roland's."""
        digest = _next_week(approved)
        change_person(owner_engine, approved.org.duane, supervisor_id=approved.org.alex)
        day = approved.next_week.day
        approved.desk.do(Asking(approved.org, approved.org.duane, approved.org.alex, day).approve(digest))
        change_person(owner_engine, approved.org.duane, supervisor_id=approved.org.roland)

        assert isinstance(approved.desk.refused(take_back(approved, approved.org.alex)), NotYours)

    def test_whoever_stands_in_for_somebody_asked_about_another_week_may_not(
        self, approved: Life, owner_engine: Engine
    ) -> None:
        """Alex is asked about the next week since nobody decided; Max stands in for Alex, not for Roland."""
        work_always(owner_engine, approved.org)
        _next_week(approved)
        hours_pass(approved, 41)
        approved.desk.act_on_time(approved.next_key)
        grant(approved, _deputy(approved.org.max), approved.org.alex)

        assert isinstance(approved.desk.refused(take_back(approved, approved.org.max)), NotYours)

    def test_somebody_inactive_may_not(self, approved: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, approved.org.roland, active=False)

        assert isinstance(approved.desk.refused(take_back(approved, approved.org.roland)), NotYours)

    @pytest.mark.parametrize("reason", [None, ""])
    def test_it_needs_a_reason(self, approved: Life, reason: str | None) -> None:
        refusal = approved.desk.refused(take_back(approved, approved.org.roland, reason))

        assert isinstance(refusal, ReasonRequired)

    def test_a_new_administrator_may(self, approved: Life, owner_engine: Engine) -> None:
        byers = hire(owner_engine, approved.org, "John Byers", "administrator")

        assert approved.desk.do(take_back(approved, byers)).snapshot.state is State.SUBMITTED


class TestWhenItIsTooLate:
    """After the lock, the second time, or when there is nothing to take back."""

    def test_a_locked_week_stays_locked(self, life: Life) -> None:
        life.bring_to(State.LOCKED)

        refusal = life.desk.refused(take_back(life, life.org.roland))
        assert isinstance(refusal, WrongState)
        assert refusal.data == {"state": "locked"}

    def test_the_second_time_there_is_nothing_to_take_back(self, approved: Life) -> None:
        approved.desk.do(take_back(approved, approved.org.roland))

        assert isinstance(approved.desk.refused(take_back(approved, approved.org.roland)), WrongState)
        assert isinstance(approved.desk.refused(take_back(approved, approved.org.suzanne)), WrongState)

    def test_two_at_once_take_it_back_once(self, approved: Life, own_desk: Desk, race: Racers) -> None:
        first, second = take_back(approved, approved.org.roland), take_back(approved, approved.org.suzanne)
        approved.desk.ask(first)
        approved.desk.ask(second)
        done = race(lambda: own_desk.apply(first), lambda: approved.desk.apply(second))

        assert done[0].result().snapshot.state is State.SUBMITTED
        assert done[1].exception()
        assert [each.decision for each in decisions(approved)] == ["approve", "take_back"]

    def test_a_rejection_is_not_taken_back(self, life: Life) -> None:
        life.bring_to(State.REJECTED)

        assert isinstance(life.desk.refused(take_back(life, life.org.roland)), WrongState)


def _next_week(life: Life) -> str:
    """Duane's next week is submitted; its digest."""
    life.desk.do(life.next_week.record(worked("09:00", "17:00", life.next_week.day)))
    digest = life.desk.digest(life.next_key)
    life.desk.do(life.next_week.submit(digest))
    return digest
