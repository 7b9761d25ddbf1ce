"""Agreements and the rules of balances as they are typed; every misunderstanding is said beside its field."""

from datetime import date
from typing import Any
from uuid import UUID

from models.database import WriteSession
from models.errors import Invalid
from models.reads.directory import people_by_staff_id
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.typed_totals import UnreadableTotal, parse_day_length, parse_total
from web.forms import Form, parse_day, text

Errors = list[dict[str, Any]]

AGREEMENT_FIELDS = frozenset(
    {"person", "startDate", "endDate", "standardDayMinutes"}
    | {f"{column}.{code.value}" for code in AccrualCode for column in ("targets", "openings")}
)
"""What can be typed of an agreement."""


def person_named(session: WriteSession, form: Form) -> UUID:
    """Whose staff id was typed. Raises `Invalid` for nobody's."""
    named = text(form, "person") or ""
    found = people_by_staff_id(session, [named]).get(named)
    if found is None:
        said = f"There is no person with the staff id {named[:50]}." if named else "Say whose agreement it is."
        raise Invalid.field("person", said)
    return found


def agreement_typed(form: Form, person_id: UUID) -> AgreementContent:
    """An agreement as typed. Raises `Invalid` with everything that cannot be understood at all."""
    errors: Errors = []
    start, end = _day(form, "startDate", errors), _day(form, "endDate", errors)
    length = _day_length(form, errors)
    targets = {code: found for code in AccrualCode if (found := _target(form, code, errors)) is not None}
    if errors or start is None or end is None:
        raise Invalid(errors[0]["message"], errors=errors)
    return AgreementContent(person_id, start, end, length, targets)


def _day(form: Form, name: str, errors: Errors) -> date | None:
    day = parse_day(form.get(name, "").strip())
    if day is None:
        errors.append(_error(name, "Write a day such as 2026-04-01."))
    return day


def _day_length(form: Form, errors: Errors) -> int:
    try:
        return parse_day_length(form.get("standardDayMinutes", ""))
    except UnreadableTotal as unreadable:
        errors.append(_error("standardDayMinutes", str(unreadable)))
        return 0


def _target(form: Form, code: AccrualCode, errors: Errors) -> Target | None:
    """The target of one accrual type as typed; None when there is none. Nothing as opening balance: the target."""
    target, opening = (_total(form, f"{column}.{code.value}", code, errors) for column in ("targets", "openings"))
    if target is None:
        if opening is not None:
            errors.append(_error(f"openings.{code.value}", "Without a target nothing can be left of it."))
        return None
    if target < 0:
        errors.append(_error(f"targets.{code.value}", "A target is not below zero."))
    return Target(target, target if opening is None else opening)


def _total(form: Form, name: str, code: AccrualCode, errors: Errors) -> int | None:
    typed = form.get(name, "").strip()
    if not typed:
        return None
    try:
        return parse_total(typed, ACCRUAL_TYPES[code].unit)
    except UnreadableTotal as unreadable:
        errors.append(_error(name, str(unreadable)))
        return 0


def percent_typed(form: Form) -> int:
    """A tolerance as typed. Raises `Invalid`."""
    typed = form.get("balanceTolerancePercent", "").strip().removesuffix("%").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9):
        raise Invalid.field("balanceTolerancePercent", "Write a whole number from 0 to 100.")
    return int(typed)


def _error(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message, "data": []}
