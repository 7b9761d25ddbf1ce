"""What a seal covers and what is signed: the bytes, so that anybody can make them again.

Rule: seals. The tree is that of RFC 9162 with SHA-256; its leaves are the statements in the order of sealing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from models.rules.digest import JsonValue, canonical_json


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
        return leaf_data(
            self.namespace,
            str(self.transaction_id),
            self.digest,
            exact_text(self.recorded_at),
            str(self.recorded_by_id) if self.recorded_by_id else None,
            str(self.about_id) if self.about_id else None,
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
    def json(self) -> dict[str, JsonValue]:
        """The seal as programs read it."""
        return {
            "tenantId": str(self.tenant_id),
            "number": self.number,
            "size": self.size,
            "root": self.root,
            "previousRoot": self.previous_root,
            "sealedAt": exact_text(self.sealed_at),
            "keyNumber": self.key_number,
        }

    @property
    def data(self) -> bytes:
        """The canonical JSON that is signed."""
        return canonical_json(self.json)

    def anchored(self, signature: bytes) -> bytes:
        """What is left at an anchor: the canonical JSON of the seal with its signature."""
        return canonical_json({**self.json, "signature": signature.hex()})


def leaf_data(
    namespace: str, transaction_id: str, digest: str, recorded_at: str, recorded_by: str | None, about: str | None
) -> bytes:
    """The canonical JSON of a leaf, put together by hand, as everything is verified by it; times by `exact_text`."""
    return (
        f'{{"about":{_quoted(about)},"digest":"{digest}","namespace":{_canonical_text(namespace)},'
        f'"recordedAt":"{recorded_at}","recordedBy":{_quoted(recorded_by)},"transactionId":"{transaction_id}"}}'
    ).encode()


def key_data(tenant_id: UUID, number: int, public_key: bytes) -> bytes:
    """The canonical JSON of a new key, which the former one signs."""
    return canonical_json({"tenantId": str(tenant_id), "keyNumber": number, "publicKey": public_key.hex()})


def exact_text(at: datetime) -> str:
    """An instant with microseconds in UTC: always of the same length."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _quoted(id_: str | None) -> str:
    return "null" if id_ is None else f'"{id_}"'


@lru_cache(maxsize=256)
def _canonical_text(text: str) -> str:
    return canonical_json(text).decode()
