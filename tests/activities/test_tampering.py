"""Whoever owns the database changes the ledger behind the product's back: each of it is found and named."""

from collections.abc import Callable
from io import StringIO

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction
from models.store.sealing import keys_from, public_bytes, seal
from models.verifying.ledger import Verified, verify_export
from tests.activities.sealed import KEYS, exported, known_to, seal_some, tell, three_seals, verified
from tests.factories import Organisation, make_organisation

OTHERS = keys_from("another secret")

Owner = Callable[..., None]


@pytest.fixture
def ledger(engine: Engine, org: Organisation) -> Organisation:
    return three_seals(engine, org)


@pytest.fixture
def owner(owner_engine: Engine, ledger: Organisation) -> Owner:
    """Do something as the owner of the database, whatever its constraints and triggers say."""

    def do(*statements: str, **values: object) -> None:
        with owner_engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), {"t": ledger.tenant_id} | values)

    return do


def test_what_nobody_touched_holds(engine: Engine, ledger: Organisation) -> None:
    tell(engine, ledger, "not sealed yet")

    assert verified(engine, ledger) == Verified(statements=10, sealed=9, seals=3, wrong=())
    without = verified(engine, ledger, knows_keys=False)
    assert without.wrong == ()
    assert without.remarks[0].endswith(public_bytes(KEYS(ledger.tenant_id, 1)).hex())


def test_another_organisations_ledger_is_another_one(
    engine: Engine, owner_engine: Engine, ledger: Organisation
) -> None:
    other = make_organisation(owner_engine)
    tell(engine, other, "a")
    seal_some(engine, other)

    assert verified(engine, other) == Verified(statements=1, sealed=1, seals=1, wrong=())


FIRST = "UPDATE ledger_leaf SET position = {} WHERE tenant_id = :t AND position = {}"
LEAF_GONE = "DELETE FROM ledger_leaf WHERE tenant_id = :t AND position = 3"


def said(what: str, position: int) -> str:
    """A change of the statement at a position."""
    nth = f"(SELECT sequence FROM ledger_leaf WHERE tenant_id = :t AND position = {position})"  # noqa: S608 - of these tests
    return f"UPDATE statement SET {what} WHERE sequence = {nth}"  # noqa: S608 - of these tests


def gone(position: int) -> str:
    """The statement at a position, removed."""
    nth = f"(SELECT sequence FROM ledger_leaf WHERE tenant_id = :t AND position = {position})"  # noqa: S608 - of these tests
    return f"DELETE FROM statement WHERE sequence = {nth}"  # noqa: S608 - of these tests


OTHER_WORDS = "said = replace(said, 'Submit', 'Reject')"
SWAPPED_WORDS = (
    """
    CREATE TEMP TABLE held ON COMMIT DROP AS
    SELECT subject, said, digest FROM statement WHERE tenant_id = :t AND subject IN ('s-10', 's-11')
    """,
    "UPDATE statement SET digest = subject WHERE tenant_id = :t AND subject IN ('s-10', 's-11')",
    """
    UPDATE statement a SET said = held.said, digest = held.digest FROM held
    WHERE a.tenant_id = :t AND a.subject IN ('s-10', 's-11') AND a.subject <> held.subject
    """,
)
INSERTED = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest)
    VALUES (:t, 'default', gen_random_uuid(), 'define', 'x', '{}', encode(sha256('{}'), 'hex'))
"""

CASES: dict[str, tuple[list[str], str]] = {
    "a statement is changed": ([said(OTHER_WORDS, 4)], "(position 4, about s-11) was changed: what it says"),
    "a statement is changed and digested anew": (
        [
            said(OTHER_WORDS, 4),
            "UPDATE statement SET digest = encode(sha256(convert_to(said, 'UTF8')), 'hex') WHERE tenant_id = :t",
        ],
        "(position 4, about s-11) was changed or moved",
    ),
    "who recorded it is changed": (
        [said("recorded_by_id = NULL", 0)],
        "(position 0, about s-00) was changed or moved",
    ),
    "when it was recorded is changed": (
        [said("recorded_at = recorded_at - interval '1 microsecond'", 8)],
        "(position 8, about s-22) was changed or moved",
    ),
    "a statement is deleted": ([gone(3)], "was removed (position 3)"),
    "a statement is deleted with its leaf": ([gone(3), LEAF_GONE], "The leaf at position 3 is gone"),
    "a statement and its leaf are deleted and the rest moves up": (
        [
            gone(3),
            LEAF_GONE,
            "UPDATE ledger_leaf SET position = position + 100 WHERE tenant_id = :t AND position > 3",
            "UPDATE ledger_leaf SET position = position - 101 WHERE tenant_id = :t AND position > 103",
        ],
        "Seal 2 is over other leaves than it was: its root differs (positions 3 to 5)",
    ),
    "a statement is inserted": ([INSERTED], "is in no seal and does not wait for one"),
    "two statements change places": (
        [FIRST.format(100, 3), FIRST.format(3, 4), FIRST.format(4, 100)],
        "(position 4, about s-10) was moved",
    ),
    "two statements of different seals change places": (
        [FIRST.format(100, 2), FIRST.format(2, 3), FIRST.format(3, 100)],
        "Seal 1 is over other leaves than it was",
    ),
    "two statements change what they say": (
        [*SWAPPED_WORDS],
        "(position 3, about s-10) was changed or moved",
    ),
    "the end is cut off": (
        [
            "DELETE FROM ledger_leaf WHERE tenant_id = :t AND position > 6",
            "DELETE FROM statement WHERE tenant_id = :t AND subject IN ('s-21', 's-22')",
        ],
        "Seal 3 covers 9 statements, and there are 7: the last ones are gone",
    ),
    "the last seal is dropped": (
        ["DELETE FROM seal WHERE tenant_id = :t AND number = 3"],
        "from position 6 on: a seal is gone",
    ),
    "a seal in the middle is dropped": (["DELETE FROM seal WHERE tenant_id = :t AND number = 2"], "Seal 2 is gone"),
    "the first seal is dropped": (["DELETE FROM seal WHERE tenant_id = :t AND number = 1"], "Seal 1 is gone"),
    "all seals are dropped": (["DELETE FROM seal WHERE tenant_id = :t"], "from position 0 on: a seal is gone"),
    "a seal in the middle is dropped and the rest renumbered": (
        [
            "DELETE FROM seal WHERE tenant_id = :t AND number = 2",
            "UPDATE seal SET number = 2 WHERE tenant_id = :t AND number = 3",
        ],
        "Seal 2 does not follow from the one before",
    ),
    "a seal is dated back": (
        ["UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE tenant_id = :t AND number = 2"],
        "Seal 2 is not signed by key 1",
    ),
    "the first key is swapped": (
        ["UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 1"],
        "Key 1 is not the one that introduced key 2: it was swapped",
    ),
    "a later key is swapped": (
        ["UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 2"],
        "Key 2 was not introduced by key 1: its signature is wrong",
    ),
    "a key says that nobody signed for it": (
        ["UPDATE seal_key SET signature = NULL, public_key = :other WHERE tenant_id = :t AND number = 2"],
        "Key 2 was not introduced by key 1: nobody signed for it",
    ),
    "a key is dropped": (["DELETE FROM seal_key WHERE tenant_id = :t AND number = 1"], "Key 1 is gone"),
    "the last key is dropped": (
        ["DELETE FROM seal_key WHERE tenant_id = :t AND number = 2"],
        "Seal 3 is not signed by key 2",
    ),
}
"""What the owner does, and what is found first."""


@pytest.mark.parametrize("case", CASES)
def test_it_is_found_and_named(engine: Engine, ledger: Organisation, owner: Owner, case: str) -> None:
    statements, words = CASES[case]

    owner(*statements, other=public_bytes(OTHERS(ledger.tenant_id, 1)))

    found = verified(engine, ledger).wrong
    assert found
    assert words in found[0]
    _, of_export = verify_export(StringIO(exported(engine, ledger)), known_to(ledger))
    assert of_export.wrong == found


def test_a_swapped_key_is_found_by_those_who_know_none(engine: Engine, ledger: Organisation, owner: Owner) -> None:
    owner(
        "UPDATE seal_key SET public_key = :other WHERE tenant_id = :t AND number = 2",
        other=public_bytes(OTHERS(ledger.tenant_id, 2)),
    )

    wrong = verified(engine, ledger, knows_keys=False).wrong
    assert wrong[0].startswith("Key 2 was not introduced by key 1")
    assert "Seal 3 is not signed by key 2" in wrong[1]


def test_somebody_who_makes_all_keys_and_signatures_anew_is_found_by_those_who_know_a_key(
    engine: Engine, ledger: Organisation, owner: Owner
) -> None:
    forge(engine, ledger, owner)

    assert verified(engine, ledger, knows_keys=False).wrong == ()
    assert verified(engine, ledger).wrong == ("Key 1 is not the one that this installation signs with.",)


def forge(engine: Engine, org: Organisation, owner: Owner) -> None:
    """Somebody else's ledger with the same statements: all of it is whole but for who signed."""
    for table in ("seal", "seal_key", "ledger_node", "ledger_leaf"):
        owner(f"DELETE FROM {table} WHERE tenant_id = :t")  # noqa: S608 - of these tests
    owner("INSERT INTO unsealed SELECT DISTINCT transaction_id, tenant_id FROM statement WHERE tenant_id = :t")
    with command_transaction(engine, org.tenant_id) as session:
        assert seal(session, org.tenant_id, OTHERS)


def test_what_waits_for_a_seal_is_looked_at_too(engine: Engine, ledger: Organisation, owner: Owner) -> None:
    tell(engine, ledger, "waits")
    owner("UPDATE statement SET said = replace(said, 'Submit', 'Reject') WHERE tenant_id = :t AND subject = 'waits'")

    (found,) = verified(engine, ledger).wrong
    assert "(about waits) was changed before a seal covered it" in found


def test_of_a_ledger_that_is_wrong_everywhere_the_first_findings_are_named(
    engine: Engine, ledger: Organisation, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.verifying.ledger_check.MOST_FINDINGS", 2)
    owner("UPDATE seal SET root = sha256(root) WHERE tenant_id = :t")

    wrong = verified(engine, ledger).wrong
    assert len(wrong) == 3
    assert wrong[-1].endswith("more.")
