"""What gets in beside one's password: addresses of calendars and tokens of programs, each of which can be ended."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.errors import NotFound
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from web.auth.tokens import Scope, create_token, holder_of, revoke_own_token, tokens_of
from web.auth.viewer import Viewer
from web.pages.exports import calendar_of
from web.pages.page import Posted, SignedIn, Template, Used, go_to, onlooker_of, show
from web.services import Services

router = APIRouter()

ACCESS = Template("access.html", "access.html")
ADDRESS = "/access"
GOOD_FOR = timedelta(days=2 * 365)


@router.get(ADDRESS)
def access(viewer: SignedIn, request: Request) -> Response:
    """One's calendar addresses and tokens."""
    return _show(request, viewer)


@router.get(f"{ADDRESS}/calendar")
@router.get(f"{ADDRESS}/{{token_id}}/revocation")
def sent(viewer: SignedIn, token_id: UUID | None = None) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the list."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/calendar")
async def subscribe(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Make an address by which a calendar program follows one's own shifts; it is shown this once."""

    def make() -> str:
        _require(viewer, use)
        token = create_token(use.engine, viewer.tenant_id, viewer.staff_id, "calendar", [Scope.CALENDAR], GOOD_FOR)
        return f"{use.settings.base_url.rstrip('/')}/calendar/{token}.ics"

    made = await run_in_threadpool(make)
    return await run_in_threadpool(lambda: _show(request, viewer, made))


@router.post(f"{ADDRESS}/{{token_id}}/revocation")
async def revoke(token_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """End one of one's own addresses or tokens."""

    def end() -> None:
        _require(viewer, use)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            revoke_own_token(session, viewer.person_id, token_id)

    await run_in_threadpool(end)
    return go_to(ADDRESS, "Ended. Whoever still uses it gets nothing any more.")


@router.get("/calendar/{token}.ics")
def calendar(token: str, use: Used) -> Response:
    """The shifts of whom an address belongs to; the address itself says who asks. Raises `NotFound`."""
    holder = holder_of(use.engine, token)
    if holder is None or Scope.CALENDAR not in holder.scopes:
        raise NotFound("There is no such calendar, or its address was ended.")
    return calendar_of(use, Onlooker(holder.tenant_id, holder.person_id), holder.staff_id, holder.zone)


def _require(viewer: Viewer, use: Services) -> None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.MANAGE_OWN_ACCESS)


def _show(request: Request, viewer: Viewer, made: str | None = None) -> Response:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_OWN_ACCESS)
        return {
            "tokens": tokens_of(session, viewer.person_id),
            "made": made,
            "zone": viewer.zone,
            "page_title": "Access",
        }

    return show(request, viewer, ACCESS, read)
