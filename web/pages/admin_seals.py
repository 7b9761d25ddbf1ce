"""Seals of the ledger: the last ones, the keys that sign them, and where copies of them are left."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession
from models.messages import LedgerKey
from models.reads.directory import changes_of
from models.reads.people import require
from models.reads.seals import PAGE, anchors_shown, keys_of, sealing_shown, seals_of
from models.reads.viewer import Onlooker
from models.rules.anchors import AnchorContent
from models.rules.policy import Action, Role
from models.store.anchors import kept_anchors, replace_anchors
from web.api.lists import key_of_cursor, next_cursor, not_ours
from web.auth.viewer import Viewer
from web.forms import text, version_in
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.seals import go_on_soon, seal_now

router = APIRouter()

ADDRESS = "/admin/seals"
SEALS = Template("admin_seals.html", "admin_seals.html", fields=frozenset({"file", "url"}))


@router.get(ADDRESS)
def seals(viewer: SignedIn, request: Request, after: str | None = None) -> Response:
    """The last seals, the newest first."""
    return show(request, viewer, SEALS, _read(viewer, after))


@router.post(ADDRESS)
async def seal(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Seal what was recorded since the last seal. Sent twice, the second finds nothing to seal."""

    def give() -> Response:
        given_by(viewer, form)
        made = seal_now(use, onlooker_of(viewer))
        if made is None:
            return go_to(ADDRESS, "Everything is sealed already.")
        return go_to(ADDRESS, f"Seal {made.content.number:,} was made.")

    return await or_show_again(request, viewer, SEALS, _read(viewer), form, run_in_threadpool(give))


@router.get(f"{ADDRESS}/anchors")
def moved(viewer: SignedIn) -> Response:
    """Where the form leaves the browser: whoever asks for that address again wants the seals."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/anchors")
async def anchor(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change where copies of seals are left."""

    def give() -> Response:
        given, version = given_by(viewer, form), version_in(form)
        content, demo = AnchorContent(text(form, "file"), text(form, "url")), not use.settings.production
        change(
            viewer,
            use,
            Action.MANAGE_SEALS,
            lambda session: replace_anchors(session, given, version, content, demo),
        )
        go_on_soon(use, LedgerKey(viewer.tenant_id))
        return go_to(ADDRESS, "Saved. Seals are left there from the last one on.")

    return await or_show_again(request, viewer, SEALS, _read(viewer), form, run_in_threadpool(give))


def _read(viewer: Viewer, after: str | None = None) -> Read:
    number = None if after is None else _number(after)

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.AUDIT)
        found = seals_of(session, onlooker, viewer.zone, number)
        kept = kept_anchors(session, onlooker.tenant_id)
        return {
            "seals": found[:PAGE],
            "next_cursor": next_cursor((found[PAGE - 1].number,)) if len(found) > PAGE else None,
            "sealing": sealing_shown(session, onlooker, viewer.zone),
            "keys": keys_of(session, onlooker.tenant_id, viewer.zone),
            "anchors": anchors_shown(session, onlooker.tenant_id, viewer.zone),
            "kept": kept,
            "may_change": Role.ADMINISTRATOR in viewer.roles,
            "changes": changes_of(session, kept.id, viewer.zone),
            "page_title": "Seals",
        }

    return read


def _number(cursor: str) -> int:
    """Raises `Invalid` for the cursor of another list."""
    try:
        return int(key_of_cursor(cursor)[0])
    except ValueError:
        raise not_ours() from None
