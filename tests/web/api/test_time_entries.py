"""Time entries one by one: recorded, read, replaced, removed, with versions, and once per key."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.standard import ABSENCE, SHIFT
from models.tables.timecard import TimeEntry
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, Organisation, change_person, change_policy, change_type
from tests.web.api.conftest import (
    AGREEMENTS,
    ENTRIES,
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
from tests.web.conftest import Site

FIELDS = {
    "id",
    "version",
    "tenantId",
    "ownerId",
    "timesheetId",
    "timePeriodTypeId",
    "actualStartTime",
    "actualEndTime",
    "plannedStartTime",
    "plannedEndTime",
    "confirmed",
    "projectId",
    "task",
    "shiftType",
    "mealBreakMinutes",
    "recordedAt",
    "recordedById",
    "onBehalfOf",
    "reason",
    "deleted",
    "counted",
}


def at_entry(entry: Json) -> str:
    return f"{ENTRIES}/{entry['id']}"


async def test_time_is_recorded_and_read_again(duane: Program, org: Organisation) -> None:
    project = str(org.projects["proj-533"])
    body = shift(
        org.duane,
        actualStartTime="2026-11-18T10:08:00+05:30",
        actualEndTime="2026-11-18T05:00:00Z",
        projectId=project,
        task=" washing dog ",
        shiftType="early",
        mealBreakMinutes=5,
        note="The second dog came without an appointment.",
    )

    answer = await duane.post(ENTRIES, body)
    entry = answered(answer, 201)

    assert set(entry) == FIELDS
    assert answer.headers["Location"] == at_entry(entry)
    assert answer.headers["ETag"] == 'W/"1"'
    assert entry | {"id": "", "recordedAt": ""} == {
        "id": "",
        "version": 1,
        "tenantId": str(org.tenant_id),
        "ownerId": str(org.duane),
        "timesheetId": str(org.key(org.duane).timesheet_id),
        "timePeriodTypeId": str(SHIFT),
        "actualStartTime": "2026-11-18T10:08:00+05:30",
        "actualEndTime": "2026-11-18T05:00:00+00:00",
        "plannedStartTime": None,
        "plannedEndTime": None,
        "confirmed": True,
        "projectId": project,
        "task": "washing dog",
        "shiftType": "early",
        "mealBreakMinutes": 5,
        "recordedAt": "",
        "recordedById": str(org.duane),
        "onBehalfOf": None,
        "reason": None,
        "deleted": False,
        "counted": True,
    }
    read = await duane.get(answer.headers["Location"], tenantId=org.tenant_id)
    assert answered(read, 200) == entry
    assert read.headers["ETag"] == 'W/"1"'
    (note,) = answered(await duane.get(NOTES), 200)["items"]
    assert (note["timeEntryId"], note["timeEntryVersion"]) == (entry["id"], 1)


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [
        ("2026-03-31T08:00:00+01:00", "2026-03-31T16:00:00+01:00", False),
        ("2026-03-31T22:00:00+01:00", "2026-04-01T06:00:00+01:00", False),
        ("2026-04-01T00:00:00+01:00", "2026-04-01T06:00:00+01:00", True),
        ("2027-03-31T22:00:00+01:00", "2027-04-01T00:00:00+01:00", True),
        ("2027-03-31T22:00:00+01:00", "2027-04-01T00:01:00+01:00", False),
        ("2027-03-31T22:00:00+01:00", None, True),
        ("2027-04-01T22:00:00+01:00", None, False),
    ],
)
async def test_an_entry_says_whether_an_agreement_covers_its_days(
    duane: Program, org: Organisation, start: str, end: str | None, counted: bool
) -> None:
    body = shift(org.duane, None, None, actualStartTime=start, actualEndTime=end)

    entry = await recorded(duane, body)

    assert entry["counted"] is counted
    assert answered(await duane.get(ENTRIES), 200)["items"] == [entry]
    assert answered(await duane.get(f"{at_entry(entry)}/versions"), 200)["items"] == [entry]


async def test_days_of_two_agreements_are_covered_and_days_are_local(
    duane: Program, suzanne: Program, org: Organisation, owner_engine: Engine
) -> None:
    times = {"actualStartTime": "2027-03-31T12:00:00+01:00", "actualEndTime": "2027-04-01T06:00:00+01:00"}
    entry = await recorded(duane, shift(org.duane, None, None) | times)
    assert not entry["counted"]

    april = {"personId": str(org.duane), "startDate": "2027-04-01", "endDate": "2027-04-01"}
    answered(await suzanne.post(AGREEMENTS, april), 201)

    assert answered(await duane.get(at_entry(entry)), 200)["counted"]
    change_person(owner_engine, org.duane, time_zone="Pacific/Kiritimati")
    assert answered(await duane.get(at_entry(entry)), 200)["counted"]
    change_person(owner_engine, org.duane, time_zone="Europe/London")
    later = times | {"actualEndTime": "2027-04-02T00:30:00+01:00"}
    changed = await duane.put(at_entry(entry), shift(org.duane, None, None) | later, 'W/"1"')
    assert not answered(changed, 200)["counted"]
    change_person(owner_engine, org.duane, time_zone="Atlantic/Azores")
    assert answered(await duane.get(at_entry(entry)), 200)["counted"]


async def test_an_entry_may_still_run(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane, end=None))

    assert entry["actualEndTime"] is None


async def test_what_is_not_known_is_left_aside(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane, plannedStartTime="2026-11-16T08:00:00Z", deleted=True, x={"y": []}))

    assert (entry["plannedStartTime"], entry["deleted"]) == (None, False)


async def test_every_wrong_field_is_named(duane: Program, org: Organisation) -> None:
    body = {"actualStartTime": "yesterday", "task": "x" * 201, "mealBreakMinutes": -1, "projectId": "proj-533"}

    assert fields_refused(await duane.post(ENTRIES, body)).keys() == {
        "ownerId",
        "timePeriodTypeId",
        "actualStartTime",
        "task",
        "mealBreakMinutes",
        "projectId",
    }


async def test_the_type_decides_which_fields_there_are(duane: Program, org: Organisation, owner_engine: Engine) -> None:
    hidden: dict[str, Json] = {
        "projectId": str(org.projects["proj-533"]),
        "mealBreakMinutes": 30,
        "timePeriodTypeId": str(ABSENCE),
    }
    assert fields_refused(await duane.post(ENTRIES, shift(org.duane, "00:00", "24:00", **hidden))).keys() == {
        "projectId",
        "mealBreakMinutes",
    }
    assert "startTime" in fields_refused(await duane.post(ENTRIES, shift(org.duane, timePeriodTypeId=str(ABSENCE))))
    await recorded(duane, shift(org.duane, "00:00", "24:00", timePeriodTypeId=str(ABSENCE)))

    required = dict.fromkeys(("project", "task", "note", "mealBreak"), "required")
    change_type(owner_engine, org, SHIFT, fields=required)
    missing = await duane.post(ENTRIES, shift(org.duane, day=MONDAY + timedelta(days=1)))
    assert fields_refused(missing).keys() == {"projectId", "task", "note", "mealBreakMinutes"}


async def test_unknown_type_and_project_are_refused_by_name(duane: Program, org: Organisation) -> None:
    for name in ("timePeriodTypeId", "projectId"):
        assert fields_refused(await duane.post(ENTRIES, shift(org.duane) | {name: str(uuid4())})).keys() == {name}


async def test_what_is_late_needs_a_reason(duane: Program, org: Organisation, owner_engine: Engine) -> None:
    change_policy(owner_engine, org, late_after_working_days=2)
    late = shift(org.duane, actualStartTime="2024-11-18T09:00:00Z", actualEndTime="2024-11-18T10:00:00Z", reason="  ")

    refused(await duane.post(ENTRIES, late), 400, "reason_required")
    entry = await recorded(duane, late | {"reason": "I was away."})
    assert entry["reason"] == "I was away."


async def test_content_is_replaced_by_a_new_version(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane, task="washing dog", mealBreakMinutes=30))

    answer = await duane.put(at_entry(entry), shift(org.duane, "10:00", "18:00"), 'W/"1"')

    changed = answered(answer, 200)
    assert answer.headers["ETag"] == 'W/"2"'
    assert (changed["version"], changed["actualStartTime"]) == (2, "2026-11-16T10:00:00+00:00")
    assert (changed["task"], changed["mealBreakMinutes"]) == (None, 0)
    assert answered(await duane.get(at_entry(entry)), 200) == changed
    versions = answered(await duane.get(f"{at_entry(entry)}/versions"), 200)
    assert versions == {"meta": {"next": None}, "items": [entry, changed]}


async def test_versions_come_in_pages(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    for version in (1, 2):
        answered(await duane.put(at_entry(entry), shift(org.duane, task=f"task {version}"), f'W/"{version}"'), 200)
    path = f"{at_entry(entry)}/versions"

    first = answered(await duane.get(path, first=2), 200)
    second = answered(await duane.get(path, first=2, after=first["meta"]["next"]), 200)

    assert [each["version"] for each in first["items"] + second["items"]] == [1, 2, 3]
    assert second["meta"]["next"] is None


async def test_the_owner_never_changes(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))

    assert "ownerId" in fields_refused(await duane.put(at_entry(entry), shift(org.max), 'W/"1"'))
    without = shift(org.duane, task="brushing dog")
    del without["ownerId"]
    assert answered(await duane.put(at_entry(entry), without, 'W/"1"'), 200)["ownerId"] == str(org.duane)


@pytest.mark.parametrize("seen", ['W/"1"', '"1"', ' W/"1" '])
async def test_weak_and_strong_marks_of_the_version_are_good(duane: Program, org: Organisation, seen: str) -> None:
    entry = await recorded(duane, shift(org.duane))

    answered(await duane.put(at_entry(entry), shift(org.duane, task="x"), seen), 200)


@pytest.mark.parametrize(
    "seen", ['W/"2"', '"0"', "1", "*", "rubbish", 'W/"1", W/"2"', 'W/"99999999999999999999"', 'w/"1"']
)
async def test_any_other_mark_is_stale(duane: Program, org: Organisation, seen: str) -> None:
    entry = await recorded(duane, shift(org.duane))

    for answer in (
        await duane.put(at_entry(entry), shift(org.duane, task="x"), seen),
        await duane.delete(at_entry(entry), seen),
    ):
        assert refused(answer, 412, "stale")["version"] == 1
    assert answered(await duane.get(at_entry(entry)), 200) == entry


@pytest.mark.parametrize("seen", [None, "", "  "])
async def test_whoever_changes_something_says_what_they_saw(
    duane: Program, org: Organisation, seen: str | None
) -> None:
    entry = await recorded(duane, shift(org.duane))

    refused(await duane.put(at_entry(entry), shift(org.duane, task="x"), seen), 428, "if_match_missing")
    refused(await duane.delete(at_entry(entry), seen), 428, "if_match_missing")


async def test_what_is_removed_is_gone_but_for_its_versions(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))

    assert answered(await duane.delete(at_entry(entry), 'W/"1"'), 204) is None

    refused(await duane.get(at_entry(entry)), 410, "removed")
    refused(await duane.put(at_entry(entry), shift(org.duane), 'W/"2"'), 410, "removed")
    refused(await duane.delete(at_entry(entry), 'W/"2"'), 410, "removed")
    versions = answered(await duane.get(f"{at_entry(entry)}/versions"), 200)["items"]
    assert [(each["version"], each["deleted"]) for each in versions] == [(1, False), (2, True)]
    assert answered(await duane.get(ENTRIES), 200)["items"] == []
    await recorded(duane, shift(org.duane))


@pytest.mark.parametrize("by_query", [True, False])
async def test_the_reason_of_a_removal_is_in_body_or_query(
    site: Site, duane: Program, org: Organisation, by_query: bool
) -> None:
    sheet, entry, _ = await bring_to(site, org, State.REJECTED)
    answered(await duane.post(f"/resources/timesheets/{sheet}/revision", {"reason": "Wrong."}), 201)
    path = f"{ENTRIES}/{entry}"

    refused(await duane.delete(path, 'W/"1"'), 400, "reason_required")
    said = {"reason": "Not worked."}
    answer = await duane.delete(path, 'W/"1"', None if by_query else said, reason=said["reason"] if by_query else None)

    answered(answer, 204)
    (*_, last) = answered(await duane.get(f"{path}/versions"), 200)["items"]
    assert last["reason"] == "Not worked."


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED, State.REJECTED, State.LOCKED])
async def test_what_is_certified_stays_as_it_is(api: Api, duane: Program, org: Organisation, state: State) -> None:
    _, entry, _ = await bring_to(api.site, org, state)
    before = api.saved(org)
    evening = shift(org.duane, "18:00", "19:00", reason="Forgotten.")

    for answer in (
        await duane.post(ENTRIES, evening),
        await duane.put(f"{ENTRIES}/{entry}", evening, 'W/"1"'),
        await duane.delete(f"{ENTRIES}/{entry}", 'W/"1"', {"reason": "Not worked."}),
        await duane.patch(ENTRIES, [{"op": "replace", "path": f"/{entry}", "value": evening | {"version": 1}}]),
    ):
        assert refused(answer, 409, "wrong_state")["state"] == state.value
    assert api.saved(org) == before


async def test_the_same_call_with_the_same_key_happens_once(site: Site, duane: Program, org: Organisation) -> None:
    keys = [uuid4(), uuid4(), uuid4()]
    body, later = shift(org.duane), shift(org.duane, "10:00")

    made = [await duane.post(ENTRIES, body, keys[0]) for _ in range(3)]
    path = made[0].headers["Location"]
    put = [await duane.put(path, later, 'W/"1"', keys[1]) for _ in range(3)]
    gone = [await duane.delete(path, 'W/"2"', key=keys[2]) for _ in range(3)]

    for answers, status in ((made, 201), (put, 200), (gone, 204)):
        assert {answer.status_code for answer in answers} == {status}
        assert len({answer.text for answer in answers}) == 1
        assert len({answer.headers.get("ETag") for answer in answers}) == 1
    (entry,) = site.rows(org, TimeEntry)
    assert (entry.version, entry.deleted) == (3, True)


async def test_the_same_key_with_other_content_is_refused(site: Site, duane: Program, org: Organisation) -> None:
    key = uuid4()
    entry = answered(await duane.post(ENTRIES, shift(org.duane), key), 201)

    for answer in (
        await duane.post(ENTRIES, shift(org.duane, "18:00", "19:00"), key),
        await duane.post(ENTRIES, shift(org.duane, reason="Because."), key),
        await duane.post(NOTES, {"ownerId": str(org.duane), "date": str(MONDAY), "content": "x"}, key),
        await duane.put(at_entry(entry), shift(org.duane, "18:00", "19:00"), 'W/"1"', key),
        await duane.delete(at_entry(entry), 'W/"1"', key=key),
    ):
        refused(answer, 409, "key_reused")
    (row,) = site.rows(org, TimeEntry)
    assert row.version == 1


async def test_a_key_of_one_person_is_not_anothers(duane: Program, roland: Program, org: Organisation) -> None:
    key = uuid4()
    answered(await duane.post(ENTRIES, shift(org.duane), key), 201)

    refused(await roland.post(ENTRIES, shift(org.duane, reason="He is away."), key), 409, "key_reused")


async def test_what_moves_into_another_week_moves_once(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    key, moved = uuid4(), shift(org.duane, day=NEXT_MONDAY)

    answers = [await duane.put(at_entry(entry), moved, 'W/"1"', key) for _ in range(2)]

    changed = [answered(answer, 200) for answer in answers]
    assert changed[0] == changed[1]
    assert changed[0]["timesheetId"] == str(org.key(org.duane, NEXT_MONDAY).timesheet_id)
    refused(await duane.put(at_entry(entry), shift(org.duane), 'W/"1"', key), 409, "key_reused")
    refused(await duane.put(at_entry(entry), shift(org.duane), 'W/"1"'), 412, "stale")


async def test_a_manager_records_with_a_reason(roland: Program, duane: Program, org: Organisation) -> None:
    refused(await roland.post(ENTRIES, shift(org.duane)), 400, "reason_required")

    entry = await recorded(roland, shift(org.duane, reason="He is away."))

    assert (entry["recordedById"], entry["ownerId"]) == (str(org.roland), str(org.duane))
    assert (entry["onBehalfOf"], entry["reason"]) == (None, "He is away.")
    assert answered(await duane.get(at_entry(entry)), 200) == entry
    changed = shift(org.duane, "10:00", reason="Later.")
    assert answered(await roland.put(at_entry(entry), changed, 'W/"1"'), 200)["recordedById"] == str(org.roland)
    answered(await roland.delete(at_entry(entry), 'W/"2"', {"reason": "Not at all."}), 204)


async def test_an_administrator_records_on_behalf_of_the_owner(suzanne: Program, org: Organisation) -> None:
    body = shift(org.duane, reason="He is ill.", onBehalfOf=str(org.duane))
    refused(await suzanne.post(ENTRIES, body | {"onBehalfOf": None}), 403, "not_yours")
    refused(await suzanne.post(ENTRIES, body | {"onBehalfOf": str(org.roland)}), 403, "not_yours")
    refused(await suzanne.post(ENTRIES, body | {"onBehalfOf": str(uuid4())}), 403, "not_yours")
    refused(await suzanne.post(ENTRIES, body | {"reason": None}), 400, "reason_required")

    entry = await recorded(suzanne, body)

    assert (entry["recordedById"], entry["onBehalfOf"]) == (str(org.suzanne), str(org.duane))
    answered(await suzanne.delete(at_entry(entry), 'W/"1"', {"reason": "No.", "onBehalfOf": str(org.duane)}), 204)


async def test_an_auditor_reads_and_records_nothing(diana: Program, duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))

    assert answered(await diana.get(at_entry(entry)), 200) == entry
    refused(await diana.post(ENTRIES, shift(org.duane, "18:00", "19:00", reason="x")), 403, "not_yours")
    refused(await diana.put(at_entry(entry), shift(org.duane, reason="x"), 'W/"1"'), 403, "not_yours")
    refused(await diana.delete(at_entry(entry), 'W/"1"', {"reason": "x"}), 403, "not_yours")


async def test_a_planned_entry_is_shown_with_its_plan_and_confirmed_by_a_change(
    site: Site, duane: Program, org: Organisation
) -> None:
    planned = Life(site.desk, org).plan()
    path = f"{ENTRIES}/{planned}"
    shown = answered(await duane.get(path), 200)
    assert (shown["confirmed"], shown["plannedStartTime"]) == (False, "2026-11-16T09:00:00+00:00")

    changed = answered(await duane.put(path, shift(org.duane, "09:30"), 'W/"1"'), 200)

    assert (changed["confirmed"], changed["plannedStartTime"]) == (True, "2026-11-16T09:00:00+00:00")


async def test_an_entry_is_found_on_its_timesheet_after_its_owner_moved_to_another_zone(
    api: Api, org: Organisation, duane: Program
) -> None:
    sunday = MONDAY + timedelta(days=6)
    made = (await duane.post(ENTRIES, shift(org.duane, "20:00", "23:00", sunday))).json()
    change_person(api.site.owner_engine, org.duane, time_zone="Pacific/Auckland")

    path = f"{ENTRIES}/{made['id']}"
    earlier = shift(org.duane, "02:00", "05:00", sunday)
    assert (await duane.put(path, earlier, 'W/"1"')).status_code == 200
    assert (await duane.delete(path, 'W/"2"')).status_code == 204
