"""The one way in for commands: check, note what is asked, let the timesheet's workflow carry it out, and say
for certain what came of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from temporalio.client import (
    Client,
    RPCError,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCStatusCode

from activities.failures import refused_by
from models.authority import require_allowed
from models.commands import Asked
from models.database import UNAVAILABLE, WriteSession, command_transaction, read_session
from models.errors import (
    AlreadyDecided,
    DomainError,
    Invalid,
    NotFound,
    Unavailable,
    Unconfirmed,
    Withdrawn,
    WrongState,
)
from models.messages import CommandOutcome, TimesheetStart
from models.reads.clashes import with_times
from models.reads.sheets import last_decision, sheet_of
from models.reads.viewer import Onlooker, circle_for, circle_to_take_back
from models.rules.periods import workflow_id
from models.rules.transitions import DECISIONS, OPENING, CommandKind
from models.store import commands
from models.store.people import Circle
from models.tables.timesheet import Timesheet
from workflows.options import WORKER_SILENCE
from workflows.timesheet import TimesheetWorkflow

TOLD_EVERY_SECONDS = 5.0
TOLD_TIMES = 720
"""For an hour: how often a workflow is told to look at its timesheet again, while Temporal does not take it."""

Asking = Callable[[Session], Asked]
"""Makes the command of what a transaction reads."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Commands:
    """Gives commands to timesheets. Every refusal is a `DomainError`, and then nothing was saved."""

    engine: Engine
    client: Client
    task_queue: str
    timeout_seconds: float
    """How long one waits for the workflow before settling what happened."""
    _telling: set[asyncio.Task[None]] = field(default_factory=set, repr=False, compare=False)
    """What goes on after the answer was given."""

    async def give(self, onlooker: Onlooker, asked: Asked | Asking) -> CommandOutcome:
        """Have a command carried out and return what it did, or the stored outcome if that was done before.

        `asked` is the command, or reads what it takes to ask it in the transaction that notes it. Raises the
        refusal. When the workflow does not answer in time the command is withdrawn, so that 'nothing was saved'
        stays true.
        """
        try:
            noted, done = await run_sync(self._ask, onlooker, asked)
        except UNAVAILABLE as error:
            # It may have been sent before, and saved then: so the form stays the same.
            raise Unconfirmed(
                "Nothing was saved just now: the database does not answer. Send the same form again in a moment."
            ) from error
        with structlog.contextvars.bound_contextvars(command_id=str(noted.id), command=noted.kind.value):
            if done is None:
                done = await self._carry_out(noted)
            else:
                self._tell_workflow(noted)
            log.info("command done", repeated=done.repeated)
            return done

    def _ask(self, onlooker: Onlooker, given: Asked | Asking) -> tuple[Asked, CommandOutcome | None]:
        with command_transaction(self.engine, onlooker.tenant_id) as session:
            asked = given if isinstance(given, Asked) else given(session)
            require_allowed(asked, self._circle(session, onlooker, asked))
            self._require_sheet(session, asked)
            return asked, commands.ask(session, asked)

    def _circle(self, session: Session, onlooker: Onlooker, asked: Asked) -> Circle:
        """Whoever approved a timesheet may take that back, whatever else they may see of its owner."""
        if asked.kind is CommandKind.TAKE_BACK:
            return circle_to_take_back(session, onlooker, sheet_of(session, asked.key.timesheet_id))
        return circle_for(session, onlooker, asked.owner_id)

    def _require_sheet(self, session: WriteSession, asked: Asked) -> None:
        """A workflow is only started for a timesheet that exists, or that the command will open."""
        if asked.kind not in OPENING and session.get(Timesheet, asked.key.timesheet_id) is None:
            raise NotFound("There is no such timesheet.")

    async def _carry_out(self, asked: Asked) -> CommandOutcome:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._update_or_explain(asked)
        except Exception as error:
            if isinstance(error, DomainError) and not isinstance(error, Unavailable):
                raise
            # Whatever went wrong on the way, whoever asked has to hear for certain what came of it.
            log.warning("command not answered", error=type(error).__name__)
            return await self._settle(asked, error)

    async def _update_or_explain(self, asked: Asked) -> CommandOutcome:
        try:
            return await self._update_until_settled(asked)
        except WrongState as refused:
            return await self._explain(asked, refused)

    async def _update_until_settled(self, asked: Asked) -> CommandOutcome:
        try:
            return await self._update(asked, str(asked.id))
        except (Unavailable, Withdrawn):
            # This may be the remembered answer to an earlier attempt with the same id; the database may be
            # back by now. The command table sees to it that nothing happens twice.
            return await self._update(asked, f"{asked.id}/{uuid4()}")
        except RPCError as error:
            # The run ended while the update was on its way: the same call starts the next one.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self._update(asked, str(asked.id))

    async def _update(self, asked: Asked, update_id: str) -> CommandOutcome:
        start = WithStartWorkflowOperation(TimesheetWorkflow.run, TimesheetStart(asked.key), **self._run_of(asked))
        try:
            return await self.client.execute_update_with_start_workflow(
                TimesheetWorkflow.carry_out, asked.ref, id=update_id, start_workflow_operation=start
            )
        except WorkflowUpdateFailedError as failure:
            refused = refused_by(failure.cause)
            if refused is None:
                raise
            if isinstance(refused, Invalid):
                refused = await run_sync(self._with_times, asked, refused)
            raise refused from failure

    def _with_times(self, asked: Asked, refused: Invalid) -> Invalid:
        with read_session(self.engine, asked.key.tenant_id) as session:
            return with_times(session, refused)

    def _run_of(self, asked: Asked) -> dict[str, Any]:
        """How the run of a timesheet is started, unless it runs already."""
        return {
            "id": workflow_id(asked.key.timesheet_id),
            "task_queue": self.task_queue,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "task_timeout": WORKER_SILENCE,
        }

    async def _settle(self, asked: Asked, error: Exception) -> CommandOutcome:
        """Find out whether it happened after all, and see to it that it does not happen any more if not."""
        try:
            done = await run_sync(self._withdraw, asked)
        except UNAVAILABLE as away:
            raise Unconfirmed(
                "We could not confirm that this was saved. Send the same form again: it is never recorded twice."
            ) from away
        if done is not None:
            self._tell_workflow(asked)
            return done
        raise Unavailable(
            "Nothing was saved: the system is not keeping up just now. Your entries are still in the form; "
            "send it again in a moment."
        ) from error

    def _withdraw(self, asked: Asked) -> CommandOutcome | None:
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            return commands.withdraw(session, asked.id)

    def _tell_workflow(self, asked: Asked) -> None:
        """What the database holds may never have come to the workflow, which keeps the deadlines: have it look.

        Nobody waits for that. Temporal may be the very part that is away.
        """
        task = asyncio.create_task(self._have_it_look(asked))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _have_it_look(self, asked: Asked) -> None:
        for _ in range(TOLD_TIMES):
            try:
                await self.client.start_workflow(
                    TimesheetWorkflow.run,
                    TimesheetStart(asked.key),
                    start_signal=TimesheetWorkflow.look_again.__name__,
                    **self._run_of(asked),
                )
            except RPCError:
                await asyncio.sleep(TOLD_EVERY_SECONDS)
            else:
                return

    async def _explain(self, asked: Asked, refused: WrongState) -> CommandOutcome:
        """Say who decided, or heal a workflow that thinks of another state than the database holds.

        What does not fit any more may be this very command, carried out by a worker that died before it said so.
        """
        done, state, decided = await run_sync(self._facts, asked)
        if done is not None:
            return done
        if state is not None and state != refused.data.get("state"):
            handle = self.client.get_workflow_handle(workflow_id(asked.key.timesheet_id))
            await handle.signal(TimesheetWorkflow.look_again)
            return await self._update(asked, f"{asked.id}/{uuid4()}")
        raise decided or refused

    def _facts(self, asked: Asked) -> tuple[CommandOutcome | None, str | None, DomainError | None]:
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            done = commands.outcome_of(session, asked.id)
            sheet = session.get(Timesheet, asked.key.timesheet_id)
            if done is not None or sheet is None:
                return done, None, None
            found = last_decision(session, sheet.id) if asked.kind in DECISIONS else None
            if found is None or found[0].submission_id != sheet.submission_id:
                return None, sheet.state, None
            decision, name = found
            verb = "approved" if decision.decision == CommandKind.APPROVE else "rejected"
            refusal = AlreadyDecided(
                f"{name} {verb} this timesheet already. Nothing else was decided.",
                state=sheet.state,
                decidedBy=name,
                decidedAt=decision.decided_at.isoformat(),
                decision=decision.decision,
            )
            return None, sheet.state, refusal
