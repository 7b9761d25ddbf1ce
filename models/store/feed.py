"""The feed of outgoing events: their places in it, given after they were committed, and what stands after a place.

Events are written by many transactions at once, and which of them commits first nobody knows beforehand. A place
is given when the event can be seen by all: whoever has read up to a place has read everything below it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.tables.delivery import OutboxEvent

AT_ONCE = 1_000
"""Events that are placed by one call."""

SOURCE = "/countersign"
"""Where events come from, as receivers are told."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event with its place in the feed."""

    position: int
    id: UUID
    type: str
    subject: str
    tenant_id: UUID
    occurred_at: datetime
    data: dict[str, Any]

    @property
    def cloud_event(self) -> dict[str, Any]:
        """As CloudEvents 1.0 in JSON."""
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": SOURCE,
            "type": self.type,
            "subject": self.subject,
            "time": self.occurred_at.isoformat(),
            "datacontenttype": "application/json",
            "tenantid": str(self.tenant_id),
            "position": self.position,
            "data": self.data,
        }


def place(session: WriteSession, tenant_id: UUID, most: int = AT_ONCE) -> int:
    """Give places to events that were committed without one, in the order in which they were; how many.

    One after the other for an organisation. What was committed before another transaction began comes before what
    that one wrote.
    """
    if not is_unplaced(session, tenant_id):
        return 0
    # Apart from the next statement, which has to see what the holder before has committed.
    session.execute(_ONE_AFTER_THE_OTHER, {"key": f"feed/{tenant_id}"})
    placed = session.execute(_PLACE, {"tenant": tenant_id, "most": most})
    return int(placed.rowcount)  # type: ignore[attr-defined]  # the result of an UPDATE


def is_unplaced(session: Session, tenant_id: UUID) -> bool:
    """Whether there are events without a place."""
    waiting = select(OutboxEvent.sequence).where(OutboxEvent.tenant_id == tenant_id, OutboxEvent.position.is_(None))
    # In order, although any would do: so it is looked for along the index, however many others have.
    return session.scalar(waiting.order_by(OutboxEvent.sequence).limit(1)) is not None


def last_position(session: Session, tenant_id: UUID) -> int:
    """The last place that was given; 0 before the first."""
    return session.scalar(select(func.max(OutboxEvent.position)).where(OutboxEvent.tenant_id == tenant_id)) or 0


def events_after(session: Session, tenant_id: UUID, after: int, limit: int) -> list[FeedEvent]:
    """What stands after a place in the feed, in order."""
    these = feed(tenant_id).where(OutboxEvent.position > after)
    return [as_event(row) for row in session.scalars(these.order_by(OutboxEvent.position).limit(limit))]


def next_wanted(
    session: Session, tenant_id: UUID, after: int, up_to: int, patterns: Collection[str] | None
) -> FeedEvent | None:
    """The first event between two places that is of a type which is wanted."""
    these = feed(tenant_id).where(OutboxEvent.position > after, OutboxEvent.position <= up_to)
    if patterns is not None:
        these = these.where(or_(*(_like(each) for each in patterns)))
    row = session.scalar(these.order_by(OutboxEvent.position).limit(1))
    return None if row is None else as_event(row)


def event_at(session: Session, tenant_id: UUID, position: int) -> FeedEvent | None:
    """The event at a place."""
    row = session.scalar(feed(tenant_id).where(OutboxEvent.position == position))
    return None if row is None else as_event(row)


def feed(tenant_id: UUID) -> Select[OutboxEvent]:
    """The events of an organisation."""
    return select(OutboxEvent).where(OutboxEvent.tenant_id == tenant_id)


def as_event(row: OutboxEvent) -> FeedEvent:
    """A row that has a place."""
    assert row.position is not None
    return FeedEvent(row.position, row.id, row.type, row.subject, row.tenant_id, row.occurred_at, row.data)


def _like(pattern: str) -> ColumnElement[bool]:
    if pattern.endswith(".*"):
        return OutboxEvent.type.startswith(pattern[:-1], autoescape=True)
    return OutboxEvent.type == pattern


_ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_PLACE = text(
    """
    UPDATE outbox SET position = last.position + waiting.number
    FROM (
        SELECT coalesce(max(position), 0) AS position FROM outbox WHERE tenant_id = :tenant
    ) AS last, (
        SELECT sequence, row_number() OVER (ORDER BY sequence) AS number
        FROM (
            SELECT sequence FROM outbox WHERE tenant_id = :tenant AND position IS NULL
            ORDER BY sequence LIMIT :most
        ) AS first_ones
    ) AS waiting
    WHERE outbox.sequence = waiting.sequence
    """
)
