"""Flex changes and notes: kept for good, and the entry changed with them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.standard import ABSENCE
from models.tables.timecard import FlexChange, Note
from tests.factories import MONDAY, NEXT_MONDAY, Organisation, change_person
from tests.web.api.conftest import (
    ENTRIES,
    FLEX,
    FLEX_CHANGES,
    NOTES,
    Api,
    Json,
    Program,
    answered,
    bring_to,
    fields_refused,
    recorded,
    refused,
    shift,
)

TUESDAY = MONDAY + timedelta(days=1)


def changing(entry: Json, type_: str, start: str, end: str, **others: object) -> Json:
    """A flex change of Duane's Monday shift."""
    times = shift(entry["ownerId"], start, end, **{"day": MONDAY} | others)  # type: ignore[arg-type]
    named = {"type": type_, "timeEntryId": entry["id"], "timeEntryVersion": 1, "authorisedBy": " Roland Fuller "}
    return named | {name: value for name, value in times.items() if name not in ("ownerId", "timePeriodTypeId", "day")}


def note(org: Organisation, content: str = "The second dog came late.", **others: object) -> Json:
    """Something said about Duane's Monday."""
    return {"ownerId": str(org.duane), "date": str(MONDAY), "content": content} | others


async def test_a_change_is_kept_and_the_entry_follows(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane, task="washing dog"))
    body = changing(entry, "extended", "08:00", "17:00", note="covered", authorisedById=str(org.roland))

    answer = await duane.post(FLEX, body)

    change = answered(answer, 201)
    assert answer.headers["Location"] == f"{FLEX_CHANGES}/{change['id']}"
    assert change | {"id": "", "createdAt": ""} == {
        "id": "",
        "type": "extended",
        "satisfies": ["extended", "altered"],
        "ownerId": str(org.duane),
        "timesheetId": entry["timesheetId"],
        "timeEntryId": entry["id"],
        "timeEntryVersion": 1,
        "timeEntryIdAfter": entry["id"],
        "timeEntryVersionAfter": 2,
        "date": str(MONDAY),
        "authorisedBy": "Roland Fuller",
        "authorisedById": str(org.roland),
        "authorId": str(org.duane),
        "onBehalfOf": None,
        "note": "covered",
        "createdAt": "",
        "reversedBy": None,
    }
    assert answered(await duane.get(answer.headers["Location"]), 200) == change
    assert answered(await duane.get(FLEX_CHANGES, from_=MONDAY, to=MONDAY), 200)["items"] == [change]
    assert answered(await duane.get(FLEX_CHANGES, from_=TUESDAY), 200)["items"] == []
    changed = answered(await duane.get(f"{ENTRIES}/{entry['id']}"), 200)
    assert (changed["version"], changed["actualStartTime"][11:16], changed["task"]) == (2, "08:00", "washing dog")


@pytest.mark.parametrize(
    ("type_", "start", "end", "satisfies"),
    [
        ("extended", "09:00", "17:30", []),
        ("extended", "08:45", "17:16", None),
        ("altered", "08:01", "17:59", ["extended"]),
        ("altered", "08:00", "16:00", None),
        ("curtailed", "09:00", "15:01", []),
        ("curtailed", "09:00", "15:00", None),
        ("curtailed", "09:01", "14:00", []),
        ("completelyChanged", "08:00", "18:00", ["extended", "altered"]),
    ],
)
async def test_the_named_type_has_to_be_true(
    duane: Program, org: Organisation, type_: str, start: str, end: str, satisfies: list[str] | None
) -> None:
    entry = await recorded(duane, shift(org.duane))

    answer = await duane.post(FLEX, changing(entry, type_, start, end))

    if satisfies is None:
        assert type_ in answered(answer, 201)["satisfies"]
    else:
        (wrong,) = answered(answer, 400)
        assert (wrong["field"], wrong["data"]) == ("type", satisfies)


@pytest.mark.parametrize("day", [TUESDAY, NEXT_MONDAY], ids=["same week", "next week"])
async def test_a_shift_moves_to_another_day_in_the_place_of_the_day_off(
    api: Api, duane: Program, org: Organisation, day: object
) -> None:
    entry = await recorded(duane, shift(org.duane))
    off = await recorded(duane, shift(org.duane, "00:00", "24:00", day, timePeriodTypeId=str(ABSENCE)))  # type: ignore[arg-type]
    key = uuid4()
    body = changing(entry, "completelyChanged", "09:00", "17:00", day=day)

    answers = [await duane.post(FLEX, body, key) for _ in range(2)]

    change = answered(answers[0], 201)
    assert answered(answers[1], 201) == change
    assert (change["timeEntryIdAfter"], change["date"]) == (off["id"], str(day))
    refused(await duane.get(f"{ENTRIES}/{entry['id']}"), 410, "removed")
    assert answered(await duane.get(f"{ENTRIES}/{off['id']}"), 200)["timePeriodTypeId"] == entry["timePeriodTypeId"]
    assert len(api.site.rows(org, FlexChange)) == 1


async def test_only_the_version_that_was_seen_is_changed(api: Api, duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    answered(await duane.put(f"{ENTRIES}/{entry['id']}", shift(org.duane, "10:00"), 'W/"1"'), 200)
    body = changing(entry, "altered", "08:00", "17:00")
    before = api.saved(org)

    assert refused(await duane.post(FLEX, body), 412, "stale")["version"] == 2
    assert refused(await duane.post(FLEX, body | {"timeEntryVersion": 3}), 412, "stale")["version"] == 2
    assert api.saved(org) == before
    answered(await duane.delete(f"{ENTRIES}/{entry['id']}", 'W/"2"'), 204)
    refused(await duane.post(FLEX, body | {"timeEntryVersion": 3}), 410, "removed")


async def test_every_wrong_field_of_a_change_is_named(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    body = changing(entry, "slid", "08:00", "18:00", note="x" * 251) | {"authorisedBy": " ", "timeEntryVersion": True}

    wrong = fields_refused(await duane.post(FLEX, body))

    assert wrong.keys() == {"type", "authorisedBy", "note", "timeEntryVersion"}
    assert fields_refused(await duane.post(FLEX, {})).keys() == {
        "type",
        "timeEntryId",
        "timeEntryVersion",
        "actualStartTime",
        "actualEndTime",
        "authorisedBy",
    }
    backwards = changing(entry, "altered", "18:00", "08:00")
    assert fields_refused(await duane.post(FLEX, backwards)).keys() == {"endTime"}


async def test_a_change_needs_an_entry(duane: Program, org: Organisation) -> None:
    nothing = {"id": str(uuid4()), "ownerId": str(org.duane)}

    refused(await duane.post(FLEX, changing(nothing, "altered", "08:00", "18:00")), 404, "not_found")


async def test_a_change_happens_once(api: Api, duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    key, body = uuid4(), changing(entry, "altered", "08:00", "18:00")

    answers = [await duane.post(FLEX, body, key) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(api.site.rows(org, FlexChange)) == 1
    refused(await duane.post(FLEX, body | {"note": "x"}, key), 409, "key_reused")


async def test_others_change_and_say_with_a_reason(
    roland: Program, duane: Program, suzanne: Program, org: Organisation
) -> None:
    entry = await recorded(duane, shift(org.duane))
    body = changing(entry, "altered", "08:00", "18:00")
    refused(await roland.post(FLEX, body), 400, "reason_required")
    refused(await roland.post(NOTES, note(org)), 400, "reason_required")

    assert answered(await roland.post(FLEX, body | {"reason": "He rang."}), 201)["authorId"] == str(org.roland)
    said = answered(await suzanne.post(NOTES, note(org, reason="He asked me to.", onBehalfOf=str(org.duane))), 201)
    assert (said["authorId"], said["onBehalfOf"]) == (str(org.suzanne), str(org.duane))


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED, State.REJECTED, State.LOCKED])
async def test_what_is_certified_takes_no_change_and_no_note(
    api: Api, duane: Program, org: Organisation, state: State
) -> None:
    _, entry, _ = await bring_to(api.site, org, state)
    before = api.saved(org)
    known = {"id": entry, "ownerId": str(org.duane)}

    for answer in (
        await duane.post(FLEX, changing(known, "altered", "08:00", "18:00", reason="Because.")),
        await duane.post(NOTES, note(org)),
    ):
        assert refused(answer, 409, "wrong_state")["state"] == state.value
    assert api.saved(org) == before


async def test_nothing_is_edited_or_removed(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    change = answered(await duane.post(FLEX, changing(entry, "altered", "08:00", "18:00")), 201)
    said = answered(await duane.post(NOTES, note(org)), 201)

    for path in (f"{FLEX_CHANGES}/{change['id']}", f"{NOTES}/{said['id']}"):
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            answer = await duane.call(method, path, {})
            assert refused(answer, 405)["message"]
            assert answer.headers["Allow"] == "GET"


async def test_a_note_is_said_and_read(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    answer = await duane.post(NOTES, note(org, " It took longer. ", timeEntryId=entry["id"]))

    said = answered(answer, 201)
    assert answer.headers["Location"] == f"{NOTES}/{said['id']}"
    assert said | {"id": "", "createdAt": ""} == {
        "id": "",
        "ownerId": str(org.duane),
        "timesheetId": entry["timesheetId"],
        "date": str(MONDAY),
        "content": "It took longer.",
        "timeEntryId": entry["id"],
        "timeEntryVersion": 1,
        "authorId": str(org.duane),
        "onBehalfOf": None,
        "createdAt": "",
    }
    assert answered(await duane.get(answer.headers["Location"]), 200) == said
    assert answered(await duane.get(NOTES, from_=MONDAY, to=MONDAY), 200)["items"] == [said]
    assert answered(await duane.get(NOTES, to=MONDAY - timedelta(days=1)), 200)["items"] == []


@pytest.mark.parametrize(
    ("content", "status"), [("x" * 250, 201), ("ü" * 250, 201), ("x" * 251, 400), ("", 400), (" \n", 400)]
)
async def test_a_note_is_short_and_says_something(duane: Program, org: Organisation, content: str, status: int) -> None:
    answer = await duane.post(NOTES, note(org, content))

    assert answer.status_code == status
    assert status == 201 or fields_refused(answer).keys() == {"content"}


async def test_a_note_is_said_once(api: Api, duane: Program, org: Organisation) -> None:
    key = uuid4()

    answers = [await duane.post(NOTES, note(org), key) for _ in range(3)]

    assert len({answer.text for answer in answers}) == 1
    assert len(api.site.rows(org, Note)) == 1
    refused(await duane.post(NOTES, note(org, "Something else."), key), 409, "key_reused")


async def test_a_note_opens_the_week_of_its_day(api: Api, duane: Program, org: Organisation) -> None:
    said = answered(await duane.post(NOTES, note(org, date="2026-12-31")), 201)

    assert said["timesheetId"] == str(org.key(org.duane, MONDAY.replace(month=12, day=31)).timesheet_id)


async def test_changes_of_somebody_deactivated_stay_readable(
    api: Api, duane: Program, roland: Program, org: Organisation, owner_engine: Engine
) -> None:
    said = answered(await duane.post(NOTES, note(org)), 201)

    change_person(owner_engine, org.duane, active=False)

    assert answered(await roland.get(f"{NOTES}/{said['id']}"), 200) == said
