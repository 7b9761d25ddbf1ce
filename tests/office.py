"""Commands given to the workflows of timesheets exactly as the web gives them, with a real worker behind."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

from sqlalchemy import Engine
from temporalio.client import (
    Client,
    RPCError,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCStatusCode

from activities.failures import refused_by
from models.commands import Asked
from models.database import command_transaction
from models.messages import CommandOutcome, SheetKey, SheetSnapshot, TimesheetStart
from models.rules.periods import workflow_id
from models.store import commands
from settings import Settings
from worker import SLOTS, build_worker
from workflows.timesheet import TimesheetWorkflow


@dataclass(frozen=True)
class Office:
    """The way in for commands: notes what is asked, has the workflow carry it out, raises its refusal."""

    client: Client
    task_queue: str
    engine: Engine

    async def give(self, asked: Asked, update_id: str | None = None) -> CommandOutcome:
        """Ask, and have it carried out; the update's id is the command's unless the web tries it anew."""
        self.ask(asked)
        return await self.carry_out(asked, update_id)

    def ask(self, asked: Asked) -> None:
        """Only note the command."""
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            commands.ask(session, asked)

    async def carry_out(self, asked: Asked, update_id: str | None = None) -> CommandOutcome:
        """Only the update, with the run started if there is none. Raises the `DomainError` that refused it."""
        try:
            return await self._update(asked, update_id or str(asked.id))
        except RPCError as error:
            # The run ended while the update was on its way: the same call starts the next one.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self._update(asked, update_id or str(asked.id))

    async def _update(self, asked: Asked, update_id: str) -> CommandOutcome:
        start = WithStartWorkflowOperation(
            TimesheetWorkflow.run,
            TimesheetStart(asked.key),
            id=workflow_id(asked.key.timesheet_id),
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        try:
            return await self.client.execute_update_with_start_workflow(
                TimesheetWorkflow.carry_out, asked.ref, id=update_id, start_workflow_operation=start
            )
        except WorkflowUpdateFailedError as failure:
            refusal = refused_by(failure.cause)
            if refusal is None:
                raise
            raise refusal from failure

    def handle(self, key: SheetKey) -> WorkflowHandle[TimesheetWorkflow, None]:
        """The newest run of a timesheet's workflow."""
        return self.client.get_workflow_handle_for(TimesheetWorkflow.run, workflow_id(key.timesheet_id))

    async def thinks(self, key: SheetKey) -> SheetSnapshot | None:
        """What the run thinks of its timesheet."""
        return await self.handle(key).query(TimesheetWorkflow.snapshot)

    async def events(self, key: SheetKey) -> int:
        """How long the history of the newest run is."""
        return len((await self.handle(key).fetch_history()).events)

    async def run_id(self, key: SheetKey) -> str:
        """The newest run."""
        return (await self.handle(key).describe()).run_id


@asynccontextmanager
async def working(client: Client, task_queue: str, database_url: str) -> AsyncIterator[None]:
    """A worker of the product on a task queue of its own."""
    settings = cast(Settings, SimpleNamespace(database_url=database_url, task_queue=task_queue))
    with ThreadPoolExecutor(SLOTS) as executor:
        async with build_worker(client, settings, executor):
            yield
