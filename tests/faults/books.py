"""What the database holds of each command, counted by those who did not write it."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, select, text
from temporalio.client import Client, RPCError, WorkflowQueryFailedError
from temporalio.testing import ActivityEnvironment

from activities.commands import SheetActivities
from demo.people import DEMO
from models.database import UNAVAILABLE, engine_for, read_session
from models.messages import CommandRef, SheetKey, SheetSnapshot
from models.payloads import data_converter
from models.rules.periods import workflow_id
from models.rules.transitions import ENTRY_COMMANDS
from models.store.sheets import snapshot_of
from models.tables.timesheet import Command, Timesheet
from settings import Settings
from tests.faults.clerks import Sent
from tests.standing import in_time
from tests.waiting import eventually
from workflows.timesheet import TimesheetWorkflow

Tally = dict[UUID, Counter[str]]
"""By command: how many of each kind of effect it had."""

_EFFECTS = text(
    """
    SELECT id, 'outcome' FROM command WHERE result IS NOT NULL
    UNION ALL
    SELECT command_id, 'version' FROM time_entry_version
    UNION ALL
    SELECT command_id, 'event' FROM outbox WHERE type <> 'countersign.timesheet.opened'
    UNION ALL
    SELECT transaction_id, 'statement' FROM statement
    WHERE subject ~ '^(work|submit|approve|revision)-' AND kind NOT IN ('used', 'wasInformedBy')
    """
)

_STATED = 4
"""What is said of each work, submission, decision and revision: what it is, when it began and ended, and who."""


@dataclass(frozen=True)
class Books:
    """The database and Temporal of a system, seen from beside it."""

    settings: Settings

    @property
    def engine(self) -> Engine:
        """The application's connections."""
        return engine_for(self.settings.database_url)

    def tally(self) -> Tally:
        """Every effect that is there."""
        tally: Tally = {}
        with read_session(self.engine, DEMO.id) as session:
            for command_id, effect in session.execute(_EFFECTS):
                tally.setdefault(command_id, Counter())[effect] += 1
        return tally

    def contradict(self, everything: Iterable[Sent]) -> list[str]:
        """Where the database does not hold what people were told, and what nobody was told of."""
        tally = self.tally()
        sent = {each.command_id: each for each in everything}
        wrong = [f"{each}: {tally.get(id_)}" for id_, each in sent.items() if not _agrees(each, tally)]
        return wrong + [f"nobody sent {id_}" for id_ in tally.keys() - sent.keys()]

    def await_note_of(self, everything: Sequence[Sent]) -> None:
        """Wait until commands are written down and wait to be carried out."""
        eventually(lambda: all(self._has_noted(sent) for sent in everything), f"noted: {everything}")

    def carry_out(self, sent: Sent) -> None:
        """Do what a worker does, without anybody hearing of it."""
        with read_session(self.engine, DEMO.id) as session:
            sheet_id = session.get_one(Command, (DEMO.id, sent.command_id)).timesheet_id
        ref = CommandRef(SheetKey(DEMO.id, sheet_id), sent.command_id, sent.kind)
        ActivityEnvironment().run(SheetActivities(self.engine).apply_command, ref)

    def await_agreement(self) -> None:
        """Wait until every workflow answers, and none thinks something else than is in the database."""
        differing: dict[str, str] = {}

        def agree() -> bool:
            differing.clear()
            try:
                differing.update(self._differences())
            except UNAVAILABLE as away:
                differing["database"] = type(away).__name__
            return not differing

        try:
            in_time(agree, "workflows and tables agree")
        except AssertionError as error:
            raise AssertionError(f"{error}: {differing}") from None

    def _has_noted(self, sent: Sent) -> bool:
        with read_session(self.engine, DEMO.id) as session:
            return session.get(Command, (DEMO.id, sent.command_id)) is not None

    def _differences(self) -> dict[str, str]:
        with read_session(self.engine, DEMO.id) as session:
            sheets = {workflow_id(sheet.id): snapshot_of(sheet) for sheet in session.scalars(select(Timesheet))}
        thoughts = asyncio.run(self._thoughts(sheets))
        # One that thinks nothing reads before it goes on.
        return {
            id_: f"{sheets[id_]} is thought to be {thought}"
            for id_, thought in thoughts
            if thought not in (sheets[id_], None)
        }

    async def _thoughts(self, workflow_ids: Iterable[str]) -> list[tuple[str, SheetSnapshot | str | None]]:
        client = await Client.connect(self.settings.temporal_address, data_converter=data_converter(""))

        async def ask(id_: str) -> tuple[str, SheetSnapshot | str | None]:
            try:
                return id_, await client.get_workflow_handle(id_).query(TimesheetWorkflow.snapshot)
            except (RPCError, WorkflowQueryFailedError) as silent:
                return id_, str(silent)

        return await asyncio.gather(*map(ask, workflow_ids))


def _agrees(sent: Sent, tally: Tally) -> bool:
    found = tally.get(sent.command_id, Counter())
    if sent.saved:
        return found == _once(sent)
    return not found or (sent.may_be_saved and found == _once(sent))


def _once(sent: Sent) -> Counter[str]:
    """What a command has to leave when it is carried out once."""
    version = {"version": 1} if sent.kind in ENTRY_COMMANDS else {}
    return Counter({"outcome": 1, "event": 1, "statement": _STATED} | version)
