"""Bulk decisions carried out by their workflow on a real Temporal: each timesheet decided once, or not at all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowExecutionStatus

import activities.bulk
from embedded import EmbeddedPostgres
from models.database import command_transaction
from models.errors import Invalid, KeyReused, NotFound
from models.messages import BulkKey
from models.rules.reasons import ReasonCode
from models.rules.transitions import CommandKind
from models.store.bulk import BulkState, Pick, Verdict, bulks_under_way, cancel_bulk
from settings import Settings
from tests.crowd import APPROVE, REJECT, Crowd, delegate
from tests.desk import Life
from tests.factories import Asking, change_person, hire, make_organisation, take_role
from tests.office import LONGEST_SECONDS, Office, deciding, mistaken
from tests.waiting import eventually_async
from upkeep import begin_bulks
from workflows.bulk_decision import bulk_workflow_id
from workflows.starting import start_bulk

DONE = ("done", None, "approved")


@dataclass(frozen=True)
class Bulks:
    """Bulk decisions of a crowd, with whatever carries them out."""

    office: Office
    crowd: Crowd

    async def carry_out(self, key: BulkKey) -> None:
        """Begin it, and wait for the end of its workflow."""
        await self.begin(key)
        await self.ends(key)

    async def begin(self, key: BulkKey) -> None:
        await start_bulk(self.office.client, self.office.task_queue, key)

    async def ends(self, key: BulkKey) -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            await self.office.client.get_workflow_handle(bulk_workflow_id(key)).result()

    async def comes_to(self, key: BulkKey, decided: int) -> None:
        """Wait until so many rows have their outcome."""

        async def has() -> bool:
            now = self.crowd.bulk(key)
            return now.done + now.refused >= decided

        await eventually_async(has, f"{decided} rows to be decided")

    def cancel(self, key: BulkKey) -> bool:
        with command_transaction(self.office.engine, key.tenant_id) as session:
            return cancel_bulk(session, key.bulk_id, self.crowd.org.roland)


@pytest.fixture
def crowd(life: Life) -> Crowd:
    return Crowd(life.desk, life.org)


@pytest.fixture
def waiting(office: Office, crowd: Crowd) -> Bulks:
    """Nobody carries out the rows."""
    return Bulks(office, crowd)


@pytest.fixture
async def bulks(waiting: Bulks, postgres: EmbeddedPostgres) -> AsyncIterator[Bulks]:
    async with deciding(waiting.office.client, waiting.office.task_queue, postgres.app_url()):
        yield waiting


async def test_each_of_many_timesheets_is_decided_once_by_its_own_workflow(bulks: Bulks, crowd: Crowd) -> None:
    picks = crowd.submitted(61)
    key = crowd.ask(picks)
    await bulks.carry_out(key)

    assert crowd.told(key) == [DONE] * 61
    assert crowd.states(picks) == {"approved"}
    assert len(crowd.decisions()) == 61
    thinks = await bulks.office.thinks(crowd.key(picks[30]))
    assert thinks is not None
    assert thinks.state == "approved"
    now = crowd.bulk(key)
    assert (now.state, now.done, now.refused, now.percent, now.is_over) == (BulkState.DONE, 61, 0, 100, True)


async def test_begun_twice_it_is_carried_out_once(bulks: Bulks, crowd: Crowd) -> None:
    key = crowd.ask(crowd.submitted(3))
    await asyncio.gather(bulks.begin(key), bulks.begin(key))
    await bulks.ends(key)
    await bulks.carry_out(key)

    assert len(crowd.decisions()) == 3


async def test_asked_twice_with_one_key_it_is_one_bulk_decision(crowd: Crowd) -> None:
    picks, command_id = crowd.submitted(2), uuid4()

    assert crowd.ask(picks, command_id=command_id) == crowd.ask(picks, command_id=command_id)


@pytest.mark.parametrize("other", ["rows", "verdict", "person"])
async def test_the_same_key_for_something_else_is_refused(crowd: Crowd, other: str) -> None:
    picks, command_id = crowd.submitted(2), uuid4()
    crowd.ask(picks, command_id=command_id)
    rows = picks[:1] if other == "rows" else picks
    verdict = REJECT if other == "verdict" else APPROVE
    person = crowd.org.suzanne if other == "person" else crowd.org.roland

    with pytest.raises(KeyReused):
        crowd.ask(rows, verdict, by=person, command_id=command_id)


async def test_nothing_is_rejected_without_a_reason(crowd: Crowd) -> None:
    with pytest.raises(Invalid) as refused:
        crowd.ask(crowd.submitted(1), Verdict(CommandKind.REJECT))

    assert refused.value.data["errors"][0]["field"] == "decisions.0.reason"


async def test_one_reason_goes_to_all_who_have_none_of_their_own(bulks: Bulks, crowd: Crowd) -> None:
    first, second, third = crowd.submitted(3)
    own = Verdict(CommandKind.REJECT, "Tuesday is missing.", ReasonCode.MISSING_TIME)
    key = crowd.ask([first, replace(second, verdict=own), replace(third, verdict=APPROVE)], REJECT)
    await bulks.carry_out(key)

    assert [row.sheet_state for row in crowd.rows(key)] == ["rejected", "rejected", "approved"]
    said = {each.timesheet_id: (each.decision, each.reason, each.reason_code) for each in crowd.decisions()}
    assert said == {
        first.timesheet_id: ("reject", "The breaks are missing.", None),
        second.timesheet_id: ("reject", "Tuesday is missing.", "missing_time"),
        third.timesheet_id: ("approve", None, None),
    }


async def test_rows_that_may_not_be_decided_are_refused_one_by_one(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    org, elsewhere = crowd.org, Crowd(crowd.desk, make_organisation(owner_engine))
    fine, stale, decided, locked, draft = crowd.submitted(5)
    own, not_mine = crowd.submit_week(org.roland), crowd.submit_week(org.suzanne)
    foreign = elsewhere.submit_week(elsewhere.org.duane)
    crowd.approve(decided, weeks_ago=2)
    crowd.approve(locked, weeks_ago=1)
    suzanne = Asking(org, org.duane, org.suzanne, crowd.week_of(org.duane, 1).day, reason="Payroll has run.")
    crowd.desk.do(suzanne.move(CommandKind.LOCK))
    crowd.desk.do(replace(crowd.week_of(org.duane), reason="Not done.").move(CommandKind.RECALL))
    nothing = Pick(uuid4(), fine.digest)
    key = crowd.ask([fine, replace(stale, digest="0" * 64), decided, locked, draft, own, not_mine, foreign, nothing])
    await bulks.carry_out(key)

    unseen = ("refused", "not_found", None)
    assert crowd.told(key) == [
        DONE,
        ("refused", "stale", "submitted"),
        ("refused", "decided", "approved"),
        ("refused", "decided", "locked"),
        ("refused", "wrong_state", "draft"),
        ("refused", "own_time", "submitted"),
        unseen,
        unseen,
        unseen,
    ]
    messages = {row.message for row in crowd.rows(key)[6:]}
    assert messages == {"There is no such timesheet, or you may not see it."}
    assert elsewhere.states([foreign]) == {"submitted"}
    assert {each.timesheet_id for each in crowd.decisions()} == {
        fine.timesheet_id,
        decided.timesheet_id,
        locked.timesheet_id,
    }


async def test_of_two_who_decide_at_once_one_wins_each_timesheet_and_the_other_is_told_who(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    delegate(owner_engine, crowd.org, crowd.org.roland, crowd.org.max)
    picks = crowd.submitted(30)
    mine, theirs = crowd.ask(picks), crowd.ask(picks[::-1], REJECT, by=crowd.org.max)
    await asyncio.gather(bulks.carry_out(mine), bulks.carry_out(theirs))

    assert len(crowd.decisions()) == 30
    rows = crowd.rows(mine) + crowd.rows(theirs)
    assert Counter(row.outcome for row in rows) == {"done": 30, "refused": 30}
    refused = {(row.code, (row.message or "").partition(" this ")[0]) for row in rows if row.outcome == "refused"}
    assert refused <= {("decided", "Roland Fuller approved"), ("decided", "Max Fenig rejected")}


async def test_a_delegate_decides_for_whom_they_stand_in_and_it_is_recorded(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    org = crowd.org
    delegate(owner_engine, org, org.roland, org.max, org.duane, org.max)
    other = hire(owner_engine, org, "Other Person", "worker", supervisor=org.roland)
    key = crowd.ask([crowd.submit_week(org.duane), crowd.submit_week(org.max), crowd.submit_week(other)], by=org.max)
    await bulks.carry_out(key)

    # Their own time never, and nobody's whom the delegation does not name.
    assert crowd.told(key) == [DONE, ("refused", "own_time", "submitted"), ("refused", "not_found", None)]
    (made,) = crowd.decisions()
    assert (made.decided_by_id, made.responsible_id) == (org.max, org.roland)
    assert made.delegation_id is not None


async def test_on_behalf_of_somebody_it_takes_a_reason_and_both_are_recorded(bulks: Bulks, crowd: Crowd) -> None:
    org, (first, second) = crowd.org, crowd.submitted(2)
    for_roland = Verdict(CommandKind.APPROVE, "He is away.", on_behalf_of_id=org.roland)
    silent = replace(second, verdict=replace(for_roland, reason=None))
    key = crowd.ask([first, silent], for_roland, by=org.suzanne)
    await bulks.carry_out(key)

    assert crowd.told(key) == [DONE, ("refused", "reason_required", "submitted")]
    (made,) = crowd.decisions()
    assert (made.decided_by_id, made.responsible_id, made.reason) == (org.suzanne, org.roland, "He is away.")


async def test_who_may_decide_is_asked_for_each_row_when_its_turn_comes(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    key = crowd.ask(crowd.submitted(2))
    take_role(owner_engine, crowd.org.roland, "supervisor")
    await bulks.carry_out(key)

    assert [row.outcome for row in crowd.rows(key)] == ["refused"] * 2
    assert crowd.decisions() == []


async def test_nobody_who_left_decides_anything(bulks: Bulks, crowd: Crowd, owner_engine: Engine) -> None:
    key = crowd.ask(crowd.submitted(1))
    change_person(owner_engine, crowd.org.roland, active=False)
    await bulks.carry_out(key)

    assert crowd.told(key) == [("refused", "not_found", None)]


async def test_stopped_it_decides_nothing_more_and_says_so_of_each_row(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    picks = crowd.submitted(60)
    key = crowd.ask(picks)
    with owner_engine.begin() as gate:
        # Some of the first batch are held, so that it cannot get past them.
        held = {"ids": [pick.timesheet_id for pick in picks[20:28]]}
        gate.execute(text("SELECT FROM timesheet WHERE id = ANY (:ids) FOR UPDATE"), held)
        await bulks.begin(key)
        await bulks.comes_to(key, 20)
        assert bulks.cancel(key)
    await bulks.ends(key)

    now = crowd.bulk(key)
    assert (now.state, now.is_over) == (BulkState.CANCELLED, True)
    assert now.done == len(crowd.decisions()) < 60
    assert now.refused == 60 - now.done
    assert {row.code for row in crowd.rows(key) if row.outcome == "refused"} == {"cancelled"}
    assert not bulks.cancel(key)


async def test_stopped_before_it_began_it_decides_nothing(bulks: Bulks, crowd: Crowd) -> None:
    key = crowd.ask(crowd.submitted(2))
    assert bulks.cancel(key)
    await bulks.carry_out(key)

    assert crowd.told(key) == [("refused", "cancelled", None)] * 2
    assert crowd.decisions() == []


async def test_what_was_decided_before_its_outcome_was_written_down_is_told_after_it_was_stopped(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    key = crowd.ask(crowd.submitted(2))
    await bulks.carry_out(key)
    with owner_engine.begin() as connection:  # as if the worker had died in between
        forget = "UPDATE bulk_decision_row SET outcome = 'waiting', sheet_state = NULL WHERE bulk_id = :id"
        connection.execute(text(forget), {"id": key.bulk_id})
        stop = "SET state = 'cancelled', stopped_by_id = asked_by_id, finished_at = NULL"
        connection.execute(text(f"UPDATE bulk_decision {stop} WHERE id = :id"), {"id": key.bulk_id})
    await bulks.carry_out(key)

    assert crowd.told(key) == [DONE, DONE]


async def test_a_worker_that_forgot_what_it_did_decides_nothing_twice(
    bulks: Bulks, crowd: Crowd, owner_engine: Engine
) -> None:
    key = crowd.ask(crowd.submitted(5))
    await bulks.carry_out(key)
    with owner_engine.begin() as connection:
        forget = "UPDATE bulk_decision_row SET outcome = 'waiting', sheet_state = NULL WHERE bulk_id = :id"
        connection.execute(text(forget), {"id": key.bulk_id})
        again = "UPDATE bulk_decision SET state = 'running', finished_at = NULL WHERE id = :id"
        connection.execute(text(again), {"id": key.bulk_id})
    await bulks.carry_out(key)

    assert crowd.told(key) == [DONE] * 5
    assert len(crowd.decisions()) == 5


async def test_others_cannot_stop_it_or_look_at_it(crowd: Crowd, bulks: Bulks) -> None:
    key = crowd.ask(crowd.submitted(1), by=crowd.org.suzanne)

    with pytest.raises(NotFound):
        bulks.cancel(key)
    with pytest.raises(NotFound):
        crowd.bulk(key)


async def test_one_that_was_lost_is_begun_by_a_worker(bulks: Bulks, crowd: Crowd, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:  # what other tests left is over
        over = "UPDATE bulk_decision SET finished_at = now() WHERE finished_at IS NULL AND tenant_id <> :id"
        connection.execute(text(over), {"id": crowd.org.tenant_id})
    key = crowd.ask(crowd.submitted(1))
    settings = cast(Settings, SimpleNamespace(task_queue=bulks.office.task_queue))
    await begin_bulks(bulks.office.client, settings, bulks.office.engine)
    await bulks.ends(key)

    assert crowd.told(key) == [DONE]
    with command_transaction(bulks.office.engine, crowd.org.tenant_id) as session:
        assert bulks_under_way(session) == []


async def test_another_worker_goes_on_where_one_stopped(
    waiting: Bulks, crowd: Crowd, client: Client, owner_engine: Engine, postgres: EmbeddedPostgres
) -> None:
    picks = crowd.submitted(60)
    key = crowd.ask(picks)
    await waiting.begin(key)
    with owner_engine.begin() as gate:
        gate.execute(text("SELECT FROM timesheet WHERE id = :id FOR UPDATE"), {"id": picks[30].timesheet_id})
        first = deciding(client, waiting.office.task_queue, postgres.app_url())
        await first.__aenter__()
        await waiting.comes_to(key, 20)
        stopping = asyncio.create_task(first.__aexit__(None, None, None))
        await asyncio.sleep(0)
    await stopping
    handle = client.get_workflow_handle(bulk_workflow_id(key))
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with deciding(client, waiting.office.task_queue, postgres.app_url()):
        await waiting.ends(key)

    assert crowd.told(key) == [DONE] * 60
    assert len(crowd.decisions()) == 60


async def test_what_the_system_cannot_do_just_now_is_refused_in_the_end_and_holds_up_nobody(
    bulks: Bulks, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.bulk, "TRIES", 1)
    first, second = crowd.submitted(2)
    key = crowd.ask([replace(first, verdict=REJECT), second])
    with mistaken(CommandKind.REJECT):
        await bulks.carry_out(key)

    assert crowd.told(key) == [("refused", "unavailable", None), DONE]
    assert [each.timesheet_id for each in crowd.decisions()] == [second.timesheet_id]
