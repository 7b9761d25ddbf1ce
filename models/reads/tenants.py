"""The organisations of an installation, for whoever runs it."""

from uuid import UUID

from sqlalchemy import Engine, select

from models.database import read_session
from models.errors import NotFound
from models.tables.people import Tenant

DEMO = "demo"
"""The organisation that is meant where several are and none is named, on a demo installation."""

NONE = UUID(int=0)
"""Who sees nobody's rows, and may still see which organisations there are."""


def tenants(engine: Engine) -> dict[str, UUID]:
    """Every organisation by its short name, in their order."""
    with read_session(engine, NONE) as session:
        rows = session.execute(select(Tenant.id, Tenant.slug).order_by(Tenant.slug))
        return {row.slug: row.id for row in rows}


def tenant_named(engine: Engine, slug: str | None) -> UUID:
    """One organisation; the only one, or that of the demo, where none is named. Raises `NotFound`."""
    found = tenants(engine)
    if not found:
        raise NotFound("There is no organisation yet.")
    if slug is None and len(found) > 1:
        slug = DEMO if DEMO in found else None
    if slug is None and len(found) != 1:
        raise NotFound(f"Name the organisation with --tenant: one of {', '.join(found)}.")
    if slug is not None and slug not in found:
        raise NotFound(f"There is no organisation {slug}: use one of {', '.join(found)}.")
    return found[slug] if slug else next(iter(found.values()))
