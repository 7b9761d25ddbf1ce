"""What time does to a timesheet. Time is skipped, so the database (which has its own) is one of paper here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.failures import passing, refusal, refused_by
from activities.names import ACT_ON_TIME, APPLY_COMMAND, LOAD_SHEET, LOCK_ON_SCHEDULE
from embedded import program
from models.calendars import PublicHolidays
from models.errors import NotYours
from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot, TimesheetStart
from models.payloads import data_converter
from models.rules.deadlines import Deadline, Timed, TimeRules, What, due, next_due
from models.rules.periods import Period
from models.rules.transitions import REVISING, CommandKind, State, next_state
from models.rules.working_time import WorkingCalendar
from models.store.sheets import NO_SHEET
from tests.factories import LONDON
from tests.office import LONGEST_SECONDS
from tests.waiting import eventually_async
from workflows.options import sandboxed
from workflows.timesheet import CLOCKS_APART, UNOPENED_PATIENCE, TimesheetWorkflow

LOCK_AFTER = timedelta(days=21)
A_LITTLE = timedelta(seconds=10)
A_MINUTE = timedelta(minutes=1)
"""What a worker had in hand when it was replaced is given to the next one only some seconds later."""
LONG = timedelta(days=100)
ENGLAND = PublicHolidays("GB-ENG")

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
    acted: list[datetime] = field(default_factory=list)
    """When what time does was tried."""
    deadlines: list[datetime] = field(default_factory=list)
    """When time does something to the timesheet as it is; it is done once they have passed."""
    interrupted: int = 0
    """So often the activity is carried out, and its answer is lost."""

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
        waits = state is not State.APPROVED and self.deadlines
        self.sheet = SheetSnapshot(True, state, revision, lock_at, self.deadlines[0] if waits else None)
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

    @activity.defn(name=ACT_ON_TIME)
    async def act_on_time(self, key: SheetKey) -> SheetSnapshot:
        assert key == self.key
        now = await self.now()
        self.acted.append(now)
        self.deadlines = [each for each in self.deadlines if each > now]
        self.sheet = replace(self.sheet, due_at=self.deadlines[0] if self.deadlines else None)
        if self.interrupted:
            self.interrupted -= 1
            raise passing("The connection was lost after the commit.")
        return self.sheet

    async def waits_for(self, state: State, *after: timedelta) -> None:
        """A timesheet in this state to which time does something so long after now."""
        now = await self.now()
        self.deadlines = [now + each for each in after]
        self.sheet = SheetSnapshot(True, state, 1, None, self.deadlines[0])

    async def now(self) -> datetime:
        """The time in the world where it is skipped."""
        return await self.env.get_current_time()

    async def approved(self) -> datetime:
        """An approved timesheet, and when it locks."""
        lock_at = await self.now() + LOCK_AFTER
        self.sheet = SheetSnapshot(True, State.APPROVED, 1, lock_at)
        return lock_at

    def worker(self) -> Worker:
        """Another worker with these activities. It keeps no run in memory, so that the next one finds nothing there
        that only this one can go on with."""
        return Worker(
            self.env.client,
            max_cached_workflows=0,
            task_queue=str(self.key.tenant_id),
            workflows=[TimesheetWorkflow],
            activities=[self.load_sheet, self.apply_command, self.lock_on_schedule, self.act_on_time],
            workflow_runner=sandboxed(),
        )

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
    async with skipping() as env:
        paper = Paper(env)
        async with paper.worker():
            yield paper


@asynccontextmanager
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """Such a world."""
    server = str(program("temporal-test-server"))
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=data_converter("")
    ) as env:
        yield env


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


async def test_what_time_does_is_done_when_it_is_due_one_after_the_other(paper: Paper) -> None:
    await paper.waits_for(State.SUBMITTED, timedelta(days=2), timedelta(days=5), timedelta(days=5, hours=1))
    due = paper.deadlines.copy()
    await paper.begin()
    await paper.env.sleep(LONG)

    assert len(paper.acted) == 3
    assert all(at <= acted < at + A_LITTLE for at, acted in zip(due, paper.acted, strict=True))
    assert paper.tried_to_lock == []


async def test_what_is_due_at_once_after_another_waits_a_little(paper: Paper) -> None:
    await paper.waits_for(State.DRAFT, timedelta(days=2), timedelta(days=2, seconds=1))
    first = paper.deadlines[0]
    await paper.begin()
    await paper.env.sleep(LONG)

    assert [acted - first < CLOCKS_APART + A_LITTLE for acted in paper.acted] == [True, True]
    assert paper.acted[1] - paper.acted[0] >= CLOCKS_APART


async def test_a_decision_cancels_the_reminder_and_begins_the_wait_for_the_lock(paper: Paper) -> None:
    await paper.waits_for(State.SUBMITTED, timedelta(days=2))
    run = await paper.begin()
    await paper.give(run, CommandKind.APPROVE)
    lock_at = paper.sheet.lock_at
    assert lock_at
    await paper.completed(run)

    assert paper.acted == []
    (tried,) = paper.tried_to_lock
    assert lock_at <= tried < lock_at + A_LITTLE


async def test_an_approval_taken_back_is_reminded_of_and_not_locked(paper: Paper) -> None:
    await paper.approved()
    run = await paper.begin()
    paper.deadlines = [await paper.now() + timedelta(days=3)]
    await paper.give(run, CommandKind.TAKE_BACK)
    await paper.env.sleep(LONG)

    assert len(paper.acted) == 1
    assert paper.tried_to_lock == []
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_an_answer_that_is_lost_is_asked_for_again_and_the_run_goes_on(paper: Paper) -> None:
    paper.interrupted = 2
    await paper.waits_for(State.SUBMITTED, timedelta(days=2), timedelta(days=9))
    last = paper.deadlines[-1]
    await paper.begin()
    await paper.env.sleep(LONG)

    assert len(paper.acted) == 4
    assert last <= paper.acted[-1] < last + A_LITTLE


async def test_a_worker_that_is_replaced_in_between_knows_what_is_due() -> None:
    async with skipping() as env:
        paper = Paper(env)
        await paper.waits_for(State.SUBMITTED, timedelta(days=2), timedelta(days=9))
        due = paper.deadlines.copy()
        async with paper.worker():
            await paper.begin()
            await env.sleep(timedelta(days=5))
        async with paper.worker():
            await env.sleep(timedelta(days=5))

    assert all(at <= acted < at + A_MINUTE for at, acted in zip(due, paper.acted, strict=True))


@dataclass
class PaperOffice(Paper):
    """The same, with the rules of the product for what time does and when."""

    rules: TimeRules = field(default_factory=lambda: TimeRules(WorkingCalendar(LONDON, holidays=ENGLAND)))
    timed: Timed = field(init=False)
    seen: datetime = field(init=False)
    done: list[Deadline] = field(default_factory=list)

    def begins(self, timed: Timed) -> None:
        """A timesheet that came into its state just then."""
        self.timed, self.seen = timed, timed.since
        self._reckon()

    @activity.defn(name=ACT_ON_TIME)
    async def act_on_time(self, key: SheetKey) -> SheetSnapshot:
        now = await self.now()
        found = due(self.timed, self.rules, self.seen, now)
        self.acted.append(now)
        self.done += found
        escalated = sum(each.what is What.ESCALATE for each in found)
        self.timed, self.seen = replace(self.timed, escalations=self.timed.escalations + escalated), now
        self._reckon()
        return self.sheet

    def _reckon(self) -> None:
        due_at = next_due(self.timed, self.rules, self.seen)
        self.sheet = SheetSnapshot(True, self.timed.state, 1, None, due_at)


@pytest.mark.parametrize(
    ("state", "since", "expected"),
    [
        (
            # Submitted on a Friday afternoon; the clocks go back on the Sunday.
            State.SUBMITTED,
            "2037-10-23 16:00",
            ["nudge 2037-10-27 16:00", "escalate 2037-10-30 16:00", "escalate 2037-11-06 16:00"],
        ),
        (
            # Submitted on Christmas Eve: Christmas, Boxing Day on the Monday, and New Year do not count.
            State.SUBMITTED,
            "2037-12-24 12:00",
            ["nudge 2037-12-30 12:00", "escalate 2038-01-05 12:00", "escalate 2038-01-12 12:00"],
        ),
        (
            # Opened on the first day of the week in which the clocks go back.
            State.DRAFT,
            "2037-10-19 08:00",
            [
                "remind_to_record 2037-10-20 09:00",
                "remind_to_record 2037-10-21 09:00",
                "remind_to_record 2037-10-22 09:00",
                "remind_to_record 2037-10-23 09:00",
                "remind_to_record 2037-10-26 09:00",
                "remind_to_submit 2037-10-26 17:00",
                "tell_not_submitted 2037-10-27 17:00",
            ],
        ),
        (
            State.DRAFT,
            "2037-12-21 08:00",
            [
                "remind_to_record 2037-12-22 09:00",
                "remind_to_record 2037-12-23 09:00",
                "remind_to_record 2037-12-24 09:00",
                "remind_to_record 2037-12-29 09:00",  # of Christmas Eve, on the first working day after it
                "remind_to_submit 2037-12-29 17:00",
                "tell_not_submitted 2037-12-30 17:00",
            ],
        ),
        (
            State.REJECTED,
            "2037-12-31 15:00",
            ["remind_to_submit 2038-01-04 17:00", "tell_not_submitted 2038-01-05 17:00"],
        ),
    ],
)
async def test_the_rules_of_the_office_are_kept_to_the_minute_over_weekends_holidays_and_changes_of_the_clocks(
    state: State, since: str, expected: list[str]
) -> None:
    """The worker is replaced every three days, and whatever was due is done once. In a year that is far enough ahead,
    since time is skipped forward only.
    """
    began = datetime.fromisoformat(since).replace(tzinfo=LONDON)
    monday = began.date() - timedelta(days=began.weekday())
    async with skipping() as env:
        paper = PaperOffice(env)
        await env.sleep(began - await paper.now())
        paper.begins(Timed(state, began, Period(monday, monday + timedelta(days=6)), LONDON))
        async with paper.worker():
            await paper.begin()
        for _ in range(8):
            async with paper.worker():
                await env.sleep(timedelta(days=3))

    done = [f"{each.what.value} {each.at.astimezone(LONDON):%Y-%m-%d %H:%M}" for each in paper.done]
    assert done[: len(expected)] == expected
    assert len(set(paper.done)) == len(paper.done)
    instants = sorted({each.at for each in paper.done})
    assert all(at <= acted < at + A_MINUTE for at, acted in zip(instants, paper.acted, strict=True))
