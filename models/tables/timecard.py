"""Recorded time: types, entries and every version of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.sql import column, func, literal_column, text
from sqlalchemy.types import String

from models.tables.base import INSERT_ONLY, READ_WRITE, Base, TenantOwned

OVERLAP_CONSTRAINT = "ex_time_entry_no_overlap"


class TimePeriodType(TenantOwned, Base):
    """What kind of time an entry is; its metadata draws the entry form and validates what is sent."""

    __tablename__ = "time_period_type"
    __table_args__ = (
        CheckConstraint("value_type IN ('datetime', 'date')", name="value_type"),
        UniqueConstraint("tenant_id", "name"),
        {"info": READ_WRITE},
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the seven standard ids are the same in every tenant")
    name: Mapped[str]
    value_type: Mapped[str] = mapped_column(comment="datetime: start and finish; date: a whole local day")
    fields: Mapped[dict[str, Any]] = mapped_column(comment="project, task, mealBreak → hidden, optional, required")
    feeds: Mapped[list[str]] = mapped_column(ARRAY(String), comment="codes of the accrual types it feeds")
    accent: Mapped[str] = mapped_column(default="blue", comment="the colour of its bar on pages")
    position: Mapped[int] = mapped_column(default=0, comment="order in lists")


class _EntryContent(TenantOwned):
    """What an entry and each of its versions both hold."""

    start_at: Mapped[datetime] = mapped_column(comment="instant the time worked began")
    end_at: Mapped[datetime | None] = mapped_column(comment="instant it ended; none: still running")
    start_offset_minutes: Mapped[int] = mapped_column(comment="the offset from UTC that was typed with the start")
    end_offset_minutes: Mapped[int | None]
    planned_start_at: Mapped[datetime | None]
    planned_end_at: Mapped[datetime | None]
    shift_type: Mapped[str | None] = mapped_column(String(50))
    task: Mapped[str | None]
    meal_break_minutes: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[bool] = mapped_column(default=False, comment="true on the last version of a removed entry")
    version: Mapped[int]
    time_period_type_id: Mapped[UUID]

    @declared_attr
    def owner_id(cls) -> Mapped[UUID]:
        return mapped_column(ForeignKey("person.id"), comment="whose time it is")

    @declared_attr
    def timesheet_id(cls) -> Mapped[UUID]:
        return mapped_column(ForeignKey("timesheet.id"))

    @declared_attr
    def project_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("project.id"))


class TimeEntry(_EntryContent, Base):
    """The present version of each entry, so that the database itself can refuse an overlap."""

    __tablename__ = "time_entry"
    __table_args__ = (
        CheckConstraint("end_at IS NULL OR end_at > start_at", name="end_after_start"),
        CheckConstraint("meal_break_minutes >= 0", name="meal_break"),
        CheckConstraint("(planned_start_at IS NULL) = (planned_end_at IS NULL)", name="planned_both_or_neither"),
        # The owner is compared as a range of one, which needs no extension beside the server.
        ExcludeConstraint(
            (text("uuid_range(owner_id, owner_id, '[]')"), "="),
            (column("span"), "&&"),
            where=text("NOT deleted"),
            using="gist",
            name=OVERLAP_CONSTRAINT,
        ),
        Index("ix_time_entry_timesheet", "timesheet_id", postgresql_where=text("NOT deleted")),
        Index(
            "ix_time_entry_owner_start",
            "tenant_id",
            "owner_id",
            "start_at",
            postgresql_where=text("NOT deleted"),
        ),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    span: Mapped[Range[datetime]] = mapped_column(
        TSTZRANGE,
        Computed(
            func.tstzrange(
                literal_column("start_at"),
                literal_column("coalesce(end_at, start_at)"),
                literal_column("CASE WHEN end_at IS NULL THEN '[]' ELSE '[)' END"),
            ),
            persisted=True,
        ),
        comment="half open; an open entry is its starting instant",
    )


class TimeEntryVersion(_EntryContent, Base):
    """One version of an entry, as it was recorded; never changed."""

    __tablename__ = "time_entry_version"
    __table_args__ = (
        Index("ix_time_entry_version_timesheet", "timesheet_id"),
        {"info": INSERT_ONLY},
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("time_entry.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(comment="the owner's local day it starts on")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now(), comment="when we learned it")
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who really acted")
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    command_id: Mapped[UUID]
