"""Signing in with a password. Whatever is wrong, the answer and the work are the same."""

from dataclasses import dataclass

from sqlalchemy import Engine, select, update

from models.database import command_transaction
from models.tables.auth import Account
from models.tables.people import Person
from settings import Settings
from web.auth import demo, passwords, throttle
from web.auth.accounts import Stored, accounts_named
from web.auth.refusals import SignInRefused
from web.auth.sessions import NewSession, begin_session, end_session


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed, and the address of the client that sent it.

    `login` is a staff id or a mail address, or `organisation/` and one of them where several organisations
    share an installation.
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
    account: Stored
    rehashed: str | None


def sign_in(engine: Engine, settings: Settings, given: Credentials, previous: str | None) -> NewSession:
    """Begins a session with a new token and ends the `previous` one, whose token the browser sent along.

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
    accounts = accounts_named(engine, given.name)
    if not accounts:
        passwords.verify(given.password, None)
    verdicts = [(account, passwords.verify(given.password, account.password_hash)) for account in accounts]
    right = [_Match(account, verdict.rehashed) for account, verdict in verdicts if verdict.right]
    if settings.production and given.password == demo.PASSWORD:
        return None
    return right[0] if len(right) == 1 else None


def _begin(engine: Engine, match: _Match | None) -> NewSession | None:
    """A session for the person, unless they are no longer active."""
    if match is None:
        return None
    account = match.account
    with command_transaction(engine, account.tenant_id) as session:
        if not session.scalar(select(Person.active).where(Person.id == account.person_id)):
            return None
        if match.rehashed:
            theirs = update(Account).where(Account.person_id == account.person_id)
            session.execute(theirs.values(password_hash=match.rehashed))
        return begin_session(session, account.tenant_id, account.person_id)
