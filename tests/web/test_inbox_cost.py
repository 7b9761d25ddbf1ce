"""What a page of the inbox costs, with one row and with as many as a page holds."""

import pytest
from sqlalchemy import Engine, update

from models.reads.inbox.tabs import PAGE, Tab
from models.rules.transitions import State
from models.tables.timesheet import Waiting
from tests.crowd import Crowd
from tests.factories import MONDAY, Asking, Organisation, worked
from tests.standing_in import stand_in
from tests.web.conftest import Browser, Site
from tests.web.reading import Page
from tests.web.test_inbox import rows
from tests.web.test_statements import noting

AT_MOST = 6
"""Statements of one request: its session, who looks, the frame with the counts of all parts, and the rows."""

HEAVIEST = 30_000
"""Bytes of a page as it is sent."""


@pytest.fixture
def looking(site: Site, org: Organisation) -> dict[Tab, Browser]:
    """Who looks at each part: Roland, and at what is delegated Max, who stands in for him."""
    stand_in(site.services.engine, org, org.roland, org.max)
    roland, max_ = site.browser(org, org.roland), site.browser(org, org.max)
    return {tab: max_ if tab is Tab.DELEGATED else roland for tab in Tab}


async def test_every_part_asks_as_often_for_a_full_page_as_for_one_row(
    site: Site, org: Organisation, owner_engine: Engine, looking: dict[Tab, Browser]
) -> None:
    crowd = Crowd(site.desk, org)
    fill(crowd, owner_engine, range(1))
    few = {tab: 2 if tab in (Tab.ALL, Tab.DELEGATED) else 1 for tab in Tab}
    assert await asked_of(site, looking) == {tab: (few[tab], AT_MOST) for tab in Tab}
    project = next(iter(org.projects.values()))
    found = await asked_of(site, looking, f"&q=a&period={MONDAY}&project={project}")
    assert {statements for _, statements in found.values()} == {AT_MOST}

    fill(crowd, owner_engine, range(1, PAGE + 2))

    assert await asked_of(site, looking) == dict.fromkeys(Tab, (PAGE, AT_MOST))
    for tab, browser in looking.items():
        assert await weight(browser, f"/inbox?tab={tab}") <= HEAVIEST, tab


async def test_a_long_timesheet_opened_beside_a_full_page_is_light(
    site: Site, org: Organisation, owner_engine: Engine, looking: dict[Tab, Browser]
) -> None:
    fill(Crowd(site.desk, org), owner_engine, range(PAGE))
    mine = Asking(org, org.max, org.max)
    for hour in range(15):
        site.desk.do(mine.record(worked(f"{hour:02}:00", f"{hour:02}:30", note="Two dogs.")))
    await site.take_on(mine, State.SUBMITTED)

    assert await weight(looking[Tab.ALL], f"/inbox/{org.key(org.max).timesheet_id}") <= HEAVIEST


async def asked_of(site: Site, looking: dict[Tab, Browser], also: str = "") -> dict[Tab, tuple[int, int]]:
    """Of each part how many rows its page shows, and how many statements that took."""
    found = {}
    for tab, browser in looking.items():
        with noting(site.services.engine) as asked:
            answer = await browser.get(f"/inbox?tab={tab}{also}")
        assert answer.status_code == 200
        found[tab] = len(rows(Page(answer.text))), len(asked)
    return found


async def weight(browser: Browser, path: str) -> int:
    """How many bytes a page is on its way."""
    answer = await browser.get(path, **{"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    return answer.num_bytes_downloaded


def fill(crowd: Crowd, owner: Engine, numbers: range) -> None:
    """For each number one of Duane's timesheets in each part: ready, with exceptions, decided and not submitted."""
    duane = crowd.org.duane
    for number in numbers:
        ready, _, decided = (crowd.submit_week(duane, number * 4 + which) for which in range(3))
        crowd.approve(decided, weeks_ago=number * 4 + 2)
        draft = crowd.week_of(duane, number * 4 + 3)
        crowd.desk.do(draft.record(worked("09:00", "17:00", draft.day)))
        with owner.begin() as connection:
            this = update(Waiting).where(Waiting.timesheet_id == ready.timesheet_id)
            connection.execute(this.values(has_exceptions=False))
