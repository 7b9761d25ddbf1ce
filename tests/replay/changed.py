"""The workflow changed in ways that runs under way would not survive; each has to fail on recorded histories."""

from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.failures import refusal
    from activities.names import APPLY_COMMAND, LOAD_SHEET, SEND_MAIL
    from models.errors import DomainError, WrongState
    from models.messages import (
        BulkKey,
        CommandRef,
        DelegationKey,
        DelegationLook,
        ImportKey,
        LedgerKey,
        MailKey,
        MailOutcome,
        MailResult,
        PeriodsStart,
        RebuildKey,
        RebuildStart,
        SheetKey,
        SheetSnapshot,
        SinglePost,
        TimesheetStart,
        WebhookKey,
    )
    from models.rules.transitions import CommandKind, State
    from workflows.accrual_rebuild import AccrualRebuildWorkflow
    from workflows.bulk_decision import BulkDecisionWorkflow
    from workflows.delegation import DelegationWorkflow
    from workflows.entry_import import EntryImportWorkflow
    from workflows.mail_delivery import MailDeliveryWorkflow, mail_queue
    from workflows.periods import PeriodsWorkflow
    from workflows.sealing import AnchoringWorkflow, SealingWorkflow
    from workflows.timesheet import Result, TimesheetWorkflow
    from workflows.webhook_delivery import WebhookDeliveryWorkflow, WebhookPostWorkflow


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


@workflow.defn(name="MailDelivery")
class MailsOnce(MailDeliveryWorkflow):
    """What a server refuses is given up at once."""

    @workflow.run
    async def run(self, key: MailKey) -> None:
        await self._is_to_be_tried_again(key)


@workflow.defn(name="MailDelivery")
class KeepsNoMailInMind(MailDeliveryWorkflow):
    """It does not write down what came of a mail."""

    @workflow.run
    async def run(self, key: MailKey) -> None:
        await super().run(key)

    async def _is_to_be_tried_again(self, key: MailKey) -> bool:
        result: MailResult = await workflow.execute_activity(
            SEND_MAIL,
            key,
            result_type=MailResult,
            task_queue=mail_queue(workflow.info().task_queue),
            start_to_close_timeout=timedelta(minutes=3),
        )
        return result.outcome is MailOutcome.REFUSED


@workflow.defn(name="BulkDecision")
class DecidesOnce(BulkDecisionWorkflow):
    """It thinks that everything is decided in one go."""

    @workflow.run
    async def run(self, key: BulkKey) -> None:
        await self._decide_some(key)


@workflow.defn(name="Periods")
class WakesNobody(PeriodsWorkflow):
    """It leaves it to somebody else to begin what it opened."""

    @workflow.run
    async def run(self, start: PeriodsStart) -> None:
        await super().run(start)

    async def _wake(self, tenant_id: UUID, timesheet_ids: tuple[UUID, ...]) -> None:
        pass


@workflow.defn(name="Delegation")
class LooksOnce(DelegationWorkflow):
    """It looks when a delegation is granted, and never again."""

    @workflow.run
    async def run(self, key: DelegationKey) -> None:
        await super().run(key)

    async def _look(self, key: DelegationKey) -> DelegationLook:
        await super()._look(key)
        return DelegationLook(None)


@workflow.defn(name="EntryImport")
class ChecksOnly(EntryImportWorkflow):
    """It checks a list that is to be recorded once more, and does not record it."""

    @workflow.run
    async def run(self, key: ImportKey, record: bool) -> None:
        await super().run(key, False)


@workflow.defn(name="WebhookDelivery")
class PostsWithoutPause(WebhookDeliveryWorkflow):
    """It tries again at once."""

    @workflow.run
    async def run(self, key: WebhookKey) -> None:
        await super().run(key)

    async def _wait(self, pause: timedelta) -> None:
        pass


@workflow.defn(name="WebhookPost")
class PostsTwice(WebhookPostWorkflow):
    """It makes sure."""

    @workflow.run
    async def run(self, asked: SinglePost) -> None:
        await super().run(asked)
        await super().run(asked)


@workflow.defn(name="Sealing")
class SealsOnce(SealingWorkflow):
    """It leaves what does not fit into one seal to the next run."""

    @workflow.run
    async def run(self, key: LedgerKey) -> None:
        await self._seal(key)


@workflow.defn(name="Anchoring")
class AnchorsOnce(AnchoringWorkflow):
    """It does not look whether there is more."""

    @workflow.run
    async def run(self, key: LedgerKey) -> None:
        await self._anchor(key)
