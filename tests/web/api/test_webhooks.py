"""Webhooks as programs of administrators make and change them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from temporalio.client import Client

from models.database import read_session
from models.payloads import data_converter
from models.tables.delivery import Webhook
from tests.activities.hooks import happens
from tests.desk import Life
from tests.factories import Organisation, make_organisation
from tests.office import delivering
from tests.receiver import Receiver, receiving
from tests.waiting import eventually_async
from tests.web.api.conftest import Api, Json, Program, answered

HOOKS = "/resources/webhooks"
THERE = {"url": "https://example.org/hook", "eventTypes": ["countersign.timesheet.*"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


async def made(program: Program, **said: Any) -> Json:
    return answered(await program.post(HOOKS, THERE | said), 201)


async def test_one_is_made_found_changed_and_taken_away(suzanne: Program) -> None:
    created = await suzanne.post(HOOKS, THERE)
    new = answered(created, 201)
    secret = new.pop("secret")
    here = created.headers["Location"]

    assert secret.startswith("whsec_")
    assert here == f"{HOOKS}/{new['id']}"
    assert (new["state"], new["version"], new["deliveredTo"]) == ("active", 1, 0)
    assert answered(await suzanne.get(here), 200) == new
    assert answered(await suzanne.get(HOOKS), 200)["items"] == [new]
    changed = answered(await suzanne.put(here, {"url": "https://example.org/x", "paused": True}, 'W/"1"'), 200)
    assert (changed["url"], changed["eventTypes"], changed["state"]) == ("https://example.org/x", None, "paused")
    kept = answered(await suzanne.put(here, {"url": "https://example.org/y"}, 'W/"2"'), 200)
    assert kept["state"] == "paused"  # nobody said anything else
    assert (
        answered(await suzanne.put(here, {"url": "https://example.org/y", "paused": False}, 'W/"3"'), 200)["state"]
        == "active"
    )
    assert (await suzanne.delete(here, 'W/"4"')).status_code == 204
    assert (await suzanne.get(here)).status_code == 404
    assert answered(await suzanne.get(HOOKS), 200)["items"] == []


async def test_the_same_key_makes_one_and_answers_alike(suzanne: Program) -> None:
    key = uuid4()
    first, again = [answered(await suzanne.post(HOOKS, THERE, key), 201) for _ in range(2)]

    assert first == again
    assert (await suzanne.post(HOOKS, {"url": "https://example.org/other"}, key)).status_code == 409
    here = f"{HOOKS}/{first['id']}/secret"
    rotation = uuid4()
    secrets = [answered(await suzanne.post(here, None, rotation), 200)["secret"] for _ in range(2)]
    assert secrets[0] == secrets[1] != first["secret"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://10.1.1.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://user:pass@example.org/"}, "url"),
        ({"url": "https://example.org/\r\nX: y"}, "url"),
        ({"url": "https://example.org/" + "x" * 3_000}, "url"),
        ({"url": "\x00"}, "url"),
        ({"url": None}, "url"),
        ({"url": 7}, "url"),
        ({"eventTypes": []}, "eventTypes"),
        ({"eventTypes": ["%"]}, "eventTypes"),
        ({"eventTypes": "countersign.*"}, "eventTypes"),
        ({"eventTypes": ["a.b"] + [f"c.{'x' * n}" for n in range(1, 40)]}, "eventTypes"),
        ({"paused": "yes"}, "paused"),
    ],
)
async def test_what_is_wrong_is_said_of_its_field(suzanne: Program, said: Json, field: str) -> None:
    refused = answered(await suzanne.post(HOOKS, THERE | said), 400)
    assert {each["field"].partition(".")[0] for each in refused} == {field}
    assert answered(await suzanne.get(HOOKS), 200)["items"] == []


async def test_what_was_changed_meanwhile_is_not_written_over(suzanne: Program) -> None:
    here = f"{HOOKS}/{(await made(suzanne))['id']}"
    assert (await suzanne.put(here, THERE, None)).status_code == 428
    assert (await suzanne.put(here, THERE, 'W/"7"')).status_code == 412
    assert (await suzanne.delete(here, 'W/"7"')).status_code == 412
    assert (await suzanne.delete(here)).status_code == 428


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_nobody_else_reads_or_changes_them(api: Api, org: Organisation, suzanne: Program, who: str) -> None:
    here = f"{HOOKS}/{(await made(suzanne))['id']}"
    program = api.program(org, org.people[who])
    before = api.saved(org)

    for path in (HOOKS, here, f"{here}/attempts"):
        answer = await program.get(path)
        assert (answer.status_code, "example.org" in answer.text) == (404, False)
    for answer in (
        await program.post(HOOKS, THERE),
        await program.put(here, THERE, 'W/"1"'),
        await program.delete(here, 'W/"1"'),
        await program.post(f"{here}/secret", None),
        await program.post(f"{here}/test", None),
        await program.post(f"{here}/replay", {"from": 1}),
    ):
        assert answer.status_code in (403, 404)
        assert "whsec_" not in answer.text
    assert api.saved(org) == before


async def test_another_organisations_webhook_is_none(
    api: Api, org: Organisation, suzanne: Program, owner_engine: Engine
) -> None:
    here = f"{HOOKS}/{(await made(suzanne))['id']}"
    other = make_organisation(owner_engine)
    theirs = api.program(other, other.suzanne)
    before = api.saved(org)

    answers = [
        await theirs.get(here),
        await theirs.get(f"{here}/attempts"),
        await theirs.put(here, THERE, 'W/"1"'),
        await theirs.delete(here, 'W/"1"'),
        await theirs.post(f"{here}/secret", None),
        await theirs.post(f"{here}/test", None),
        await theirs.post(f"{here}/replay", {"from": 1}),
        await theirs.post(f"{here}/replay", {"position": 1}),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert api.saved(org) == before


async def test_what_to_post_again_is_named_in_one_way(suzanne: Program) -> None:
    here = f"{HOOKS}/{(await made(suzanne))['id']}/replay"
    for wrong in ({}, {"from": 1, "position": 1}, {"from": 0}, {"from": "1"}, {"from": 10**30}, {"from": 999}):
        assert (await suzanne.post(here, wrong)).status_code == 400, wrong
    assert (await suzanne.post(here, {"position": 999})).status_code == 404


async def test_a_test_and_what_is_posted_again_come_and_are_listed(
    api: Api, suzanne: Program, org: Organisation, receiver: Receiver
) -> None:
    site = api.site
    client = await Client.connect(site.settings.temporal_address, data_converter=data_converter(""))
    new = await made(suzanne, url=receiver.url, eventTypes=["countersign.note.*"])
    here = f"{HOOKS}/{new['id']}"
    subjects = happens(Life(site.desk, org), "countersign.note.added", 2)

    async def came(count: int) -> None:
        async def have() -> bool:
            return len(answered(await suzanne.get(f"{here}/attempts"), 200)["items"]) == count

        await eventually_async(have, f"{count} attempts")

    async with delivering(client, site.settings.task_queue, site.settings.database_url):
        key = uuid4()
        for _ in range(2):
            answered(await suzanne.post(f"{here}/test", None, key), 202)
        await came(1)
        answered(await suzanne.post(f"{here}/replay", {"from": 1}), 202)
        await came(3)
        last = answered(await suzanne.get(f"{here}/attempts"), 200)["items"][0]
        answered(await suzanne.post(f"{here}/replay", {"position": last["position"]}), 202)
        await came(4)

    assert receiver.subjects() == [new["id"], *subjects, subjects[1]]
    assert all(each.said(new["secret"]) for each in receiver.posted)
    page = answered(await suzanne.get(f"{here}/attempts", first=3), 200)
    assert [each["type"] for each in page["items"]] == ["countersign.note.added"] * 3
    rest = answered(await suzanne.get(f"{here}/attempts", after=page["meta"]["next"]), 200)
    assert [(each["type"], each["position"]) for each in rest["items"]] == [("countersign.webhook.test", 0)]
    assert rest["meta"]["next"] is None
    assert (await suzanne.get(f"{here}/attempts", after="x")).status_code == 400


async def test_its_secret_is_in_no_answer_but_the_first(api: Api, org: Organisation, suzanne: Program) -> None:
    new = await made(suzanne)
    here = f"{HOOKS}/{new['id']}"
    answers = [await suzanne.get(path) for path in (HOOKS, here, f"{here}/attempts", "/events")]
    answers.append(await suzanne.put(here, {"url": "https://example.org/x"}, 'W/"1"'))

    assert all(answer.status_code == 200 for answer in answers)
    assert not any(new["secret"] in answer.text for answer in answers)
    with read_session(api.site.engine, org.tenant_id) as session:
        assert session.scalar(select(Webhook.secret)) == new["secret"]
