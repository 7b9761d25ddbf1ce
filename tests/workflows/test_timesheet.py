"""The life of a timesheet as its workflow drives it, on the real servers."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from embedded import EmbeddedPostgres
from models.errors import KeyReused, NotYours, Stale, Withdrawn, WrongState
from models.messages import CommandOutcome
from models.rules.transitions import State
from models.tables.accruals import Accrual
from models.tables.timecard import TimeEntry, TimeEntryVersion
from models.tables.timesheet import Decision
from tests.desk import Life
from tests.factories import Asking, worked
from tests.office import Office, approve, bring_to, revise, submit, tell_the_story, unlock, working
from tests.waiting import eventually_async
from workflows.timesheet import TimesheetWorkflow


async def _expect_the_story_was_told(life: Life, office: Office, outcome: CommandOutcome) -> None:
    assert (outcome.snapshot.state, outcome.snapshot.revision) == (State.APPROVED, 3)
    assert await office.thinks(life.key) == life.desk.load(life.key) == outcome.snapshot
    decisions = life.desk.rows(life.org.tenant_id, Decision)
    assert sorted(decision.decision for decision in decisions) == ["approve", "approve", "reject"]
    balances = life.desk.rows(life.org.tenant_id, Accrual)
    assert [(accrual.total, accrual.balance) for accrual in balances] == [(21, 100_000 - 21)]


async def test_the_story_from_the_first_entry_to_an_approval_on_behalf(office: Office, life: Life) -> None:
    await _expect_the_story_was_told(life, office, await tell_the_story(life, office))


async def test_the_story_is_the_same_when_every_command_replays_the_whole_history(
    idle: Office, life: Life, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is kept in no memory is rebuilt from its history for each task: code that would not do the
    same again fails here."""
    monkeypatch.setattr("worker.Worker", partial(Worker, max_cached_workflows=0))
    async with working(idle.client, idle.task_queue, postgres.app_url()):
        outcome = await tell_the_story(life, idle)
        with pytest.raises(WrongState):
            await idle.give(life.duane.record(worked("18:00", "19:00")))

        await _expect_the_story_was_told(life, idle, outcome)


class TestRefusals:
    """What is not allowed leaves no trace, and never stands in the way of what is."""

    async def test_what_the_state_does_not_allow_writes_nothing_into_the_history(
        self, office: Office, life: Life
    ) -> None:
        await bring_to(life, office, State.SUBMITTED)
        before = await office.events(life.key)
        with pytest.raises(WrongState) as refused:
            await office.give(life.duane.record(worked("18:00", "19:00")))

        assert refused.value.data == {"state": "submitted"}
        assert "submitted" in refused.value.message
        assert await office.events(life.key) == before

    async def test_what_the_database_refuses_is_refused_with_its_reason_and_the_next_command_goes_on(
        self, office: Office, life: Life
    ) -> None:
        await bring_to(life, office, State.SUBMITTED)
        with pytest.raises(Stale) as stale:
            await office.give(life.roland.approve("0" * 64))
        with pytest.raises(NotYours):
            await office.give(Asking(life.org, life.org.duane, life.org.max).approve("0" * 64))

        assert stale.value.data == {"state": "submitted", "digest": life.desk.digest(life.key)}
        assert (await approve(life, office)).snapshot.state is State.APPROVED

    async def test_a_refused_first_command_opens_no_timesheet(self, office: Office, life: Life) -> None:
        stranger = Asking(life.org, life.org.duane, life.org.max, reason="Because.")
        with pytest.raises(NotYours):
            await office.give(stranger.record(worked("09:00", "10:00")))

        assert not life.desk.load(life.key).exists
        assert (await office.give(life.duane.record(worked("09:00", "10:00")))).entry_version == 1

    async def test_a_command_that_nobody_asked_is_refused(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.DRAFT)
        with pytest.raises(Withdrawn):
            await office.carry_out(life.duane.record(worked("18:00", "19:00")))

    async def test_a_plain_refusal_in_the_workflow_fails_the_command_and_not_the_timesheet(
        self, office: Office, life: Life, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A `DomainError` that nobody wrapped would otherwise stop every later command of this timesheet."""

        def unwrapped(_: object) -> None:
            raise NotYours("not wrapped")

        monkeypatch.setattr("activities.failures.refused_by", unwrapped)
        await bring_to(life, office, State.SUBMITTED)
        with pytest.raises(NotYours, match="not wrapped"):
            await office.give(life.roland.approve("0" * 64))

        assert (await approve(life, office)).snapshot.state is State.APPROVED


class TestOnce:
    """However often a command is sent, it happens once."""

    async def test_the_same_update_twice_has_one_outcome_and_one_effect(self, office: Office, life: Life) -> None:
        asked = life.duane.record(worked("09:00", "17:00"))

        assert await office.give(asked) == await office.give(asked)
        assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 1

    async def test_five_at_once_have_one_outcome_and_one_effect(self, office: Office, life: Life) -> None:
        asked = life.duane.record(worked("09:00", "17:00"))
        office.ask(asked)
        outcomes = await asyncio.gather(*(office.carry_out(asked) for _ in range(5)))

        assert len(set(outcomes)) == 1
        assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 1

    async def test_five_at_once_under_different_update_ids_have_one_effect(self, office: Office, life: Life) -> None:
        asked = life.duane.record(worked("09:00", "17:00"))
        office.ask(asked)
        outcomes = await asyncio.gather(*(office.carry_out(asked, f"{asked.id}/{n}") for n in range(5)))

        assert {replace(outcome, repeated=True) for outcome in outcomes} == {replace(outcomes[0], repeated=True)}
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 1

    async def test_a_stored_outcome_does_not_make_the_run_forget_what_happened_since(
        self, office: Office, life: Life
    ) -> None:
        """The outcome tells of a draft, but the timesheet has been submitted meanwhile."""
        first = life.duane.record(worked("09:00", "17:00"))
        recorded = await office.give(first)
        await submit(life, office)

        assert await office.carry_out(first, f"{first.id}/again") == replace(recorded, repeated=True)
        assert (await approve(life, office)).snapshot.state is State.APPROVED

    async def test_the_same_id_with_another_content_is_refused(self, office: Office, life: Life) -> None:
        asked = life.duane.record(worked("09:00", "17:00"))
        await office.give(asked)
        with pytest.raises(KeyReused):
            await office.give(replace(life.duane.record(worked("09:00", "18:00")), id=asked.id))

    async def test_of_two_decisions_at_once_one_is_made_and_the_other_is_told_the_state(
        self, office: Office, life: Life
    ) -> None:
        await bring_to(life, office, State.SUBMITTED)
        digest = life.desk.digest(life.key)
        decisions = life.roland.approve(digest), life.suzanne_for(life.org.roland).reject(digest)
        outcomes = await asyncio.gather(*map(office.give, decisions), return_exceptions=True)

        (made,) = [each for each in outcomes if isinstance(each, CommandOutcome)]
        (refused,) = [each for each in outcomes if isinstance(each, WrongState)]
        assert refused.data["state"] == made.snapshot.state == life.state
        assert len(life.desk.rows(life.org.tenant_id, Decision)) == 1

    async def test_of_two_decisions_that_both_were_in_time_the_later_never_reaches_the_database(
        self, idle: Office, life: Life, postgres: EmbeddedPostgres
    ) -> None:
        """They wait for a worker, so both are accepted in one go before either of them is made."""
        async with working(idle.client, idle.task_queue, postgres.app_url()):
            await bring_to(life, idle, State.SUBMITTED)
        digest = life.desk.digest(life.key)
        decisions = life.roland.approve(digest), life.suzanne_for(life.org.roland).reject(digest)
        waiting = [asyncio.create_task(idle.give(asked)) for asked in decisions]
        for asked in decisions:
            await eventually_async(partial(idle.has_arrived, asked), "the decision to arrive")
        async with working(idle.client, idle.task_queue, postgres.app_url()):
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            events = (await idle.handle(life.key).fetch_history()).events

        assert [type(each) for each in outcomes].count(WrongState) == 1
        assert len(life.desk.rows(life.org.tenant_id, Decision)) == 1
        accepted = [each for each in events if each.HasField("workflow_execution_update_accepted_event_attributes")]
        assert len(accepted) == 2 + len(decisions)
        assert [each for each in events if each.marker_recorded_event_attributes.HasField("failure")] == []

    async def test_many_entries_at_once_are_all_recorded_in_some_order(self, office: Office, life: Life) -> None:
        hours = [life.duane.record(worked(f"{hour:02}:00", f"{hour + 1:02}:00")) for hour in range(8, 18)]
        outcomes = await asyncio.gather(*(office.give(asked) for asked in hours))

        assert {outcome.entry_version for outcome in outcomes} == {1}
        assert len(life.desk.live(life.key)) == 10

    async def test_what_was_withdrawn_while_no_worker_was_there_does_not_happen_when_it_is_back(
        self, idle: Office, life: Life, postgres: EmbeddedPostgres
    ) -> None:
        asked = life.duane.record(worked("09:00", "17:00"))
        waiting = asyncio.create_task(idle.give(asked))
        await eventually_async(partial(idle.has_arrived, asked), "the command to arrive")
        waiting.cancel()
        assert life.desk.withdraw(asked) is None
        async with working(idle.client, idle.task_queue, postgres.app_url()):
            with pytest.raises(Withdrawn):
                await idle.carry_out(asked)

            assert life.desk.rows(life.org.tenant_id, TimeEntry) == []
            assert (await idle.give(asked, f"{asked.id}/again")).entry_version == 1


class TestRuns:
    """Runs end and begin anew; nobody who gives commands can tell."""

    async def test_the_run_completes_when_the_timesheet_is_locked(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.LOCKED)

        await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)

    async def test_unlocking_starts_the_next_run_by_the_same_call(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.LOCKED)
        await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)
        ended = await office.run_id(life.key)
        outcome = await unlock(life, office)

        assert outcome.snapshot.state is State.APPROVED
        assert outcome.snapshot.lock_at is not None
        assert await office.run_id(life.key) != ended
        await office.comes_to(life.key, WorkflowExecutionStatus.RUNNING)

    async def test_a_refused_command_on_a_locked_timesheet_leaves_no_run_behind(
        self, office: Office, life: Life
    ) -> None:
        await bring_to(life, office, State.LOCKED)
        await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)
        with pytest.raises(WrongState) as refused:
            await revise(life, office)

        assert refused.value.data == {"state": "locked"}
        await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)

    async def test_another_worker_goes_on_where_one_stopped(
        self, idle: Office, life: Life, postgres: EmbeddedPostgres
    ) -> None:
        for step in (State.DRAFT, State.SUBMITTED):
            async with working(idle.client, idle.task_queue, postgres.app_url()):
                if step is State.DRAFT:
                    await bring_to(life, idle, State.DRAFT)
                else:
                    assert (await submit(life, idle)).snapshot.state is State.SUBMITTED


class TestStale:
    """The database is the record: a run that thinks otherwise can be told to look again."""

    async def test_a_run_told_to_look_again_knows_the_present_state(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.DRAFT)
        life.submit()  # behind the back of the workflow
        with pytest.raises(WrongState) as refused:
            await approve(life, office)
        assert refused.value.data == {"state": "draft"}

        await office.handle(life.key).signal(TimesheetWorkflow.look_again)
        assert (await approve(life, office)).snapshot.state is State.APPROVED

    async def test_a_run_that_was_refused_by_the_database_reads_it_again(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.DRAFT)
        life.submit()
        with pytest.raises(WrongState) as refused:
            await office.give(life.duane.record(worked("18:00", "19:00")))

        assert refused.value.data == {"state": "submitted"}
        assert (await approve(life, office)).snapshot.state is State.APPROVED

    async def test_looking_again_is_harmless_at_any_time(self, office: Office, life: Life) -> None:
        await bring_to(life, office, State.DRAFT)
        for _ in range(3):
            await office.handle(life.key).signal(TimesheetWorkflow.look_again)

        assert (await submit(life, office)).snapshot.state is State.SUBMITTED
