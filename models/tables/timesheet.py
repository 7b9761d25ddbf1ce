"""Timesheets, what was certified, what was decided, and every command."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.rules.transitions import REVIEWED
from models.tables.base import INSERT_ONLY, READ_WRITE, Base, TenantOwned

_REVIEWED = ", ".join(f"'{kind.value}'" for kind in sorted(REVIEWED))

BY_OTHERS = f"completed_at IS NOT NULL AND actor_id <> owner_id AND kind IN ({_REVIEWED})"
"""What somebody else did to the owner's time, and was carried out."""


class Timesheet(TenantOwned, Base):
    """One person's period: the unit of certification and approval."""

    __tablename__ = "timesheet"
    __table_args__ = (
        UniqueConstraint("tenant_id", "owner_id", "period_start"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected', 'locked')", name="state"),
        CheckConstraint("period_end >= period_start", name="period"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_at"),
        # The inbox: what waits for one approver, oldest first; None stands for the administrators.
        Index(
            "ix_timesheet_inbox",
            "tenant_id",
            "waiting_for_id",
            "submitted_at",
            "id",
            postgresql_where=text("state = 'submitted'"),
        ),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="uuid5 of tenant, person and period start")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    period_start: Mapped[date] = mapped_column(comment="first local day, inclusive")
    period_end: Mapped[date] = mapped_column(comment="last local day, inclusive")
    state: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    waiting_for_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="who decides while submitted; none: the administrators"
    )
    submitted_at: Mapped[datetime | None] = mapped_column(comment="set while submitted")
    submission_id: Mapped[UUID | None] = mapped_column(comment="the latest submission")
    lock_at: Mapped[datetime | None] = mapped_column(comment="when the approved timesheet locks")


class Submission(TenantOwned, Base):
    """The certification of one exact content of a timesheet; never changed."""

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_timesheet", "timesheet_id", "submitted_at"), {"info": INSERT_ONLY})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    revision: Mapped[int]
    digest: Mapped[str] = mapped_column(comment="SHA-256 of the content, hexadecimal")
    content: Mapped[dict[str, Any]] = mapped_column(comment="the content the digest is of")
    certification: Mapped[str] = mapped_column(comment="the text that was accepted")
    approver_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the approver when it arrived; none: the administrators"
    )
    submitted_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Decision(TenantOwned, Base):
    """Approve or reject of one submission; never changed, and one submission has one at most."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        CheckConstraint("decision IN ('approve', 'reject')", name="decision"),
        CheckConstraint("decision = 'approve' OR reason IS NOT NULL", name="reject_needs_reason"),
        Index("ix_decision_timesheet", "timesheet_id", "decided_at"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    decision: Mapped[str]
    digest: Mapped[str] = mapped_column(comment="of the content the decider was shown")
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who really acted")
    decided_as: Mapped[str] = mapped_column(comment="the role they acted in")
    responsible_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="whose decision it is")
    approver_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the approver at that moment; none: the administrators"
    )
    reason: Mapped[str | None]
    comment: Mapped[str | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Command(TenantOwned, Base):
    """What somebody asked of a timesheet, and what came of it: the proof that it happened once."""

    __tablename__ = "command"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id"),
        CheckConstraint("(completed_at IS NULL) = (result IS NULL)", name="completed_with_result"),
        Index(
            "ix_command_timesheet",
            "timesheet_id",
            "completed_at",
            postgresql_where=text("result IS NOT NULL"),
        ),
        # What others did to somebody's time, which its owner is asked about.
        Index(
            "ix_command_by_others",
            "tenant_id",
            "owner_id",
            "completed_at",
            postgresql_where=text(BY_OTHERS),
        ),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(comment="the idempotency key of the form or call; also the update id")
    kind: Mapped[str]
    timesheet_id: Mapped[UUID] = mapped_column(comment="not a foreign key: the first command creates the timesheet")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    period_start: Mapped[date]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="none: the schedule")
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    body: Mapped[dict[str, Any]] = mapped_column(comment="what was asked, by kind")
    content_hash: Mapped[str] = mapped_column(comment="the same id with another content is refused")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    withdrawn_at: Mapped[datetime | None] = mapped_column(
        comment="the asker was told that nothing was saved, so it may not be carried out any more"
    )
    completed_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
