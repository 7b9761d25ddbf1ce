"""Balances brought to what they are by the reference data of now, for everybody whom a change concerns."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import BEGIN_REBUILD, FINISH_REBUILD, REBUILD_BATCH
    from models.messages import RebuildBatch, RebuildKey, RebuildPlan, RebuildStart

MOMENT = timedelta(seconds=15)
"""How long an attempt at the short steps may take."""

ATTEMPT = timedelta(hours=1)
SILENCE = timedelta(seconds=15)
"""After how long without a heartbeat a worker counts as dead, and another goes on with its batch."""

RETRIES = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=15))
"""Until it is done: what is asked for is possible, and faults pass."""


@workflow.defn(name="AccrualRebuild")
class AccrualRebuildWorkflow:
    """Carries out one rebuild. How far it is stands in the database, where it can also be cancelled."""

    @workflow.run
    async def run(self, start: RebuildStart) -> None:
        """Rebuild batch after batch until nobody is left, or it is cancelled."""
        plan: RebuildPlan = await workflow.execute_activity(
            BEGIN_REBUILD,
            start.key,
            result_type=RebuildPlan,
            start_to_close_timeout=MOMENT,
            retry_policy=RETRIES,
        )
        end = min(plan.batches, start.first + plan.a_run)
        goes_on = await self._rebuild(start.key, range(start.first, end), plan.at_once)
        if goes_on and end < plan.batches:
            workflow.continue_as_new(RebuildStart(start.key, end))
        is_over: bool = await workflow.execute_activity(
            FINISH_REBUILD,
            start.key,
            result_type=bool,
            start_to_close_timeout=MOMENT,
            retry_policy=RETRIES,
        )
        if not is_over:
            # It was cancelled, and resumed before anybody noticed: who is left is in any of its batches.
            workflow.continue_as_new(RebuildStart(start.key))

    async def _rebuild(self, key: RebuildKey, numbers: range, at_once: int) -> bool:
        """Several batches at a time, for as many workers as there are; whether the rebuild goes on."""
        left, goes_on = iter(numbers), True

        async def work() -> None:
            nonlocal goes_on
            for number in left:
                if not goes_on:
                    return
                if not await self._rebuild_batch(RebuildBatch(key, number)):
                    goes_on = False

        await asyncio.gather(*(work() for _ in range(min(at_once, len(numbers)))))
        return goes_on

    async def _rebuild_batch(self, batch: RebuildBatch) -> bool:
        goes_on: bool = await workflow.execute_activity(
            REBUILD_BATCH,
            batch,
            result_type=bool,
            task_queue=rebuild_queue(workflow.info().task_queue),
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=SILENCE,
            retry_policy=RETRIES,
        )
        return goes_on


def rebuild_queue(task_queue: str) -> str:
    """The queue of the batches: apart from commands, which a rebuild must not keep waiting."""
    return f"{task_queue}-rebuild"


def rebuild_workflow_id(key: RebuildKey) -> str:
    """The id of the workflow that carries out a rebuild."""
    return f"rebuild/{key.rebuild_id}"
