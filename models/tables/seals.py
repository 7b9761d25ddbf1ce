"""What stands for the ledger as it was: the leaves and nodes of its Merkle tree, signed seals, and their anchors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import INSERT_ONLY, REPLACEABLE, Base, TenantOwned


class UnsealedTransaction(TenantOwned, Base):
    """A transaction with statements that no seal covers yet.

    The database adds it with the statements (a trigger), so it can be seen when they can, and not before.
    """

    __tablename__ = "unsealed"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "transaction_id"), {"info": REPLACEABLE})

    transaction_id: Mapped[UUID]


class LedgerLeaf(TenantOwned, Base):
    """The place of a statement in the tree."""

    __tablename__ = "ledger_leaf"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "position"), {"info": INSERT_ONLY})

    position: Mapped[int] = mapped_column(BigInteger, comment="0, 1, 2…")
    sequence: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("statement.sequence"), unique=True, comment="which statement stands there"
    )
    hash: Mapped[bytes] = mapped_column(LargeBinary, comment="of the leaf, by RFC 9162 with SHA-256")


class LedgerNode(TenantOwned, Base):
    """The hash over a whole power of two of leaves, so that roots and proofs need not begin with the first leaf."""

    __tablename__ = "ledger_node"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "height", "number"), {"info": INSERT_ONLY})

    height: Mapped[int] = mapped_column(SmallInteger, comment="it is over 2^height leaves")
    number: Mapped[int] = mapped_column(BigInteger, comment="0 is over the first ones")
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class SealKey(TenantOwned, Base):
    """A public key that seals are signed with; each but the first is signed by the one before."""

    __tablename__ = "seal_key"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "number"), {"info": INSERT_ONLY})

    number: Mapped[int] = mapped_column(comment="1, 2, 3…")
    public_key: Mapped[bytes] = mapped_column(LargeBinary, comment="Ed25519, 32 bytes")
    introduced_at: Mapped[datetime] = mapped_column(server_default=func.now())
    signature: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="of the former key over this one; none: the first"
    )


class Seal(TenantOwned, Base):
    """The root of the tree at a time, signed."""

    __tablename__ = "seal"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "number"),
        CheckConstraint("size > 0", name="size"),
        # The first seal over a leaf.
        Index("ix_seal_size", "tenant_id", "size"),
        {"info": INSERT_ONLY},
    )

    number: Mapped[int] = mapped_column(BigInteger, comment="1, 2, 3…")
    size: Mapped[int] = mapped_column(BigInteger, comment="leaves that it is over")
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous_root: Mapped[bytes | None] = mapped_column(LargeBinary, comment="of the seal before; none: the first")
    sealed_at: Mapped[datetime]
    key_number: Mapped[int] = mapped_column(comment="which key signed it")
    signature: Mapped[bytes] = mapped_column(LargeBinary, comment="Ed25519, over the canonical JSON of the rest")


class Anchor(TenantOwned, Base):
    """Where an organisation leaves copies of its seals, and how far that is."""

    __tablename__ = "anchor"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "kind"),
        CheckConstraint("kind IN ('file', 'url')", name="kind"),
        {"info": REPLACEABLE},
    )

    kind: Mapped[str]
    target: Mapped[str] = mapped_column(comment="the name of the file, or the address")
    anchored_to: Mapped[int] = mapped_column(BigInteger, comment="number of the last seal that is there; 0: none")
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="in a row")
    next_try_at: Mapped[datetime | None] = mapped_column(comment="after a failure; none: at once")


class SealAnchor(TenantOwned, Base):
    """One try to leave a copy of a seal somewhere, and what came of it."""

    __tablename__ = "seal_anchor"
    __table_args__ = (Index("ix_seal_anchor_number", "tenant_id", "number"), {"info": INSERT_ONLY})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, comment="of the seal")
    kind: Mapped[str]
    target: Mapped[str] = mapped_column(comment="the name of the file, or the address")
    status: Mapped[int | None] = mapped_column(comment="HTTP status; none: a file, or no answer")
    error: Mapped[str | None] = mapped_column(comment="why it is not there, in words; none: it is")
    tried_at: Mapped[datetime] = mapped_column(server_default=func.now())
