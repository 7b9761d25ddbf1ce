"""The product's command by a local activity against the same by an ordinary one."""

import asyncio
from uuid import uuid4

from temporalio.client import WorkflowHandle

from bench.figures import Figure, Goal, latency
from bench.organisation import Organisation, Sheet
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes
from bench.workflows import QUEUE, CommandWorkflow, Given
from models.commands import Asked, Move, Submit
from models.database import command_transaction
from models.rules.transitions import CommandKind
from models.store import commands

NO_SLOWER = Goal(1.0)
Handles = dict[Sheet, WorkflowHandle[CommandWorkflow, None]]


async def measure(org: Organisation, sizes: Sizes) -> list[Figure]:
    """The figures 'activity'. Each timesheet is submitted and recalled over and over."""
    sheets = await org.drafts(max(count for _, count in sizes.commands))
    handles = {sheet: await _started(org) for sheet in sheets}
    rivals = {at_once: Rivals() for at_once, _ in sizes.commands}
    for locally in (True, False):
        await _there_and_back(org, handles, sheets, max(rivals), locally)
    for _ in range(sizes.rounds):
        for at_once, count in sizes.commands:
            used = sheets[:count]
            await rivals[at_once].meet(
                lambda used=used, at_once=at_once: _there_and_back(org, handles, used, at_once, True),  # type: ignore[misc]
                lambda used=used, at_once=at_once: _there_and_back(org, handles, used, at_once, False),  # type: ignore[misc]
            )
    return [
        latency(
            f"activity p{percent}, {at_once} at once",
            each.compare(lambda batch, percent=percent: batch.percentile(percent)),  # type: ignore[misc]
            NO_SLOWER,
        )
        for percent in (50, 95)
        for at_once, each in rivals.items()
    ]


async def _started(org: Organisation) -> WorkflowHandle[CommandWorkflow, None]:
    client = org.services.client
    return await client.start_workflow(CommandWorkflow.run, id=f"bench-command/{uuid4()}", task_queue=QUEUE)


async def _there_and_back(
    org: Organisation, handles: Handles, sheets: list[Sheet], at_once: int, locally: bool
) -> Batch:
    """Submit all, then recall all: afterwards everything is as before."""
    there = [sheet.ask(CommandKind.SUBMIT, Submit(sheet.digest)) for sheet in sheets]
    back = [sheet.ask(CommandKind.RECALL, Move(), "Measured again.") for sheet in sheets]
    await asyncio.to_thread(_note, org, [*there, *back])
    used = [handles[sheet] for sheet in sheets]
    submitted = await timed(_jobs(there, used, locally), at_once)
    return submitted + await timed(_jobs(back, used, locally), at_once)


def _note(org: Organisation, all_asked: list[Asked]) -> None:
    """What the pages do before they turn to Temporal; not part of what is measured."""
    for asked in all_asked:
        with command_transaction(org.services.engine, asked.key.tenant_id) as session:
            commands.ask(session, asked)


def _jobs(all_asked: list[Asked], handles: list[WorkflowHandle[CommandWorkflow, None]], locally: bool) -> list[Job]:
    return [_job(asked, handle, locally) for asked, handle in zip(all_asked, handles, strict=True)]


def _job(asked: Asked, handle: WorkflowHandle[CommandWorkflow, None], locally: bool) -> Job:
    async def carry_out(_lane: int) -> None:
        await handle.execute_update(CommandWorkflow.carry_out, Given(asked.ref, locally))

    return carry_out
