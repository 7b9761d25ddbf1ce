"""What happens every day in each organisation, by schedules of the Temporal server."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.common import WorkflowIDConflictPolicy

from models.messages import PeriodsStart
from workflows.periods import PeriodsWorkflow, periods_workflow_id

HOUR, MINUTE = 0, 10
"""Local time of the organisation, just after the day has begun: people in zones to the west follow a day later."""

CATCH_UP = timedelta(days=1)
"""A server that was away for longer does the last one only."""


async def ensure_schedule(client: Client, task_queue: str, tenant_id: UUID, time_zone: str) -> None:
    """Let the periods of an organisation be seen to every day, beginning now. Raises `RPCError`."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            PeriodsWorkflow.run,
            PeriodsStart(tenant_id),
            id=periods_workflow_id(tenant_id),
            task_queue=task_queue,
        ),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(HOUR)], minute=[ScheduleRange(MINUTE)])],
            time_zone_name=time_zone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(periods_workflow_id(tenant_id), schedule, trigger_immediately=True)


async def see_to_periods(client: Client, task_queue: str, tenant_id: UUID) -> None:
    """See to the periods of an organisation now, after the present run if there is one. Raises `RPCError`.

    A run that has begun may have read the rules that were changed since.
    """
    await client.start_workflow(
        PeriodsWorkflow.run,
        PeriodsStart(tenant_id),
        id=f"{periods_workflow_id(tenant_id)}/now",
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
