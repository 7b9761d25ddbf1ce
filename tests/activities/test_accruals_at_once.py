"""Everything that alters somebody's balances, all at once: nothing is lost, and nobody waits in a circle.

At every moment in between, whoever looks sees balances that are the arithmetic of the recorded time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import count
from threading import Barrier, Event
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, ExceptionContext, event, select
from temporalio.testing import ActivityEnvironment

from activities.accruals import AccrualActivities
from models.commands import Asked
from models.database import WriteSession, command_transaction, read_session
from models.doctor import findings
from models.messages import RebuildBatch, RebuildKey
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import Target
from models.rules.periods import period_of
from models.store import rebuilds
from models.store.adjustments import AdjustmentContent, adjust
from models.store.agreements import kept_agreement, replace_agreement
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person
from models.store.rebuilding import recompute
from models.tables.accruals import Adjustment, Agreement
from models.tables.people import DirectoryChange
from models.tables.timecard import TimeEntryVersion
from models.verifying.balances import wrong_with
from tests.activities.conftest import tried_until_done
from tests.desk import Life
from tests.factories import MONDAY, Asking, worked

WEEKS = 4
"""On how many timesheets each worker records; as many come from moving."""

TIMES = 8
"""How often each administrator changes something."""

AUCKLAND, LONDON = "Pacific/Auckland", "Europe/London"

DEADLOCK = "40P01"


@pytest.fixture
def deadlocks(engine: Engine) -> Iterator[list[BaseException]]:
    """Every time that the database had to end a circle of transactions waiting for each other."""
    found: list[BaseException] = []

    def note(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == DEADLOCK:
            found.append(context.original_exception)

    event.listen(engine, "handle_error", note)
    yield found
    event.remove(engine, "handle_error", note)


def test_one_persons_time_agreement_zone_and_adjustments_change_at_once(
    life: Life, deadlocks: list[BaseException]
) -> None:
    failures: list[str] = []
    adjusted = count()
    _all_at_once(
        [
            partial(_work, life, life.org.duane, MONDAY + timedelta(days=1), failures),
            partial(_work, life, life.org.duane, MONDAY + timedelta(weeks=2 * WEEKS, days=2), failures),
            partial(_change_agreement, life),
            partial(_move, life),
        ],
        partial(_adjust, life, adjusted),
        partial(_recompute, life),
        partial(_require_right_balances, life),
    )

    assert deadlocks == []
    assert failures == []
    assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == 2 * WEEKS * 5
    assert len(life.desk.rows(life.org.tenant_id, Adjustment)) == next(adjusted)
    changes = Counter(change.subject_kind for change in life.desk.rows(life.org.tenant_id, DirectoryChange))
    assert changes == {"agreement": TIMES, "person": TIMES}
    assert _found(life) == []


def test_rebuilds_of_everybody_by_two_workers_while_everybody_works(
    life: Life, deadlocks: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilds, "BATCH", 3)
    failures: list[str] = []
    workers = [name for name in life.org.people.values() if name != life.org.diana]
    working = [partial(_work, life, owner, MONDAY + timedelta(days=1), failures) for owner in workers]
    _all_at_once([*working, partial(_rebuild, life, 0, 1), partial(_rebuild, life, 1, 0)])

    assert deadlocks == []
    assert failures == []
    assert len(life.desk.rows(life.org.tenant_id, TimeEntryVersion)) == len(workers) * WEEKS * 5
    assert _found(life) == []


def _all_at_once(tasks: Sequence[Callable[[], None]], *meanwhile: Callable[[], None]) -> None:
    """Each task in a thread of its own; until all are through, each of `meanwhile` over and over."""
    together, over = Barrier(len(tasks)), Event()

    def begin(task: Callable[[], None]) -> None:
        together.wait()
        task()

    def repeat(task: Callable[[], None]) -> None:
        while not over.is_set():
            task()

    with ThreadPoolExecutor(len(tasks) + len(meanwhile)) as threads:
        repeated = [threads.submit(repeat, task) for task in meanwhile]
        try:
            for each in [threads.submit(begin, task) for task in tasks]:
                each.result()
        finally:
            over.set()
        for each in repeated:
            each.result()


def _work(life: Life, owner: UUID, first: date, failures: list[str]) -> None:
    """What a worker carries out, week after week: of two shifts one is amended and moved on, the other removed."""

    def do(asked: Asked) -> UUID:
        life.desk.ask(asked)
        entry_id = tried_until_done(life.desk, asked, failures).entry_id
        assert entry_id
        return entry_id

    for week in range(WEEKS):
        day, later = first + timedelta(weeks=week), first + timedelta(weeks=week + WEEKS)
        asking = Asking(life.org, owner, owner, day)
        night, morning = (do(asking.record(worked(*hours, day))) for hours in (("22:00", "30:00"), ("10:00", "12:00")))
        do(asking.amend(night, 1, worked("22:00", "31:00", day, meal_break_minutes=30)))
        do(asking.amend(night, 2, worked("21:00", "31:00", later), moves_to=period_of(later).start))
        do(asking.remove(morning, 1))


def _change_agreement(life: Life) -> None:
    """Another first day and another target, and then as before."""
    for number in range(TIMES):
        start, target = ((date(2026, 11, 18), 50_000), (date(2026, 4, 1), 100_000))[number % 2]
        with _changing(life) as session:
            id_ = session.scalars(select(Agreement.id).where(Agreement.person_id == life.org.duane)).one()
            kept = kept_agreement(session, id_)
            targets = {**kept.content.targets, AccrualCode.NIGHT_HOURS: Target(target, target)}
            content = replace(kept.content, start_date=start, targets=targets)
            replace_agreement(session, _given(life), id_, kept.version, content)


def _move(life: Life) -> None:
    """To the other side of the world, and back."""
    for number in range(TIMES):
        with _changing(life) as session:
            kept = kept_person(session, life.org.duane)
            moved = replace(kept.content, time_zone=(AUCKLAND, LONDON)[number % 2])
            replace_person(session, _given(life), life.org.duane, kept.version, moved)


def _adjust(life: Life, numbers: Iterator[int]) -> None:
    day = date(2026, 11, 19) + timedelta(days=next(numbers) % 100)
    with _changing(life) as session:
        content = AdjustmentContent(life.org.duane, AccrualCode.NIGHT_HOURS, day, 10, "He stood in.")
        adjust(session, _given(life), content)


def _recompute(life: Life) -> None:
    with _changing(life) as session:
        recompute(session, life.org.tenant_id, life.org.duane)


def _rebuild(life: Life, *numbers: int) -> None:
    """Everybody again and again, beginning with one batch or the other."""
    for _ in range(TIMES):
        with _changing(life) as session:
            everybody = rebuilds.agreed_people(session)
            key = RebuildKey(life.org.tenant_id, rebuilds.ask_rebuild(session, _given(life), "Again", everybody))
        accruals = AccrualActivities(life.desk.engine)
        accruals.begin_rebuild(key)
        for number in numbers:
            ActivityEnvironment().run(accruals.rebuild_batch, RebuildBatch(key, number))
        assert accruals.finish_rebuild(key)


def _require_right_balances(life: Life) -> None:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        assert wrong_with(session, [life.org.duane]) == []


def _changing(life: Life) -> AbstractContextManager[WriteSession]:
    return command_transaction(life.desk.engine, life.org.tenant_id)


def _given(life: Life) -> GivenBy:
    return GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())


def _found(life: Life) -> list[str]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return list(findings(session))
