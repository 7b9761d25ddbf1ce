"""Proofs that statements stand in the tree that seals are over (RFC 9162), from the leaves and nodes that are kept."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.store.tree import LOWEST
from models.tables.seals import Seal, SealKey

Part = tuple[int, int]
"""A whole power of two of leaves: how high, and which one."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The way from a leaf to the root of a seal: the first seal that covers it."""

    seal: int
    position: int
    """Of the leaf: 0, 1, 2…"""
    path: tuple[bytes, ...]
    """The hashes to be joined to it on the way, the lowest first."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Inclusions by position, with the seals they lead to and the keys that those are signed with."""

    inclusions: Mapping[int, Inclusion]
    seals: tuple[Seal, ...]
    keys: tuple[SealKey, ...]
    """All of them, since each is introduced by the one before."""


def proofs_of(session: Session, positions: Collection[int]) -> Proofs:
    """Prove the leaves at these positions; those that no seal covers yet are missing. A handful of statements."""
    covering = {row.position: row.number for row in session.execute(_COVERING, {"positions": sorted(positions)})}
    numbers = set(covering.values())
    seals = {each.number: each for each in session.scalars(select(Seal).where(Seal.number.in_(numbers)))}
    ways = {at: tuple(siblings(at, seals[number].size)) for at, number in covering.items()}
    kept = _Kept(session, {part for way in ways.values() for side in way for part in parts(*side)})
    inclusions = {at: Inclusion(covering[at], at, tuple(kept.root(*side) for side in way)) for at, way in ways.items()}
    keys = session.scalars(select(SealKey).order_by(SealKey.number)).all()
    return Proofs(inclusions, tuple(seals[number] for number in sorted(seals)), tuple(keys))


def siblings(position: int, size: int) -> Iterator[tuple[int, int]]:
    """What is joined to a leaf on its way up a tree of this size, from below: leaves `first` to before `end`."""
    found, first, end = [], 0, size
    while end - first > 1:
        middle = first + (1 << (end - first - 1).bit_length() - 1)
        found.append((middle, end) if position < middle else (first, middle))
        first, end = (first, middle) if position < middle else (middle, end)
    return reversed(found)


def parts(first: int, end: int) -> Iterator[Part]:
    """The whole powers of two that a range of leaves is put together from, the first one first."""
    while first < end:
        height = (end - first).bit_length() - 1
        yield height, first >> height
        first += 1 << height


class _Kept:
    """The hashes of parts of the tree: those that are kept, and those over a few leaves."""

    def __init__(self, session: Session, wanted: Collection[Part]) -> None:
        high = [part for part in wanted if part[0] >= LOWEST]
        blocks = sorted({number << height >> LOWEST for height, number in wanted if height < LOWEST})
        nodes = {"heights": [height for height, _ in high], "numbers": [number for _, number in high]}
        self._known: dict[Part, bytes] = {(row.height, row.number): row.hash for row in session.execute(_NODES, nodes)}
        asked = {"blocks": blocks, "height": LOWEST}
        self._known |= {(0, row.position): row.hash for row in session.execute(_LEAVES, asked)}

    def root(self, first: int, end: int) -> bytes:
        """The root over a range of leaves."""
        *before, node = (self._part(*part) for part in parts(first, end))
        for each in reversed(before):
            node = _joined(each, node)
        return node

    def _part(self, height: int, number: int) -> bytes:
        found = self._known.get((height, number))
        if found is None:
            if height == 0 or height > LOWEST:
                raise LookupError(f"The tree of the ledger has no node {number} of height {height}.")
            found = _joined(self._part(height - 1, 2 * number), self._part(height - 1, 2 * number + 1))
            self._known[height, number] = found
        return found


def _joined(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


_COVERING = text(
    """
    SELECT p.position, s.number FROM unnest(CAST(:positions AS bigint[])) AS p (position)
    CROSS JOIN LATERAL (SELECT number FROM seal WHERE size > p.position ORDER BY size LIMIT 1) s
    """
)

_NODES = text(
    """
    SELECT n.height, n.number, n.hash
    FROM unnest(CAST(:heights AS int[]), CAST(:numbers AS bigint[])) AS w (height, number)
    JOIN ledger_node n ON n.height = w.height AND n.number = w.number
    """
)

_LEAVES = text(
    """
    SELECT l.position, l.hash FROM unnest(CAST(:blocks AS bigint[])) AS b (number)
    JOIN ledger_leaf l ON l.position >= b.number << CAST(:height AS int)
                      AND l.position < (b.number + 1) << CAST(:height AS int)
    """
)
