"""What pages and the API share about seals: one made now, and what is left of it brought on its way."""

import asyncio

import structlog
from anyio import from_thread

from models.database import command_transaction
from models.messages import LedgerKey
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.sealing import Sealed, keys_from, seal
from web.services import Services
from workflows.starting import start_anchoring, start_sealing

BEGIN_SECONDS = 2.0
"""How long Temporal may take to hear of it."""

log = structlog.get_logger()


def seal_now(use: Services, onlooker: Onlooker) -> Sealed | None:
    """Seal what was recorded since the last seal; None when nothing was. From the thread of a request.

    Raises `NotFound` for those who may not, and `SealKeyChanged`.
    """
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.MANAGE_SEALS)
    with command_transaction(use.engine, onlooker.tenant_id) as session:
        made = seal(session, onlooker.tenant_id, keys_from(use.settings.secret_key.get_secret_value()))
    if made:
        go_on_soon(use, LedgerKey(onlooker.tenant_id))
    return made


def go_on_soon(use: Services, key: LedgerKey) -> None:
    """Have the rest sealed, and copies left where they are due. When that fails a worker sees to it after a while."""
    try:
        from_thread.run(_begin, use, key)
    except Exception as away:
        log.warning("sealing not begun", error=type(away).__name__)


async def _begin(use: Services, key: LedgerKey) -> None:
    async with asyncio.timeout(BEGIN_SECONDS):
        await start_sealing(use.client, use.settings.task_queue, key)
        await start_anchoring(use.client, use.settings.task_queue, key)
