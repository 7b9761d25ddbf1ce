"""Events delivered to webhooks, one after the other."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated
from activities.names import DELIVER_EVENTS, POST_ONCE
from activities.posting import Poster
from models.database import command_transaction
from models.messages import DeliveryTurn, SinglePost, WebhookKey
from models.store.delivering import Answer, Posting, next_posting, note_attempt, note_delivery, single_posting

A_TURN = 50
"""Events that are posted by one turn at most."""


@dataclass(frozen=True)
class WebhookActivities:
    """What the workflows of webhooks have done. `engine` is the application's."""

    engine: Engine
    poster: Poster

    @activity.defn(name=DELIVER_EVENTS)
    async def deliver_events(self, key: WebhookKey) -> DeliveryTurn:
        """Post one event after the other until there is none left, or one is not taken.

        What was taken is written down before the next one is posted. A worker that dies in between has posted an
        event that nobody knows of: it is posted again, with the same id.
        """
        with failures_translated():
            for _ in range(A_TURN):
                activity.heartbeat()
                posting = await asyncio.to_thread(self._next, key)
                if posting is None:
                    return DeliveryTurn(more=False)
                answer = await self.poster.post(posting)
                wait = await asyncio.to_thread(self._note, posting, answer)
                if wait is not None:
                    return DeliveryTurn(more=True, pause_seconds=wait.total_seconds())
                if activity.is_worker_shutdown():
                    break
            return DeliveryTurn(more=True)

    @activity.defn(name=POST_ONCE)
    async def post_once(self, asked: SinglePost) -> None:
        """Post one event out of turn. Whether it is taken or not stands among the attempts."""
        with failures_translated():
            posting = await asyncio.to_thread(self._single, asked)
            answer = await self.poster.post(posting)
            await asyncio.to_thread(self._note_single, posting, answer)

    def _next(self, key: WebhookKey) -> Posting | None:
        with command_transaction(self.engine, key.tenant_id) as session:
            return next_posting(session, key.tenant_id, key.webhook_id, datetime.now(UTC))

    def _note(self, posting: Posting, answer: Answer) -> timedelta | None:
        with command_transaction(self.engine, posting.tenant_id) as session:
            return note_delivery(session, posting, answer, datetime.now(UTC))

    def _single(self, asked: SinglePost) -> Posting:
        tenant_id, webhook_id = asked.key.tenant_id, asked.key.webhook_id
        with command_transaction(self.engine, tenant_id) as session:
            return single_posting(session, tenant_id, webhook_id, asked.command_id, asked.position, datetime.now(UTC))

    def _note_single(self, posting: Posting, answer: Answer) -> None:
        with command_transaction(self.engine, posting.tenant_id) as session:
            note_attempt(session, posting, answer)
