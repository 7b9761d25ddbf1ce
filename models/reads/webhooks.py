"""Webhooks as administrators see them: how each stands, and what came of the last attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from models.store.delivering import TEST
from models.store.feed import last_position
from models.store.webhooks import KeptWebhook, WebhookState, as_kept
from models.tables.delivery import OutboxEvent, Webhook, WebhookAttempt

LISTED_ATTEMPTS = 20
"""On the page of a webhook; programs read all that are kept."""


@dataclass(frozen=True, slots=True)
class WebhookShown:
    """A webhook, and how far it is behind the feed."""

    kept: KeptWebhook
    behind: int
    """Events with a place that it has not passed, wanted or not."""
    created_at: datetime
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptShown:
    """One event posted once, and what came of it."""

    id: int
    event_id: UUID
    type: str
    position: int
    """Its place in the feed; 0 for one that only tests."""
    status: int | None
    error: str | None
    milliseconds: int
    tried_at: datetime


def find_webhooks(session: Session, after: tuple[datetime, UUID] | None, limit: int) -> list[KeptWebhook]:
    """The webhooks of the session's organisation, the oldest first."""
    these = select(Webhook).where(Webhook.state != WebhookState.REMOVED)
    if after:
        these = these.where(tuple_(Webhook.created_at, Webhook.id) > after)
    return [as_kept(row) for row in session.scalars(these.order_by(Webhook.created_at, Webhook.id).limit(limit))]


def webhooks_shown(session: Session, tenant_id: UUID, zone: ZoneInfo) -> list[WebhookShown]:
    """Every webhook of an organisation."""
    these = select(Webhook).where(Webhook.state != WebhookState.REMOVED).order_by(Webhook.created_at, Webhook.id)
    last = last_position(session, tenant_id)
    return [shown(as_kept(row), last, zone) for row in session.scalars(these)]


def shown(kept: KeptWebhook, last: int, zone: ZoneInfo) -> WebhookShown:
    """A webhook beside the end of the feed, with times of a zone."""
    failing = kept.failing_since.astimezone(zone) if kept.failing_since else None
    return WebhookShown(kept, max(0, last - kept.delivered_to), kept.created_at.astimezone(zone), failing)


def attempts_of(
    session: Session, webhook_id: UUID, zone: ZoneInfo, before: int | None, limit: int
) -> Sequence[AttemptShown]:
    """What came of the last attempts, the newest first."""
    these = select(WebhookAttempt, func.coalesce(OutboxEvent.type, TEST)).outerjoin(
        OutboxEvent, OutboxEvent.id == WebhookAttempt.event_id
    )
    these = these.where(WebhookAttempt.webhook_id == webhook_id)
    if before is not None:
        these = these.where(WebhookAttempt.id < before)
    rows = session.execute(these.order_by(WebhookAttempt.id.desc()).limit(limit))
    return [_attempt(row, type_, zone) for row, type_ in rows]


def _attempt(row: WebhookAttempt, type_: str, zone: ZoneInfo) -> AttemptShown:
    return AttemptShown(
        id=row.id,
        event_id=row.event_id,
        type=type_,
        position=row.position,
        status=row.status,
        error=row.error,
        milliseconds=row.milliseconds,
        tried_at=row.tried_at.astimezone(zone),
    )
