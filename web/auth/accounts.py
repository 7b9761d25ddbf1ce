"""Which accounts somebody may mean by what they typed to sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, Row, Select, func, select

from models.database import credential_transaction, read_session
from models.tables.auth import Account
from models.tables.people import Person, Tenant

MOST = 5
"""So many accounts of one name are tried; beyond that people put their organisation before it."""

_LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """An account and the hash of its password."""

    tenant_id: UUID
    person_id: UUID
    password_hash: str


def accounts_named(engine: Engine, name: str) -> list[Stored]:
    """The accounts that `name` may mean: a staff id or a mail address, in lower case.

    `organisation/` before it says which organisation is meant. Without it a mail address is looked for only
    where few organisations share an installation, since people are found in one organisation at a time.
    """
    if not name.isprintable() or len(name) > _LONGEST_LOGIN:
        return []
    slug, named, rest = name.partition("/")
    login = rest.strip() if named else name
    tenants, accounts = _tenants(slug.strip() if named else None), _ACCOUNTS.where(Account.login == login)
    with credential_transaction(engine, login) as session:
        tenant_ids = session.scalars(tenants).all()
        within = accounts.where(Account.tenant_id.in_(tenant_ids)) if named else accounts
        found = _stored(session.execute(within.order_by(Account.tenant_id).limit(MOST)).all())
    if found or "@" not in login or len(tenant_ids) > MOST:
        return found
    return [account for tenant_id in tenant_ids for account in _mailed(engine, tenant_id, login)]


_ACCOUNTS = select(Account.tenant_id, Account.person_id, Account.password_hash)


def _tenants(slug: str | None) -> Select[UUID]:
    """The organisation meant, or as many as show whether they are too many."""
    query = select(Tenant.id).order_by(Tenant.id).limit(MOST + 1)
    return query if slug is None else query.where(func.lower(Tenant.slug) == slug)


def _mailed(engine: Engine, tenant_id: UUID, mail: str) -> list[Stored]:
    """An address that several people of the organisation share says nothing about who signs in."""
    query = _ACCOUNTS.join(Person, Person.id == Account.person_id).where(func.lower(Person.email) == mail)
    with read_session(engine, tenant_id) as session:
        found = _stored(session.execute(query.limit(2)).all())
    return found if len(found) == 1 else []


def _stored(rows: Sequence[Row[UUID, UUID, str]]) -> list[Stored]:
    return [Stored(row.tenant_id, row.person_id, row.password_hash) for row in rows]
