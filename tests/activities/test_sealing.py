"""Seals: everything that was committed is covered, once and in an order that nothing can slip below."""

from collections.abc import Callable
from threading import Event, Thread
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from sqlalchemy import Engine, select

from models.database import command_transaction, read_session
from models.rules.assertions import defined
from models.rules.prov_domain import TermKind
from models.store.assertions import say
from models.store.ledger import SaidBy
from models.store.sealing import Sealed, keys_from, public_bytes, rotate_key, seal
from models.store.tree import SealedTree
from models.tables.provenance import LedgerStatement
from models.tables.seals import LedgerLeaf, Seal, SealKey, UnsealedTransaction
from tests.factories import Organisation

KEYS = keys_from("a secret of this test")


@pytest.fixture
def sealed(engine: Engine, org: Organisation) -> Callable[[], Sealed | None]:
    def make() -> Sealed | None:
        with command_transaction(engine, org.tenant_id) as session:
            return seal(session, org.tenant_id, KEYS)

    return make


def tell(engine: Engine, org: Organisation, *names: str) -> None:
    """Have activities defined, all in one transaction."""
    with command_transaction(engine, org.tenant_id) as session:
        by = SaidBy(org.tenant_id, uuid4(), org.duane)
        for name in names:
            say(session, by, defined(TermKind.ACTIVITY, name, "Submit", {}))


def leaves(engine: Engine, org: Organisation) -> list[LedgerLeaf]:
    with read_session(engine, org.tenant_id) as session:
        found = list(session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.position)))
        session.expunge_all()
        return found


def test_everything_is_sealed_once(engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]) -> None:
    assert sealed() is None
    tell(engine, org, "a", "b")
    first = sealed()
    tell(engine, org, "c")
    second = sealed()

    assert first is not None
    assert second is not None
    assert (first.content.number, first.content.size, first.content.previous_root) == (1, 2, None)
    assert (second.content.number, second.content.size, second.content.previous_root) == (2, 3, first.content.root)
    assert sealed() is None
    assert [each.position for each in leaves(engine, org)] == [0, 1, 2]
    with read_session(engine, org.tenant_id) as session:
        assert session.scalars(select(UnsealedTransaction)).all() == []


def test_the_tree_is_that_of_the_library_in_memory_whatever_the_sizes(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    sizes, total = (1, 2, 254, 3, 700, 513, 1), 0
    for size in sizes:
        tell(engine, org, *(f"s-{total + number}" for number in range(size)))
        total += size
        assert sealed()
    plain = InmemoryTree()
    for leaf in leaves(engine, org):
        plain._store_leaf(b"", leaf.hash)  # noqa: SLF001 - the leaves are known already

    with read_session(engine, org.tenant_id) as session:
        tree = SealedTree(session, org.tenant_id, total)
        made = session.scalars(select(Seal).order_by(Seal.number)).all()
        assert [each.size for each in made] == [sum(sizes[: number + 1]) for number in range(len(sizes))]
        for each in made:
            assert each.root == plain.get_root(each.size) == tree.get_root(each.size)
            verify_consistency(each.root, made[-1].root, tree.prove_consistency(each.size, total))
        for index in (1, 2, 256, 257, 512, 513, 1000, total):
            verify_inclusion(tree.get_leaf(index), made[-1].root, tree.prove_inclusion(index, total))


def test_a_seal_is_signed_by_the_key_that_is_known(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    tell(engine, org, "a")
    made = sealed()
    with command_transaction(engine, org.tenant_id) as session:
        assert rotate_key(session, org.tenant_id, KEYS) == 2
    tell(engine, org, "b")
    later = sealed()

    assert made is not None
    assert later is not None
    with read_session(engine, org.tenant_id) as session:
        keys = {key.number: key for key in session.scalars(select(SealKey))}
        for each, number in ((made, 1), (later, 2)):
            assert each.content.key_number == number
            signature = session.get_one(Seal, (org.tenant_id, each.content.number)).signature
            assert keys[number].public_key == public_bytes(KEYS(org.tenant_id, number))
            Ed25519PublicKey.from_public_bytes(keys[number].public_key).verify(signature, each.content.data)


def test_what_is_committed_late_comes_after_what_is_sealed(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    written, may_end = Event(), Event()

    def slow() -> None:
        with command_transaction(engine, org.tenant_id) as session:
            by = SaidBy(org.tenant_id, uuid4(), org.max)
            say(session, by, defined(TermKind.ACTIVITY, "slow", "Submit", {}))
            written.set()
            assert may_end.wait(60)

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(60)
    tell(engine, org, "quick")
    first = sealed()
    may_end.set()
    thread.join(60)
    second = sealed()

    assert first is not None
    assert second is not None
    assert (first.content.size, second.content.size) == (1, 2)
    with read_session(engine, org.tenant_id) as session:
        names = {row.sequence: row.subject for row in session.scalars(select(LedgerStatement))}
    in_tree = [leaf.sequence for leaf in leaves(engine, org)]
    assert [names[each] for each in in_tree] == ["quick", "slow"]
    assert in_tree == sorted(in_tree, reverse=True), "the late one has the smaller sequence"


def test_while_many_write_at_once_nothing_is_left_out_and_nothing_is_twice(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    def write(who: int) -> None:
        for number in range(15):
            tell(engine, org, f"{who}-{number}", f"{who}-{number}-too")

    writers = [Thread(target=write, args=(who,)) for who in range(6)]
    for each in writers:
        each.start()
    seals = 0
    while any(each.is_alive() for each in writers):
        seals += sealed() is not None
    seals += sealed() is not None

    assert seals > 1
    with read_session(engine, org.tenant_id) as session:
        everything = set(session.scalars(select(LedgerStatement.sequence)))
    in_tree = [leaf.sequence for leaf in leaves(engine, org)]
    assert len(in_tree) == len(set(in_tree)) == len(everything) == 180
    assert set(in_tree) == everything
