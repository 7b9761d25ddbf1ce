"""How terms are named in arguments: by the id of whoever defined them, or by their address."""

from typing import Any

import strawberry

from models.errors import Invalid
from models.rules.prov_domain import TermKind
from models.rules.prov_ids import LONGEST_ID, NotATerm, external_id_of


def _input(kind: TermKind) -> Any:
    fields = {"__annotations__": {"external_id": str | None, "id": strawberry.ID | None}}
    unset = {"external_id": strawberry.UNSET, "id": strawberry.UNSET}
    doc = {"__doc__": f"An {kind.value}, by one of its ids."}
    return strawberry.input(type(f"{kind.capitalize()}IdOrExternal", (), fields | unset | doc), one_of=True)


ID_INPUTS = {kind: _input(kind) for kind in TermKind}
"""One of `externalId` and `id`, by kind."""


def named(kind: TermKind, given: Any) -> str:
    """The external id that an argument names. Raises `Invalid`."""
    try:
        return required(given.external_id) if given.external_id else external_id_of(kind, str(given.id))
    except NotATerm as error:
        raise Invalid.field("id", str(error)) from None


def required(external_id: str) -> str:
    """An external id that can be recorded. Raises `Invalid`."""
    if not external_id or len(external_id) > LONGEST_ID or "\0" in external_id:
        raise Invalid.field("externalId", f"An external id has 1 to {LONGEST_ID} characters, none of them NUL.")
    return external_id
