"""Recorded time: types, entries and every version of them, flex changes, notes, and what owners say to it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    Uuid,
    false,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.sql import column, func, literal_column, text
from sqlalchemy.types import String

from models.tables.base import INSERT_ONLY, READ_WRITE, REPLACEABLE, Base, TenantOwned

OVERLAP_CONSTRAINT = "ex_time_entry_no_overlap"


class TimePeriodType(TenantOwned, Base):
    """What kind of time an entry is; its metadata draws the entry form and validates what is sent."""

    __tablename__ = "time_period_type"
    __table_args__ = (
        CheckConstraint("value_type IN ('datetime', 'date')", name="value_type"),
        CheckConstraint("effective_to >= effective_from", name="effective"),
        UniqueConstraint("tenant_id", "name"),
        {"info": READ_WRITE},
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the seven standard ids are the same in every tenant")
    name: Mapped[str]
    value_type: Mapped[str] = mapped_column(comment="datetime: start and finish; date: a whole local day")
    fields: Mapped[dict[str, Any]] = mapped_column(
        comment="project, task, note, mealBreak → hidden, optional, required"
    )
    feeds: Mapped[list[str]] = mapped_column(ARRAY(String), comment="codes of the accrual types it feeds")
    accent: Mapped[str] = mapped_column(default="blue", comment="the colour of its bar on pages")
    position: Mapped[int] = mapped_column(default=0, comment="order in lists")
    counts_to_target_hours: Mapped[bool] = mapped_column(default=False, server_default=false())
    effective_from: Mapped[date | None] = mapped_column(comment="first local day it can be recorded on; none: always")
    effective_to: Mapped[date | None] = mapped_column(comment="last local day, inclusive; none: for ever")
    person_ids: Mapped[list[UUID] | None] = mapped_column(
        ARRAY(Uuid()), comment="who may record it; none: everybody of the tenant"
    )
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), comment="1, 2, 3…: one for each change")


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
    confirmed: Mapped[bool] = mapped_column(
        default=True,
        server_default=true(),
        comment="false: planned by the scheduler, and nobody has said yet that it was worked; it counts nowhere",
    )
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
        # What a summary of a project is made of.
        Index(
            "ix_time_entry_project",
            "tenant_id",
            "project_id",
            "start_at",
            postgresql_where=text("project_id IS NOT NULL AND NOT deleted"),
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


class FlexChange(TenantOwned, Base):
    """The record that a shift was changed at short notice; never changed itself."""

    __tablename__ = "flex_change"
    __table_args__ = (
        CheckConstraint("type IN ('extended', 'altered', 'curtailed', 'completelyChanged')", name="type"),
        ForeignKeyConstraint(
            ["time_entry_id", "time_entry_version"], ["time_entry_version.entry_id", "time_entry_version.version"]
        ),
        ForeignKeyConstraint(
            ["entry_after_id", "entry_after_version"], ["time_entry_version.entry_id", "time_entry_version.version"]
        ),
        Index("ix_flex_change_owner", "tenant_id", "owner_id", "local_date", "id"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="whose shift it was")
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"), comment="of the shift after the change")
    type: Mapped[str]
    satisfies: Mapped[list[str]] = mapped_column(ARRAY(String), comment="every type that the change is true of")
    time_entry_id: Mapped[UUID]
    time_entry_version: Mapped[int] = mapped_column(comment="the version that was changed")
    entry_after_id: Mapped[UUID] = mapped_column(comment="another entry when the shift moved to another day")
    entry_after_version: Mapped[int]
    local_date: Mapped[date] = mapped_column(comment="the owner's local day that the shift starts on after the change")
    authorised_by: Mapped[str] = mapped_column(comment="the name of who authorised it")
    authorised_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who recorded it")
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str | None] = mapped_column(String(250))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    command_id: Mapped[UUID]


class Note(TenantOwned, Base):
    """What somebody wanted to have said about a day, perhaps about one of its entries; never changed."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_owner", "tenant_id", "owner_id", "local_date", "created_at"),
        Index("ix_note_entry", "entry_id"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="on whose timesheet it stands")
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    local_date: Mapped[date] = mapped_column(comment="the owner's local day it is about")
    content: Mapped[str] = mapped_column(String(250))
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_entry.id"))
    entry_version: Mapped[int | None]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    command_id: Mapped[UUID]


class OwnerReview(TenantOwned, Base):
    """What somebody says to an act of somebody else in their place; never changed, and one act has one at most."""

    __tablename__ = "owner_review"
    __table_args__ = (
        CheckConstraint("verdict IN ('confirmed', 'disputed')", name="verdict"),
        CheckConstraint("verdict = 'confirmed' OR reason IS NOT NULL", name="dispute_needs_reason"),
        UniqueConstraint("tenant_id", "key"),
        Index("ix_owner_review_disputed", "tenant_id", "command_id", postgresql_where=text("verdict = 'disputed'")),
        {"info": INSERT_ONLY},
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    command_id: Mapped[UUID] = mapped_column(primary_key=True, comment="the act")
    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id"), comment="who says it: the owner of the time, or the approver whose decision it was"
    )
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    verdict: Mapped[str]
    reason: Mapped[str | None]
    key: Mapped[UUID | None] = mapped_column(comment="of the form or call that said it; none: from before it was kept")
    reviewed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WeekRow(TenantOwned, Base):
    """A line that somebody wants to see in the grid of a week although nothing is recorded on it: no fact."""

    __tablename__ = "week_row"
    __table_args__ = ({"info": REPLACEABLE},)

    timesheet_id: Mapped[UUID] = mapped_column(
        primary_key=True, comment="not a foreign key: the week may not have been opened yet"
    )
    line: Mapped[str] = mapped_column(primary_key=True, comment="type and project: what tells lines apart")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    time_period_type_id: Mapped[UUID]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
