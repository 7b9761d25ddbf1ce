"""Each page asks the database a fixed number of questions, however much there is to show."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Engine, event, insert

from models.messages import SheetKey
from models.rules.transitions import State
from models.standard import TRAINING
from models.store.sealing import keys_from
from models.tables.people import Person
from tests.activities.sealed import seal_some
from tests.factories import MONDAY, Asking, Organisation, worked
from tests.web.api.conftest import Api, Program, recorded, shift
from tests.web.conftest import SECRET, Site

STATEMENTS = {
    "the week": 25,
    "its form for another type": 25,
    "asking why it is recalled": 24,
    "the inbox": 6,
    "a timesheet opened in the inbox": 26,
    "the history": 31,
    "the balances": 14,
    "the balances as a list": 12,
    "a day without an agreement": 9,
    "the balances of a team": 8,
    "the balances of everybody": 8,
    "the balances of everybody as a list": 7,
    "the people": 7,
    "the audit": 8,
    "the seals": 14,
    "the rules of compliance": 9,
    "acting for somebody": 6,
    "the start": 5,
}
"""Every statement of a page: what finds out who is there, what the page shows, and what its frame shows."""

CHANGED = {"its owner": 28, "who did it": 30}
"""The statements of a week that somebody else has changed."""

CALLS = {
    "finding entries": 6,
    "finding a day": 6,
    "one entry": 6,
    "its versions": 7,
    "timesheets": 9,
    "one timesheet": 10,
    "its history": 11,
    "a day of balances": 8,
    "a year of balances": 8,
    "days that no agreement covers": 9,
    "how they stand": 8,
    "agreements": 7,
    "adjustments": 6,
    "flex changes": 7,
    "recording": 10,
}
"""Every statement of a call: what finds out whose token it is, and what it reads; not what the worker does."""

WAITING = 20
CORRECTED = 15


async def test_every_page_asks_as_often_with_much_as_with_little(
    site: Site, org: Organisation, owner_engine: Engine
) -> None:
    duanes = await site.bring_to(org, State.SUBMITTED)
    assert seal_some(site.engine, org, keys_from(SECRET))
    assert await statements(site, org, duanes) == STATEMENTS

    for number in range(1, WAITING):
        await site.bring_to(org, State.SUBMITTED, day=MONDAY + timedelta(weeks=number))
        assert seal_some(site.engine, org, keys_from(SECRET))
    maxs = corrected_often(site, org)
    add_people(owner_engine, org, 60)
    assert await statements(site, org, maxs) == STATEMENTS


async def test_a_week_that_others_changed_asks_as_often_for_many_changes_as_for_one(
    site: Site, org: Organisation
) -> None:
    roland, address = Asking(org, org.duane, org.roland, reason="He is away."), site.week(org, org.duane)
    asked = set()
    for hour in range(CORRECTED):
        site.desk.do(roland.record(worked(f"{hour:02}:00", f"{hour:02}:30", note="Two dogs.")))
        site.desk.do(roland.note("Was on site."))
        for looks, who in (("its owner", org.duane), ("who did it", org.roland)):
            browser = site.browser(org, who)
            with noting(site.services.engine) as of_one:
                await browser.page(address)
            asked.add((looks, len(of_one)))

    assert asked == set(CHANGED.items())


async def statements(site: Site, org: Organisation, key: SheetKey) -> dict[str, int]:
    """How many statements each page asks about a timesheet, and about everything there is."""
    sheet = site.sheet(key)
    assert sheet is not None
    staff_id, week = site.staff_id(org, sheet.owner_id), site.week(org, sheet.owner_id)
    pages = {
        "the week": (org.roland, week),
        "its form for another type": (org.roland, f"{week}/form?type_id={TRAINING}"),
        "asking why it is recalled": (org.roland, f"/timesheets/{key.timesheet_id}/recall"),
        "the inbox": (org.roland, "/inbox"),
        "a timesheet opened in the inbox": (org.roland, f"/inbox/{key.timesheet_id}"),
        "the history": (org.roland, f"/history/{key.timesheet_id}"),
        "the balances": (org.roland, f"/balances?on=2026-11-22&person={staff_id}"),
        "the balances as a list": (org.roland, f"/balances.csv?on=2026-11-22&person={staff_id}"),
        "a day without an agreement": (org.roland, f"/balances?on=2030-01-01&person={staff_id}"),
        "the balances of a team": (org.roland, "/balances/team?on=2026-11-22"),
        "the balances of everybody": (org.suzanne, "/balances/team?on=2026-11-22"),
        "the balances of everybody as a list": (org.suzanne, "/balances/team.csv?on=2026-11-22"),
        "the people": (org.suzanne, "/admin/people"),
        "the audit": (org.suzanne, "/audit"),
        "the seals": (org.suzanne, "/admin/seals"),
        "the rules of compliance": (org.suzanne, "/admin/compliance"),
        "acting for somebody": (org.suzanne, f"/admin/people/{staff_id}/acting"),
        "the start": (org.roland, "/"),
    }
    found = {}
    for name, (who, address) in pages.items():
        browser = site.browser(org, who)
        with noting(site.services.engine) as asked:
            assert (await browser.get(address)).status_code in (200, 303)
        found[name] = len(asked)
    return found


async def test_every_call_asks_as_often_with_much_as_with_little(
    site: Site, org: Organisation, owner_engine: Engine
) -> None:
    program = Api(site).program(org, org.max)
    await recorded(program, shift(org.max, "00:00", "00:10", note="The first."))
    assert await statements_of_calls(site, org, program, "22:00") == CALLS

    add_people(owner_engine, org, 60)
    for number in range(1, WAITING):
        await recorded(program, shift(org.max, day=MONDAY + timedelta(weeks=number)))
        await recorded(program, shift(org.max, f"{number:02}:00", f"{number:02}:30"))
    assert await statements_of_calls(site, org, program, "23:00") == CALLS


async def statements_of_calls(site: Site, org: Organisation, program: Program, start: str) -> dict[str, int]:
    """How many statements each call asks about Max's week, at the end of which one more shift is recorded."""
    entries, sheet = "/resources/time-entries", f"/resources/timesheets/{org.key(org.max).timesheet_id}"
    entry = (await program.get(entries, first=1)).json()["items"][0]["id"]
    reads = {
        "finding entries": f"{entries}?first=200",
        "finding a day": f"{entries}?date={MONDAY}",
        "one entry": f"{entries}/{entry}",
        "its versions": f"{entries}/{entry}/versions",
        "timesheets": "/resources/timesheets",
        "one timesheet": sheet,
        "its history": f"{sheet}/history",
        "a day of balances": f"/resources/accruals?from={MONDAY}",
        "a year of balances": "/resources/accruals?from=2026-04-01&to=2027-03-31",
        "days that no agreement covers": "/resources/accruals?from=2027-03-01&to=2028-02-28",
        "how they stand": f"/resources/accruals/summary?date={MONDAY}",
        "agreements": "/resources/agreements",
        "adjustments": "/resources/adjustments",
        "flex changes": "/resources/flex-changes",
    }
    found = {}
    for name, path in reads.items():
        with noting(site.services.engine) as asked:
            assert (await program.get(path)).status_code == 200
        found[name] = len(asked)
    with noting(site.services.engine) as asked:
        await recorded(program, shift(org.max, start, None))
    return found | {"recording": len(asked)}


@contextmanager
def noting(engine: Engine) -> Iterator[list[str]]:
    """The statements that are asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def corrected_often(site: Site, org: Organisation) -> SheetKey:
    """Max's week, submitted with many entries, each of them corrected once."""
    mine, key = Asking(org, org.max, org.max), org.key(org.max)
    for hour in range(CORRECTED):
        site.desk.do(mine.record(worked(f"{hour:02}:00", f"{hour:02}:30")))
    for entry in site.live(key):
        hour = entry.start_at.hour
        site.desk.do(mine.amend(entry.id, 1, worked(f"{hour:02}:00", f"{hour:02}:45")))
    site.desk.do(mine.submit(site.digest(key)))
    return key


def add_people(owner: Engine, org: Organisation, many: int) -> None:
    """More colleagues of Duane's."""
    like_duane = {
        "tenant_id": org.tenant_id,
        "time_zone": "Europe/London",
        "holiday_calendar": "GB-ENG",
        "supervisor_id": org.roland,
        "active": True,
    }
    rows = [
        like_duane | {"id": uuid4(), "staff_id": f"{org.slug}-more-{number}", "name": f"Colleague {number}"}
        for number in range(many)
    ]
    with owner.begin() as connection:
        connection.execute(insert(Person).values(rows))
