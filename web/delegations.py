"""What pages and the API share about delegations: having one seen to that was just granted or changed."""

import asyncio
from uuid import UUID

import structlog
from anyio import from_thread

from models.messages import DelegationKey
from web.services import Services
from workflows.starting import start_delegation

BEGIN_SECONDS = 2.0
"""How long Temporal may take to hear of it."""

log = structlog.get_logger()


def see_to_soon(use: Services, tenant_id: UUID, delegation_id: UUID) -> None:
    """Have both told when it begins and ends; from the thread of a request.

    When that fails a worker sees to it after a while.
    """
    try:
        from_thread.run(_begin, use, DelegationKey(tenant_id, delegation_id))
    except Exception as away:
        # What was granted is saved and counts. Nobody has to wait, or to be told, for what is made up for later.
        log.warning("delegation not seen to", error=type(away).__name__)


async def _begin(use: Services, key: DelegationKey) -> None:
    async with asyncio.timeout(BEGIN_SECONDS):
        await start_delegation(use.client, use.settings.task_queue, key)
