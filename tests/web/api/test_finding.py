"""Time entries found by local days and in pages, as the rule says, and nothing else."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.standard import ON_CALL
from tests.factories import LONDON, MONDAY, Organisation, at, change_person
from tests.web.api.conftest import (
    ENTRIES,
    FLEX_CHANGES,
    NOTES,
    SHEETS,
    Program,
    answered,
    fields_refused,
    recorded,
    shift,
)

TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 3))
SUNDAY = MONDAY - timedelta(days=1)
LISTS = (ENTRIES, NOTES, FLEX_CHANGES, SHEETS)


async def found(program: Program, **query: object) -> list[str]:
    """The starts of the entries that are found."""
    items = answered(await program.get(ENTRIES, **query), 200)["items"]
    return [item["actualStartTime"] for item in items]


def long(owner: UUID, start: str, end: str, **others: object) -> dict[str, Any]:
    """An entry between two instants."""
    return shift(owner, None, None, actualStartTime=start, actualEndTime=end) | others


async def test_nothing_found_is_an_empty_list(duane: Program) -> None:
    for path in LISTS:
        assert answered(await duane.get(path), 200) == {"meta": {"next": None}, "items": []}
    assert await found(duane, date=MONDAY) == []


async def test_a_long_entry_is_found_from_its_middle(duane: Program, org: Organisation) -> None:
    body = long(org.duane, "2026-11-16T22:00:00+00:00", "2026-11-18T06:00:00+00:00", timePeriodTypeId=str(ON_CALL))
    await recorded(duane, body)

    for day in (MONDAY, TUESDAY, WEDNESDAY):
        assert await found(duane, date=day) == ["2026-11-16T22:00:00+00:00"]
        assert await found(duane, from_=day, to=day) == ["2026-11-16T22:00:00+00:00"]
    for day in (SUNDAY, THURSDAY):
        assert await found(duane, date=day) == []


async def test_the_longest_entry_there_is_is_found_from_its_last_day(duane: Program, org: Organisation) -> None:
    body = long(org.duane, "2026-11-16T09:00:00+00:00", "2026-12-17T09:00:00+00:00", timePeriodTypeId=str(ON_CALL))
    await recorded(duane, body)

    for day in (date(2026, 12, 16), date(2026, 12, 17)):
        assert len(await found(duane, date=day)) == 1
    (wrong,) = answered(await duane.post(ENTRIES, shift(org.duane, "08:00", "10:00", date(2026, 12, 17))), 400)
    assert wrong["field"] == "startTime"


async def test_what_touches_midnight_is_not_found_beyond_it(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "20:00", "24:00"))
    await recorded(duane, shift(org.duane, "00:00", "02:00", WEDNESDAY))

    assert len(await found(duane, date=MONDAY)) == 1
    assert await found(duane, date=TUESDAY) == []
    assert len(await found(duane, date=WEDNESDAY)) == 1


async def test_what_still_runs_is_found_on_the_day_it_started(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "00:00", None, TUESDAY))

    assert await found(duane, date=MONDAY) == []
    assert len(await found(duane, date=TUESDAY)) == 1
    assert await found(duane, date=WEDNESDAY) == []


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 3, 29), "2026-03-29T00:00:00+00:00", "2026-03-29T22:59:00+00:00"),
        (date(2026, 10, 25), "2026-10-24T23:00:00+00:00", "2026-10-25T23:59:00+00:00"),
    ],
    ids=["23 hours", "25 hours"],
)
async def test_days_on_which_clocks_change_have_their_own_length(
    duane: Program, org: Organisation, day: date, first: str, last: str
) -> None:
    for start in (first, last):
        end = at(day, "00:00").fromisoformat(start) + timedelta(minutes=1)
        await recorded(duane, long(org.duane, start, end.isoformat()))

    assert await found(duane, date=day) == [first, last]
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        assert await found(duane, date=other) == []


async def test_days_are_the_owners(duane: Program, roland: Program, org: Organisation, owner_engine: Engine) -> None:
    change_person(owner_engine, org.duane, time_zone="Pacific/Auckland")
    await recorded(duane, long(org.duane, "2026-11-16T20:00:00+13:00", "2026-11-16T23:00:00+13:00"))
    await recorded(duane, long(org.duane, "2026-11-16T12:00:00+00:00", "2026-11-16T14:00:00+00:00"))

    for program in (duane, roland):
        assert await found(program, ownerId=org.duane, date=MONDAY) == ["2026-11-16T20:00:00+13:00"]
        assert await found(program, ownerId=org.duane, date=TUESDAY) == ["2026-11-16T12:00:00+00:00"]


async def test_days_from_and_to_are_included(duane: Program, org: Organisation) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY):
        await recorded(duane, shift(org.duane, day=day))
    starts = [at(day, "09:00").astimezone(LONDON).isoformat() for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)]

    assert await found(duane, from_=TUESDAY, to=WEDNESDAY) == starts[1:3]
    assert await found(duane, from_=WEDNESDAY) == starts[2:]
    assert await found(duane, to=TUESDAY) == starts[:2]
    assert await found(duane) == starts


async def test_only_the_owner_that_was_asked_for(duane: Program, roland: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane))
    await recorded(roland, shift(org.max, "10:00", reason="He is away."))

    assert await found(roland) == []
    assert await found(roland, ownerId=org.duane) == ["2026-11-16T09:00:00+00:00"]
    assert await found(roland, ownerId=org.max) == ["2026-11-16T10:00:00+00:00"]


async def test_what_is_asked_has_to_make_sense(duane: Program) -> None:
    assert fields_refused(await duane.get(ENTRIES, date=MONDAY, to=MONDAY)).keys() == {"date"}
    assert fields_refused(await duane.get(ENTRIES, date="16.11.2026")).keys() == {"date"}
    assert fields_refused(await duane.get(ENTRIES, date="2026-02-30")).keys() == {"date"}
    for path in LISTS:
        assert fields_refused(await duane.get(path, from_=TUESDAY, to=MONDAY)).keys() == {"to"}
        assert fields_refused(await duane.get(path, from_="yesterday")).keys() == {"from"}
        assert fields_refused(await duane.get(path, ownerId="staff-4366")).keys() == {"ownerId"}
        assert fields_refused(await duane.get(path, tenantId="demo")).keys() == {"tenantId"}


@pytest.mark.parametrize("day", ["0001-01-01", "1972-12-31", "9998-01-01", "9999-12-31", "10000-01-01"])
async def test_days_too_far_away_are_refused(duane: Program, day: str) -> None:
    assert fields_refused(await duane.get(ENTRIES, date=day)).keys() == {"date"}
    for path in LISTS:
        assert fields_refused(await duane.get(path, from_=day, to=day)).keys() == {"from", "to"}


@pytest.mark.parametrize("day", ["1973-01-01", "9997-12-31"])
async def test_the_first_and_the_last_day_there_are(duane: Program, org: Organisation, day: str) -> None:
    await recorded(duane, long(org.duane, f"{day}T09:00:00+00:00", f"{day}T10:00:00+00:00"))

    assert await found(duane, date=day) == [f"{day}T09:00:00+00:00"]
    (sheet,) = answered(await duane.get(SHEETS, from_=day, to=day), 200)["items"]
    submission = {"digest": sheet["digest"], "certified": True}
    answered(await duane.post(f"{SHEETS}/{sheet['id']}/submission", submission), 201)


async def test_pages_stay_right_while_entries_come_in(duane: Program, org: Organisation) -> None:
    for hour in range(6, 18, 2):
        await recorded(duane, shift(org.duane, f"{hour:02}:00", f"{hour + 1:02}:00"))
    seen, after = [], None
    for page in range(3):
        listed = answered(await duane.get(ENTRIES, first=2, after=after), 200)
        seen += [item["actualStartTime"][11:13] for item in listed["items"]]
        after = listed["meta"]["next"]
        # One before what was read, which stays unread, and one far behind it.
        await recorded(duane, shift(org.duane, f"{page:02}:00", f"{page:02}:30"))
        await recorded(duane, shift(org.duane, f"{20 + page}:00", f"{20 + page}:30"))

    assert seen == ["06", "08", "10", "12", "14", "16"]
    rest = answered(await duane.get(ENTRIES, first=3, after=after), 200)
    assert [item["actualStartTime"][11:13] for item in rest["items"]] == ["20", "21", "22"]
    assert rest["meta"]["next"] is None


async def test_a_page_goes_on_where_its_last_entry_was_removed(duane: Program, org: Organisation) -> None:
    entries = [await recorded(duane, shift(org.duane, f"{hour:02}:00", f"{hour:02}:30")) for hour in (8, 9, 10)]
    first = answered(await duane.get(ENTRIES, first=2), 200)
    answered(await duane.delete(f"{ENTRIES}/{entries[1]['id']}", 'W/"1"'), 204)

    second = answered(await duane.get(ENTRIES, first=2, after=first["meta"]["next"]), 200)

    assert [item["id"] for item in second["items"]] == [entries[2]["id"]]


async def test_every_list_comes_in_pages(duane: Program, org: Organisation) -> None:
    for week in range(3):
        day = MONDAY + timedelta(weeks=week)
        entry = await recorded(duane, shift(org.duane, day=day))
        note = {"ownerId": str(org.duane), "date": str(day), "content": f"week {week}"}
        answered(await duane.post(NOTES, note), 201)
        longer = shift(org.duane, "08:00", "18:00", day)
        change = {"type": "altered", "timeEntryId": entry["id"], "timeEntryVersion": 1, "authorisedBy": "Roland"}
        answered(await duane.post("/commands/flex-changes", longer | change), 201)
    for path in LISTS:
        whole = answered(await duane.get(path), 200)["items"]
        first = answered(await duane.get(path, first=2), 200)
        second = answered(await duane.get(path, first=2, after=first["meta"]["next"]), 200)

        assert first["items"] + second["items"] == whole
        assert len(first["items"]) == 2
        assert second["meta"]["next"] is None


@pytest.mark.parametrize("first", ["0", "-1", "201", "1.5", "many", "1e3", "99999999999999999999"])
async def test_pages_have_at_least_one_item_and_at_most_two_hundred(duane: Program, first: str) -> None:
    for path in LISTS:
        assert fields_refused(await duane.get(path, first=first)).keys() == {"first"}


@pytest.mark.parametrize("first", [1, 200])
async def test_pages_of_these_sizes_are_fine(duane: Program, first: int) -> None:
    for path in LISTS:
        answered(await duane.get(path, first=first), 200)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "%",
        "",
        "bnVsbA",
        "WyJcdTAwMDAiXQ",
        "WyJcdWQ4MDAiXQ",
        "W10",
        "WzFd",
        "eyJhIjogMX0",
        "W1tbW1tb",
        "x" * 501,
        "é",
        "WyJcdWQ4MDAiLCAieCJd",
    ],
)
async def test_a_cursor_that_was_never_given_is_refused(duane: Program, org: Organisation, after: str) -> None:
    entry = await recorded(duane, shift(org.duane))
    directory = (f"/resources/{name}" for name in ("persons", "projects", "time-period-types"))
    for path in (*LISTS, *directory, f"{ENTRIES}/{entry['id']}/versions", f"{SHEETS}/{entry['timesheetId']}/history"):
        assert fields_refused(await duane.get(path, after=after)).keys() == {"after"}, path


async def test_a_cursor_of_another_list_is_refused(duane: Program, org: Organisation) -> None:
    for hour in (8, 9):
        await recorded(duane, shift(org.duane, f"{hour:02}:00", f"{hour:02}:30"))
    cursor = answered(await duane.get(ENTRIES, first=1), 200)["meta"]["next"]

    for path in (NOTES, FLEX_CHANGES, SHEETS):
        assert fields_refused(await duane.get(path, after=cursor)).keys() == {"after"}


async def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(
    duane: Program, roland: Program, org: Organisation
) -> None:
    for hour in (8, 9):
        await recorded(duane, shift(org.duane, f"{hour:02}:00", f"{hour:02}:30"))
    cursor = answered(await duane.get(ENTRIES, first=1), 200)["meta"]["next"]

    assert await found(roland, after=cursor) == []
