"""Commands given to the workflows of timesheets exactly as the web gives them, with a real worker behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import (
    Client,
    RPCError,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCStatusCode
from temporalio.worker import Worker

from activities.commands import RULES
from activities.failures import refused_by
from models.commands import Asked
from models.database import command_transaction
from models.messages import CommandOutcome, SheetKey, SheetSnapshot, TimesheetStart
from models.rules.periods import workflow_id
from models.rules.transitions import CommandKind, State
from models.store import commands
from settings import Settings
from tests.desk import Life
from tests.factories import worked
from tests.waiting import eventually_async
from worker import SLOTS, build_decider, build_deliverer, build_mailer, build_rebuilder, build_worker
from workflows.timesheet import TimesheetWorkflow

LONGEST_SECONDS = 30.0
"""A command that is not answered at all is a failure rather than a test without end."""


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
            async with asyncio.timeout(LONGEST_SECONDS):
                return await self.client.execute_update_with_start_workflow(
                    TimesheetWorkflow.carry_out, asked.ref, id=update_id, start_workflow_operation=start
                )
        except WorkflowUpdateFailedError as failure:
            refusal = refused_by(failure.cause)
            if refusal is None:
                raise
            raise refusal from failure

    async def has_arrived(self, asked: Asked) -> bool:
        """Whether the update of a command waits at the server, until there is a worker."""
        execution = WorkflowExecution(workflow_id=workflow_id(asked.key.timesheet_id))
        question = PollWorkflowExecutionUpdateRequest(
            namespace=self.client.namespace,
            update_ref=UpdateRef(workflow_execution=execution, update_id=str(asked.id)),
        )
        try:
            await self.client.workflow_service.poll_workflow_execution_update(question)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

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

    async def comes_to(self, key: SheetKey, status: WorkflowExecutionStatus) -> None:
        """Wait until the newest run is running, has completed or the like."""

        async def is_so() -> bool:
            return (await self.handle(key).describe()).status is status

        await eventually_async(is_so, f"the run to be {status.name}")


async def submit(life: Life, office: Office) -> CommandOutcome:
    """Duane submits what is there."""
    return await office.give(life.duane.submit(life.desk.digest(life.key)))


async def approve(life: Life, office: Office) -> CommandOutcome:
    """Roland approves."""
    return await office.give(life.roland.approve(life.desk.digest(life.key)))


async def lock(life: Life, office: Office) -> CommandOutcome:
    """Suzanne locks."""
    return await office.give(life.because(life.suzanne, "Payroll has run.").move(CommandKind.LOCK))


async def unlock(life: Life, office: Office) -> CommandOutcome:
    """Suzanne unlocks."""
    return await office.give(life.because(life.suzanne, "Late correction.").move(CommandKind.UNLOCK))


async def revise(life: Life, office: Office) -> CommandOutcome:
    """Duane revises."""
    return await office.give(life.because(life.duane, "Misremembered which day.").move(CommandKind.REVISE))


async def bring_to(life: Life, office: Office, state: State) -> CommandOutcome:
    """Duane's first entry and whatever leads on from there, all of it through the workflow."""
    outcome = await office.give(life.duane.record(worked("09:00", "17:00")))
    if state is not State.DRAFT:
        outcome = await submit(life, office)
    if state in (State.APPROVED, State.LOCKED):
        outcome = await approve(life, office)
    if state is State.LOCKED:
        outcome = await lock(life, office)
    assert outcome.snapshot.state is state
    return outcome


async def tell_the_story(life: Life, office: Office) -> CommandOutcome:
    """Recorded, rejected, corrected, approved, revised once more, and approved on Roland's behalf."""
    washing = worked("10:08", "10:28", project_id=life.org.projects["proj-533"], task="washing dog")
    recorded = await office.give(life.duane.record(washing))
    assert recorded.entry_id
    await submit(life, office)
    await office.give(life.because(life.roland, "Wrong day.").reject(life.desk.digest(life.key)))
    await revise(life, office)
    explained = life.because(life.duane, "It took longer.")
    await office.give(explained.amend(recorded.entry_id, 1, worked("10:08", "10:29", task="washing dog")))
    await submit(life, office)
    await approve(life, office)
    await revise(life, office)
    await submit(life, office)
    suzanne = life.suzanne_for(life.org.roland, "Roland is away.")
    return await office.give(suzanne.approve(life.desk.digest(life.key)))


@contextmanager
def mistaken(kind: CommandKind) -> Iterator[None]:
    """The workers of this process have a mistake in their code for one kind of command."""

    def divide_by_nothing(_: object) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as code:
        code.setitem(RULES, kind, divide_by_nothing)
        yield


@asynccontextmanager
async def working(client: Client, task_queue: str, database_url: str) -> AsyncIterator[None]:
    """A worker of the product on a task queue of its own."""
    with ThreadPoolExecutor(SLOTS) as executor:
        async with _running(build_worker(client, settings_of(task_queue, database_url), executor)):
            yield


@asynccontextmanager
async def rebuilding(client: Client, task_queue: str, database_url: str) -> AsyncIterator[None]:
    """What takes the batches of rebuilds in a worker of the product."""
    with ThreadPoolExecutor(1) as executor:
        async with _running(build_rebuilder(client, settings_of(task_queue, database_url), executor)):
            yield


@asynccontextmanager
async def deciding(client: Client, task_queue: str, database_url: str) -> AsyncIterator[None]:
    """What takes the rows of bulk decisions in a worker of the product."""
    async with _running(build_decider(client, settings_of(task_queue, database_url))):
        yield


@asynccontextmanager
async def delivering(
    client: Client, task_queue: str, database_url: str, data_dir: Path | None = None
) -> AsyncIterator[None]:
    """What posts to webhooks in a worker of the product; in the demo, where it may post to this machine."""
    async with _running(build_deliverer(client, settings_of(task_queue, database_url, data_dir=data_dir))):
        yield


@asynccontextmanager
async def mailing(client: Client, task_queue: str, database_url: str, smtp_url: str) -> AsyncIterator[None]:
    """What hands mails over in a worker of the product."""
    async with _running(build_mailer(client, settings_of(task_queue, database_url, smtp_url))):
        yield


SECRET = "what seals are signed by in these tests"


def settings_of(task_queue: str, database_url: str, smtp_url: str = "", data_dir: Path | None = None) -> Settings:
    """What workers want to know."""
    return cast(
        Settings,
        SimpleNamespace(
            database_url=database_url,
            task_queue=task_queue,
            production=False,
            command_timeout_seconds=LONGEST_SECONDS,
            smtp_url=smtp_url,
            mail_from="Countersign <countersign@example.org>",
            base_url="https://time.example.org",
            secret_key=SecretStr(SECRET),
            data_dir=data_dir or Path("there is no such folder"),
        ),
    )


@asynccontextmanager
async def _running(worker: Worker) -> AsyncIterator[None]:
    await worker.__aenter__()
    try:
        yield
    finally:
        async with asyncio.timeout(LONGEST_SECONDS):
            await worker.__aexit__(None, None, None)
