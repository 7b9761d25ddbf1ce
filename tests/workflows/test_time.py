"""What time does to a timesheet. Time is skipped, so the database (which has its own) is one of paper here."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.failures import passing, refusal, refused_by
from activities.names import APPLY_COMMAND, LOAD_SHEET, LOCK_ON_SCHEDULE
from embedded import program
from models.errors import NotYours
from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot, TimesheetStart
from models.payloads import data_converter
from models.rules.transitions import REVISING, CommandKind, State, next_state
from models.store.sheets import NO_SHEET
from tests.office import LONGEST_SECONDS
from tests.waiting import eventually_async
from workflows.options import sandboxed
from workflows.timesheet import CLOCKS_APART, UNOPENED_PATIENCE, TimesheetWorkflow

LOCK_AFTER = timedelta(days=21)
A_LITTLE = timedelta(seconds=10)
LONG = timedelta(days=100)

Run = WorkflowHandle[TimesheetWorkflow, None]


@dataclass
class Paper:
    """One timesheet, and what the activities of these names do to it and when."""

    env: WorkflowEnvironment
    sheet: SheetSnapshot = NO_SHEET
    key: SheetKey = field(default_factory=lambda: SheetKey(uuid4(), uuid4()))
    tried_to_lock: list[datetime] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What comes of the next attempts to lock: `not yet`, `fault`, and from then on it is locked."""

    @activity.defn(name=LOAD_SHEET)
    async def load_sheet(self, key: SheetKey) -> SheetSnapshot:
        assert key == self.key
        return self.sheet

    @activity.defn(name=APPLY_COMMAND)
    async def apply_command(self, ref: CommandRef) -> CommandOutcome:
        if ref.kind is CommandKind.AMEND:
            raise refusal(NotYours("Nobody may."))
        state = next_state(self.sheet.state, ref.kind)
        assert state is not None
        lock_at = await self.now() + LOCK_AFTER if state is State.APPROVED else None
        revision = self.sheet.revision + (1 if ref.kind in REVISING else 0)
        self.sheet = SheetSnapshot(True, state, revision, lock_at)
        return CommandOutcome(ref.command_id, ref.kind, self.sheet)

    @activity.defn(name=LOCK_ON_SCHEDULE)
    async def lock_on_schedule(self, key: SheetKey) -> SheetSnapshot:
        assert key == self.key
        self.tried_to_lock.append(await self.now())
        answer = self.answers.pop(0) if self.answers else "locked"
        if answer == "fault":
            raise passing("The database is away.")
        if answer == "locked":
            self.sheet = replace(self.sheet, state=State.LOCKED, lock_at=None)
        return self.sheet

    async def now(self) -> datetime:
        """The time in the world where it is skipped."""
        return await self.env.get_current_time()

    async def approved(self) -> datetime:
        """An approved timesheet, and when it locks."""
        lock_at = await self.now() + LOCK_AFTER
        self.sheet = SheetSnapshot(True, State.APPROVED, 1, lock_at)
        return lock_at

    async def begin(self) -> Run:
        """A run, waiting for what comes."""
        id_ = f"timesheet/{self.key.timesheet_id}"
        run = await self.env.client.start_workflow(
            TimesheetWorkflow.run, TimesheetStart(self.key), id=id_, task_queue=str(self.key.tenant_id)
        )

        async def knows() -> bool:
            return await run.query(TimesheetWorkflow.snapshot) == self.sheet

        await eventually_async(knows, "the run to read the timesheet")
        return run

    async def give(self, run: Run, kind: CommandKind) -> CommandOutcome:
        """A command of this kind."""
        ref = CommandRef(self.key, uuid4(), kind)
        return await run.execute_update(TimesheetWorkflow.carry_out, ref, id=str(ref.command_id))

    async def completed(self, run: Run) -> datetime:
        """Let time pass until the run has completed; when that was."""
        async with asyncio.timeout(LONGEST_SECONDS):
            await run.result()
        closed = (await run.describe()).close_time
        assert closed
        return closed


@pytest.fixture
async def paper() -> AsyncIterator[Paper]:
    """A world of its own, because skipped time is skipped for everybody in it."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program("temporal-test-server")), data_converter=data_converter("")
    ) as env:
        paper = Paper(env)
        async with Worker(
            env.client,
            task_queue=str(paper.key.tenant_id),
            workflows=[TimesheetWorkflow],
            activities=[paper.load_sheet, paper.apply_command, paper.lock_on_schedule],
            workflow_runner=sandboxed(),
        ):
            yield paper


async def test_an_approved_timesheet_locks_when_its_time_has_come_and_the_run_completes(paper: Paper) -> None:
    lock_at = await paper.approved()
    run = await paper.begin()
    closed = await paper.completed(run)

    (tried,) = paper.tried_to_lock
    assert lock_at <= tried < lock_at + A_LITTLE
    assert lock_at <= closed < lock_at + A_LITTLE
    assert paper.sheet.state is State.LOCKED


async def test_nothing_is_locked_before_its_time(paper: Paper) -> None:
    await paper.approved()
    run = await paper.begin()
    await paper.env.sleep(LOCK_AFTER - A_LITTLE)

    assert paper.tried_to_lock == []
    assert (await paper.give(run, CommandKind.REVISE)).snapshot.state is State.DRAFT


async def test_when_the_database_says_not_yet_it_is_asked_again_a_little_later(paper: Paper) -> None:
    paper.answers = ["not yet", "not yet"]
    lock_at = await paper.approved()
    await paper.completed(await paper.begin())

    first, second, third = paper.tried_to_lock
    assert first >= lock_at
    assert CLOCKS_APART <= second - first < CLOCKS_APART + A_LITTLE
    assert CLOCKS_APART <= third - second < CLOCKS_APART + A_LITTLE


async def test_a_database_that_is_away_when_the_time_has_come_is_tried_until_it_is_back(paper: Paper) -> None:
    paper.answers = ["fault"] * 5
    await paper.approved()
    await paper.completed(await paper.begin())

    assert len(paper.tried_to_lock) == 6
    assert paper.sheet.state is State.LOCKED


async def test_a_revision_cancels_the_deadline(paper: Paper) -> None:
    await paper.approved()
    run = await paper.begin()
    await paper.give(run, CommandKind.REVISE)
    await paper.env.sleep(LONG)

    assert paper.tried_to_lock == []
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_new_approval_sets_a_new_deadline(paper: Paper) -> None:
    first = await paper.approved()
    run = await paper.begin()
    await paper.env.sleep(timedelta(days=7))
    for kind in (CommandKind.REVISE, CommandKind.SUBMIT, CommandKind.APPROVE):
        await paper.give(run, kind)
    lock_at = paper.sheet.lock_at
    assert lock_at
    await paper.completed(run)

    (tried,) = paper.tried_to_lock
    assert first < lock_at <= tried < lock_at + A_LITTLE


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.REJECTED])
async def test_a_timesheet_without_a_deadline_waits_for_as_long_as_it_takes(paper: Paper, state: State) -> None:
    paper.sheet = SheetSnapshot(True, state, 1)
    run = await paper.begin()
    await paper.env.sleep(LONG)

    assert paper.tried_to_lock == []
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_run_of_a_timesheet_that_nobody_opens_ends_after_a_while(paper: Paper) -> None:
    began = await paper.now()
    run = await paper.begin()
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await paper.give(run, CommandKind.AMEND)
    assert isinstance(refused_by(refused.value.cause), NotYours)

    closed = await paper.completed(run)
    assert UNOPENED_PATIENCE <= closed - began < UNOPENED_PATIENCE + A_LITTLE


async def test_a_run_of_a_timesheet_that_was_opened_late_goes_on(paper: Paper) -> None:
    run = await paper.begin()
    await paper.env.sleep(UNOPENED_PATIENCE - A_LITTLE)
    await paper.give(run, CommandKind.RECORD)
    await paper.env.sleep(LONG)

    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await paper.give(run, CommandKind.SUBMIT)).snapshot.state is State.SUBMITTED
