"""Writes what is said about the settings from the settings: .env.example and a table in the documents."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings import Settings, variable

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT / ".env.example"
DOCUMENT = PROJECT / "docs" / "operations.md"
TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def main() -> None:
    """Brings both files up to date."""
    EXAMPLE.write_text(example())
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))


def example() -> str:
    """A .env file with each setting explained and commented out."""
    entries = ["# Copy this file to .env and set what differs. Environment variables win over it.\n"]
    for name, field in Settings.model_fields.items():
        words = textwrap.fill(_words(field), 100, initial_indent="# ", subsequent_indent="# ")
        entries.append(f"{words}\n#{variable(name)}={_default(field)}\n")
    return "\n".join(entries)


def with_table(document: str) -> str:
    """The document with its table of settings as the code has them now."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = f"`{_default(field)}`" if _default(field) else ""
        rows.append(f"| `{variable(name)}` | {default} | {_words(field).replace('|', chr(92) + '|')} |")
    return TABLE.sub(lambda _: "\n".join(rows) + "\n", document)


def _words(field: FieldInfo) -> str:
    required = " Required." if field.default is PydanticUndefined else ""
    return f"{field.description}{required}"


def _default(field: FieldInfo) -> str:
    if field.default in (PydanticUndefined, None) or field.repr is False:
        return ""
    return "" if "*" in str(field.default) else str(field.default)


if __name__ == "__main__":
    main()
