"""The feed of outgoing events as programs read it."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.activities.hooks import happens
from tests.desk import Life
from tests.factories import Organisation, hire, make_organisation
from tests.web.api.conftest import Api, Json, Program, answered, shift
from web.auth.tokens import Scope


@pytest.fixture
def life(api: Api, org: Organisation) -> Life:
    return Life(api.site.desk, org)


@pytest.fixture
def scheduler(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    """A program of the integration."""
    return api.program(org, hire(owner_engine, org, "scheduler", "integration"))


async def read(program: Program, after: object = 0, first: object = 50) -> Json:
    return answered(await program.get("/events", after=after, first=first), 200)


async def test_what_happens_is_read_in_order_and_from_the_cursor_on(
    duane: Program, scheduler: Program, org: Organisation
) -> None:
    entry = answered(await duane.post("/resources/time-entries", shift(org.duane)), 201)

    page = await read(scheduler)

    assert [event["type"] for event in page["items"]] == [
        "countersign.timesheet.opened",
        "countersign.time-entry.recorded",
    ]
    assert [event["position"] for event in page["items"]] == [1, 2]
    assert page["meta"] == {"next": "2"}
    recorded = page["items"][1]
    assert recorded["specversion"] == "1.0"
    assert recorded["subject"] == entry["id"]
    assert recorded["tenantid"] == str(org.tenant_id)
    assert str(UUID(recorded["id"])) == recorded["id"]
    assert (await read(scheduler, first=1)) == {"items": page["items"][:1], "meta": {"next": "1"}}
    assert (await read(scheduler, after=1)) == {"items": page["items"][1:], "meta": {"next": "2"}}


async def test_with_nothing_new_the_cursor_stays_and_goes_on_from_there(suzanne: Program, life: Life) -> None:
    assert await read(suzanne) == {"items": [], "meta": {"next": "0"}}
    happens(life)
    cursor = (await read(suzanne))["meta"]["next"]

    for _ in range(2):
        assert await read(suzanne, after=cursor) == {"items": [], "meta": {"next": cursor}}
    (subject,) = happens(life)
    assert [event["subject"] for event in (await read(suzanne, after=cursor))["items"]] == [subject]


async def test_more_than_one_call_places_is_read_page_by_page(
    suzanne: Program, life: Life, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outbox (id, tenant_id, type, subject, data, command_id) "
            "SELECT gen_random_uuid(), %s, 'countersign.note.added', n, '{}', gen_random_uuid() "
            "FROM generate_series(1, 1500) AS n",
            (life.org.tenant_id,),
        )
    found: list[str] = []
    cursor = "0"
    while items := (page := await read(suzanne, cursor, 200))["items"]:
        found += [event["subject"] for event in items]
        cursor = page["meta"]["next"]

    assert found == [str(number) for number in range(1, 1501)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("after", "-1"), ("after", "x"), ("after", "1'--"), ("after", str(2**63)), ("first", 0), ("first", 201)],
)
async def test_what_is_no_cursor_is_refused(suzanne: Program, name: str, value: object) -> None:
    refused = answered(await suzanne.get("/events", **{name: value}), 400)
    assert [each["field"] for each in refused] == [name]


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_only_integrations_and_administrators_read_it(api: Api, org: Organisation, life: Life, who: str) -> None:
    happens(life)
    answer = await api.program(org, org.people[who]).get("/events")
    assert answer.status_code == 404
    assert "countersign." not in answer.text


@pytest.mark.parametrize("after", [4, 50, 2**63 - 1])
async def test_a_place_that_the_feed_has_not_come_to_is_refused(suzanne: Program, life: Life, after: int) -> None:
    """Whoever went on from there would miss what comes."""
    happens(life, times=3)

    refused = answered(await suzanne.get("/events", after=after), 400)

    assert [each["field"] for each in refused] == ["after"]
    assert "its last event is number 3." in refused[0]["message"]
    assert await read(suzanne, after=3) == {"items": [], "meta": {"next": "3"}}


async def test_a_place_of_elsewhere_is_none_here(suzanne: Program, api: Api, life: Life, owner_engine: Engine) -> None:
    other = Life(life.desk, make_organisation(owner_engine))
    happens(life, times=2)
    happens(other, times=9)
    theirs = (await read(api.program(other.org, other.org.suzanne)))["meta"]["next"]

    assert (theirs, (await suzanne.get("/events", after=theirs)).status_code) == ("9", 400)
    assert len((await read(suzanne))["items"]) == 2


async def test_nobody_reads_what_happens_elsewhere(
    api: Api, org: Organisation, life: Life, owner_engine: Engine
) -> None:
    happens(life, times=3)
    other = make_organisation(owner_engine)

    theirs = api.program(other, other.suzanne)

    assert (await read(theirs))["items"] == []
    assert (await theirs.get("/events", tenantId=org.tenant_id)).status_code == 404


async def test_a_token_has_to_be_meant_for_reading(api: Api, org: Organisation) -> None:
    answer = await api.program(org, org.suzanne, Scope.RECORD).get("/events")
    assert answer.status_code == 403
