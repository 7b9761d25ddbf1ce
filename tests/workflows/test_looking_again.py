"""A run told to look again believes nothing that it began to read before."""

import asyncio
from uuid import uuid4

from temporalio import activity
from temporalio.worker import Worker

from activities.names import LOAD_SHEET
from models.messages import SheetKey, SheetSnapshot, TimesheetStart
from models.rules.periods import workflow_id
from models.rules.transitions import State
from tests.office import Office
from tests.waiting import eventually_async
from workflows.options import sandboxed
from workflows.timesheet import TimesheetWorkflow


async def test_what_was_being_read_meanwhile_is_read_once_more(idle: Office) -> None:
    found = iter([State.DRAFT, State.SUBMITTED])
    has_read, may_answer = asyncio.Event(), asyncio.Event()

    @activity.defn(name=LOAD_SHEET)
    async def read_slowly(_: SheetKey) -> SheetSnapshot:
        sheet = SheetSnapshot(exists=True, state=next(found), revision=1)
        has_read.set()
        await may_answer.wait()
        return sheet

    key = SheetKey(uuid4(), uuid4())
    async with Worker(
        idle.client,
        task_queue=idle.task_queue,
        workflows=[TimesheetWorkflow],
        activities=[read_slowly],
        workflow_runner=sandboxed(),
    ):
        run = await idle.client.start_workflow(
            TimesheetWorkflow.run,
            TimesheetStart(key),
            id=workflow_id(key.timesheet_id),
            task_queue=idle.task_queue,
        )
        await has_read.wait()
        await run.signal(TimesheetWorkflow.look_again)
        may_answer.set()

        async def knows_better() -> bool:
            sheet = await idle.thinks(key)
            return sheet is not None and sheet.state is State.SUBMITTED

        await eventually_async(knows_better, "the run to know the present state")
        await run.terminate()
