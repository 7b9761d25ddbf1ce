"""Rebuilds carried out by their workflow on a real Temporal server, with the product's own workers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from temporalio.client import Client, RPCError, WorkflowExecutionStatus
from temporalio.service import RPCStatusCode

from embedded import EmbeddedPostgres
from models.database import command_transaction, read_session
from models.doctor import findings
from models.messages import RebuildKey
from models.store import rebuilds
from models.store.changes import GivenBy
from models.store.rebuilds import Progress, RebuildState
from settings import Settings
from tests.desk import Life
from tests.factories import NEXT_MONDAY, change_person, worked
from tests.office import LONGEST_SECONDS, Office, rebuilding
from tests.waiting import eventually_async
from upkeep import begin_rebuilds
from workflows.accrual_rebuild import rebuild_workflow_id
from workflows.starting import start_rebuild


@dataclass(frozen=True)
class Rebuilds:
    """Rebuilds of everybody in Duane's organisation; he has lived in Auckland for a while and nobody counted it."""

    office: Office
    life: Life

    @property
    def client(self) -> Client:
        return self.office.client

    def ask(self, rate: int | None = None) -> RebuildKey:
        """Written down only."""
        org = self.life.org
        given = GivenBy(org.tenant_id, org.suzanne, uuid4())
        with command_transaction(self.office.engine, org.tenant_id) as session:
            id_ = rebuilds.ask_rebuild(session, given, "They moved", list(org.people.values()), people_per_second=rate)
        return RebuildKey(org.tenant_id, id_)

    async def begin(self, key: RebuildKey) -> None:
        await start_rebuild(self.client, self.office.task_queue, key)

    async def begin_lost(self) -> None:
        """What a worker does from time to time. It looks at all organisations: what other tests left is over."""
        others = (
            "UPDATE accrual_rebuild SET state = 'cancelled' WHERE state IN ('waiting', 'running') AND tenant_id <> :id"
        )
        with self.life.desk.owner_engine.begin() as connection:
            connection.execute(text(others), {"id": self.life.org.tenant_id})
        settings = cast(Settings, SimpleNamespace(task_queue=self.office.task_queue))
        await begin_rebuilds(self.client, settings, self.office.engine)

    async def ends(self, key: RebuildKey) -> None:
        """Wait for the end of the workflow, whichever of its runs that is."""
        async with asyncio.timeout(LONGEST_SECONDS):
            await self.client.get_workflow_handle(rebuild_workflow_id(key)).result()

    async def reaches(self, key: RebuildKey, state: RebuildState) -> None:
        """Wait until the database says so."""

        async def has() -> bool:
            return self.progress(key).state is state

        await eventually_async(has, f"the rebuild to be {state}")

    def cancel(self, key: RebuildKey) -> None:
        with command_transaction(self.office.engine, key.tenant_id) as session:
            assert rebuilds.cancel_rebuild(session, key.rebuild_id)

    def resume(self, key: RebuildKey) -> None:
        with command_transaction(self.office.engine, key.tenant_id) as session:
            assert rebuilds.resume_rebuild(session, key.rebuild_id)

    def progress(self, key: RebuildKey) -> Progress:
        with read_session(self.office.engine, key.tenant_id) as session:
            return rebuilds.progress_of(session, key.rebuild_id)

    def stands(self, key: RebuildKey) -> tuple[RebuildState, int, int]:
        """The state, and how many people were done and changed."""
        now = self.progress(key)
        return now.state, now.done, now.changed

    def wrong(self) -> list[str]:
        with read_session(self.office.engine, self.life.org.tenant_id) as session:
            return list(findings(session))

    async def first_run(self, key: RebuildKey) -> str:
        return (await self.client.get_workflow_handle(rebuild_workflow_id(key)).describe()).run_id

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody's balances can be rebuilt before the block ends."""
        with self.life.desk.owner_engine.begin() as gate:
            everybody = {"people": list(self.life.org.people.values())}
            gate.execute(text("SELECT FROM person WHERE id = ANY (:people) ORDER BY id FOR NO KEY UPDATE"), everybody)
            yield

    async def is_waited_for(self) -> None:
        """Wait until a worker is at somebody who is held."""
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

        async def waits() -> bool:
            with self.life.desk.owner_engine.connect() as connection:
                return bool(connection.scalar(waiting))

        await eventually_async(waits, "a worker to wait for somebody")


@pytest.fixture
async def asked(
    office: Office, life: Life, owner_engine: Engine, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rebuilds]:
    """Two people are a batch. A worker is there."""
    monkeypatch.setattr(rebuilds, "BATCH", 2)
    life.record("22:00", "30:00")
    change_person(owner_engine, life.org.duane, time_zone="Pacific/Auckland")
    async with rebuilding(office.client, office.task_queue, postgres.app_url()):
        yield Rebuilds(office, life)


async def test_batch_after_batch_everybody_is_rebuilt(asked: Rebuilds) -> None:
    key = asked.ask()
    assert asked.wrong()
    await asked.begin(key)
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.wrong() == []


async def test_with_a_limit_in_time_everybody_is_rebuilt_as_well(asked: Rebuilds) -> None:
    key = asked.ask(rate=100)
    await asked.begin(key)
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)


async def test_begun_twice_it_is_carried_out_once(asked: Rebuilds) -> None:
    key = asked.ask()
    with asked.held():
        await asked.begin(key)
        first = await asked.first_run(key)
        await asked.begin(key)
        assert await asked.first_run(key) == first
    await asked.ends(key)
    await asked.begin(key)
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)


async def test_cancelled_it_ends_and_resumed_it_goes_on(asked: Rebuilds) -> None:
    key = asked.ask()
    with asked.held():
        await asked.begin(key)
        await asked.is_waited_for()
        asked.cancel(key)
    await asked.ends(key)
    # Whoever was waited for was under way.
    assert asked.progress(key).state is RebuildState.CANCELLED
    assert asked.progress(key).done <= 1

    asked.resume(key)
    await asked.begin(key)
    await asked.ends(key)
    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.wrong() == []


async def test_cancelled_and_resumed_while_it_runs_it_goes_on_by_itself(asked: Rebuilds) -> None:
    key = asked.ask()
    with asked.held():
        await asked.begin(key)
        await asked.is_waited_for()
        asked.cancel(key)
        asked.resume(key)
        await asked.begin(key)
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.wrong() == []


async def test_a_long_rebuild_is_continued_by_run_after_run(asked: Rebuilds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilds, "BATCH", 1)
    monkeypatch.setattr(rebuilds, "A_RUN", 2)
    key = asked.ask()
    with asked.held():
        await asked.begin(key)
        first = asked.client.get_workflow_handle(rebuild_workflow_id(key), run_id=await asked.first_run(key))
    await asked.ends(key)

    assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.wrong() == []


async def test_one_that_nobody_began_is_begun_by_a_worker(asked: Rebuilds) -> None:
    key = asked.ask()
    with pytest.raises(RPCError) as unknown:
        await asked.first_run(key)
    assert unknown.value.status is RPCStatusCode.NOT_FOUND

    await asked.begin_lost()
    await asked.ends(key)
    assert asked.stands(key) == (RebuildState.DONE, 6, 1)


async def test_one_whose_workflow_was_lost_is_begun_again_and_goes_on(asked: Rebuilds) -> None:
    key = asked.ask()
    with asked.held():
        await asked.begin(key)
        await asked.is_waited_for()
        await asked.client.get_workflow_handle(rebuild_workflow_id(key)).terminate()
        await asked.begin_lost()
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)


async def test_without_a_worker_it_waits_and_then_goes_on(
    office: Office, life: Life, postgres: EmbeddedPostgres
) -> None:
    alone = Rebuilds(office, life)
    key = alone.ask()
    await alone.begin(key)
    await alone.reaches(key, RebuildState.RUNNING)
    assert alone.progress(key).done == 0

    async with rebuilding(alone.client, office.task_queue, postgres.app_url()):
        await alone.ends(key)
    assert alone.stands(key) == (RebuildState.DONE, 6, 0)


async def test_a_worker_that_stops_in_the_middle_leaves_the_rest_to_another(
    office: Office, life: Life, owner_engine: Engine, postgres: EmbeddedPostgres
) -> None:
    life.record("22:00", "30:00")
    change_person(owner_engine, life.org.duane, time_zone="Pacific/Auckland")
    asked = Rebuilds(office, life)
    key = asked.ask()
    with asked.held():
        async with rebuilding(office.client, office.task_queue, postgres.app_url()):
            await asked.begin(key)
            await asked.is_waited_for()
    assert asked.progress(key).done < 6

    async with rebuilding(office.client, office.task_queue, postgres.app_url()):
        await asked.ends(key)
    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.wrong() == []


async def test_somebody_who_cannot_be_computed_keeps_nobody_waiting(asked: Rebuilds, owner_engine: Engine) -> None:
    change_person(owner_engine, asked.life.org.max, time_zone="Atlantis/Centre")
    key = asked.ask()
    await asked.begin(key)
    await asked.ends(key)

    assert asked.stands(key) == (RebuildState.DONE, 6, 1)
    assert asked.progress(key).aside == 1


async def test_people_work_on_while_they_are_rebuilt(asked: Rebuilds) -> None:
    key = asked.ask()
    begun = asyncio.create_task(asked.begin(key))
    for hour in range(8, 16):
        await asked.office.give(asked.life.next_week.record(worked(f"{hour}:00", f"{hour}:30", NEXT_MONDAY)))
    await begun
    await asked.ends(key)

    assert asked.wrong() == []
