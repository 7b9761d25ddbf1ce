"""Lists of entries that are read in: what a line says, and the command that it becomes."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from models.commands import Asked, EntryFields, Place, Record, made_by
from models.messages import ImportKey, SheetKey
from models.rules.transitions import CommandKind

MOST_LINES = 1_000
"""So many are recorded in one transaction, which holds everything that it changes meanwhile."""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of a list, understood."""

    number: int
    """Of the line in the file."""
    cells: dict[str, str]
    """As it was written, by column."""
    owner_id: UUID | None = None
    period_start: date | None = None
    fields: EntryFields | None = None
    """None: it cannot be understood, and its problem says why."""
    on_behalf_of_id: UUID | None = None


_LINES = TypeAdapter(list[ImportLine])


def lines_json(lines: list[ImportLine]) -> list[dict[str, Any]]:
    """Lines as JSON values."""
    dumped: list[dict[str, Any]] = _LINES.dump_python(lines, mode="json")
    return dumped


def lines_from_json(value: list[dict[str, Any]]) -> list[ImportLine]:
    """What `lines_json` wrote."""
    return _LINES.validate_python(value)


def asked_by_line(key: ImportKey, line: ImportLine, actor_id: UUID, reason: str | None) -> Asked:
    """The command that an understood line becomes; its id follows from the list and the number of the line."""
    assert line.owner_id is not None
    assert line.period_start is not None
    assert line.fields is not None
    place = Place(line.owner_id, line.period_start)
    return Asked(
        id=made_by(key.tenant_id, key.import_id, f"line/{line.number}"),
        kind=CommandKind.RECORD,
        key=SheetKey(key.tenant_id, place.timesheet_id(key.tenant_id)),
        owner_id=line.owner_id,
        period_start=line.period_start,
        actor_id=actor_id,
        body=Record(line.fields),
        on_behalf_of_id=line.on_behalf_of_id,
        reason=reason,
    )
