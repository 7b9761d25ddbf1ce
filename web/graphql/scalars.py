"""The scalars and enums of the record in GraphQL."""

from enum import Enum
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from models.rules.prov_domain import ProvRole, TermKind, types_of
from models.rules.prov_times import instant_of

Instant = NewType("Instant", str)
"""An instant as the record writes it."""

SCALARS: dict[object, ScalarDefinition] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description="An instant of RFC 3339. It comes in with any offset and goes out in UTC.",
        serialize=str,
        parse_value=lambda said: instant_of(said if isinstance(said, str) else repr(said)),
    )
}


def _enum(name: str, members: list[str]) -> Any:
    made: Any = Enum(name, {member: member for member in members})  # type: ignore[misc]  # its name is an argument
    return strawberry.enum(made)


def untyped_name(kind: TermKind) -> str:
    """The name of the type that terms without one are shown as."""
    return f"Prov{kind.capitalize()}"


RoleType = _enum("RoleType", ["UNSPECIFIED", *ProvRole.__members__])
TYPES = {
    kind: _enum(f"{kind.capitalize()}Type", [untyped_name(kind), *(type_.full_name for type_ in types_of(kind))])
    for kind in TermKind
}
"""What one may ask for, by kind."""


def role_said(role: Any) -> ProvRole | None:
    """The role that was given in an argument."""
    return None if role is None or role.name == "UNSPECIFIED" else ProvRole[role.name]


def role_shown(role: str | None) -> Any:
    """A recorded role as GraphQL has it; none stays none."""
    return RoleType[role] if role else None


def type_said(kind: TermKind, chosen: Any) -> str | None:
    """The short name of the type that was asked for; None for what has none."""
    return next((each.name for each in types_of(kind) if each.full_name == chosen.name), None)
