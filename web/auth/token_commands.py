"""Tokens from the command line: made, listed and revoked by whoever runs the installation."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, select

from models.database import command_transaction, engine_for
from models.errors import DomainError
from models.reads.tenants import tenant_named
from models.tables.people import Person
from settings import Settings
from web.auth.tokens import FOR_PROGRAMS, Scope, create_token, revoke_token, tokens_of


def create(settings: Settings, slug: str | None, staff_id: str, days: int, scopes: Sequence[str], name: str) -> str:
    """A new token. Raises `SystemExit` with what is wrong."""
    engine = _engine(settings)
    tenant_id = _tenant_id(engine, slug)
    try:
        wanted = [Scope(scope) for scope in scopes] or list(FOR_PROGRAMS)
        return create_token(engine, tenant_id, staff_id, name, wanted, timedelta(days=days))
    except ValueError:
        raise SystemExit(f"A scope is one of {', '.join(FOR_PROGRAMS)}.") from None
    except DomainError as error:
        raise SystemExit(error.message) from None


def lines(settings: Settings, slug: str | None, staff_id: str) -> Iterator[str]:
    """The tokens of a person, one a line. Raises `SystemExit` for an unknown one."""
    engine = _engine(settings)
    with command_transaction(engine, _tenant_id(engine, slug)) as session:
        person_id = session.scalar(select(Person.id).where(Person.staff_id == staff_id))
        if person_id is None:
            raise SystemExit(f"There is no person {staff_id}.")
        for token in tokens_of(session, person_id):
            used = f"used {token.used_at:%Y-%m-%d}" if token.used_at else "never used"
            end = "revoked" if token.revoked else f"until {token.expires_at:%Y-%m-%d}"
            yield f"{token.id}  {end}, {used}  {','.join(token.scopes)}  {token.name}"


def revoke(settings: Settings, slug: str | None, token_id: str) -> None:
    """End a token. Raises `SystemExit` for an unknown one."""
    engine = _engine(settings)
    try:
        with command_transaction(engine, _tenant_id(engine, slug)) as session:
            revoke_token(session, UUID(token_id))
    except (ValueError, DomainError):
        raise SystemExit("There is no such token.") from None


def _engine(settings: Settings) -> Engine:
    return engine_for(settings.database_url, pool_size=1)


def _tenant_id(engine: Engine, slug: str | None) -> UUID:
    try:
        return tenant_named(engine, slug)
    except DomainError as error:
        raise SystemExit(error.message) from None
