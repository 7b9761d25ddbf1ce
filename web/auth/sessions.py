"""Signed-in browsers: found by their cookie, ended at once, and gone by themselves when nobody uses them.

Times are the database's, so that all processes agree.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Engine, Float, and_, cast, delete, extract, func, or_, select, update

from models.database import WriteSession, command_transaction, credential_transaction, entering
from models.errors import Invalid, NotFound, ReasonRequired
from models.reads.looking import Looker, look_up
from models.store.signing_out import end_sessions
from models.tables.auth import SignInSession
from models.tables.people import Person
from web.auth.refusals import NotSignedIn

IDLE = timedelta(hours=8)
"""A session ends when its person has done nothing for so long."""

LONGEST = timedelta(days=7)
"""A session ends so long after the sign-in, whatever is done."""

TOUCHED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: not every page writes."""

LONGEST_REASON = 250
_LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun. Its token goes into the cookie and is not known afterwards."""

    token: str
    tenant_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """The session of a cookie, with its person as they are now."""

    token_hash: str
    tenant_id: UUID
    lookers: Mapping[UUID, Looker]
    """Them, and for whom they act if they do."""
    person_id: UUID
    acting_for_id: UUID | None
    acting_reason: str | None
    seconds_left: float
    """Until it ends when nobody uses it."""


def begin_session(session: WriteSession, tenant_id: UUID, person_id: UUID) -> NewSession:
    """A new session of somebody whose password was right; what has expired of theirs is cleared away."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignInSession).where(SignInSession.person_id == person_id, _ENDED))
    session.add(
        SignInSession(
            token_hash=hash_token(token),
            tenant_id=tenant_id,
            person_id=person_id,
            expires_at=func.now() + LONGEST,
        )
    )
    return NewSession(token, tenant_id, person_id)


def find_session(engine: Engine, token: str, *, extend: bool) -> Found | None:
    """The session that a cookie leads to; None when it has ended, or its person is no longer active.

    `extend` says that a person did something: only that puts off the idle expiry, a page that refreshes
    itself does not.
    """
    return None if len(token) > _LONGEST_TOKEN else _find(engine, hash_token(token), extend)


def end_session(engine: Engine, token: str) -> None:
    """Signs one browser out. A session that is gone already is fine."""
    with credential_transaction(engine, hash_token(token)) as session:
        end_sessions(session, SignInSession.token_hash == hash_token(token))


def start_acting(engine: Engine, tenant_id: UUID, token_hash: str, acting_for_id: UUID, reason: str) -> None:
    """From now on this session acts under another person's responsibility, for the reason given.

    Whether they may is the policy's to say, here (`Action.ACT_FOR`) and for each command.
    Raises `ReasonRequired`, `Invalid`, `NotFound` for somebody unknown or not active, `NotSignedIn`.
    """
    with command_transaction(engine, tenant_id) as session:
        # Foreign keys are checked without row-level security: another tenant's person must be refused here.
        if not session.scalar(select(Person.active).where(Person.id == acting_for_id)):
            raise NotFound("There is no such person.")
        _act(session, token_hash, acting_for_id, _stated(reason))


def stop_acting(engine: Engine, tenant_id: UUID, token_hash: str) -> None:
    """The session acts as its own person again. Raises `NotSignedIn`."""
    with command_transaction(engine, tenant_id) as session:
        _act(session, token_hash, None, None)


def hash_token(token: str) -> str:
    """What is stored of a token. It is random, so a fast hash without salt is enough."""
    return sha256(token.encode()).hexdigest()


_ENDED = or_(SignInSession.expires_at <= func.now(), SignInSession.used_at <= func.now() - IDLE)

_STANDS = and_(SignInSession.expires_at > func.now(), SignInSession.used_at > func.now() - IDLE)
_DUE = SignInSession.used_at <= func.now() - TOUCHED_EVERY
_ENDS = func.least(SignInSession.expires_at, SignInSession.used_at + IDLE)
_SECONDS_LEFT = cast(extract("epoch", _ENDS - func.now()), Float)


def _find(engine: Engine, token_hash: str, extend: bool) -> Found | None:
    with credential_transaction(engine, token_hash) as session:
        this = select(SignInSession, _DUE, _SECONDS_LEFT, entering(SignInSession.tenant_id))
        found = session.execute(this.where(SignInSession.token_hash == token_hash, _STANDS)).one_or_none()
        if found is None:
            return None
        signed_in, due, seconds_left, _ = found
        people = {signed_in.person_id, signed_in.acting_for_id or signed_in.person_id}
        lookers = look_up(session, people)
        who = lookers.get(signed_in.person_id)
        if who is None or not who.active:
            return None
        if extend and due:
            _touch(session, token_hash)
        return Found(
            token_hash=token_hash,
            tenant_id=signed_in.tenant_id,
            lookers=lookers,
            person_id=signed_in.person_id,
            acting_for_id=signed_in.acting_for_id,
            acting_reason=signed_in.acting_reason,
            seconds_left=seconds_left,
        )


def _touch(session: WriteSession, token_hash: str) -> None:
    """Looks at the time again: of many pages asked for at once, one writes."""
    this = update(SignInSession).where(SignInSession.token_hash == token_hash, _DUE)
    session.execute(this.values(used_at=func.now()))


def _act(session: WriteSession, token_hash: str, acting_for_id: UUID | None, reason: str | None) -> None:
    this = update(SignInSession).where(SignInSession.token_hash == token_hash)
    acting = this.values(acting_for_id=acting_for_id, acting_reason=reason)
    person_id = session.scalar(acting.returning(SignInSession.person_id))
    if person_id is None:
        raise NotSignedIn
    if person_id == acting_for_id:
        raise Invalid.field("personId", "Nobody acts for themselves: choose somebody else.")


def _stated(reason: str) -> str:
    stated = reason.strip()
    if not stated:
        raise ReasonRequired("Say why you act for somebody else.")
    if len(stated) > LONGEST_REASON or not stated.isprintable():
        raise Invalid.field("reason", f"Use at most {LONGEST_REASON} characters, on one line.")
    return stated
