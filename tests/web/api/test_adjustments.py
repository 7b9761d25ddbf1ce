"""Adjustments: given and taken by administrators for good, never on their own balances."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.agreements import MOST_OF_A_TARGET
from models.tables.accruals import Adjustment
from tests.factories import MONDAY, Organisation, give_role, make_organisation
from tests.web.api.conftest import (
    ACCRUALS,
    ADJUSTMENTS,
    FLEX,
    FLEX_CHANGES,
    Api,
    Json,
    Program,
    answered,
    fields_refused,
    flex,
    recorded,
    refused,
    shift,
)
from web.auth.tokens import Scope

TUESDAY = MONDAY + timedelta(days=1)


def given(person: UUID, **others: object) -> Json:
    """Two hours of the target given to somebody on the Monday."""
    said = {"type": "ANNUAL_TARGET_HOURS", "date": str(MONDAY), "value": 120, "reason": "Worked at the other site."}
    return {"personId": str(person), **said} | others


async def balance(program: Program, day: date, type_: str = "ANNUAL_TARGET_HOURS") -> int:
    """What remains of Duane's on a day."""
    (item,) = answered(await program.get(ACCRUALS, from_=day, to=day, type=type_), 200)["items"]
    left: int = item["balance"]
    return left


async def changed(program: Program, owner: UUID) -> Json:
    """A flex change of somebody's Monday."""
    entry = await recorded(program, shift(owner))
    return answered(await program.post(FLEX, shift(owner, "08:00", "18:00") | flex(entry["id"])), 201)


def reversing(change: Json, **others: object) -> Json:
    """What gives back the credit of a flex change."""
    said = {"type": "FLEXIBLE_CREDITS", "value": 1, "date": change["date"], "reversesFlexChangeId": change["id"]}
    return given(UUID(change["ownerId"])) | said | others


async def test_an_adjustment_raises_what_remains_from_its_day_on(
    suzanne: Program, duane: Program, org: Organisation
) -> None:
    await recorded(duane, shift(org.duane))

    answer = await suzanne.post(ADJUSTMENTS, given(org.duane, reason=" Worked at the other site. "))

    made = answered(answer, 201)
    assert answer.headers["Location"] == f"{ADJUSTMENTS}/{made['id']}"
    assert made == given(org.duane) | {
        "id": made["id"],
        "reversesFlexChangeId": None,
        "authorisedById": str(org.suzanne),
        "recordedAt": made["recordedAt"],
    }
    assert answered(await duane.get(answer.headers["Location"]), 200) == made
    assert answered(await duane.get(ADJUSTMENTS), 200)["items"] == [made]
    before = await balance(duane, MONDAY - timedelta(days=1))
    assert await balance(duane, MONDAY) == before - 480 + 120
    assert await balance(duane, TUESDAY) == before - 480 + 120


async def test_an_adjustment_below_zero_takes(suzanne: Program, duane: Program, org: Organisation) -> None:
    answered(await suzanne.post(ADJUSTMENTS, given(org.duane, value=-5, type="FLEXIBLE_CREDITS")), 201)

    assert await balance(duane, MONDAY, "FLEXIBLE_CREDITS") == -5


async def test_adjustments_are_found_by_person_day_and_type(
    suzanne: Program, duane: Program, roland: Program, org: Organisation
) -> None:
    made = [
        answered(await suzanne.post(ADJUSTMENTS, body), 201)
        for body in (
            given(org.duane),
            given(org.duane, type="NIGHT_HOURS", date=str(TUESDAY)),
            given(org.max, date=str(TUESDAY)),
        )
    ]

    async def found(program: Program, **query: object) -> list[Json]:
        return list(answered(await program.get(ADJUSTMENTS, **query), 200)["items"])

    assert await found(duane) == made[:2]
    assert await found(duane, from_=TUESDAY) == made[1:2]
    assert await found(duane, to=MONDAY) == made[:1]
    assert await found(duane, type="NIGHT_HOURS") == made[1:2]
    assert await found(roland) == []
    assert await found(roland, personId=org.max) == made[2:]
    everybodys = await found(suzanne)
    assert sorted(each["id"] for each in everybodys) == sorted(each["id"] for each in made)
    first = answered(await suzanne.get(ADJUSTMENTS, first=2), 200)
    second = answered(await suzanne.get(ADJUSTMENTS, first=2, after=first["meta"]["next"]), 200)
    assert (first["items"] + second["items"], second["meta"]["next"]) == (everybodys, None)


async def test_every_wrong_field_of_an_adjustment_is_named(api: Api, suzanne: Program, org: Organisation) -> None:
    before = api.saved(org)
    assert fields_refused(await suzanne.post(ADJUSTMENTS, {})).keys() == {
        "personId",
        "type",
        "date",
        "value",
        "reason",
    }
    for wrong, field in (
        ({"value": 0}, "value"),
        ({"value": 1.5}, "value"),
        ({"value": MOST_OF_A_TARGET + 1}, "value"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 251}, "reason"),
        ({"type": "SLEEP"}, "type"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "2020-01-06"}, "date"),
        ({"reversesFlexChangeId": "x"}, "reversesFlexChangeId"),
        ({"reversesFlexChangeId": str(uuid4())}, "reversesFlexChangeId"),
    ):
        assert fields_refused(await suzanne.post(ADJUSTMENTS, given(org.duane, **wrong))).keys() == {field}, wrong
    assert api.saved(org) == before


async def test_an_adjustment_is_made_once(api: Api, suzanne: Program, duane: Program, org: Organisation) -> None:
    key, before = uuid4(), await balance(duane, MONDAY)

    answers = [await suzanne.post(ADJUSTMENTS, given(org.duane), key) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await balance(duane, MONDAY) == before + 120
    refused(await suzanne.post(ADJUSTMENTS, given(org.duane, value=121), key), 409, "key_reused")
    assert len(api.site.rows(org, Adjustment)) == 1


async def test_adjustments_at_once_all_count(suzanne: Program, duane: Program, org: Organisation) -> None:
    before = await balance(duane, MONDAY)

    answers = await asyncio.gather(*(suzanne.post(ADJUSTMENTS, given(org.duane, value=7)) for _ in range(6)))

    assert {answer.status_code for answer in answers} == {201}
    assert await balance(duane, MONDAY) == before + 42


async def test_the_same_call_at_once_counts_once(suzanne: Program, duane: Program, org: Organisation) -> None:
    before, key = await balance(duane, MONDAY), uuid4()

    answers = await asyncio.gather(*(suzanne.post(ADJUSTMENTS, given(org.duane), key) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await balance(duane, MONDAY) == before + 120


async def test_a_flex_change_is_reversed_once(suzanne: Program, duane: Program, org: Organisation) -> None:
    change = await changed(duane, org.duane)
    assert change["reversedBy"] is None
    assert await balance(duane, MONDAY, "FLEXIBLE_CREDITS") == -1

    made = answered(await suzanne.post(ADJUSTMENTS, reversing(change)), 201)

    assert made["reversesFlexChangeId"] == change["id"]
    assert await balance(duane, MONDAY, "FLEXIBLE_CREDITS") == 0
    assert answered(await duane.get(f"{FLEX_CHANGES}/{change['id']}"), 200) == change | {"reversedBy": made["id"]}
    assert answered(await duane.get(FLEX_CHANGES), 200)["items"] == [change | {"reversedBy": made["id"]}]
    assert fields_refused(await suzanne.post(ADJUSTMENTS, reversing(change))).keys() == {"reversesFlexChangeId"}
    assert await balance(duane, MONDAY, "FLEXIBLE_CREDITS") == 0


async def test_of_reversals_at_once_one_is_made(suzanne: Program, duane: Program, org: Organisation) -> None:
    change = await changed(duane, org.duane)

    answers = await asyncio.gather(*(suzanne.post(ADJUSTMENTS, reversing(change)) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert await balance(duane, MONDAY, "FLEXIBLE_CREDITS") == 0


async def test_a_reversal_is_that_of_its_change(api: Api, suzanne: Program, duane: Program, org: Organisation) -> None:
    change = await changed(duane, org.duane)
    before = api.saved(org)

    for wrong, field in (
        ({"personId": str(org.max)}, "reversesFlexChangeId"),
        ({"type": "NIGHT_HOURS"}, "type"),
        ({"value": 2}, "value"),
        ({"value": -1}, "value"),
        ({"date": str(TUESDAY)}, "value"),
    ):
        assert fields_refused(await suzanne.post(ADJUSTMENTS, reversing(change, **wrong))).keys() == {field}, wrong
    assert api.saved(org) == before


async def test_nobody_adjusts_their_own_balances(
    api: Api, suzanne: Program, org: Organisation, owner_engine: Engine
) -> None:
    give_role(owner_engine, org, org.roland, "administrator")
    before = api.saved(org)

    refused(await suzanne.post(ADJUSTMENTS, given(org.suzanne)), 403, "own_time")

    assert api.saved(org) == before
    answered(await api.program(org, org.roland).post(ADJUSTMENTS, given(org.suzanne)), 201)


async def test_only_administrators_adjust(
    api: Api, org: Organisation, duane: Program, roland: Program, diana: Program
) -> None:
    before = api.saved(org)

    for program in (duane, roland, diana):
        refused(await program.post(ADJUSTMENTS, given(org.duane)), 403, "not_yours")
    for scope in (Scope.READ, Scope.RECORD, Scope.DECIDE):
        refused(await api.program(org, org.suzanne, scope).post(ADJUSTMENTS, given(org.duane)), 403, "scope_missing")
    assert api.saved(org) == before


async def test_whose_time_one_may_not_see_has_no_adjustments(
    api: Api, org: Organisation, alex: Program, suzanne: Program, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    made = answered(await suzanne.post(ADJUSTMENTS, given(org.duane)), 201)
    before = api.saved(org)

    for program in (alex, api.program(org, org.max), api.program(other, other.suzanne)):
        refused(await program.get(f"{ADJUSTMENTS}/{made['id']}"), 404, "not_found")
        refused(await program.get(ADJUSTMENTS, personId=org.duane), 404, "not_found")
        refused(await program.post(ADJUSTMENTS, given(org.duane)), 404, "not_found")
    refused(await suzanne.post(ADJUSTMENTS, given(uuid4())), 404, "not_found")
    refused(await suzanne.get(f"{ADJUSTMENTS}/{uuid4()}"), 404, "not_found")
    assert api.saved(org) == before


async def test_an_adjustment_never_changes(api: Api, suzanne: Program, org: Organisation) -> None:
    made = answered(await suzanne.post(ADJUSTMENTS, given(org.duane)), 201)
    before = api.saved(org)

    for method in ("PUT", "PATCH", "DELETE"):
        answer = await suzanne.call(method, f"{ADJUSTMENTS}/{made['id']}", given(org.duane), seen='W/"1"')
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET"

    assert api.saved(org) == before


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WyJ4Il0", "WyJ4IiwgInkiLCAieiJd", "WyJ4IiwgInkiXQ"])
async def test_a_cursor_that_was_never_given_is_refused(suzanne: Program, after: str) -> None:
    assert fields_refused(await suzanne.get(ADJUSTMENTS, after=after)).keys() == {"after"}


async def test_what_is_asked_has_to_make_sense(suzanne: Program) -> None:
    assert fields_refused(await suzanne.get(ADJUSTMENTS, from_=TUESDAY, to=MONDAY)).keys() == {"to"}
    assert fields_refused(await suzanne.get(ADJUSTMENTS, type="SLEEP", personId="x")).keys() == {"type", "personId"}
