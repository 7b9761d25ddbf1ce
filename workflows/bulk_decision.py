"""Many timesheets decided on at once: a few rows at a time, until each has its outcome or somebody stops it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import DECIDE_ROWS
    from models.messages import BulkKey

ATTEMPT = timedelta(minutes=10)
SILENCE = timedelta(seconds=10)
"""After how long without a heartbeat a worker counts as dead, and another goes on with what is left."""

RETRIES = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=5))
"""Until it is done: a row that cannot be decided has that as its outcome, and faults pass."""


@workflow.defn(name="BulkDecision")
class BulkDecisionWorkflow:
    """Carries out one bulk decision. How far it is stands in the database, where it can also be stopped."""

    @workflow.run
    async def run(self, key: BulkKey) -> None:
        """Decide on some rows after the other until none is left."""
        while await self._decide_some(key):
            pass

    async def _decide_some(self, key: BulkKey) -> bool:
        goes_on: bool = await workflow.execute_activity(
            DECIDE_ROWS,
            key,
            result_type=bool,
            task_queue=bulk_queue(workflow.info().task_queue),
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=SILENCE,
            retry_policy=RETRIES,
        )
        return goes_on


def bulk_queue(task_queue: str) -> str:
    """The queue of the rows: so many of them at once, and no more, that single decisions stay quick."""
    return f"{task_queue}-bulk"


def bulk_workflow_id(key: BulkKey) -> str:
    """The id of the workflow that carries out a bulk decision."""
    return f"bulk/{key.bulk_id}"
