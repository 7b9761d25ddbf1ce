"""Rebuilds: asked for, begun, carried out batch by batch, cancelled, resumed, finished; and what they leave alone."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text, update
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.accruals import AccrualActivities
from activities.failures import PASSING
from models.database import command_transaction, read_session
from models.errors import NotFound
from models.messages import RebuildBatch, RebuildKey, RebuildPlan
from models.rules.accrual_types import AccrualCode
from models.rules.supposed import Supposed, TargetForAll
from models.store import rebuilds
from models.store.changes import GivenBy
from models.store.rebuilds import Progress, RebuildState
from models.tables.accruals import Accrual, AccrualRebuild, AccrualRebuildBatch
from models.verifying.balances import verify
from tests.activities.conftest import end_session, waiters
from tests.desk import Desk, Life, carry_out_rebuilds
from tests.factories import MONDAY, Asking, Organisation, change_person, make_organisation, worked
from tests.waiting import eventually

AUCKLAND = "Pacific/Auckland"
LOWER = TargetForAll(AccrualCode.ANNUAL_TARGET_HOURS, MONDAY, 90_000)


@dataclass(frozen=True)
class Rebuilding:
    """The people of an organisation, and rebuilds of their balances."""

    engine: Engine
    org: Organisation

    @property
    def everybody(self) -> list[UUID]:
        """In the order in which they have their turn."""
        return sorted(self.org.people.values())

    @property
    def activities(self) -> AccrualActivities:
        return AccrualActivities(self.engine)

    def ask(
        self, people: Collection[UUID] | None = None, supposed: Supposed | None = None, rate: int | None = None
    ) -> RebuildKey:
        """Have people rebuilt, or looked at; everybody unless they are named."""
        given = GivenBy(self.org.tenant_id, self.org.suzanne, uuid4())
        concerned = self.everybody if people is None else people
        with command_transaction(self.engine, self.org.tenant_id) as session:
            id_ = rebuilds.ask_rebuild(session, given, "They moved", concerned, supposed, rate)
        return RebuildKey(self.org.tenant_id, id_)

    def begin(self, key: RebuildKey) -> RebuildPlan:
        return ActivityEnvironment().run(self.activities.begin_rebuild, key)

    def carry_out(self, key: RebuildKey, number: int, environment: ActivityEnvironment | None = None) -> bool:
        """A whole batch, as a worker has it; whether the rebuild goes on."""
        batch = RebuildBatch(key, number)
        return (environment or ActivityEnvironment()).run(self.activities.rebuild_batch, batch)

    def next(self, key: RebuildKey, number: int = 0) -> UUID | None:
        """One person of a batch; who it was."""
        turn = self.activities.rebuild_next(RebuildBatch(key, number))
        return turn.person_id if turn else None

    def finish(self, key: RebuildKey) -> bool:
        return ActivityEnvironment().run(self.activities.finish_rebuild, key)

    def cancel(self, key: RebuildKey) -> bool:
        with command_transaction(self.engine, key.tenant_id) as session:
            return rebuilds.cancel_rebuild(session, key.rebuild_id)

    def resume(self, key: RebuildKey) -> bool:
        with command_transaction(self.engine, key.tenant_id) as session:
            return rebuilds.resume_rebuild(session, key.rebuild_id)

    def progress(self, key: RebuildKey) -> Progress:
        with read_session(self.engine, key.tenant_id) as session:
            return rebuilds.progress_of(session, key.rebuild_id)

    def stands(self, key: RebuildKey) -> tuple[RebuildState, int, int, int]:
        """The state, and how many people were done, changed and put aside."""
        now = self.progress(key)
        return now.state, now.done, now.changed, now.aside

    def wrong(self) -> list[str]:
        """What is wrong with the balances of the organisation."""
        found = verify(lambda: read_session(self.engine, self.org.tenant_id))
        return [words for checked in found for words in checked.wrong]


@pytest.fixture
def rebuilding(engine: Engine, org: Organisation) -> Rebuilding:
    return Rebuilding(engine, org)


@pytest.fixture
def moved(life: Life, owner_engine: Engine) -> None:
    """Everybody has worked a night, and lives in Auckland since, which nobody has counted yet."""
    for person in life.org.people.values():
        on_behalf_of = None if person == life.org.suzanne else person
        asking = Asking(life.org, person, life.org.suzanne, on_behalf_of=on_behalf_of, reason="On paper.")
        life.desk.do(asking.record(worked("22:00", "30:00")))
        change_person(owner_engine, person, time_zone=AUCKLAND)


@pytest.fixture
def in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people are a batch."""
    monkeypatch.setattr(rebuilds, "BATCH", 2)


@pytest.fixture
def losing_its_connection(own_desk: Desk, owner_engine: Engine) -> Engine:
    """Connections to the database, which is taken away once, when somebody's time is read."""
    left = iter([True])

    def lose(connection: Connection, _: object, statement: str, *__: object) -> None:
        if "FROM time_entry" in statement and next(left, False):
            end_session(connection, owner_engine)

    event.listen(own_desk.engine, "before_cursor_execute", lose)
    return own_desk.engine


@pytest.mark.usefixtures("moved", "in_pairs")
class TestFromBeginningToEnd:
    """A rebuild of six people in three batches."""

    def test_it_waits_then_runs_and_is_done_when_everybody_was(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        assert rebuilding.stands(key) == (RebuildState.WAITING, 0, 0, 0)
        assert rebuilding.begin(key).batches == 3
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 0, 0, 0)

        for number in range(3):
            assert rebuilding.wrong()
            assert rebuilding.carry_out(key, number)
            assert rebuilding.stands(key) == (RebuildState.RUNNING, *[2 * number + 2] * 2, 0)

        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 6, 0)
        assert rebuilding.wrong() == []

    def test_who_was_right_already_is_done_and_not_changed(self, rebuilding: Rebuilding) -> None:
        carried_out = [rebuilding.ask(rebuilding.everybody[:3]), rebuilding.ask()]
        carry_out_rebuilds(rebuilding.engine, rebuilding.org.tenant_id)

        assert [rebuilding.stands(key)[1:] for key in carried_out] == [(3, 3, 0), (6, 3, 0)]

    def test_with_a_limit_in_time_one_batch_is_rebuilt_at_a_time(self, rebuilding: Rebuilding) -> None:
        assert rebuilding.begin(rebuilding.ask(rate=1_000)) == RebuildPlan(batches=3, at_once=1)
        assert rebuilding.begin(rebuilding.ask()) == RebuildPlan(batches=3, at_once=rebuilds.AT_ONCE)

    def test_with_a_limit_in_time_everybody_is_rebuilt_as_well(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask(rate=1_000)
        for number in range(rebuilding.begin(key).batches):
            rebuilding.carry_out(key, number)

        assert rebuilding.finish(key)
        assert rebuilding.wrong() == []

    def test_it_is_not_done_before_everybody_is(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        rebuilding.carry_out(key, 0)
        rebuilding.next(key, 1)

        assert not rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 3, 3, 0)
        assert rebuilding.progress(key).finished_at is None

    def test_each_step_done_again_changes_nothing(self, rebuilding: Rebuilding, life: Life) -> None:
        key = rebuilding.ask()
        plan = rebuilding.begin(key)
        for number in range(plan.batches):
            rebuilding.carry_out(key, number)
        rebuilding.finish(key)
        before = life.desk.contents(key.tenant_id)

        assert rebuilding.begin(key).batches == 0
        assert not rebuilding.carry_out(key, 0)
        assert rebuilding.finish(key)
        assert life.desk.contents(key.tenant_id) == before

    def test_when_it_began_and_ended_is_known(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        assert rebuilding.progress(key).started_at is None
        carry_out_rebuilds(rebuilding.engine, key.tenant_id)

        now = rebuilding.progress(key)
        assert now.started_at
        assert now.finished_at
        assert now.asked_at < now.started_at < now.finished_at


def test_a_rebuild_of_nobody_is_done_at_once(rebuilding: Rebuilding) -> None:
    key = rebuilding.ask([])
    assert rebuilding.begin(key).batches == 0
    assert rebuilding.finish(key)
    assert rebuilding.stands(key) == (RebuildState.DONE, 0, 0, 0)


@pytest.mark.usefixtures("moved", "in_pairs")
class TestCancelled:
    """Somebody thinks better of it; who is done stays done."""

    def test_before_it_began_nobody_is_rebuilt(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        assert rebuilding.cancel(key)

        assert rebuilding.begin(key).batches == 0
        assert rebuilding.next(key) is None
        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.CANCELLED, 0, 0, 0)

    def test_in_the_middle_of_a_batch_nobody_else_is_rebuilt(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        rebuilding.next(key)
        assert rebuilding.cancel(key)

        assert not rebuilding.carry_out(key, 0)
        assert not rebuilding.carry_out(key, 1)
        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.CANCELLED, 1, 1, 0)
        assert rebuilding.progress(key).finished_at

    def test_resumed_it_goes_on_with_those_who_are_left(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        first = rebuilding.next(key)
        rebuilding.cancel(key)
        assert rebuilding.resume(key)
        assert rebuilding.stands(key) == (RebuildState.WAITING, 1, 1, 0)
        assert rebuilding.begin(key).batches == 3

        rest = [rebuilding.next(key, number) for number in (0, 1, 1, 2, 2)]
        assert [first, *rest] == rebuilding.everybody
        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 6, 0)
        assert rebuilding.wrong() == []

    def test_resumed_before_its_workflow_noticed_it_is_not_over(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        rebuilding.cancel(key)
        rebuilding.resume(key)

        assert not rebuilding.carry_out(key, 0), "it waits to be begun again"
        assert not rebuilding.finish(key)
        assert rebuilding.begin(key).batches == 3

    def test_what_is_over_is_not_cancelled_and_what_was_not_cancelled_is_not_resumed(
        self, rebuilding: Rebuilding
    ) -> None:
        key = rebuilding.ask()
        assert not rebuilding.resume(key)
        rebuilding.begin(key)
        assert not rebuilding.resume(key)
        assert rebuilding.cancel(key)
        assert not rebuilding.cancel(key)
        rebuilding.resume(key)
        carry_out_rebuilds(rebuilding.engine, key.tenant_id)
        assert not rebuilding.cancel(key)
        assert not rebuilding.resume(key)
        assert rebuilding.stands(key)[0] is RebuildState.DONE

    def test_another_organisation_neither_sees_nor_cancels_it(
        self, rebuilding: Rebuilding, owner_engine: Engine
    ) -> None:
        key = rebuilding.ask()
        others = RebuildKey(make_organisation(owner_engine).tenant_id, key.rebuild_id)

        with pytest.raises(NotFound):
            rebuilding.progress(others)
        assert not rebuilding.cancel(others)
        assert rebuilding.begin(others).batches == 0
        assert rebuilding.stands(key)[0] is RebuildState.WAITING


@pytest.mark.usefixtures("moved")
class TestAttempts:
    """A batch may be tried again, by another worker, while the first is still at it."""

    def test_two_attempts_at_once_rebuild_nobody_twice(
        self, rebuilding: Rebuilding, life: Life, owner_engine: Engine
    ) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        with ThreadPoolExecutor(2) as attempts:
            with owner_engine.begin() as gate:
                gate.execute(
                    text("SELECT FROM person WHERE id = :id FOR NO KEY UPDATE"), {"id": rebuilding.everybody[0]}
                )
                running = [attempts.submit(rebuilding.next, key) for _ in range(2)]
                eventually(lambda: waiters(owner_engine) == 2, "both attempts wait")
            first_two = [attempt.result() for attempt in running]

        assert sorted(filter(None, first_two)) == rebuilding.everybody[:2]
        computed = [row.person_id for row in life.desk.rows(key.tenant_id, Accrual)]
        assert set(computed) == set(rebuilding.everybody)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 2, 2, 0)

    def test_two_attempts_that_race_through_a_batch_do_everybody_once(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        with ThreadPoolExecutor(2) as attempts:
            running = [attempts.submit(rebuilding.carry_out, key, 0) for _ in range(2)]
            assert all(attempt.result() for attempt in running)

        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 6, 0)
        assert rebuilding.wrong() == []

    @pytest.mark.parametrize(
        "told",
        [ActivityEnvironment.worker_shutdown, ActivityEnvironment.cancel],
        ids=["to stop", "that it is given up"],
    )
    def test_a_worker_that_is_told_leaves_the_rest_to_another(
        self, rebuilding: Rebuilding, told: Callable[[ActivityEnvironment], None]
    ) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        environment = ActivityEnvironment()
        environment.on_heartbeat = lambda *_: told(environment)
        with pytest.raises(ApplicationError) as left:
            rebuilding.carry_out(key, 0, environment)

        assert (left.value.type, left.value.non_retryable) == (PASSING, False)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 1, 1, 0)
        assert rebuilding.carry_out(key, 0)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 6, 6, 0)

    def test_every_person_is_a_sign_of_life(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        environment, heard = ActivityEnvironment(), list[tuple[object, ...]]()
        environment.on_heartbeat = lambda *details: heard.append(details)
        rebuilding.carry_out(key, 0, environment)

        assert len(heard) == len(rebuilding.everybody)


@pytest.mark.usefixtures("moved")
class TestPutAside:
    """Somebody who cannot be computed keeps nobody else waiting, and is named."""

    @pytest.fixture
    def lost(self, rebuilding: Rebuilding, owner_engine: Engine) -> UUID:
        """The second of them, who lives where there is no clock."""
        change_person(owner_engine, rebuilding.everybody[1], time_zone="Atlantis/Centre")
        return rebuilding.everybody[1]

    def test_the_others_are_rebuilt(self, rebuilding: Rebuilding, lost: UUID) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        assert rebuilding.carry_out(key, 0)

        assert rebuilding.finish(key)
        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 5, 1)
        with read_session(rebuilding.engine, key.tenant_id) as session:
            (aside,) = rebuilds.put_aside_by(session, key.rebuild_id)
        assert (aside.person_id, aside.why) == (lost, "could not be computed (ZoneInfoNotFoundError)")
        assert rebuilding.wrong() == [f"balances of person {lost} could not be computed (ZoneInfoNotFoundError)"]

    def test_who_is_looked_at_may_be_put_aside_too(self, rebuilding: Rebuilding, lost: UUID) -> None:
        key = rebuilding.ask(supposed=Supposed(LOWER))
        carry_out_rebuilds(rebuilding.engine, key.tenant_id)

        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 5, 1)

    def test_put_right_they_are_rebuilt_by_another(
        self, rebuilding: Rebuilding, lost: UUID, owner_engine: Engine
    ) -> None:
        rebuilding.ask()
        carry_out_rebuilds(rebuilding.engine, rebuilding.org.tenant_id)
        change_person(owner_engine, lost, time_zone=AUCKLAND)
        key = rebuilding.ask([lost])
        carry_out_rebuilds(rebuilding.engine, rebuilding.org.tenant_id)

        assert rebuilding.stands(key) == (RebuildState.DONE, 1, 1, 0)
        assert rebuilding.wrong() == []

    def test_two_attempts_that_fail_put_one_person_aside(self, rebuilding: Rebuilding) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        for _ in range(2):
            with command_transaction(rebuilding.engine, key.tenant_id) as session:
                rebuilds.put_aside(session, key.rebuild_id, 0, rebuilding.everybody[0], "could not be computed")

        assert rebuilding.stands(key) == (RebuildState.RUNNING, 1, 0, 1)
        assert rebuilding.next(key) == rebuilding.everybody[1]

    def test_nobody_is_put_aside_because_the_database_went_away(
        self, rebuilding: Rebuilding, losing_its_connection: Engine
    ) -> None:
        key = rebuilding.ask()
        rebuilding.begin(key)
        shaky = Rebuilding(losing_its_connection, rebuilding.org)
        with pytest.raises(OperationalError):
            shaky.next(key)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 0, 0, 0)

        assert shaky.carry_out(key, 0)
        assert rebuilding.stands(key) == (RebuildState.RUNNING, 6, 6, 0)


@pytest.mark.usefixtures("moved")
class TestFewAndMany:
    """The balances of a few people follow in the transaction of the change, those of many afterwards."""

    def _count_otherwise(self, rebuilding: Rebuilding, people: Collection[UUID]) -> None:
        given = GivenBy(rebuilding.org.tenant_id, rebuilding.org.suzanne, uuid4())
        with command_transaction(rebuilding.engine, rebuilding.org.tenant_id) as session:
            rebuilds.counts_otherwise(session, given, "They moved", people)

    def test_a_few_are_right_at_once(self, rebuilding: Rebuilding, life: Life) -> None:
        few, rest = rebuilding.everybody[: rebuilds.FEW], rebuilding.everybody[rebuilds.FEW :]
        self._count_otherwise(rebuilding, few)

        assert life.desk.rows(rebuilding.org.tenant_id, AccrualRebuild) == []
        wrong = " ".join(rebuilding.wrong())
        assert [person for person in few if str(person) in wrong] == []
        assert [person for person in rest if str(person) in wrong] == rest

    def test_many_are_right_when_the_rebuild_is_done(self, rebuilding: Rebuilding, life: Life) -> None:
        before = life.desk.rows(rebuilding.org.tenant_id, Accrual)
        self._count_otherwise(rebuilding, rebuilding.everybody)

        (asked,) = life.desk.rows(rebuilding.org.tenant_id, AccrualRebuild)
        assert (asked.because, asked.state, asked.people) == ("They moved", "waiting", 6)
        assert len(life.desk.rows(rebuilding.org.tenant_id, Accrual)) == len(before)
        assert rebuilding.wrong()
        assert carry_out_rebuilds(rebuilding.engine, rebuilding.org.tenant_id) == 1
        assert rebuilding.wrong() == []


@pytest.mark.usefixtures("in_pairs")
class TestOnlyLookedAt:
    """What a change would do is answered, and nothing is done."""

    def test_nothing_else_changes(self, rebuilding: Rebuilding, life: Life) -> None:
        life.record("22:00", "30:00")
        before = life.desk.contents(rebuilding.org.tenant_id)
        key = rebuilding.ask(supposed=Supposed(LOWER))
        carry_out_rebuilds(rebuilding.engine, key.tenant_id)

        after = life.desk.contents(rebuilding.org.tenant_id)
        ours = {AccrualRebuild.__tablename__, AccrualRebuildBatch.__tablename__}
        assert {table for table in after if after[table] != before[table]} == ours
        assert rebuilding.stands(key) == (RebuildState.DONE, 6, 6, 0)
        assert rebuilding.progress(key).only_looks
        found = [each for row in life.desk.rows(key.tenant_id, AccrualRebuildBatch) for each in row.differences]
        assert {(each["personId"], each["before"] - each["after"]) for each in found} == {
            (str(person), 10_000) for person in rebuilding.everybody
        }

    def test_answers_go_after_a_while_and_rebuilds_stay(
        self, rebuilding: Rebuilding, life: Life, owner_engine: Engine
    ) -> None:
        old, fresh = (rebuilding.ask(supposed=Supposed(LOWER)) for _ in range(2))
        made = rebuilding.ask()
        carry_out_rebuilds(rebuilding.engine, made.tenant_id)
        waiting = rebuilding.ask(supposed=Supposed(LOWER))
        long_ago = AccrualRebuild.finished_at - rebuilds.LOOKS_KEPT - timedelta(seconds=1)
        with owner_engine.begin() as connection:
            these = AccrualRebuild.id.in_([old.rebuild_id, made.rebuild_id])
            connection.execute(update(AccrualRebuild).where(these).values(finished_at=long_ago))

        newest = rebuilding.ask(supposed=Supposed(LOWER))

        left = {key.rebuild_id for key in (fresh, made, waiting, newest)}
        assert {row.id for row in life.desk.rows(made.tenant_id, AccrualRebuild)} == left
        assert {row.rebuild_id for row in life.desk.rows(made.tenant_id, AccrualRebuildBatch)} == left
