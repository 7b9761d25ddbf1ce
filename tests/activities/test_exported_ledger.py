"""Whoever has an export changes it: each of it is found and named, in the words of the live ledger."""

import json
from collections.abc import Callable
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from models.database import read_session
from models.store.anchors import anchored_json
from models.store.sealing import public_bytes
from models.tables.seals import Seal
from models.verifying.ledger import Verified, verify_export
from models.verifying.ledger_anchors import AnchorsUnreadable, anchors_in
from models.verifying.ledger_check import named_keys
from models.verifying.ledger_file import ExportUnreadable, opened
from tests.activities.sealed import KEYS, exported, known_to, tell, three_seals
from tests.factories import Organisation

Line = dict[str, Any]
Lines = list[Line]


@pytest.fixture
def ledger(engine: Engine, org: Organisation) -> Organisation:
    three_seals(engine, org)
    tell(engine, org, "waits")
    return org


@pytest.fixture
def lines(engine: Engine, ledger: Organisation) -> Lines:
    return [json.loads(line) for line in exported(engine, ledger).splitlines()]


def found_in(lines: Lines, org: Organisation) -> Verified:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return verify_export(StringIO(text), known_to(org))[1]


def statement(lines: Lines, position: int) -> Line:
    (found,) = [line for line in lines if "statement" in line and line["position"] == position]
    return found


def seal(lines: Lines, number: int) -> Line:
    (found,) = [line for line in lines if line.get("seal") == number]
    return found


def change(lines: Lines) -> None:
    line = statement(lines, 4)
    line["said"] = line["said"].replace("Submit", "Reject")


def change_and_digest(lines: Lines) -> None:
    change(lines)
    line = statement(lines, 4)
    line["digest"] = sha256(line["said"].encode()).hexdigest()


def change_who(lines: Lines) -> None:
    statement(lines, 4)["recordedBy"] = None


def change_and_leave_no_trace_but_the_root(lines: Lines) -> None:
    line = statement(lines, 4)
    line["leaf"] = statement(lines, 3)["leaf"]
    line.update({name: value for name, value in statement(lines, 3).items() if name not in ("position", "statement")})


def delete(lines: Lines) -> None:
    lines.remove(statement(lines, 3))


def delete_and_count(lines: Lines) -> None:
    delete(lines)
    lines[-1]["end"]["statements"] -= 1


def delete_and_move_up(lines: Lines) -> None:
    delete(lines)
    for line in lines:
        if line.get("position") and line["position"] > 3:
            line["position"] -= 1


def insert(lines: Lines) -> None:
    line = statement(lines, 3)
    lines.insert(lines.index(line), line | {"statement": line["statement"] - 1})


def insert_and_move_down(lines: Lines) -> None:
    for line in lines:
        if "statement" in line and line["position"] is not None and line["position"] > 5:
            line["position"] += 1
    line = statement(lines, 5)
    lines.insert(lines.index(line) + 1, line | {"position": 6, "statement": line["statement"] + 1})


def insert_beside(lines: Lines) -> None:
    lines.insert(-1, lines[-2] | {"statement": 99, "waits": False})


def reorder(lines: Lines) -> None:
    first, second = lines.index(statement(lines, 3)), lines.index(statement(lines, 4))
    lines[first], lines[second] = lines[second], lines[first]


def reorder_and_number(lines: Lines) -> None:
    reorder(lines)
    first, second = statement(lines, 3), statement(lines, 4)
    first["position"], second["position"] = 4, 3


def truncate(lines: Lines) -> None:
    del lines[-4:]


def truncate_and_count(lines: Lines) -> None:
    lines[lines.index(statement(lines, 7)) : -1] = []
    lines[-1] = {"end": {"keys": 2, "statements": 7, "seals": 2}}


def swap_a_key(lines: Lines) -> None:
    (key,) = [line for line in lines if line.get("key") == 1]
    key["publicKey"] = "ab" * 32


def drop_a_key(lines: Lines) -> None:
    lines[:] = [line for line in lines if line.get("key") != 2]


def drop_a_seal(lines: Lines) -> None:
    lines.remove(seal(lines, 2))


def drop_the_last_seal(lines: Lines) -> None:
    lines.remove(seal(lines, 3))
    lines[-1]["end"]["seals"] -= 1


def date_a_seal_back(lines: Lines) -> None:
    seal(lines, 2)["sealedAt"] = "2020-01-01T00:00:00.000000+00:00"


def take_from_a_seal(lines: Lines) -> None:
    seal(lines, 3)["size"] = 8


CASES: dict[Callable[[Lines], None], str] = {
    change: "(position 4, about s-11) was changed: what it says is not what was recorded.",
    change_and_digest: "(position 4, about s-11) was changed or moved: it is not what its leaf was made from.",
    change_who: "(position 4, about s-11) was changed or moved: it is not what its leaf was made from.",
    change_and_leave_no_trace_but_the_root: "Seal 2 is over other leaves than it was: its root differs (positions 3 ",
    delete: "The leaf at position 3 is gone.",
    delete_and_count: "The leaf at position 3 is gone.",
    delete_and_move_up: "Seal 2 covers 6 statements, and there are 5: the last ones are gone.",
    insert: "was put in before position 4: it is at none of its own.",
    insert_and_move_down: "Seal 2 covers 6 statements, and 7 stand before it: some were put in.",
    insert_beside: "Statement 99 is in no seal and does not wait for one: it was put in beside them.",
    reorder: "The leaf at position 3 is gone.",
    reorder_and_number: "(position 4, about s-10) was moved: it does not come after the one before it.",
    truncate: "The export is cut off: its last line is missing.",
    truncate_and_count: "There are leaves after the last seal, from position 6 on: a seal is gone.",
    swap_a_key: "Key 1 is not the one that introduced key 2: it was swapped.",
    drop_a_key: "Seal 3 is not signed by key 2: it was changed, or the key was.",
    drop_a_seal: "Seal 2 is gone.",
    drop_the_last_seal: "There are leaves after the last seal, from position 6 on: a seal is gone.",
    date_a_seal_back: "Seal 2 is not signed by key 1: it was changed, or the key was.",
    take_from_a_seal: "Seal 3 is not signed by key 2: it was changed, or the key was.",
}


def test_what_nobody_touched_holds(lines: Lines, ledger: Organisation) -> None:
    assert found_in(lines, ledger) == Verified(statements=10, sealed=9, seals=3, wrong=())


@pytest.mark.parametrize("tamper", CASES, ids=lambda tamper: tamper.__name__)
def test_what_was_done_is_found_and_named(lines: Lines, ledger: Organisation, tamper: Callable[[Lines], None]) -> None:
    tamper(lines)

    found = found_in(lines, ledger)

    assert found.wrong, found
    assert CASES[tamper] in found.wrong[0]


@pytest.mark.parametrize("kept", [0, 1, 10, 500, 2_000])
def test_a_file_that_was_cut_off_anywhere_is_found(engine: Engine, ledger: Organisation, kept: int) -> None:
    text = exported(engine, ledger)[: -kept - 1]
    try:
        wrong = verify_export(StringIO(text), known_to(ledger))[1].wrong
    except ExportUnreadable as unreadable:
        wrong = (str(unreadable),)

    assert wrong[-1] == "The export is cut off: its last line is missing." or "none that an export has" in wrong[-1]


@pytest.mark.parametrize(
    "text",
    ["", "\n", "no json\n", "[]\n", "{}\n", '{"format": 2}\n', '{"format": 1, "tenantId": 5}\n', "[" * 100_000],
    ids=["empty", "blank", "words", "list", "object", "later form", "no id", "deep"],
)
def test_what_is_no_export_is_refused_in_words(text: str) -> None:
    with pytest.raises(ExportUnreadable, match="export"):
        verify_export(StringIO(text))


@pytest.mark.parametrize(
    "line",
    [
        {"statement": "1", "position": 0},
        {"statement": 1, "position": 0, "said": 5},
        {"seal": 1, "size": "x"},
        {"key": 1, "publicKey": "zz"},
        {"other": 1},
        {"end": {}},
    ],
    ids=str,
)
def test_a_line_that_no_export_has_is_named(lines: Lines, ledger: Organisation, line: Line) -> None:
    lines.insert(2, line)

    assert found_in(lines, ledger).wrong[0] == "Line 3 of the export is none that an export has."


def test_what_follows_the_last_line_is_named(lines: Lines, ledger: Organisation) -> None:
    lines.append(lines[3])

    assert found_in(lines, ledger).wrong == ("Something follows the last line of the export.",)


def test_a_key_that_was_published_is_enough_and_another_one_is_not(lines: Lines, ledger: Organisation) -> None:
    first, other = public_bytes(KEYS(ledger.tenant_id, 1)), b"x" * 32
    text = "".join(json.dumps(line) + "\n" for line in lines)

    assert verify_export(StringIO(text), named_keys({first}))[1].wrong == ()
    assert verify_export(StringIO(text), named_keys({other}))[1].wrong == (
        "Key 2 is none of the keys that were named, nor introduced by one.",
    )
    assert verify_export(StringIO(text))[1].remarks[0].endswith(first.hex())


def test_the_newest_key_is_enough_and_what_is_not_proven_by_it_is_said(lines: Lines, ledger: Organisation) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)

    found = verify_export(StringIO(text), named_keys({public_bytes(KEYS(ledger.tenant_id, 2))}))[1]

    assert found.wrong == ()
    assert "Key 1 is not known here" in found.remarks[0]


def test_a_compressed_export_is_the_same(engine: Engine, ledger: Organisation, tmp_path: Path) -> None:
    for name in ("ledger.jsonl", "ledger.jsonl.gz"):
        with opened(tmp_path / name, "w") as file:
            file.write(exported(engine, ledger))
        with opened(tmp_path / name, "r") as file:
            assert verify_export(file, known_to(ledger))[1].wrong == ()
    packed = tmp_path / "ledger.jsonl.gz"
    packed.write_bytes(packed.read_bytes()[:-200])
    with opened(packed, "r") as file:
        assert verify_export(file, known_to(ledger))[1].wrong[-1] == "The export is cut off: its last line is missing."


@pytest.fixture
def anchors(engine: Engine, ledger: Organisation) -> list[str]:
    """What was anchored of all three seals."""
    return [line.decode() + "\n" for line in anchored_of(engine, ledger)]


def anchored_of(engine: Engine, org: Organisation) -> list[bytes]:
    with read_session(engine, org.tenant_id) as session:
        return [anchored_json(each) for each in session.query(Seal).order_by(Seal.number)]


def held_against(anchors: list[str], lines: Lines, org: Organisation) -> tuple[str, ...]:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return verify_export(StringIO(text), known_to(org), anchors=lambda id_: anchors_in(anchors, id_))[1].wrong


def test_seals_are_held_against_their_anchors(anchors: list[str], lines: Lines, ledger: Organisation) -> None:
    elsewhere = anchors[0].replace(str(ledger.tenant_id), "0b7e1a34-5d4b-4c1e-9f5e-6a1d2c3b4a59").replace("1", "7")

    assert held_against([*anchors, anchors[1], elsewhere, "\n"], lines, ledger) == ()


def test_a_ledger_that_was_cut_off_at_a_seal_is_found_by_its_anchors(
    anchors: list[str], lines: Lines, ledger: Organisation
) -> None:
    last = lines.index(seal(lines, 2)) + 1
    lines[last:-1] = []
    lines[-1] = {"end": {"keys": 2, "statements": 6, "seals": 2}}

    assert found_in(lines, ledger).wrong == ()
    assert held_against(anchors, lines, ledger) == ("Seal 3 was anchored and is not here: the ledger was cut off.",)


def test_what_was_anchored_otherwise_is_named(anchors: list[str], lines: Lines, ledger: Organisation) -> None:
    said = json.loads(anchors[1])
    anchors[1] = json.dumps(said | {"root": "ab" * 32, "signature": "cd" * 64})

    assert held_against(anchors, lines, ledger) == ("Seal 2 is not what was anchored: its root, its signature differ.",)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("no json", "Line 4 of the anchors is no seal."),
        ("[1]", "Line 4 of the anchors is no seal."),
        ('{"tenantId": "{tenant}", "number": "1"}', "Line 4 of the anchors is no seal."),
        ('{"tenantId": "{tenant}", "number": 1}', "Line 4 of the anchors has another seal 1 than before."),
    ],
)
def test_a_file_that_is_none_of_anchors_is_refused_in_words(
    anchors: list[str], lines: Lines, ledger: Organisation, more: str, words: str
) -> None:
    with pytest.raises(AnchorsUnreadable, match=words):
        held_against([*anchors, more.replace("{tenant}", str(ledger.tenant_id))], lines, ledger)
