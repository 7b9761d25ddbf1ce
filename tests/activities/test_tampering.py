"""Whoever owns the database changes the ledger behind the product's back: each of it is found and named."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction, read_session
from models.rules.assertions import defined
from models.rules.prov_domain import TermKind
from models.store.assertions import say
from models.store.ledger import SaidBy
from models.store.sealing import keys_from, public_bytes, rotate_key, seal
from models.verify_ledger import Verified, verify_ledger
from tests.factories import Organisation, make_organisation

KEYS = keys_from("a secret of this test")
OTHERS = keys_from("another secret")

Owner = Callable[..., None]


@pytest.fixture
def ledger(engine: Engine, org: Organisation) -> Organisation:
    """Three seals over nine statements, the last of them with a second key."""
    for number in range(3):
        for each in range(3):
            tell(engine, org, f"s-{number}{each}")
        if number == 2:
            with command_transaction(engine, org.tenant_id) as session:
                rotate_key(session, org.tenant_id, KEYS)
        seal_all(engine, org)
    return org


def tell(engine: Engine, org: Organisation, name: str) -> None:
    with command_transaction(engine, org.tenant_id) as session:
        say(
            session,
            SaidBy(org.tenant_id, uuid4(), org.duane),
            defined(TermKind.ACTIVITY, name, "Submit", {}),
        )


def seal_all(engine: Engine, org: Organisation) -> None:
    with command_transaction(engine, org.tenant_id) as session:
        assert seal(session, org.tenant_id, KEYS)


@pytest.fixture
def owner(owner_engine: Engine, ledger: Organisation) -> Owner:
    """Do something as the owner of the database, whatever its constraints and triggers say."""

    def do(*statements: str, **values: object) -> None:
        with owner_engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), {"t": ledger.tenant_id} | values)

    return do


def verified(engine: Engine, org: Organisation, *, knows_keys: bool = True) -> Verified:
    known = (lambda tenant_id, number: public_bytes(KEYS(tenant_id, number))) if knows_keys else None
    with read_session(engine, org.tenant_id) as session:
        return verify_ledger(session, org.tenant_id, known)


def test_what_nobody_touched_holds(engine: Engine, ledger: Organisation) -> None:
    tell(engine, ledger, "not sealed yet")

    assert verified(engine, ledger) == Verified(statements=10, sealed=9, seals=3, wrong=())
    assert verified(engine, ledger, knows_keys=False).wrong == ()


def test_another_organisations_ledger_is_another_one(
    engine: Engine, owner_engine: Engine, ledger: Organisation
) -> None:
    other = make_organisation(owner_engine)
    tell(engine, other, "a")
    seal_all(engine, other)

    assert verified(engine, other) == Verified(statements=1, sealed=1, seals=1, wrong=())


NTH = "(SELECT sequence FROM ledger_leaf WHERE tenant_id = :t AND position = {})"

CASES = {
    "a statement is changed": (
        [f"UPDATE statement SET said = replace(said, 'Submit', 'Reject') WHERE sequence = {NTH.format(4)}"],
        "(position 4, about s-11) was changed: what it says",
    ),
    "a statement is changed and digested anew": (
        [
            f"UPDATE statement SET said = replace(said, 'Submit', 'Reject') WHERE sequence = {NTH.format(4)}",
            "UPDATE statement SET digest = encode(sha256(convert_to(said, 'UTF8')), 'hex') WHERE tenant_id = :t",
        ],
        "(position 4, about s-11) was changed or moved",
    ),
    "who recorded it is changed": (
        [f"UPDATE statement SET recorded_by_id = NULL WHERE sequence = {NTH.format(0)}"],
        "(position 0, about s-00) was changed or moved",
    ),
    "when it was recorded is changed": (
        [f"UPDATE statement SET recorded_at = recorded_at - interval '1 microsecond' WHERE sequence = {NTH.format(8)}"],
        "(position 8, about s-22) was changed or moved",
    ),
    "a statement is deleted": (
        [f"DELETE FROM statement WHERE sequence = {NTH.format(3)}"],
        "was removed (position 3)",
    ),
    "a statement is deleted with its leaf": (
        [f"DELETE FROM statement WHERE sequence = {NTH.format(3)}", "DELETE FROM ledger_leaf WHERE tenant_id = :t AND position = 3"],
        "The leaf at position 3 is gone",
    ),
    "a statement and its leaf are deleted and the rest moves up": (
        [
            f"DELETE FROM statement WHERE sequence = {NTH.format(3)}",
            "DELETE FROM ledger_leaf WHERE tenant_id = :t AND position = 3",
            "UPDATE ledger_leaf SET position = position + 100 WHERE tenant_id = :t AND position > 3",
            "UPDATE ledger_leaf SET position = position - 101 WHERE tenant_id = :t AND position > 103",
        ],
        "Seal 2 is over other leaves than it was",
    ),
    "a statement is inserted": (
        ["INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest) VALUES (:t, 'default', gen_random_uuid(), 'define', 'x', '{}', encode(sha256('{}'), 'hex'))"],
        "is in no seal and does not wait for one",
    ),
    "two statements change places": (
        [
            "UPDATE ledger_leaf SET position = 100 WHERE tenant_id = :t AND position = 3",
            "UPDATE ledger_leaf SET position = 3 WHERE tenant_id = :t AND position = 4",
            "UPDATE ledger_leaf SET position = 4 WHERE tenant_id = :t AND position = 100",
        ],
        "(position 4, about s-10) was moved",
    ),
    "two statements of different seals change places": (
        [
            "UPDATE ledger_leaf SET position = 100 WHERE tenant_id = :t AND position = 2",
            "UPDATE ledger_leaf SET position = 2 WHERE tenant_id = :t AND position = 3",
            "UPDATE ledger_leaf SET position = 3 WHERE tenant_id = :t AND position = 100",
        ],
        "Seal 1 is over other leaves than it was",
    ),
    "two statements change what they say": (
        [
            "CREATE TEMP TABLE held ON COMMIT DROP AS SELECT subject, said, digest FROM statement WHERE tenant_id = :t AND subject IN ('s-10', 's-11')",
            "UPDATE statement SET digest = subject WHERE tenant_id = :t AND subject IN ('s-10', 's-11')",
            "UPDATE statement a SET said = held.said, digest = held.digest FROM held WHERE a.tenant_id = :t AND a.subject IN ('s-10', 's-11') AND a.subject <> held.subject",
        ],
        "(position 3, about s-10) was changed or moved",
    ),
    "the end is cut off": (
        ["DELETE FROM ledger_leaf WHERE tenant_id = :t AND position > 6", "DELETE FROM statement WHERE tenant_id = :t AND subject IN ('s-21', 's-22')"],
        "Seal 3 covers 9 statements, and there are 7: the last ones are gone",
    ),
    "the last seal is dropped": (
        ["DELETE FROM seal WHERE tenant_id = :t AND number = 3"],
        "from position 6 on: a seal is gone",
    ),
    "a seal in the middle is dropped": (["DELETE FROM seal WHERE tenant_id = :t AND number = 2"], "Seal 2 is gone"),
    "a seal in the middle is dropped and the rest renumbered": (
        ["DELETE FROM seal WHERE tenant_id = :t AND number = 2", "UPDATE seal SET number = 2 WHERE tenant_id = :t AND number = 3"],
        "Seal 2 does not follow from the one before",
    ),
    "a seal is dated back": (
        ["UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE tenant_id = :t AND number = 2"],
        "Seal 2 is not signed by key 1",
    ),
    "the first key is swapped": (
        ["UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 1"],
        "Key 1 is not the one that this installation signs with",
    ),
    "a later key is swapped": (
        ["UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 2"],
        "Key 2 is not the one that this installation signs with",
    ),
    "a key is dropped": (["DELETE FROM seal_key WHERE tenant_id = :t AND number = 1"], "Key 1 is gone"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_found_and_named(engine: Engine, ledger: Organisation, owner: Owner, case: str) -> None:
    statements, words = CASES[case]

    owner(*statements, other=public_bytes(OTHERS(ledger.tenant_id, 1)))

    found = verified(engine, ledger).wrong
    assert found
    assert words in found[0]


def test_a_swapped_key_is_found_by_those_who_know_none(engine: Engine, ledger: Organisation, owner: Owner) -> None:
    owner(
        "UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 2",
        other=public_bytes(OTHERS(ledger.tenant_id, 2)),
    )

    wrong = verified(engine, ledger, knows_keys=False).wrong
    assert wrong[0].startswith("Key 2 was not introduced by key 1")
    assert "Seal 3 is not signed by key 2" in wrong[1]
