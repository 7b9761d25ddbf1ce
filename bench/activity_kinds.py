"""The product's command by a local activity against the same by an ordinary one."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

from temporalio.client import WorkflowHandle

from bench.figures import Figure, Goal, latency
from bench.organisation import AGAIN, TENANT, Organisation, Sheet
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes, Step
from bench.workflows import QUEUE, CommandWorkflow, Given
from models.commands import Asked, Move
from models.database import command_transaction
from models.rules.transitions import CommandKind
from models.store import commands

NO_SLOWER = Goal(1.0)
Handle = WorkflowHandle[CommandWorkflow, None]


async def measure(org: Organisation, sheets: list[Sheet], sizes: Sizes) -> list[Figure]:
    """The figures 'local activity'. Takes and leaves the timesheets submitted: each is recalled and certified again."""
    handles = await asyncio.gather(*(_started(org) for _ in sheets))
    most = max(sizes.activities, key=lambda step: step.at_once)
    for locally in (True, False):
        await _there_and_back(org, handles, sheets, most, locally)
    rivals = {step: Rivals() for step in sizes.activities}
    for _ in range(sizes.rounds):
        for step in sizes.activities:
            await _meet(org, handles, sheets, rivals[step], step)
    events = [await _events_added(org, handles, sheets, locally) for locally in (True, False)]
    return [
        *_latencies(rivals),
        latency("processor time of a command by local activity", rivals[most].compare(Batch.processor_in)),
        Figure("events of it in the history", [events[0] / events[1]], ours=f"{events[0]}", against=f"{events[1]}"),
    ]


def _latencies(rivals: dict[Step, Rivals]) -> Iterator[Figure]:
    for percent in (50, 95):
        for step, each in rivals.items():
            found = each.compare(lambda batch, percent=percent: batch.percentile(percent))  # type: ignore[misc]
            yield latency(f"local activity p{percent}, {step.at_once} at once", found, NO_SLOWER)


async def _events_added(org: Organisation, handles: list[Handle], sheets: list[Sheet], locally: bool) -> int:
    """How many events one command adds to a history."""
    before = len((await handles[0].fetch_history()).events)
    await _there_and_back(org, handles, sheets, Step(1, 1), locally)
    return (len((await handles[0].fetch_history()).events) - before) // 2


async def _started(org: Organisation) -> Handle:
    client = org.services.client
    return await client.start_workflow(CommandWorkflow.run, id=f"bench-command/{uuid4()}", task_queue=QUEUE)


async def _meet(org: Organisation, handles: list[Handle], sheets: list[Sheet], rivals: Rivals, step: Step) -> None:
    await rivals.meet(
        lambda: _there_and_back(org, handles, sheets, step, locally=True),
        lambda: _there_and_back(org, handles, sheets, step, locally=False),
    )


async def _there_and_back(
    org: Organisation, handles: list[Handle], sheets: list[Sheet], step: Step, locally: bool
) -> Batch:
    """Recall as many, then submit them again: afterwards everything is as before."""
    used = sheets[: step.count]
    there = [sheet.ask(CommandKind.RECALL, Move(), AGAIN) for sheet in used]
    back = [sheet.submission() for sheet in used]
    await asyncio.to_thread(_note, org, [*there, *back])
    recalled = await timed(_jobs(there, handles, locally), step.at_once)
    return recalled + await timed(_jobs(back, handles, locally), step.at_once)


def _note(org: Organisation, all_asked: list[Asked]) -> None:
    """What the pages do before they turn to Temporal; not part of what is measured."""
    with command_transaction(org.services.engine, TENANT.id) as session:
        for asked in all_asked:
            commands.ask(session, asked)


def _jobs(all_asked: list[Asked], handles: list[Handle], locally: bool) -> list[Job]:
    return [_job(asked, handle, locally) for asked, handle in zip(all_asked, handles, strict=False)]


def _job(asked: Asked, handle: Handle, locally: bool) -> Job:
    async def carry_out(_lane: int) -> None:
        await handle.execute_update(CommandWorkflow.carry_out, Given(asked.ref, locally))

    return carry_out
