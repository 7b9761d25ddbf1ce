"""Having done what is written down: asked twice, or by two, it is done once."""

from contextlib import suppress
from typing import TypedDict

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from models.messages import BulkKey, DelegationKey, LedgerKey, MailKey, RebuildKey, RebuildStart, SinglePost, WebhookKey
from workflows.accrual_rebuild import AccrualRebuildWorkflow, rebuild_workflow_id
from workflows.bulk_decision import BulkDecisionWorkflow, bulk_workflow_id
from workflows.delegation import DelegationWorkflow, delegation_workflow_id
from workflows.mail_delivery import MailDeliveryWorkflow, mail_workflow_id
from workflows.sealing import AnchoringWorkflow, SealingWorkflow, anchoring_workflow_id, sealing_workflow_id
from workflows.webhook_delivery import (
    WebhookDeliveryWorkflow,
    WebhookPostWorkflow,
    delivery_workflow_id,
    post_workflow_id,
)


class _Twice(TypedDict):
    id_conflict_policy: WorkflowIDConflictPolicy
    id_reuse_policy: WorkflowIDReusePolicy


_ONE_AT_A_TIME: _Twice = {
    "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
    "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
}
"""One that is at it already goes on; when it has ended, another one may begin."""


async def start_rebuild(client: Client, task_queue: str, key: RebuildKey) -> None:
    """Let a workflow carry out a rebuild, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        AccrualRebuildWorkflow.run,
        RebuildStart(key),
        id=rebuild_workflow_id(key),
        task_queue=task_queue,
        **_ONE_AT_A_TIME,
    )


async def start_bulk(client: Client, task_queue: str, key: BulkKey) -> None:
    """Let a workflow carry out a bulk decision, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        BulkDecisionWorkflow.run,
        key,
        id=bulk_workflow_id(key),
        task_queue=task_queue,
        **_ONE_AT_A_TIME,
    )


async def start_delegation(client: Client, task_queue: str, key: DelegationKey) -> None:
    """Let a workflow see a delegation begin and end; one that is at it already looks again. Raises `RPCError`."""
    await client.start_workflow(
        DelegationWorkflow.run,
        key,
        id=delegation_workflow_id(key),
        task_queue=task_queue,
        start_signal=DelegationWorkflow.look_again.__name__,
        **_ONE_AT_A_TIME,
    )


async def start_delivery(client: Client, task_queue: str, key: WebhookKey, *, hurry: bool = True) -> None:
    """Let a workflow bring a webhook up to date; one that is at it already looks again. Raises `RPCError`.

    The signal reaches a run that is just about to end as well: then it does not. Without `hurry` one that waits
    for its next try goes on waiting.
    """
    await client.start_workflow(
        WebhookDeliveryWorkflow.run,
        key,
        id=delivery_workflow_id(key),
        task_queue=task_queue,
        start_signal=WebhookDeliveryWorkflow.try_now.__name__ if hurry else None,
        **_ONE_AT_A_TIME,
    )


async def start_single_post(client: Client, task_queue: str, asked: SinglePost) -> None:
    """Have one event posted out of turn; asked again it is not posted again. Raises `RPCError`."""
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            WebhookPostWorkflow.run,
            asked,
            id=post_workflow_id(asked),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )


async def start_mail(client: Client, task_queue: str, key: MailKey) -> None:
    """Let a workflow deliver the mail of a notification, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        MailDeliveryWorkflow.run,
        key,
        id=mail_workflow_id(key),
        task_queue=task_queue,
        **_ONE_AT_A_TIME,
    )


async def start_sealing(client: Client, task_queue: str, key: LedgerKey) -> None:
    """Let a workflow seal an organisation's ledger, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        SealingWorkflow.run,
        key,
        id=sealing_workflow_id(key.tenant_id),
        task_queue=task_queue,
        **_ONE_AT_A_TIME,
    )


async def start_anchoring(client: Client, task_queue: str, key: LedgerKey) -> None:
    """Let a workflow leave copies of an organisation's seals, unless one is at it already. Raises `RPCError`."""
    await client.start_workflow(
        AnchoringWorkflow.run,
        key,
        id=anchoring_workflow_id(key.tenant_id),
        task_queue=task_queue,
        **_ONE_AT_A_TIME,
    )
