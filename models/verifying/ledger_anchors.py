"""What was left of seals elsewhere: a file of their JSON, a line for each, held against the seals of a ledger.

Who keeps such a file out of reach of the database finds even a ledger that was cut off at a seal.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.rules.seals import SealContent

LONGEST_LINE = 10_000

WORDS = {
    "size": "how many statements it covers",
    "root": "its root",
    "previousRoot": "the root of the seal before",
    "sealedAt": "its time",
    "keyNumber": "its key",
    "signature": "its signature",
}
"""What may differ."""


class AnchorsUnreadable(ValueError):
    """A file that is no file of anchors; in words."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A seal as it was left."""

    number: int
    said: dict[str, Any]


def anchors_in(lines: Iterable[str], tenant_id: UUID) -> dict[int, Anchored]:
    """The seals of an organisation by their numbers; the same one may be there twice. Raises `AnchorsUnreadable`."""
    found: dict[int, Anchored] = {}
    for line_number, line in enumerate(lines, 1):
        said = _read(line, line_number)
        if said is None or said.get("tenantId") != str(tenant_id):
            continue
        number = said.get("number")
        if not isinstance(number, int):
            raise AnchorsUnreadable(f"Line {line_number} of the anchors is no seal.")
        before = found.setdefault(number, Anchored(number, said))
        if before.said != said:
            raise AnchorsUnreadable(f"Line {line_number} of the anchors has another seal {number} than before.")
    return found


def difference(anchored: Anchored, seal: SealContent, signature: bytes) -> Iterator[str]:
    """What was anchored otherwise than it stands in the ledger, in words; nothing when it is the same."""
    said = {**seal.json, "signature": signature.hex()}
    differs = [words for name, words in WORDS.items() if anchored.said.get(name) != said[name]]
    if differs:
        verb = "differs" if len(differs) == 1 else "differ"
        yield f"Seal {seal.number} is not what was anchored: {', '.join(differs)} {verb}."


def _read(line: str, number: int) -> dict[str, Any] | None:
    if not line.strip():
        return None
    try:
        if len(line) > LONGEST_LINE:
            raise ValueError
        said = json.loads(line)
        if not isinstance(said, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise AnchorsUnreadable(f"Line {number} of the anchors is no seal.") from None
    return said
