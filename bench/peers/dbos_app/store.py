"""Its tables, and the transactions that are steps of its workflow."""

import os
from hashlib import sha256

from dbos import DBOSConfig, SQLAlchemyDatasource
from sqlalchemy import create_engine, text

DATABASE = os.environ["APPROVALS_DATABASE"]
CONFIG: DBOSConfig = {"name": "approvals", "system_database_url": DATABASE, "log_level": "WARNING"}

TABLES = """
CREATE TABLE IF NOT EXISTS person (
    id integer PRIMARY KEY,
    key_hash text NOT NULL UNIQUE,
    supervisor_id integer REFERENCES person
);
CREATE TABLE IF NOT EXISTS submission (
    id text PRIMARY KEY,
    owner_id integer NOT NULL REFERENCES person,
    week text NOT NULL,
    minutes integer NOT NULL,
    digest text NOT NULL,
    state text NOT NULL DEFAULT 'submitted',
    submitted_at timestamptz NOT NULL DEFAULT now(),
    decided_by integer REFERENCES person,
    decided_at timestamptz
);
"""

PERSON = text("SELECT id FROM person WHERE key_hash = :key_hash")
ADD = text("INSERT INTO person (id, key_hash, supervisor_id) VALUES (:id, :key_hash, :supervisor_id)")
RECORD = text(
    "INSERT INTO submission (id, owner_id, week, minutes, digest) VALUES (:id, :owner_id, :week, :minutes, :digest)"
)
SUPERVISES = text("SELECT EXISTS (SELECT FROM person WHERE id = :owner_id AND supervisor_id = :who)")
DECIDE = text("UPDATE submission SET state = 'approved', decided_by = :who, decided_at = now() WHERE id = :id")

ENGINE = create_engine(DATABASE, pool_size=20)
READS = ENGINE.execution_options(isolation_level="AUTOCOMMIT")
TRANSACTIONS = SQLAlchemyDatasource.create(DATABASE, engine=ENGINE)


def hashed(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


def person_with(key: str) -> int | None:
    """Whose key it is."""
    with READS.connect() as connection:
        found: int | None = connection.execute(PERSON, {"key_hash": hashed(key)}).scalar_one_or_none()
        return found


def supervises(who: int, owner: int) -> bool:
    """Whether the one may decide on the other's weeks."""
    with READS.connect() as connection:
        return bool(connection.execute(SUPERVISES, {"owner_id": owner, "who": who}).scalar_one())


@TRANSACTIONS.transaction(isolation_level="READ COMMITTED")
def record(submission: str, owner: int, week: str, minutes: int, digest: str) -> None:
    """Keep what was certified."""
    values = {"id": submission, "owner_id": owner, "week": week, "minutes": minutes, "digest": digest}
    TRANSACTIONS.sql_session().execute(RECORD, values)


@TRANSACTIONS.transaction(isolation_level="READ COMMITTED")
def decide(submission: str, who: int) -> None:
    """Keep that it is approved."""
    TRANSACTIONS.sql_session().execute(DECIDE, {"id": submission, "who": who})
