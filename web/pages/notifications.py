"""What one was told, marking it as read, and choosing how to be told."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.reads.notices import PAGE, notices_shown, ways_of, words_now
from models.reads.people import mail_address_of, require
from models.reads.viewer import Onlooker
from models.rules.notices import DEFAULTS, NoticeKind, Ways
from models.rules.policy import Action
from models.store.reading_notices import choose_ways, mark_all_read, mark_read
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, show
from web.services import Services

router = APIRouter()

ADDRESS = "/notifications"
NOTICES = Template("notifications.html", "partials/notices.html")
BELL = Template("partials/bell.html", "partials/bell.html")
SETTINGS = Template("notification_settings.html", "notification_settings.html")


@router.get(ADDRESS)
def notifications(viewer: SignedIn, request: Request, after: str | None = None) -> Response:
    """What one was told, the newest first."""
    return show(request, viewer, NOTICES, _read(viewer, after))


@router.get(f"{ADDRESS}/bell")
def bell(viewer: SignedIn, request: Request) -> Response:
    """How much of it is not read yet, for the frame of every page."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_OWN_NOTICES)
        return {}

    return show(request, viewer, BELL, read)


@router.get(f"{ADDRESS}/settings")
def settings(viewer: SignedIn, request: Request, use: Used) -> Response:
    """How one is told of each kind of thing."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_OWN_NOTICES)
        return {
            "ways": ways_of(session, onlooker.person_id),
            "address": mail_address_of(session, onlooker.person_id),
            "mail_server": bool(use.settings.smtp_url),
            "page_title": "What you are told, and how",
        }

    return show(request, viewer, SETTINGS, read)


@router.post(f"{ADDRESS}/settings")
async def choose(viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Be told so from now on, or as is usual. Sent twice it is the same."""
    ways = DEFAULTS if form.get("usual") else _ways(form)

    def do() -> None:
        _require(viewer, use)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            choose_ways(session, viewer.tenant_id, viewer.person_id, ways)

    await run_in_threadpool(do)
    return go_to(f"{ADDRESS}/settings", "You are told as usual again." if form.get("usual") else "Saved.")


@router.get(f"{ADDRESS}/reading")
@router.get(f"{ADDRESS}/{{notice_id}}/reading")
def sent(viewer: SignedIn, notice_id: UUID | None = None) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the list."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/reading")
async def read_all(viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Mark everything as read."""

    def do() -> None:
        _require(viewer, use)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            mark_all_read(session, viewer.tenant_id, viewer.person_id)

    await run_in_threadpool(do)
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/{{notice_id}}/reading")
async def open_notice(notice_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Mark one as read, and go to what it is about."""

    def do() -> str:
        _require(viewer, use)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            return words_now(session, mark_read(session, viewer.person_id, notice_id)).path

    return go_to(await run_in_threadpool(do))


def _require(viewer: Viewer, use: Services) -> None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.SEE_OWN_NOTICES)


def _ways(form: dict[str, str]) -> dict[NoticeKind, Ways]:
    """The boxes that are ticked; one that is not ticked is not sent."""
    return {kind: Ways(f"in_app.{kind}" in form, f"mail.{kind}" in form) for kind in NoticeKind}


def _read(viewer: Viewer, after: str | None) -> Read:
    key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_OWN_NOTICES)
        found = notices_shown(session, viewer.person_id, viewer.zone, key)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "notices": found[:PAGE],
            "next_cursor": next_cursor((last.at, last.id)) if last else None,
            "further": after is not None,
            "page_title": "Notifications",
        }

    return read
