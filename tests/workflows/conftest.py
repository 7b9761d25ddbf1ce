"""Real workflows on a real Temporal server, with the product's own worker."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres, EmbeddedTemporal, start_temporal
from models.payloads import data_converter
from tests.desk import Desk, Life
from tests.factories import Organisation
from tests.office import Office, working


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """A Temporal server of this test process, in memory."""
    with start_temporal(log=tmp_path_factory.mktemp("temporal") / "log") as server:
        yield server


@pytest.fixture(scope="session")
async def client(temporal: EmbeddedTemporal) -> Client:
    return await Client.connect(temporal.address, data_converter=data_converter(""))


@pytest.fixture(scope="session")
async def office(client: Client, engine: Engine, postgres: EmbeddedPostgres) -> AsyncIterator[Office]:
    """The way in, with a worker behind it for the whole session."""
    queue = f"queue-{uuid4()}"
    async with working(client, queue, postgres.app_url()):
        yield Office(client, queue, engine)


@pytest.fixture
def idle(client: Client, engine: Engine) -> Office:
    """A way in without a worker behind it, on a queue of its own."""
    return Office(client, f"queue-{uuid4()}", engine)


@pytest.fixture
def life(engine: Engine, owner_engine: Engine, org: Organisation) -> Life:
    """Duane's week; its own steps bypass the workflow."""
    return Life(Desk(engine, SheetActivities(engine), owner_engine), org)
