"""Brings a database to the present schema, as its owner, and gives the application's role just what it needs.

Row-level security, privileges and the keeping of records are not written out in each migration: they follow from the
tables (`info` of each), so a new table cannot be forgotten. Running it again changes nothing.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, make_url, text
from sqlalchemy.engine import URL

from models import retention
from models.tables.metadata import everything

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_205_033
"""Two migrations at once wait for each other."""


def migrate(owner_url: str, application_url: str) -> None:
    """Upgrade to the newest schema, then set the application role's privileges and the row policies.

    `owner_url` may create roles and tables; `application_url` names the role that web and workers use.
    """
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            command.upgrade(alembic_config(connection), "head")
            protect(connection, make_url(application_url))
    finally:
        engine.dispose()


def alembic_config(connection: Connection | Engine) -> Config:
    """Alembic's configuration for one open connection; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def protect(connection: Connection, application: URL) -> None:
    """Create the application's role and let it see and do only what each table's `info` allows."""
    role = _quoted(connection, application.username or "")
    _ensure_role(connection, application)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    for function in retention.functions():
        connection.execute(function)
    for table in everything().sorted_tables:
        for trigger in retention.triggers(table):
            connection.execute(trigger)
        connection.execute(text(f"REVOKE ALL ON {table.name} FROM {role}"))
        connection.execute(text(f"GRANT {', '.join(table.info['grants'])} ON {table.name} TO {role}"))
        if not table.info.get("directory"):
            _separate_tenants(connection, table)


def _ensure_role(connection: Connection, application: URL) -> None:
    exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": application.username})
    role = _quoted(connection, application.username or "")
    if not exists:
        connection.execute(text(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"))
    if application.password:
        literal = str(application.password).replace("'", "''")
        connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD '{literal}'".replace("%", "%%"))


def _separate_tenants(connection: Connection, table: Table) -> None:
    seen = "tenant_id = nullif(current_setting('countersign.tenant', true), '')::uuid"
    key = table.info.get("key")
    found = f" OR {key} = nullif(current_setting('countersign.credential', true), '')" if key else ""
    for statement in (
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS own_tenant ON {table.name}",
        f"CREATE POLICY own_tenant ON {table.name} USING ({seen}{found}) WITH CHECK ({seen})",
    ):
        connection.execute(text(statement))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
