"""Standing in for approvers, deciding on many at once, and what somebody has looked at."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import READ_WRITE, REPLACEABLE, Base, TenantOwned


class Delegation(TenantOwned, Base):
    """A dated grant that lets one person decide in another's place. It begins and ends by its dates alone."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("delegate_id <> delegator_id", name="not_to_oneself"),
        CheckConstraint("to_day >= from_day", name="days"),
        CheckConstraint("cardinality(person_ids) > 0", name="person_ids"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked"),
        Index("ix_delegation_delegator", "tenant_id", "delegator_id", "to_day"),
        Index("ix_delegation_delegate", "tenant_id", "delegate_id", "to_day"),
        Index("ix_delegation_due", "tenant_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delegator_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="whose decisions they are")
    delegate_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), comment="who may decide in their place")
    from_day: Mapped[date] = mapped_column(comment="first local day of the delegator, inclusive")
    to_day: Mapped[date] = mapped_column(comment="last local day of the delegator, inclusive")
    person_ids: Mapped[list[UUID] | None] = mapped_column(
        ARRAY(Uuid()), comment="whose timesheets only; none: everybody's"
    )
    reason: Mapped[str | None]
    granted_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime | None] = mapped_column(
        comment="when both are told next that it begins or ends; none: there is nothing left to tell"
    )


class BulkDecision(TenantOwned, Base):
    """One decision on many timesheets, each of them checked and decided on its own."""

    __tablename__ = "bulk_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'reject')", name="decision"),
        CheckConstraint("decision = 'approve' OR reason IS NOT NULL", name="reject_needs_reason"),
        CheckConstraint("state IN ('draft', 'running', 'done', 'cancelled')", name="state"),
        CheckConstraint("(state = 'cancelled') = (stopped_by_id IS NOT NULL)", name="stopped_by_somebody"),
        Index("ix_bulk_decision_asked_by", "tenant_id", "asked_by_id", "asked_at"),
        # What a workflow is at, or has to be.
        Index(
            "ix_bulk_decision_open",
            "tenant_id",
            postgresql_where=text("state <> 'draft' AND finished_at IS NULL"),
        ),
        # A draft that nobody decided on is no fact.
        {"info": REPLACEABLE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="made by the idempotency key of the form or call")
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str | None] = mapped_column(comment="none: a draft, or each row has its own")
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    comment: Mapped[str | None]
    content_hash: Mapped[str] = mapped_column(comment="the same key with another content is refused")
    state: Mapped[str] = mapped_column(default="running")
    rows: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(comment="when every row had its outcome")
    stopped_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="who let nothing more be decided: whoever asked, or an administrator"
    )


class BulkDecisionRow(TenantOwned, Base):
    """One timesheet of a bulk decision: what was shown of it, and what came of it."""

    __tablename__ = "bulk_decision_row"
    __table_args__ = (
        PrimaryKeyConstraint("bulk_id", "number"),
        CheckConstraint("outcome IN ('waiting', 'done', 'refused')", name="outcome"),
        CheckConstraint("decision IN ('approve', 'reject')", name="decision"),
        CheckConstraint("decision = 'approve' OR reason IS NOT NULL", name="reject_needs_reason"),
        {"info": REPLACEABLE},
    )

    bulk_id: Mapped[UUID] = mapped_column(ForeignKey("bulk_decision.id"))
    number: Mapped[int] = mapped_column(comment="0, 1, 2…, in the order asked")
    timesheet_id: Mapped[UUID] = mapped_column(comment="as asked; it need not be one, or one to be seen")
    digest: Mapped[str] = mapped_column(comment="of the content that was shown")
    decision: Mapped[str | None] = mapped_column(comment="none: that of the whole, and so with all that belongs to it")
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    comment: Mapped[str | None]
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(comment="as asked; it need not be anybody")
    outcome: Mapped[str] = mapped_column(default="waiting", server_default="waiting")
    code: Mapped[str | None] = mapped_column(comment="why it was refused, for programs")
    message: Mapped[str | None] = mapped_column(comment="why it was refused, in words")
    sheet_state: Mapped[str | None] = mapped_column(comment="the timesheet's state afterwards")


class Look(TenantOwned, Base):
    """What somebody last saw of a timesheet, so that they can be told what changed since."""

    __tablename__ = "look"
    __table_args__ = (PrimaryKeyConstraint("person_id", "timesheet_id"), {"info": REPLACEABLE})

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    timesheet_id: Mapped[UUID] = mapped_column(ForeignKey("timesheet.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    before_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("submission.id"), comment="the submission they had seen before that one"
    )
    looked_at: Mapped[datetime] = mapped_column(server_default=func.now())
