"""Bearer tokens of programs: random, stored hashed, for one person, with an end, never with more rights than theirs.

Times are the database's, so that all processes agree.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Row, func, or_, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession, command_transaction, credential_transaction, entering
from models.errors import NotFound
from models.rules.policy import Role, roles_of
from models.store.signals import tell_revoked
from models.tables.auth import ApiToken
from models.tables.people import Person, PersonRole
from web.auth.sessions import hash_token

PREFIX = "cs_"
"""Lets people and scanners see what a leaked text is."""

USED_EVERY = timedelta(hours=1)
"""How exactly it is known when a token was last used: not every call writes."""

_LONGEST_TOKEN = 100


class Scope(StrEnum):
    """What a token may be used for; its person has to have the right as well."""

    READ = "read"
    RECORD = "record"
    DECIDE = "decide"
    ADMINISTER = "administer"
    EVENTS = "events"
    CALENDAR = "calendar"
    """Only the person's own shifts, by an address that calendar programs keep."""


FOR_PROGRAMS = tuple(scope for scope in Scope if scope is not Scope.CALENDAR)
"""What a token is good for unless somebody says less."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The person that a token stands for, as they are now, and what it may be used for."""

    tenant_id: UUID
    person_id: UUID
    staff_id: str
    name: str
    roles: frozenset[Role]
    zone: ZoneInfo
    scopes: frozenset[Scope]
    token_id: UUID
    seconds_left: float
    """Until the token expires."""


@dataclass(frozen=True, slots=True)
class TokenListed:
    """A token as its person sees it; the token itself is not known any more."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked: bool


def create_token(
    engine: Engine, tenant_id: UUID, staff_id: str, name: str, scopes: Iterable[Scope], lifetime: timedelta
) -> str:
    """A new token of an active person, told this once. Raises `NotFound` for somebody unknown or not active."""
    token = PREFIX + secrets.token_urlsafe(32)
    with command_transaction(engine, tenant_id) as session:
        person_id = session.scalar(select(Person.id).where(Person.staff_id == staff_id, Person.active))
        if person_id is None:
            raise NotFound(f"There is no active person {staff_id}.")
        session.add(
            ApiToken(
                token_hash=hash_token(token),
                id=uuid4(),
                tenant_id=tenant_id,
                person_id=person_id,
                name=name,
                scopes=sorted(scope.value for scope in scopes),
                expires_at=func.now() + lifetime,
            )
        )
    return token


def holder_of(engine: Engine, token: str) -> Holder | None:
    """Whom a token stands for; None when it is unknown, has expired or was revoked, or its person is not active."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST_TOKEN:
        return None
    token_hash = hash_token(token)
    with credential_transaction(engine, token_hash) as session:
        these = ApiToken, _DUE, _SECONDS_LEFT, entering(ApiToken.tenant_id)
        found = session.execute(select(*these).where(ApiToken.token_hash == token_hash, _STANDS)).one_or_none()
        if found is None:
            return None
        held, due, seconds_left, _ = found
        person = _active_person(session, held.person_id)
        if person is None:
            return None
        if due:
            _touch(session, token_hash)
        return Holder(
            tenant_id=held.tenant_id,
            person_id=held.person_id,
            staff_id=person.staff_id,
            name=person.name,
            roles=roles_of(person.roles),
            zone=ZoneInfo(person.time_zone),
            scopes=frozenset(Scope(scope) for scope in held.scopes),
            token_id=held.id,
            seconds_left=float(seconds_left),
        )


def revoke_own_token(session: WriteSession, person_id: UUID, token_id: UUID) -> None:
    """The same for a token of somebody's own. Raises `NotFound` for anybody else's."""
    theirs = select(ApiToken.id).where(ApiToken.id == token_id, ApiToken.person_id == person_id)
    if session.scalar(theirs) is None:
        raise NotFound("There is no such token.")
    revoke_token(session, token_id)


def tokens_of(session: Session, person_id: UUID) -> list[TokenListed]:
    """The tokens of a person, newest first."""
    these = select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.created_at.desc())
    return [
        TokenListed(
            token.id,
            token.name,
            tuple(token.scopes),
            token.created_at,
            token.expires_at,
            token.used_at,
            token.revoked_at is not None,
        )
        for token in session.scalars(these)
    ]


def revoke_token(session: WriteSession, token_id: UUID) -> None:
    """From now on the token is nobody's, and what it has open ends. Raises `NotFound`."""
    this = update(ApiToken).where(ApiToken.id == token_id)
    revoked = this.values(revoked_at=func.coalesce(ApiToken.revoked_at, func.now()))
    found = session.execute(revoked.returning(ApiToken.tenant_id, ApiToken.token_hash)).first()
    if found is None:
        raise NotFound("There is no such token.")
    tell_revoked(session, found.tenant_id, found.token_hash)


_STANDS = (ApiToken.expires_at > func.now()) & ApiToken.revoked_at.is_(None)
_SECONDS_LEFT = func.extract("epoch", ApiToken.expires_at - func.now())
_DUE = or_(ApiToken.used_at.is_(None), ApiToken.used_at < func.now() - USED_EVERY)


def _active_person(session: WriteSession, person_id: UUID) -> Row[str, str, str, list[str]] | None:
    """Staff id, name, time zone and roles as they are now, unless the person is no longer active."""
    roles = select(PersonRole.role).where(PersonRole.person_id == Person.id).correlate(Person)
    columns = Person.staff_id, Person.name, Person.time_zone, func.array(roles.scalar_subquery()).label("roles")
    return session.execute(select(*columns).where(Person.id == person_id, Person.active)).one_or_none()


def _touch(session: WriteSession, token_hash: str) -> None:
    this = update(ApiToken).where(ApiToken.token_hash == token_hash, _DUE)
    session.execute(this.values(used_at=func.now()))
