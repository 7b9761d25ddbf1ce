"""Balances day by day with what made them so, and how somebody stands, as programs read them."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from models.database import read_session
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode
from models.rules.books import Balances, books_of
from models.standard import ABSENCE, ON_CALL
from models.store.recorded import recorded_of
from tests.factories import MONDAY, Organisation, at, change_person, change_policy, hire, make_organisation
from tests.web.api.conftest import (
    ACCRUALS,
    ADJUSTMENTS,
    AGREEMENTS,
    ENTRIES,
    FLEX,
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

SUMMARY = f"{ACCRUALS}/summary"
HOURS, NIGHTS = "ANNUAL_TARGET_HOURS", "NIGHT_HOURS"
SUNDAY, TUESDAY, WEDNESDAY = (MONDAY + timedelta(days=days) for days in (-1, 1, 2))
YEAR = date(2026, 4, 1), date(2027, 3, 31)


async def read(program: Program, start: date = MONDAY, end: date | None = None, **query: object) -> list[Json]:
    """The balances of some days."""
    return list(answered(await program.get(ACCRUALS, from_=start, to=end or start, **query), 200)["items"])


async def left(program: Program, type_: str, start: date, end: date, **query: object) -> list[int]:
    """What remains of one accrual type at the end of each of some days."""
    return [item["balance"] for item in await read(program, start, end, type=type_, **query)]


async def stands(program: Program, on: date = MONDAY, **query: object) -> dict[str, Json]:
    """How somebody stands, by accrual type."""
    items = answered(await program.get(SUMMARY, date=on, **query), 200)["items"]
    return {item["type"]: item for item in items}


def by(entry: Json, value: int, version: int = 1) -> Json:
    """A contribution of an entry."""
    return {"timeEntryId": entry["id"], "timeEntryVersion": version, "value": value}


async def test_a_balance_is_told_with_what_made_it_so(duane: Program, org: Organisation) -> None:
    early = await recorded(duane, shift(org.duane, "02:00", "07:00"))
    late = await recorded(duane, shift(org.duane, "22:00", "23:30"))

    assert await read(duane) == [
        {
            "personId": str(org.duane),
            "accrualTypeId": str(ACCRUAL_TYPES[code].id),
            "type": code.value,
            "date": str(MONDAY),
            "unit": ACCRUAL_TYPES[code].unit.value,
            "balance": balance,
            "total": total,
            "contributions": contributions,
        }
        for code, balance, total, contributions in (
            (AccrualCode.ANNUAL_TARGET_HOURS, 100_000 - 390, 390, [by(early, 300), by(late, 90)]),
            (AccrualCode.NIGHT_HOURS, 10_000 - 270, 270, [by(early, 240), by(late, 30)]),
            (AccrualCode.ROSTERED_SHIFT_ALLOWANCE, -1, 1, [by(early, 1)]),
        )
    ]


async def test_days_on_which_nothing_happens_carry_on_what_was_left(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane))
    await recorded(duane, shift(org.duane, "09:00", "10:00", WEDNESDAY))

    items = await read(duane, SUNDAY, WEDNESDAY + timedelta(days=1), type=HOURS)

    assert [item["date"] for item in items] == [str(SUNDAY + timedelta(days=days)) for days in range(5)]
    assert [item["balance"] for item in items] == [100_000, 99_520, 99_520, 99_460, 99_460]
    assert [item["total"] for item in items] == [0, 480, 0, 60, 0]
    assert [len(item["contributions"]) for item in items] == [0, 1, 0, 1, 0]


async def test_every_day_and_type_is_told_once_in_order(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "00:00", "24:00", TUESDAY, timePeriodTypeId=str(ON_CALL)))

    items = await read(duane, MONDAY, WEDNESDAY)

    types = [HOURS, NIGHTS, "ON_CALL_WEEKDAY"]
    days = [str(day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert [(item["date"], item["type"]) for item in items] == [(day, type_) for day in days for type_ in types]
    assert await left(duane, "ON_CALL_WEEKDAY", MONDAY, WEDNESDAY) == [0, -1, -1]


async def test_a_type_with_nothing_on_it_is_told_when_it_is_asked_for(duane: Program) -> None:
    (item,) = await read(duane, type="ON_CALL_WEEKEND")

    assert (item["balance"], item["total"], item["contributions"], item["unit"]) == (0, 0, [], "count")


async def test_only_the_present_version_contributes(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    path = f"{ENTRIES}/{entry['id']}"
    answered(await duane.put(path, shift(org.duane, "09:00", "10:00", TUESDAY), 'W/"1"'), 200)

    monday, tuesday = await read(duane, MONDAY, TUESDAY, type=HOURS)

    assert (monday["balance"], monday["contributions"]) == (100_000, [])
    assert (tuesday["balance"], tuesday["contributions"]) == (99_940, [by(entry, 60, version=2)])
    answered(await duane.delete(path, 'W/"2"'), 204)
    assert [(item["balance"], item["contributions"]) for item in await read(duane, MONDAY, TUESDAY, type=HOURS)] == [
        (100_000, []),
        (100_000, []),
    ]


async def test_of_a_version_the_last_computation_counts(suzanne: Program, duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    (agreement,) = answered(await duane.get(AGREEMENTS), 200)["items"]
    path, without = f"{AGREEMENTS}/{agreement['id']}", agreement | {"endDate": str(SUNDAY)}

    answered(await suzanne.put(path, without, 'W/"1"'), 200)
    assert await read(duane) == []

    answered(await suzanne.put(path, agreement, 'W/"2"'), 200)
    (item,) = await read(duane, type=HOURS)
    assert (item["balance"], item["contributions"]) == (99_520, [by(entry, 480)])


async def test_a_flex_change_contributes_with_the_version_that_it_made(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    answered(await duane.post(FLEX, shift(org.duane, "08:00", "18:00") | flex(entry["id"])), 201)
    answered(await duane.put(f"{ENTRIES}/{entry['id']}", shift(org.duane, "08:00", "19:00"), 'W/"2"'), 200)

    items = {item["type"]: item["contributions"] for item in await read(duane)}

    assert items["FLEXIBLE_CREDITS"] == [by(entry, 1, version=2)]
    assert items[HOURS] == [by(entry, 660, version=3)]


async def test_an_entry_over_midnight_contributes_to_both_days(duane: Program, org: Organisation) -> None:
    entry = await recorded(
        duane, shift(org.duane, "22:00", None, actualEndTime=at(TUESDAY, "06:00").isoformat(), mealBreakMinutes=30)
    )

    items = await read(duane, MONDAY, TUESDAY, type=HOURS)

    assert [item["contributions"] for item in items] == [[by(entry, 120)], [by(entry, 330)]]
    assert [item["balance"] for item in items] == [99_880, 99_550]


async def test_days_are_the_owners(duane: Program, roland: Program, org: Organisation, owner_engine: Engine) -> None:
    change_person(owner_engine, org.duane, time_zone="Pacific/Auckland")
    times = {"actualStartTime": "2026-11-16T12:00:00+00:00", "actualEndTime": "2026-11-16T14:00:00+00:00"}
    await recorded(duane, shift(org.duane, None, None) | times)

    assert await left(roland, HOURS, MONDAY, TUESDAY, personId=org.duane) == [100_000, 99_880]


async def test_an_adjustment_changes_the_balance_and_not_the_total(
    suzanne: Program, duane: Program, org: Organisation
) -> None:
    given = {"personId": str(org.duane), "type": HOURS, "date": str(MONDAY), "value": 30, "reason": "Miscounted."}
    answered(await suzanne.post(ADJUSTMENTS, given), 201)

    (item,) = await read(duane, type=HOURS)

    assert (item["balance"], item["total"], item["contributions"]) == (100_030, 0, [])
    assert (await stands(duane))[HOURS]["worked"] == 0


async def test_balances_begin_anew_with_each_agreement(suzanne: Program, duane: Program, org: Organisation) -> None:
    eve, day = YEAR[1], YEAR[1] + timedelta(days=1)
    targets = [{"type": HOURS, "target": 50_000, "openingBalance": 40_000}, {"type": "FLEXIBLE_CREDITS", "target": 3}]
    next_year = {"personId": str(org.duane), "startDate": str(day), "endDate": "2028-03-31", "targets": targets}
    answered(await suzanne.post(AGREEMENTS, next_year), 201)
    await recorded(duane, shift(org.duane))
    entry = shift(org.duane, "22:00", None, eve) | {"actualEndTime": "2027-04-01T06:00:00+01:00"}
    await recorded(duane, entry)

    items = await read(duane, eve - timedelta(days=1), day + timedelta(days=1))

    told = [(item["date"], item["type"], item["balance"]) for item in items]
    assert told == [
        ("2027-03-30", HOURS, 99_520),
        ("2027-03-30", NIGHTS, 10_000),
        ("2027-03-30", "ROSTERED_SHIFT_ALLOWANCE", 0),
        ("2027-03-31", HOURS, 99_400),
        ("2027-03-31", NIGHTS, 9_940),
        ("2027-03-31", "ROSTERED_SHIFT_ALLOWANCE", -1),
        ("2027-04-01", HOURS, 39_640),
        ("2027-04-01", NIGHTS, -360),
        ("2027-04-01", "FLEXIBLE_CREDITS", 3),
        ("2027-04-02", HOURS, 39_640),
        ("2027-04-02", NIGHTS, -360),
        ("2027-04-02", "FLEXIBLE_CREDITS", 3),
    ]
    assert await left(duane, HOURS, day, day + timedelta(days=1)) == [39_640, 39_640]
    assert await left(duane, HOURS, day + timedelta(days=1), day + timedelta(days=1)) == [39_640]


async def test_what_no_agreement_covers_is_told_apart(duane: Program, org: Organisation) -> None:
    before, first = YEAR[0] - timedelta(days=1), YEAR[0]
    over = shift(org.duane, None, None) | {
        "actualStartTime": "2026-03-30T22:00:00+01:00",
        "actualEndTime": "2026-04-01T06:00:00+01:00",
    }
    entry = await recorded(duane, over)
    day_off = shift(org.duane, "00:00", "24:00", date(2026, 3, 29), timePeriodTypeId=str(ABSENCE))
    await recorded(duane, day_off)
    running = await recorded(duane, shift(org.duane, "09:00", None, date(2026, 3, 28)))

    told = answered(await duane.get(ACCRUALS, from_="2026-03-27", to=first), 200)

    assert told["notCounted"] == [
        {"timeEntryId": running["id"], "date": "2026-03-28"},
        {"timeEntryId": entry["id"], "date": "2026-03-30"},
        {"timeEntryId": entry["id"], "date": "2026-03-31"},
    ]
    assert {item["date"] for item in told["items"]} == {str(first)}
    assert [item["total"] for item in told["items"] if item["type"] == HOURS] == [360]
    alone = answered(await duane.get(ACCRUALS, from_=before, to=before), 200)
    assert alone == {
        "meta": {"next": None},
        "items": [],
        "notCounted": [{"timeEntryId": entry["id"], "date": str(before)}],
    }
    assert answered(await duane.get(ACCRUALS, from_=first, to=first), 200)["notCounted"] == []
    of_type = answered(await duane.get(ACCRUALS, from_=before, to=before, type="ON_CALL_WEEKDAY"), 200)
    assert of_type["notCounted"] == []


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happened_every_day_is_the_arithmetic_of_what_is_recorded(
    api: Api, org: Organisation, duane: Program, suzanne: Program, seed: int
) -> None:
    await live(duane, suzanne, org, Random(seed))
    with read_session(api.site.engine, org.tenant_id) as session:
        recorded_ = recorded_of(session, [org.duane])[org.duane]
    books = books_of(recorded_)
    right = Balances(recorded_.calendar.agreements, books.balances)

    items = await read(duane, *YEAR)

    assert len({item["type"] for item in items}) > 3
    for item in items:
        code, day = AccrualCode(item["type"]), date.fromisoformat(item["date"])
        assert item["balance"] == right.on(code, day), item
        assert item["total"] == sum(each["value"] for each in item["contributions"]), item
        assert {(each["timeEntryId"], each["timeEntryVersion"], each["value"]) for each in item["contributions"]} == {
            (str(source.entry_id), source.version, sums[code, day])
            for source, sums in books.contributions.items()
            if (code, day) in sums
        }
    final = await stands(duane, YEAR[1])
    for code in AccrualCode:
        of_type = [item for item in items if item["type"] == code]
        assert len(of_type) == (365 if code in final else 0)
        if of_type:
            assert final[code]["remaining"] == of_type[-1]["balance"]
            assert final[code]["worked"] == sum(item["total"] for item in of_type)


async def live(duane: Program, suzanne: Program, org: Organisation, chance: Random) -> None:
    """Some days of Duane's: recorded, amended, removed, changed at short notice and adjusted."""
    for number in range(14):
        day = YEAR[0] + timedelta(days=26 * number + chance.randrange(20))
        start = chance.randrange(24)
        times = {"actualStartTime": at(day, f"{start}:00"), "actualEndTime": at(day, f"{start + 4}:30")}
        body = shift(org.duane, None, None) | {name: moment.isoformat() for name, moment in times.items()}
        entry = await recorded(duane, body | chance.choice([{}, {}, {"timePeriodTypeId": str(ON_CALL)}]))
        path = f"{ENTRIES}/{entry['id']}"
        match chance.randrange(5):
            case 0:
                answered(await duane.delete(path, 'W/"1"'), 204)
            case 1:
                answered(await duane.put(path, body | {"mealBreakMinutes": 45}, 'W/"1"'), 200)
            case 2 if entry["timePeriodTypeId"] == body["timePeriodTypeId"]:
                later = {"actualEndTime": at(day, f"{start + 6}:00").isoformat()}
                answered(await duane.post(FLEX, body | later | flex(entry["id"])), 201)
            case 3:
                given = {"type": chance.choice(list(AccrualCode)), "date": str(day), "value": chance.choice([-3, 5])}
                why = {"personId": str(org.duane), "reason": "Miscounted."}
                answered(await suzanne.post(ADJUSTMENTS, why | given), 201)


async def test_planned_and_removed_time_is_not_waiting_to_be_counted(
    api: Api, duane: Program, org: Organisation
) -> None:
    day = date(2020, 1, 6)
    entry = await recorded(duane, shift(org.duane, day=day))
    answered(await duane.delete(f"{ENTRIES}/{entry['id']}", 'W/"1"'), 204)
    await plan(api.program(org, org.suzanne), org.duane, day)

    assert answered(await duane.get(ACCRUALS, from_=day, to=day), 200)["notCounted"] == []


async def plan(program: Program, owner: UUID, day: date) -> None:
    """A shift that the scheduler plans."""
    times = shift(owner, day=day)
    planned = {
        "entryId": str(uuid4()),
        "personId": str(owner),
        "timePeriodTypeId": times["timePeriodTypeId"],
        "plannedStartTime": times["actualStartTime"],
        "plannedEndTime": times["actualEndTime"],
        "version": 1,
        "action": "create",
    }
    event = {"specversion": "1.0", "id": str(uuid4()), "source": "/roster", "type": "countersign.scheduled-entry"}
    assert answered(await program.post("/events", event | {"data": planned}), 202)["outcome"] == "applied"


async def test_a_year_is_told_at_once_and_no_more(duane: Program) -> None:
    start = date(2026, 4, 1)

    assert len(await read(duane, start, start + timedelta(days=364))) == 365 * 2
    answered(await duane.get(ACCRUALS, from_=start, to=start + timedelta(days=365)), 200)
    wrong = await duane.get(ACCRUALS, from_=start, to=start + timedelta(days=366))
    assert fields_refused(wrong).keys() == {"to"}


async def test_one_end_alone_is_one_day(duane: Program) -> None:
    for query in ({"from_": MONDAY}, {"to": MONDAY}):
        items = answered(await duane.get(ACCRUALS, **query), 200)["items"]
        assert {item["date"] for item in items} == {str(MONDAY)}


async def test_without_days_it_is_the_owners_today(
    api: Api, org: Organisation, suzanne: Program, owner_engine: Engine
) -> None:
    far_east = hire(owner_engine, org, "Kiri Timati", "worker")
    change_person(owner_engine, far_east, time_zone="Pacific/Kiritimati")
    today = datetime.now(UTC).date()
    year = {"startDate": str(today - timedelta(days=9)), "endDate": str(today + timedelta(days=9))}
    answered(await suzanne.post(AGREEMENTS, {"personId": str(far_east), **year}), 201)
    zone = ZoneInfo("Pacific/Kiritimati")

    before = datetime.now(zone).date()
    of_days = answered(await suzanne.get(ACCRUALS, personId=far_east, type=HOURS), 200)["items"]
    standing = answered(await suzanne.get(SUMMARY, personId=far_east, type=HOURS), 200)["items"]
    after = datetime.now(zone).date()

    for items in (of_days, standing):
        assert {item["date"] for item in items} <= {str(before), str(after)}
        assert len(items) == 1


async def test_what_is_asked_has_to_make_sense(duane: Program) -> None:
    assert fields_refused(await duane.get(ACCRUALS, from_=TUESDAY, to=MONDAY)).keys() == {"to"}
    nonsense = await duane.get(ACCRUALS, from_="x", to="2026-02-30", type="SLEEP", personId="duane")
    assert fields_refused(nonsense).keys() == {"from", "to", "type", "personId"}
    wrong = await duane.get(SUMMARY, date="today", type="SLEEP", personId="duane")
    assert fields_refused(wrong).keys() == {"date", "type", "personId"}


async def test_how_somebody_stands_is_told_of_every_type(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane))
    gone, whole = (MONDAY - YEAR[0]).days + 1, 365

    told = await stands(duane)

    target = round(100_000 * (whole - gone) / whole)
    assert list(told) == [HOURS, NIGHTS]
    assert told[HOURS] == {
        "personId": str(org.duane),
        "type": HOURS,
        "accrualTypeId": str(ACCRUAL_TYPES[AccrualCode.ANNUAL_TARGET_HOURS].id),
        "unit": "minutes",
        "date": str(MONDAY),
        "total": 100_000,
        "worked": 480,
        "remaining": 99_520,
        "target": target,
        "variance": target - 99_520,
        "status": "under_target",
        "forecast": 99_520 - round(480 * (whole - gone) / gone),
    }


async def test_the_day_asked_for_decides_what_was_worked(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane))
    await recorded(duane, shift(org.duane, "09:00", "10:00", WEDNESDAY))

    worked = [(await stands(duane, day))[HOURS]["worked"] for day in (SUNDAY, MONDAY, TUESDAY, WEDNESDAY)]

    assert worked == [0, 480, 480, 540]


async def test_a_type_without_a_target_has_no_status(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "00:00", "04:00"))

    told = (await stands(duane))["ROSTERED_SHIFT_ALLOWANCE"]

    assert (told["worked"], told["remaining"], told["total"]) == (1, -1, 0)
    assert (told["target"], told["variance"], told["status"]) == (None, None, None)
    assert list(await stands(duane, type="ON_CALL_WEEKEND")) == ["ON_CALL_WEEKEND"]
    assert "ROSTERED_SHIFT_ALLOWANCE" not in await stands(duane, SUNDAY)


async def test_the_tolerance_is_the_organisations(duane: Program, org: Organisation, owner_engine: Engine) -> None:
    change_policy(owner_engine, org, balance_tolerance_percent=0)
    assert (await stands(duane))[HOURS]["status"] == "under_target"

    change_policy(owner_engine, org, balance_tolerance_percent=100)
    assert (await stands(duane))[HOURS]["status"] == "on_target"


async def test_nobody_stands_anywhere_on_a_day_without_an_agreement(duane: Program) -> None:
    assert await stands(duane, YEAR[0] - timedelta(days=1)) == {}
    assert await stands(duane, YEAR[1] + timedelta(days=1), type=HOURS) == {}


async def test_balances_are_read_by_whoever_may_see_the_time(
    api: Api, org: Organisation, owner_engine: Engine, duane: Program, roland: Program, suzanne: Program, diana: Program
) -> None:
    scheduler = api.program(org, hire(owner_engine, org, "scheduler", "integration"))
    await recorded(duane, shift(org.duane))
    own, standing = await read(duane), await stands(duane)

    for program in (roland, suzanne, diana, scheduler):
        assert await read(program, personId=org.duane) == own
        assert await stands(program, personId=org.duane) == standing


@pytest.mark.parametrize("path", [ACCRUALS, SUMMARY])
async def test_whose_time_one_may_not_see_has_no_balances(
    api: Api, org: Organisation, alex: Program, owner_engine: Engine, path: str
) -> None:
    other = make_organisation(owner_engine)

    answers = [
        await program.get(path, personId=person)
        for program in (alex, api.program(org, org.max), api.program(other, other.suzanne))
        for person in (org.duane, uuid4())
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    refused(await api.program(org, org.duane, Scope.RECORD).get(path), 403, "scope_missing")
    refused(await api.program(org, org.duane).get(path, tenantId=other.tenant_id), 404, "not_found")


async def test_balances_are_only_read(suzanne: Program) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (ACCRUALS, SUMMARY):
            assert (await suzanne.call(method, path, {})).status_code == 405
