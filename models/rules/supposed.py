"""Changes of reference data that an administrator looks at before making them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent
from models.rules.period_types import TypeContent


class HolidayKind(StrEnum):
    """What an organisation makes of a day beside the public holidays of a place."""

    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class HolidayContent:
    """A day that is, or is not, a public holiday of a place for this organisation."""

    place: str
    day: date
    kind: HolidayKind | None
    """None: as the place itself has it."""
    name: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded."""
        kind = self.kind.value if self.kind else None
        return {"place": self.place, "date": self.day.isoformat(), "kind": kind, "name": self.name}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "HolidayContent":
        """What `json` wrote."""
        kind = HolidayKind(value["kind"]) if value["kind"] else None
        return cls(value["place"], date.fromisoformat(value["date"]), kind, value["name"])


@dataclass(frozen=True, slots=True)
class TargetForAll:
    """A new target of one accrual type in every agreement that has one and is in force on a day."""

    code: AccrualCode
    on: date
    target: int
    """Minutes or count. Opening balances that were the former target follow; others stay."""

    @property
    def json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"type": self.code.value, "on": self.on.isoformat(), "target": self.target}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TargetForAll":
        """What `json` wrote."""
        return cls(AccrualCode(value["type"]), date.fromisoformat(value["on"]), value["target"])


Content = TypeContent | AgreementContent | HolidayContent | TargetForAll

_KINDS: Mapping[str, type[Content]] = {
    "time_period_type": TypeContent,
    "agreement": AgreementContent,
    "holiday": HolidayContent,
    "target": TargetForAll,
}


@dataclass(frozen=True, slots=True)
class Supposed:
    """One change as it would be made."""

    content: Content
    subject_id: UUID | None = None
    """The type or agreement that is changed; None for what has no id, or is new."""
    version: int = 0
    """Of the subject, when it was looked at."""

    @property
    def json(self) -> dict[str, Any]:
        """As it is kept until it is made."""
        kind = next(name for name, class_ in _KINDS.items() if isinstance(self.content, class_))
        subject = str(self.subject_id) if self.subject_id else None
        return {"kind": kind, "subjectId": subject, "version": self.version, "content": self.content.json}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Supposed":
        """What `json` wrote."""
        subject = UUID(value["subjectId"]) if value["subjectId"] else None
        return cls(_KINDS[value["kind"]].from_json(value["content"]), subject, value["version"])
