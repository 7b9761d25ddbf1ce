"""A delegation begins and ends by itself. Time is skipped in most of these, with a database of paper then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import RPCError, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.failures import passing
from activities.names import SEE_TO_DELEGATION
from embedded import EmbeddedPostgres, program
from models.database import command_transaction
from models.messages import DelegationKey, DelegationLook
from models.payloads import data_converter
from models.rules.delegations import Span
from models.rules.notices import NoticeKind
from models.store.changes import GivenBy
from models.store.delegations import KeptDelegation, change_end, revoke
from models.tables.delivery import Notification
from tests.desk import Life
from tests.office import LONGEST_SECONDS, Office, settings_of
from tests.standing_in import change_delegation, in_days, stand_in
from tests.waiting import eventually_async
from upkeep import see_to_delegations
from workflows.delegation import DelegationWorkflow, delegation_workflow_id
from workflows.options import sandboxed
from workflows.starting import start_delegation

A_LITTLE = timedelta(seconds=10)
LONDON, AUCKLAND = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")
SANTIAGO = ZoneInfo("America/Santiago")
"""Its clocks change at midnight, so that a day can begin at one o'clock."""

Run = WorkflowHandle[DelegationWorkflow, None]


@dataclass
class Paper:
    """One delegation, and when both were told what."""

    env: WorkflowEnvironment
    key: DelegationKey = field(default_factory=lambda: DelegationKey(uuid4(), uuid4()))
    span: Span | None = None
    told: list[tuple[str, datetime]] = field(default_factory=list)
    looks: int = 0
    faults: int = 0
    """So many of the next looks fail."""

    @activity.defn(name=SEE_TO_DELEGATION)
    async def see_to_delegation(self, key: DelegationKey) -> DelegationLook:
        assert key == self.key
        assert self.span
        span, now = self.span, await self.env.get_current_time()
        try:
            if self.faults:
                self.faults -= 1
                raise passing("The database is away.")
            if span.has_begun(now):
                self._tell("ends" if span.is_over(now) else "begins", now)
            return DelegationLook(span.next_due(now))
        finally:
            self.looks += 1

    def _tell(self, what: str, now: datetime) -> None:
        if what not in [told for told, _ in self.told]:
            self.told.append((what, now))

    async def begin(self, first: int, last: int, zone: ZoneInfo, day: date | None = None) -> Run:
        """A delegation from one day to another, counted from a day, or from that of this world."""
        start = day or (await self.env.get_current_time()).astimezone(zone).date()
        self.span = Span.of(start + timedelta(days=first), start + timedelta(days=last), zone)
        run = await self.env.client.start_workflow(
            DelegationWorkflow.run,
            self.key,
            id=delegation_workflow_id(self.key),
            task_queue=str(self.key.tenant_id),
        )
        await eventually_async(self._was_looked_at, "a first look")
        return run

    async def _was_looked_at(self) -> bool:
        return self.looks > 0

    async def over(self, run: Run) -> None:
        """Let time pass until the run has completed."""
        async with asyncio.timeout(LONGEST_SECONDS):
            await run.result()


@pytest.fixture
async def paper() -> AsyncIterator[Paper]:
    """A world of its own, because skipped time is skipped for everybody in it."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program("temporal-test-server")), data_converter=data_converter("")
    ) as env:
        paper = Paper(env)
        async with Worker(
            env.client,
            task_queue=str(paper.key.tenant_id),
            workflows=[DelegationWorkflow],
            activities=[paper.see_to_delegation],
            workflow_runner=sandboxed(),
        ):
            yield paper


def told_on_time(paper: Paper) -> None:
    assert paper.span
    (began, begun_at), (ended, ended_at) = paper.told
    assert (began, ended) == ("begins", "ends")
    assert paper.span.begins <= begun_at < paper.span.begins + A_LITTLE
    assert paper.span.ends <= ended_at < paper.span.ends + A_LITTLE


async def test_it_begins_and_ends_by_itself_and_the_run_completes(paper: Paper) -> None:
    run = await paper.begin(3, 9, LONDON)
    await paper.over(run)

    told_on_time(paper)
    assert paper.looks == 3


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (LONDON, date(2027, 3, 27)),
        (LONDON, date(2027, 10, 30)),
        (AUCKLAND, date(2027, 4, 3)),
        (SANTIAGO, date(2027, 9, 4)),
        (SANTIAGO, date(2027, 4, 3)),
    ],
    ids=str,
)
async def test_days_that_are_longer_or_shorter_begin_and_end_at_their_own_midnights(
    paper: Paper, zone: ZoneInfo, day: date
) -> None:
    run = await paper.begin(0, 2, zone, day)
    await paper.over(run)

    told_on_time(paper)
    assert [moment.astimezone(zone).date() for _, moment in paper.told] == [day, day + timedelta(days=3)]


async def test_what_is_changed_while_it_waits_is_looked_at_at_once(paper: Paper) -> None:
    run = await paper.begin(-1, 9, LONDON)
    assert paper.span
    before = paper.span
    paper.span = replace(paper.span, ends=paper.span.ends + timedelta(days=30))
    await run.signal(DelegationWorkflow.look_again)
    await paper.over(run)

    assert paper.told[1][1] >= before.ends + timedelta(days=30)
    told = [what for what, _ in paper.told]
    assert told == ["begins", "ends"]


async def test_what_is_taken_back_ends_then(paper: Paper) -> None:
    run = await paper.begin(-1, 9, LONDON)
    assert paper.span
    revoked_at = await paper.env.get_current_time()
    paper.span = replace(paper.span, revoked_at=revoked_at)
    await run.signal(DelegationWorkflow.look_again)
    await paper.over(run)

    assert [what for what, _ in paper.told] == ["begins", "ends"]
    assert paper.told[1][1] < paper.span.ends


async def test_a_database_that_is_away_is_asked_until_it_is_back(paper: Paper) -> None:
    paper.faults = 5
    run = await paper.begin(1, 2, LONDON)
    await paper.over(run)

    told_on_time(paper)


async def test_what_is_over_when_it_is_begun_completes_at_once(paper: Paper) -> None:
    run = await paper.begin(-9, -2, LONDON)
    await paper.over(run)

    assert (paper.looks, [what for what, _ in paper.told]) == (1, ["ends"])


# From here on with the real database, where no time is skipped.


def roland_away(life: Life, **others: int) -> tuple[DelegationKey, KeptDelegation]:
    """Alex stands in for Roland."""
    kept = stand_in(life.desk.engine, life.org, life.org.roland, life.org.alex, **others)
    return DelegationKey(life.org.tenant_id, kept.id), kept


def notices(life: Life) -> list[tuple[UUID, str]]:
    rows = life.desk.rows(life.org.tenant_id, Notification)
    return sorted((row.person_id, row.kind) for row in rows)


def both(life: Life, *kinds: NoticeKind) -> list[tuple[UUID, str]]:
    return sorted((person, kind.value) for person in (life.org.roland, life.org.alex) for kind in kinds)


async def told(life: Life, *kinds: NoticeKind) -> None:
    """Wait until both were told exactly this."""

    async def is_so() -> bool:
        return await asyncio.to_thread(notices, life) == both(life, *kinds)

    await eventually_async(is_so, f"both to be told {kinds}")


async def test_asked_for_twice_there_is_one_run_and_both_are_told_once(office: Office, life: Life) -> None:
    key, _ = roland_away(life)
    for _ in range(2):
        await start_delegation(office.client, office.task_queue, key)

    await told(life, NoticeKind.DELEGATION_BEGINS)
    run = office.client.get_workflow_handle(delegation_workflow_id(key))
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_taking_it_back_ends_the_run_and_tells_both(office: Office, life: Life) -> None:
    key, kept = roland_away(life)
    await start_delegation(office.client, office.task_queue, key)
    await told(life, NoticeKind.DELEGATION_BEGINS)

    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        revoke(session, GivenBy(life.org.tenant_id, life.org.roland, uuid4()), kept.id, None)
    await start_delegation(office.client, office.task_queue, key)

    async with asyncio.timeout(LONGEST_SECONDS):
        await office.client.get_workflow_handle(delegation_workflow_id(key)).result()
    await told(life, NoticeKind.DELEGATION_BEGINS, NoticeKind.DELEGATION_ENDS)


async def test_a_shorter_one_ends_sooner(office: Office, life: Life, owner_engine: Engine) -> None:
    key, kept = roland_away(life, first=-5)
    await start_delegation(office.client, office.task_queue, key)
    await told(life, NoticeKind.DELEGATION_BEGINS)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        given = GivenBy(life.org.tenant_id, life.org.roland, uuid4())
        shorter = change_end(session, given, kept.id, 1, in_days(0), None)

    # The day after, told in one go.
    days = {"from_day": in_days(-9), "to_day": in_days(-2), "due_at": shorter.granted_at}
    await asyncio.to_thread(change_delegation, owner_engine, kept.id, **days)
    await start_delegation(office.client, office.task_queue, key)

    async with asyncio.timeout(LONGEST_SECONDS):
        await office.client.get_workflow_handle(delegation_workflow_id(key)).result()
    await told(life, NoticeKind.DELEGATION_BEGINS, NoticeKind.DELEGATION_ENDS)


async def test_one_that_nobody_began_is_seen_to_by_the_worker(
    office: Office, life: Life, engine: Engine, owner_engine: Engine, postgres: EmbeddedPostgres
) -> None:
    _, kept = roland_away(life)
    coming, _ = roland_away(life, first=10, last=12)
    settings = settings_of(office.task_queue, postgres.app_url())
    overdue = kept.granted_at - timedelta(hours=1)
    await asyncio.to_thread(change_delegation, owner_engine, kept.id, due_at=overdue)

    for _ in range(2):
        await see_to_delegations(office.client, settings, engine)

    await told(life, NoticeKind.DELEGATION_BEGINS)
    with pytest.raises(RPCError, match="not found"):
        await office.client.get_workflow_handle(delegation_workflow_id(coming)).describe()
