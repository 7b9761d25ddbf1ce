"""People: those around the caller, or everybody for administrators, auditors and other systems."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from models.errors import NotFound
from models.reads.directory import around, find_people
from models.rules.people import PersonContent
from models.rules.policy import Role
from models.store.changes import Kept
from models.store.directory import create_person, kept_person, replace_person
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Administers, Caller, Reads
from web.api.directory import change, created, sees_everybody
from web.api.lists import Listed, Paged, listed
from web.api.values import Resource, Text
from web.api.versions import Seen, mark
from web.services import Services, Used

router = APIRouter(prefix="/resources/persons", tags=["People"])

ADDRESS = "/resources/persons"


class PersonGiven(Resource):
    """What there is to say of a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "externalId": "staff-4712",
                    "name": "Karen Berquist",
                    "email": "karen@example.org",
                    "roles": ["worker"],
                    "supervisorId": None,
                    "timeZone": "Europe/London",
                    "holidayCalendar": "GB-ENG",
                    "active": True,
                }
            ]
        }
    )

    external_id: Text = Field(min_length=1, max_length=50, description="The organisation's own number; never changes.")
    name: Text = Field(min_length=1, max_length=200)
    email: Text | None = Field(None, max_length=254)
    roles: list[Role] = Field(default_factory=list)
    supervisor_id: UUID | None = None
    time_zone: Text = Field("Europe/London", description="IANA name; days and weeks are counted in it.")
    holiday_calendar: Text = Field(
        "GB-ENG", description="ISO 3166 country or part of one: its public holidays are theirs."
    )
    active: bool = Field(True, strict=True, description="False: they are gone, and their record stays.")

    @property
    def content(self) -> PersonContent:
        """As the rules know it."""
        return PersonContent(
            external_id=self.external_id,
            name=self.name,
            email=self.email or None,
            roles=frozenset(role.value for role in self.roles),
            supervisor_id=self.supervisor_id,
            time_zone=self.time_zone,
            holiday_calendar=self.holiday_calendar,
            active=self.active,
        )


class Person(Resource):
    """Somebody with a staff id."""

    id: UUID
    version: int
    external_id: str
    name: str
    email: str | None
    roles: list[Role]
    supervisor_id: UUID | None
    time_zone: str
    holiday_calendar: str
    active: bool


@router.get("", operation_id="findPersons", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    external_id: Annotated[str | None, Query(alias="externalId", max_length=50, description="A staff id.")] = None,
) -> Listed[Person]:
    """People by staff id: everybody, or oneself, one's supervisor and those one supervises."""
    with use.reading(caller.onlooker) as session:
        only = None if sees_everybody(caller) else around(session, caller.person_id)
        after = asked.after[0] if asked.after else None
        found = find_people(session, external_id=external_id, after=after, limit=asked.first + 1, only=only)
        return listed(found, asked, lambda kept: (kept.content.external_id,), shown)


@router.post("", operation_id="createPerson", status_code=201, responses=RECORDING)
def create(caller: Administers, use: Used, key: Key, body: PersonGiven, response: Response) -> Person:
    """Add a person. They sign in once an administrator has given them a password."""
    kept = change(use, caller, key, lambda session, given: create_person(session, given, body.content))
    return shown(created(response, ADDRESS, kept))


@router.get("/{person_id}", operation_id="getPerson", responses=READING)
def get(caller: Reads, use: Used, person_id: UUID, response: Response) -> Person:
    """One person."""
    return _read(use, caller, person_id, response)


@router.put("/{person_id}", operation_id="replacePerson", responses=RECORDING | refusals(412, 428))
def put(
    caller: Administers, use: Used, key: Key, seen: Seen, person_id: UUID, body: PersonGiven, response: Response
) -> Person:
    """Change a person. Whoever is gone is not deleted but no longer active; their record stays."""
    kept = change(
        use, caller, key, lambda session, given: replace_person(session, given, person_id, seen, body.content)
    )
    mark(response, kept.version)
    return shown(kept)


def shown(kept: Kept[PersonContent]) -> Person:
    """A person as the API gives them."""
    content = kept.content
    return Person(
        id=kept.id,
        version=kept.version,
        external_id=content.external_id,
        name=content.name,
        email=content.email,
        roles=[Role(role) for role in sorted(content.roles)],
        supervisor_id=content.supervisor_id,
        time_zone=content.time_zone,
        holiday_calendar=content.holiday_calendar,
        active=content.active,
    )


def _read(use: Services, caller: Caller, person_id: UUID, response: Response) -> Person:
    with use.reading(caller.onlooker) as session:
        if not sees_everybody(caller) and person_id not in around(session, caller.person_id):
            raise NotFound("There is no such person.")
        kept = kept_person(session, person_id)
    mark(response, kept.version)
    return shown(kept)
