"""What time does to a timesheet, with the product's own worker, on the real database."""

from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus

from activities.commands import SheetActivities
from activities.failures import passing
from embedded import EmbeddedPostgres
from models.messages import SheetKey, SheetSnapshot
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Command
from tests.activities.waiting_for import asked, hours_pass, sheet, told
from tests.desk import Life
from tests.factories import work_always
from tests.office import Office, approve, bring_to, submit, working
from tests.waiting import eventually_async
from workflows.timesheet import TimesheetWorkflow


@pytest.fixture(autouse=True)
def office_hours(life: Life, owner_engine: Engine) -> None:
    """Every hour counts; a nudge after 16 hours, an escalation after 40."""
    work_always(owner_engine, life.org)


async def _look_again(life: Life, office: Office) -> None:
    await office.handle(life.key).signal(TimesheetWorkflow.look_again)


async def _is_asked_as_well(life: Life) -> None:
    async def is_so() -> bool:
        return sheet(life).escalations == 1

    await eventually_async(is_so, "the next approver to be asked")


async def _knows_what_is_next(life: Life, office: Office) -> None:
    async def is_so() -> bool:
        known = await office.thinks(life.key)
        return known is not None and known.due_at == sheet(life).due_at

    await eventually_async(is_so, "the run to know when there is more to do")


async def test_a_timesheet_whose_time_has_come_is_acted_upon_and_the_run_waits_for_the_next_time(
    life: Life, office: Office
) -> None:
    await bring_to(life, office, State.SUBMITTED)
    hours_pass(life, 41)
    await _look_again(life, office)
    await _is_asked_as_well(life)
    await _knows_what_is_next(life, office)

    assert asked(life) == [life.org.roland, life.org.alex]
    assert told(life, "nudge", "escalated") == [("Alex Krycek", "escalated"), ("Roland Fuller", "nudge")]


async def test_looking_again_and_again_does_it_once(life: Life, office: Office) -> None:
    await bring_to(life, office, State.SUBMITTED)
    hours_pass(life, 41)
    for _ in range(3):
        await _look_again(life, office)
    await _is_asked_as_well(life)
    await _look_again(life, office)
    await _knows_what_is_next(life, office)

    assert sheet(life).escalations == 1
    assert told(life, "nudge", "escalated") == [("Alex Krycek", "escalated"), ("Roland Fuller", "nudge")]


async def test_whoever_decides_in_the_meantime_is_not_in_the_way(life: Life, office: Office) -> None:
    await bring_to(life, office, State.SUBMITTED)
    hours_pass(life, 41)
    await _look_again(life, office)
    outcome = await approve(life, office)

    assert outcome.snapshot.state is State.APPROVED
    await office.give(life.because(life.roland, "Too soon.").move(CommandKind.TAKE_BACK))
    assert asked(life) == [life.org.roland]


async def test_what_came_due_while_no_worker_was_there_is_done_by_the_next_one(
    life: Life, client: Client, engine: Engine, postgres: EmbeddedPostgres
) -> None:
    office = Office(client, f"queue-{uuid4()}", engine)
    async with working(client, office.task_queue, postgres.app_url()):
        await bring_to(life, office, State.DRAFT)
        await submit(life, office)
    hours_pass(life, 41)
    await _look_again(life, office)
    async with working(client, office.task_queue, postgres.app_url()):
        await _is_asked_as_well(life)


@pytest.mark.parametrize("what", ["nudge and escalate", "lock"])
async def test_an_answer_lost_after_its_commit_is_asked_for_again_and_nothing_happens_twice(
    life: Life,
    client: Client,
    engine: Engine,
    postgres: EmbeddedPostgres,
    owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """As when a worker dies between the two."""
    tries = _forget_the_first_answer(monkeypatch, "lock_on_schedule" if what == "lock" else "act_on_time")
    office = Office(client, f"queue-{uuid4()}", engine)
    async with working(client, office.task_queue, postgres.app_url()):
        await bring_to(life, office, State.APPROVED if what == "lock" else State.SUBMITTED)
        if what == "lock":
            with owner_engine.begin() as connection:
                past = "UPDATE timesheet SET lock_at = now() - interval '1 hour' WHERE id = %s"
                connection.exec_driver_sql(past, (life.key.timesheet_id,))
        else:
            hours_pass(life, 41)
        await _look_again(life, office)
        await eventually_async(partial(_are, tries, 2), "it to be tried again")
        if what == "lock":
            await office.comes_to(life.key, WorkflowExecutionStatus.COMPLETED)
        else:
            await _knows_what_is_next(life, office)

    by_nobody = [row.kind for row in life.desk.rows(life.org.tenant_id, Command) if row.actor_id is None]
    if what == "lock":
        assert (life.state, by_nobody) == (State.LOCKED, ["lock"])
    else:
        assert (sheet(life).escalations, by_nobody) == (1, ["escalate"])
        assert told(life, "nudge", "escalated") == [("Alex Krycek", "escalated"), ("Roland Fuller", "nudge")]


async def _are(tries: list[SheetKey], number: int) -> bool:
    return len(tries) >= number


def _forget_the_first_answer(monkeypatch: pytest.MonkeyPatch, name: str) -> list[SheetKey]:
    """Workers commit what time does, and their first answer never arrives; what was tried."""
    tries: list[SheetKey] = []
    carry_out = getattr(SheetActivities, name)

    # Of a first parameter with a type, Temporal takes it that callers give it.
    @activity.defn(name=name)
    def forgetful(self, key: SheetKey) -> SheetSnapshot:  # type: ignore[no-untyped-def]
        snapshot: SheetSnapshot = carry_out(self, key)
        tries.append(key)
        if len(tries) == 1:
            raise passing("The worker died after its commit.")
        return snapshot

    monkeypatch.setattr(SheetActivities, name, forgetful)
    return tries
