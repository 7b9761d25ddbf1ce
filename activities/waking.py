"""Having the workflows of timesheets look at what the database holds now."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.names import LOOK_AGAIN, TIMESHEET_WORKFLOW, WAKE_TIMESHEETS
from models.messages import SheetKey, TimesheetStart
from models.rules.periods import workflow_id


@dataclass(frozen=True)
class Waking:
    """Reaches timesheets by the client of the worker; `task_timeout` as their other starters have it."""

    client: Client
    task_queue: str
    task_timeout: timedelta

    @activity.defn(name=WAKE_TIMESHEETS)
    async def wake_timesheets(self, keys: list[SheetKey]) -> None:
        """Have each of these timesheets looked at by its workflow, which is begun if none runs."""
        for key in keys:
            await self.wake(key)
            activity.heartbeat()

    async def wake(self, key: SheetKey) -> None:
        """Have one timesheet looked at. Raises `RPCError`."""
        await self.client.start_workflow(
            TIMESHEET_WORKFLOW,
            TimesheetStart(key),
            id=workflow_id(key.timesheet_id),
            task_queue=self.task_queue,
            task_timeout=self.task_timeout,
            start_signal=LOOK_AGAIN,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
