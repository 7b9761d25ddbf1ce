"""What pages and the API share about webhooks: having them brought up to date, and an event posted out of turn."""

import asyncio
from uuid import UUID

import structlog
from anyio import from_thread
from temporalio.client import RPCError

from models.errors import Unavailable
from models.messages import SinglePost, WebhookKey
from web.services import Services
from workflows.starting import start_delivery, start_single_post

BEGIN_SECONDS = 2.0
"""How long Temporal may take to hear of it."""

log = structlog.get_logger()


def deliver_soon(use: Services, tenant_id: UUID, webhook_id: UUID) -> None:
    """Have a webhook looked at that was just changed; from the thread of a request.

    When that fails a worker sees to it after a while.
    """
    try:
        from_thread.run(_begin, use, WebhookKey(tenant_id, webhook_id))
    except Exception as away:
        # What was changed is saved. Nobody has to wait, or to be told, for what is made up for later.
        log.warning("delivery not begun", error=type(away).__name__)


async def post_once(use: Services, asked: SinglePost) -> None:
    """Have one event posted out of turn. Raises `Unavailable` when nobody can be asked to."""
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            await start_single_post(use.client, use.settings.task_queue, asked)
    except (RPCError, TimeoutError) as away:
        raise Unavailable("Nothing was posted: the system is not keeping up just now. Try again in a moment.") from away


async def _begin(use: Services, key: WebhookKey) -> None:
    async with asyncio.timeout(BEGIN_SECONDS):
        await start_delivery(use.client, use.settings.task_queue, key)
