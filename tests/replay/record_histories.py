"""Records what the workflow of this release leaves behind: `python -m tests.replay.record_histories`.

It runs the real servers and the product's own worker, and writes one file for each run. A history that is there is
kept: runs of that release may still be waiting somewhere. One that no release left behind may be deleted and
recorded anew.
"""

import asyncio
import json
import logging
import tempfile
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import Engine, create_engine, func, text, update
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres, start_postgres, start_temporal
from models.database import command_transaction, engine_for
from models.errors import Stale, Unavailable, WrongState
from models.messages import DelegationKey, RebuildKey, SinglePost
from models.migrate import migrate
from models.payloads import data_converter
from models.rules.transitions import CommandKind, State
from models.store import rebuilds
from models.store.changes import GivenBy
from models.store.delegations import change_end, revoke
from models.tables.timesheet import Timesheet
from tests.activities.hooks import happens, hooked
from tests.activities.waiting_for import hours_pass, sheet, told
from tests.desk import Desk, Life
from tests.factories import make_organisation, work_always, worked
from tests.mailbox import Mailbox, mail_server
from tests.office import (
    LONGEST_SECONDS,
    Office,
    approve,
    bring_to,
    deciding,
    delivering,
    lock,
    mailing,
    mistaken,
    rebuilding,
    revise,
    submit,
    tell_the_story,
    unlock,
    working,
)
from tests.receiver import receiving
from tests.replay.beside_timesheets import (
    anchored,
    checked,
    decided,
    given_up,
    mailed,
    read_in,
    sealed,
    seen_to,
    stopped,
)
from tests.standing_in import in_days, stand_in
from tests.waiting import eventually_async
from workflows.accrual_rebuild import rebuild_workflow_id
from workflows.delegation import delegation_workflow_id
from workflows.starting import start_delegation, start_delivery, start_rebuild, start_single_post
from workflows.timesheet import TimesheetWorkflow
from workflows.webhook_delivery import delivery_workflow_id, post_workflow_id

HISTORIES = Path(__file__).with_name("histories")
RELEASE: str = tomllib.loads((HISTORIES.parents[2] / "pyproject.toml").read_text())["project"]["version"]
LOW = "limit.historyCount.suggestContinueAsNew=30"
"""So that a run is soon continued by the next one."""
WHO = "recorder"
"""Instead of the machine's name."""

Telling = Callable[[Life, Office], Awaitable[str | None]]
"""Has something happen; the workflow that it happened to, when that is not a timesheet's."""


@dataclass(frozen=True)
class Recorder:
    """Has something happen to one timesheet after the other, and writes down the runs it leaves behind."""

    postgres: EmbeddedPostgres
    owner_engine: Engine
    office: Office

    async def record(self, telling: Telling, *names: str) -> None:
        """Write down the runs of a timesheet, or of the workflow that was told of, first to last, by these names."""
        engine = engine_for(self.postgres.app_url(), pool_size=20)
        life = Life(Desk(engine, SheetActivities(engine), self.owner_engine), make_organisation(self.owner_engine))
        id_ = await telling(life, self.office) or self.office.handle(life.key).id
        runs = await self._runs(id_)
        assert len(runs) == len(names), f"{names} became {len(runs)} runs"
        for name, run_id in zip(names, runs, strict=True):
            run = self.office.client.get_workflow_handle(id_, run_id=run_id)
            write(name, (await run.fetch_history()).to_json())

    async def _runs(self, id_: str) -> list[str]:
        found = [run async for run in self.office.client.list_workflows(f"WorkflowId = '{id_}'")]
        return [run.run_id for run in sorted(found, key=lambda run: run.start_time)]


def write(name: str, history: str) -> None:
    """A history of this release, unless there is one."""
    path = HISTORIES / f"{RELEASE}-{name}.json"
    if path.exists():
        print(f"{path.name} is kept")
        return
    path.write_text(json.dumps(without_stack_traces(json.loads(history)), separators=(",", ":")) + "\n")
    print(f"{path.name} is new")


def without_stack_traces(value: Any) -> Any:
    """The same JSON without the places in source files where something was refused: they differ everywhere."""
    if isinstance(value, dict):
        return {key: without_stack_traces(each) for key, each in value.items() if key != "stackTrace"}
    return [without_stack_traces(each) for each in value] if isinstance(value, list) else value


async def _story(life: Life, office: Office) -> None:
    await tell_the_story(life, office)


async def _locked_and_unlocked(life: Life, office: Office) -> None:
    await bring_to(life, office, State.LOCKED)
    await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)
    await unlock(life, office)
    await revise(life, office)


async def _refused(life: Life, office: Office) -> None:
    """By the database: once for the content, and once because the run thought of another state."""
    first = life.duane.record(worked("09:00", "17:00"))
    await office.give(first)
    with pytest.raises(Stale):
        await office.give(life.duane.submit("0" * 64))
    life.submit()
    with pytest.raises(WrongState):
        await office.give(life.duane.record(worked("18:00", "19:00")))
    await office.carry_out(first, f"{first.id}/again")
    await approve(life, office)


async def _failed(life: Life, office: Office) -> None:
    """A command that could not be carried out, and the next one."""
    await bring_to(life, office, State.DRAFT)
    with mistaken(CommandKind.RECORD), pytest.raises(Unavailable):
        await office.give(life.duane.record(worked("18:00", "19:00")))
    await submit(life, office)


async def _locked_by_timer(life: Life, office: Office) -> None:
    await bring_to(life, office, State.APPROVED)
    soon = func.now() + timedelta(seconds=1)
    with life.desk.owner_engine.begin() as connection:
        connection.execute(update(Timesheet).where(Timesheet.id == life.key.timesheet_id).values(lock_at=soon))
    await office.handle(life.key).signal(TimesheetWorkflow.look_again)
    await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)


async def _reminded_by_timer(life: Life, office: Office) -> None:
    """Nobody decided in time, so somebody else is asked as well; it is approved, taken back and approved again."""
    work_always(life.desk.owner_engine, life.org)
    await bring_to(life, office, State.SUBMITTED)
    hours_pass(life, 41)
    await _is_due(life, office)
    await approve(life, office)
    await office.give(life.because(life.roland, "Too soon.").move(CommandKind.TAKE_BACK))
    await approve(life, office)


async def _nudged_by_timer(life: Life, office: Office) -> None:
    """Nobody decided for a while, so whoever is to decide is reminded; then they send it back."""
    work_always(life.desk.owner_engine, life.org)
    await bring_to(life, office, State.SUBMITTED)
    hours_pass(life, 17)
    await _look_again_in_a_second(life, office)

    async def was_nudged() -> bool:
        return bool(told(life, "nudge"))

    await eventually_async(was_nudged, "the supervisor to be reminded")
    await office.give(life.because(life.roland, "Wrong day.").reject(life.desk.digest(life.key)))


async def _is_due(life: Life, office: Office) -> None:
    """Time escalates the timesheet in a second, and it is waited for."""
    await _look_again_in_a_second(life, office)

    async def was_escalated() -> bool:
        return sheet(life).escalations == 1

    await eventually_async(was_escalated, "the next approver to be asked")


async def _look_again_in_a_second(life: Life, office: Office) -> None:
    """The run finds that time does something to the timesheet so soon."""
    soon = func.now() + timedelta(seconds=1)
    with life.desk.owner_engine.begin() as connection:
        connection.execute(update(Timesheet).where(Timesheet.id == life.key.timesheet_id).values(due_at=soon))
    await office.handle(life.key).signal(TimesheetWorkflow.look_again)


async def _continued(life: Life, office: Office) -> None:
    await bring_to(life, office, State.DRAFT)
    first = await office.run_id(life.key)
    while await office.run_id(life.key) == first:
        await submit(life, office)
        await office.give(life.because(life.duane, "Forgot something.").move(CommandKind.RECALL))
    await submit(life, office)
    await approve(life, office)
    await lock(life, office)
    await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)


async def _rebuilt(life: Life, office: Office) -> str:
    """Everybody's balances, in more batches than one run has, several at a time."""
    with pytest.MonkeyPatch.context() as code:
        code.setattr(rebuilds, "BATCH", 1)
        code.setattr(rebuilds, "A_RUN", 4)
        id_ = await _begin_rebuild(life, office)
        await office.client.get_workflow_handle(id_).result()
    return id_


async def _cancelled(life: Life, office: Office) -> str:
    """Nobody's balances: somebody thought better of it while the first of them was under way."""
    with life.desk.owner_engine.begin() as gate:
        gate.execute(text("SELECT FROM person FOR NO KEY UPDATE"))
        id_ = await _begin_rebuild(life, office)
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            for rebuild_id in rebuilds.under_way(session):
                rebuilds.cancel_rebuild(session, rebuild_id)
    await office.client.get_workflow_handle(id_).result()
    return id_


async def _delivered(life: Life, office: Office) -> str:
    """Two events, the first of which is not taken at once."""
    with receiving() as receiver:
        receiver.reactions = [500]
        hook = hooked(life, receiver.url)
        happens(life, times=2)
        await start_delivery(office.client, office.task_queue, hook.key, hurry=False)
        async with asyncio.timeout(LONGEST_SECONDS):
            await office.client.get_workflow_handle(delivery_workflow_id(hook.key)).result()
    return delivery_workflow_id(hook.key)


async def _posted_once(life: Life, office: Office) -> str:
    """An event that only tests."""
    with receiving() as receiver:
        asked = SinglePost(hooked(life, receiver.url).key, uuid4())
        await start_single_post(office.client, office.task_queue, asked)
        await office.client.get_workflow_handle(post_workflow_id(asked)).result()
    return post_workflow_id(asked)


async def _stood_in(life: Life, office: Office) -> str:
    """Somebody stood in, longer than was meant at first, until it was taken back."""
    org, engine = life.org, life.desk.engine
    kept = stand_in(engine, org, org.roland, org.alex)
    key, given = DelegationKey(org.tenant_id, kept.id), GivenBy(org.tenant_id, org.roland, uuid4())
    await start_delegation(office.client, office.task_queue, key)
    await _waits(office, delegation_workflow_id(key), times=1)
    with command_transaction(engine, org.tenant_id) as session:
        change_end(session, given, kept.id, 1, in_days(20), None)
    await start_delegation(office.client, office.task_queue, key)
    await _waits(office, delegation_workflow_id(key), times=2)
    with command_transaction(engine, org.tenant_id) as session:
        revoke(session, GivenBy(org.tenant_id, org.roland, uuid4()), kept.id, None)
    await start_delegation(office.client, office.task_queue, key)
    async with asyncio.timeout(LONGEST_SECONDS):
        await office.client.get_workflow_handle(delegation_workflow_id(key)).result()
    return delegation_workflow_id(key)


async def _waits(office: Office, id_: str, times: int) -> None:
    """A workflow has come to wait for a time so often."""

    async def has() -> bool:
        history = await office.client.get_workflow_handle(id_).fetch_history()
        return [event.event_type for event in history.events].count(EventType.EVENT_TYPE_TIMER_STARTED) >= times

    await eventually_async(has, f"{id_} to wait for the {times}. time")


async def _begin_rebuild(life: Life, office: Office) -> str:
    given = GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())
    people = list(life.org.people.values())
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        key = RebuildKey(life.org.tenant_id, rebuilds.ask_rebuild(session, given, "They moved", people))
    await start_rebuild(office.client, office.task_queue, key)
    return rebuild_workflow_id(key)


async def _record_all(postgres: EmbeddedPostgres, folder: Path, box: Mailbox) -> None:
    owner_engine = create_engine(postgres.admin_url("countersign"))
    for dynamic in ([], [LOW]):
        with start_temporal(log=folder / "temporal.log", dynamic=dynamic) as temporal:
            client = await Client.connect(temporal.address, data_converter=data_converter(""), identity=WHO)
            office = Office(client, "recording", engine_for(postgres.app_url(), pool_size=20))
            recorder = Recorder(postgres, owner_engine, office)
            async with _worker(office, postgres, box):
                if dynamic:
                    await recorder.record(_continued, "continued", "continuing")
                    await recorder.record(seen_to, "periods-continued", "periods-continuing")
                    continue
                await recorder.record(_story, "story")
                await recorder.record(_locked_and_unlocked, "locked", "unlocked")
                await recorder.record(_refused, "refused")
                await recorder.record(_failed, "failed")
                await recorder.record(_locked_by_timer, "locked-by-timer")
                await recorder.record(_reminded_by_timer, "reminded-by-timer")
                await recorder.record(_nudged_by_timer, "nudged-by-timer")
                await recorder.record(_rebuilt, "rebuild", "rebuild-continued")
                await recorder.record(_cancelled, "rebuild-cancelled")
                await recorder.record(_delivered, "webhook")
                await recorder.record(_posted_once, "webhook-post")
                await recorder.record(_stood_in, "delegation")
                await recorder.record(partial(mailed, box), "mail")
                await recorder.record(partial(given_up, box), "mail-given-up")
                await recorder.record(decided, "bulk")
                await recorder.record(stopped, "bulk-cancelled")
                await recorder.record(seen_to, "periods")
                await recorder.record(checked, "import-checked")
                await recorder.record(read_in, "import-recorded")
                await recorder.record(sealed, "sealing")
                await recorder.record(anchored, "anchoring")


@asynccontextmanager
async def _worker(office: Office, postgres: EmbeddedPostgres, box: Mailbox) -> AsyncIterator[None]:
    given = office.client, office.task_queue, postgres.app_url()
    async with working(*given), rebuilding(*given), deciding(*given), delivering(*given), mailing(*given, box.url):
        yield


def main() -> None:
    """Start the servers, record, and stop them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)  # faults are part of what is recorded
    with tempfile.TemporaryDirectory() as name, start_postgres(Path(name) / "postgres", durable=False) as postgres:
        postgres.create_database()
        migrate(postgres.owner_url(), postgres.app_url())
        with mail_server() as box:
            asyncio.run(_record_all(postgres, Path(name), box))


if __name__ == "__main__":
    main()
