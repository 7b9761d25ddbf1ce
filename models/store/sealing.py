"""Sealing what was committed since the last seal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import SealKeyChanged
from models.rules.seals import SealContent, key_data, leaf_data
from models.store.tree import SealedTree
from models.tables.seals import Seal, SealKey, UnsealedTransaction

AT_ONCE = 2_000
"""Transactions that one seal takes in; what is left waits for the next."""


REST = timedelta(seconds=45)
"""Nobody who looks every half a minute makes a seal sooner after the last one, so that there is one each minute."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal that was made."""

    content: SealContent
    goes_on: bool
    """Whether more may wait."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What is to be done for an organisation's ledger."""

    seal: bool
    """Something was committed, and the last seal is not of just now."""
    anchor: bool
    """A copy of a seal is due somewhere."""


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


def private_half(of: SealKey, key_of: KeyOf) -> Ed25519PrivateKey:
    """The key that belongs to a public one. Raises `SealKeyChanged` when the secret is another one."""
    key = key_of(of.tenant_id, of.number)
    if public_bytes(key) != of.public_key:
        raise SealKeyChanged(KEY_CHANGED.format(of.number))
    return key


def seal(session: WriteSession, tenant_id: UUID, key_of: KeyOf) -> Sealed | None:
    """Seal what was committed since the last seal; None when nothing was. One after the other for an organisation.

    Raises `SealKeyChanged` when the secret is another one than the present key follows from.
    """
    _take_turn(session, tenant_id)
    taken = session.scalars(_TAKE, {"tenant": tenant_id, "most": AT_ONCE}).all()
    found = session.execute(_STATEMENTS, {"tenant": tenant_id, "transactions": taken}).all() if taken else []
    if not found:
        return None
    key_number = _present_key(session, tenant_id, key_of)
    last = last_seal(session, tenant_id)
    size = last.size if last else 0
    tree = SealedTree(session, tenant_id, size)
    leaves = [tree.hash_buff(leaf_data(*row[1:])) for row in found]
    _keep(session, tenant_id, size, found, leaves)
    made = SealedTree(session, tenant_id, size, leaves)
    _keep_nodes(session, tenant_id, made)
    content = SealContent(
        tenant_id,
        last.number + 1 if last else 1,
        size + len(leaves),
        made.get_root().hex(),
        last.root.hex() if last else None,
        _now(session),
        key_number,
    )
    _sign(session, content, key_of)
    return Sealed(content, goes_on=len(taken) == AT_ONCE)


def last_seal(session: Session, tenant_id: UUID) -> Seal | None:
    """The newest seal of an organisation."""
    return session.scalar(select(Seal).where(Seal.tenant_id == tenant_id).order_by(Seal.number.desc()).limit(1))


def last_key(session: Session, tenant_id: UUID) -> SealKey | None:
    """The key that the next seal is signed with; None before the first seal."""
    these = select(SealKey).where(SealKey.tenant_id == tenant_id)
    return session.scalar(these.order_by(SealKey.number.desc()).limit(1))


def waits_for_seal(session: Session, tenant_id: UUID) -> bool:
    """Whether something was committed since the last seal."""
    these = select(UnsealedTransaction.transaction_id).where(UnsealedTransaction.tenant_id == tenant_id)
    return session.scalar(these.limit(1)) is not None


def needed(session: Session, tenant_id: UUID) -> Needed:
    """What is to be done now, asked by one statement."""
    row = session.execute(_NEEDED, {"tenant": tenant_id, "rest": REST}).one()
    return Needed(bool(row.seals), bool(row.anchors))


def rotate_key(
    session: WriteSession, tenant_id: UUID, key_of: KeyOf, former_key_of: KeyOf | None = None, *, is_lost: bool = False
) -> int:
    """Introduce the next key, signed by the present one; its number.

    `former_key_of`: keys by the secret before, when the secret itself was changed. `is_lost`: nobody has that secret
    any more, so nobody signs for the new key. Raises `SealKeyChanged` when the secret given is another one.
    """
    _take_turn(session, tenant_id)
    present = last_key(session, tenant_id)
    if present is None:
        return _introduce(session, tenant_id, 1, key_of, None)
    if is_lost:
        return _introduce(session, tenant_id, present.number + 1, key_of, None)
    signs = private_half(present, former_key_of or key_of)
    return _introduce(session, tenant_id, present.number + 1, key_of, signs)


KEY_CHANGED = (
    "The present secret is not the one that seal key {} follows from: nothing is sealed or signed. "
    "Introduce a new key with `countersign ledger rotate-key --former-secret FILE`."
)


def _take_turn(session: WriteSession, tenant_id: UUID) -> None:
    session.execute(_ONE_AFTER_THE_OTHER, {"key": f"seal/{tenant_id}"})


def _present_key(session: WriteSession, tenant_id: UUID, key_of: KeyOf) -> int:
    """The number of the present key, which is introduced if there is none."""
    present = last_key(session, tenant_id)
    if present is None:
        return _introduce(session, tenant_id, 1, key_of, None)
    private_half(present, key_of)
    return present.number


def _introduce(
    session: WriteSession, tenant_id: UUID, number: int, key_of: KeyOf, signs: Ed25519PrivateKey | None
) -> int:
    public = public_bytes(key_of(tenant_id, number))
    signature = signs.sign(key_data(tenant_id, number, public)) if signs else None
    session.add(SealKey(tenant_id=tenant_id, number=number, public_key=public, signature=signature))
    session.flush()
    return number


def _keep(session: WriteSession, tenant_id: UUID, size: int, found: Sequence[Row[Any]], leaves: list[bytes]) -> None:
    sequences = [row.sequence for row in found]
    session.execute(_KEEP, {"tenant": tenant_id, "size": size, "sequences": sequences, "leaves": leaves})


def _keep_nodes(session: WriteSession, tenant_id: UUID, made: SealedTree) -> None:
    nodes = list(made.complete_nodes())
    if nodes:
        heights, numbers, found = (list(each) for each in zip(*nodes, strict=True))
        values = {"tenant": tenant_id, "heights": heights, "numbers": numbers, "hashes": found}
        session.execute(_KEEP_NODES, values)


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

# Whoever is just adding statements to a transaction that is there holds its row (by the trigger): it is left for later.
# As an array they are chosen once, whatever the planner believes: joined, they could be chosen anew for each row.
_TAKE = text(
    """
    DELETE FROM unsealed WHERE tenant_id = :tenant AND transaction_id = ANY(ARRAY(
        SELECT transaction_id FROM unsealed WHERE tenant_id = :tenant LIMIT :most FOR UPDATE SKIP LOCKED
    )) RETURNING transaction_id
    """
)

_STATEMENTS = text(
    """
    SELECT sequence, namespace, transaction_id::text, digest,
           to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           recorded_by_id::text, about_id::text
    FROM statement s
    WHERE tenant_id = :tenant AND transaction_id = ANY(:transactions)
      AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.sequence = s.sequence)
    ORDER BY sequence
    """
)

_NEEDED = text(
    """
    SELECT EXISTS (SELECT FROM unsealed WHERE tenant_id = :tenant)
           AND (last.at IS NULL OR last.at < now() - CAST(:rest AS interval)) AS seals,
           EXISTS (SELECT FROM anchor WHERE tenant_id = :tenant AND anchored_to < last.number
                                            AND (next_try_at IS NULL OR next_try_at <= now())) AS anchors
    FROM (SELECT max(number) AS number, max(sealed_at) AS at
          FROM (SELECT number, sealed_at FROM seal WHERE tenant_id = :tenant ORDER BY number DESC LIMIT 1) each) last
    """
)

_KEEP = text(
    """
    INSERT INTO ledger_leaf (tenant_id, position, sequence, hash)
    SELECT :tenant, :size + number - 1, sequence, hash
    FROM unnest(CAST(:sequences AS bigint[]), CAST(:leaves AS bytea[])) WITH ORDINALITY AS each (sequence, hash, number)
    """
)

_KEEP_NODES = text(
    """
    INSERT INTO ledger_node (tenant_id, height, number, hash)
    SELECT :tenant, height, number, hash
    FROM unnest(CAST(:heights AS smallint[]), CAST(:numbers AS bigint[]), CAST(:hashes AS bytea[]))
         AS each (height, number, hash)
    """
)
