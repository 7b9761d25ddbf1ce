"""Slows down guessing: so many failed sign-ins for one name, and for one address, and then a wait."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import Engine, delete, text
from sqlalchemy.orm import Session

from models.database import credential_transaction
from models.tables.auth import SignInFailure
from web.auth.refusals import Throttled

WINDOW = timedelta(minutes=15)
"""How long a failure counts."""

PER_LOGIN = 5
PER_ADDRESS = 30
SWEPT_AT_ONCE = 100
"""Old failures that one attempt clears away, at most."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that is tried, by two keys that tell nobody who or from where."""

    login: str
    address: str


def attempt_of(secret: bytes, login: str, address: str) -> Attempt:
    """The keys of a sign-in with `login`, as it was typed but in lower case, from the client's `address`.

    The key depends on nothing but what was typed. Were it found through the account, a wait would show
    that there is one.
    """
    return Attempt(_key(secret, f"login:{login}"), _key(secret, f"address:{_network(address)}"))


def admit(engine: Engine, attempt: Attempt) -> None:
    """Lets an attempt go on, counted against its login until `forgive`. Raises `Throttled`.

    It counts before the password is looked at, one attempt after the other, so that a hundred sent at once
    are not all looked at. The address counts only what failed (`count_failure`): a whole office may
    come from one, at nine in the morning.
    """
    with credential_transaction(engine, attempt.login) as session:
        session.execute(_ONE_AFTER_THE_OTHER, {"key": attempt.login})
        wait = max(_wait(session, attempt.login, PER_LOGIN), _wait(session, attempt.address, PER_ADDRESS))
        if wait:
            raise Throttled(wait)
        session.add(SignInFailure(key=attempt.login))
        session.execute(_SWEEP, {"window": WINDOW, "at_most": SWEPT_AT_ONCE})


def count_failure(engine: Engine, attempt: Attempt) -> None:
    """An admitted attempt failed: its address counts it too."""
    with credential_transaction(engine, attempt.address) as session:
        session.add(SignInFailure(key=attempt.address))


def forgive(engine: Engine, attempt: Attempt) -> None:
    """An admitted attempt succeeded: its login starts afresh, its address does not.

    Otherwise whoever has an account of their own could guess at all others without end.
    """
    with credential_transaction(engine, attempt.login) as session:
        session.execute(delete(SignInFailure).where(SignInFailure.key == attempt.login))


_ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")

_WAIT = text(
    """
    SELECT ceil(extract(epoch FROM failed_at + :window - now()))::int
    FROM sign_in_failure
    WHERE key = :key AND failed_at > now() - :window
    ORDER BY failed_at DESC
    OFFSET :earlier LIMIT 1
    """
)

# The oldest rows by number, not by time: that reads no more rows than it may delete.
_SWEEP = text(
    """
    DELETE FROM sign_in_failure WHERE id IN (
        SELECT id FROM (SELECT id, failed_at FROM sign_in_failure ORDER BY id LIMIT :at_most) AS oldest
        WHERE failed_at < now() - :window
    )
    """
)


def _wait(session: Session, key: str, limit: int) -> int:
    """Seconds until fewer than `limit` failures count; 0 when that is so now."""
    seconds = session.scalar(_WAIT, {"key": key, "window": WINDOW, "earlier": limit - 1})
    return 0 if seconds is None else max(int(seconds), 1)


def _key(secret: bytes, what: str) -> str:
    return hmac.digest(secret, f"sign-in:{what}".encode(), "sha256").hex()


def _network(address: str) -> str:
    """An IPv6 customer has 2⁶⁴ addresses to try from, so the whole network counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex()
