"""Whether everything a command needs answers."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, timedelta

from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from web.services import Services

PATIENCE_SECONDS = 3.0

SILENCE = timedelta(seconds=90)
"""A worker asks for work at least every minute; Temporal remembers a dead one for longer."""


async def readiness(services: Services) -> dict[str, bool]:
    """For each part whether it answers: `postgresql`, `temporal`, `worker`."""
    postgresql, temporal, worker = await asyncio.gather(
        _answers(run_in_threadpool(_select_one, services)),
        _answers(services.client.service_client.check_health()),
        _answers(_has_worker(services)),
    )
    return {"postgresql": postgresql, "temporal": temporal, "worker": worker}


async def _answers(question: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(question, PATIENCE_SECONDS)
    except Exception:
        return False


def _select_one(services: Services) -> bool:
    with services.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT 1")))


async def _has_worker(services: Services) -> bool:
    queue = await services.client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=services.client.namespace,
            task_queue=TaskQueue(name=services.settings.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    heard_since = services.now() - SILENCE
    return any(each.last_access_time.ToDatetime(UTC) > heard_since for each in queue.pollers)
