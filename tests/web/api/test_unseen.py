"""What one may not see looks exactly like what is not there: the same answer, byte for byte."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.rules.transitions import State
from tests.factories import Organisation, make_organisation
from tests.web.api.conftest import (
    ACCRUALS,
    ADJUSTMENTS,
    AGREEMENTS,
    ENTRIES,
    FLEX,
    FLEX_CHANGES,
    NOTES,
    SHEETS,
    Api,
    Program,
    answered,
    flex,
    refused,
    said_by,
    shift,
)

DIGEST = "0" * 64


@dataclass(frozen=True)
class Known:
    """One thing of each kind, all of them of one person."""

    owner: UUID
    sheet: str
    entry: str
    note: str
    change: str
    agreement: str


NOBODYS = Known(UUID(int=1), *(str(UUID(int=number)) for number in range(2, 7)))
"""What does not exist."""


async def known_of(api: Api, org: Organisation) -> Known:
    """Duane's entry, changed at short notice, and a note about it."""
    program = api.program(org, org.duane)
    entry = answered(await program.post(ENTRIES, shift(org.duane)), 201)
    change = shift(org.duane, "08:00", "18:00") | flex(entry["id"])
    changed = answered(await program.post(FLEX, change), 201)
    note = answered(await program.post(NOTES, said_by(org.duane)), 201)
    (agreement,) = answered(await program.get(AGREEMENTS), 200)["items"]
    return Known(org.duane, entry["timesheetId"], entry["id"], note["id"], changed["id"], agreement["id"])


READS = {
    "an entry": f"{ENTRIES}/{{0.entry}}",
    "its versions": f"{ENTRIES}/{{0.entry}}/versions",
    "a note": f"{NOTES}/{{0.note}}",
    "a flex change": f"{FLEX_CHANGES}/{{0.change}}",
    "a timesheet": f"{SHEETS}/{{0.sheet}}",
    "its history": f"{SHEETS}/{{0.sheet}}/history",
    "somebody's entries": f"{ENTRIES}?ownerId={{0.owner}}",
    "their entries of a day": f"{ENTRIES}?ownerId={{0.owner}}&date=2026-11-16",
    "their notes": f"{NOTES}?ownerId={{0.owner}}",
    "their flex changes": f"{FLEX_CHANGES}?ownerId={{0.owner}}",
    "their timesheets": f"{SHEETS}?ownerId={{0.owner}}",
    "an agreement": f"{AGREEMENTS}/{{0.agreement}}",
    "their agreements": f"{AGREEMENTS}?personId={{0.owner}}",
    "their adjustments": f"{ADJUSTMENTS}?personId={{0.owner}}",
    "their balances": f"{ACCRUALS}?personId={{0.owner}}",
    "how they stand": f"{ACCRUALS}/summary?personId={{0.owner}}",
}

MOVES = ("submission", "approval", "rejection", "revision", "lock", "unlock")


async def commands(program: Program, known: Known) -> dict[str, Response]:
    """Every command on what is known."""
    why = {"reason": "Because."}
    body = shift(known.owner, reason="Because.")
    without_owner = {name: value for name, value in body.items() if name != "ownerId"}
    replacement = {"op": "replace", "path": f"/{NOBODYS.entry}", "value": without_owner | {"version": 1}}
    at_entry, at_sheet = f"{ENTRIES}/{known.entry}", f"{SHEETS}/{known.sheet}"
    answers = {
        "record": await program.post(ENTRIES, body),
        "replace": await program.put(at_entry, without_owner, 'W/"2"'),
        "remove": await program.delete(at_entry, 'W/"2"', why),
        "change": await program.post(FLEX, shift(known.owner, "08:00", "18:00") | flex(known.entry) | why),
        "say": await program.post(NOTES, said_by(known.owner) | why),
        "recall": await program.delete(f"{at_sheet}/submission", body=why),
    }
    for move in MOVES:
        body = {"digest": DIGEST, "certified": True, "reason": "Because."}
        answers[move] = await program.post(f"{at_sheet}/{move}", body)
    several = await program.patch(ENTRIES, [replacement | {"path": f"/{known.entry}"}])
    assert several.json().pop("path") == f"/{known.entry}"
    return answers | {"replace several": several}


@pytest.fixture
async def elsewhere(api: Api, owner_engine: Engine) -> Known:
    """What is known in another organisation."""
    return await known_of(api, make_organisation(owner_engine))


@pytest.mark.parametrize("what", READS)
async def test_what_may_not_be_read_is_not_there(
    api: Api, org: Organisation, alex: Program, elsewhere: Known, what: str
) -> None:
    theirs = await known_of(api, org)
    max_ = api.program(org, org.max)
    paths = [READS[what].format(known) for known in (theirs, elsewhere, NOBODYS)]
    assert (await api.program(org, org.duane).get(paths[0])).status_code == 200

    answers = [await program.get(path) for program in (alex, max_) for path in paths]
    if "?" not in paths[0]:
        answers.append(await alex.get(paths[0].replace(paths[0].split("/")[3], "no-id")))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(kept_headers(answer))) for answer in answers}) == 1


async def test_what_may_not_be_read_may_not_be_changed(
    api: Api, org: Organisation, alex: Program, elsewhere: Known
) -> None:
    theirs = await known_of(api, org)
    before = api.saved(org)
    max_ = api.program(org, org.max)

    answers = [
        (what, answer)
        for program in (alex, max_)
        for known in (theirs, elsewhere, NOBODYS)
        for what, answer in (await commands(program, known)).items()
    ]

    assert {(what, answer.status_code) for what, answer in answers} == {(what, 404) for what, _ in answers}
    plain = {answer.content for what, answer in answers if what != "replace several"}
    assert len(plain) == 1
    assert api.saved(org) == before


async def test_another_organisation_named_in_the_query_is_not_there(
    api: Api, org: Organisation, duane: Program, owner_engine: Engine
) -> None:
    theirs = await known_of(api, org)
    other = make_organisation(owner_engine)
    paths = [path.format(theirs) for path in READS.values()]

    answers = [
        await duane.call("GET", path.partition("?")[0], query={"tenantId": id_})
        for path in paths
        for id_ in (other.tenant_id, uuid4())
    ]
    answers.append(await duane.call("POST", ENTRIES, shift(org.duane), query={"tenantId": other.tenant_id}))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_an_organisation_named_in_a_body_means_nothing(
    org: Organisation, duane: Program, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    entry = answered(await duane.post(ENTRIES, shift(org.duane, tenantId=str(other.tenant_id))), 201)

    assert entry["tenantId"] == str(org.tenant_id)


async def test_an_entry_of_another_timesheet_is_none_of_this_one(
    api: Api, org: Organisation, duane: Program, roland: Program
) -> None:
    theirs = await known_of(api, org)
    maxs = answered(await roland.post(ENTRIES, shift(org.max, reason="He is away.")), 201)

    for entry in (maxs["id"], str(uuid4())):
        answer = await duane.post(NOTES, said_by(org.duane) | {"timeEntryId": entry})
        assert [each["field"] for each in answered(answer, 400)] == ["timeEntryId"]
    answered(await duane.post(NOTES, said_by(org.duane) | {"timeEntryId": theirs.entry}), 201)


async def test_people_of_elsewhere_are_nobody_here(
    api: Api, org: Organisation, suzanne: Program, duane: Program, elsewhere: Known
) -> None:
    for id_ in (elsewhere.owner, uuid4()):
        body = shift(org.duane, reason="He is ill.", onBehalfOf=str(id_))
        refused(await suzanne.post(ENTRIES, body), 403, "not_yours")
    entry = answered(await duane.post(ENTRIES, shift(org.duane)), 201)
    for id_ in (elsewhere.owner, uuid4()):
        change = shift(org.duane, "08:00", "18:00") | flex(entry["id"]) | {"authorisedById": str(id_)}
        assert [each["field"] for each in answered(await duane.post(FLEX, change), 400)] == ["authorisedById"]


async def test_the_administrator_sees_everybody_here_and_nobody_elsewhere(
    api: Api, org: Organisation, suzanne: Program, diana: Program, elsewhere: Known
) -> None:
    theirs = await known_of(api, org)

    for program in (suzanne, diana):
        for path in READS.values():
            answered(await program.get(path.format(theirs)), 200)
            refused(await program.get(path.format(elsewhere)), 404, "not_found")


async def test_what_one_sees_and_may_not_do_says_so(api: Api, org: Organisation) -> None:
    key = await api.site.bring_to(org, State.SUBMITTED)
    path, digest = f"{SHEETS}/{key.timesheet_id}/approval", api.site.digest(key)

    refused(await api.program(org, org.diana).post(path, {"digest": digest}), 403, "not_yours")
    refused(await api.program(org, org.suzanne).post(path, {"digest": digest}), 403, "not_yours")
    refused(await api.program(org, org.duane).post(path, {"digest": digest}), 403, "own_time")


def kept_headers(answer: Response) -> list[tuple[str, str]]:
    """The headers that could tell one from another."""
    return [(name, value) for name, value in answer.headers.items() if name not in ("content-security-policy", "date")]
