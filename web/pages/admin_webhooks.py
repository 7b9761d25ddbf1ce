"""Webhooks, as administrators see and change them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.messages import SinglePost, WebhookKey
from models.reads.directory import changes_of
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.reads.webhooks import LISTED_ATTEMPTS, attempts_of, shown, webhooks_shown
from models.rules.policy import Action
from models.rules.webhooks import WebhookContent
from models.store.changes import GivenBy
from models.store.feed import event_at, last_position
from models.store.webhooks import (
    KeptWebhook,
    create_webhook,
    kept_webhook,
    pause_or_resume,
    remove_webhook,
    replace_webhook,
    replay_from,
    rotate_secret,
)
from web.auth.viewer import Viewer
from web.forms import text, version_in
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services
from web.webhooks import deliver_soon, post_once

router = APIRouter()

ADDRESS = "/admin/webhooks"

WEBHOOKS = Template("webhooks.html", "webhooks.html")
WEBHOOK = Template("webhook.html", "webhook.html", fields=frozenset({"url", "eventTypes", "from", "position"}))

LARGEST_POSITION = 2**63 - 1

Made = Callable[[WriteSession, GivenBy], KeptWebhook | None]


@router.get(ADDRESS)
def webhooks(viewer: SignedIn, request: Request) -> Response:
    """Every webhook of the organisation, and how it stands."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_WEBHOOKS)
        found = webhooks_shown(session, onlooker.tenant_id, viewer.zone)
        return {"webhooks": found, "page_title": "Webhooks"}

    return show(request, viewer, WEBHOOKS, read)


@router.post(ADDRESS)
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add a webhook, and show its secret this one time."""

    def do() -> tuple[KeptWebhook, str]:
        given, content, demo = given_by(viewer, form), _content(form), not use.settings.production
        return change(
            viewer,
            use,
            Action.MANAGE_WEBHOOKS,
            lambda session: create_webhook(session, given, content, demo),
        )

    async def give() -> Response:
        kept, secret = await run_in_threadpool(do)
        return await run_in_threadpool(lambda: show(request, viewer, WEBHOOK, _read(viewer, kept.id), secret=secret))

    return await or_show_again(request, viewer, WEBHOOK, _read(viewer), form, give())


@router.get(f"{ADDRESS}/new")
def new(viewer: SignedIn, request: Request) -> Response:
    """The form of a new webhook."""
    return show(request, viewer, WEBHOOK, _read(viewer))


@router.get(f"{ADDRESS}/{{webhook_id}}")
def webhook(webhook_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """One webhook: how it stands, and what came of the last attempts."""
    return show(request, viewer, WEBHOOK, _read(viewer, webhook_id))


@router.get(f"{ADDRESS}/{{webhook_id}}/pause")
@router.get(f"{ADDRESS}/{{webhook_id}}/resume")
@router.get(f"{ADDRESS}/{{webhook_id}}/secret")
@router.get(f"{ADDRESS}/{{webhook_id}}/replay")
@router.get(f"{ADDRESS}/{{webhook_id}}/post")
@router.get(f"{ADDRESS}/{{webhook_id}}/removal")
def moved(webhook_id: UUID, viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the webhook."""
    return go_to(address_of(webhook_id))


@router.post(f"{ADDRESS}/{{webhook_id}}")
async def replace(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change where events are posted to, or which."""

    def do(session: WriteSession, given: GivenBy) -> KeptWebhook:
        paused = kept_webhook(session, webhook_id).content.paused
        content, demo = _content(form, paused), not use.settings.production
        return replace_webhook(session, given, webhook_id, version_in(form), content, demo)

    return await _changed(request, viewer, use, webhook_id, form, do, "Saved.")


@router.post(f"{ADDRESS}/{{webhook_id}}/pause")
async def pause(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Post nothing for the time being; nothing is lost."""

    def do(session: WriteSession, given: GivenBy) -> KeptWebhook:
        return pause_or_resume(session, given, webhook_id, version_in(form), True, not use.settings.production)

    return await _changed(
        request, viewer, use, webhook_id, form, do, "Paused. It goes on where it is, when you say so."
    )


@router.post(f"{ADDRESS}/{{webhook_id}}/resume")
async def resume(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Go on where it was."""

    def do(session: WriteSession, given: GivenBy) -> KeptWebhook:
        return pause_or_resume(session, given, webhook_id, version_in(form), False, not use.settings.production)

    return await _changed(request, viewer, use, webhook_id, form, do, "It goes on where it was.")


@router.post(f"{ADDRESS}/{{webhook_id}}/secret")
async def rotate(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Give it another secret, shown this one time."""
    read = _read(viewer, webhook_id)

    def do() -> str:
        given, version = given_by(viewer, form), version_in(form)
        _, secret = change(
            viewer,
            use,
            Action.MANAGE_WEBHOOKS,
            lambda session: rotate_secret(session, given, webhook_id, version, use.now()),
        )
        return secret

    async def give() -> Response:
        secret = await run_in_threadpool(do)
        return await run_in_threadpool(lambda: show(request, viewer, WEBHOOK, read, secret=secret, rotated=True))

    return await or_show_again(request, viewer, WEBHOOK, read, form, give())


@router.post(f"{ADDRESS}/{{webhook_id}}/replay")
async def replay(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Post everything again from a place in the feed on."""

    def do(session: WriteSession, given: GivenBy) -> KeptWebhook:
        return replay_from(session, given, webhook_id, version_in(form), _position(form, "from"))

    return await _changed(request, viewer, use, webhook_id, form, do, "It goes on from there.")


@router.post(f"{ADDRESS}/{{webhook_id}}/post")
async def post(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Post one event out of turn: one that was posted before, or without a place one that only tests."""

    def asked() -> SinglePost:
        given, onlooker = given_by(viewer, form), onlooker_of(viewer)
        position = _position(form, "position") if form.get("position") else None
        with use.reading(onlooker) as session:
            require(session, onlooker, Action.MANAGE_WEBHOOKS)
            kept_webhook(session, webhook_id)
            if position is not None and event_at(session, viewer.tenant_id, position) is None:
                raise Invalid.field("position", "There is no such event.")
        return SinglePost(WebhookKey(viewer.tenant_id, webhook_id), given.command_id, position)

    async def give() -> Response:
        await post_once(use, await run_in_threadpool(asked))
        return go_to(address_of(webhook_id), "On its way. What comes of it stands below in a moment.")

    return await or_show_again(request, viewer, WEBHOOK, _read(viewer, webhook_id), form, give())


@router.post(f"{ADDRESS}/{{webhook_id}}/removal")
async def remove(webhook_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Take it away for good."""

    def do(session: WriteSession, given: GivenBy) -> None:
        remove_webhook(session, given, webhook_id, version_in(form))

    return await _changed(request, viewer, use, webhook_id, form, do, "Nothing is posted there any more.", ADDRESS)


def address_of(webhook_id: UUID) -> str:
    """The page of a webhook."""
    return f"{ADDRESS}/{webhook_id}"


async def _changed(
    request: Request,
    viewer: Viewer,
    use: Services,
    webhook_id: UUID,
    form: dict[str, str],
    do: Made,
    told: str,
    then: str | None = None,
) -> Response:
    """A webhook changed by a form, and looked at by its delivery."""

    def give_now() -> None:
        given = given_by(viewer, form)
        change(viewer, use, Action.MANAGE_WEBHOOKS, lambda session: do(session, given))
        deliver_soon(use, viewer.tenant_id, webhook_id)

    async def give() -> Response:
        await run_in_threadpool(give_now)
        return go_to(then or address_of(webhook_id), told)

    return await or_show_again(request, viewer, WEBHOOK, _read(viewer, webhook_id), form, give())


def _read(viewer: Viewer, webhook_id: UUID | None = None) -> Read:
    """What the page of a webhook shows; of none yet without an id."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_WEBHOOKS)
        kept = kept_webhook(session, webhook_id) if webhook_id else None
        last = last_position(session, onlooker.tenant_id)
        return {
            "webhook": shown(kept, last, viewer.zone) if kept else None,
            "last": last,
            "attempts": attempts_of(session, kept.id, viewer.zone, None, LISTED_ATTEMPTS) if kept else (),
            "changes": changes_of(session, kept.id, viewer.zone) if kept else (),
            "secret": None,
            "rotated": False,
            "page_title": "Webhook" if kept else "Add a webhook",
        }

    return read


def _content(form: dict[str, str], paused: bool = False) -> WebhookContent:
    """A webhook as typed."""
    types = tuple(dict.fromkeys((form.get("eventTypes") or "").replace(",", " ").split()))
    return WebhookContent(text(form, "url") or "", types or None, paused)


def _position(form: dict[str, str], name: str) -> int:
    """A place in the feed as typed. Raises `Invalid`."""
    typed = (text(form, name) or "").replace(",", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20 and int(typed) <= LARGEST_POSITION):
        raise Invalid.field(name, "Write a place in the feed: a whole number.")
    return int(typed)
