"""What other systems and files bring in: versions of planned shifts, what could not be taken, and lists of entries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import READ_WRITE, Base, TenantOwned


class ScheduledEntry(TenantOwned, Base):
    """The newest version of a planned shift that the scheduler told us of: what is older is ignored."""

    __tablename__ = "scheduled_entry"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "entry_id"), {"info": READ_WRITE})

    entry_id: Mapped[UUID] = mapped_column(comment="the time entry's id; there is none when it was deleted unseen")
    version: Mapped[int] = mapped_column(comment="the scheduler's, not the time entry's")
    command_id: Mapped[UUID] = mapped_column(comment="the command of the event that told it")
    told_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeadLetter(TenantOwned, Base):
    """An event that could not be taken, exactly as it came, with the reason; an administrator may try it again."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        CheckConstraint("route IN ('http', 'broker')", name="route"),
        CheckConstraint("outcome IN ('applied', 'ignored', 'discarded')", name="outcome"),
        Index("ix_dead_letter_open", "tenant_id", "received_at", postgresql_where=text("outcome IS NULL")),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="follows from the event, so that none is kept twice")
    route: Mapped[str]
    body: Mapped[str] = mapped_column(comment="the whole event as text")
    reason: Mapped[str] = mapped_column(comment="why it could not be taken, the last time it was tried")
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="the identity it came from")
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tries: Mapped[int] = mapped_column(default=1)
    outcome: Mapped[str | None] = mapped_column(comment="none: it waits for an administrator")
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class EntryImport(TenantOwned, Base):
    """A list of entries that is read in: what every line says, what is wrong with it, and how far it has come."""

    __tablename__ = "entry_import"
    __table_args__ = (
        CheckConstraint("state IN ('checking', 'checked', 'applying', 'applied', 'refused')", name="state"),
        Index("ix_entry_import_actor", "tenant_id", "actor_id", "created_at"),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who read it in")
    file_name: Mapped[str]
    reason: Mapped[str | None]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="each line as it was written and understood")
    problems: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="why lines are refused, by line number")
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0, comment="lines checked or recorded so far; they count when all are")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(comment="why nothing was recorded")
    refused_line: Mapped[int | None]
