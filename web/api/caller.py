"""Which program calls, as whom, and what its token may be used for: a dependency of every route of the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from models.errors import NotFound, NotYours
from models.reads.viewer import Onlooker
from models.rules.policy import Role
from web.auth.refusals import NotSignedIn
from web.auth.tokens import Scope, holder_of
from web.services import services

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="`countersign token create --person STAFF_ID` prints one.",
)


class ScopeMissing(NotYours):
    """The token is not meant for this."""

    code = "scope_missing"


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a call."""

    tenant_id: UUID
    person_id: UUID
    roles: frozenset[Role]
    zone: ZoneInfo
    scopes: frozenset[Scope]
    token_id: UUID
    staff_id: str
    name: str
    at: datetime
    """When they called."""

    @property
    def onlooker(self) -> Onlooker:
        """The caller as the reads know them. A program acts for others command by command."""
        return Onlooker(self.tenant_id, self.person_id)


def caller_for(scope: Scope) -> Callable[..., object]:
    """A dependency: whoever calls with a token that is good for `scope`.

    Raises `NotSignedIn`, `ScopeMissing`, or `NotFound` for another organisation's `tenantId`.
    """

    async def caller(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
        tenant_id: Annotated[
            UUID | None, Query(alias="tenantId", description="The caller's own organisation, if it is named.")
        ] = None,
    ) -> Caller:
        use, token = services(request), bearer.credentials if bearer else None
        found = await run_in_threadpool(require_caller, use.engine, token, scope, tenant_id, use.now())
        request.state.caller = found
        return found

    return caller


def require_caller(engine: Engine, token: str | None, scope: Scope, tenant_id: UUID | None, now: datetime) -> Caller:
    """Whoever a token stands for, in the organisation that they name if they do.

    Raises `NotSignedIn`, `ScopeMissing`, or `NotFound` for another organisation.
    """
    holder = holder_of(engine, token) if token else None
    if holder is None:
        raise NotSignedIn
    if scope not in holder.scopes:
        raise ScopeMissing(f"This token is not meant for this: it needs the scope “{scope}”.")
    if tenant_id not in (None, holder.tenant_id):
        raise NotFound("There is no such thing, or you may not see it.")
    return Caller(
        tenant_id=holder.tenant_id,
        person_id=holder.person_id,
        roles=holder.roles,
        zone=holder.zone,
        scopes=holder.scopes,
        token_id=holder.token_id,
        staff_id=holder.staff_id,
        name=holder.name,
        at=now,
    )


def token_in(header: str | None) -> str | None:
    """The bearer token in an `Authorization` header."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


Reads = Annotated[Caller, Depends(caller_for(Scope.READ))]
Records = Annotated[Caller, Depends(caller_for(Scope.RECORD))]
Decides = Annotated[Caller, Depends(caller_for(Scope.DECIDE))]
Administers = Annotated[Caller, Depends(caller_for(Scope.ADMINISTER))]
Sends = Annotated[Caller, Depends(caller_for(Scope.EVENTS))]
