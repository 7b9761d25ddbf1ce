"""What time does to a timesheet, in its transaction: reminders, nudges and escalations, each of them once."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.database import WriteSession, read_session
from models.rules.transitions import CommandKind, State
from models.store.directory import kept_person, replace_person
from models.store.people import load_circle
from models.tables.delivery import Notification, OutboxEvent
from models.tables.timesheet import Command
from tests.activities.administering import do, given
from tests.activities.conftest import Racers
from tests.activities.waiting_for import asked, decisions, due_again, hours_pass, requests, sheet, told
from tests.desk import Desk, Life
from tests.factories import (
    MONDAY,
    Asking,
    agree,
    change_person,
    change_policy,
    hire,
    take_role,
    work_always,
    worked,
)

pytestmark = pytest.mark.usefixtures("sound")

NUDGED, ESCALATED = "nudge", "escalated"


@pytest.fixture(autouse=True)
def office_hours(life: Life, owner_engine: Engine) -> None:
    """Every hour counts; a nudge after 16 hours, an escalation after 40."""
    work_always(owner_engine, life.org)


@pytest.fixture
def submitted(life: Life) -> Life:
    """Duane's week, submitted just now."""
    life.bring_to(State.SUBMITTED)
    return life


def _act(life: Life, hours: float = 0) -> State:
    hours_pass(life, hours)
    return life.desk.act_on_time(life.key).state


def _escalations(life: Life) -> list[Command]:
    rows = life.desk.rows(life.org.tenant_id, Command)
    return [row for row in rows if row.kind == CommandKind.ESCALATE]


def _change(life: Life, person_id: UUID, **values: Any) -> None:
    """As an administrator does."""

    def change(session: WriteSession) -> None:
        kept = kept_person(session, person_id)
        replace_person(session, given(life), person_id, kept.version, replace(kept.content, **values))

    do(life, change)


class TestNudging:
    """Whoever it waits for is told once more."""

    def test_nothing_happens_before_its_time(self, submitted: Life) -> None:
        before = submitted.desk.contents(submitted.org.tenant_id)
        assert _act(submitted) is State.SUBMITTED
        assert submitted.desk.contents(submitted.org.tenant_id) == before

        _act(submitted, 15)
        assert told(submitted, NUDGED) == []

    def test_whoever_is_asked_is_nudged_once_however_often_it_is_tried(self, submitted: Life) -> None:
        _act(submitted, 17)
        _act(submitted)
        due_again(submitted)
        _act(submitted)
        _act(submitted, 2)

        assert told(submitted, NUDGED) == [("Roland Fuller", NUDGED)]

    def test_it_is_noted_when_there_is_more_to_do(self, submitted: Life) -> None:
        first = sheet(submitted).due_at
        _act(submitted, 17)
        second = sheet(submitted).due_at

        assert first
        assert second
        # The clock stands still for a second at each midnight.
        assert timedelta(hours=24) <= second - (first - timedelta(hours=17)) < timedelta(hours=24, minutes=1)

    def test_two_workers_at_once_nudge_once(self, submitted: Life, own_desk: Desk, race: Racers) -> None:
        hours_pass(submitted, 17)
        key = submitted.key

        first, second = race(partial(own_desk.act_on_time, key), partial(submitted.desk.act_on_time, key))  # type: ignore[arg-type]

        assert first.result() == second.result()
        assert told(submitted, NUDGED) == [("Roland Fuller", NUDGED)]

    def test_what_was_decided_meanwhile_is_left_alone(self, submitted: Life) -> None:
        hours_pass(submitted, 17)
        submitted.approve()
        before = submitted.desk.contents(submitted.org.tenant_id)

        assert _act(submitted) is State.APPROVED
        assert submitted.desk.contents(submitted.org.tenant_id) == before
        assert sheet(submitted).due_at is None

    def test_what_is_submitted_anew_is_nudged_anew(self, submitted: Life) -> None:
        _act(submitted, 17)
        submitted.desk.do(submitted.because(submitted.duane, "Forgot Tuesday.").move(CommandKind.RECALL))
        submitted.submit()
        _act(submitted, 17)

        assert told(submitted, NUDGED) == [("Roland Fuller", NUDGED)] * 2

    def test_without_an_approver_the_administrators_are_nudged(self, submitted: Life) -> None:
        _change(submitted, submitted.org.duane, supervisor_id=None)
        _act(submitted, 17)

        assert told(submitted, NUDGED) == [("Suzanne Modeski", NUDGED)]


class TestEscalating:
    """When nobody decides, one more is asked, and then one more."""

    def test_the_supervisors_supervisor_is_asked_as_well_then_the_administrators_then_nobody(
        self, submitted: Life
    ) -> None:
        org = submitted.org
        assert asked(submitted) == [org.roland]
        _act(submitted, 41)
        assert asked(submitted) == [org.roland, org.alex]
        _act(submitted, 40)
        assert asked(submitted) == [org.roland, org.alex, None]
        assert sheet(submitted).due_at is None
        due_again(submitted)
        _act(submitted, 400)

        assert asked(submitted) == [org.roland, org.alex, None]
        assert told(submitted, ESCALATED) == [("Alex Krycek", ESCALATED), ("Suzanne Modeski", ESCALATED)]
        assert sheet(submitted).escalations == len(_escalations(submitted)) == 2

    def test_it_is_a_command_of_nobody_that_is_announced(self, submitted: Life) -> None:
        _act(submitted, 41)

        (command,) = _escalations(submitted)
        assert (command.actor_id, command.reason) == (None, "Nobody decided in time.")
        assert command.completed_at
        (event,) = _events(submitted)
        assert event.data["to"] == [str(submitted.org.alex)]

    def test_trying_it_again_changes_nothing_more(self, submitted: Life) -> None:
        _act(submitted, 41)
        before = submitted.desk.contents(submitted.org.tenant_id)
        _act(submitted)
        assert submitted.desk.contents(submitted.org.tenant_id) == before

        due_again(submitted)
        _act(submitted)
        assert sheet(submitted).escalations == 1
        assert told(submitted, ESCALATED) == [("Alex Krycek", ESCALATED)]

    def test_what_nobody_saw_to_for_weeks_asks_everybody_and_nobody_twice(self, submitted: Life) -> None:
        """Two steps at a time; after the administrators there is nobody to ask."""
        _change(submitted, submitted.org.roland, supervisor_id=None)
        _act(submitted, 1000)

        assert asked(submitted) == [submitted.org.roland, None]
        assert [event.data["to"] for event in _events(submitted)] == [[None]]

    def test_a_long_hierarchy_is_caught_up_with_step_by_step(self, submitted: Life, owner_engine: Engine) -> None:
        above = hire(owner_engine, submitted.org, "The Boss", "supervisor")
        _change(submitted, submitted.org.alex, supervisor_id=above)
        _act(submitted, 1000)
        assert sheet(submitted).escalations == 2
        due_at = sheet(submitted).due_at
        assert due_at
        assert due_at < (sheet(submitted).reminded_until or due_at)
        _act(submitted)

        assert asked(submitted) == [submitted.org.roland, submitted.org.alex, above, None]

    @pytest.mark.parametrize("somebody", ["roland", "alex"])
    def test_whoever_is_asked_may_decide_in_their_own_right(self, submitted: Life, somebody: str) -> None:
        _act(submitted, 41)
        decider = Asking(submitted.org, submitted.org.duane, getattr(submitted.org, somebody))
        outcome = submitted.desk.do(decider.approve(submitted.desk.digest(submitted.key)))

        assert outcome.snapshot.state is State.APPROVED
        (decision,) = decisions(submitted)
        assert decision.decided_by_id == decision.responsible_id == decider.actor
        assert (decision.decided_as, decision.approver_id) == ("supervisor", submitted.org.roland)
        assert requests(submitted) == []

    def test_an_administrator_who_is_asked_decides_in_their_own_right(self, submitted: Life) -> None:
        _act(submitted, 41)
        _act(submitted, 41)
        submitted.desk.do(submitted.suzanne.approve(submitted.desk.digest(submitted.key)))

        (decision,) = decisions(submitted)
        assert (decision.responsible_id, decision.decided_as) == (submitted.org.suzanne, "administrator")

    def test_whoever_is_asked_sees_the_owners_time_and_only_while_they_are(self, submitted: Life) -> None:
        assert "asked" not in _relations(submitted, submitted.org.alex)
        _act(submitted, 41)
        assert "asked" in _relations(submitted, submitted.org.alex)
        submitted.approve()
        assert "asked" not in _relations(submitted, submitted.org.alex)

    def test_an_escalation_of_one_week_says_nothing_of_another(self, submitted: Life) -> None:
        org = submitted.org
        digest = _submit_next_week(submitted)
        _act(submitted, 41)
        alex = Asking(org, org.duane, org.alex, MONDAY + timedelta(days=7))

        submitted.desk.refused(alex.approve(digest))
        submitted.desk.act_on_time(submitted.next_key)  # its time has come as well

    def test_recalled_and_submitted_again_it_begins_with_the_first_approver(self, submitted: Life) -> None:
        _act(submitted, 41)
        submitted.desk.do(submitted.because(submitted.duane, "Forgot Tuesday.").move(CommandKind.RECALL))
        assert requests(submitted) == []
        submitted.submit()

        assert asked(submitted) == [submitted.org.roland]
        assert sheet(submitted).escalations == 0
        submitted.desk.refused(
            Asking(submitted.org, submitted.org.duane, submitted.org.alex).approve(submitted.desk.digest(submitted.key))
        )

    def test_an_administrator_who_is_the_owner_is_not_asked(self, life: Life) -> None:
        org = life.org
        week = Asking(org, org.suzanne, org.suzanne)
        key = org.key(org.suzanne)
        life.desk.do(week.record(worked("09:00", "17:00")))
        life.desk.do(week.submit(life.desk.digest(key)))
        _change(life, org.suzanne, supervisor_id=None)

        life.desk.refused(week.approve(life.desk.digest(key)))
        assert ("Suzanne Modeski", "waiting") not in told(life)

    def test_an_organisation_that_wants_no_escalation_has_none(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, escalate_after_hours=None)
        life.bring_to(State.SUBMITTED)
        _act(life, 1000)

        assert asked(life) == [life.org.roland]
        assert sheet(life).due_at is None

    def test_a_policy_made_stricter_after_the_nudge_still_escalates(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        _act(submitted, 17)
        change_policy(owner_engine, submitted.org, escalate_after_hours=4)
        _act(submitted, 25)

        assert sheet(submitted).escalations > 0


class TestTheHierarchyMeanwhile:
    """It is looked up again when it changes, however far the escalations are."""

    def test_whoever_is_put_in_between_is_asked_instead(self, submitted: Life) -> None:
        _act(submitted, 41)
        _change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)

        assert asked(submitted) == [submitted.org.alex, None]

    @pytest.mark.parametrize("times", [1, 2])
    def test_whoever_leaves_far_above_is_asked_no_more(self, submitted: Life, owner_engine: Engine, times: int) -> None:
        boss = hire(owner_engine, submitted.org, "The Boss", "supervisor")
        _change(submitted, submitted.org.alex, supervisor_id=boss)
        for _ in range(times):
            _act(submitted, 41)
        _change(submitted, submitted.org.alex, active=False)

        assert asked(submitted) == [submitted.org.roland, boss, None][: times + 1]

    def test_whoever_comes_far_above_is_asked_from_now_on(self, submitted: Life, owner_engine: Engine) -> None:
        _act(submitted, 41)
        _act(submitted, 41)
        boss = hire(owner_engine, submitted.org, "The Boss", "supervisor")
        _change(submitted, submitted.org.alex, supervisor_id=boss)
        assert asked(submitted) == [submitted.org.roland, submitted.org.alex, boss]
        _act(submitted, 0)  # it is due at once, to see whether there is somebody left
        _act(submitted, 41)

        assert asked(submitted) == [submitted.org.roland, submitted.org.alex, boss, None]

    def test_the_first_approver_is_gone_before_it_escalates(self, submitted: Life) -> None:
        _change(submitted, submitted.org.roland, active=False)
        assert asked(submitted) == [submitted.org.alex]
        _act(submitted, 41)

        assert asked(submitted) == [submitted.org.alex, None]


class TestRemindingTheOwner:
    """Only who owes something is reminded of it, and once."""

    @pytest.fixture
    def opened(self, life: Life, owner_engine: Engine) -> Life:
        """A week of long ago, of which only the Monday is recorded; it was to be worked by agreement."""
        agree(owner_engine, life.org, life.org.duane, date(2020, 1, 1), date(2020, 12, 31))
        life.desk.do(_long_ago(life).record(worked("09:00", "17:00", LONG_AGO)))
        return life

    def test_each_day_without_an_entry_is_asked_for_once(self, opened: Life) -> None:
        due_again(opened)
        _act_long_ago(opened)
        due_again(opened)
        _act_long_ago(opened)

        assert _days_asked_for(opened) == ["2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10"]

    def test_days_before_it_was_opened_are_not_asked_for(self, opened: Life) -> None:
        _act_long_ago(opened, 500)

        assert _days_asked_for(opened) == []

    def test_the_owner_is_reminded_to_submit_and_then_the_supervisor_is_told(self, opened: Life) -> None:
        _act_long_ago(opened, 9)
        assert told(opened, *OWED) == [("Duane Barry", "submit_reminder")]
        _act_long_ago(opened, 9)
        due_again(opened)
        _act_long_ago(opened)

        assert told(opened, *OWED[1:]) == [("Duane Barry", "submit_reminder"), ("Roland Fuller", "not_submitted")]

    def test_a_day_that_was_recorded_meanwhile_is_not_asked_for(self, opened: Life) -> None:
        opened.desk.do(_long_ago(opened).record(worked("22:00", "30:00", LONG_AGO + timedelta(days=2))))
        due_again(opened)
        _act_long_ago(opened)

        assert _days_asked_for(opened) == ["2020-01-07", "2020-01-10"]  # the night shift reaches into Thursday

    def test_a_public_holiday_of_the_owner_is_not_asked_for(self, opened: Life) -> None:
        holy_week = date(2020, 4, 6)
        opened.desk.do(_long_ago(opened, holy_week).record(worked("09:00", "17:00", holy_week)))
        due_again(opened)
        opened.desk.act_on_time(opened.org.key(opened.org.duane, holy_week))

        assert _days_asked_for(opened) == ["2020-04-07", "2020-04-08", "2020-04-09"]
        _act_long_ago(opened)  # its time has come as well

    @pytest.mark.parametrize("change", ["inactive", "no worker any more"])
    def test_somebody_who_left_or_works_no_more_is_reminded_of_nothing(
        self, opened: Life, owner_engine: Engine, change: str
    ) -> None:
        if change == "inactive":
            change_person(owner_engine, opened.org.duane, active=False)
        else:
            take_role(owner_engine, opened.org.duane, "worker")
        due_again(opened)
        _act_long_ago(opened, 500)

        assert told(opened, *OWED) == []

    def test_a_week_without_entries_and_without_an_agreement_is_not_owed(self, life: Life) -> None:
        recorded = life.desk.do(_long_ago(life).record(worked("09:00", "17:00", LONG_AGO)))
        assert recorded.entry_id
        life.desk.do(_long_ago(life).remove(recorded.entry_id, 1))
        due_again(life)
        _act_long_ago(life, 500)

        assert told(life, *OWED) == []

    def test_a_week_that_was_submitted_is_not_asked_for(self, opened: Life) -> None:
        opened.desk.do(_long_ago(opened).submit(_digest_long_ago(opened)))
        _act_long_ago(opened, 500)

        assert told(opened, *OWED) == []

    def test_what_was_sent_back_is_asked_for_again_but_not_day_by_day(self, opened: Life) -> None:
        _act_long_ago(opened, 9)
        opened.desk.do(_long_ago(opened).submit(_digest_long_ago(opened)))
        roland = Asking(opened.org, opened.org.duane, opened.org.roland, LONG_AGO, reason="Wrong day.")
        opened.desk.do(roland.reject(_digest_long_ago(opened)))
        due_again(opened)
        _act_long_ago(opened, 9)

        assert told(opened, *OWED) == [("Duane Barry", "submit_reminder")] * 2

    def test_an_organisation_that_wants_no_reminders_sends_none(self, opened: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, opened.org, remind_to_record=False, submit_grace_hours=None)
        due_again(opened)
        _act_long_ago(opened, 500)

        assert told(opened, *OWED) == []


OWED = ("record_reminder", "submit_reminder", "not_submitted")
LONG_AGO = date(2020, 1, 6)


def _long_ago(life: Life, day: date = LONG_AGO) -> Asking:
    return Asking(life.org, life.org.duane, life.org.duane, day)


def _act_long_ago(life: Life, hours: float = 0) -> None:
    hours_pass(life, hours)
    life.desk.act_on_time(life.org.key(life.org.duane, LONG_AGO))


def _digest_long_ago(life: Life) -> str:
    return life.desk.digest(life.org.key(life.org.duane, LONG_AGO))


def _days_asked_for(life: Life) -> list[str]:
    rows = life.desk.rows(life.org.tenant_id, Notification)
    return sorted(day for row in rows if row.kind == "record_reminder" for day in row.data["days"])


def _events(life: Life) -> list[OutboxEvent]:
    rows = life.desk.rows(life.org.tenant_id, OutboxEvent)
    return [row for row in rows if row.type == "countersign.timesheet.escalated"]


def _submit_next_week(life: Life) -> str:
    monday = MONDAY + timedelta(days=7)
    life.desk.do(life.next_week.record(worked("09:00", "17:00", monday)))
    digest = life.desk.digest(life.next_key)
    life.desk.do(life.next_week.submit(digest))
    return digest


def _relations(life: Life, person_id: UUID) -> set[str]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        standing = load_circle(session, life.org.duane, person_id).standing(person_id)
    assert standing
    return {relation.value for relation in standing.relations}
