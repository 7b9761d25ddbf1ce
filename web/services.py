"""What requests share: connections, settings and the way in for commands."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from anyio import from_thread
from fastapi import Depends, Request
from sqlalchemy import Engine
from temporalio.client import Client

from giving import Commands
from models.database import ReadSession, read_session
from models.messages import BulkKey, RebuildKey
from models.reads.viewer import Onlooker
from models.store.rebuilds import under_way
from settings import Settings
from web.live import Live
from workflows.schedules import see_to_periods
from workflows.starting import start_bulk, start_rebuild

BEGIN_SECONDS = 2.0
"""How long Temporal may take to hear of rebuilds."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Services:
    """Made once for each web process."""

    settings: Settings
    engine: Engine
    client: Client
    commands: Commands
    live: Live

    @contextmanager
    def reading(self, onlooker: Onlooker) -> Iterator[ReadSession]:
        """A consistent view of the onlooker's tenant."""
        with self.reading_of(onlooker.tenant_id) as session:
            yield session

    @contextmanager
    def reading_of(self, tenant_id: UUID) -> Iterator[ReadSession]:
        """A consistent view of a tenant."""
        with read_session(self.engine, tenant_id) as session:
            yield session

    def begin_rebuilds(self, tenant_id: UUID) -> None:
        """Begin the rebuilds that a change has left behind; from the thread of a request.

        When that fails a worker sees to them after a while.
        """
        try:
            with self.reading_of(tenant_id) as session:
                waiting = under_way(session)
            if waiting:
                from_thread.run(self._begin, [RebuildKey(tenant_id, rebuild_id) for rebuild_id in waiting])
        except Exception as away:
            # What was changed is saved. Nobody has to wait, or to be told, for what is made up for later.
            log.warning("rebuild not begun", error=type(away).__name__)

    async def begin_bulk(self, key: BulkKey) -> None:
        """Begin a bulk decision that was asked for. When that fails a worker sees to it after a while."""
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                await start_bulk(self.client, self.settings.task_queue, key)
        except Exception as away:
            log.warning("bulk decision not begun", error=type(away).__name__)

    async def see_to_periods(self, tenant_id: UUID) -> None:
        """Have the deadlines of an organisation reckoned anew. When that fails they are the next night."""
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                await see_to_periods(self.client, self.settings.task_queue, tenant_id)
        except Exception as away:
            log.warning("deadlines not reckoned anew", error=type(away).__name__)

    async def _begin(self, rebuilds: list[RebuildKey]) -> None:
        async with asyncio.timeout(BEGIN_SECONDS):
            for key in rebuilds:
                await start_rebuild(self.client, self.settings.task_queue, key)

    def now(self) -> datetime:
        """The present instant, UTC: the one clock of the pages."""
        return datetime.now(UTC)


def services(request: Request) -> Services:
    """The services of the app that a request came to."""
    found: Services = request.app.state.services
    return found


Used = Annotated[Services, Depends(services)]
