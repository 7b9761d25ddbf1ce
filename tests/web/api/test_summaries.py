"""Summaries by programs: made by the lead of the project or on their behalf, found, and read back as digested."""

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.digest import canonical_json
from models.rules.transitions import State
from models.tables.projects import Summary
from tests.factories import MONDAY, Organisation, make_organisation
from tests.projects import DOGS, HATS, lead, worked_on
from tests.web.api.conftest import Api, Program, answered, fields_refused, refused
from web.auth.tokens import Scope

SUMMARIES = "/resources/summaries"


@pytest.fixture
def leader(org: Organisation, owner_engine: Engine) -> UUID:
    """Who leads the dog grooming."""
    return lead(owner_engine, org)


@pytest.fixture
def marita(api: Api, org: Organisation, leader: UUID) -> Program:
    """Their program."""
    return api.program(org, leader)


def asked(org: Organisation, **others: object) -> dict[str, Any]:
    return {"projectId": str(org.projects[DOGS]), "from": "2026-11-01", "to": "2026-11-30"} | others


async def test_it_is_made_found_and_read_with_everything_it_is_made_of(
    api: Api, org: Organisation, leader: UUID, marita: Program
) -> None:
    await worked_on(api.site.desk, org, org.duane)
    await worked_on(api.site.desk, org, org.max, State.SUBMITTED)

    answer = await marita.post(SUMMARIES, asked(org))
    made = answered(answer, 201)

    assert answer.headers["Location"] == f"{SUMMARIES}/{made['id']}"
    assert answered(await marita.get(answer.headers["Location"]), 200) == made
    assert (made["projectId"], made["from"], made["to"]) == tuple(asked(org).values())
    assert (made["totalMinutes"], made["createdById"], made["onBehalfOfId"]) == (480, str(leader), None)
    assert made["digest"] == sha256(canonical_json(made["content"])).hexdigest()
    assert made["content"]["minutes"] == [{"personId": str(org.duane), "date": str(MONDAY), "minutes": 480}]
    (listed,) = answered(await marita.get(SUMMARIES, projectId=org.projects[DOGS]), 200)["items"]
    assert listed == {name: value for name, value in made.items() if name != "content"}


async def test_the_same_key_makes_one(api: Api, org: Organisation, marita: Program) -> None:
    await worked_on(api.site.desk, org, org.duane)
    key = uuid4()

    first = answered(await marita.post(SUMMARIES, asked(org), key), 201)

    assert answered(await marita.post(SUMMARIES, asked(org), key), 201) == first
    refused(await marita.post(SUMMARIES, asked(org, to="2026-11-29"), key), 409, "key_reused")
    assert len(api.site.rows(org, Summary)) == 1


async def test_an_administrator_makes_one_on_behalf_of_the_lead(
    api: Api, org: Organisation, leader: UUID, suzanne: Program
) -> None:
    await worked_on(api.site.desk, org, org.duane)

    refused(await suzanne.post(SUMMARIES, asked(org)), 403, "not_yours")
    nobody = await suzanne.post(SUMMARIES, asked(org, onBehalfOf=str(org.duane), reason="He is away."))
    assert fields_refused(nobody).keys() == {"onBehalfOf"}
    unsaid = asked(org, onBehalfOf=str(leader), reason=" ")
    assert (await suzanne.post(SUMMARIES, unsaid)).status_code == 400
    made = answered(await suzanne.post(SUMMARIES, unsaid | {"reason": "She is away."}), 201)

    assert (made["createdById"], made["onBehalfOfId"]) == (str(org.suzanne), str(leader))


async def test_what_one_may_not_see_is_not_there(
    api: Api, org: Organisation, owner_engine: Engine, marita: Program, duane: Program, roland: Program, diana: Program
) -> None:
    await worked_on(api.site.desk, org, org.duane)
    made = answered(await marita.post(SUMMARIES, asked(org)), 201)
    other = make_organisation(owner_engine)
    strangers = [
        duane,
        roland,
        api.program(org, lead(owner_engine, org, HATS)),
        api.program(other, lead(owner_engine, other)),
        api.program(other, other.suzanne),
    ]
    before = api.saved(org)

    for program in strangers:
        refused(await program.get(f"{SUMMARIES}/{made['id']}"), 404, "not_found")
        refused(await program.get(SUMMARIES, projectId=org.projects[DOGS]), 404, "not_found")
        refused(await program.post(SUMMARIES, asked(org)), 404, "not_found")
    for program in strangers[2:]:
        assert answered(await program.get(SUMMARIES), 200)["items"] == []
    refused(await diana.post(SUMMARIES, asked(org)), 403, "not_yours")
    assert [each["id"] for each in answered(await diana.get(SUMMARIES), 200)["items"]] == [made["id"]]

    assert api.saved(org) == before


async def test_lists_go_on_page_by_page(api: Api, org: Organisation, marita: Program) -> None:
    await worked_on(api.site.desk, org, org.duane)
    ids = [answered(await marita.post(SUMMARIES, asked(org)), 201)["id"] for _ in range(3)]

    first = answered(await marita.get(SUMMARIES, first=2), 200)
    rest = answered(await marita.get(SUMMARIES, first=2, after=first["meta"]["next"]), 200)

    assert [each["id"] for each in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["meta"]["next"] is None
    assert fields_refused(await marita.get(SUMMARIES, after="nothing of ours")).keys() == {"after"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": "2026-10-31"}, "to"),
        ({"from": "2024-11-01"}, "to"),
        ({"from": "2026-11-31"}, "from"),
        ({"to": None}, "to"),
        ({"projectId": "proj-533"}, "projectId"),
        ({"from": "2030-01-01", "to": "2030-01-31"}, "to"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
async def test_what_cannot_be_summarised_is_said_by_field(
    api: Api, org: Organisation, marita: Program, wrong: dict[str, object], field: str
) -> None:
    await worked_on(api.site.desk, org, org.duane)

    assert fields_refused(await marita.post(SUMMARIES, asked(org, **wrong))).keys() == {field}
    assert api.site.rows(org, Summary) == []


async def test_a_token_that_only_reads_makes_none(api: Api, org: Organisation, leader: UUID) -> None:
    await worked_on(api.site.desk, org, org.duane)
    reading = api.program(org, leader, Scope.READ)

    refused(await reading.post(SUMMARIES, asked(org)), 403, "scope_missing")
    assert answered(await reading.get(SUMMARIES), 200)["items"] == []
