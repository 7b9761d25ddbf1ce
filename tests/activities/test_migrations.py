"""The migrations lead to exactly the tables that the models describe, forwards, backwards and twice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text

from embedded import EmbeddedPostgres
from models.migrate import alembic_config, migrate
from models.tables.metadata import everything


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database with nothing in it; its name."""
    name = f"m{uuid4().hex[:12]}"
    postgres.create_database(name)
    yield name
    postgres.drop_database(name)


@pytest.fixture
def owned(postgres: EmbeddedPostgres, empty: str) -> Iterator[Engine]:
    """The owner's connections to a database that was migrated once."""
    migrate(postgres.owner_url(empty), postgres.app_url(empty))
    engine = create_engine(postgres.owner_url(empty))
    yield engine
    engine.dispose()


def test_the_migrated_database_is_what_the_models_describe(owned: Engine) -> None:
    with owned.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, everything()) == []


def test_the_constraints_that_alembic_does_not_compare_are_what_the_models_describe(
    postgres: EmbeddedPostgres, owned: Engine
) -> None:
    """Checks and exclusions: as PostgreSQL prints them, against those of tables made from the models."""
    name = f"m{uuid4().hex[:12]}"
    postgres.create_database(name)
    described = create_engine(postgres.owner_url(name))
    try:
        with described.begin() as connection:
            connection.execute(text("CREATE TYPE uuid_range AS RANGE (subtype = uuid)"))
            everything().create_all(connection)
            expected = _constraints(connection)
    finally:
        described.dispose()
        postgres.drop_database(name)
    with owned.connect() as connection:
        assert _constraints(connection) == expected
    assert {kind for _, _, kind, _ in expected} >= {"c", "x", "f", "p", "u"}


def test_migrating_again_changes_nothing(postgres: EmbeddedPostgres, empty: str, owned: Engine) -> None:
    with owned.connect() as connection:
        before = _everything_about(connection)
    migrate(postgres.owner_url(empty), postgres.app_url(empty))

    with owned.connect() as connection:
        assert _everything_about(connection) == before


def test_down_and_up_again_leads_to_the_same_database(postgres: EmbeddedPostgres, empty: str, owned: Engine) -> None:
    with owned.connect() as connection:
        before = _everything_about(connection)
    with owned.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
        assert _tables(connection) == ["alembic_version"]
    migrate(postgres.owner_url(empty), postgres.app_url(empty))

    with owned.connect() as connection:
        assert _everything_about(connection) == before


def test_what_is_there_survives_migrating_again(postgres: EmbeddedPostgres, empty: str, owned: Engine) -> None:
    with owned.begin() as connection:
        connection.execute(text("INSERT INTO tenant VALUES (gen_random_uuid(), 'kept', 'Kept')"))
    migrate(postgres.owner_url(empty), postgres.app_url(empty))

    with owned.connect() as connection:
        assert connection.scalars(text("SELECT slug FROM tenant")).all() == ["kept"]


def test_everybody_is_rebuilt_who_recorded_before_there_were_all_accrual_types(
    postgres: EmbeddedPostgres, empty: str, owned: Engine
) -> None:
    """In batches of a hundred: of two organisations one has 101 people with agreements, the other none."""
    with owned.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
        _found_two_organisations(connection)
    migrate(postgres.owner_url(empty), postgres.app_url(empty))

    admin = create_engine(postgres.admin_url(empty))
    try:
        with admin.connect() as connection:
            rebuild = connection.execute(text("SELECT id, state, people FROM accrual_rebuild")).one()
            batches = connection.execute(text("SELECT * FROM accrual_rebuild_batch ORDER BY number")).all()
            agreed = connection.scalars(text("SELECT DISTINCT person_id FROM agreement ORDER BY 1")).all()
    finally:
        admin.dispose()
    assert (rebuild.state, rebuild.people) == ("waiting", 101)
    assert [(each.rebuild_id, each.number, len(each.person_ids)) for each in batches] == [
        (rebuild.id, 0, 100),
        (rebuild.id, 1, 1),
    ]
    assert [id_ for each in batches for id_ in each.person_ids] == agreed


def _found_two_organisations(connection: Connection) -> None:
    """The first one's people have an agreement, and one of them two."""
    for table in ("person", "agreement"):
        connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
    connection.execute(
        text("INSERT INTO tenant SELECT gen_random_uuid(), slug, slug FROM unnest(ARRAY['a', 'b']) slug")
    )
    connection.execute(
        text(
            "INSERT INTO person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, active)"
            " SELECT gen_random_uuid(), t.id, n::text, 'Somebody', 'Europe/London', 'GB-ENG', true"
            " FROM tenant t, generate_series(1, 101) n"
        )
    )
    for year, only in ((2026, None), (2027, "7")):
        connection.execute(
            text(
                "INSERT INTO agreement (id, tenant_id, person_id, start_date, end_date, standard_day_minutes)"
                " SELECT gen_random_uuid(), p.tenant_id, p.id, make_date(:year, 1, 1), make_date(:year, 12, 31), 444"
                " FROM person p JOIN tenant t ON t.id = p.tenant_id"
                " WHERE t.slug = 'a' AND (CAST(:only AS text) IS NULL OR p.staff_id = :only)"
            ),
            {"year": year, "only": only},
        )


def test_a_database_is_migrated_whole_or_not_at_all(postgres: EmbeddedPostgres, empty: str) -> None:
    """A migration that is interrupted leaves nothing half made: here somebody took a table's name before."""
    engine = create_engine(postgres.owner_url(empty))
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE timesheet (id int)"))
        with pytest.raises(Exception, match="timesheet"):
            migrate(postgres.owner_url(empty), postgres.app_url(empty))
        with engine.connect() as connection:
            assert _tables(connection) == ["timesheet"]
    finally:
        engine.dispose()


def _tables(connection: Connection) -> list[str]:
    told = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return list(connection.scalars(told))


def _constraints(connection: Connection) -> list[tuple[str, ...]]:
    told = text(
        "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
        " AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2"
    )
    return [tuple(row) for row in connection.execute(told)]


def _everything_about(connection: Connection) -> list[tuple[str, ...]]:
    """Columns, constraints, indexes, policies and privileges, as text."""
    told = (
        "SELECT table_name, column_name, data_type, coalesce(column_default, ''), is_nullable"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2",
        "SELECT relname::text, relrowsecurity::text, relforcerowsecurity::text,"
        " array(SELECT unnest(relacl)::text ORDER BY 1)::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    )
    rows = [tuple(row) for each in told for row in connection.execute(text(each))]
    return [*rows, *_constraints(connection)]
