"""Passwords: argon2id, and the same work whether or not there is anything to compare with."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from models.errors import Unavailable

AT_ONCE = 4
"""Sign-ins that one process looks at at the same time: each hash takes 64 MiB."""

LONGEST_WAIT = 3.0
"""Seconds that a sign-in waits for its turn."""

_HASHING = PasswordHash.recommended()
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and its new hash when the stored one was made with weaker parameters."""

    right: bool
    rehashed: str | None = None


def hash_password(password: str) -> str:
    """What is stored in place of the password."""
    return _HASHING.hash(password)


def verify(password: str, stored: str | None) -> Verdict:
    """Compares a password with a stored hash; None, for nobody known, takes as long and is never right."""
    try:
        right, rehashed = _HASHING.verify_and_update(password, stored or _nobodys_hash())
    except UnknownHashError:
        return verify(password, None)
    return Verdict(right, rehashed)


@contextmanager
def turn() -> Iterator[None]:
    """Waits until few enough sign-ins are looked at here. Raises `Unavailable` when that takes too long."""
    if not _turns.acquire(timeout=LONGEST_WAIT):
        raise Unavailable("Many people are signing in at this moment. Please try again shortly.")
    try:
        yield
    finally:
        _turns.release()


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe())
