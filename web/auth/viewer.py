"""Who is looking: a dependency of every route for people.

A route that names it needs no more care: whoever is not signed in does not get further, and whatever may
change something must come from our own page and carry the session's token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from models.reads.looking import Looker
from models.rules.policy import Role
from settings import Settings
from web.auth import cookies, csrf
from web.auth.refusals import NotSignedIn
from web.auth.sessions import Found, find_session
from web.auth.sign_in import secret_of
from web.services import services

REFRESH_HEADER = "Countersign-Refresh"
"""Sent by what refreshes itself, so that a page nobody looks at does not keep its session alive."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person signed in, and for whom they act if they do."""

    tenant_id: UUID
    person_id: UUID
    staff_id: str
    name: str
    roles: frozenset[Role]
    zone: ZoneInfo
    session_hash: str
    csrf_token: str
    lookers: Mapping[UUID, Looker]
    """Them, and for whom they act, as they were found: no page looks them up again."""
    acting_for_id: UUID | None = None
    acting_reason: str | None = None
    seconds_left: float = 0.0
    """Until the session ends when nobody uses it."""


async def current_viewer(request: Request) -> Viewer:
    """The person behind a request, also left in `request.state.viewer`.

    Raises `NotSignedIn`, and for methods that may change something `FromElsewhere` or `FormExpired`.
    """
    settings: Settings = services(request).settings
    changes = request.method not in csrf.UNCHANGING
    if changes:
        csrf.require_same_origin(request, settings.base_url)
    viewer = await _required(request, extend=changes or REFRESH_HEADER not in request.headers)
    if changes:
        await csrf.require_token(request, viewer.csrf_token)
    return viewer


async def watching_viewer(request: Request) -> Viewer:
    """The person behind an event stream, which does not keep their session alive. Raises `NotSignedIn`.

    The stream ends when the session is ended, of which there is a signal, and at the latest after `seconds_left`.
    """
    return await _required(request, extend=False)


def viewer_if_any(request: Request, *, extend: bool = False) -> Viewer | None:
    """The person behind a request, or None. It reads the database and blocks meanwhile."""
    used = services(request)
    token = cookies.SESSION.read(request, used.settings)
    found = find_session(used.engine, token, extend=extend) if token else None
    return _viewer(found, secret_of(used.settings)) if found else None


async def _required(request: Request, extend: bool) -> Viewer:
    viewer = await run_in_threadpool(viewer_if_any, request, extend=extend)
    if viewer is None:
        raise NotSignedIn
    request.state.viewer = viewer
    return viewer


def _viewer(found: Found, secret: bytes) -> Viewer:
    who = found.lookers[found.person_id]
    return Viewer(
        tenant_id=found.tenant_id,
        person_id=found.person_id,
        staff_id=who.person.staff_id,
        name=who.person.name,
        roles=who.roles,
        zone=who.zone,
        session_hash=found.token_hash,
        csrf_token=csrf.session_token(secret, found.token_hash),
        lookers=found.lookers,
        acting_for_id=found.acting_for_id,
        acting_reason=found.acting_reason,
        seconds_left=found.seconds_left,
    )
