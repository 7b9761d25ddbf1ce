"""Rebuilds of balances: how far each is, stopping one and letting it go on, and rebuilding everything."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid, NotFound
from models.reads.people import require
from models.reads.rebuilds import (
    PAGE,
    RebuildShown,
    duration_words,
    how_many_agreed,
    left_aside,
    rebuild_shown,
    rebuilds_shown,
    running_rebuild,
)
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.rebuilds import cancel_rebuild, rebuild_everybody, resume_rebuild
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.forms import text
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.services import Services

router = APIRouter()

ADDRESS = "/admin/rebuilds"
LOOKS = "/admin/what-if"

REBUILDS = Template("rebuilds.html", "rebuilds.html", fields=frozenset({"peoplePerSecond"}))
REBUILD = Template("rebuild.html", "partials/rebuild.html")
HINT = Template("partials/rebuild_hint.html", "partials/rebuild_hint.html")

MOST_PER_SECOND = 10_000


@router.get(ADDRESS)
def rebuilds(viewer: SignedIn, request: Request, use: Used, after: str | None = None) -> Response:
    """Every rebuild, the newest first."""
    return show(request, viewer, REBUILDS, _read_all(viewer, after))


@router.post(ADDRESS)
async def rebuild_all(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Rebuild the balances of everybody who has an agreement."""

    def do() -> UUID:
        given, pace = given_by(viewer, form), _people_per_second(form)
        return change(viewer, use, Action.MANAGE_BALANCES, lambda session: rebuild_everybody(session, given, pace))

    async def give() -> Response:
        return go_to(f"{ADDRESS}/{await run_in_threadpool(do)}")

    return await or_show_again(request, viewer, REBUILDS, _read_all(viewer), form, give())


@router.get(f"{ADDRESS}/hint")
def hint(viewer: SignedIn, request: Request, use: Used) -> Response:
    """That a rebuild is under way, for the heads of administrators' pages."""
    now = use.now()

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        return {"running": running_rebuild(session, viewer.zone), "pace": partial(pace_words, now=now)}

    return show(request, viewer, HINT, read)


@router.get(f"{ADDRESS}/{{rebuild_id}}")
def rebuild(rebuild_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """How far a rebuild is."""
    return show(request, viewer, REBUILD, _read(viewer, use.now(), rebuild_id))


@router.get(f"{ADDRESS}/{{rebuild_id}}/stop")
@router.get(f"{ADDRESS}/{{rebuild_id}}/resume")
def moved(rebuild_id: UUID, viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the rebuild."""
    return go_to(f"{ADDRESS}/{rebuild_id}")


@router.post(f"{ADDRESS}/{{rebuild_id}}/stop")
def stop(rebuild_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Let nobody else be rebuilt, or looked at; who is done stays done."""
    return _move(viewer, use, rebuild_id, cancel_rebuild, "It is over already, so there is nothing to stop.")


@router.post(f"{ADDRESS}/{{rebuild_id}}/resume")
def resume(rebuild_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Let a rebuild that was stopped go on with those who are left."""
    return _move(viewer, use, rebuild_id, resume_rebuild, "It was not stopped, so there is nothing to go on with.")


def address_of(shown: RebuildShown) -> str:
    """The page of a rebuild, or of a look."""
    return f"{LOOKS if shown.only_looks else ADDRESS}/{shown.id}"


def pace_words(shown: RebuildShown, now: datetime) -> str:
    """How long it may still take, or how long it took; empty where nothing tells."""
    if left := shown.left(now):
        return f"about {duration_words(left)} left"
    return f"it took {duration_words(shown.took)}" if shown.took is not None else ""


def _move(
    viewer: Viewer, use: Services, rebuild_id: UUID, move: Callable[[WriteSession, UUID], bool], over: str
) -> Response:
    """Stop a rebuild or let it go on. Asked twice, the second time says that it is so already."""
    shown, moved = change(
        viewer,
        use,
        Action.MANAGE_BALANCES,
        lambda session: (rebuild_shown(session, rebuild_id, viewer.zone), move(session, rebuild_id)),
    )
    return go_to(address_of(shown), None if moved else over)


def _read_all(viewer: Viewer, after: str | None = None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        return rebuild_list(session, viewer, after, looks=False) | {
            "everybody": how_many_agreed(session),
            "page_title": "Rebuilds",
        }

    return read


def rebuild_list(session: ReadSession, viewer: Viewer, after: str | None, *, looks: bool) -> dict[str, Any]:
    """A page of rebuilds or looks, and the way on. Raises `Invalid` for a cursor that is none of ours."""
    key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
    found = rebuilds_shown(session, viewer.zone, looks=looks, after=key)
    following = found[PAGE - 1] if len(found) > PAGE else None
    cursor = next_cursor((following.asked_at, following.id)) if following else None
    return {"rebuilds": found[:PAGE], "next_cursor": cursor}


def _read(viewer: Viewer, now: datetime, rebuild_id: UUID) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        shown = rebuild_shown(session, rebuild_id, viewer.zone)
        if shown.only_looks:
            raise NotFound("This only looks at a change.")
        return watched(session, shown, now) | {"page_title": "Rebuild"}

    return read


def watched(session: ReadSession, shown: RebuildShown, now: datetime) -> dict[str, Any]:
    """What the progress of a rebuild or a look is drawn from."""
    aside = left_aside(session, shown.id) if shown.aside else []
    return {"rebuild": shown, "address": address_of(shown), "aside": aside, "pace": partial(pace_words, now=now)}


def _people_per_second(form: dict[str, str]) -> int | None:
    typed = (text(form, "peoplePerSecond") or "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9 and 1 <= int(typed) <= MOST_PER_SECOND):
        message = f"Write a whole number from 1 to {MOST_PER_SECOND:,}, or nothing: then it goes as fast as it can."
        raise Invalid.field("peoplePerSecond", message)
    return int(typed)
