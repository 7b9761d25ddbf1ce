"""Where copies of seals are left, so that whoever holds the database alone cannot make a ledger shorter unseen."""

import re
from dataclasses import dataclass
from typing import Any

from models.rules.entry_fields import Refused
from models.rules.webhooks import url_problem

LONGEST_NAME = 100

_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class AnchorContent:
    """What an organisation has decided: a file of its own beside the data, an address, both or neither."""

    file: str | None = None
    """A name without a path."""
    url: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        """As the record of changes keeps it."""
        return {"anchorFile": self.file, "anchorUrl": self.url}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "AnchorContent":
        """As it was recorded."""
        return cls(stored["anchorFile"], stored["anchorUrl"])


def anchor_errors(content: AnchorContent, demo: bool) -> list[Refused]:
    """Why seals cannot be left there; empty when they can. Addresses as those of webhooks."""
    problems = {
        "file": file_problem(content.file) if content.file is not None else None,
        "url": url_problem(content.url, demo) if content.url is not None else None,
    }
    return [Refused(name, words) for name, words in problems.items() if words]


def file_problem(name: str) -> str | None:
    """Why a file cannot have this name, in words."""
    if len(name) > LONGEST_NAME:
        return f"A file name may have {LONGEST_NAME} characters at most."
    if not _FILE_NAME.fullmatch(name):
        return "Write a file name such as seals.jsonl: small letters, digits, dots, - and _, and no folder."
    return None
