"""Having a rebuild carried out that is written down: asked twice, or by two, it is carried out once."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from models.messages import RebuildKey, RebuildStart
from workflows.accrual_rebuild import AccrualRebuildWorkflow, rebuild_workflow_id


async def start_rebuild(client: Client, task_queue: str, key: RebuildKey) -> None:
    """Let a workflow carry out a rebuild, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        AccrualRebuildWorkflow.run,
        RebuildStart(key),
        id=rebuild_workflow_id(key),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )
