"""The floor: what any durable command costs on the same Temporal server, whatever it does."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from bench.rounds import Batch, Job, timed
from bench.sizes import Step
from bench.workflows import QUEUE, BareWorkflow


class Bare:
    """Workflows of their own, each updated once in a step of a round, as each timesheet is decided once."""

    def __init__(self, handles: Sequence[WorkflowHandle[BareWorkflow, None]]) -> None:
        self._handles = handles

    @classmethod
    async def started(cls, client: Client, count: int) -> "Bare":
        """As many workflows, running and known to the worker."""
        starts = [
            client.start_workflow(BareWorkflow.run, id=f"bench-bare/{uuid4()}", task_queue=QUEUE) for _ in range(count)
        ]
        bare = cls(await asyncio.gather(*starts))
        await bare.update(Step(8, count))
        return bare

    async def update(self, step: Step) -> Batch:
        """Update as many of them."""
        return await timed([_job(handle) for handle in self._handles[: step.count]], step.at_once)


def _job(handle: WorkflowHandle[BareWorkflow, None]) -> Job:
    async def update(_lane: int) -> None:
        await handle.execute_update(BareWorkflow.touch)

    return update
