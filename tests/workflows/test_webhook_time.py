"""Days of tries in vain. Time is skipped, so the webhook is one of paper here, kept by the rules of real ones."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.failures import passing
from activities.names import DELIVER_EVENTS
from embedded import program
from models.messages import DeliveryTurn, WebhookKey
from models.payloads import data_converter
from models.rules.webhooks import PATIENCE, pause_after
from tests.office import LONGEST_SECONDS
from workflows.options import sandboxed
from workflows.webhook_delivery import TURNS_OF_A_RUN, WebhookDeliveryWorkflow, webhook_queue

A_LITTLE = timedelta(seconds=30)

Run = WorkflowHandle[WebhookDeliveryWorkflow, None]


@dataclass
class Paper:
    """One webhook and what its receiver answers."""

    env: WorkflowEnvironment
    taken: Callable[[int], bool] = lambda _: False
    """Whether the receiver takes it at the try of this number, from 1 on."""
    tries: list[datetime] = field(default_factory=list)
    turns: int = 0
    many: int = 0
    """How many turns are not the last one."""
    faults: int = 0
    paused: bool = False
    key: WebhookKey = field(default_factory=lambda: WebhookKey(uuid4(), uuid4()))

    @activity.defn(name=DELIVER_EVENTS)
    async def deliver_events(self, key: WebhookKey) -> DeliveryTurn:
        assert key == self.key
        if self.faults:
            self.faults -= 1
            raise passing("The database is away.")
        self.turns += 1
        if self.many:
            self.many -= 1
            return DeliveryTurn(more=True)
        if self.paused:
            return DeliveryTurn(more=False)
        now = await self.env.get_current_time()
        self.tries.append(now)
        if self.taken(len(self.tries)):
            return DeliveryTurn(more=False)
        wait = pause_after(len(self.tries), now - self.tries[0])
        self.paused = wait is None
        return DeliveryTurn(more=True, pause_seconds=wait.total_seconds() if wait else None)

    async def begin(self) -> Run:
        return await self.env.client.start_workflow(
            WebhookDeliveryWorkflow.run, self.key, id=f"webhook/{self.key.webhook_id}", task_queue="paper"
        )

    async def ends(self, run: Run) -> None:
        """Let time pass until it is over, with all the runs that follow this one."""
        async with asyncio.timeout(LONGEST_SECONDS):
            await run.result()


@pytest.fixture
async def paper() -> AsyncIterator[Paper]:
    """A world of its own, because skipped time is skipped for everybody in it."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program("temporal-test-server")), data_converter=data_converter("")
    ) as env:
        paper = Paper(env)
        async with (
            Worker(env.client, task_queue="paper", workflows=[WebhookDeliveryWorkflow], workflow_runner=sandboxed()),
            Worker(env.client, task_queue=webhook_queue("paper"), activities=[paper.deliver_events]),
        ):
            yield paper


async def test_it_is_tried_for_days_with_growing_pauses_and_then_no_more(paper: Paper) -> None:
    await paper.ends(await paper.begin())

    pauses = [later - sooner for sooner, later in zip(paper.tries, paper.tries[1:], strict=False)]
    assert PATIENCE <= paper.tries[-1] - paper.tries[0] < PATIENCE + A_LITTLE
    assert pauses[0] < timedelta(minutes=1)
    assert max(pauses) >= timedelta(hours=6)
    assert 15 <= len(paper.tries) <= 40
    assert paper.paused


async def test_a_receiver_that_is_back_after_days_gets_it_with_the_next_try(paper: Paper) -> None:
    paper.taken = lambda number: number == 20
    await paper.ends(await paper.begin())

    assert len(paper.tries) == 20
    assert paper.tries[-1] - paper.tries[0] > timedelta(days=2)


async def test_whoever_puts_something_right_does_not_wait_for_hours(paper: Paper) -> None:
    run = await paper.begin()
    await paper.env.sleep(timedelta(days=2))
    tried, now = len(paper.tries), await paper.env.get_current_time()
    paper.taken = lambda number: number == tried + 1

    await run.signal(WebhookDeliveryWorkflow.try_now)
    await paper.ends(run)

    assert len(paper.tries) == tried + 1
    assert paper.tries[-1] - now < timedelta(minutes=5)


async def test_a_fault_on_our_side_is_no_try_of_the_receivers(paper: Paper) -> None:
    paper.faults, paper.taken = 8, lambda _: True
    await paper.ends(await paper.begin())

    assert len(paper.tries) == 1


async def test_a_long_way_is_gone_in_several_runs(paper: Paper) -> None:
    paper.many, paper.taken = TURNS_OF_A_RUN + 10, lambda _: True
    run = await paper.begin()
    await paper.ends(run)

    assert paper.turns == TURNS_OF_A_RUN + 11
    latest = await paper.env.client.get_workflow_handle(run.id).describe()
    assert latest.run_id != run.first_execution_run_id
