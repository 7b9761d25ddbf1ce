"""The real servers that tests run against, started once for each test process."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine

from embedded import EmbeddedPostgres, start_postgres
from models.database import engine_for
from models.migrate import migrate
from tests.factories import Organisation, make_organisation

# No test fails for being slow: how busy the machine is says nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

LONG = ("tests/faults/", "tests/workflows/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test process with the present schema."""
    with start_postgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as server:
        server.create_database()
        migrate(server.owner_url(), server.app_url())
        yield server


@pytest.fixture(scope="session")
def engine(postgres: EmbeddedPostgres) -> Engine:
    """The application's connections: a role that owns nothing and sees one tenant at a time."""
    return engine_for(postgres.app_url(), pool_size=20)


@pytest.fixture(scope="session")
def owner_engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """The superuser's connections, to set things up and to look past row-level security."""
    engine = create_engine(postgres.admin_url("countersign"))
    yield engine
    engine.dispose()


@pytest.fixture
def org(owner_engine: Engine) -> Organisation:
    """An organisation of its own for each test, so that tests never see each other."""
    return make_organisation(owner_engine)
