"""What a seal covers and what is signed: the bytes, so that anybody can make them again.

Rule: seals. The tree is that of RFC 9162 with SHA-256; its leaves are the statements in the order in which they were sealed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from models.rules.digest import canonical_json


@dataclass(frozen=True, slots=True)
class LeafContent:
    """A statement as its leaf covers it; `digest` is that of its canonical JSON, hexadecimal."""

    namespace: str
    transaction_id: UUID
    digest: str
    recorded_at: datetime
    recorded_by_id: UUID | None
    about_id: UUID | None

    @property
    def data(self) -> bytes:
        """The canonical JSON that the leaf is the hash of."""
        return canonical_json(
            {
                "namespace": self.namespace,
                "transactionId": str(self.transaction_id),
                "digest": self.digest,
                "recordedAt": exact_text(self.recorded_at),
                "recordedBy": str(self.recorded_by_id) if self.recorded_by_id else None,
                "about": str(self.about_id) if self.about_id else None,
            }
        )


@dataclass(frozen=True, slots=True)
class SealContent:
    """A seal without its signature. Roots are hexadecimal."""

    tenant_id: UUID
    number: int
    size: int
    root: str
    previous_root: str | None
    sealed_at: datetime
    key_number: int

    @property
    def data(self) -> bytes:
        """The canonical JSON that is signed."""
        return canonical_json(
            {
                "tenantId": str(self.tenant_id),
                "number": self.number,
                "size": self.size,
                "root": self.root,
                "previousRoot": self.previous_root,
                "sealedAt": exact_text(self.sealed_at),
                "keyNumber": self.key_number,
            }
        )


def key_data(tenant_id: UUID, number: int, public_key: bytes) -> bytes:
    """The canonical JSON of a new key, which the former one signs."""
    return canonical_json({"tenantId": str(tenant_id), "keyNumber": number, "publicKey": public_key.hex()})


def exact_text(at: datetime) -> str:
    """An instant with microseconds in UTC: always of the same length."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
