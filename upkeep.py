"""What worker processes see to beside their tasks: that every rebuild which is written down is also begun.

Whoever asks for one begins it as well. This is for those that were lost on the way: the asking process died, or
Temporal was away.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from sqlalchemy import Engine, select
from temporalio.client import Client

from models.database import engine_for, read_session
from models.messages import RebuildKey
from models.store.rebuilds import under_way
from models.tables.people import Tenant
from settings import Settings
from workflows.starting import start_rebuild

EVERY_SECONDS = 30.0

log = structlog.get_logger()


@asynccontextmanager
async def upkeep(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Look after everything for as long as the block runs."""
    task = asyncio.create_task(_look_again_and_again(client, settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def begin_rebuilds(client: Client, settings: Settings, engine: Engine) -> None:
    """Begin every rebuild of every organisation that is written down and not over."""
    for key in await asyncio.to_thread(lambda: list(_rebuilds(engine))):
        await start_rebuild(client, settings.task_queue, key)


async def _look_again_and_again(client: Client, settings: Settings) -> None:
    engine = engine_for(settings.database_url)
    while True:
        try:
            await begin_rebuilds(client, settings, engine)
        except Exception as away:
            # Whatever it is (a database that is not migrated yet, a server that is away), it must not end the looking.
            log.warning("rebuilds not looked for", error=type(away).__name__)
        await asyncio.sleep(EVERY_SECONDS)


def _rebuilds(engine: Engine) -> Iterator[RebuildKey]:
    with read_session(engine, UUID(int=0)) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    for tenant_id in tenants:
        with read_session(engine, tenant_id) as session:
            yield from (RebuildKey(tenant_id, rebuild_id) for rebuild_id in under_way(session))
