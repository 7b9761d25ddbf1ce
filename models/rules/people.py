"""What a person and a project of an organisation must be: each field, the hierarchy, and who administers."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.rules.entry_fields import Refused
from models.rules.policy import Role

MAX_EXTERNAL_ID = 50
MAX_NAME = 200
MAX_EMAIL = 254

MOST_LEVELS = 50
"""How many levels a hierarchy may have: whoever decides on somebody's time is looked for level by level."""

NOT_IN_ADDRESSES = "/\\?#%"
"""Characters that an external id has none of, since it stands in the addresses of pages."""

TAKEN_BY_PAGES = frozenset({".", "..", "new", "import", "export", "template"})
"""Words that stand in addresses where an external id would."""


@dataclass(frozen=True, slots=True)
class PersonContent:
    """Everything that an administrator says of a person. Fields are refused by their names in the API."""

    external_id: str
    """The staff id: the organisation's own number. It never changes, as addresses and the ledger name it."""
    name: str
    email: str | None
    roles: frozenset[str]
    supervisor_id: UUID | None
    time_zone: str
    """IANA name; days and weeks are counted in it."""
    holiday_calendar: str
    """ISO 3166 place, `GB` or `GB-ENG`."""
    active: bool = True

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded, and as programs read it."""
        return {
            "externalId": self.external_id,
            "name": self.name,
            "email": self.email,
            "roles": sorted(self.roles),
            "supervisorId": str(self.supervisor_id) if self.supervisor_id else None,
            "timeZone": self.time_zone,
            "holidayCalendar": self.holiday_calendar,
            "active": self.active,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "PersonContent":
        """What `json` wrote."""
        return cls(
            external_id=value["externalId"],
            name=value["name"],
            email=value["email"],
            roles=frozenset(value["roles"]),
            supervisor_id=UUID(value["supervisorId"]) if value["supervisorId"] else None,
            time_zone=value["timeZone"],
            holiday_calendar=value["holidayCalendar"],
            active=value["active"],
        )

    @property
    def can_approve(self) -> bool:
        """Whether this person may be anybody's approver."""
        return self.active and Role.SUPERVISOR in self.roles

    @property
    def can_lead(self) -> bool:
        """Whether this person may decide on the lines of a project they lead."""
        return self.active and Role.PROJECT_LEAD in self.roles

    @property
    def administers(self) -> bool:
        """Whether this person may change people."""
        return self.active and Role.ADMINISTRATOR in self.roles


@dataclass(frozen=True, slots=True)
class ProjectContent:
    """Everything that an administrator says of a project."""

    external_id: str
    name: str
    lead_id: UUID | None
    active: bool = True

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded, and as programs read it."""
        return {
            "externalId": self.external_id,
            "name": self.name,
            "leadId": str(self.lead_id) if self.lead_id else None,
            "active": self.active,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ProjectContent":
        """What `json` wrote."""
        lead_id = UUID(value["leadId"]) if value["leadId"] else None
        return cls(value["externalId"], value["name"], lead_id, value["active"])


def person_errors(person: PersonContent, zones: Collection[str], places: Collection[str]) -> list[Refused]:
    """Everything wrong with a person's own fields, in the order of the form. `zones` are the time zones there are."""
    errors = [*external_id_errors(person.external_id, "staff id"), *name_errors(person.name)]
    if person.email is not None and not _is_address(person.email):
        errors.append(Refused("email", "Write a mail address such as name@example.org, or leave it empty."))
    errors += [Refused("roles", f"There is no role {_quoted(role)}.") for role in sorted(person.roles - _ROLES)]
    if person.time_zone not in zones:
        unknown = f"There is no time zone {_quoted(person.time_zone)}. Write one such as Europe/London."
        errors.append(Refused("timeZone", unknown))
    if person.holiday_calendar not in places:
        unknown = f"The holidays of {_quoted(person.holiday_calendar)} are not known."
        errors.append(Refused("holidayCalendar", f"{unknown} Write a country such as GB, or a part such as GB-ENG."))
    return errors


def project_errors(project: ProjectContent) -> list[Refused]:
    """Everything wrong with a project's own fields."""
    return [*external_id_errors(project.external_id, "project id"), *name_errors(project.name)]


def change_errors(before: PersonContent, after: PersonContent, own: bool, last_administrator: bool) -> list[Refused]:
    """What may not become of a person. `own`: somebody changes themselves; `last_administrator`: there is no other."""
    errors = []
    if before.external_id != after.external_id:
        errors.append(Refused("externalId", f"A staff id never changes. This person stays {before.external_id}."))
    if before.administers and not after.administers:
        field = "roles" if after.active else "active"
        if last_administrator:
            errors.append(
                Refused(field, f"{before.name} is the only administrator: give the role to somebody else first.")
            )
        elif own:
            errors.append(Refused(field, "Nobody stops being an administrator by themselves: ask another one."))
    return errors


def cycle_above(person_id: UUID, supervisors: Mapping[UUID, UUID | None]) -> list[UUID] | None:
    """The way up from a person back to that same person, both ends included; None when there is none.

    `supervisors` says who is directly above whom, as it would be. A way that `is_too_deep` is not followed further.
    """
    way = _way_up(person_id, supervisors)
    return way if way[0] == way[-1] and len(way) > 1 else None


def is_too_deep(person_id: UUID, supervisors: Mapping[UUID, UUID | None]) -> bool:
    """Whether more people would be above a person than a hierarchy has levels."""
    return len(_way_up(person_id, supervisors)) > MOST_LEVELS


def cycle_text(names: Iterable[str]) -> str:
    """Why a cycle is refused, in the names on its way: 'A → B → A'."""
    return f"Nobody can be above themselves: {' → '.join(names)}."


def external_id_errors(external_id: str, words: str) -> list[Refused]:
    """Whether an external id can stand in addresses, lists and provenance."""
    if not 1 <= len(external_id) <= MAX_EXTERNAL_ID:
        return [Refused("externalId", f"Write a {words} of 1 to {MAX_EXTERNAL_ID} characters.")]
    if external_id in TAKEN_BY_PAGES:
        return [Refused("externalId", f"“{external_id}” is a word that pages use. Choose another {words}.")]
    if not _is_text(external_id) or set(external_id) & set(NOT_IN_ADDRESSES):
        return [
            Refused("externalId", f"Use letters, digits and dashes for the {words}: no blanks around it, no / ? #.")
        ]
    return []


def name_errors(name: str, longest: int = MAX_NAME) -> list[Refused]:
    """Whether a name is one: something that can be read, on one line."""
    if not 1 <= len(name) <= longest:
        return [Refused("name", f"Write a name of 1 to {longest} characters.")]
    return [] if _is_text(name) else [Refused("name", "Write the name on one line, with no blanks around it.")]


_ROLES = frozenset(Role)
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_LONGEST_QUOTE = 40


def _way_up(person_id: UUID, supervisors: Mapping[UUID, UUID | None]) -> list[UUID]:
    """A person and whoever is above them, until there is nobody, somebody comes again, or it is too deep anyway."""
    way = [person_id]
    while (above := supervisors.get(way[-1])) is not None and len(way) <= MOST_LEVELS:
        way.append(above)
        if above in way[:-1]:
            break
    return way


def _is_text(text: str) -> bool:
    return text.isprintable() and text == text.strip()


def _is_address(text: str) -> bool:
    return len(text) <= MAX_EMAIL and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _quoted(text: str) -> str:
    shown = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
    return f"“{shown}”" if shown.isprintable() else "of this name"
