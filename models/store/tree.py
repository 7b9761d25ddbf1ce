"""The Merkle tree over an organisation's ledger, kept in the database."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from pymerkle import BaseMerkleTree
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.seals import LedgerLeaf, LedgerNode

LOWEST = 8
"""From this height on nodes are kept: what is below is over 256 leaves at most, and computed when it is needed."""


class SealedTree(BaseMerkleTree):  # type: ignore[misc]
    """The tree over the leaves that are kept, and over those that a seal is just adding."""

    def __init__(self, session: Session, tenant_id: UUID, size: int, added: Sequence[bytes] = ()) -> None:
        super().__init__("sha256", disable_cache=True)
        self._session = session
        self._tenant_id = tenant_id
        self._kept = size
        self._added = added
        self._made: dict[tuple[int, int], bytes] = {}

    def complete_nodes(self) -> Iterable[tuple[int, int, bytes]]:
        """Height, number and hash of each node that the added leaves complete, the lowest first."""
        height, size = LOWEST, self._get_size()
        while size >> height:
            for number in range(self._kept >> height, size >> height):
                node = self._node(height, number)
                self._made[height, number] = node
                yield height, number, node
            height += 1

    def _node(self, height: int, number: int) -> bytes:
        if height == LOWEST:
            return bytes(self._get_subroot_uncached(number << height, 1 << height))
        left, right = (self._kept_node(height - 1, 2 * number + side) for side in (0, 1))
        return bytes(self.hash_pair(left, right))

    def _kept_node(self, height: int, number: int) -> bytes:
        made = self._made.get((height, number))
        if made is not None:
            return made
        key = {"tenant_id": self._tenant_id, "height": height, "number": number}
        return self._session.get_one(LedgerNode, key).hash

    def _get_subroot(self, offset: int, width: int) -> bytes:
        height = width.bit_length() - 1
        if height < LOWEST:
            return bytes(self._get_subroot_uncached(offset, width))
        return self._kept_node(height, offset >> height)

    def _get_leaves(self, offset: int, width: int) -> list[bytes]:
        end = offset + width
        these = (
            LedgerLeaf.tenant_id == self._tenant_id,
            LedgerLeaf.position >= offset,
            LedgerLeaf.position < min(end, self._kept),
        )
        kept = select(LedgerLeaf.hash).where(*these).order_by(LedgerLeaf.position)
        found = list(self._session.scalars(kept)) if offset < self._kept else []
        return found + list(self._added[max(offset - self._kept, 0) : max(end - self._kept, 0)])

    def _get_leaf(self, index: int) -> bytes:
        return self._get_leaves(index - 1, 1)[0]

    def _get_size(self) -> int:
        return self._kept + len(self._added)

    def _encode_entry(self, data: bytes) -> bytes:
        return data

    def _store_leaf(self, data: bytes, digest: bytes) -> int:
        raise NotImplementedError("Leaves are added by sealing.")
