"""A delegation as it is typed; every misunderstanding is said beside its field."""

from datetime import date
from typing import Any
from uuid import UUID

from models.database import ReadSession
from models.errors import Invalid, NotFound
from models.reads.delegations import person_typed
from models.reads.directory import people_by_staff_id
from models.rules.delegations import DelegationContent
from web.forms import Form, parse_day, text

Errors = list[dict[str, Any]]

TICKED = "only."
"""How the name of a person's box begins, before their staff id."""


def delegation_typed(
    session: ReadSession, form: Form, delegator_id: UUID | None, reason: str | None
) -> DelegationContent:
    """A delegation as typed, of the person given or of whoever is named.

    Raises `Invalid` with everything that cannot be understood at all.
    """
    errors: Errors = []
    whose = delegator_id or _person(session, form, "delegatorId", "Say who is away.", errors)
    delegate = _person(session, form, "delegateId", "Say who stands in.", errors)
    first, last = _day(form, "from", errors), _day(form, "to", errors)
    only = _only(session, form, errors)
    if errors or whose is None or delegate is None or first is None or last is None:
        raise Invalid(errors[0]["message"], errors=errors)
    return DelegationContent(whose, delegate, first, last, only, reason)


def _person(session: ReadSession, form: Form, name: str, missing: str, errors: Errors) -> UUID | None:
    """Somebody by staff id or name."""
    typed = text(form, name)
    if typed is None:
        errors.append(_error(name, missing))
        return None
    try:
        return person_typed(session, typed).id
    except NotFound:
        errors.append(_error(name, f"Nobody alone is called {typed[:50]}. Write the whole name, or the staff id."))
        return None


def _day(form: Form, name: str, errors: Errors) -> date | None:
    day = parse_day(form.get(name, "").strip())
    if day is None:
        errors.append(_error(name, "Write a day such as 2026-11-30."))
    return day


def _only(session: ReadSession, form: Form, errors: Errors) -> frozenset[UUID] | None:
    """Whose time only: by boxes, or by staff ids with blanks or commas between them; None for nobody in particular."""
    typed = (text(form, "personIds") or "").replace(",", " ").split()
    named = [*typed, *(name.removeprefix(TICKED) for name in form if name.startswith(TICKED))]
    found = people_by_staff_id(session, named)
    unknown = [staff_id for staff_id in named if staff_id not in found]
    if unknown:
        errors.append(_error("personIds", f"There is no person with the staff id {unknown[0][:50]}."))
    return frozenset(found.values()) or None


def _error(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message, "data": []}
