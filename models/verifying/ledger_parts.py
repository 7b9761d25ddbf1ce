"""What a ledger consists of, part by part and in the order in which it is verified and exported.

First the keys, then the statements that a seal covers and after them that seal, and at last what no seal covers.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Result, Row, text
from sqlalchemy.orm import Session

A_BATCH = 2_000
"""Rows that are held at once."""


class KeyPart(NamedTuple):
    """A public key that seals are signed with."""

    number: int
    public_key: bytes
    signature: bytes | None


class LeafPart(NamedTuple):
    """A place in the tree, and the statement that stands there as its leaf covers it.

    What is gone is None. Ids and times are text, as the leaf has them.
    """

    position: int | None
    """None: in no seal."""
    leaf_sequence: int
    hash: bytes | None
    sequence: int | None
    """None: the statement is gone."""
    said: str
    digest: str
    subject: str
    namespace: str
    transaction_id: str
    recorded_at: str
    recorded_by: str | None
    about: str | None


class SealPart(NamedTuple):
    """A seal over everything that came before it."""

    number: int
    size: int
    root: bytes
    previous_root: bytes | None
    sealed_at: datetime
    key_number: int
    signature: bytes


class BesidePart(NamedTuple):
    """A statement that no seal covers."""

    statement: LeafPart
    waits: bool
    """Whether the next seal will."""


class ProblemPart(NamedTuple):
    """Why nothing more can be read, or not all was there, in words."""

    words: str


Leaves = Sequence[LeafPart]
"""From the database they are its rows, which have the same names in the same order."""
Part = KeyPart | Leaves | SealPart | BesidePart | ProblemPart


def ledger_parts(session: Session, tenant_id: UUID) -> Iterator[Part]:
    """Everything of one organisation, read from the database in batches.

    While one batch is looked at the next one is fetched, in a thread: nobody else may use the session meanwhile.
    """
    tenant = {"tenant": tenant_id}
    for row in session.execute(_KEYS, tenant):
        yield KeyPart(*row)
    found = [session.execute(each, tenant, execution_options=_STREAMED) for each in (_LEAVES, _SEALS, _BESIDE)]
    with ThreadPoolExecutor(1, "ledger") as thread:
        batches, seals, beside = (_ahead(thread, each) for each in found)
        leaves = _InOrder(cast(Iterator[Leaves], batches))
        for row in chain.from_iterable(seals):
            seal = SealPart(*row)
            yield from leaves.up_to(seal.size)
            yield seal
        yield from leaves.up_to(None)
        for row in chain.from_iterable(beside):
            yield BesidePart(LeafPart(None, row[0], None, *row[:-1]), row.waits)


def _ahead(thread: Executor, result: Result[Any]) -> Iterator[Sequence[Row[Any]]]:
    """Batches of rows, each fetched while the one before is looked at."""
    batches = result.partitions()
    following = thread.submit(next, batches, None)
    while (batch := following.result()) is not None:
        following = thread.submit(next, batches, None)
        yield batch


class _InOrder:
    """Leaves given out so many at a time, whatever the batches they come in."""

    def __init__(self, batches: Iterator[Leaves]) -> None:
        self._batches = batches
        self._held: Leaves = ()
        self._given = 0

    def up_to(self, count: int | None) -> Iterator[Leaves]:
        """The next leaves until there were `count` of them, or until there are no more."""
        while count is None or self._given < count:
            self._held = self._held or next(self._batches, ())
            if not self._held:
                return
            many = len(self._held) if count is None else min(len(self._held), count - self._given)
            now, self._held = self._held[:many], self._held[many:]
            self._given += many
            yield now


_STREAMED = {"yield_per": A_BATCH}

_KEYS = text("SELECT number, public_key, signature FROM seal_key WHERE tenant_id = :tenant ORDER BY number")

_SEALS = text(
    """
    SELECT number, size, root, previous_root, sealed_at, key_number, signature
    FROM seal WHERE tenant_id = :tenant ORDER BY number
    """
)

_STATEMENT = """
    s.sequence, s.said, s.digest, s.subject, s.namespace, s.transaction_id::text AS transaction_id,
    to_char(s.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS recorded_at,
    s.recorded_by_id::text AS recorded_by, s.about_id::text AS about
"""

_LEAVES = text(
    f"""
    SELECT l.position, l.sequence AS leaf_sequence, l.hash, {_STATEMENT}
    FROM ledger_leaf l LEFT JOIN statement s ON s.tenant_id = l.tenant_id AND s.sequence = l.sequence
    WHERE l.tenant_id = :tenant
    ORDER BY l.position
    """  # noqa: S608 - our own columns
)

_BESIDE = text(
    f"""
    SELECT {_STATEMENT}, u.transaction_id IS NOT NULL AS waits
    FROM statement s LEFT JOIN unsealed u ON u.tenant_id = s.tenant_id AND u.transaction_id = s.transaction_id
    WHERE s.tenant_id = :tenant AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.sequence = s.sequence)
    ORDER BY s.sequence
    """  # noqa: S608 - our own columns
)
