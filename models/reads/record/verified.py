"""Whether what the record says of one timesheet is what was recorded: looked at whenever somebody looks at its history.

Each statement is held against its digest, its leaf, and the first seal over it; each of those seals against its key.
What lies between the seals is for `countersign ledger verify`, which looks at everything.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.record.proofs import Inclusion, Proofs, proofs_of, siblings
from models.reads.record.story import Said
from models.rules.seals import LeafContent, SealContent
from models.tables.seals import Seal
from models.verifying.ledger_check import is_signed

MOST_VERIFIED = 2_000
"""Statements looked at for one page, the newest ones: a timesheet of an ordinary week has some fifty."""

MOST_TOLD = 5
"""Of what does not hold."""


@dataclass(frozen=True, slots=True)
class SealShown:
    """A seal over some of the statements."""

    number: int
    sealed_at: datetime
    key: str
    """The first digits of the public key."""


@dataclass(frozen=True, slots=True)
class VerifiedShown:
    """What was verified of a timesheet's statements, and when."""

    at: datetime
    statements: int
    sealed: int
    first_seal: SealShown | None
    last_seal: SealShown | None
    """The newest of the seals."""
    not_looked_at: int
    wrong: tuple[str, ...]
    """What does not hold, in words."""
    seal_of: Mapping[int, SealShown]
    """The first seal over each statement that is under one, by sequence."""

    @property
    def waiting(self) -> int:
        """Statements that the next seal will be over."""
        return self.statements - self.sealed


def verified(session: Session, story: Sequence[Said], missing: Collection[str], now: datetime) -> VerifiedShown:
    """Verify statements; `missing` are acts, in words, that the record says nothing of. A handful of SQL statements.

    Times are in the zone of `now`.
    """
    looked_at = story[-MOST_VERIFIED:]
    leaves = _leaves(session, looked_at)
    wrong = [*_unsaid(missing), *_not_as_recorded(looked_at, leaves)]
    try:
        proofs = proofs_of(session, [each.position for each in looked_at if each.position is not None])
    except LookupError:
        proofs = Proofs({}, (), ())
        wrong.append("A part of the tree that seals are over is gone: nothing here can be proven.")
    seals = {seal.number: seal for seal in proofs.seals}
    shown = {seal.number: _shown(seal, proofs, now) for seal in proofs.seals}
    wrong += [*_not_signed(proofs), *_not_under_a_seal(looked_at, proofs, seals, leaves)]
    seal_of = {
        each.sequence: shown[proofs.inclusions[each.position].seal]
        for each in looked_at
        if each.position is not None and each.position in proofs.inclusions
    }
    first, last = (shown[min(shown)], shown[max(shown)]) if shown else (None, None)
    left = len(story) - len(looked_at)
    told = tuple(wrong[:MOST_TOLD])
    if len(wrong) > MOST_TOLD:
        told += (f"And {len(wrong) - MOST_TOLD} more.",)
    return VerifiedShown(now, len(looked_at), len(seal_of), first, last, left, told, seal_of)


def _unsaid(missing: Collection[str]) -> Iterator[str]:
    for act in missing:
        yield f"The record says nothing of “{act}”: its statements were removed."


def _not_as_recorded(story: Sequence[Said], leaves: Mapping[int, Any]) -> Iterator[str]:
    """What each statement says of itself, and what its leaf says of it."""
    for each in story:
        name = f"Statement {each.sequence} (about {each.subject})"
        leaf = leaves.get(each.sequence)
        if sha256(each.said.encode()).hexdigest() != each.digest:
            yield f"{name} was changed: what it says is not what was recorded."
        elif leaf is not None and leaf.hash is not None and _leaf(each) != leaf.hash:
            yield f"{name} was changed: it is not what its place in the tree was made from."
        elif leaf is None or (leaf.hash is None and not leaf.waits):
            yield f"{name} is under no seal and does not wait for one: it was put in beside the others."


def _not_signed(proofs: Proofs) -> Iterator[str]:
    keys = {key.number: key.public_key for key in proofs.keys}
    for seal in proofs.seals:
        if seal.key_number not in keys or not is_signed(keys[seal.key_number], seal.signature, _content(seal).data):
            yield f"Seal {seal.number} is not signed by key {seal.key_number}: it was changed, or the key was."


def _not_under_a_seal(
    story: Sequence[Said], proofs: Proofs, seals: Mapping[int, Seal], leaves: Mapping[int, Any]
) -> Iterator[str]:
    """Those with a place in the tree that do not lead to the root of their seal; what was changed itself is told."""
    for each in story:
        if each.position is None or _leaf(each) != leaves[each.sequence].hash:
            continue
        name, proof = f"Statement {each.sequence} (about {each.subject})", proofs.inclusions.get(each.position)
        if proof is None:
            yield f"{name} has a place in the tree, and no seal is over it: a seal is gone."
        elif _root(_leaf(each), proof, seals[proof.seal].size) != seals[proof.seal].root:
            yield f"{name} is not what seal {proof.seal} is over: it, or what stood beside it, was changed or moved."


def _root(leaf: bytes, proof: Inclusion, size: int) -> bytes:
    """The root that a leaf leads to (RFC 9162, section 2.1.1)."""
    node = leaf
    for (first, _), other in zip(siblings(proof.position, size), proof.path, strict=True):
        pair = node + other if first > proof.position else other + node
        node = sha256(b"\x01" + pair).digest()
    return node


def _leaf(said: Said) -> bytes:
    content = LeafContent(
        said.namespace, said.transaction_id, said.digest, said.recorded_at, said.recorded_by_id, said.about_id
    )
    return sha256(b"\x00" + content.data).digest()


def _content(seal: Seal) -> SealContent:
    before = seal.previous_root.hex() if seal.previous_root else None
    return SealContent(seal.tenant_id, seal.number, seal.size, seal.root.hex(), before, seal.sealed_at, seal.key_number)


def _shown(seal: Seal, proofs: Proofs, now: datetime) -> SealShown:
    key = next((key.public_key.hex() for key in proofs.keys if key.number == seal.key_number), "")
    return SealShown(seal.number, seal.sealed_at.astimezone(now.tzinfo), key[:8])


def _leaves(session: Session, story: Sequence[Said]) -> dict[int, Any]:
    """For each statement the hash of its leaf, or whether it waits for one."""
    rows = session.execute(_LEAVES, {"sequences": [each.sequence for each in story]})
    return {row.sequence: row for row in rows}


_LEAVES = text(
    """
    SELECT s.sequence, l.hash, u.transaction_id IS NOT NULL AS waits
    FROM statement s
    LEFT JOIN ledger_leaf l ON l.sequence = s.sequence
    LEFT JOIN unsealed u ON u.tenant_id = s.tenant_id AND u.transaction_id = s.transaction_id
    WHERE s.sequence = ANY (CAST(:sequences AS bigint[]))
    """
)
