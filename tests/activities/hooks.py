"""Webhooks of Duane's organisation that post to a receiver of the test, without Temporal around them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import update
from temporalio.testing import ActivityEnvironment

from activities.posting import Poster
from activities.webhooks import WebhookActivities
from models.database import command_transaction, read_session
from models.messages import DeliveryTurn, SinglePost, WebhookKey
from models.rules.webhooks import WebhookContent
from models.store import webhooks
from models.store.feed import last_position, place
from models.store.ledger import announce
from models.store.webhooks import KeptWebhook, kept_webhook
from models.tables.delivery import OutboxEvent, Webhook, WebhookAttempt
from tests.activities.administering import given
from tests.desk import Life

Result = TypeVar("Result")


@dataclass(frozen=True)
class Hook:
    """One webhook, with what is done to it and what it does."""

    life: Life
    id: UUID
    secret: str

    @property
    def key(self) -> WebhookKey:
        return WebhookKey(self.life.org.tenant_id, self.id)

    @property
    def kept(self) -> KeptWebhook:
        """As it stands."""
        with read_session(self.life.desk.engine, self.life.org.tenant_id) as session:
            return kept_webhook(session, self.id)

    def turn(self, longest_seconds: float = 10) -> DeliveryTurn:
        """What its workflow has done at once."""
        return awaited(self.take_turn(longest_seconds))

    async def take_turn(self, longest_seconds: float = 10) -> DeliveryTurn:
        """The same from a test that is waiting already."""
        activities = WebhookActivities(self.life.desk.engine, Poster(demo=True, longest_seconds=longest_seconds))
        return await ActivityEnvironment().run(activities.deliver_events, self.key)

    def post_once(self, position: int | None = None, command_id: UUID | None = None) -> None:
        """One event out of turn."""
        activities = WebhookActivities(self.life.desk.engine, Poster(demo=True))
        asked = SinglePost(self.key, command_id or uuid4(), position)
        awaited(ActivityEnvironment().run(activities.post_once, asked))

    def pause(self, paused: bool = True) -> KeptWebhook:
        with command_transaction(self.life.desk.engine, self.life.org.tenant_id) as session:
            return webhooks.pause_or_resume(session, given(self.life), self.id, self.kept.version, paused, demo=True)

    def replay(self, position: int) -> KeptWebhook:
        with command_transaction(self.life.desk.engine, self.life.org.tenant_id) as session:
            return webhooks.replay_from(session, given(self.life), self.id, None, position)

    def rotate(self) -> str:
        """Another secret."""
        with command_transaction(self.life.desk.engine, self.life.org.tenant_id) as session:
            return webhooks.rotate_secret(session, given(self.life), self.id, None, datetime.now(UTC))[1]

    def change(self, **values: object) -> None:
        """Change its row behind everybody's back."""
        with self.life.desk.owner_engine.begin() as connection:
            connection.execute(update(Webhook).where(Webhook.id == self.id).values(values))

    def attempts(self) -> list[WebhookAttempt]:
        """What was written down of it, the oldest first."""
        return [
            row for row in self.life.desk.rows(self.life.org.tenant_id, WebhookAttempt) if row.webhook_id == self.id
        ]

    def paused_events(self) -> list[OutboxEvent]:
        """What was told of its being given up."""
        rows = self.life.desk.rows(self.life.org.tenant_id, OutboxEvent)
        return [row for row in rows if row.type == "countersign.webhook.paused"]


def awaited(what: Coroutine[Any, Any, Result]) -> Result:
    """The result of something asynchronous, in a thread of its own: the loop of asynchronous tests stays theirs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()


def hooked(life: Life, url: str, *types: str) -> Hook:
    """A webhook for everything that happens from now on."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        content = WebhookContent(url, types or None)
        kept, secret = webhooks.create_webhook(session, given(life), content, demo=True)
    # That it was made is told as well: it is not what tests of deliveries are about.
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        place(session, life.org.tenant_id)
        end = last_position(session, life.org.tenant_id)
        session.execute(update(Webhook).where(Webhook.id == kept.id).values(delivered_to=end))
    return Hook(life, kept.id, secret)


def happens(life: Life, type_: str = "countersign.timesheet.approved", times: int = 1) -> list[str]:
    """Something happens so many times; what each event is about."""
    subjects = [uuid4() for _ in range(times)]
    for subject in subjects:
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            announce(session, life.org.tenant_id, uuid4(), type_, subject, {"version": 1})
    return [str(subject) for subject in subjects]
