"""Acting on somebody's behalf: choosing whom, saying why, and stopping."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession
from models.errors import NotYours, ReasonRequired
from models.reads.people import person_by_staff_id, require
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from web.auth.sessions import start_acting, stop_acting
from web.auth.viewer import Viewer
from web.forms import reason_in, text
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show

router = APIRouter()

ACT_FOR = Template("act_for.html", "partials/act_for.html", fields=frozenset({"reason"}))


@router.get("/admin/people/{staff_id}/acting")
def act_for(staff_id: str, viewer: SignedIn, request: Request) -> Response:
    """Ask why one acts for somebody."""
    return show(request, viewer, ACT_FOR, _read(staff_id))


@router.get("/acting")
@router.get("/acting/end")
def acting(viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants to choose somebody."""
    return go_to("/admin/people")


@router.post("/acting")
async def begin(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Act for somebody from here on, with a reason that stands beside every act."""

    async def give() -> Response:
        person = await run_in_threadpool(_begin, viewer, use, form)
        return go_to("/week", f"You are acting for {person.name} now. Everything is recorded under your name.")

    return await or_show_again(request, viewer, ACT_FOR, _read(text(form, "staff_id") or ""), form, give())


@router.post("/acting/end")
async def end(viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Act for oneself again."""
    await run_in_threadpool(stop_acting, use.engine, viewer.tenant_id, viewer.session_hash)
    return go_to("/", "You are acting for yourself again.")


def _begin(viewer: Viewer, use: Used, form: dict[str, str]) -> PersonShown:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.ACT_FOR)
        person = person_by_staff_id(session, text(form, "staff_id") or "")
    reason = reason_in(form)
    if person.id == viewer.person_id:
        raise NotYours("You are yourself already. Choose somebody else.")
    if reason is None:
        raise ReasonRequired("Say why you act for somebody else: it stands beside everything you do.")
    start_acting(use.engine, viewer.tenant_id, viewer.session_hash, person.id, reason)
    return person


def _read(staff_id: str) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.ACT_FOR)
        return {"person": person_by_staff_id(session, staff_id), "page_title": "Act for somebody"}

    return read
