"""Delegations as programs grant, change, find and take them back."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.approval import Delegation
from tests.factories import Organisation, make_organisation
from tests.standing_in import in_days, stand_in
from tests.web.api.conftest import Api, Json, Program, answered, refused
from tests.web.conftest import Site
from web.auth.tokens import Scope

ADDRESS = "/resources/delegations"


@pytest.fixture
def roland(api: Api, org: Organisation) -> Program:
    return api.program(org, org.roland)


@pytest.fixture
def alex(api: Api, org: Organisation) -> Program:
    return api.program(org, org.alex)


def days(first: int = 0, last: int = 9, **others: Any) -> Json:
    return {"from": str(in_days(first)), "to": str(in_days(last)), **others}


async def test_one_is_granted_found_changed_and_taken_back(roland: Program, alex: Program, org: Organisation) -> None:
    created = await roland.post(ADDRESS, days(-1, delegateId=str(org.alex), reason="On holiday."))
    new = answered(created, 201)
    here = created.headers["Location"]

    assert here == f"{ADDRESS}/{new['id']}"
    assert created.headers["ETag"] == 'W/"1"'
    assert new == {
        "id": new["id"],
        "version": 1,
        "delegatorId": str(org.roland),
        "delegateId": str(org.alex),
        "from": str(in_days(-1)),
        "to": str(in_days(9)),
        "personIds": None,
        "reason": "On holiday.",
        "state": "current",
        "grantedById": str(org.roland),
        "grantedAt": new["grantedAt"],
        "revokedById": None,
        "revokedAt": None,
    }
    for program in (roland, alex):
        assert answered(await program.get(here), 200) == new
        assert answered(await program.get(ADDRESS), 200)["items"] == [new]

    changed = answered(await roland.put(here, {"to": str(in_days(3))}, 'W/"1"'), 200)
    assert (changed["to"], changed["version"]) == (str(in_days(3)), 2)
    assert (await alex.delete(here)).status_code == 204

    over = answered(await roland.get(here), 200)
    assert (over["state"], over["revokedById"], over["version"]) == ("revoked", str(org.alex), 3)


async def test_it_lets_them_decide_from_the_next_call_on(
    site: Site, api: Api, org: Organisation, roland: Program
) -> None:
    key = await site.bring_to(org, State.SUBMITTED)
    walter = api.program(org, org.max)
    here = f"/resources/timesheets/{key.timesheet_id}/approval"
    refused(await walter.post(here, {"digest": site.digest(key)}), 404, "not_found")
    created = await roland.post(ADDRESS, days(-1, delegateId=str(org.max)))
    await roland.delete(created.headers["Location"])
    refused(await walter.post(here, {"digest": site.digest(key)}), 404, "not_found")

    answered(await roland.post(ADDRESS, days(-1, delegateId=str(org.max))), 201)

    assert answered(await walter.post(here, {"digest": site.digest(key)}), 201)["state"] == "approved"


async def test_the_same_key_is_the_same_call(roland: Program, site: Site, org: Organisation) -> None:
    key, body = uuid4(), days(delegateId=str(org.alex))
    first = answered(await roland.post(ADDRESS, body, key), 201)

    assert answered(await roland.post(ADDRESS, body, key), 201) == first
    refused(await roland.post(ADDRESS, days(delegateId=str(org.max)), key), 409, "key_reused")
    gone = uuid4()
    for _ in range(2):
        assert (await roland.delete(f"{ADDRESS}/{first['id']}", key=gone)).status_code == 204
    refused(await roland.delete(f"{ADDRESS}/{first['id']}"), 409, "wrong_state")
    assert len(site.rows(org, Delegation)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "delegateId"),
        ({"to": "tomorrow"}, "to"),
        ({"to": str(in_days(-1)), "from": str(in_days(-1))}, "to"),
        ({"to": str(in_days(500))}, "to"),
        ({"personIds": []}, "personIds"),
        ({"personIds": ["x"]}, "personIds.0"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\u0000b"}, "reason"),
    ],
)
async def test_what_cannot_be_accepted_is_named_by_field(
    roland: Program, site: Site, org: Organisation, body: Json, field: str
) -> None:
    asked = days(delegateId=str(org.alex)) | body if body else days()

    answer = await roland.post(ADDRESS, asked)

    assert answer.status_code == 400, answer.text
    assert [each["field"] for each in answer.json()] == [field]
    assert site.rows(org, Delegation) == []


async def test_for_somebody_else_only_administrators_and_with_a_reason(
    roland: Program, api: Api, org: Organisation
) -> None:
    body = days(delegateId=str(org.max), delegatorId=str(org.alex))
    refused(await roland.post(ADDRESS, body | {"reason": "So that he can."}), 403, "not_yours")
    suzanne = api.program(org, org.suzanne)
    refused(await suzanne.post(ADDRESS, body), 400, "reason_required")

    made = answered(await suzanne.post(ADDRESS, body | {"reason": "He is in hospital."}), 201)

    here = f"{ADDRESS}/{made['id']}"
    assert (made["delegatorId"], made["grantedById"]) == (str(org.alex), str(org.suzanne))
    refused(await suzanne.delete(here), 400, "reason_required")
    assert (await suzanne.delete(here, reason="He is back.")).status_code == 204


async def test_a_reason_stands_in_the_body_as_well(api: Api, site: Site, org: Organisation) -> None:
    kept = stand_in(site.engine, org, org.roland, org.alex)

    gone = await api.program(org, org.suzanne).delete(f"{ADDRESS}/{kept.id}", body={"reason": "He is back."})

    assert gone.status_code == 204


async def test_a_stale_end_is_refused_and_one_without_a_version_as_well(
    roland: Program, site: Site, org: Organisation
) -> None:
    kept = stand_in(site.engine, org, org.roland, org.alex)
    here, body = f"{ADDRESS}/{kept.id}", {"to": str(in_days(3))}

    refused(await roland.put(here, body, 'W/"2"'), 412, "stale")
    refused(await roland.put(here, body, None), 428, "if_match_missing")
    assert site.rows(org, Delegation)[0].to_day == kept.content.last


async def test_everybody_sees_their_own_and_who_oversees_sees_everybodys(
    api: Api, site: Site, org: Organisation, owner_engine: Engine
) -> None:
    kept = stand_in(site.engine, org, org.roland, org.alex)
    other = make_organisation(owner_engine)
    strangers = [api.program(org, org.duane), api.program(other, other.roland), api.program(other, other.suzanne)]

    for stranger in strangers:
        refused(await stranger.get(f"{ADDRESS}/{kept.id}"), 404, "not_found")
        refused(await stranger.delete(f"{ADDRESS}/{kept.id}", reason="Because."), 404, "not_found")
        refused(await stranger.put(f"{ADDRESS}/{kept.id}", {"to": str(in_days(1))}, 'W/"1"'), 404, "not_found")
        assert answered(await stranger.get(ADDRESS), 200)["items"] == []
    refused(await strangers[0].get(ADDRESS, personId=org.roland), 404, "not_found")
    for person in (org.suzanne, org.diana):
        everybodys = api.program(org, person)
        assert [each["id"] for each in answered(await everybodys.get(ADDRESS), 200)["items"]] == [str(kept.id)]
        assert len(answered(await everybodys.get(ADDRESS, personId=org.alex), 200)["items"]) == 1
        assert answered(await everybodys.get(ADDRESS, personId=org.max), 200)["items"] == []
    refused(await api.program(org, org.diana).delete(f"{ADDRESS}/{kept.id}", reason="Because."), 403, "not_yours")


async def test_people_of_another_organisation_are_nobody(roland: Program, site: Site, owner_engine: Engine) -> None:
    other = make_organisation(owner_engine)

    refused(await roland.post(ADDRESS, days(delegateId=str(other.alex))), 404, "not_found")
    assert site.rows(other, Delegation) == []


async def test_pages_and_days_narrow_the_list(
    roland: Program, site: Site, org: Organisation, owner_engine: Engine
) -> None:
    stand_in(site.engine, org, org.roland, org.alex, first=0, last=2)
    stand_in(site.engine, org, org.roland, org.max, first=5, last=6)
    third = stand_in(site.engine, org, org.roland, org.duane, first=5, last=9)

    first = answered(await roland.get(ADDRESS, first=2), 200)
    rest = answered(await roland.get(ADDRESS, first=2, after=first["meta"]["next"]), 200)

    assert [each["delegateId"] for each in first["items"]] == [str(org.duane), str(org.max)]
    assert [each["delegateId"] for each in rest["items"]] == [str(org.alex)]
    assert rest["meta"]["next"] is None
    in_force = answered(await roland.get(ADDRESS, on=in_days(8)), 200)["items"]
    assert [each["id"] for each in in_force] == [str(third.id)]
    for cursor in ("nonsense", "WyJ4IiwieSJd"):
        assert (await roland.get(ADDRESS, after=cursor)).status_code == 400


async def test_a_token_for_reading_grants_nothing(api: Api, site: Site, org: Organisation) -> None:
    reads = api.program(org, org.roland, Scope.READ, Scope.RECORD, Scope.ADMINISTER)

    refused(await reads.post(ADDRESS, days(delegateId=str(org.alex))), 403, "scope_missing")
    assert site.rows(org, Delegation) == []
