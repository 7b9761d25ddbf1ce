"""Summaries of the approved work on a project, and nightly checks of who decided on whose time."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from models.tables.base import INSERT_ONLY, Base, TenantOwned


class Summary(TenantOwned, Base):
    """The approved work of many people on one project over a period, as it stood when it was made; never changed."""

    __tablename__ = "summary"
    __table_args__ = (
        CheckConstraint("to_day >= from_day", name="days"),
        Index("ix_summary_project", "tenant_id", "project_id", "created_at"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    from_day: Mapped[date] = mapped_column(comment="first local day of the work, inclusive")
    to_day: Mapped[date] = mapped_column(comment="last local day of the work, inclusive")
    total_minutes: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(comment="the work it is made of: people, entries, minutes by day")
    digest: Mapped[str] = mapped_column(comment="SHA-256 of the canonical JSON of the content, hexadecimal")
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    command_id: Mapped[UUID] = mapped_column(comment="the idempotency key of the form or call")
    content_hash: Mapped[str] = mapped_column(comment="the same key with another content is refused")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DutyCheck(TenantOwned, Base):
    """One look over the record for decisions that one person should not have made; never changed."""

    __tablename__ = "duty_check"
    __table_args__ = (Index("ix_duty_check_checked", "tenant_id", "checked_at"), {"info": INSERT_ONLY})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    from_day: Mapped[date]
    to_day: Mapped[date]
    decisions: Mapped[int] = mapped_column(comment="how many were looked at")
    breaches: Mapped[int] = mapped_column(comment="findings that must not be")
    remarks: Mapped[int] = mapped_column(comment="findings that are worth a look")
    findings: Mapped[dict[str, Any]] = mapped_column(comment="what was found, the first ones of each kind")
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="none: the schedule")
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
