"""Sealing an organisation's ledger, and leaving copies of its seals elsewhere: begun when there is something to do.

They are two, so that a place that does not take its copies never holds up a seal.
"""

from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import ANCHOR_SEALS, SEAL_LEDGER
    from models.messages import LedgerKey
    from workflows.webhook_delivery import webhook_queue

ATTEMPT = timedelta(minutes=1)
"""How long one seal may take. One whose worker died is not there, and is made again."""

TURN = timedelta(minutes=15)
"""How long many copies may take, each of them slow."""

SILENCE = timedelta(seconds=15)
"""After how long without a heartbeat a worker counts as dead, and another goes on; longer than one copy takes."""

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Until it is done: faults of our own pass. What others do not take is written down, and tried again by a later run."""


@workflow.defn(name="Sealing")
class SealingWorkflow:
    """Seals all that was committed, one seal after the other, then ends."""

    @workflow.run
    async def run(self, key: LedgerKey) -> None:
        """Seal until there is nothing left."""
        while await self._seal(key):
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(key)

    async def _seal(self, key: LedgerKey) -> bool:
        goes_on: bool = await workflow.execute_activity(
            SEAL_LEDGER, key, result_type=bool, start_to_close_timeout=ATTEMPT, retry_policy=RETRIES
        )
        return goes_on


@workflow.defn(name="Anchoring")
class AnchoringWorkflow:
    """Leaves copies of seals wherever they are due, then ends. Where it is stands in the database."""

    @workflow.run
    async def run(self, key: LedgerKey) -> None:
        """Leave copies until all are there, or have to wait for their next try."""
        while await self._anchor(key):
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(key)

    async def _anchor(self, key: LedgerKey) -> bool:
        goes_on: bool = await workflow.execute_activity(
            ANCHOR_SEALS,
            key,
            result_type=bool,
            task_queue=webhook_queue(workflow.info().task_queue),
            start_to_close_timeout=TURN,
            heartbeat_timeout=SILENCE,
            retry_policy=RETRIES,
        )
        return goes_on


def sealing_workflow_id(tenant_id: UUID) -> str:
    """The id of the workflow that seals an organisation's ledger."""
    return f"sealing/{tenant_id}"


def anchoring_workflow_id(tenant_id: UUID) -> str:
    """The id of the workflow that leaves copies of an organisation's seals."""
    return f"anchoring/{tenant_id}"
