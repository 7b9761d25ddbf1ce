"""Whether the ledger is what was sealed: every statement, leaf, seal and key, in one pass and a fixed amount of memory.

What is wrong is named by the first place where it shows. Whoever holds the database but not the signing key
cannot change what a seal covers without it showing here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from models.rules.seals import LeafContent, SealContent, key_data
from models.tables.seals import Seal, SealKey

KnownKey = Callable[[UUID, int], bytes] | None
"""The public keys that the verifier knows from elsewhere; None: those of the ledger are believed."""

A_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong in words; nothing: all of it holds."""

    statements: int
    sealed: int
    seals: int
    wrong: tuple[str, ...]


@dataclass
class RunningRoot:
    """The root over the leaves so far, by RFC 9162; it keeps one hash for each power of two."""

    size: int = 0
    _peaks: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """One more leaf."""
        node, size = leaf, self.size
        while size & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of what was added."""
        if not self._peaks:
            return sha256(b"").digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = sha256(b"\x01" + peak + node).digest()
        return node


def verify_ledger(
    session: Session, tenant_id: UUID, known_key: KnownKey = None, progress: Callable[[int], None] | None = None
) -> Verified:
    """Look at everything of one organisation. `progress` hears how many leaves were looked at."""
    keys = {key.number: key for key in session.scalars(select(SealKey).where(SealKey.tenant_id == tenant_id))}
    seals = list(session.scalars(select(Seal).where(Seal.tenant_id == tenant_id).order_by(Seal.number)))
    wrong = [*_wrong_keys(tenant_id, keys, known_key), *_wrong_seals(tenant_id, seals, keys)]
    tree, waiting = RunningRoot(), iter(seals)
    due = next(waiting, None)
    first_bad: str | None = None
    before = -1  # within a seal statements stand in the order in which they were written
    for row in _leaves(session, tenant_id):
        first_bad = first_bad or _wrong_leaf(row, tree.size, before)
        tree.add(bytes(row.hash))
        before = row.leaf_sequence
        while due is not None and tree.size == due.size:
            if tree.root != due.root:
                wrong.append(f"Seal {due.number} is over other leaves than it was: its root differs.")
            due, before = next(waiting, None), -1
        if progress and tree.size % A_BATCH == 0:
            progress(tree.size)
    if first_bad:
        wrong.insert(0, first_bad)
    if due is not None:
        wrong.append(
            f"Seal {due.number} covers {due.size} statements, and there are {tree.size}: the last ones are gone."
        )
    elif seals and tree.size > seals[-1].size:
        wrong.append(f"There are leaves after the last seal, from position {seals[-1].size} on: a seal is gone.")
    unsealed, stray = _beside(session, tenant_id)
    if stray is not None:
        wrong.append(f"Statement {stray} is in no seal and does not wait for one: it was put in beside them.")
    return Verified(tree.size + unsealed, tree.size, len(seals), tuple(wrong))


def _wrong_keys(tenant_id: UUID, keys: dict[int, SealKey], known_key: KnownKey) -> Iterator[str]:
    for number in range(1, max(keys, default=0) + 1):
        key = keys.get(number)
        if key is None:
            yield f"Key {number} is gone."
        elif known_key and known_key(tenant_id, number) != key.public_key:
            yield f"Key {number} is not the one that this installation signs with."
        elif number > 1 and (former := keys.get(number - 1)):
            if not _is_signed(former.public_key, key.signature, key_data(tenant_id, number, key.public_key)):
                yield f"Key {number} was not introduced by key {number - 1}: its signature is wrong."


def _wrong_seals(tenant_id: UUID, seals: Iterable[Seal], keys: dict[int, SealKey]) -> Iterator[str]:
    before: Seal | None = None
    for number, each in enumerate(seals, 1):
        if each.number != number:
            yield f"Seal {number} is gone."
            return
        previous = before.root if before else None
        if each.previous_root != previous:
            yield f"Seal {number} does not follow from the one before: it names another root."
        if before and each.size <= before.size:
            yield f"Seal {number} covers no more than the one before."
        key = keys.get(each.key_number)
        if key is None or not _is_signed(key.public_key, each.signature, _content(tenant_id, each).data):
            yield f"Seal {number} is not signed by key {each.key_number}: it was changed, or the key was."
        before = each


def _content(tenant_id: UUID, seal: Seal) -> SealContent:
    previous = seal.previous_root.hex() if seal.previous_root else None
    return SealContent(tenant_id, seal.number, seal.size, seal.root.hex(), previous, seal.sealed_at, seal.key_number)


def _is_signed(public_key: bytes, signature: bytes | None, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature or b"", data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _wrong_leaf(row: Row[Any], position: int, before: int) -> str | None:
    if row.position != position:
        return f"The leaf at position {position} is gone."
    if row.sequence is None:
        return f"Statement {row.leaf_sequence} was removed (position {position})."
    name = f"Statement {row.sequence} (position {position}, about {row.subject})"
    if sha256(row.said.encode()).hexdigest() != row.digest:
        return f"{name} was changed: what it says is not what was recorded."
    content = LeafContent(
        row.namespace, row.transaction_id, row.digest, row.recorded_at, row.recorded_by_id, row.about_id
    )
    if sha256(b"\x00" + content.data).digest() != row.hash:
        return f"{name} was changed or moved: it is not what its leaf was made from."
    if row.leaf_sequence <= before:
        return f"{name} was moved: it does not come after the one before it."
    return None


def _leaves(session: Session, tenant_id: UUID) -> Iterator[Row[Any]]:
    result = session.execute(_LEAVES, {"tenant": tenant_id}, execution_options={"yield_per": A_BATCH})
    yield from result


def _beside(session: Session, tenant_id: UUID) -> tuple[int, int | None]:
    """How many statements wait for a seal, and the first one that should have one."""
    row = session.execute(_BESIDE, {"tenant": tenant_id}).one()
    return row.waiting, row.stray


_LEAVES = text(
    """
    SELECT l.position, l.sequence AS leaf_sequence, l.hash, s.sequence, s.said, s.digest, s.subject, s.namespace,
           s.transaction_id, s.recorded_at, s.recorded_by_id, s.about_id
    FROM ledger_leaf l LEFT JOIN statement s ON s.tenant_id = l.tenant_id AND s.sequence = l.sequence
    WHERE l.tenant_id = :tenant
    ORDER BY l.position
    """
)

_BESIDE = text(
    """
    SELECT count(*) FILTER (WHERE u.transaction_id IS NOT NULL) AS waiting,
           min(s.sequence) FILTER (WHERE u.transaction_id IS NULL) AS stray
    FROM statement s LEFT JOIN unsealed u ON u.tenant_id = s.tenant_id AND u.transaction_id = s.transaction_id
    WHERE s.tenant_id = :tenant AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.sequence = s.sequence)
    """
)
