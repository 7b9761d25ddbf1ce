"""The history says what it verified of a timesheet, and names what does not hold, whoever changed it and how."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import Engine, text

from models.reads.record.verified import VerifiedShown
from models.rules.seals import LeafContent
from models.rules.transitions import State
from models.store.sealing import rotate_key
from models.tables.provenance import LedgerStatement
from tests.activities.administering import do
from tests.activities.looking_back import history_of
from tests.activities.sealed import KEYS, seal_some, tell
from tests.desk import Life
from tests.factories import make_organisation

Owner = Callable[..., None]

OF_APPROVALS = " WHERE tenant_id = :t AND kind = 'define' AND type = 'Approve'"
OTHER_WORDS = "UPDATE statement SET said = replace(said, 'Approve', 'Reject')"
BY_NOBODY = "UPDATE statement SET recorded_by_id = NULL"
EARLIER = "UPDATE statement SET recorded_at = recorded_at - interval '1 hour'"
DIGEST_ANEW = "UPDATE statement SET digest = encode(sha256(convert_to(said, 'UTF8')), 'hex') WHERE tenant_id = :t"


@pytest.fixture
def told(engine: Engine, life: Life) -> Life:
    """A whole story under two seals, the second with a key of its own."""
    life.tell_the_story()
    seal_some(engine, life.org)
    life.revise("Once more.")
    do(life, lambda session: rotate_key(session, life.org.tenant_id, KEYS))
    seal_some(engine, life.org)
    return life


@pytest.fixture
def owner(owner_engine: Engine, told: Life) -> Owner:
    """Do something as the owner of the database, whatever its constraints and triggers say."""

    def do(*statements: str) -> None:
        with owner_engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), {"t": told.org.tenant_id})

    return do


def looked_at(life: Life) -> VerifiedShown:
    return history_of(life).verified


def test_what_nobody_touched_holds_and_what_waits_for_a_seal_is_counted(told: Life, engine: Engine) -> None:
    sealed = looked_at(told)
    told.submit()

    found = looked_at(told)

    assert sealed.wrong == found.wrong == ()
    assert (sealed.sealed, sealed.waiting) == (sealed.statements, 0)
    assert (found.sealed, found.waiting) == (sealed.statements, found.statements - sealed.statements)
    assert found.waiting > 0
    assert (found.first_seal, found.last_seal) == (sealed.first_seal, sealed.last_seal)
    assert [seal.number for seal in (found.first_seal, found.last_seal) if seal] == [1, 2]


def test_nothing_is_under_a_seal_before_there_is_one(life: Life) -> None:
    life.record()

    found = looked_at(life)

    assert (found.wrong, found.sealed, found.last_seal) == ((), 0, None)
    assert found.waiting == found.statements > 0


def test_each_act_says_which_seal_it_is_under(told: Life) -> None:
    told.submit()

    items = [item for item in history_of(told).items if item.recorded]

    assert [item.recorded.seal.number if item.recorded and item.recorded.seal else None for item in items[:3]] == [
        None,
        2,
        1,
    ]


def test_it_is_proven_among_more_than_are_kept_as_leaves(engine: Engine, life: Life) -> None:
    """From 256 leaves on the tree is kept in nodes."""
    tell(engine, life.org, *(f"before-{number}" for number in range(700)))
    life.bring_to(State.APPROVED)
    tell(engine, life.org, *(f"after-{number}" for number in range(400)))
    seal_some(engine, life.org)

    found = looked_at(life)

    assert (found.wrong, found.waiting) == ((), 0)


CASES: dict[str, tuple[tuple[str, ...], str]] = {
    "what it says": (
        (OTHER_WORDS + OF_APPROVALS,),
        "was changed: what it says is not what was recorded",
    ),
    "what it says, digested anew": (
        (OTHER_WORDS + OF_APPROVALS, DIGEST_ANEW),
        "was changed: it is not what its place in the tree was made from",
    ),
    "who recorded it": (
        (BY_NOBODY + OF_APPROVALS,),
        "was changed: it is not what its place in the tree was made from",
    ),
    "when it was recorded": (
        (EARLIER + OF_APPROVALS,),
        "was changed: it is not what its place in the tree was made from",
    ),
    "its leaf": (
        ("UPDATE ledger_leaf SET hash = sha256('other') WHERE tenant_id = :t AND position = 3",),
        "was changed: it is not what its place in the tree was made from",
    ),
    "a seal": (
        ("UPDATE seal SET root = sha256('other') WHERE tenant_id = :t AND number = 1",),
        "Seal 1 is not signed by key 1: it was changed, or the key was.",
    ),
    "the key of a seal": (
        ("UPDATE seal_key SET public_key = sha256('other') WHERE tenant_id = :t AND number = 2",),
        "Seal 2 is not signed by key 2: it was changed, or the key was.",
    ),
    "that there is a seal": (
        ("DELETE FROM seal WHERE tenant_id = :t",),
        "has a place in the tree, and no seal is over it: a seal is gone",
    ),
    "a statement is put in": (
        (
            """
            INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest)
            SELECT tenant_id, namespace, transaction_id, kind, subject, said || ' ',
                   encode(sha256(convert_to(said || ' ', 'UTF8')), 'hex')
            FROM statement WHERE tenant_id = :t AND kind = 'wasInformedBy' LIMIT 1
            """,
        ),
        "is under no seal and does not wait for one: it was put in beside the others",
    ),
    "that there was a decision": (
        (
            """
            CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT s.sequence FROM statement s JOIN statement a
            ON a.transaction_id = s.transaction_id AND a.tenant_id = s.tenant_id
            WHERE a.tenant_id = :t AND a.kind = 'define' AND a.type = 'Approve'
            """,
            "DELETE FROM statement WHERE sequence IN (SELECT sequence FROM gone)",
        ),
        "The record says nothing of “Approved, ",
    ),
    "that there was a decision, with its leaves": (
        (
            "DELETE FROM ledger_leaf WHERE tenant_id = :t AND sequence = (SELECT max(sequence) FROM statement"
            " WHERE tenant_id = :t AND kind = 'define' AND type = 'Approve')",
        ),
        "A part of the tree that seals are over is gone: nothing here can be proven.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_changed_is_named(told: Life, owner: Owner, case: str) -> None:
    statements, words = CASES[case]

    owner(*statements)

    assert words in " ".join(looked_at(told).wrong)


def test_what_is_changed_together_with_its_leaf_does_not_lead_to_the_root(
    told: Life, owner: Owner, owner_engine: Engine
) -> None:
    """Whoever makes the leaf anew as well still cannot make the seal."""
    owner(BY_NOBODY + OF_APPROVALS)
    make_leaves_anew(told, owner_engine)

    wrong = looked_at(told).wrong

    assert any("is not what seal 1 is over" in each for each in wrong)
    assert not any("what its place in the tree" in each for each in wrong)


def test_of_much_that_is_wrong_a_few_are_told(told: Life, owner: Owner) -> None:
    owner("UPDATE statement SET recorded_by_id = NULL WHERE tenant_id = :t")

    wrong = looked_at(told).wrong

    assert len(wrong) == 6
    assert wrong[-1].startswith("And ")


def test_another_organisations_seals_are_no_part_of_it(told: Life, engine: Engine, owner_engine: Engine) -> None:
    before = looked_at(told)
    other = Life(told.desk, make_organisation(owner_engine))
    other.tell_the_story()
    seal_some(engine, other.org)
    seal_some(engine, other.org)

    assert (looked_at(told).seal_of, looked_at(other).wrong) == (before.seal_of, ())


def make_leaves_anew(life: Life, owner_engine: Engine) -> None:
    """Give every statement the leaf that belongs to what it is now."""
    leaves = [
        {"sequence": row.sequence, "hash": sha256(b"\x00" + leaf_of(row).data).digest()}
        for row in life.desk.rows(life.org.tenant_id, LedgerStatement)
    ]
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE ledger_leaf SET hash = :hash WHERE sequence = :sequence"), leaves)


def leaf_of(row: LedgerStatement) -> LeafContent:
    return LeafContent(row.namespace, row.transaction_id, row.digest, row.recorded_at, row.recorded_by_id, row.about_id)
