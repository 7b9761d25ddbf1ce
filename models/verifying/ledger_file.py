"""A ledger as a file that anybody can verify: one JSON object a line, written and read part by part.

The lines stand in the order of `models.verifying.ledger_parts`, after a heading and before a last line that counts
them.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from models.rules.seals import exact_text
from models.verifying.ledger_parts import BesidePart, KeyPart, LeafPart, Part, ProblemPart, SealPart

FORMAT = 1
A_BATCH = 500
LONGEST_LINE = 16_000_000

CUT_OFF = "The export is cut off: its last line is missing."


class ExportUnreadable(ValueError):
    """A file that is no export, or not all of one; in words."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Whose ledger it is, and when it was written."""

    tenant_id: UUID
    organisation: str
    exported_at: datetime

    @property
    def line(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "ledger": self.organisation,
            "tenantId": str(self.tenant_id),
            "exportedAt": exact_text(self.exported_at),
            "format": FORMAT,
        }


@contextmanager
def opened(path: Path, mode: str) -> Iterator[IO[str]]:
    """A text file, compressed if its name ends in .gz. `mode` is `r` or `w`; a file that is there is not written."""
    how = f"{'x' if mode == 'w' else mode}t"
    if path.suffix == ".gz":
        with gzip.open(path, how, encoding="utf-8", newline="\n") as packed:
            yield packed  # type: ignore[misc]  # in text mode it is one of text
    else:
        with path.open(how, encoding="utf-8", newline="\n") as plain:
            yield plain


def lines_of(heading: Heading, parts: Iterable[Part]) -> Iterator[str]:
    """The lines of an export, each with its line break."""
    counts = {"keys": 0, "statements": 0, "seals": 0}
    yield _line(heading.line)
    for part in parts:
        for said, counted in _said(part):
            counts[counted] += 1
            yield _line(said)
    yield _line({"end": counts})


def read_heading(file: IO[str]) -> Heading:
    """The first line. Raises `ExportUnreadable`."""
    said = _object(_next_line(file), 1)
    try:
        if said["format"] != FORMAT:
            raise ExportUnreadable(f"This export has the form {said['format']}, and only form {FORMAT} is known here.")
        return Heading(UUID(said["tenantId"]), str(said["ledger"]), datetime.fromisoformat(said["exportedAt"]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, ExportUnreadable):
            raise
        raise ExportUnreadable("This is no export of a ledger: its first line does not say whose it is.") from None


def read_parts(file: IO[str]) -> Iterator[Part]:
    """What follows the heading; at last a problem, if something cannot be read or is missing."""
    try:
        yield from _parts(file)
    except ExportUnreadable as problem:
        yield ProblemPart(str(problem))


def _parts(file: IO[str]) -> Iterator[Part]:
    counts = {"keys": 0, "statements": 0, "seals": 0}
    leaves: list[LeafPart] = []
    for number, said in _objects(file):
        part = _part(said, number)
        if isinstance(part, LeafPart):
            leaves.append(part)
            counts["statements"] += 1
        if leaves and (len(leaves) == A_BATCH or not isinstance(part, LeafPart)):
            yield leaves
            leaves = []
        if isinstance(part, dict):
            _require_end(file, part, counts)
            return
        if not isinstance(part, LeafPart):
            counts[_COUNTED[type(part)]] += 1
            yield part
    if leaves:
        yield leaves
    raise ExportUnreadable(CUT_OFF)


_COUNTED: dict[type, str] = {KeyPart: "keys", SealPart: "seals", BesidePart: "statements"}


def _said(part: Part) -> Iterator[tuple[dict[str, Any], str]]:
    match part:
        case SealPart():
            yield _seal(part), "seals"
        case KeyPart():
            key = {"key": part.number, "publicKey": part.public_key.hex(), "signature": _hex(part.signature)}
            yield key, "keys"
        case BesidePart():
            yield {"position": None, **_statement(part.statement), "waits": part.waits}, "statements"
        case ProblemPart(words):
            raise ExportUnreadable(words)
        case _:
            for leaf in part:
                yield {"position": leaf.position, **_statement(leaf), "leaf": _hex(leaf.hash)}, "statements"


def _statement(leaf: LeafPart) -> dict[str, Any]:
    if leaf.sequence is None:
        return {"statement": leaf.leaf_sequence, "gone": True}
    return {
        "statement": leaf.sequence,
        "namespace": leaf.namespace,
        "transactionId": leaf.transaction_id,
        "recordedAt": leaf.recorded_at,
        "recordedBy": leaf.recorded_by,
        "about": leaf.about,
        "subject": leaf.subject,
        "digest": leaf.digest,
        "said": leaf.said,
    }


def _seal(seal: SealPart) -> dict[str, Any]:
    return {
        "seal": seal.number,
        "size": seal.size,
        "root": seal.root.hex(),
        "previousRoot": _hex(seal.previous_root),
        "sealedAt": exact_text(seal.sealed_at),
        "keyNumber": seal.key_number,
        "signature": seal.signature.hex(),
    }


def _part(said: dict[str, Any], number: int) -> KeyPart | LeafPart | SealPart | BesidePart | dict[str, Any]:
    """One line as a part; the last line as it is."""
    try:
        if "statement" in said:
            leaf = _leaf(said)
            return leaf if said["position"] is not None else BesidePart(leaf, said["waits"] is True)
        if "seal" in said:
            return SealPart(
                _whole(said["seal"]),
                _whole(said["size"]),
                bytes.fromhex(said["root"]),
                _bytes(said["previousRoot"]),
                datetime.fromisoformat(said["sealedAt"]),
                _whole(said["keyNumber"]),
                bytes.fromhex(said["signature"]),
            )
        if "key" in said:
            return KeyPart(_whole(said["key"]), bytes.fromhex(said["publicKey"]), _bytes(said["signature"]))
        return {name: _whole(said["end"][name]) for name in ("keys", "statements", "seals")}
    except (KeyError, ValueError, TypeError):
        raise ExportUnreadable(f"Line {number} of the export is none that an export has.") from None


def _leaf(said: dict[str, Any]) -> LeafPart:
    position = None if said["position"] is None else _whole(said["position"])
    sequence, leaf = _whole(said["statement"]), _bytes(said.get("leaf"))
    if said.get("gone") is True:
        return LeafPart(position, sequence, leaf, None, "", "", "", "", "", "", None, None)
    texts = (said[name] for name in ("said", "digest", "subject", "namespace", "transactionId", "recordedAt"))
    ids = (None if said[name] is None else _text(said[name]) for name in ("recordedBy", "about"))
    return LeafPart(position, sequence, leaf, sequence, *map(_text, texts), *ids)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # half of a character is none
    return value


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"


def _objects(file: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 2
    while line := _next_line(file):
        if not line.endswith("\n"):
            raise ExportUnreadable(CUT_OFF)
        yield number, _object(line, number)
        number += 1


def _next_line(file: IO[str]) -> str:
    try:
        line = file.readline(LONGEST_LINE)
    except (EOFError, OSError):
        raise ExportUnreadable(CUT_OFF) from None
    except ValueError:
        raise ExportUnreadable("This is no export of a ledger: it is no text.") from None
    if len(line) >= LONGEST_LINE:
        raise ExportUnreadable("This is no export of a ledger: its lines are too long.")
    return line


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ExportUnreadable(f"Line {number} of the export is none that an export has.")
    return said


def _require_end(file: IO[str], end: dict[str, Any], counts: dict[str, int]) -> None:
    for name, counted in counts.items():
        if end[name] != counted:
            raise ExportUnreadable(f"The export says that it has {end[name]:,} {name}, and it has {counted:,}.")
    if _next_line(file):
        raise ExportUnreadable("Something follows the last line of the export.")
