"""Sealing what was committed since the last seal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.rules.seals import LeafContent, SealContent, key_data
from models.store.tree import SealedTree
from models.tables.seals import LedgerLeaf, LedgerNode, Seal, SealKey

AT_ONCE = 20_000
"""Statements, about, that one seal takes in; what is left waits for the next."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal that was made."""

    content: SealContent
    goes_on: bool
    """Whether more waits."""


KeyOf = Callable[[UUID, int], Ed25519PrivateKey]
"""The signing key of an organisation by its number."""


def keys_from(secret: str) -> KeyOf:
    """Signing keys that follow from the secret of the installation, and are kept nowhere."""

    def key(tenant_id: UUID, number: int) -> Ed25519PrivateKey:
        info = f"countersign seal {tenant_id} {number}".encode()
        return Ed25519PrivateKey.from_private_bytes(HKDF(hashes.SHA256(), 32, None, info).derive(secret.encode()))

    return key


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The public half of a key, 32 bytes."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def seal(session: WriteSession, tenant_id: UUID, key_of: KeyOf) -> Sealed | None:
    """Seal what was committed since the last seal; None when nothing was. One after the other for an organisation."""
    session.execute(_ONE_AFTER_THE_OTHER, {"key": f"seal/{tenant_id}"})
    taken = session.scalars(_TAKE, {"tenant": tenant_id, "most": AT_ONCE}).all()
    found = session.execute(_STATEMENTS, {"tenant": tenant_id, "transactions": taken}).all() if taken else []
    if not found:
        return None
    last = session.scalar(select(Seal).where(Seal.tenant_id == tenant_id).order_by(Seal.number.desc()).limit(1))
    size = last.size if last else 0
    tree = SealedTree(session, tenant_id, size)
    leaves = [tree.hash_buff(_content(row).data) for row in found]
    _keep(session, tenant_id, size, [row.sequence for row in found], leaves)
    number = _key_number(session, tenant_id, key_of)
    made = SealedTree(session, tenant_id, size, leaves)
    nodes = [
        {"tenant_id": tenant_id, "height": height, "number": number, "hash": node}
        for height, number, node in made.complete_nodes()
    ]
    if nodes:
        session.execute(insert(LedgerNode), nodes)
    content = SealContent(
        tenant_id,
        last.number + 1 if last else 1,
        size + len(leaves),
        made.get_root().hex(),
        last.root.hex() if last else None,
        _now(session),
        number,
    )
    _sign(session, content, key_of)
    return Sealed(content, goes_on=len(taken) == AT_ONCE)


def _content(row: object) -> LeafContent:
    names = ("namespace", "transaction_id", "digest", "recorded_at", "recorded_by_id", "about_id")
    return LeafContent(*(getattr(row, name) for name in names))


def _keep(session: WriteSession, tenant_id: UUID, size: int, sequences: list[int], leaves: list[bytes]) -> None:
    rows = [
        {"tenant_id": tenant_id, "position": size + number, "sequence": sequence, "hash": leaf}
        for number, (sequence, leaf) in enumerate(zip(sequences, leaves, strict=True))
    ]
    session.execute(insert(LedgerLeaf), rows)


def _key_number(session: WriteSession, tenant_id: UUID, key_of: KeyOf) -> int:
    """The present key, which is introduced if there is none."""
    number = session.scalar(select(func.max(SealKey.number)).where(SealKey.tenant_id == tenant_id))
    if number is None:
        session.add(SealKey(tenant_id=tenant_id, number=1, public_key=public_bytes(key_of(tenant_id, 1))))
        session.flush()
    return number or 1


def rotate_key(session: WriteSession, tenant_id: UUID, key_of: KeyOf) -> int:
    """Introduce the next key, signed by the present one; its number."""
    session.execute(_ONE_AFTER_THE_OTHER, {"key": f"seal/{tenant_id}"})
    former = _key_number(session, tenant_id, key_of)
    public = public_bytes(key_of(tenant_id, former + 1))
    signature = key_of(tenant_id, former).sign(key_data(tenant_id, former + 1, public))
    session.add(SealKey(tenant_id=tenant_id, number=former + 1, public_key=public, signature=signature))
    session.flush()
    return former + 1


def _sign(session: WriteSession, content: SealContent, key_of: KeyOf) -> None:
    session.add(
        Seal(
            tenant_id=content.tenant_id,
            number=content.number,
            size=content.size,
            root=bytes.fromhex(content.root),
            previous_root=bytes.fromhex(content.previous_root) if content.previous_root else None,
            sealed_at=content.sealed_at,
            key_number=content.key_number,
            signature=key_of(content.tenant_id, content.key_number).sign(content.data),
        )
    )
    session.flush()


def _now(session: WriteSession) -> datetime:
    at: datetime = session.scalars(select(func.clock_timestamp())).one()
    return at


_ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")

_TAKE = text(
    """
    DELETE FROM unsealed WHERE tenant_id = :tenant AND transaction_id IN (
        SELECT transaction_id FROM unsealed WHERE tenant_id = :tenant LIMIT :most
    ) RETURNING transaction_id
    """
)

_STATEMENTS = text(
    """
    SELECT sequence, namespace, transaction_id, digest, recorded_at, recorded_by_id, about_id FROM statement s
    WHERE tenant_id = :tenant AND transaction_id = ANY(:transactions)
      AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.sequence = s.sequence)
    ORDER BY sequence
    """
)
