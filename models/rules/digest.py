"""The digest of a timesheet: one line of text that stands for exactly what was certified.

Two sheets have the same digest when, and only when, their effective content is the same. Neither the revision
nor who submitted it is part of the content, so reopening and resubmitting without a change gives it again.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

from models.rules.days import in_utc

JsonValue: TypeAlias = "str | int | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
"""The JSON that has one canonical form here: no fractions, since those have several spellings."""

LARGEST_INTEGER = 2**53 - 1
"""The largest whole number, either way from zero, that every reader of JSON reads as exactly itself."""

_SURROGATE = re.compile("[\\ud800-\\udfff]")
"""Half of a character: Python's text can hold one alone, UTF-8 cannot."""


class NotCanonical(ValueError):
    """A value that has no canonical JSON form here."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{type(value).__name__} {value!r:.40} has no canonical JSON form: use text, whole numbers up to "
            f"{LARGEST_INTEGER}, booleans, null, lists and objects with text keys"
        )
        self.value = value


@dataclass(frozen=True, slots=True)
class EntryContent:
    """What is certified of one entry; `start` and `end` are aware datetimes of any zone."""

    id: UUID
    version: int
    type_id: UUID
    start: datetime
    end: datetime | None
    project_id: UUID | None
    task: str | None
    meal_break_minutes: int


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What is certified by submitting a timesheet: the live entries of one owner in one period.

    The period is two inclusive local dates. The entries may come in any order.
    """

    owner_id: UUID
    period_start: date
    period_end: date
    entries: tuple[EntryContent, ...]


def sheet_digest(sheet: SheetContent) -> str:
    """SHA-256 of the canonical JSON of a timesheet's content, as 64 hexadecimal digits.

    The meal break is part of the content although the rule does not name it, because it changes the hours
    that are certified. Rule: Digest. Raises `NaiveTime`, `OutsideCalendar` or `NotCanonical`.
    """
    return hashlib.sha256(canonical_json(content_json(sheet))).hexdigest()


def content_json(sheet: SheetContent) -> dict[str, JsonValue]:
    """A timesheet's content as the JSON that its digest is computed over, entries by start then id."""
    entries = sorted(sheet.entries, key=lambda entry: (in_utc(entry.start), str(entry.id)))
    return {
        "ownerId": str(sheet.owner_id),
        "periodStart": sheet.period_start.isoformat(),
        "periodEnd": sheet.period_end.isoformat(),
        "entries": [_entry(entry) for entry in entries],
    }


def canonical_json(value: JsonValue) -> bytes:
    """The one form of a JSON value by RFC 8785, in UTF-8. Raises `NotCanonical`, for fractions too."""
    return _ENCODER.encode(_ordered(value)).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def _entry(entry: EntryContent) -> JsonValue:
    return {
        "id": str(entry.id),
        "version": entry.version,
        "timePeriodTypeId": str(entry.type_id),
        "startTime": _instant(entry.start),
        "endTime": None if entry.end is None else _instant(entry.end),
        "projectId": None if entry.project_id is None else str(entry.project_id),
        "task": entry.task,
        "mealBreakMinutes": entry.meal_break_minutes,
    }


def _instant(moment: datetime) -> str:
    return in_utc(moment).isoformat().removesuffix("+00:00") + "Z"


def _ordered(value: object) -> object:
    if type(value) is str:
        return value if value.isascii() else _text(value)
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST_INTEGER:
            return value
        case str():
            return _text(value)
        case list() | tuple():
            return [_ordered(item) for item in value]
        case Mapping():
            return {key: _ordered(value[key]) for key in _in_order(tuple(value))}
    raise NotCanonical(value)


@lru_cache(maxsize=256)
def _in_order(keys: tuple[object, ...]) -> tuple[object, ...]:
    """Keys as RFC 8785 orders them; a list of many things has the same ones in each."""
    # By UTF-16 code units, which is not Python's order beyond U+FFFF.
    return tuple(sorted(keys, key=lambda key: _text(key).encode("utf-16-be")))


def _text(value: object) -> str:
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise NotCanonical(value)
    return value
