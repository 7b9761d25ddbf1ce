"""The workflow changed in ways that runs under way would not survive; each has to fail on recorded histories."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.failures import refusal
    from activities.names import APPLY_COMMAND, LOAD_SHEET
    from models.errors import DomainError, WrongState
    from models.messages import CommandRef, RebuildKey, RebuildStart, SheetKey, SheetSnapshot, TimesheetStart
    from models.rules.transitions import CommandKind, State
    from workflows.accrual_rebuild import AccrualRebuildWorkflow
    from workflows.timesheet import Result, TimesheetWorkflow


@workflow.defn(name="Timesheet", failure_exception_types=[DomainError])
class DoesNotRead(TimesheetWorkflow):
    """It trusts that a run begins with a draft."""

    @workflow.init
    def __init__(self, start: TimesheetStart) -> None:
        super().__init__(start)
        self._sheet = self._sheet or SheetSnapshot(exists=True, state=State.DRAFT, revision=1)

    @workflow.run
    async def run(self, start: TimesheetStart) -> None:
        await super().run(start)


@workflow.defn(name="Timesheet", failure_exception_types=[DomainError])
class ReadsFirst(TimesheetWorkflow):
    """It reads the timesheet before every command."""

    @workflow.init
    def __init__(self, start: TimesheetStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: TimesheetStart) -> None:
        await super().run(start)

    async def _at_once(self, activity: str, argument: SheetKey | CommandRef, result: type[Result]) -> Result:
        if activity == APPLY_COMMAND:
            await super()._at_once(LOAD_SHEET, self._key, SheetSnapshot)
        return await super()._at_once(activity, argument, result)


@workflow.defn(name="Timesheet", failure_exception_types=[DomainError])
class KnowsNoDeadline(TimesheetWorkflow):
    """It leaves it to somebody else to lock."""

    @workflow.init
    def __init__(self, start: TimesheetStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: TimesheetStart) -> None:
        await super().run(start)

    def _deadline(self, began: datetime) -> datetime | None:
        return None


@workflow.defn(name="Timesheet", failure_exception_types=[DomainError])
class RefusesMore(TimesheetWorkflow):
    """It no longer lets anybody revise what was approved, and says so after it accepted the command."""

    @workflow.init
    def __init__(self, start: TimesheetStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: TimesheetStart) -> None:
        await super().run(start)

    def _require_allowed(self, ref: CommandRef) -> None:
        super()._require_allowed(ref)
        if self._sheet and self._sheet.state is State.APPROVED and ref.kind is CommandKind.REVISE:
            raise refusal(WrongState.of(self._sheet.state))


@workflow.defn(name="AccrualRebuild")
class RebuildsOneByOne(AccrualRebuildWorkflow):
    """It has one batch at a time, whatever the plan says."""

    @workflow.run
    async def run(self, start: RebuildStart) -> None:
        await super().run(start)

    async def _rebuild(self, key: RebuildKey, numbers: range, at_once: int) -> bool:
        return await super()._rebuild(key, numbers, at_once=1)
