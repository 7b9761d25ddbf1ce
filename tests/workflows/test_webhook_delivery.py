"""Webhooks brought up to date by their workflow on a real Temporal server, posting to a real receiver."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus

from embedded import EmbeddedPostgres, EmbeddedTemporal
from models.database import read_session
from models.messages import SinglePost
from models.store.feed import last_position
from tests.activities.hooks import Hook, happens, hooked
from tests.desk import Life
from tests.office import LONGEST_SECONDS, Office, delivering, settings_of, working
from tests.receiver import Receiver, receiving, silent
from tests.waiting import eventually_async
from upkeep import deliver_events
from workflows.starting import start_delivery, start_single_post
from workflows.webhook_delivery import delivery_workflow_id, post_workflow_id

BEFORE_SILENCE_IS_NOTICED = 60.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@dataclass(frozen=True)
class Deliveries:
    """Duane's organisation with a webhook of everything."""

    office: Office
    hook: Hook
    receiver: Receiver

    @property
    def life(self) -> Life:
        return self.hook.life

    @property
    def id(self) -> str:
        return delivery_workflow_id(self.hook.key)

    async def begin(self, *, hurry: bool = True) -> None:
        await start_delivery(self.office.client, self.office.task_queue, self.hook.key, hurry=hurry)

    async def ends(self) -> None:
        """Wait for the end of the workflow, whichever of its runs that is."""
        async with asyncio.timeout(BEFORE_SILENCE_IS_NOTICED):
            await self.office.client.get_workflow_handle(self.id).result()

    async def upkeep(self) -> None:
        """What a worker does from time to time. It looks at all organisations: what other tests left is paused."""
        others = "UPDATE webhook SET state = 'paused' WHERE state = 'active' AND tenant_id <> :id"
        with self.life.desk.owner_engine.begin() as connection:
            connection.execute(text(others), {"id": self.life.org.tenant_id})
        await deliver_events(self.office.client, settings_of(self.office.task_queue, ""), self.office.engine)

    async def came(self, count: int) -> None:
        """Wait until so many requests came."""

        async def have() -> bool:
            return len(self.receiver.posted) >= count

        await eventually_async(have, f"{count} events to come")

    async def failed(self, times: int) -> None:
        """Wait until so many failures in a row are written down."""

        async def has() -> bool:
            return self.hook.kept.failures == times

        await eventually_async(has, f"{times} failures")

    async def status(self) -> WorkflowExecutionStatus | None:
        return (await self.office.client.get_workflow_handle(self.id).describe()).status

    async def signals(self) -> int:
        """How often its run was told to try now."""
        history = await self.office.client.get_workflow_handle(self.id).fetch_history()
        return sum(event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED for event in history.events)

    def end_of_feed(self) -> int:
        with read_session(self.office.engine, self.life.org.tenant_id) as session:
            return last_position(session, self.life.org.tenant_id)


@pytest.fixture
async def deliveries(
    client: Client, engine: Engine, postgres: EmbeddedPostgres, life: Life, receiver: Receiver
) -> AsyncIterator[Deliveries]:
    """With workers behind it."""
    queue = f"queue-{uuid4()}"
    given = client, queue, postgres.app_url()
    async with working(*given), delivering(*given):
        yield Deliveries(Office(client, queue, engine), hooked(life, receiver.url), receiver)


async def test_upkeep_gives_events_their_places_and_has_them_posted_and_then_nothing_is_open(
    deliveries: Deliveries,
) -> None:
    subjects = happens(deliveries.life, times=3)

    await deliveries.upkeep()
    await deliveries.ends()

    assert deliveries.receiver.subjects() == subjects
    assert deliveries.hook.kept.delivered_to == deliveries.end_of_feed()
    await deliveries.upkeep()
    assert await deliveries.status() is WorkflowExecutionStatus.COMPLETED
    assert len(deliveries.receiver.posted) == 3


async def test_several_that_begin_it_at_once_post_each_event_once(deliveries: Deliveries) -> None:
    subjects = happens(deliveries.life, times=20)

    await asyncio.gather(*(deliveries.begin() for _ in range(10)))
    await deliveries.ends()

    assert deliveries.receiver.subjects() == subjects


async def test_what_happens_while_a_run_ends_is_never_forgotten(deliveries: Deliveries) -> None:
    """Whenever it happens, whoever tells of it afterwards is heard: nobody looks a second time here."""
    subjects = []
    for _ in range(40):
        subjects += await asyncio.to_thread(happens, deliveries.life)
        await deliveries.begin()
    await deliveries.ends()

    assert deliveries.receiver.subjects() == subjects


async def test_a_failure_holds_back_what_follows_until_it_is_taken(deliveries: Deliveries) -> None:
    deliveries.receiver.reactions = [500, 302, 404]
    first, second = happens(deliveries.life, times=2)
    await deliveries.begin()
    for failures in (1, 2, 3):
        await deliveries.failed(failures)
        await deliveries.begin()  # an administrator put something right
    await deliveries.ends()

    assert deliveries.receiver.subjects() == [first, first, first, first, second]
    assert len(set(deliveries.receiver.ids())) == 2


async def test_upkeep_does_not_cut_the_pauses_of_a_failing_one_short(deliveries: Deliveries) -> None:
    deliveries.receiver.always = 500
    happens(deliveries.life)
    await deliveries.upkeep()
    # The signal that began it is heard after the first try: there is a second one at once.
    await deliveries.failed(2)
    before = await deliveries.signals()

    for _ in range(5):
        await deliveries.upkeep()

    assert await deliveries.status() is WorkflowExecutionStatus.RUNNING
    assert await deliveries.signals() == before == 1
    deliveries.receiver.always = 204
    await deliveries.begin()
    await deliveries.ends()


async def test_a_lost_run_of_a_failing_one_is_begun_again_by_upkeep(deliveries: Deliveries) -> None:
    (subject,) = happens(deliveries.life)
    deliveries.hook.change(failures=3)

    await deliveries.upkeep()
    await deliveries.ends()

    assert deliveries.receiver.subjects() == [subject]


async def test_a_run_that_waits_ends_when_it_is_paused_and_goes_on_when_resumed(deliveries: Deliveries) -> None:
    deliveries.receiver.always = 500
    (subject,) = happens(deliveries.life)
    await deliveries.begin(hurry=False)
    await deliveries.failed(1)

    deliveries.hook.pause()
    await deliveries.begin()
    await deliveries.ends()
    assert deliveries.receiver.subjects() == [subject]

    deliveries.receiver.always = 204
    deliveries.hook.pause(False)
    await deliveries.begin()
    await deliveries.ends()
    assert deliveries.receiver.subjects()[1] == subject


async def test_one_event_is_posted_out_of_turn_once_however_often_it_is_asked_for(deliveries: Deliveries) -> None:
    subjects = happens(deliveries.life, times=2)
    await deliveries.begin()
    await deliveries.ends()
    asked = SinglePost(deliveries.hook.key, uuid4(), deliveries.hook.kept.delivered_to)

    for _ in range(2):
        await start_single_post(deliveries.office.client, deliveries.office.task_queue, asked)
        await deliveries.office.client.get_workflow_handle(post_workflow_id(asked)).result()

    assert deliveries.receiver.subjects() == [*subjects, subjects[1]]


async def test_a_worker_that_is_killed_over_an_event_has_it_posted_again_by_another_with_the_same_id(
    client: Client,
    engine: Engine,
    postgres: EmbeddedPostgres,
    temporal: EmbeddedTemporal,
    life: Life,
    receiver: Receiver,
) -> None:
    queue = f"queue-{uuid4()}"
    given = client, queue, postgres.app_url()
    deliveries = Deliveries(Office(client, queue, engine), hooked(life, receiver.url), receiver)
    subjects = happens(life, times=3)
    receiver.reactions = [204, silent]
    async with working(*given):
        async with other_worker(temporal.address, queue, postgres.app_url()) as process:
            await deliveries.begin(hurry=False)
            await deliveries.came(2)
            process.kill()
            await process.wait()
        async with delivering(*given):
            await deliveries.ends()

    assert receiver.subjects() == [subjects[0], subjects[1], subjects[1], subjects[2]]
    assert receiver.ids()[1] == receiver.ids()[2]


@asynccontextmanager
async def other_worker(address: str, queue: str, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that only posts to webhooks."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _POSTING, address, queue, url)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        async with asyncio.timeout(LONGEST_SECONDS):
            await process.wait()


_POSTING = """
import asyncio, sys
from temporalio.client import Client
from models.payloads import data_converter
from tests.office import delivering

async def main(address, queue, url):
    async with delivering(await Client.connect(address, data_converter=data_converter("")), queue, url):
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""
