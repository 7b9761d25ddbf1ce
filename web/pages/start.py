"""The way in, the look, and what operators ask."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from models.reads.looking import remember_lookers
from models.reads.people import viewer_shown
from models.rules.policy import Role
from web.auth.csrf import posted_form, require_same_origin
from web.auth.local_paths import local_path
from web.health import readiness
from web.pages.page import SignedIn, Used, go_to, onlooker_of
from web.rendering import THEMES

router = APIRouter()

SECONDS_IN_A_YEAR = 365 * 24 * 3600


@router.get("/")
def start(viewer: SignedIn, use: Used) -> Response:
    """Send people to what they have to do: decide what waits, or record their week."""
    with use.reading(onlooker_of(viewer)) as session:
        remember_lookers(session, viewer.lookers)
        frame = viewer_shown(session, onlooker_of(viewer), None)
    if frame.acting_for is None and frame.roles == {Role.AUDITOR}:
        return go_to("/admin/people")
    waits = frame.inbox_count not in (None, "0")
    decides_only = frame.inbox_count is not None and not frame.sees_own_time
    return go_to("/inbox" if waits or decides_only else "/week")


@router.post("/theme")
def theme(form: Annotated[dict[str, str], Depends(posted_form)], request: Request, use: Used) -> Response:
    """Choose light, dark or as the device says: also for those who are not signed in yet."""
    require_same_origin(request, use.settings.base_url)
    response = go_to(_back(request))
    chosen = form.get("theme", "")
    response.set_cookie("theme", chosen if chosen in THEMES else "auto", SECONDS_IN_A_YEAR, samesite="lax")
    return response


@router.get("/healthz")
def healthz() -> Response:
    """Whether this process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def readyz(use: Used) -> Response:
    """Whether PostgreSQL, Temporal and a worker answer."""
    found: dict[str, Any] = await readiness(use)
    return JSONResponse(found, 200 if all(found.values()) else 503)


@router.get("/metrics")
def metrics() -> Response:
    """Counts and durations of this process, for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _back(request: Request) -> str:
    """The page a form was sent from, if it is one of ours."""
    return local_path("/" + request.headers.get("referer", "").partition("://")[2].partition("/")[2])
