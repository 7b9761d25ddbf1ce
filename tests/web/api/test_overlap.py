"""The shared cases of overlapping time, each of them through REST: the exact field, words and data."""

import json
from datetime import date, datetime
from itertools import starmap
from pathlib import Path

import pytest

from models.standard import SHIFT, TRAINING
from tests.factories import Organisation, at
from tests.web.api.conftest import ENTRIES, Json, Program, answered, recorded, shift

CASES = json.loads((Path(__file__).parents[2] / "vectors/timecard_accruals.json").read_text("utf-8"))["overlap"]
DAY = date(2026, 7, 1)
"""A day of summer time, so that no offset is zero."""

AFTER = "End time must be after start time"
OVERLAP = "Time periods must not overlap with another time period"


def as_given(start: str, end: str | None, day: date = DAY) -> Json:
    """How a refusal names an entry that is in the way."""
    return [at(day, clock).timestamp() if clock else None for clock in (start, end)]


def found(data: Json) -> Json:
    """The entries that a refusal names, in the same form."""
    names = ("startTime", "endTime")
    return [[datetime.fromisoformat(each[name]).timestamp() if each[name] else None for name in names] for each in data]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
async def test_shared_case(duane: Program, org: Organisation, case: Json) -> None:
    for start, end in case["existing"]:
        await recorded(duane, shift(org.duane, start, end, DAY, timePeriodTypeId=str(TRAINING)))

    start, end = case["new"]
    answer = await duane.post(ENTRIES, shift(org.duane, start, end, DAY))

    if case["expect"] is None:
        answered(answer, 201)
        return
    (wrong,) = answered(answer, 400)
    ends_first = case["new"][1] is not None and case["new"][1] <= case["new"][0]
    assert (wrong["field"], wrong["message"]) == (case["expect"], AFTER if ends_first else OVERLAP)
    in_the_way = [] if ends_first else [each for each in case["existing"] if overlaps(case["new"], each)]
    assert found(wrong["data"]) == sorted(starmap(as_given, in_the_way))
    assert {each["timePeriodTypeId"] for each in wrong["data"]} <= {str(TRAINING)}
    assert {frozenset(each) for each in wrong["data"]} <= {frozenset({"startTime", "endTime", "timePeriodTypeId"})}


def overlaps(new: list[str | None], existing: list[str | None]) -> bool:
    """The rule, word for word; `HH:MM` compares as it reads."""
    (ns, ne), (es, ee) = new, existing
    assert ns is not None
    assert es is not None
    return ns == es or (ee is not None and es <= ns < ee) or (ne is not None and ns <= es < ne)


async def test_the_same_time_of_somebody_else_is_not_in_the_way(
    duane: Program, roland: Program, org: Organisation
) -> None:
    await recorded(duane, shift(org.duane))

    await recorded(roland, shift(org.roland))


async def test_an_entry_is_not_in_its_own_way(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))

    answered(await duane.put(f"{ENTRIES}/{entry['id']}", shift(org.duane, "10:00", "16:00"), 'W/"1"'), 200)


async def test_a_replaced_entry_must_not_be_in_the_way_of_another(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "18:00", "19:00"))
    entry = await recorded(duane, shift(org.duane))

    answer = await duane.put(f"{ENTRIES}/{entry['id']}", shift(org.duane, "09:00", "18:30"), 'W/"1"')

    (wrong,) = answered(answer, 400)
    assert wrong["field"] == "endTime"
    assert wrong["data"] == [
        {
            "startTime": "2026-11-16T18:00:00+00:00",
            "endTime": "2026-11-16T19:00:00+00:00",
            "timePeriodTypeId": str(SHIFT),
        }
    ]


async def test_the_same_end_as_start_is_no_time(duane: Program, org: Organisation) -> None:
    (wrong,) = answered(await duane.post(ENTRIES, shift(org.duane, "09:00", "09:00")), 400)

    assert (wrong["field"], wrong["message"], wrong["data"]) == ("endTime", AFTER, [])
