"""Whether a ledger is what was sealed: every statement, leaf, seal and key, in one pass and a fixed amount of memory.

It looks at parts, wherever they come from: the live database and an export are found wrong in the same words. What
is wrong is named by the first place where it shows. Whoever holds the database but not the signing key cannot change
what a seal covers without it showing here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.rules.seals import SealContent, key_data, leaf_data
from models.verifying.ledger_anchors import Anchored, difference
from models.verifying.ledger_parts import BesidePart, KeyPart, LeafPart, Leaves, Part, ProblemPart, SealPart

MOST_FINDINGS = 50
"""So many are named; of a ledger that is wrong everywhere the first ones are what matters."""


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The public keys that the verifier knows from elsewhere, and what one that is none of them is called."""

    is_known: Callable[[int, bytes], bool]
    stranger: str


def named_keys(keys: Collection[bytes]) -> KnownKeys:
    """Keys that somebody published."""
    return KnownKeys(lambda _number, key: key in keys, "is none of the keys that were named, nor introduced by one")


def derived_keys(key: Callable[[int], bytes]) -> KnownKeys:
    """Keys that follow from the secret of this installation."""
    return KnownKeys(lambda number, found: key(number) == found, "is not the one that this installation signs with")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong in words; nothing: all of it holds."""

    statements: int
    sealed: int
    seals: int
    wrong: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    """What is not wrong, and has to be known to say what was proven."""


@dataclass
class RunningRoot:
    """The root over the leaves so far, by RFC 9162; it keeps one hash for each power of two."""

    size: int = 0
    _peaks: list[bytes] = field(default_factory=list)

    def add(self, leaves: Iterable[bytes]) -> None:
        """Some more leaves."""
        size, peaks = self.size, self._peaks
        for leaf in leaves:
            node, left = leaf, size
            while left & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                left >>= 1
            peaks.append(node)
            size += 1
        self.size = size

    @property
    def root(self) -> bytes:
        """The root of what was added."""
        if not self._peaks:
            return sha256(b"").digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = sha256(b"\x01" + peak + node).digest()
        return node


@dataclass
class Check:
    """A verification under way."""

    tenant_id: UUID
    known: KnownKeys | None = None
    anchors: dict[int, Anchored] = field(default_factory=dict)
    """What was left elsewhere, by the number of the seal; emptied as the seals come."""
    progress: Callable[[int], None] | None = None
    """Hears how many leaves were looked at."""
    _tree: RunningRoot = field(default_factory=RunningRoot)
    _wrong: list[str] = field(default_factory=list)
    _beside: int = 0
    _seals: int = 0
    _last: SealPart | None = None
    _at_last_seal: int = 0
    """Leaves that came before it."""
    _before: int = -1
    """Within a seal statements stand in the order in which they were written: the sequence of the last one."""
    _first_bad_is_named: bool = False
    _stray_is_named: bool = False
    _keys: dict[int, KeyPart] = field(default_factory=dict)
    _believed: set[int] = field(default_factory=set)

    def over(self, parts: Iterable[Part]) -> Verified:
        """Look at all parts."""
        for part in parts:
            match part:
                case SealPart():
                    self._look_at_seal(part)
                case KeyPart():
                    self._look_at_key(part)
                case BesidePart():
                    self._look_beside(part)
                case ProblemPart(words):
                    self._wrong.append(words)
                case _:
                    self._look_at_leaves(part)
        self._look_at_the_end()
        wrong, more = tuple(self._wrong[:MOST_FINDINGS]), len(self._wrong) - MOST_FINDINGS
        if more > 0:
            wrong = (*wrong, f"… and {more:,} more.")
        statements = self._tree.size + self._beside
        return Verified(statements, self._tree.size, self._seals, wrong, tuple(self._remarks()))

    def _look_at_leaves(self, leaves: Leaves) -> None:
        position, before = self._tree.size, self._before
        for leaf in leaves:
            # What nothing is wrong with is nearly all of it, so it is asked first, and in one go.
            if not self._first_bad_is_named and not is_right(leaf, position, before):
                self._first_bad_is_named = True
                self._wrong.append(what_is_wrong(leaf, position))
            position, before = position + 1, leaf[1]
        self._tree.add([leaf[2] or b"" for leaf in leaves])
        self._before = before
        if self.progress:
            self.progress(self._tree.size)

    def _look_at_seal(self, seal: SealPart) -> None:
        last, self._last, self._before = self._last, seal, -1
        self._at_last_seal = self._tree.size
        self._seals += 1
        due = last.number + 1 if last else 1
        if seal.number != due:
            self._wrong.append(f"Seal {due} is gone.")
        self._wrong += _wrong_beside_the_one_before(seal, last if seal.number == due else None)
        self._wrong += self._wrong_signature(seal)
        self._wrong += self._wrong_cover(seal, last.size if last else 0)
        if anchored := self.anchors.pop(seal.number, None):
            self._wrong += difference(anchored, _content(self.tenant_id, seal), seal.signature)

    def _wrong_signature(self, seal: SealPart) -> Iterator[str]:
        key = self._keys.get(seal.key_number)
        if key is None or not is_signed(key.public_key, seal.signature, _content(self.tenant_id, seal).data):
            yield f"Seal {seal.number} is not signed by key {seal.key_number}: it was changed, or the key was."

    def _wrong_cover(self, seal: SealPart, size_before: int) -> Iterator[str]:
        size = self._tree.size
        if size < seal.size:
            yield f"Seal {seal.number} covers {seal.size} statements, and there are {size}: the last ones are gone."
        elif size > seal.size:
            yield f"Seal {seal.number} covers {seal.size} statements, and {size} stand before it: some were put in."
        elif self._tree.root != seal.root:
            where = f"(positions {size_before} to {seal.size - 1})"
            yield f"Seal {seal.number} is over other leaves than it was: its root differs {where}."

    def _look_at_key(self, key: KeyPart) -> None:
        number = key.number
        former = self._keys.get(number - 1)
        for gone in range(max(self._keys, default=0) + 1, number):
            self._wrong.append(f"Key {gone} is gone.")
        self._keys[number] = key
        introduced = former is not None and is_signed(
            former.public_key, key.signature, key_data(self.tenant_id, number, key.public_key)
        )
        is_known = self.known is None or self.known.is_known(number, key.public_key)
        if is_known or (introduced and number - 1 in self._believed):
            self._believed.add(number)
        if former is not None and not introduced:
            self._wrong += self._not_introduced(key, is_known)

    def _not_introduced(self, key: KeyPart, is_known: bool) -> Iterator[str]:
        former = key.number - 1
        if key.signature is None and is_known and self.known:
            return  # the secret before was lost, and the new key is vouched for from outside
        if key.signature is None:
            yield f"Key {key.number} was not introduced by key {former}: nobody signed for it."
        elif is_known and former not in self._believed:
            yield f"Key {former} is not the one that introduced key {key.number}: it was swapped."
        else:
            yield f"Key {key.number} was not introduced by key {former}: its signature is wrong."

    def _look_beside(self, part: BesidePart) -> None:
        self._beside += 1
        statement = part.statement
        if not part.waits and not self._stray_is_named:
            self._stray_is_named = True
            self._wrong.append(
                f"Statement {statement.sequence} is in no seal and does not wait for one: it was put in beside them."
            )
        if sha256(statement.said.encode()).hexdigest() != statement.digest:
            self._wrong.append(
                f"Statement {statement.sequence} (about {statement.subject}) was changed before a seal covered it: "
                "what it says is not what was recorded."
            )

    def _look_at_the_end(self) -> None:
        last = self._last
        covered = last.size if last else 0
        if self._tree.size > self._at_last_seal:
            self._wrong.append(f"There are leaves after the last seal, from position {covered} on: a seal is gone.")
        if last and last.key_number in self._keys and last.key_number not in self._believed and self.known:
            self._wrong.append(f"Key {last.key_number} {self.known.stranger}.")
        for number in sorted(self.anchors):
            self._wrong.append(f"Seal {number} was anchored and is not here: the ledger was cut off.")

    def _remarks(self) -> Iterator[str]:
        if self.known is None and self._keys:
            first = self._keys[min(self._keys)].public_key.hex()
            yield f"The keys are those of the ledger itself. Compare the first with what was published: {first}"
            return
        for number, key in self._keys.items():
            if number not in self._believed:
                yield (
                    f"Key {number} is not known here, as after a change of the secret. Later seals cover what it "
                    f"signed, but not when. Compare it with what was published: {key.public_key.hex()}"
                )


def is_right(leaf: LeafPart, position: int, before: int) -> bool:
    """Whether a leaf is at its place, and is that of the statement that stands there."""
    place, leaf_sequence, hash_, sequence, said, digest, _, namespace, transaction, at, by, about = leaf
    return (
        place == position
        and sequence == leaf_sequence
        and leaf_sequence > before
        and sha256(said.encode()).hexdigest() == digest
        and sha256(b"\x00" + leaf_data(namespace, transaction, digest, at, by, about)).digest() == hash_
    )


def what_is_wrong(leaf: LeafPart, position: int) -> str:
    """Of a leaf that is not right, in words."""
    if leaf.position != position:
        if leaf.position is None or leaf.position < position:
            return f"Statement {leaf.leaf_sequence} was put in before position {position}: it is at none of its own."
        return f"The leaf at position {position} is gone."
    if leaf.sequence is None:
        return f"Statement {leaf.leaf_sequence} was removed (position {position})."
    name = f"Statement {leaf.sequence} (position {position}, about {leaf.subject})"
    if sha256(leaf.said.encode()).hexdigest() != leaf.digest:
        return f"{name} was changed: what it says is not what was recorded."
    data = leaf_data(leaf.namespace, leaf.transaction_id, leaf.digest, leaf.recorded_at, leaf.recorded_by, leaf.about)
    if sha256(b"\x00" + data).digest() != leaf.hash:
        return f"{name} was changed or moved: it is not what its leaf was made from."
    return f"{name} was moved: it does not come after the one before it."


def _wrong_beside_the_one_before(seal: SealPart, last: SealPart | None) -> Iterator[str]:
    """Nothing is said where the one before is gone."""
    if last is None and seal.number > 1:
        return
    if seal.previous_root != (last.root if last else None):
        yield f"Seal {seal.number} does not follow from the one before: it names another root."
    if last and seal.size <= last.size:
        yield f"Seal {seal.number} covers no more than the one before."
    if last and seal.key_number < last.key_number:
        yield f"Seal {seal.number} is signed by an older key than the one before."


def _content(tenant_id: UUID, seal: SealPart) -> SealContent:
    previous = seal.previous_root.hex() if seal.previous_root else None
    return SealContent(tenant_id, seal.number, seal.size, seal.root.hex(), previous, seal.sealed_at, seal.key_number)


def is_signed(public_key: bytes, signature: bytes | None, data: bytes) -> bool:
    """Whether a key signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature or b"", data)
    except (InvalidSignature, ValueError):
        return False
    return True
