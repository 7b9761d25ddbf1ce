"""Agreements: made and changed by administrators, read by whoever may see the person's time."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.agreements import MOST_OF_A_TARGET
from models.tables.accruals import Agreement
from tests.factories import MONDAY, Organisation, give_role, hire, make_organisation
from tests.web.api.conftest import (
    ACCRUALS,
    AGREEMENTS,
    Api,
    Json,
    Program,
    answered,
    fields_refused,
    recorded,
    refused,
    shift,
)
from web.auth.tokens import Scope

NEXT_YEAR = {"startDate": "2027-04-01", "endDate": "2028-03-31"}
SEEN = 'W/"1"'


def agreed(owner: UUID, **others: object) -> Json:
    """The agreement of somebody for the next year."""
    targets = [{"type": "NIGHT_HOURS", "target": 600}]
    return {"personId": str(owner), **NEXT_YEAR, "standardDayMinutes": 450, "targets": targets} | others


async def kept(program: Program, owner: UUID) -> Json:
    """Somebody's present agreement."""
    (found,) = answered(await program.get(AGREEMENTS, personId=owner, on=MONDAY), 200)["items"]
    return found


async def test_an_agreement_is_made_and_read(suzanne: Program, duane: Program, org: Organisation) -> None:
    targets = [
        {"type": "FLEXIBLE_CREDITS", "target": 6, "openingBalance": -2},
        {"type": "ANNUAL_TARGET_HOURS", "target": 101_232},
    ]

    answer = await suzanne.post(AGREEMENTS, agreed(org.duane, targets=targets))

    made = answered(answer, 201)
    assert answer.headers["Location"] == f"{AGREEMENTS}/{made['id']}"
    assert answer.headers["ETag"] == SEEN
    assert made == {
        "id": made["id"],
        "version": 1,
        "personId": str(org.duane),
        **NEXT_YEAR,
        "standardDayMinutes": 450,
        "targets": [
            {"type": "ANNUAL_TARGET_HOURS", "target": 101_232, "openingBalance": 101_232},
            {"type": "FLEXIBLE_CREDITS", "target": 6, "openingBalance": -2},
        ],
    }
    read = await duane.get(answer.headers["Location"])
    assert (answered(read, 200), read.headers["ETag"]) == (made, SEEN)
    assert answered(await duane.get(AGREEMENTS, on="2027-04-01"), 200)["items"] == [made]
    assert answered(await duane.get(AGREEMENTS, on="2028-04-01"), 200)["items"] == []


async def test_what_nobody_says_is_as_usual(suzanne: Program, org: Organisation) -> None:
    made = answered(await suzanne.post(AGREEMENTS, {"personId": str(org.duane), **NEXT_YEAR}), 201)

    assert (made["standardDayMinutes"], made["targets"]) == (444, [])


async def test_what_was_recorded_before_there_was_an_agreement_counts_at_once(
    suzanne: Program, duane: Program, org: Organisation
) -> None:
    day = date(2027, 4, 5)
    entry = await recorded(duane, shift(org.duane, "00:00", "08:00", day))
    before = answered(await duane.get(ACCRUALS, from_=day, to=day), 200)
    assert before["notCounted"] == [{"timeEntryId": entry["id"], "date": str(day)}]

    answered(await suzanne.post(AGREEMENTS, agreed(org.duane)), 201)

    after = answered(await duane.get(ACCRUALS, from_=day, to=day, type="NIGHT_HOURS"), 200)
    assert [item["balance"] for item in after["items"]] == [600 - 360]
    assert after["notCounted"] == []


async def test_an_agreement_is_changed_in_the_version_that_was_seen(
    suzanne: Program, duane: Program, org: Organisation
) -> None:
    await recorded(duane, shift(org.duane))
    present = await kept(suzanne, org.duane)
    path = f"{AGREEMENTS}/{present['id']}"
    changed = present | {"targets": [{"type": "ANNUAL_TARGET_HOURS", "target": 1_000}]}

    answer = await suzanne.put(path, changed, SEEN)

    said = answered(answer, 200)
    assert (said["version"], answer.headers["ETag"]) == (2, 'W/"2"')
    assert said["targets"] == [{"type": "ANNUAL_TARGET_HOURS", "target": 1_000, "openingBalance": 1_000}]
    assert answered(await duane.get(path), 200) == said
    (left,) = answered(await duane.get(ACCRUALS, from_=MONDAY, type="ANNUAL_TARGET_HOURS"), 200)["items"]
    assert left["balance"] == 1_000 - 480
    assert refused(await suzanne.put(path, changed, SEEN), 412, "stale")["version"] == 2
    refused(await suzanne.put(path, changed, None), 428, "if_match_missing")
    refused(await suzanne.put(path, changed, "nonsense"), 412, "stale")


async def test_an_agreement_stays_that_of_its_person(api: Api, suzanne: Program, org: Organisation) -> None:
    present = await kept(suzanne, org.duane)
    before = api.saved(org)

    wrong = fields_refused(
        await suzanne.put(f"{AGREEMENTS}/{present['id']}", present | {"personId": str(org.max)}, SEEN)
    )

    assert wrong.keys() == {"personId"}
    assert api.saved(org) == before


async def test_two_agreements_of_a_person_never_overlap(api: Api, suzanne: Program, org: Organisation) -> None:
    made = answered(await suzanne.post(AGREEMENTS, agreed(org.duane)), 201)
    before = api.saved(org)

    for start, end in (("2027-03-31", "2027-03-31"), ("2027-01-01", "2029-01-01"), ("2028-03-31", "2028-04-02")):
        body = agreed(org.duane, startDate=start, endDate=end)
        assert fields_refused(await suzanne.post(AGREEMENTS, body)).keys() == {"startDate"}
    earlier = made | {"startDate": "2027-03-01"}
    assert fields_refused(await suzanne.put(f"{AGREEMENTS}/{made['id']}", earlier, SEEN)).keys() == {"startDate"}
    assert api.saved(org) == before
    answered(await suzanne.post(AGREEMENTS, agreed(org.max)), 201)


async def test_every_wrong_field_of_an_agreement_is_named(suzanne: Program, org: Organisation) -> None:
    nonsense = {"personId": "duane", "startDate": "1.4.2027", "standardDayMinutes": 0, "targets": [{"target": -1}]}
    assert fields_refused(await suzanne.post(AGREEMENTS, nonsense)).keys() == {
        "personId",
        "startDate",
        "endDate",
        "standardDayMinutes",
        "targets.0.type",
        "targets.0.target",
    }
    for wrong, field in (
        ({"endDate": "2027-03-31"}, "endDate"),
        ({"endDate": "2031-03-31"}, "endDate"),
        ({"standardDayMinutes": 1441}, "standardDayMinutes"),
        ({"standardDayMinutes": "444"}, "standardDayMinutes"),
        ({"targets": [{"type": "SLEEP", "target": 1}]}, "targets.0.type"),
        ({"targets": [{"type": "NIGHT_HOURS", "target": MOST_OF_A_TARGET + 1}]}, "targets.0.target"),
        ({"targets": [{"type": "NIGHT_HOURS", "target": 1}] * 2}, "targets"),
        ({"targets": [{"type": "NIGHT_HOURS", "target": 1}] * 11}, "targets"),
        ({"targets": None}, "targets"),
    ):
        assert fields_refused(await suzanne.post(AGREEMENTS, agreed(org.duane, **wrong))).keys() == {field}, wrong


async def test_an_agreement_is_made_once(api: Api, suzanne: Program, org: Organisation) -> None:
    key, body = uuid4(), agreed(org.duane)

    answers = [await suzanne.post(AGREEMENTS, body, key) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.text, answer.headers["ETag"]) for answer in answers}) == 1
    assert len([row for row in api.site.rows(org, Agreement) if row.person_id == org.duane]) == 2
    refused(await suzanne.post(AGREEMENTS, body | {"standardDayMinutes": 60}, key), 409, "key_reused")


async def test_a_change_of_an_agreement_happens_once(api: Api, suzanne: Program, org: Organisation) -> None:
    present = await kept(suzanne, org.duane)
    path, key = f"{AGREEMENTS}/{present['id']}", uuid4()
    body = present | {"standardDayMinutes": 60}

    answers = [await suzanne.put(path, body, SEEN, key) for _ in range(2)]

    assert [answered(answer, 200)["version"] for answer in answers] == [2, 2]
    refused(await suzanne.put(path, body | {"standardDayMinutes": 61}, SEEN, key), 409, "key_reused")


async def test_of_two_at_once_one_is_made(api: Api, suzanne: Program, org: Organisation) -> None:
    body = agreed(org.duane)

    answers = await asyncio.gather(*(suzanne.post(AGREEMENTS, body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert len([row for row in api.site.rows(org, Agreement) if row.person_id == org.duane]) == 2


async def test_of_two_changes_at_once_one_is_stale(suzanne: Program, org: Organisation) -> None:
    present = await kept(suzanne, org.duane)
    path = f"{AGREEMENTS}/{present['id']}"
    bodies = [present | {"standardDayMinutes": minutes} for minutes in (60, 61, 62)]

    answers = await asyncio.gather(*(suzanne.put(path, body, SEEN) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_only_administrators_make_and_change_agreements(
    api: Api, org: Organisation, duane: Program, roland: Program, diana: Program
) -> None:
    path = f"{AGREEMENTS}/{(await kept(duane, org.duane))['id']}"
    before = api.saved(org)

    for program in (duane, roland, diana):
        refused(await program.post(AGREEMENTS, agreed(org.duane)), 403, "not_yours")
        refused(await program.put(path, agreed(org.duane), SEEN), 403, "not_yours")
    for scope in (Scope.READ, Scope.RECORD):
        program = api.program(org, org.suzanne, scope)
        refused(await program.post(AGREEMENTS, agreed(org.duane)), 403, "scope_missing")
        refused(await program.put(path, agreed(org.duane), SEEN), 403, "scope_missing")
    assert api.saved(org) == before


async def test_whose_time_one_may_not_see_has_no_agreement(
    api: Api, org: Organisation, alex: Program, suzanne: Program, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    elsewhere = api.program(other, other.suzanne)
    present = await kept(suzanne, org.duane)
    path = f"{AGREEMENTS}/{present['id']}"
    before = api.saved(org)

    for program in (alex, api.program(org, org.max), elsewhere):
        refused(await program.get(path), 404, "not_found")
        refused(await program.get(AGREEMENTS, personId=org.duane), 404, "not_found")
        refused(await program.post(AGREEMENTS, agreed(org.duane)), 404, "not_found")
        refused(await program.put(path, present, SEEN), 404, "not_found")
    refused(await suzanne.post(AGREEMENTS, agreed(uuid4())), 404, "not_found")
    refused(await suzanne.get(f"{AGREEMENTS}/{uuid4()}"), 404, "not_found")
    assert api.saved(org) == before


async def test_without_a_person_the_list_is_ones_own_or_everybodys(
    api: Api, org: Organisation, owner_engine: Engine, suzanne: Program, diana: Program, roland: Program
) -> None:
    make_organisation(owner_engine)
    scheduler = hire(owner_engine, org, "scheduler", "integration")

    for program in (suzanne, diana, api.program(org, scheduler)):
        everybodys = answered(await program.get(AGREEMENTS), 200)["items"]
        assert {each["personId"] for each in everybodys} == {str(id_) for id_ in org.people.values()}
    (own,) = answered(await roland.get(AGREEMENTS), 200)["items"]
    assert own["personId"] == str(org.roland)
    (of_duane,) = answered(await roland.get(AGREEMENTS, personId=org.duane), 200)["items"]
    assert of_duane["personId"] == str(org.duane)


async def test_agreements_come_in_pages(suzanne: Program, org: Organisation) -> None:
    answered(await suzanne.post(AGREEMENTS, agreed(org.duane)), 201)
    whole = answered(await suzanne.get(AGREEMENTS), 200)["items"]
    assert len(whole) == len(org.people) + 1

    pages: list[Json] = []
    after = None
    while len(pages) < len(whole):
        listed = answered(await suzanne.get(AGREEMENTS, first=3, after=after), 200)
        pages += listed["items"]
        after = listed["meta"]["next"]

    assert (pages, after) == (whole, None)


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WyJ4Il0", "WyJ4IiwgInkiXQ"])
async def test_a_cursor_that_was_never_given_is_refused(suzanne: Program, after: str) -> None:
    assert fields_refused(await suzanne.get(AGREEMENTS, after=after)).keys() == {"after"}


async def test_what_is_asked_has_to_make_sense(suzanne: Program) -> None:
    assert fields_refused(await suzanne.get(AGREEMENTS, personId="duane", on="today")).keys() == {"personId", "on"}


async def test_an_agreement_is_never_removed(suzanne: Program, org: Organisation) -> None:
    path = f"{AGREEMENTS}/{(await kept(suzanne, org.duane))['id']}"

    for answer in (await suzanne.delete(path, SEEN), await suzanne.call("PATCH", path, {})):
        assert answer.status_code == 405


async def test_a_supervisor_who_administers_sees_everybodys(
    api: Api, org: Organisation, owner_engine: Engine, roland: Program
) -> None:
    assert len(answered(await roland.get(AGREEMENTS), 200)["items"]) == 1

    give_role(owner_engine, org, org.roland, "administrator")

    assert len(answered(await roland.get(AGREEMENTS), 200)["items"]) == len(org.people)
