"""The ledger: statements that are only ever added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import INSERT_ONLY, Base, TenantOwned


class LedgerStatement(TenantOwned, Base):
    """One fact, with when it happened, when we learned it and from whom."""

    __tablename__ = "statement"
    __table_args__ = (
        PrimaryKeyConstraint("sequence"),
        # Saying the same thing again is a no-op.
        Index("uq_statement_content", "tenant_id", "namespace", "digest", unique=True),
        Index("ix_statement_subject", "tenant_id", "namespace", "subject"),
        Index("ix_statement_transaction", "tenant_id", "transaction_id"),
        # What the record calls a decision, to be held against the decisions themselves.
        Index(
            "ix_statement_decision",
            "tenant_id",
            "recorded_at",
            postgresql_where=text("kind = 'define' AND body ->> 'type' IN ('Approve', 'Reject')"),
        ),
        {"info": INSERT_ONLY},
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    namespace: Mapped[str] = mapped_column(default="default")
    transaction_id: Mapped[UUID] = mapped_column(comment="the command that said it")
    kind: Mapped[str] = mapped_column(comment="define, started, ended, used, wasInformedBy, …")
    subject: Mapped[str] = mapped_column(comment="external id of the term the statement is about")
    body: Mapped[dict[str, Any]] = mapped_column(comment="the whole statement, as digested")
    digest: Mapped[str] = mapped_column(comment="SHA-256 of the canonical JSON of the body, hexadecimal")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the authenticated identity; none: the schedule"
    )
