"""Timesheets, what was certified, what was decided, and every command."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import INSERT_ONLY, READ_WRITE, REPLACEABLE, Base, TenantOwned


class Timesheet(TenantOwned, Base):
    """One person's period: the unit of certification and approval."""

    __tablename__ = "timesheet"
    __table_args__ = (
        UniqueConstraint("tenant_id", "owner_id", "period_start"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected', 'locked')", name="state"),
        CheckConstraint("period_end >= period_start", name="period"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_at"),
        CheckConstraint("(state = 'submitted') = (stage IS NOT NULL)", name="stage"),
        CheckConstraint("stage IN ('supervisor', 'project_lead')", name="known_stage"),
        Index("ix_timesheet_submitted", "tenant_id", "owner_id", postgresql_where=text("state = 'submitted'")),
        # What its owner still has to certify.
        Index(
            "ix_timesheet_owed",
            "tenant_id",
            "owner_id",
            "period_end",
            postgresql_where=text("state IN ('draft', 'rejected')"),
        ),
        # What time has to do, for those whose workflow was lost.
        Index("ix_timesheet_due", "tenant_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_timesheet_lock", "tenant_id", "lock_at", postgresql_where=text("state = 'approved'")),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="uuid5 of tenant, person and period start")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    period_start: Mapped[date] = mapped_column(comment="first local day, inclusive")
    period_end: Mapped[date] = mapped_column(comment="last local day, inclusive")
    state: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    state_since: Mapped[datetime] = mapped_column(
        server_default=func.now(), comment="when it came into its state; deadlines count from here"
    )
    stage: Mapped[str | None] = mapped_column(comment="who is asked while submitted: supervisor, then project_lead")
    escalations: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default=text("0"), comment="how often the next approver was asked as well"
    )
    submitted_at: Mapped[datetime | None] = mapped_column(comment="set while submitted")
    submission_id: Mapped[UUID | None] = mapped_column(comment="the latest submission")
    decision_id: Mapped[UUID | None] = mapped_column(comment="the decision in force on the latest submission")
    lock_at: Mapped[datetime | None] = mapped_column(comment="when the approved timesheet locks")
    due_at: Mapped[datetime | None] = mapped_column(comment="when time next reminds or escalates")
    reminded_until: Mapped[datetime | None] = mapped_column(comment="deadlines up to here have been seen to")


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
    minutes_by_day: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), default=list, server_default="{}", comment="worked, for each local day of the period"
    )
    plan_minutes: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="agreed for the period")
    exceptions: Mapped[list[str]] = mapped_column(
        ARRAY(String), default=list, server_default="{}", comment="what is worth a look, by code"
    )


class Waiting(TenantOwned, Base):
    """Somebody whom a submitted timesheet waits for: one row for each who is asked. What inboxes are read from.

    It follows from the hierarchy, the escalations and the projects, and is written anew when one of them changes.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        PrimaryKeyConstraint("timesheet_id", "number"),
        Index("ix_waiting_owner", "tenant_id", "owner_id"),
        Index("ix_waiting_project", "tenant_id", "project_id", postgresql_where=text("project_id IS NOT NULL")),
        # An inbox, oldest first; None stands for the administrators.
        Index("ix_waiting_inbox", "tenant_id", "approver_id", "has_exceptions", "submitted_at", "timesheet_id"),
        {"info": REPLACEABLE},
    )

    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    number: Mapped[int] = mapped_column(SmallInteger, comment="0, 1, 2…; the first is asked first")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="none: the administrators")
    project_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("project.id"), comment="whose lines it is about; none: the whole timesheet"
    )
    has_exceptions: Mapped[bool] = mapped_column(comment="whether something on it is worth a look")
    submitted_at: Mapped[datetime]


class Decision(TenantOwned, Base):
    """Approve, reject or take back of one submission; never changed."""

    __tablename__ = "decision"
    __table_args__ = (
        # Two people deciding at once would make the same number.
        UniqueConstraint("submission_id", "number"),
        CheckConstraint("decision IN ('approve', 'reject', 'take_back')", name="decision"),
        CheckConstraint("decision = 'approve' OR reason IS NOT NULL", name="reject_needs_reason"),
        CheckConstraint("stage IN ('supervisor', 'project_lead')", name="stage"),
        Index("ix_decision_timesheet", "timesheet_id", "decided_at"),
        Index("ix_decision_decided_by", "tenant_id", "decided_by_id", "decided_at"),
        Index("ix_decision_responsible", "tenant_id", "responsible_id", "decided_at"),
        Index("ix_decision_decided", "tenant_id", "decided_at"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int] = mapped_column(SmallInteger, default=1, server_default=text("1"), comment="on the submission")
    decision: Mapped[str]
    stage: Mapped[str] = mapped_column(default="supervisor", server_default="supervisor", comment="what was asked")
    project_ids: Mapped[list[UUID] | None] = mapped_column(
        ARRAY(Uuid()), comment="the projects whose lines were decided on; none: the whole timesheet"
    )
    entry_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()), comment="the lines that a rejection names")
    digest: Mapped[str] = mapped_column(comment="of the content the decider was shown")
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who really acted")
    decided_as: Mapped[str] = mapped_column(comment="the role they acted in")
    responsible_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="whose decision it is")
    approver_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the approver at that moment; none: the administrators"
    )
    delegation_id: Mapped[UUID | None] = mapped_column(comment="the delegation under which somebody stood in")
    reason_code: Mapped[str | None] = mapped_column(comment="the kind of reason, from the list of them")
    reason: Mapped[str | None]
    comment: Mapped[str | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())
    views_recorded: Mapped[bool] = mapped_column(
        server_default=text("true"), comment="whether it was recorded by then who looked at a timesheet"
    )


_DONE = text("result IS NOT NULL")


class Command(TenantOwned, Base):
    """What somebody asked of a timesheet, and what came of it: the proof that it happened once."""

    __tablename__ = "command"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id"),
        CheckConstraint("(completed_at IS NULL) = (result IS NULL)", name="completed_with_result"),
        CheckConstraint("put_before_id IS NULL OR completed_at IS NOT NULL", name="put_before_when_done"),
        Index(
            "ix_command_timesheet",
            "timesheet_id",
            "completed_at",
            postgresql_where=text("result IS NOT NULL"),
        ),
        # What others did in somebody's place, of which they say whether it is right; and everybody's.
        Index(
            "ix_command_by_others",
            "tenant_id",
            "put_before_id",
            "completed_at",
            "id",
            postgresql_where=text("put_before_id IS NOT NULL"),
        ),
        Index(
            "ix_command_acts",
            "tenant_id",
            "completed_at",
            "id",
            postgresql_where=text("put_before_id IS NOT NULL"),
        ),
        # What was done, the newest first: all of it, of a kind, on somebody's time, and by somebody.
        Index("ix_command_done", "tenant_id", "completed_at", "id", postgresql_where=_DONE),
        Index("ix_command_kind", "tenant_id", "kind", "completed_at", "id", postgresql_where=_DONE),
        Index("ix_command_owner", "tenant_id", "owner_id", "completed_at", "id", postgresql_where=_DONE),
        Index("ix_command_actor", "tenant_id", "actor_id", "completed_at", "id", postgresql_where=_DONE),
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
    put_before_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="who says whether it is right, as somebody else did it in their place"
    )
