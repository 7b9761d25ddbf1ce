"""The ledger: statements that are only ever added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, Identity, Index, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import INSERT_ONLY, Base, TenantOwned

BYTES = Text(collation="C")
"""Text in the order of its bytes, wherever the database was made."""

_TERM = "(said::jsonb) ->> 'kind'"
_TYPE = "(said::jsonb) ->> 'type'"
_OBJECT = """
CASE kind
  WHEN 'used' THEN (said::jsonb) ->> 'entity' WHEN 'wasGeneratedBy' THEN (said::jsonb) ->> 'entity'
  WHEN 'wasInformedBy' THEN (said::jsonb) ->> 'informing'
  WHEN 'wasAssociatedWith' THEN (said::jsonb) ->> 'agent' WHEN 'wasAttributedTo' THEN (said::jsonb) ->> 'agent'
  WHEN 'actedOnBehalfOf' THEN (said::jsonb) ->> 'delegate'
  ELSE (said::jsonb) ->> 'used'
END
""".strip()
_RESPONSIBLE = "(said::jsonb) ->> 'responsible'"
_AT = "(said::jsonb) ->> 'at'"
_VIEW = text("kind = 'define' AND type = 'View'")


class LedgerStatement(TenantOwned, Base):
    """One fact, with when it happened, when we learned it and from whom.

    What is asked for is taken out of what is said by the database, so that the two cannot differ.
    """

    __tablename__ = "statement"
    __table_args__ = (
        PrimaryKeyConstraint("sequence"),
        # Saying the same thing again is a no-op.
        Index("uq_statement_content", "tenant_id", "namespace", "digest", unique=True),
        # What is said once: the start, the end, and each attribute of a term.
        Index("uq_statement_once", "tenant_id", "namespace", "once", unique=True),
        Index("ix_statement_subject", "tenant_id", "namespace", "subject", "kind"),
        Index("ix_statement_object", "tenant_id", "namespace", "object", "kind"),
        Index("ix_statement_transaction", "tenant_id", "transaction_id"),
        Index(
            "ix_statement_type",
            "tenant_id",
            "namespace",
            "term",
            "type",
            "subject",
            postgresql_where=text("kind = 'define'"),
        ),
        Index(
            "ix_statement_start", "tenant_id", "namespace", "at", "sequence", postgresql_where=text("kind = 'started'")
        ),
        # Who was acted for, and what nobody sees but those who may see somebody's time.
        Index(
            "ix_statement_responsible",
            "tenant_id",
            "namespace",
            "responsible",
            postgresql_where=text("responsible IS NOT NULL"),
        ),
        Index(
            "ix_statement_about",
            "tenant_id",
            "about_id",
            "at",
            postgresql_where=text("kind = 'started' AND about_id IS NOT NULL"),
        ),
        # Where programs have said something: what the product says of a command is about somebody's time.
        Index(
            "ix_statement_asserted",
            "tenant_id",
            "namespace",
            "recorded_by_id",
            postgresql_where=text("about_id IS NULL"),
        ),
        # What the record calls a decision, to be held against the decisions themselves.
        Index(
            "ix_statement_decision",
            "tenant_id",
            "recorded_at",
            postgresql_where=text("kind = 'define' AND type IN ('Approve', 'Reject')"),
        ),
        # Who looked at what, the newest first: everybody, one person, and at the time of one person.
        Index("ix_statement_view", "tenant_id", "recorded_at", "transaction_id", postgresql_where=_VIEW),
        Index(
            "ix_statement_view_by",
            "tenant_id",
            "recorded_by_id",
            "recorded_at",
            "transaction_id",
            postgresql_where=_VIEW,
        ),
        Index("ix_statement_view_of", "tenant_id", "about_id", "recorded_at", "transaction_id", postgresql_where=_VIEW),
        {"info": INSERT_ONLY},
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    namespace: Mapped[str] = mapped_column(default="default")
    transaction_id: Mapped[UUID] = mapped_column(comment="the command that said it")
    kind: Mapped[str] = mapped_column(comment="define, started, ended, used, wasInformedBy, …")
    subject: Mapped[str] = mapped_column(BYTES, comment="external id of the term the statement is about")
    said: Mapped[str] = mapped_column(comment="the whole statement as canonical JSON (RFC 8785)")
    body: Mapped[dict[str, Any]] = mapped_column(
        Computed("said::jsonb", persisted=True), comment="the same, to be asked"
    )
    digest: Mapped[str] = mapped_column(comment="SHA-256 of what is said, hexadecimal")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the authenticated identity; none: the schedule"
    )
    about_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="whose time it is about; none: nobody's, or it was not said"
    )
    once: Mapped[str | None] = mapped_column(comment="what may be said of a term only once")
    term: Mapped[str | None] = mapped_column(
        Computed(_TERM, persisted=True), comment="agent, activity, entity: of definitions"
    )
    type: Mapped[str | None] = mapped_column(Computed(_TYPE, persisted=True), comment="of definitions")
    object: Mapped[str | None] = mapped_column(
        BYTES, Computed(_OBJECT, persisted=True), comment="external id of the other term of a relation"
    )
    responsible: Mapped[str | None] = mapped_column(
        BYTES, Computed(_RESPONSIBLE, persisted=True), comment="of delegations: external id of who was acted for"
    )
    at: Mapped[str | None] = mapped_column(
        BYTES, Computed(_AT, persisted=True), comment="of starts and ends: UTC, in the order of time"
    )
