"""Organisations, their people and projects, and every change of them."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import INSERT_ONLY, READ_ONLY, READ_WRITE, REPLACEABLE, Base, TenantOwned


class Tenant(Base):
    """An organisation. The directory of tenants is the one table without a tenant of its own."""

    __tablename__ = "tenant"
    __table_args__ = ({"info": READ_ONLY | {"directory": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True, comment="short name, for the command line and sign-in")
    name: Mapped[str]


class TenantPolicy(TenantOwned, Base):
    """What an organisation has decided about its timesheets."""

    __tablename__ = "tenant_policy"
    __table_args__ = (
        CheckConstraint("week_starts_on BETWEEN 0 AND 6", name="week_starts_on"),
        CheckConstraint("lock_after_days >= 0", name="lock_after_days"),
        CheckConstraint("late_after_working_days >= 0", name="late_after_working_days"),
        CheckConstraint("balance_tolerance_percent BETWEEN 0 AND 100", name="balance_tolerance_percent"),
        CheckConstraint("cardinality(work_days) > 0 AND work_days <@ '{0,1,2,3,4,5,6}'", name="work_days"),
        CheckConstraint("work_ends > work_starts", name="work_ends"),
        CheckConstraint("least(submit_grace_hours, remind_after_hours, escalate_after_hours) > 0", name="hours"),
        CheckConstraint(
            "array_to_string(approval_stages, ',') IN ('supervisor', 'supervisor,project_lead')", name="approval_stages"
        ),
        CheckConstraint("retention_years BETWEEN 1 AND 100", name="retention_years"),
        {"info": READ_WRITE},
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    time_zone: Mapped[str] = mapped_column(comment="IANA name; the zone of people who name none")
    week_starts_on: Mapped[int] = mapped_column(default=0, comment="0 = Monday")
    lock_after_days: Mapped[int] = mapped_column(default=21, comment="days after the period's end")
    certification: Mapped[str] = mapped_column(comment="what a worker accepts when submitting")
    late_after_working_days: Mapped[int | None] = mapped_column(
        comment="time recorded later than so many working days after its end needs a reason; none: no limit"
    )
    balance_tolerance_percent: Mapped[int] = mapped_column(
        default=5,
        server_default=text("5"),
        comment="of the target: how far from an even pace somebody may be and still count as on target",
    )
    holiday_calendar: Mapped[str] = mapped_column(
        default="GB-ENG", server_default="GB-ENG", comment="ISO 3166-2 place whose public holidays nobody works on"
    )
    work_days: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger),
        default=lambda: [0, 1, 2, 3, 4],
        server_default="{0,1,2,3,4}",
        comment="days that deadlines count, 0 = Monday",
    )
    work_starts: Mapped[time] = mapped_column(
        default=time(9), server_default="09:00", comment="local time from which on deadlines count"
    )
    work_ends: Mapped[time] = mapped_column(
        default=time(17), server_default="17:00", comment="local time up to which deadlines count"
    )
    remind_to_record: Mapped[bool] = mapped_column(
        default=True, server_default=text("true"), comment="remind of a working day without an entry, once"
    )
    submit_grace_hours: Mapped[int | None] = mapped_column(
        default=8,
        server_default=text("8"),
        comment="working hours after the period's end until the owner is reminded to submit; none: never",
    )
    remind_after_hours: Mapped[int | None] = mapped_column(
        default=16,
        server_default=text("16"),
        comment="working hours after the submission until whoever it waits for is reminded; none: never",
    )
    escalate_after_hours: Mapped[int | None] = mapped_column(
        default=40,
        server_default=text("40"),
        comment="working hours after the submission until the next approver is asked as well; none: never",
    )
    approval_stages: Mapped[list[str]] = mapped_column(
        ARRAY(String),
        default=lambda: ["supervisor"],
        server_default="{supervisor}",
        comment="who approves one after the other: supervisor, or supervisor and project_lead",
    )
    mail_decisions: Mapped[bool] = mapped_column(
        default=True,
        server_default=text("true"),
        comment="whether approvers may decide from their mail",
    )
    refuse_future_work: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        comment="whether work on a project is refused as long as it is ahead",
    )
    account_for_days: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        comment="whether a timesheet is only submitted when what was planned of each working day is accounted for",
    )
    explain_changes: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), comment="whether each change of a saved entry needs a reason"
    )
    view_before_approving: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        comment="whether only who has opened the details of a submission may approve it",
    )
    answer_acts_first: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        comment="whether the owner says first whether what others did in their place is right",
    )
    retention_years: Mapped[int | None] = mapped_column(
        SmallInteger,
        comment="for how many years no record can be destroyed; none: nothing is promised. Never shortened",
    )


class Person(TenantOwned, Base):
    """Somebody with a staff id."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("tenant_id", "staff_id"),
        Index("ix_person_supervisor", "tenant_id", "supervisor_id"),
        Index("ix_person_name", "tenant_id", "name", "staff_id"),
        Index("ix_person_active", "tenant_id", "name", "staff_id", postgresql_where=text("active")),
        Index("ix_person_email", "tenant_id", func.lower(text("email"))),
        CheckConstraint("supervisor_id <> id", name="not_own_supervisor"),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(comment="the organisation's own number; external id in provenance")
    name: Mapped[str]
    email: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(comment="IANA name; days and weeks are counted in it")
    holiday_calendar: Mapped[str] = mapped_column(default="GB-ENG", comment="ISO 3166-2 place")
    supervisor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), comment="1, 2, 3…: one for each change")


class PersonRole(TenantOwned, Base):
    """One role of one person."""

    __tablename__ = "person_role"
    __table_args__ = (
        CheckConstraint(
            "role IN ('worker', 'supervisor', 'project_lead', 'administrator', 'auditor', 'integration')",
            name="role",
        ),
        {"info": REPLACEABLE},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Project(TenantOwned, Base):
    """What work is done for."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("tenant_id", "external_id"), {"info": READ_WRITE})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    name: Mapped[str]
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), comment="1, 2, 3…: one for each change")


class DirectoryChange(TenantOwned, Base):
    """One change of a person, project, type, agreement, holiday or rule: what it was and became, who and when."""

    __tablename__ = "directory_change"
    __table_args__ = (
        CheckConstraint(
            "subject_kind IN ('person', 'project', 'time_period_type', 'tenant_policy', 'agreement', "
            "'holiday_exception', 'balance_policy', 'approval_policy', 'delegation', 'webhook', 'seal_anchors')",
            name="subject_kind",
        ),
        # One command may change many (a list that is read in), each of them once.
        UniqueConstraint("tenant_id", "command_id", "subject_id"),
        Index("ix_directory_change_subject", "tenant_id", "subject_id", "version"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(comment="the version that the change made")
    before: Mapped[dict[str, Any] | None] = mapped_column(comment="none: it was created")
    after: Mapped[dict[str, Any]]
    command_id: Mapped[UUID] = mapped_column(comment="the idempotency key of the form or call")
    content_hash: Mapped[str] = mapped_column(comment="the same key with another content is refused")
    changed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reason: Mapped[str | None] = mapped_column(comment="why, where it was asked for")
