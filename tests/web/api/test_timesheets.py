"""Timesheets through REST: certified, decided on, revised, locked, as the story of the README goes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.standard import ABSENCE
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, Organisation, change_person
from tests.web.api.conftest import (
    ENTRIES,
    SHEETS,
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

WEDNESDAY, THURSDAY = MONDAY + timedelta(days=2), MONDAY + timedelta(days=3)
WHY = {"reason": "Because."}
MOVES = ("approval", "rejection", "revision", "lock", "unlock")


def certified(digest: str, **others: object) -> Json:
    """The owner's word for a content."""
    return {"digest": digest, "certified": True} | others


async def read(program: Program, sheet: str) -> Json:
    """A timesheet as it is."""
    return answered(await program.get(f"{SHEETS}/{sheet}"), 200)


async def move(program: Program, sheet: str, what: str, body: Json) -> Json:
    """The timesheet after a move, which must be done."""
    answer = await program.post(f"{SHEETS}/{sheet}/{what}", body)
    said = answered(answer, 201)
    assert answer.headers["Location"] == f"{SHEETS}/{sheet}"
    assert answer.headers["ETag"] == f'W/"{said["digest"]}"'
    return said


async def test_the_story(duane: Program, roland: Program, suzanne: Program, org: Organisation) -> None:
    washing = {"projectId": str(org.projects["proj-533"]), "task": "washing dog"}
    entry = await recorded(duane, shift(org.duane, "10:08", "10:28", WEDNESDAY, **washing))
    sheet = entry["timesheetId"]
    first = (await read(duane, sheet))["digest"]

    submitted = await move(duane, sheet, "submission", certified(first))
    assert (submitted["state"], submitted["waitingFor"]) == ("submitted", str(org.roland))
    rejected = await move(roland, sheet, "rejection", {"digest": first, "reason": "Wrong day."})
    assert (rejected["decision"], rejected["decidedBy"]) == ("reject", str(org.roland))
    assert rejected["decisionReason"] == "Wrong day."
    revised = await move(duane, sheet, "revision", {"reason": "Misremembered which day."})
    assert (revised["state"], revised["revision"], revised["digest"]) == ("draft", 2, first)
    moved = shift(org.duane, "10:08", "10:28", THURSDAY, reason="Thursday.", **washing)
    answered(await duane.put(f"{ENTRIES}/{entry['id']}", moved, 'W/"1"'), 200)
    second = (await read(duane, sheet))["digest"]
    await move(duane, sheet, "submission", certified(second))
    approved = await move(roland, sheet, "approval", {"digest": second, "comment": "Thank you."})
    assert (approved["state"], approved["totalMinutes"]) == ("approved", 20)
    assert approved["lockAt"]
    await move(duane, sheet, "revision", {"reason": "It was ten minutes longer."})
    longer = shift(org.duane, "10:08", "10:38", THURSDAY, reason="Longer.", **washing)
    answered(await duane.put(f"{ENTRIES}/{entry['id']}", longer, 'W/"2"'), 200)
    third = (await read(duane, sheet))["digest"]
    await move(duane, sheet, "submission", certified(third))
    for_roland = {"digest": third, "onBehalfOf": str(org.roland), "reason": "Roland is away."}
    done = await move(suzanne, sheet, "approval", for_roland)
    assert (done["state"], done["revision"], done["decidedBy"]) == ("approved", 3, str(org.suzanne))
    locked = await move(suzanne, sheet, "lock", {"reason": "Payroll has run."})
    assert (locked["state"], locked["lockAt"]) == ("locked", None)
    refused(await duane.post(f"{SHEETS}/{sheet}/revision", WHY), 409, "wrong_state")
    assert (await move(suzanne, sheet, "unlock", {"reason": "A correction."}))["state"] == "approved"

    acts = answered(await duane.get(f"{SHEETS}/{sheet}/history"), 200)["items"]
    assert [(act["kind"], act["actorId"], act["onBehalfOf"], act["digest"]) for act in acts] == [
        ("record", str(org.duane), None, None),
        ("submit", str(org.duane), None, first),
        ("reject", str(org.roland), None, first),
        ("revise", str(org.duane), None, None),
        ("amend", str(org.duane), None, None),
        ("submit", str(org.duane), None, second),
        ("approve", str(org.roland), None, second),
        ("revise", str(org.duane), None, None),
        ("amend", str(org.duane), None, None),
        ("submit", str(org.duane), None, third),
        ("approve", str(org.suzanne), str(org.roland), third),
        ("lock", str(org.suzanne), None, None),
        ("unlock", str(org.suzanne), None, None),
    ]
    assert [(act["timeEntryId"], act["timeEntryVersion"]) for act in acts if act["timeEntryId"]] == [
        (entry["id"], version) for version in (1, 2, 3)
    ]
    first_page = answered(await duane.get(f"{SHEETS}/{sheet}/history", first=5), 200)
    rest = answered(await duane.get(f"{SHEETS}/{sheet}/history", after=first_page["meta"]["next"]), 200)
    assert first_page["items"] + rest["items"] == acts


async def test_a_timesheet_is_read_with_its_entries(duane: Program, org: Organisation) -> None:
    late = await recorded(duane, shift(org.duane, "12:00", "18:00", THURSDAY, mealBreakMinutes=30))
    early = await recorded(duane, shift(org.duane, "09:00", "10:00"))
    day_off = shift(org.duane, "00:00", "24:00", WEDNESDAY, timePeriodTypeId=str(ABSENCE))
    absence = await recorded(duane, day_off)
    running = await recorded(duane, shift(org.duane, "20:00", None, THURSDAY))

    answer = await duane.get(f"{SHEETS}/{late['timesheetId']}")

    sheet = answered(answer, 200)
    assert answer.headers["ETag"] == f'W/"{sheet["digest"]}"'
    assert sheet["entries"] == [early, absence, late, running]
    assert sheet | {"digest": "", "entries": []} == {
        "id": str(org.key(org.duane).timesheet_id),
        "ownerId": str(org.duane),
        "periodStart": "2026-11-16",
        "periodEnd": "2026-11-22",
        "state": "draft",
        "revision": 1,
        "digest": "",
        "totalMinutes": 60 + 330,
        "waitingFor": None,
        "waitingForAll": [],
        "submittedAt": None,
        "decision": None,
        "decidedBy": None,
        "decidedAt": None,
        "decisionReason": None,
        "decisionReasonCode": None,
        "decisionTimeEntryIds": [],
        "lockAt": None,
        "entries": [],
    }
    (listed,) = answered(await duane.get(SHEETS), 200)["items"]
    assert listed == {name: value for name, value in sheet.items() if name != "entries"}


async def test_timesheets_are_found_by_days_and_state(api: Api, duane: Program, org: Organisation) -> None:
    for state, week in ((State.APPROVED, 0), (State.DRAFT, 1), (State.APPROVED, 2)):
        await api.site.bring_to(org, state, day=MONDAY + timedelta(weeks=week))

    async def found(**query: object) -> list[str]:
        return [each["periodStart"] for each in answered(await duane.get(SHEETS, **query), 200)["items"]]

    assert await found() == ["2026-11-16", "2026-11-23", "2026-11-30"]
    assert await found(state="approved") == ["2026-11-16", "2026-11-30"]
    assert await found(state="draft", from_=NEXT_MONDAY) == ["2026-11-23"]
    assert await found(from_="2026-11-22", to="2026-11-23") == ["2026-11-16", "2026-11-23"]
    assert await found(to="2026-11-15") == []
    assert fields_refused(await duane.get(SHEETS, state="lost")).keys() == {"state"}


async def test_only_what_was_shown_is_certified(api: Api, duane: Program, org: Organisation) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.DRAFT)
    path = f"{SHEETS}/{sheet}/submission"
    before = api.saved(org)

    assert fields_refused(await duane.post(path, {})).keys() == {"digest", "certified"}
    assert fields_refused(await duane.post(path, {"digest": "", "certified": True})).keys() == {"digest"}
    for word in (False, None, "true", 1, "yes"):
        wrong = await duane.post(path, {"digest": digest, "certified": word})
        assert fields_refused(wrong).keys() == {"certified"}, word
    for stale in ("0" * 64, digest.upper(), "rubbish"):
        said = refused(await duane.post(path, certified(stale)), 412, "stale")
        assert (said["digest"], said["state"]) == (digest, "draft")
    assert api.saved(org) == before


async def test_what_still_runs_or_is_only_planned_is_not_certified(api: Api, duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane, "20:00", None))
    digest = (await read(duane, entry["timesheetId"]))["digest"]
    path = f"{SHEETS}/{entry['timesheetId']}/submission"
    assert fields_refused(await duane.post(path, certified(digest))).keys() == {"endTime"}

    Life(api.site.desk, org).plan(day=THURSDAY)

    assert (await read(duane, entry["timesheetId"]))["digest"] == digest
    assert fields_refused(await duane.post(path, certified(digest))).keys() == {"planned"}


@pytest.mark.parametrize("what", ["approval", "rejection"])
async def test_only_what_was_certified_is_decided_on(api: Api, roland: Program, org: Organisation, what: str) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED)
    path = f"{SHEETS}/{sheet}/{what}"
    before = api.saved(org)

    assert fields_refused(await roland.post(path, WHY)).keys() == {"digest"}
    for stale in ("0" * 64, "rubbish"):
        said = refused(await roland.post(path, WHY | {"digest": stale}), 412, "stale")
        assert (said["digest"], said["state"]) == (digest, "submitted")
    assert api.saved(org) == before


async def test_what_needs_a_reason_is_refused_without(
    api: Api, duane: Program, roland: Program, suzanne: Program, org: Organisation
) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED)
    path = f"{SHEETS}/{sheet}"
    approved = str((await api.site.bring_to(org, State.APPROVED, org.max)).timesheet_id)
    maxs = api.program(org, org.max)
    for blank in ({}, {"reason": None}, {"reason": " \t"}):
        refused(await roland.post(f"{path}/rejection", {"digest": digest} | blank), 400, "reason_required")
        refused(await duane.delete(f"{path}/submission", body=blank), 400, "reason_required")
        refused(await maxs.post(f"{SHEETS}/{approved}/revision", blank), 400, "reason_required")
        refused(await suzanne.post(f"{SHEETS}/{approved}/lock", blank), 400, "reason_required")
        refused(await suzanne.post(f"{SHEETS}/{approved}/unlock", blank), 400, "reason_required")
        on_behalf = {"digest": digest, "onBehalfOf": str(org.roland)} | blank
        refused(await suzanne.post(f"{path}/approval", on_behalf), 400, "reason_required")
    refused(await duane.delete(f"{path}/submission"), 400, "reason_required")
    assert fields_refused(await maxs.post(f"{SHEETS}/{approved}/revision", {"reason": "x" * 501})).keys() == {"reason"}


@pytest.mark.parametrize("by_query", [True, False])
async def test_a_submission_is_recalled(api: Api, duane: Program, org: Organisation, by_query: bool) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED)
    path, why = f"{SHEETS}/{sheet}/submission", {"reason": "A shift is missing."}

    answer = await (duane.delete(path, reason=why["reason"]) if by_query else duane.delete(path, body=why))

    recalled = answered(answer, 200)
    assert (recalled["state"], recalled["revision"], recalled["digest"]) == ("draft", 2, digest)
    assert (recalled["submittedAt"], recalled["waitingFor"]) == (None, None)
    (*_, act) = answered(await duane.get(f"{SHEETS}/{sheet}/history"), 200)["items"]
    assert (act["kind"], act["reason"]) == ("recall", "A shift is missing.")


FITS = {
    State.DRAFT: {"submission"},
    State.SUBMITTED: {"recall", "approval", "rejection"},
    State.APPROVED: {"revision", "lock"},
    State.REJECTED: {"revision"},
    State.LOCKED: {"unlock"},
}
"""What may be done in each state."""


@pytest.mark.parametrize("state", State)
async def test_what_does_not_fit_the_state_is_refused_with_it(
    api: Api, duane: Program, roland: Program, suzanne: Program, org: Organisation, state: State
) -> None:
    sheet, _, digest = await bring_to(api.site, org, state)
    who = {"submission": duane, "revision": duane, "approval": roland, "rejection": roland}
    before = api.saved(org)

    for what in {"submission", "recall", *MOVES} - FITS[state]:
        path, body = f"{SHEETS}/{sheet}/{what}", certified(digest, **WHY)
        if what == "recall":
            answer = await duane.delete(f"{SHEETS}/{sheet}/submission", body=WHY)
        else:
            answer = await who.get(what, suzanne).post(path, body)
        decided = what in ("approval", "rejection") and state in (State.APPROVED, State.REJECTED, State.LOCKED)
        said = refused(answer, 409, "decided" if decided else "wrong_state")
        assert said["state"] == state.value
        if decided:
            assert said["decidedBy"] == "Roland Fuller"
            assert said["decidedAt"]
            assert said["decision"] == ("reject" if state is State.REJECTED else "approve")
    assert api.saved(org) == before


async def test_each_move_is_for_some_people_only(
    api: Api, duane: Program, roland: Program, suzanne: Program, diana: Program, org: Organisation
) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED)
    before = api.saved(org)

    for program, moves in (
        (duane, ("lock", "unlock")),
        (roland, ("submission", "revision", "lock", "unlock")),
        (suzanne, ("submission", "revision", "approval", "rejection")),
        (diana, ("submission", *MOVES)),
    ):
        for what in moves:
            answer = await program.post(f"{SHEETS}/{sheet}/{what}", certified(digest, **WHY))
            refused(answer, 403, "not_yours")
    for program in (roland, suzanne, diana):
        refused(await program.delete(f"{SHEETS}/{sheet}/submission", body=WHY), 403, "not_yours")
    assert api.saved(org) == before


async def test_nobody_decides_on_their_own_time(
    api: Api, duane: Program, roland: Program, suzanne: Program, org: Organisation, owner_engine: Engine
) -> None:
    change_person(owner_engine, org.suzanne, supervisor_id=None)
    for owner, program in ((org.duane, duane), (org.roland, roland), (org.suzanne, suzanne)):
        sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED, owner)
        body = WHY | {"digest": digest}
        for what in ("approval", "rejection"):
            refused(await program.post(f"{SHEETS}/{sheet}/{what}", body), 403, "own_time")
            itself = body | {"onBehalfOf": str(owner)}
            refused(await program.post(f"{SHEETS}/{sheet}/{what}", itself), 403, "own_time")
            refused(await suzanne.post(f"{SHEETS}/{sheet}/{what}", itself), 403, "own_time")


@pytest.mark.parametrize(("first", "second"), [("approval", "rejection"), ("rejection", "approval")])
async def test_who_decides_second_hears_who_decided(
    api: Api, roland: Program, suzanne: Program, org: Organisation, first: str, second: str
) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.SUBMITTED)
    await move(roland, sheet, first, WHY | {"digest": digest})
    for_roland = WHY | {"digest": digest, "onBehalfOf": str(org.roland)}

    said = refused(await suzanne.post(f"{SHEETS}/{sheet}/{second}", for_roland), 409, "decided")

    assert said["decidedBy"] == "Roland Fuller"
    assert said["decision"] == ("approve" if first == "approval" else "reject")
    decided = await read(roland, sheet)
    assert said["decidedAt"] == decided["decidedAt"]


async def test_every_move_happens_once(
    api: Api, duane: Program, roland: Program, suzanne: Program, org: Organisation
) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.DRAFT)

    for program, what, body in (
        (duane, "submission", certified(digest)),
        (roland, "rejection", WHY | {"digest": digest}),
        (duane, "revision", WHY),
        (duane, "submission", certified(digest)),
        (roland, "approval", {"digest": digest, "comment": "Fine."}),
        (suzanne, "lock", WHY),
        (suzanne, "unlock", WHY),
    ):
        key, path = uuid4(), f"{SHEETS}/{sheet}/{what}"
        answers = [await program.post(path, body, key) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {201}, answers[0].text
        assert len({answer.text for answer in answers}) == 1, what
        other = body | {"reason": "Something else."}
        refused(await program.post(path, other, key), 409, "key_reused")
    acts = answered(await duane.get(f"{SHEETS}/{sheet}/history"), 200)["items"]
    assert len(acts) == 1 + 7


async def test_a_person_without_a_supervisor_is_decided_on_by_the_administrators(
    api: Api, duane: Program, suzanne: Program, org: Organisation, owner_engine: Engine
) -> None:
    change_person(owner_engine, org.duane, supervisor_id=None)
    sheet, _, digest = await bring_to(api.site, org, State.DRAFT)

    submitted = await move(duane, sheet, "submission", certified(digest))

    assert submitted["waitingFor"] is None
    approved = await move(suzanne, sheet, "approval", {"digest": digest})
    assert approved["decidedBy"] == str(org.suzanne)


async def test_an_administrator_certifies_on_behalf_of_the_owner(
    api: Api, duane: Program, suzanne: Program, org: Organisation
) -> None:
    sheet, _, digest = await bring_to(api.site, org, State.DRAFT)
    body = certified(digest, onBehalfOf=str(org.duane))
    refused(await suzanne.post(f"{SHEETS}/{sheet}/submission", body), 400, "reason_required")
    refused(await suzanne.post(f"{SHEETS}/{sheet}/submission", certified(digest, **WHY)), 403, "not_yours")

    await move(suzanne, sheet, "submission", body | {"reason": "He is in hospital."})

    (*_, act) = answered(await duane.get(f"{SHEETS}/{sheet}/history"), 200)["items"]
    assert (act["actorId"], act["onBehalfOf"]) == (str(org.suzanne), str(org.duane))
    assert act["reason"] == "He is in hospital."
