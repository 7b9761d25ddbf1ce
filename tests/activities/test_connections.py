"""What a connection keeps from one transaction to the next: the plans of its statements."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError

import models.database
from embedded import EmbeddedPostgres
from models.database import command_transaction, engine_for, read_session
from models.errors import NotFound

OFTEN = 20
"""More often than a statement has to be carried out before its plan is kept."""

PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%asked often%'")


@pytest.fixture
def engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """A single connection of its own."""
    made = engine_for.__wrapped__(postgres.app_url(), pool_size=1)
    yield made
    made.dispose()


def kept(engine: Engine, between: Callable[[], None] = lambda: None) -> bool:
    """Whether the plan of a statement that is asked again and again is kept, whatever happens in between."""
    for _ in range(OFTEN):
        with command_transaction(engine, uuid4()) as session:
            session.execute(text("SELECT 1 -- asked often"))
        between()
    with command_transaction(engine, uuid4()) as session:
        (count,) = session.execute(PREPARED).one()
    return int(count) == 1


def test_reading_keeps_the_plans(engine: Engine) -> None:
    def read() -> None:
        with read_session(engine, uuid4()) as session:
            session.execute(text("SELECT 2"))

    assert kept(engine, read)


def test_asking_whether_the_connection_stands_keeps_the_plans(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.database, "FRESH_SECONDS", 0.0)

    assert kept(engine)


def test_a_read_that_is_refused_leaves_a_connection_that_can_be_used(engine: Engine) -> None:
    with pytest.raises(NotFound), read_session(engine, uuid4()):
        raise NotFound("There is no such page.")

    assert kept(engine)


def test_nothing_can_be_written_while_reading(engine: Engine) -> None:
    with (
        pytest.raises(InternalError, match="read-only transaction"),
        read_session(engine, uuid4()) as session,
    ):
        session.execute(text("DELETE FROM look"))
