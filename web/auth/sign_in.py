"""Signing in with a password. Whatever is wrong, the answer and the work are the same."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, func, select, update

from models.database import command_transaction, credential_transaction
from models.tables.auth import Account
from models.tables.people import Person, Tenant
from settings import Settings
from web.auth import demo, passwords, throttle
from web.auth.refusals import SignInRefused
from web.auth.sessions import NewSession, begin_session, end_session

MOST_TENANTS = 5
"""So many accounts of the same name are tried; beyond that people name their organisation."""

_LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed, and the address of the client that sent it.

    `login` is a staff id, or `organisation/staff id` where several organisations share one installation.
    """

    login: str
    password: str
    address: str

    @property
    def name(self) -> str:
        """The login as it is compared: without regard to case."""
        return self.login.strip().lower()


@dataclass(frozen=True, slots=True)
class _Match:
    tenant_id: UUID
    person_id: UUID
    rehashed: str | None


def sign_in(
    engine: Engine, settings: Settings, given: Credentials, previous: str | None = None
) -> NewSession:
    """Begins a session with a new token and ends the `previous` one, the cookie's that came along.

    Raises `Throttled`, `SignInRefused` for every other reason not to let somebody in, and `Unavailable`
    when too many sign in at once.
    """
    with passwords.turn():
        attempt = throttle.attempt_of(secret_of(settings), given.name, given.address)
        throttle.admit(engine, attempt)
        begun = _begin(engine, _matching(engine, settings, given))
    if begun is None:
        throttle.count_failure(engine, attempt)
        raise SignInRefused
    throttle.forgive(engine, attempt)
    if previous:
        end_session(engine, previous)
    return begun


def secret_of(settings: Settings) -> bytes:
    """The key that tokens and keys are made with."""
    return settings.secret_key.get_secret_value().encode()


def _matching(engine: Engine, settings: Settings, given: Credentials) -> _Match | None:
    """The one account whose password this is.

    All of them are compared even when the first is right. When the password is right in two organisations,
    nobody can say which was meant, so neither is taken.
    """
    right: list[_Match] = []
    for tenant_id, person_id, stored in _accounts(engine, given.name) or [(None, None, None)]:
        verdict = passwords.verify(given.password, stored)
        if verdict.right and tenant_id and person_id:
            right.append(_Match(tenant_id, person_id, verdict.rehashed))
    if settings.production and given.password == demo.PASSWORD:
        return None
    return right[0] if len(right) == 1 else None


def _accounts(engine: Engine, name: str) -> list[tuple[UUID | None, UUID | None, str | None]]:
    if not name.isprintable() or len(name) > _LONGEST_LOGIN:
        return []
    slug, named, staff_id = name.partition("/")
    login = staff_id.strip() if named else name
    query = select(Account.tenant_id, Account.person_id, Account.password_hash).where(Account.login == login)
    if named:
        query = query.join(Tenant, Tenant.id == Account.tenant_id).where(
            func.lower(Tenant.slug) == slug.strip()
        )
    with credential_transaction(engine, login) as session:
        return [
            row._tuple() for row in session.execute(query.order_by(Account.tenant_id).limit(MOST_TENANTS))
        ]


def _begin(engine: Engine, match: _Match | None) -> NewSession | None:
    """A session for the person, unless they are no longer active."""
    if match is None:
        return None
    with command_transaction(engine, match.tenant_id) as session:
        if not session.scalar(select(Person.active).where(Person.id == match.person_id)):
            return None
        if match.rehashed:
            theirs = update(Account).where(Account.person_id == match.person_id)
            session.execute(theirs.values(password_hash=match.rehashed))
        return begin_session(session, match.tenant_id, match.person_id)
