"""A bulk decision by two workers goes on when they are killed in the middle, and decides each timesheet once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import create_engine
from temporalio.client import Client

from activities.commands import SheetActivities
from demo.people import DEMO
from doctor import examine
from models.database import engine_for
from models.messages import BulkKey
from models.payloads import data_converter
from models.store.bulk import BulkState
from supervisor.state import running_settings
from tests.crowd import APPROVE, Crowd
from tests.desk import Desk
from tests.factories import Organisation
from tests.standing import WORKER, Standing, up
from tests.waiting import eventually
from workflows.starting import start_bulk

PEOPLE = tuple(person for person in DEMO.people if person.supervisor == "staff-3621")
WEEKS = 20
KILLS = 3

LONGEST_SECONDS = 300.0
"""A worker that was killed is missed after a while only, and so are several."""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data", workers=2) as started:
        started.await_ready()
        started.found_demo()
        yield started


@pytest.fixture
def crowd(standing: Standing) -> Crowd:
    """The demo's people, with nothing of their weeks in Temporal yet."""
    people = {person.name: DEMO.person_id(person.staff_id) for person in DEMO.people}
    org = Organisation(DEMO.id, people, {}, DEMO.slug)
    engine = engine_for(standing.settings.database_url)
    owner = create_engine(running_settings(standing.data_dir)["database_owner_url"])
    return Crowd(Desk(engine, SheetActivities(engine), owner), org)


def begin(standing: Standing, key: BulkKey) -> None:
    async def ask() -> None:
        client = await Client.connect(standing.settings.temporal_address, data_converter=data_converter(""))
        await start_bulk(client, standing.settings.task_queue, key)

    asyncio.run(ask())


def wait_for(crowd: Crowd, key: BulkKey, decided: int) -> None:
    """Wait until so many are decided."""
    eventually(lambda: crowd.bulk(key).done >= decided, f"{decided} are decided", LONGEST_SECONDS)


def test_workers_are_killed_and_each_timesheet_is_decided_once(standing: Standing, crowd: Crowd) -> None:
    dice = Random()
    people = [DEMO.person_id(person.staff_id) for person in PEOPLE]
    picks = [crowd.submit_week(person, weeks) for weeks in range(WEEKS) for person in people]
    key = crowd.ask(picks, APPROVE)
    begin(standing, key)
    for _ in range(KILLS):
        now = crowd.bulk(key)
        more = now.done + dice.randint(1, (now.rows - now.done) // (2 * KILLS))
        wait_for(crowd, key, more)
        assert crowd.bulk(key).state is BulkState.RUNNING
        dice.choice(standing.children(WORKER)).kill()
    eventually(lambda: crowd.bulk(key).is_over, "it is over", LONGEST_SECONDS, step=0.1)

    assert crowd.told(key) == [("done", None, "approved")] * len(picks)
    assert Counter(each.timesheet_id for each in crowd.decisions()) == Counter(pick.timesheet_id for pick in picks)
    standing.await_ready()
    assert list(examine(standing.settings)) == []
