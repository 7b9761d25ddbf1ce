"""Posting events to webhooks: what comes next, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models.commands import made_by
from models.database import WriteSession
from models.errors import NotFound
from models.rules.webhooks import KEPT_ATTEMPTS, PATIENCE, pause_after
from models.store.feed import FeedEvent, event_at, last_position, next_wanted, place
from models.store.ledger import announce
from models.store.webhooks import WebhookState
from models.tables.delivery import Webhook, WebhookAttempt

LOOKED_AT = 10_000
"""Events among which the next wanted one is looked for by one statement."""

PAUSED = "countersign.webhook.paused"
TEST = "countersign.webhook.test"

GONE = 410
GONE_WORDS = "It answered 410: the address is gone for good."
DEAD_WORDS = f"Nothing was taken for {PATIENCE.days} days."


@dataclass(frozen=True, slots=True)
class Posting:
    """An event that is to be posted, and where to."""

    tenant_id: UUID
    webhook_id: UUID
    url: str
    secrets: tuple[str, ...]
    """What signs it: the present secret, and for a while the one before."""
    event: FeedEvent
    delivered_to: int
    """Where the webhook was in the feed when this was looked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of posting an event."""

    status: int | None
    """None: no answer."""
    error: str | None
    """Why it was not taken, in words; None: it was."""
    milliseconds: int


def behind(session: Session) -> list[tuple[UUID, bool]]:
    """The active webhooks of the session's organisation that have not taken everything, and whether they fail."""
    last = select(Webhook.tenant_id, Webhook.id, Webhook.delivered_to, Webhook.failures)
    rows = session.execute(last.where(Webhook.state == WebhookState.ACTIVE)).all()
    ends = {row.tenant_id: last_position(session, row.tenant_id) for row in rows}
    return [(row.id, row.failures > 0) for row in rows if row.delivered_to < ends[row.tenant_id]]


def next_posting(session: WriteSession, tenant_id: UUID, webhook_id: UUID, now: datetime) -> Posting | None:
    """What a webhook is to get next; None when it has everything, or gets nothing any more.

    What it does not want counts as taken once nothing wanted follows.
    """
    these = select(Webhook).where(Webhook.id == webhook_id, Webhook.state == WebhookState.ACTIVE)
    webhook = session.scalar(these)
    if webhook is None:
        return None
    while place(session, tenant_id):
        pass
    last, after = last_position(session, tenant_id), webhook.delivered_to
    while after < last:
        up_to = min(last, after + LOOKED_AT)
        if event := next_wanted(session, tenant_id, after, up_to, webhook.event_types):
            return _posting(webhook, event, now)
        after = up_to
    unchanged = (Webhook.id == webhook_id, Webhook.delivered_to == webhook.delivered_to)
    session.execute(update(Webhook).where(*unchanged, Webhook.delivered_to < last).values(delivered_to=last))
    return None


def single_posting(
    session: Session, tenant_id: UUID, webhook_id: UUID, command_id: UUID, position: int | None, now: datetime
) -> Posting:
    """The event at a place in the feed, or one that only tests, to be posted out of turn. Raises `NotFound`."""
    webhook = session.scalar(select(Webhook).where(Webhook.id == webhook_id, Webhook.state != WebhookState.REMOVED))
    if webhook is None:
        raise NotFound("There is no such webhook.")
    event = test_event(tenant_id, webhook_id, command_id, now)
    found = event if position is None else event_at(session, tenant_id, position)
    if found is None:
        raise NotFound("There is no such event.")
    return _posting(webhook, found, now)


def test_event(tenant_id: UUID, webhook_id: UUID, command_id: UUID, now: datetime) -> FeedEvent:
    """An event that stands in no feed."""
    id_ = made_by(tenant_id, command_id, TEST)
    return FeedEvent(0, id_, TEST, str(webhook_id), tenant_id, now, {"webhookId": str(webhook_id)})


def note_delivery(session: WriteSession, posting: Posting, answer: Answer, now: datetime) -> timedelta | None:
    """Write down what came of posting what was next; how long to wait before the next try, if it is tried again.

    Whoever moved the webhook meanwhile has decided what comes next: then only the attempt is noted.
    """
    note_attempt(session, posting, answer)
    webhook = session.scalars(select(Webhook).where(Webhook.id == posting.webhook_id).with_for_update()).one()
    if (webhook.state, webhook.delivered_to) != (WebhookState.ACTIVE, posting.delivered_to):
        return None
    if answer.error is None:
        webhook.delivered_to, webhook.failures, webhook.failing_since = posting.event.position, 0, None
        return None
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    wait = None if answer.status == GONE else pause_after(webhook.failures, now - webhook.failing_since)
    if wait is None:
        _pause(session, webhook, GONE_WORDS if answer.status == GONE else f"{DEAD_WORDS} {answer.error}")
    return wait


def note_attempt(session: WriteSession, posting: Posting, answer: Answer) -> None:
    """Write down one attempt; the oldest ones go."""
    made = insert(WebhookAttempt).values(
        tenant_id=posting.tenant_id,
        webhook_id=posting.webhook_id,
        event_id=posting.event.id,
        position=posting.event.position,
        status=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
    )
    session.execute(made)
    theirs = (WebhookAttempt.tenant_id == posting.tenant_id, WebhookAttempt.webhook_id == posting.webhook_id)
    newest = select(WebhookAttempt.id).where(*theirs).order_by(WebhookAttempt.id.desc())
    too_old = newest.offset(KEPT_ATTEMPTS).limit(1).scalar_subquery()
    session.execute(
        delete(WebhookAttempt).where(*theirs, WebhookAttempt.id <= too_old).execution_options(synchronize_session=False)
    )


def _pause(session: WriteSession, webhook: Webhook, because: str) -> None:
    webhook.state = WebhookState.PAUSED.value
    webhook.paused_because = because
    data = {"deliveredTo": webhook.delivered_to, "failures": webhook.failures}
    announce(session, webhook.tenant_id, uuid4(), PAUSED, webhook.id, data)


def _posting(webhook: Webhook, event: FeedEvent, now: datetime) -> Posting:
    secrets = [webhook.secret]
    if webhook.old_secret and webhook.old_secret_until and webhook.old_secret_until > now:
        secrets.append(webhook.old_secret)
    return Posting(webhook.tenant_id, webhook.id, webhook.url, tuple(secrets), event, webhook.delivered_to)
