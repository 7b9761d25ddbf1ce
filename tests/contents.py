"""Everything the database holds of one organisation, to compare one moment with another."""

import re
from uuid import UUID

from sqlalchemy import Engine, text

from models.tables.metadata import everything

Contents = dict[str, frozenset[str]]
"""Every row of every table of one tenant, as text, by table."""


def alone(owner: Engine) -> None:
    """Let what is made next be all there is: what other tests left behind would change how it is found."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE tenant CASCADE"))


def without_views(owner: Engine, tenant_id: UUID, contents: Contents) -> Contents:
    """The same, but for what the record says of who looked."""
    views = text("SELECT transaction_id::text FROM statement WHERE tenant_id = :tenant AND type = 'View'")
    with owner.connect() as connection:
        looked = set(connection.scalars(views, {"tenant": tenant_id}))
    said = {name: {row for row in contents[name] if not looked & set(_ID.findall(row))} for name in _OF_RECORD}
    return contents | {name: frozenset(rows) for name, rows in said.items()}


_OF_RECORD = ("statement", "unsealed")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def contents_of(owner: Engine, tenant_id: UUID) -> Contents:
    """What is there now; `owner` looks past row-level security."""
    tables = [table.name for table in everything().sorted_tables if "tenant_id" in table.columns]
    each = [
        f"SELECT '{name}', t::text FROM {name} t WHERE tenant_id = :tenant"  # noqa: S608 - our own names
        for name in tables
    ]
    found: dict[str, set[str]] = {name: set() for name in tables}
    with owner.connect() as connection:
        for name, row in connection.execute(text(" UNION ALL ".join(each)), {"tenant": tenant_id}):
            found[name].add(row)
    return {name: frozenset(rows) for name, rows in found.items()}
