"""Programs that call the API, each with a token of somebody of the test organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import update

from models.rules.transitions import State
from models.standard import SHIFT
from models.tables.auth import ApiToken
from tests.contents import Contents
from tests.factories import MONDAY, Organisation, at
from tests.web.conftest import Site
from web.auth.sessions import hash_token
from web.auth.tokens import FOR_PROGRAMS, Scope, create_token

ENTRIES = "/resources/time-entries"
NOTES = "/resources/notes"
FLEX = "/commands/flex-changes"
FLEX_CHANGES = "/resources/flex-changes"
SHEETS = "/resources/timesheets"
AGREEMENTS = "/resources/agreements"
ADJUSTMENTS = "/resources/adjustments"
ACCRUALS = "/resources/accruals"

Json = Any
"""What a program reads or writes: values of JSON."""


@dataclass(frozen=True)
class Program:
    """A program with a bearer token."""

    client: AsyncClient
    token: str

    async def get(self, path: str, /, **query: object) -> Response:
        """Read; `from_` is the parameter `from`."""
        return await self.call("GET", path, query={name.rstrip("_"): value for name, value in query.items()})

    async def post(self, path: str, body: Json, key: UUID | None = None) -> Response:
        """Make something."""
        return await self.call("POST", path, body, key=key)

    async def put(self, path: str, body: Json, seen: str | None, key: UUID | None = None) -> Response:
        """Replace what is there in the version that was seen."""
        return await self.call("PUT", path, body, key=key, seen=seen)

    async def delete(
        self, path: str, seen: str | None = None, body: Json = None, key: UUID | None = None, **query: object
    ) -> Response:
        """Remove what is there in the version that was seen."""
        return await self.call("DELETE", path, body, key=key, seen=seen, query=query)

    async def patch(self, path: str, body: Json, key: UUID | None = None) -> Response:
        """Change several things."""
        return await self.call("PATCH", path, body, key=key)

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        key: UUID | None = None,
        seen: str | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Response:
        """The bare answer. A body of None is none at all; bytes are sent as they are, as JSON."""
        said = {
            "Idempotency-Key": key,
            "If-Match": seen,
            "Authorization": f"Bearer {self.token}" if self.token else None,
        }
        headers = {name: str(value) for name, value in said.items() if value is not None}
        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
            return await self.client.request(method, path, content=body, headers=headers, params=asked or None)
        return await self.client.request(method, path, json=body, headers=headers, params=asked or None)


@dataclass(frozen=True)
class Api:
    """The API with what tests do behind its back."""

    site: Site

    def program(self, org: Organisation, person_id: UUID, *scopes: Scope) -> Program:
        """A program of somebody, with a token for these scopes; without any, for all."""
        lifetime = timedelta(days=1)
        staff_id = self.site.staff_id(org, person_id)
        token = create_token(self.site.engine, org.tenant_id, staff_id, "a test", scopes or FOR_PROGRAMS, lifetime)
        return Program(self.site.visitor(), token)

    def stranger(self) -> Program:
        """A program without a token."""
        return Program(self.site.visitor(), "")

    def saved(self, org: Organisation) -> Contents:
        """Everything that is known of an organisation, but for what was asked and which tokens were used."""
        return self.site.contents(org) | dict.fromkeys(("command", "api_token"), frozenset())

    def change_token(self, program: Program, **values: object) -> None:
        """Change the stored token of a program: `expires_at`, `revoked_at` and the like."""
        with self.site.owner_engine.begin() as connection:
            this = update(ApiToken).where(ApiToken.token_hash == hash_token(program.token))
            connection.execute(this.values(values))


@pytest.fixture
def api(site: Site) -> Api:
    return Api(site)


@pytest.fixture
def duane(api: Api, org: Organisation) -> Program:
    """A worker."""
    return api.program(org, org.duane)


@pytest.fixture
def roland(api: Api, org: Organisation) -> Program:
    """Duane's supervisor."""
    return api.program(org, org.roland)


@pytest.fixture
def suzanne(api: Api, org: Organisation) -> Program:
    """The administrator."""
    return api.program(org, org.suzanne)


@pytest.fixture
def alex(api: Api, org: Organisation) -> Program:
    """Supervisor of another team: Roland's, not Duane's."""
    return api.program(org, org.alex)


@pytest.fixture
def diana(api: Api, org: Organisation) -> Program:
    """The auditor."""
    return api.program(org, org.diana)


def shift(
    owner: UUID, start: str | None = "09:00", end: str | None = "17:00", day: date = MONDAY, **others: object
) -> dict[str, Json]:
    """A shift of somebody on a local day of London, as it is recorded."""
    times = {"actualStartTime": start, "actualEndTime": end}
    stated = {name: at(day, clock).isoformat() for name, clock in times.items() if clock}
    return {"ownerId": str(owner), "timePeriodTypeId": str(SHIFT), **stated} | others


def flex(entry: str) -> dict[str, Json]:
    """That the shift of an entry was altered, beside its new times."""
    return {"type": "altered", "timeEntryId": entry, "timeEntryVersion": 1, "authorisedBy": "Roland Fuller"}


def said_by(owner: UUID) -> dict[str, Json]:
    """A note of somebody about the Monday."""
    return {"ownerId": str(owner), "date": str(MONDAY), "content": "The second dog came late."}


def answered(response: Response, status: int) -> Json:
    """What an answer says; it must have this status."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json() if response.content else None


def refused(response: Response, status: int, code: str | None = None) -> dict[str, Json]:
    """A refusal, of the shape that is documented."""
    said = answered(response, status)
    assert isinstance(said, dict), said
    assert said["message"], said
    assert said.get("code") == code, said
    return dict(said)


def fields_refused(response: Response) -> dict[str, str]:
    """The fields that were refused, each with why."""
    said = answered(response, 400)
    assert isinstance(said, list), said
    assert all(set(each) >= {"field", "message", "data"} for each in said), said
    return {each["field"]: each["message"] for each in said}


async def recorded(program: Program, body: Json) -> Json:
    """A new entry."""
    return answered(await program.post(ENTRIES, body), 201)


async def bring_to(site: Site, org: Organisation, state: State, owner: UUID | None = None) -> tuple[str, str, str]:
    """Somebody's week with one entry as far as a state: ids of the timesheet and the entry, and the digest."""
    key = await site.bring_to(org, state, owner)
    (entry,) = site.live(key)
    return str(key.timesheet_id), str(entry.id), site.digest(key)
