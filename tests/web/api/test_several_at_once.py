"""PATCH: several entries, of several people, in one call: all of them or none."""

from datetime import timedelta
from uuid import uuid4

from models.rules.transitions import State
from models.tables.timecard import TimeEntry
from tests.factories import MONDAY, NEXT_MONDAY, Organisation
from tests.web.api.conftest import (
    ENTRIES,
    SHEETS,
    Api,
    Json,
    Program,
    answered,
    bring_to,
    recorded,
    refused,
    shift,
)
from tests.web.conftest import Site


def replacing(entry: Json, value: Json, version: int = 1) -> Json:
    """One of several changes."""
    return {"op": "replace", "path": f"/{entry['id']}", "value": value | {"version": version}}


async def days(program: Program, org: Organisation, count: int = 3) -> list[Json]:
    """A shift of Duane's on as many days."""
    return [await recorded(program, shift(org.duane, day=MONDAY + timedelta(days=number))) for number in range(count)]


def later(org: Organisation, number: int, **others: object) -> Json:
    """The shift of a day, an hour later."""
    return shift(org.duane, "10:00", "18:00", MONDAY + timedelta(days=number), **others)


async def test_several_entries_are_replaced(duane: Program, org: Organisation) -> None:
    entries = await days(duane, org)

    answer = await duane.patch(ENTRIES, [replacing(each, later(org, n)) for n, each in reversed([*enumerate(entries)])])

    listed = answered(answer, 200)
    assert listed["meta"] == {"next": None}
    assert [item["id"] for item in listed["items"]] == [each["id"] for each in reversed(entries)]
    assert {item["version"] for item in listed["items"]} == {2}
    assert listed["items"] == answered(await duane.get(ENTRIES), 200)["items"][::-1]


async def test_one_stale_version_stops_all_of_it(api: Api, duane: Program, org: Organisation) -> None:
    entries = await days(duane, org)
    answered(await duane.put(f"{ENTRIES}/{entries[1]['id']}", later(org, 1), 'W/"1"'), 200)
    before = api.saved(org)

    answer = await duane.patch(ENTRIES, [replacing(each, later(org, n)) for n, each in enumerate(entries)])

    said = refused(answer, 412, "stale")
    assert (said["path"], said["version"]) == (f"/{entries[1]['id']}", 2)
    assert api.saved(org) == before


async def test_one_wrong_field_stops_all_of_it(api: Api, duane: Program, org: Organisation) -> None:
    entries = await days(duane, org)
    before = api.saved(org)
    values = [later(org, 0), shift(org.duane, "10:00", "09:00", MONDAY + timedelta(days=1)), later(org, 2)]

    answer = await duane.patch(ENTRIES, [replacing(*each) for each in zip(entries, values, strict=True)])

    (wrong,) = answered(answer, 400)
    assert (wrong["path"], wrong["field"]) == (f"/{entries[1]['id']}", "endTime")
    assert wrong["message"] == "End time must be after start time"
    assert api.saved(org) == before


async def test_an_overlap_names_its_entry_and_what_is_in_the_way(api: Api, duane: Program, org: Organisation) -> None:
    entries = await days(duane, org, 2)
    onto_monday = replacing(entries[1], shift(org.duane, "16:00", "18:00"))

    (wrong,) = answered(await duane.patch(ENTRIES, [replacing(entries[0], later(org, 0)), onto_monday]), 400)

    assert (wrong["path"], wrong["field"]) == (f"/{entries[1]['id']}", "startAndEndTime")
    assert [each["timePeriodTypeId"] for each in wrong["data"]] == [entries[0]["timePeriodTypeId"]]


async def test_what_cannot_be_read_names_its_place(duane: Program, org: Organisation) -> None:
    (entry,) = await days(duane, org, 1)
    good = replacing(entry, later(org, 0))
    wrong = [
        good | {"op": "remove"},
        good | {"path": entry["id"]},
        good | {"path": "/nothing"},
        good | {"value": None},
        replacing(entry, {}),
        good | {"value": later(org, 0)},
        good | {"value": later(org, 0) | {"version": "1"}},
    ]

    for number, each in enumerate(wrong):
        said = answered(await duane.patch(ENTRIES, [good, each]), 400)
        assert {item["field"].partition(".")[0] for item in said} == {"1"}, number
    bodies: list[Json] = [[], {}, None, "x", good, [good] * 201]
    for body in bodies:
        assert (await duane.patch(ENTRIES, body)).status_code == 400


async def test_what_is_not_there_names_its_path(duane: Program, org: Organisation) -> None:
    (entry,) = await days(duane, org, 1)
    nothing = {"id": "-" * 36}

    for missing in ({"id": str(uuid4())}, nothing):
        each = replacing(missing, later(org, 0))
        said = refused(await duane.patch(ENTRIES, [replacing(entry, later(org, 0)), each]), 404, "not_found")
        assert said["path"] == each["path"]


async def test_what_was_removed_names_its_path(duane: Program, org: Organisation) -> None:
    entries = await days(duane, org, 2)
    answered(await duane.delete(f"{ENTRIES}/{entries[1]['id']}", 'W/"1"'), 204)

    answer = await duane.patch(ENTRIES, [replacing(each, later(org, n), n + 1) for n, each in enumerate(entries)])

    assert refused(answer, 410, "removed")["path"] == f"/{entries[1]['id']}"


async def test_the_same_call_with_the_same_key_happens_once(site: Site, duane: Program, org: Organisation) -> None:
    entries = await days(duane, org, 2)
    key, moved = uuid4(), shift(org.duane, day=NEXT_MONDAY)
    body = [replacing(entries[0], later(org, 0)), replacing(entries[1], moved)]

    answers = [await duane.patch(ENTRIES, body, key) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert {row.version for row in site.rows(org, TimeEntry)} == {2}
    refused(await duane.patch(ENTRIES, body[:1], key), 409, "key_reused")


async def test_entries_of_several_people_on_behalf_of_each(suzanne: Program, duane: Program, org: Organisation) -> None:
    why: dict[str, Json] = {"reason": "They are on the road."}
    theirs = [await recorded(suzanne, shift(owner, onBehalfOf=str(owner), **why)) for owner in (org.duane, org.max)] + [
        await recorded(suzanne, shift(org.suzanne))
    ]
    values = [shift(owner, "10:00", onBehalfOf=str(owner), **why) for owner in (org.duane, org.max)] + [
        shift(org.suzanne, "10:00")
    ]

    listed = answered(
        await suzanne.patch(ENTRIES, [replacing(*each) for each in zip(theirs, values, strict=True)]), 200
    )

    assert [item["onBehalfOf"] for item in listed["items"]] == [str(org.duane), str(org.max), None]
    assert {item["recordedById"] for item in listed["items"]} == {str(org.suzanne)}


async def test_each_of_several_needs_its_own_right_and_reason(
    api: Api, suzanne: Program, roland: Program, duane: Program, org: Organisation
) -> None:
    duanes = await recorded(duane, shift(org.duane))
    suzannes = await recorded(suzanne, shift(org.suzanne))
    before = api.saved(org)
    own = replacing(suzannes, shift(org.suzanne, "10:00"))
    for_duane = shift(org.duane, "10:00", onBehalfOf=str(org.duane), reason="He is ill.")

    for value, status, code in (
        (for_duane | {"onBehalfOf": None}, 403, "not_yours"),
        (for_duane | {"reason": None}, 400, "reason_required"),
        (for_duane | {"onBehalfOf": str(org.roland)}, 403, "not_yours"),
    ):
        answer = await suzanne.patch(ENTRIES, [own, replacing(duanes, value)])
        assert refused(answer, status, code)["path"] == f"/{duanes['id']}"
    # What Roland may change, and what he may not see.
    changes = [replacing(duanes, shift(org.duane, "10:00", reason="Later.")), own]
    assert refused(await roland.patch(ENTRIES, changes), 404, "not_found")["path"] == f"/{suzannes['id']}"
    assert api.saved(org) == before


async def test_one_certified_week_stops_all_of_it(api: Api, duane: Program, org: Organisation) -> None:
    _, certified, _ = await bring_to(api.site, org, State.SUBMITTED)
    free = await recorded(duane, shift(org.duane, day=NEXT_MONDAY))
    before = api.saved(org)
    body = [replacing(free, shift(org.duane, "10:00", day=NEXT_MONDAY)), replacing({"id": certified}, later(org, 0))]

    said = refused(await duane.patch(ENTRIES, body), 409, "wrong_state")

    assert (said["path"], said["state"]) == (f"/{certified}", "submitted")
    assert api.saved(org) == before


async def test_two_entries_change_places(duane: Program, org: Organisation) -> None:
    """One after the other: the first makes room for the second."""
    morning = await recorded(duane, shift(org.duane, "08:00", "12:00"))
    noon = await recorded(duane, shift(org.duane, "12:00", "13:00"))
    body = [replacing(morning, shift(org.duane, "08:00", "11:00")), replacing(noon, shift(org.duane, "11:00", "13:00"))]

    answered(await duane.patch(ENTRIES, body), 200)

    sheet = answered(await duane.get(f"{SHEETS}/{morning['timesheetId']}"), 200)
    assert sheet["totalMinutes"] == 300
