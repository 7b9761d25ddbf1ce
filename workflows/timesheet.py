"""The life of one timesheet: which command may come next, one at a time, and what time does.

It holds ids, the state, the revision and a deadline. What a command means is decided and written by its
activity, so that a changed rule never breaks the replay of an old history.
"""

import asyncio
from collections import deque
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.failures import refusal, refused_by
    from activities.names import ACT_ON_TIME, APPLY_COMMAND, LOAD_SHEET, LOCK_ON_SCHEDULE
    from models.errors import DomainError, Unavailable, WrongState
    from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot, TimesheetStart
    from models.rules.transitions import FINAL, next_state
    from workflows.options import COMMAND_PATIENCE, COMMAND_RETRIES, PATIENT_ATTEMPT, PATIENT_RETRIES

Result = TypeVar("Result", SheetSnapshot, CommandOutcome)

REMEMBERED_COMMANDS = 200
"""How many recent command ids a run remembers, so that a repetition is answered rather than refused."""

UNOPENED_PATIENCE = timedelta(minutes=5)
"""How long a run waits for the first entry of a timesheet that does not exist, before it ends."""

CLOCKS_APART = timedelta(minutes=1)
"""How long to wait when the database does not think yet that a deadline has come."""


@workflow.defn(name="Timesheet", failure_exception_types=[DomainError])
class TimesheetWorkflow:
    """One person's period. Commands are updates whose id is the command id; the first one starts the run."""

    @workflow.init
    def __init__(self, start: TimesheetStart) -> None:
        self._key = start.key
        self._sheet: SheetSnapshot | None = start.carried
        self._recent: deque[UUID] = deque(start.recent_command_ids, maxlen=REMEMBERED_COMMANDS)
        self._lock = asyncio.Lock()
        self._not_before: datetime | None = None

    @workflow.run
    async def run(self, start: TimesheetStart) -> None:
        """Wait for commands and deadlines until nothing happens by itself any more."""
        began = workflow.now()
        while True:
            await self._read_if_needed()
            await self._wait(began)
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._is_over(began):
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(TimesheetStart(self._key, self._sheet, tuple(self._recent)))
            await self._act_if_due()

    @workflow.update
    async def carry_out(self, ref: CommandRef) -> CommandOutcome:
        """Carry one command out and answer with its outcome; refused with the reason, nothing is saved."""
        async with self._lock:
            if self._sheet is None:
                self._sheet = await self._at_once(LOAD_SHEET, self._key, SheetSnapshot)
            self._require_allowed(ref)
            outcome = await self._at_once(APPLY_COMMAND, ref, CommandOutcome)
            # A stored outcome tells how things were then: what is now has to be read.
            self._sheet = None if outcome.repeated else outcome.snapshot
            self._recent.append(ref.command_id)
            return outcome

    @carry_out.validator
    def _check(self, ref: CommandRef) -> None:
        self._require_allowed(ref)

    @workflow.signal
    async def look_again(self) -> None:
        """The timesheet in the database may not be what this run thinks, or is just reading: read it after that."""
        async with self._lock:
            self._sheet = None

    @workflow.query
    def snapshot(self) -> SheetSnapshot | None:
        """What this run thinks of its timesheet; for operators, not for pages."""
        return self._sheet

    def _require_allowed(self, ref: CommandRef) -> None:
        if self._sheet is None or ref.command_id in self._recent:
            return
        if next_state(self._sheet.state, ref.kind) is None:
            raise refusal(WrongState.of(self._sheet.state))

    async def _at_once(self, activity: str, argument: SheetKey | CommandRef, result: type[Result]) -> Result:
        """One transaction that somebody waits for. Raises its refusal, or `Unavailable`."""
        try:
            done: Result = await workflow.execute_local_activity(
                activity,
                argument,
                result_type=result,
                schedule_to_close_timeout=COMMAND_PATIENCE,
                retry_policy=COMMAND_RETRIES,
            )
        except FailureError as failure:  # a local activity does not wrap what it raises in an `ActivityError`
            refused = refused_by(failure)
            if refused is None or isinstance(refused, WrongState):
                # What the database holds now is not known here, or is not what was thought.
                self._sheet = None
            raise refusal(refused or _unavailable()) from failure
        return done

    async def _sometime(self, activity: str) -> SheetSnapshot:
        """One transaction that nobody waits for: tried until it is done, without keeping the worker busy."""
        sheet: SheetSnapshot = await workflow.execute_activity(
            activity,
            self._key,
            result_type=SheetSnapshot,
            start_to_close_timeout=PATIENT_ATTEMPT,
            retry_policy=PATIENT_RETRIES,
        )
        return sheet

    async def _read_if_needed(self) -> None:
        async with self._lock:
            if self._sheet is None:
                self._sheet = await self._sometime(LOAD_SHEET)

    async def _wait(self, began: datetime) -> None:
        """Until something changed that this run has to act upon, or a deadline has come."""
        deadline = self._deadline(began)
        timeout = None if deadline is None else max(deadline - workflow.now(), timedelta(0))
        seen = self._sheet
        try:
            if timeout != timedelta(0):
                await workflow.wait_condition(lambda: self._sheet is not seen or self._is_final(), timeout=timeout)
        except TimeoutError:
            return

    def _deadline(self, began: datetime) -> datetime | None:
        if self._sheet is None or not self._sheet.exists:
            return began + UNOPENED_PATIENCE
        at = self._sheet.lock_at or self._sheet.due_at
        return None if at is None else max(at, self._not_before or at)

    def _is_over(self, began: datetime) -> bool:
        if self._sheet is None:
            return False
        return self._is_final() or (not self._sheet.exists and workflow.now() >= began + UNOPENED_PATIENCE)

    def _is_final(self) -> bool:
        return self._sheet is not None and self._sheet.state in FINAL

    async def _act_if_due(self) -> None:
        """Lock, remind or escalate when the time for it has come; the activity knows what it is."""
        async with self._lock:
            sheet = self._sheet
            deadline = None if sheet is None or not sheet.exists else self._deadline(workflow.now())
            if sheet is None or deadline is None or workflow.now() < deadline:
                return
            self._sheet = await self._sometime(LOCK_ON_SCHEDULE if sheet.lock_at else ACT_ON_TIME)
            self._not_before = workflow.now() + CLOCKS_APART


def _unavailable() -> Unavailable:
    return Unavailable("Nothing was saved: the database does not answer. Please send it again in a moment.")
