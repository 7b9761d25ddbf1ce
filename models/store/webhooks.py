"""Webhooks of an organisation: made, changed, paused and taken away by administrators.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `Stale` and `KeyReused`. A secret is in the row alone: never in the record, never in an event.
"""

import secrets
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid, NotFound, Stale
from models.rules.policy import Action
from models.rules.webhooks import MOST_WEBHOOKS, OLD_SECRET_LIVES, WebhookContent, webhook_errors
from models.store.changes import Change, GivenBy, Subject, done_before, hash_of, keep, require_none, take_turn
from models.store.feed import last_position, place
from models.tables.delivery import Webhook

SECRET_BYTES = 32
BY_AN_ADMINISTRATOR = "An administrator paused it."


class WebhookState(StrEnum):
    """Whether anything is posted."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """A webhook as it stands."""

    id: UUID
    version: int
    """For the next change."""
    content: WebhookContent
    paused_because: str | None
    delivered_to: int
    """Its place in the feed: everything up to it was taken, or is not wanted."""
    failures: int
    failing_since: datetime | None
    created_at: datetime


def create_webhook(
    session: WriteSession, given: GivenBy, content: WebhookContent, demo: bool
) -> tuple[KeptWebhook, str]:
    """Add a webhook for everything that happens from now on; it and its secret. Given again, the same answer."""
    take_turn(session, given, Action.MANAGE_WEBHOOKS)
    asked = hash_of("create webhook", content.json)
    if done := done_before(session, given, asked):
        return _with_secret(session, done[0].subject_id)
    require_none(webhook_errors(content, demo))
    there = select(func.count()).select_from(Webhook).where(Webhook.state != WebhookState.REMOVED)
    if (session.scalar(there) or 0) >= MOST_WEBHOOKS:
        message = f"There are {MOST_WEBHOOKS} webhooks already. Take one away that is not needed any more."
        raise Invalid(message, errors=[])
    id_ = given.makes("webhook")
    row = _stated(content) | {
        "id": id_,
        "tenant_id": given.tenant_id,
        "secret": new_secret(),
        "delivered_to": _end_of_feed(session, given.tenant_id),
        "created_by_id": given.actor_id,
    }
    session.execute(insert(Webhook).values(row))
    keep(session, given, Subject.WEBHOOK, asked, [Change(id_, 1, None, content.json)])
    return _with_secret(session, id_)


def replace_webhook(
    session: WriteSession, given: GivenBy, webhook_id: UUID, version: int, content: WebhookContent, demo: bool
) -> KeptWebhook:
    """Let a webhook be what `content` says; `version` is the one that was looked at.

    One that is resumed goes on where it was, and is tried at once.
    """
    take_turn(session, given, Action.MANAGE_WEBHOOKS)
    asked = hash_of("replace webhook", webhook_id, version, content.json)
    if done_before(session, given, asked):
        return kept_webhook(session, webhook_id)
    present = _seen(session, webhook_id, version)
    require_none(webhook_errors(content, demo))
    if content == present.content:
        return present
    fresh = {"failures": 0, "failing_since": None}
    stated = _stated(content, present.paused_because) | fresh
    _change(session, given, asked, present, stated, present.content.json, content.json)
    return kept_webhook(session, webhook_id)


def pause_or_resume(
    session: WriteSession, given: GivenBy, webhook_id: UUID, version: int, paused: bool, demo: bool
) -> KeptWebhook:
    """Stop posting, or go on where it was stopped."""
    content = replace(kept_webhook(session, webhook_id).content, paused=paused)
    return replace_webhook(session, given, webhook_id, version, content, demo)


def remove_webhook(session: WriteSession, given: GivenBy, webhook_id: UUID, version: int) -> None:
    """Take a webhook away for good; the record of it stays, its secret does not."""
    take_turn(session, given, Action.MANAGE_WEBHOOKS)
    asked = hash_of("remove webhook", webhook_id, version)
    if done_before(session, given, asked):
        return
    present = _seen(session, webhook_id, version)
    gone = {"state": WebhookState.REMOVED.value, "secret": "", "old_secret": None, "old_secret_until": None}
    _change(session, given, asked, present, gone, present.content.json, {"removed": True})


def rotate_secret(
    session: WriteSession, given: GivenBy, webhook_id: UUID, version: int | None, now: datetime
) -> tuple[KeptWebhook, str]:
    """Give a webhook another secret; the one before signs as well for a day. Given again, the same answer."""
    take_turn(session, given, Action.MANAGE_WEBHOOKS)
    asked = hash_of("rotate secret", webhook_id, version)
    if done_before(session, given, asked):
        return _with_secret(session, webhook_id)
    present = _seen(session, webhook_id, version)
    old = select(Webhook.secret).where(Webhook.id == webhook_id).scalar_subquery()
    values = {"secret": new_secret(), "old_secret": old, "old_secret_until": now + OLD_SECRET_LIVES}
    _change(session, given, asked, present, values, {}, {"secret": "another one"})
    return _with_secret(session, webhook_id)


def replay_from(
    session: WriteSession, given: GivenBy, webhook_id: UUID, version: int | None, position: int
) -> KeptWebhook:
    """Post everything again from a place in the feed on, in order; a place further on leaves out what is before it."""
    take_turn(session, given, Action.MANAGE_WEBHOOKS)
    asked = hash_of("replay", webhook_id, version, position)
    if done_before(session, given, asked):
        return kept_webhook(session, webhook_id)
    present = _seen(session, webhook_id, version)
    last = _end_of_feed(session, given.tenant_id)
    if not 1 <= position <= last + 1:
        raise Invalid.field("from", f"Write a whole number from 1 to {last + 1:,}, the next place in the feed.")
    values = {"delivered_to": position - 1, "failures": 0, "failing_since": None}
    told = [{"nextPosition": place_ + 1} for place_ in (present.delivered_to, position - 1)]
    _change(session, given, asked, present, values, *told)
    return kept_webhook(session, webhook_id)


def kept_webhook(session: Session, webhook_id: UUID) -> KeptWebhook:
    """A webhook as it stands. Raises `NotFound`."""
    these = select(Webhook).where(Webhook.id == webhook_id, Webhook.state != WebhookState.REMOVED)
    row = session.scalar(these.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such webhook.")
    return as_kept(row)


def as_kept(row: Webhook) -> KeptWebhook:
    """A row as a webhook."""
    types = None if row.event_types is None else tuple(row.event_types)
    return KeptWebhook(
        id=row.id,
        version=row.version,
        content=WebhookContent(row.url, types, row.state == WebhookState.PAUSED),
        paused_because=row.paused_because,
        delivered_to=row.delivered_to,
        failures=row.failures,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )


def new_secret() -> str:
    """A secret in the form that receivers know."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _stated(content: WebhookContent, paused_because: str | None = None) -> dict[str, Any]:
    return {
        "url": content.url,
        "event_types": None if content.event_types is None else list(content.event_types),
        "state": (WebhookState.PAUSED if content.paused else WebhookState.ACTIVE).value,
        "paused_because": (paused_because or BY_AN_ADMINISTRATOR) if content.paused else None,
    }


def _end_of_feed(session: WriteSession, tenant_id: UUID) -> int:
    """The last place in the feed, with everything placed that was committed."""
    while place(session, tenant_id):
        pass
    return last_position(session, tenant_id)


def _seen(session: WriteSession, webhook_id: UUID, version: int | None) -> KeptWebhook:
    """A webhook whose row nobody changes meanwhile, in the version that was looked at; None: whichever it is."""
    session.execute(select(Webhook.id).where(Webhook.id == webhook_id).with_for_update())
    present = kept_webhook(session, webhook_id)
    if version not in (None, present.version):
        raise Stale(
            "Somebody changed this webhook meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    return present


def _change(
    session: WriteSession,
    given: GivenBy,
    asked: str,
    present: KeptWebhook,
    values: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    version = present.version + 1
    this = update(Webhook).where(Webhook.id == present.id).execution_options(synchronize_session=False)
    session.execute(this.values(values | {"version": version}))
    keep(session, given, Subject.WEBHOOK, asked, [Change(present.id, version, before, after)])


def _with_secret(session: WriteSession, webhook_id: UUID) -> tuple[KeptWebhook, str]:
    kept = kept_webhook(session, webhook_id)
    return kept, session.scalars(select(Webhook.secret).where(Webhook.id == webhook_id)).one()
