"""What a time entry of a type must, may and must not carry: the type's metadata, applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

MAX_SHIFT_TYPE = 50
MAX_TASK = 200
MAX_NOTE = 250
MAX_DURATION = timedelta(days=31)

THIS = "This kind of time"
"""A type is not named in a refusal, which stands in histories: its name may say more than anybody should read there."""

HIDDEN, OPTIONAL, REQUIRED = "hidden", "optional", "required"


@dataclass(frozen=True, slots=True)
class TypeMetadata:
    """The part of a time period type that decides about fields: `fields` maps a name to its rule."""

    fields: Mapping[str, str]
    effective_from: date | None = None
    effective_to: date | None = None
    """Local days, inclusive; None is no limit."""
    person_ids: frozenset[UUID] | None = None
    """Who may record it; None: everybody."""

    def is_for(self, person_id: UUID, day: date) -> bool:
        """Whether somebody may record it on a local day."""
        after = self.effective_from is None or self.effective_from <= day
        before = self.effective_to is None or day <= self.effective_to
        return after and before and (self.person_ids is None or person_id in self.person_ids)

    def rule(self, field: str) -> str:
        """hidden, optional or required; a field the type does not mention is hidden."""
        return self.fields.get(field, HIDDEN)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why one field cannot be accepted."""

    field: str
    message: str


def field_errors(
    metadata: TypeMetadata,
    *,
    project: bool,
    task: str | None,
    shift_type: str | None,
    note: str | None,
    meal_break_minutes: int,
    start: datetime,
    end: datetime | None,
) -> list[Refused]:
    """Everything wrong with an entry's fields, in the order of the form; an empty list when it is fine.

    That the end comes after the start is the overlap rule's business.
    """
    given = {"project": project, "task": _said(task), "note": _said(note), "mealBreak": meal_break_minutes > 0}
    errors = [
        *_presence(metadata, given),
        *_too_long("task", task, MAX_TASK),
        *_too_long("shiftType", shift_type, MAX_SHIFT_TYPE),
        *_too_long("note", note, MAX_NOTE),
    ]
    if end is None or end > start:
        errors += _within(meal_break_minutes, end - start if end else MAX_DURATION)
    if meal_break_minutes < 0:
        errors.append(Refused("mealBreakMinutes", "A meal break cannot be negative."))
    return errors


_REST_NAME = {"project": "projectId", "task": "task", "note": "note", "mealBreak": "mealBreakMinutes"}
_WORDS = {"project": "project", "task": "task", "note": "note", "mealBreak": "meal break"}


def _said(text: str | None) -> bool:
    return text is not None and bool(text.strip())


def _presence(metadata: TypeMetadata, given: Mapping[str, bool]) -> list[Refused]:
    errors = []
    for field, present in given.items():
        rule = metadata.rule(field)
        if rule == REQUIRED and not present:
            errors.append(Refused(_REST_NAME[field], f"{THIS} needs a {_WORDS[field]}."))
        if rule == HIDDEN and present:
            errors.append(Refused(_REST_NAME[field], f"{THIS} has no {_WORDS[field]}."))
    return errors


def _too_long(field: str, text: str | None, limit: int) -> list[Refused]:
    if text is not None and len(text) > limit:
        return [Refused(field, f"Use at most {limit} characters; these are {len(text)}.")]
    return []


def _within(meal_break_minutes: int, duration: timedelta) -> list[Refused]:
    errors = []
    if duration > MAX_DURATION:
        errors.append(Refused("endTime", f"An entry may last at most {MAX_DURATION.days} days."))
    if meal_break_minutes > 0 and meal_break_minutes * 60 >= duration.total_seconds():
        errors.append(Refused("mealBreakMinutes", "The meal break must be shorter than the time itself."))
    return errors
