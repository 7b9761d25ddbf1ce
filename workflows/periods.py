"""The periods of an organisation: the timesheets of the one that has come are opened, deadlines kept right, and
decisions looked over.

It runs every day by a schedule, and at once when the rules of deadlines were changed.
"""

from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import CHECK_DUTIES, OPEN_PERIODS, RECKON_DEADLINES, WAKE_TIMESHEETS
    from models.messages import PeriodsBatch, PeriodsDone, PeriodsStart, SheetKey

ATTEMPT = timedelta(minutes=2)
RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Until it is done: what is asked for is possible, and faults pass."""

SILENCE = timedelta(seconds=15)
"""After how long without a heartbeat a worker counts as dead, and another begins its batch again."""


@workflow.defn(name="Periods")
class PeriodsWorkflow:
    """Goes through everybody of an organisation once, batch after batch."""

    @workflow.run
    async def run(self, start: PeriodsStart) -> None:
        """Open what has to be open, reckon deadlines anew if the rules were changed, and check the night's duties."""
        after = start.after
        for step in range(start.step, len(_STEPS)):
            while True:
                done = await self._do(_STEPS[step], PeriodsBatch(start.tenant_id, after))
                await self._wake(start.tenant_id, done.timesheet_ids)
                after = done.goes_on_after
                if after is None:
                    break
                if workflow.info().is_continue_as_new_suggested():
                    workflow.continue_as_new(PeriodsStart(start.tenant_id, step, after))

    async def _do(self, activity: str, batch: PeriodsBatch) -> PeriodsDone:
        done: PeriodsDone = await workflow.execute_activity(
            activity,
            batch,
            result_type=PeriodsDone,
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=SILENCE if activity in _ONE_BY_ONE else None,
            retry_policy=RETRIES,
        )
        return done

    async def _wake(self, tenant_id: UUID, timesheet_ids: tuple[UUID, ...]) -> None:
        if timesheet_ids:
            await workflow.execute_activity(
                WAKE_TIMESHEETS,
                [SheetKey(tenant_id, id_) for id_ in timesheet_ids],
                start_to_close_timeout=ATTEMPT,
                heartbeat_timeout=SILENCE,
                retry_policy=RETRIES,
            )


_STEPS = (OPEN_PERIODS, RECKON_DEADLINES, CHECK_DUTIES)
"""In this order; what looks at everything at once has no further batch."""

_ONE_BY_ONE = {OPEN_PERIODS}
"""What says after each that it lives; the others are one transaction."""


def periods_workflow_id(tenant_id: UUID) -> str:
    """The id of the workflow that sees to an organisation's periods."""
    return f"periods/{tenant_id}"
