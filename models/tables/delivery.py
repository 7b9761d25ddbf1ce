"""What has happened and others want to hear of: outgoing events, webhooks, and notifications to people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import READ_WRITE, REPLACEABLE, Base, TenantOwned


class OutboxEvent(TenantOwned, Base):
    """One outgoing event, written with the command that caused it."""

    __tablename__ = "outbox"
    __table_args__ = (
        PrimaryKeyConstraint("sequence"),
        UniqueConstraint("tenant_id", "position"),
        Index("ix_outbox_unplaced", "tenant_id", "sequence", postgresql_where=text("position IS NULL")),
        {"info": {"grants": ("SELECT", "INSERT", "UPDATE (position)")}},
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    id: Mapped[UUID] = mapped_column(unique=True, comment="stable id of the event for its receivers")
    type: Mapped[str] = mapped_column(comment="countersign.timesheet.submitted and the like")
    subject: Mapped[str] = mapped_column(comment="the id of what it is about")
    data: Mapped[dict[str, Any]]
    command_id: Mapped[UUID]
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.now())
    position: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="1, 2, 3… in the feed, given after the commit, so that nothing appears below what was read",
    )


class Webhook(TenantOwned, Base):
    """An address that outgoing events are posted to, in order."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'paused', 'removed')", name="state"),
        Index("ix_webhook_active", "tenant_id", postgresql_where=text("state = 'active'")),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    secret: Mapped[str] = mapped_column(comment="signs what is posted: whsec_ and base64")
    old_secret: Mapped[str | None] = mapped_column(comment="the one before, which signs as well for a while")
    old_secret_until: Mapped[datetime | None]
    event_types: Mapped[list[str] | None] = mapped_column(ARRAY(String), comment="which events only; none: all")
    state: Mapped[str] = mapped_column(default="active")
    paused_because: Mapped[str | None] = mapped_column(comment="why nothing is posted any more, in words")
    delivered_to: Mapped[int] = mapped_column(
        BigInteger, default=0, server_default=text("0"), comment="position of the last event it has taken"
    )
    failing_since: Mapped[datetime | None] = mapped_column(comment="since when nothing arrives")
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="in a row, of the same event")
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), comment="1, 2, 3…: one for each change")


class WebhookAttempt(TenantOwned, Base):
    """One event posted to one address, and what was answered; kept for a while."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_webhook", "tenant_id", "webhook_id", "id"), {"info": REPLACEABLE})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[int | None] = mapped_column(comment="HTTP status; none: no answer")
    error: Mapped[str | None] = mapped_column(comment="why it counts as not taken, in words")
    milliseconds: Mapped[int]
    tried_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Notification(TenantOwned, Base):
    """Something a person is told, once for each reason; on its pages, and by mail if they want it."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id", "key"),
        CheckConstraint("mail IN ('none', 'waiting', 'sending', 'sent', 'failed')", name="mail"),
        Index("ix_notification_person", "tenant_id", "person_id", "created_at"),
        Index("ix_notification_unread", "tenant_id", "person_id", postgresql_where=text("in_app AND read_at IS NULL")),
        # What a decision or a submission has done with.
        Index(
            "ix_notification_sheet", "tenant_id", "timesheet_id", postgresql_where=text("in_app AND read_at IS NULL")
        ),
        Index(
            "ix_notification_mail", "tenant_id", "created_at", postgresql_where=text("mail IN ('waiting','sending')")
        ),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(comment="the reason: nobody is told twice for the same one")
    timesheet_id: Mapped[UUID | None] = mapped_column(comment="the timesheet it is about")
    data: Mapped[dict[str, Any]] = mapped_column(comment="ids and dates that its words are made of when it is shown")
    in_app: Mapped[bool] = mapped_column(comment="whether the pages show it")
    read_at: Mapped[datetime | None]
    mail: Mapped[str] = mapped_column(comment="how far its mail is")
    mail_tried_at: Mapped[datetime | None]
    mail_error: Mapped[str | None] = mapped_column(comment="why it was not sent, in words")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NotificationSetting(TenantOwned, Base):
    """How a person wants to be told of one kind of thing; without a row as is usual for that kind."""

    __tablename__ = "notification_setting"
    __table_args__ = (PrimaryKeyConstraint("person_id", "kind"), {"info": REPLACEABLE})

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    in_app: Mapped[bool]
    mail: Mapped[bool]


class MailDecision(TenantOwned, Base):
    """What a link in a mail to an approver may do: decide once on one submission, in that person's name."""

    __tablename__ = "mail_decision"
    __table_args__ = ({"info": READ_WRITE | {"key": "token_hash"}},)

    token_hash: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the token in the link, hexadecimal")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    digest: Mapped[str] = mapped_column(comment="of the content that the mail told of")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
