"""Why a balance is what it is, for programs."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.rules.transitions import State
from models.standard import SHIFT
from models.store.adjustments import AdjustmentContent, adjust, reversal_of
from models.store.changes import GivenBy
from models.tables.timecard import FlexChange
from tests.desk import Life
from tests.factories import MONDAY, Organisation, make_organisation, worked
from tests.web.api.conftest import (
    ACCRUALS,
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

EXPLAIN = f"{ACCRUALS}/explain"
TARGET = AccrualCode.ANNUAL_TARGET_HOURS.value


async def explained(program: Program, day: object = MONDAY, code: str = TARGET, **others: object) -> Json:
    """Why a balance of the caller's is what it is."""
    return answered(await program.get(EXPLAIN, type=code, date=day, **others), 200)


async def test_the_sum_leads_to_the_decision_and_who_made_it(
    site: Site, org: Organisation, duane: Program, roland: Program
) -> None:
    sheet, entry, _ = await bring_to(site, org, State.APPROVED)

    told = await explained(roland, personId=org.duane)

    (contribution,) = told["days"][0].pop("contributions")
    submission = contribution["submission"]
    assert {name: told[name] for name in ("openingBalance", "used", "adjusted", "remaining", "storedBalance")} == {
        "openingBalance": 100_000,
        "used": 480,
        "adjusted": 0,
        "remaining": 99_520,
        "storedBalance": 99_520,
    }
    assert (told["correct"], told["wrongFrom"], told["personId"]) == (True, None, str(org.duane))
    assert (told["unit"], told["timeZone"]) == ("minutes", "Europe/London")
    assert told["agreement"] == {
        "startDate": "2026-04-01",
        "endDate": "2027-03-31",
        "standardDayMinutes": 444,
        "target": 100_000,
    }
    assert told["days"] == [
        {
            "date": str(MONDAY),
            "publicHoliday": None,
            "used": 480,
            "adjusted": 0,
            "balance": 99_520,
            "adjustments": [],
        }
    ]
    assert told["months"][-1] == {
        "start": "2026-11-01",
        "end": str(MONDAY),
        "used": 480,
        "adjusted": 0,
        "balance": 99_520,
    }
    assert (contribution["value"], contribution["valueByRules"]) == (480, 480)
    assert contribution["words"] == ["09:00–17:00 is 480 min.", "All 480 min of Monday 16 November count."]
    assert (contribution["entry"]["timeEntryId"], contribution["entry"]["timeEntryVersion"]) == (entry, 1)
    assert contribution["entry"]["timePeriodTypeId"] == str(SHIFT)
    assert contribution["entry"]["actualStartTime"] == "2026-11-16T09:00:00+00:00"
    assert contribution["entry"]["recorded"]["personId"] == str(org.duane)
    assert (contribution["timesheetId"], contribution["timesheetState"]) == (sheet, "approved")
    assert (submission["outcome"], submission["revision"]) == ("approved", 1)
    assert submission["submitted"]["personId"] == str(org.duane)
    assert submission["decision"]["decision"] == "approve"
    assert submission["decision"]["decided"]["personId"] == str(org.roland)
    assert submission["decision"]["decided"]["onBehalfOf"] is None
    assert answered(await duane.get(EXPLAIN, type=TARGET, date=MONDAY), 200) == await explained(
        roland, personId=org.duane
    )


async def test_the_balance_is_the_one_that_the_list_of_balances_has(duane: Program, org: Organisation) -> None:
    await recorded(duane, shift(org.duane, "22:00", "30:00"))

    for code in AccrualCode:
        listed = answered(await duane.get(ACCRUALS, from_=MONDAY, to=MONDAY, type=code.value), 200)["items"]
        assert (await explained(duane, code=code.value))["remaining"] == listed[0]["balance"]


async def test_adjustments_and_flex_changes_name_each_other(site: Site, org: Organisation, duane: Program) -> None:
    life = Life(site.desk, org)
    done = await asyncio.to_thread(life.record)
    assert done.entry_id
    changed = life.duane.change_shift(FlexType.EXTENDED, done.entry_id, worked("09:00", "18:00"))
    await asyncio.to_thread(life.desk.do, changed)
    (change,) = site.rows(org, FlexChange)
    with command_transaction(site.engine, org.tenant_id) as session:
        given = GivenBy(org.tenant_id, org.suzanne, uuid4())
        made = adjust(session, given, reversal_of(session, change.id, "Ours, not his."))
        adjustment_id = made.id

    told = await explained(duane, code="FLEXIBLE_CREDITS")

    (day,) = told["days"]
    (contribution,), (adjustment,) = day["contributions"], day["adjustments"]
    assert (told["openingBalance"], told["used"], told["adjusted"], told["remaining"]) == (0, 1, 1, 0)
    assert told["agreement"]["target"] is told["target"] is told["variance"] is told["status"] is None
    assert contribution["flexChange"]["id"] == adjustment["reversesFlexChangeId"] == str(change.id)
    assert contribution["flexChange"]["givenBackOn"] == str(MONDAY)
    assert adjustment["id"] == str(adjustment_id)
    assert adjustment["made"]["personId"] == str(org.suzanne)
    assert adjustment["made"]["reason"] == "Ours, not his."


async def test_without_an_agreement_it_says_what_would_count(duane: Program, org: Organisation) -> None:
    may = date(2027, 5, 4)
    entry = await recorded(duane, shift(org.duane, day=may))

    told = await explained(duane, may)

    assert told["agreement"] is told["remaining"] is told["storedBalance"] is told["correct"] is None
    assert (told["months"], told["days"]) == ([], [])
    (waiting,) = told["notCounted"]
    assert (waiting["date"], waiting["contribution"]["value"]) == (str(may), 480)
    assert waiting["contribution"]["entry"]["timeEntryId"] == entry["id"]
    assert waiting["contribution"]["submission"] is None


async def test_another_month_is_told_in_full_when_it_is_named(duane: Program, org: Organisation) -> None:
    october = date(2026, 10, 6)
    await recorded(duane, shift(org.duane, day=october))
    await recorded(duane, shift(org.duane))

    assert [day["date"] for day in (await explained(duane))["days"]] == [str(MONDAY)]
    told = await explained(duane, month="2026-10")
    assert [day["date"] for day in told["days"]] == [str(october)]
    assert (told["previousDate"], told["nextDate"]) == (str(october), None)


async def test_one_day_is_enough_to_ask_and_no_day_is_today(duane: Program, site: Site) -> None:
    told = answered(await duane.get(EXPLAIN), 200)

    assert (told["type"], told["date"]) == (TARGET, site.services.now().date().isoformat())


async def test_an_adjustment_below_zero_is_taken_off(site: Site, org: Organisation, duane: Program) -> None:
    content = AdjustmentContent(org.duane, AccrualCode.ANNUAL_TARGET_HOURS, MONDAY, -90, "Course.")
    with command_transaction(site.engine, org.tenant_id) as session:
        adjust(session, GivenBy(org.tenant_id, org.suzanne, uuid4()), content)

    told = await explained(duane)

    assert (told["adjusted"], told["remaining"], told["correct"]) == (-90, 99_910, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"type": "GOLD"}, "type"),
        ({"type": ""}, "type"),
        ({"date": "soon"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"month": "2026-13"}, "month"),
        ({"month": "0001-01"}, "month"),
        ({"month": "2026-12", "date": str(MONDAY)}, "month"),
        ({"personId": "Duane"}, "personId"),
    ],
)
async def test_what_cannot_be_understood_is_named(duane: Program, query: dict[str, str], field: str) -> None:
    assert list(fields_refused(await duane.get(EXPLAIN, **query))) == [field]


async def test_who_may_not_see_somebodys_time_is_told_nothing(
    api: Api, org: Organisation, duane: Program, alex: Program, owner_engine: Engine
) -> None:
    await recorded(duane, shift(org.duane))
    other = make_organisation(owner_engine)
    strangers = (alex, api.program(org, org.max), api.program(other, other.suzanne))

    for stranger in strangers:
        refused(await stranger.get(EXPLAIN, personId=org.duane, type=TARGET, date=MONDAY), 404, "not_found")
    refused(await duane.get(EXPLAIN, personId=uuid4()), 404, "not_found")
    refused(await duane.get(EXPLAIN, tenantId=other.tenant_id), 404, "not_found")


async def test_who_sees_everybody_is_told(suzanne: Program, diana: Program, roland: Program, org: Organisation) -> None:
    for program in (suzanne, diana, roland):
        assert (await explained(program, personId=org.duane))["personId"] == str(org.duane)
