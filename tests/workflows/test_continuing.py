"""Long lives: a run whose history has grown is continued by the next one, and nobody can tell."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowExecutionStatus

from embedded import EmbeddedPostgres, EmbeddedTemporal, start_temporal
from models.commands import Asked, EntryFields
from models.messages import CommandOutcome
from models.payloads import data_converter
from models.rules.transitions import CommandKind, State
from models.tables.timecard import TimeEntryVersion
from tests.desk import Life
from tests.factories import worked
from tests.office import Office, approve, bring_to, submit, working
from tests.waiting import eventually_async
from workflows.timesheet import TimesheetWorkflow

FEW_EVENTS = "limit.historyCount.suggestContinueAsNew=50"
"""A history of about ten commands counts as long."""


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """A Temporal server to which every history soon is too long."""
    with start_temporal(log=tmp_path_factory.mktemp("impatient") / "log", dynamic=[FEW_EVENTS]) as server:
        yield server


@pytest.fixture(scope="module")
async def office(impatient: EmbeddedTemporal, engine: Engine, postgres: EmbeddedPostgres) -> AsyncIterator[Office]:
    """The way in to that server, with a worker behind it."""
    client = await Client.connect(impatient.address, data_converter=data_converter(""))
    queue = f"queue-{uuid4()}"
    async with working(client, queue, postgres.app_url()):
        yield Office(client, queue, engine)


async def _hand_in_and_take_back_until_it_continued(life: Life, office: Office) -> None:
    """Submit and recall, over and over; ends as a draft in another run."""
    first = await office.run_id(life.key)
    for _ in range(20):
        await submit(life, office)
        await office.give(life.because(life.duane, "Forgot something.").move(CommandKind.RECALL))
        if await office.run_id(life.key) != first:
            return
    pytest.fail("the run went on and on")


async def test_a_long_history_is_continued_by_a_run_that_knows_where_things_stand(office: Office, life: Life) -> None:
    await bring_to(life, office, State.DRAFT)
    first = office.client.get_workflow_handle(office.handle(life.key).id, run_id=await office.run_id(life.key))
    await _hand_in_and_take_back_until_it_continued(life, office)

    assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
    assert await office.thinks(life.key) == life.desk.load(life.key)
    await submit(life, office)
    assert (await approve(life, office)).snapshot.state is State.APPROVED


async def test_a_command_of_an_earlier_run_is_answered_as_it_was_then(office: Office, life: Life) -> None:
    """The server has forgotten the update, and the present state would not allow the command."""
    asked = life.duane.record(worked("09:00", "17:00"))
    recorded = await office.give(asked)
    await _hand_in_and_take_back_until_it_continued(life, office)
    await submit(life, office)

    assert await office.give(asked) == replace(recorded, repeated=True)
    assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 1
    assert (await approve(life, office)).snapshot.state is State.APPROVED


async def test_commands_that_arrive_while_runs_change_are_all_carried_out_once(office: Office, life: Life) -> None:
    """Four send without a pause, so that at any moment some command is on its way."""
    await bring_to(life, office, State.DRAFT)
    first = await office.run_id(life.key)
    quarters = [life.duane.record(_quarter(number)) for number in range(20)]

    async def send(mine: list[Asked]) -> list[CommandOutcome]:
        return [await office.give(asked) for asked in mine]

    done = await asyncio.gather(*(send(quarters[number::4]) for number in range(4)))
    outcomes = [outcome for each in done for outcome in each]
    assert {outcome.command_id for outcome in outcomes} == {asked.id for asked in quarters}
    assert len(life.desk.live(life.key)) == len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 1 + 20
    assert await office.run_id(life.key) != first


def _quarter(number: int) -> EntryFields:
    """One of the quarters of an hour before the morning's entry."""
    start, end = (f"{quarters // 4:02}:{quarters % 4 * 15:02}" for quarters in (number, number + 1))
    return worked(start, end)


async def test_a_run_told_to_look_again_reads_before_it_is_continued(office: Office, life: Life) -> None:
    await bring_to(life, office, State.DRAFT)
    first = await office.run_id(life.key)

    async def has_continued() -> bool:
        await office.handle(life.key).signal(TimesheetWorkflow.look_again)
        return await office.run_id(life.key) != first

    await eventually_async(has_continued, "the run to be continued")
    assert (await submit(life, office)).snapshot.state is State.SUBMITTED
