"""What requests share: connections, settings and the way in for commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from temporalio.client import Client

from models.database import ReadSession, read_session
from models.reads.viewer import Onlooker
from settings import Settings
from web.commands import Commands


@dataclass(frozen=True)
class Services:
    """Made once for each web process."""

    settings: Settings
    engine: Engine
    client: Client
    commands: Commands

    @contextmanager
    def reading(self, onlooker: Onlooker) -> Iterator[ReadSession]:
        """A consistent view of the onlooker's tenant."""
        with read_session(self.engine, onlooker.tenant_id) as session:
            yield session

    def now(self) -> datetime:
        """The present instant, UTC: the one clock of the pages."""
        return datetime.now(UTC)


def services(request: Request) -> Services:
    """The services of the app that a request came to."""
    found: Services = request.app.state.services
    return found


Used = Annotated[Services, Depends(services)]
