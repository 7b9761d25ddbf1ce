"""What a time period type must be: its fields, what it feeds, and for whom and when it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from models.rules.accrual_types import AccrualCode
from models.rules.entry_fields import HIDDEN, OPTIONAL, REQUIRED, Refused
from models.rules.people import name_errors

MAX_NAME = 100
MOST_PEOPLE = 1_000
"""How many people a type may be for, if it is not for everybody."""

MOST_POSITION = 999

FIELDS = ("project", "task", "note", "mealBreak")
FIELD_RULES = (HIDDEN, OPTIONAL, REQUIRED)
BY_CLOCK, WHOLE_DAY = "datetime", "date"
VALUE_TYPES = (BY_CLOCK, WHOLE_DAY)
ACCENTS = ("blue", "teal", "amber", "violet", "rose")

TARGET_HOURS = AccrualCode.ANNUAL_TARGET_HOURS.value
ACCRUAL_CODES = frozenset(code.value for code in AccrualCode)


@dataclass(frozen=True, slots=True)
class TypeContent:
    """Everything that an administrator says of a time period type."""

    name: str
    value_type: str
    """`datetime`: start and finish; `date`: a whole local day. It never changes."""
    fields: Mapping[str, str]
    """project, task, note, mealBreak → hidden, optional, required; what is left out is hidden."""
    counts_to_target_hours: bool = False
    accrual_types: frozenset[str] = frozenset()
    """Codes. That of the annual target hours follows `counts_to_target_hours`, see `agreed`."""
    effective_from: date | None = None
    effective_to: date | None = None
    """Local days, inclusive; None is no limit."""
    person_ids: frozenset[UUID] | None = None
    """Who may record it; None: everybody."""
    accent: str | None = None
    position: int | None = None
    """How pages show it; None: as before, and for a new one whatever comes next."""

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded, and as programs read it; `accent` and `position` are for pages only."""
        return {
            "name": self.name,
            "valueType": self.value_type,
            "fields": {field: self.fields.get(field, HIDDEN) for field in FIELDS},
            "countsToTargetHours": self.counts_to_target_hours,
            "accrualTypes": sorted(self.accrual_types),
            "effectiveFrom": self.effective_from.isoformat() if self.effective_from else None,
            "effectiveTo": self.effective_to.isoformat() if self.effective_to else None,
            "personIds": None if self.person_ids is None else sorted(map(str, self.person_ids)),
            "accent": self.accent,
            "position": self.position,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TypeContent":
        """What `json` wrote."""
        return cls(
            name=value["name"],
            value_type=value["valueType"],
            fields=value["fields"],
            counts_to_target_hours=value["countsToTargetHours"],
            accrual_types=frozenset(value["accrualTypes"]),
            effective_from=_date(value["effectiveFrom"]),
            effective_to=_date(value["effectiveTo"]),
            person_ids=None if value["personIds"] is None else frozenset(map(UUID, value["personIds"])),
            accent=value["accent"],
            position=value["position"],
        )


def agreed(content: TypeContent) -> TypeContent:
    """The same type, feeding the annual target hours exactly when it counts to them, and naming each field."""
    target = {TARGET_HOURS} if content.counts_to_target_hours else set()
    return replace(
        content,
        accrual_types=frozenset((content.accrual_types - {TARGET_HOURS}) | target),
        fields=dict.fromkeys(FIELDS, HIDDEN) | dict(content.fields),
    )


def type_errors(content: TypeContent) -> list[Refused]:
    """Everything wrong with a type's own fields, in the order of the form."""
    errors = name_errors(content.name, MAX_NAME)
    if content.value_type not in VALUE_TYPES:
        errors.append(Refused("valueType", "Choose datetime, for start and finish, or date, for whole days."))
    errors += _field_errors(content)
    unknown = sorted(content.accrual_types - ACCRUAL_CODES)
    errors += [Refused("accrualTypes", f"There is no accrual type {code[:40]!r}.") for code in unknown]
    if content.effective_from and content.effective_to and content.effective_to < content.effective_from:
        errors.append(Refused("effectiveTo", "The last day comes before the first."))
    if content.person_ids is not None and not 1 <= len(content.person_ids) <= MOST_PEOPLE:
        errors.append(Refused("personIds", f"Name 1 to {MOST_PEOPLE} people, or nobody: then it is for everybody."))
    if content.accent is not None and content.accent not in ACCENTS:
        errors.append(Refused("accent", "Choose one of the colours."))
    if content.position is not None and not 0 <= content.position <= MOST_POSITION:
        errors.append(Refused("position", f"Write a whole number from 0 to {MOST_POSITION}."))
    return errors


def type_change_errors(before: TypeContent, after: TypeContent) -> list[Refused]:
    """What may not become of a type."""
    if before.value_type != after.value_type:
        return [Refused("valueType", "This stays as it was created. Add another type instead.")]
    return []


def _field_errors(content: TypeContent) -> Iterable[Refused]:
    for field, rule in content.fields.items():
        if field not in FIELDS:
            yield Refused("fields", f"There is no field {field[:40]!r}. There are {', '.join(FIELDS)}.")
        elif rule not in FIELD_RULES:
            yield Refused(f"fields.{field}", "Choose hidden, optional or required.")
    if content.value_type == WHOLE_DAY and content.fields.get("mealBreak", HIDDEN) in (OPTIONAL, REQUIRED):
        yield Refused("fields.mealBreak", "A whole day has no meal break: hide this field.")


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
