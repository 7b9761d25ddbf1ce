"""Seals: everything that was committed is covered, once and in an order that nothing can slip below."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import assume, given
from hypothesis.strategies import datetimes, just, none, text
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from sqlalchemy import Engine, select
from sqlalchemy import text as sql

from embedded import EmbeddedPostgres
from models.database import command_transaction, read_session
from models.errors import SealKeyChanged
from models.rules.assertions import defined
from models.rules.digest import canonical_json
from models.rules.prov_domain import TermKind
from models.rules.seals import LeafContent, exact_text
from models.store.assertions import say
from models.store.ledger import SaidBy
from models.store.sealing import Sealed, keys_from, public_bytes, rotate_key, seal
from models.store.tree import SealedTree
from models.tables.provenance import LedgerStatement
from models.tables.seals import LedgerLeaf, Seal, SealKey, UnsealedTransaction
from models.verifying.ledger import verify_ledger
from tests.activities.sealed import KEYS, known_to, seal_some, tell, verified
from tests.factories import Organisation
from tests.office import SECRET
from tests.standing import environment


@pytest.fixture
def sealed(engine: Engine, org: Organisation) -> Callable[[], Sealed | None]:
    def make() -> Sealed | None:
        with command_transaction(engine, org.tenant_id) as session:
            return seal(session, org.tenant_id, KEYS)

    return make


def leaves(engine: Engine, org: Organisation) -> list[LedgerLeaf]:
    with read_session(engine, org.tenant_id) as session:
        found = list(session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.position)))
        session.expunge_all()
        return found


def test_one_seal_takes_no_more_than_is_meant_by_any_plan(
    engine: Engine, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joined row by row, a choice with a limit would be made again for each row."""
    monkeypatch.setattr("models.store.sealing.AT_ONCE", 2)
    for name in "abcde":
        tell(engine, org, name)

    with command_transaction(engine, org.tenant_id) as session:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            session.execute(sql(f"SET LOCAL enable_{way} = off"))
        made = seal(session, org.tenant_id, KEYS)

    assert made
    assert (made.content.size, made.goes_on) == (2, True)


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
        plain._store_leaf(b"", leaf.hash)

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


def test_a_transaction_id_that_comes_back_while_it_is_sealed_is_sealed_too(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    again = uuid4()
    tell(engine, org, "first", transaction_id=again)
    with command_transaction(engine, org.tenant_id) as session:
        say(session, SaidBy(org.tenant_id, again, org.max), defined(TermKind.ACTIVITY, "second", "Submit", {}))
        assert sealed() is None, "it is held by somebody who adds to it"
    assert sealed() is not None

    assert len(leaves(engine, org)) == 2
    assert verified(engine, org).wrong == ()


def test_in_whatever_order_they_commit_nothing_appears_below_a_sealed_position(
    engine: Engine, org: Organisation, sealed: Callable[[], Sealed | None]
) -> None:
    """Each round some transactions write, and are committed in another order, with seals in between."""
    known: list[tuple[int, int]] = []
    for number, order in enumerate(permutations(range(3))):
        with ExitStack() as all_of_them:
            open_ones = [all_of_them.enter_context(ExitStack()) for _ in order]
            for each, stack in enumerate(open_ones):
                session = stack.enter_context(command_transaction(engine, org.tenant_id))
                by = SaidBy(org.tenant_id, uuid4(), org.duane)
                say(session, by, defined(TermKind.ACTIVITY, f"s-{number}-{each}", "Submit", {}))
            for each in order:
                open_ones[each].close()
                made = sealed()
                assert made is not None
                now = [(leaf.position, leaf.sequence) for leaf in leaves(engine, org)]
                assert now[: len(known)] == known
                assert len(now) == len(known) + 1 == made.content.size
                known = now
    assert verified(engine, org).wrong == ()


def test_with_another_secret_nothing_is_sealed_until_a_new_key_is_introduced(engine: Engine, org: Organisation) -> None:
    tell(engine, org, "a")
    assert seal_some(engine, org)
    tell(engine, org, "b")
    new = keys_from("the secret of today")
    with pytest.raises(SealKeyChanged, match="rotate-key"):
        seal_some(engine, org, new)
    with pytest.raises(SealKeyChanged), command_transaction(engine, org.tenant_id) as session:
        rotate_key(session, org.tenant_id, new, keys_from("not the one before"))

    with command_transaction(engine, org.tenant_id) as session:
        assert rotate_key(session, org.tenant_id, new, KEYS) == 2
    assert seal_some(engine, org, new)

    with read_session(engine, org.tenant_id) as session:
        found = verify_ledger(session, org.tenant_id, known_to(org, new))
    assert found.wrong == ()
    assert "Key 1 is not known here" in found.remarks[0]


def test_after_the_secret_is_lost_somebody_has_to_vouch_for_the_new_key(engine: Engine, org: Organisation) -> None:
    tell(engine, org, "a")
    assert seal_some(engine, org)
    new = keys_from("the secret of today")
    with command_transaction(engine, org.tenant_id) as session:
        assert rotate_key(session, org.tenant_id, new, is_lost=True) == 2
    tell(engine, org, "b")
    assert seal_some(engine, org, new)

    with read_session(engine, org.tenant_id) as session:
        assert verify_ledger(session, org.tenant_id, known_to(org, new)).wrong == ()
        (found,) = verify_ledger(session, org.tenant_id).wrong
    assert found == "Key 2 was not introduced by key 1: nobody signed for it."


PROJECT = Path(__file__).parents[2]

KILLED = """
import sys
from sqlalchemy import event
from uuid import UUID
from models.database import command_transaction, engine_for
from models.store.sealing import keys_from, seal
from models.tables import metadata

engine, tenant_id = engine_for(sys.argv[1]), UUID(sys.argv[2])

def hold(_):
    print("sealed, not committed", flush=True)
    sys.stdin.read()

event.listen(engine, "commit", hold)
with command_transaction(engine, tenant_id) as session:
    seal(session, tenant_id, keys_from(sys.argv[3]))
"""


def test_a_process_that_is_killed_over_a_seal_leaves_nothing_of_it(
    engine: Engine, org: Organisation, postgres: EmbeddedPostgres, sealed: Callable[[], Sealed | None]
) -> None:
    tell(engine, org, "a", "b")
    program = [sys.executable, "-c", KILLED, postgres.app_url(), str(org.tenant_id), SECRET]
    asked = environment() | {"PYTHONPATH": str(PROJECT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, env=asked, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sealed, not committed\n"
        process.kill()

    assert leaves(engine, org) == []
    made = sealed()
    assert made is not None
    assert (made.content.number, made.content.size) == (1, 2)
    assert verified(engine, org).wrong == ()


@given(text(), text() | none(), datetimes(timezones=just(UTC)))
def test_a_leaf_is_canonical_json(namespace: str, about: str | None, at: datetime) -> None:
    assume(not re.search("[\ud800-\udfff]", namespace))
    tenant, digest = uuid4(), "ab" * 32
    leaf = LeafContent(namespace, tenant, digest, at, tenant if about else None, None)
    assert leaf.data == canonical_json(
        {
            "namespace": namespace,
            "transactionId": str(tenant),
            "digest": digest,
            "recordedAt": exact_text(at),
            "recordedBy": str(tenant) if about else None,
            "about": None,
        }
    )
