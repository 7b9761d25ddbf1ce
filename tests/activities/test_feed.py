"""The feed of outgoing events: whoever has read up to a place has read everything below it, whoever writes at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import ProgrammingError

from models.database import WriteSession, command_transaction, read_session, taken_back
from models.store.feed import AT_ONCE, event_at, events_after, is_unplaced, last_position, next_wanted, place
from models.store.ledger import announce
from tests.contents import alone
from tests.desk import Life
from tests.factories import Organisation, make_organisation

WRITERS = 8
EACH_WRITES = 25
MANY = 30_000


def tell(session: WriteSession, org: Organisation, what: str = "timesheet.approved") -> str:
    """Write one event; its subject tells it from all others."""
    subject = uuid4()
    announce(session, org.tenant_id, uuid4(), f"countersign.{what}", subject, {"n": 1})
    return str(subject)


def told(engine: Engine, org: Organisation, what: str = "timesheet.approved") -> str:
    """One event that was committed."""
    with command_transaction(engine, org.tenant_id) as session:
        return tell(session, org, what)


def placed(engine: Engine, org: Organisation, most: int = AT_ONCE) -> int:
    with command_transaction(engine, org.tenant_id) as session:
        return place(session, org.tenant_id, most)


def read(engine: Engine, org: Organisation, after: int = 0, limit: int = 10_000) -> list[tuple[int, str]]:
    """Places and subjects of what stands in the feed."""
    with read_session(engine, org.tenant_id) as session:
        return [(found.position, found.subject) for found in events_after(session, org.tenant_id, after, limit)]


@contextmanager
def uncommitted(engine: Engine, org: Organisation) -> Iterator[str]:
    """One event that is committed when the block ends."""
    with command_transaction(engine, org.tenant_id) as session:
        yield tell(session, org)


def test_what_was_committed_later_comes_later_even_if_it_was_written_first(engine: Engine, org: Organisation) -> None:
    with uncommitted(engine, org) as slow:
        quick = told(engine, org)
        assert placed(engine, org) == 1
        assert read(engine, org) == [(1, quick)]
    assert read(engine, org) == [(1, quick)]

    assert placed(engine, org) == 1

    assert read(engine, org) == [(1, quick), (2, slow)]


def test_what_was_committed_before_another_began_comes_before_it(engine: Engine, org: Organisation) -> None:
    one_after_the_other = [told(engine, org) for _ in range(5)]

    placed(engine, org)

    assert read(engine, org) == list(enumerate(one_after_the_other, 1))


def test_what_is_taken_back_leaves_no_gap(engine: Engine, org: Organisation) -> None:
    first = told(engine, org)
    with pytest.raises(ZeroDivisionError), uncommitted(engine, org):
        raise ZeroDivisionError
    second = told(engine, org)

    assert placed(engine, org) == 2
    assert read(engine, org) == [(1, first), (2, second)]


def test_a_place_never_changes_and_placing_again_changes_nothing(engine: Engine, org: Organisation) -> None:
    told(engine, org)
    placed(engine, org)
    before = read(engine, org)

    assert placed(engine, org) == 0
    told(engine, org)
    placed(engine, org)

    assert read(engine, org)[:1] == before


def test_one_call_places_so_many_and_the_next_one_goes_on(engine: Engine, org: Organisation) -> None:
    subjects = [told(engine, org) for _ in range(5)]

    assert [placed(engine, org, most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert read(engine, org) == list(enumerate(subjects, 1))


def test_each_organisation_has_places_of_its_own_and_sees_no_others(
    engine: Engine, org: Organisation, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    ours, theirs = told(engine, org), told(engine, other)

    # Even by mistake: what belongs to others is not there to be placed.
    with command_transaction(engine, org.tenant_id) as session:
        assert place(session, other.tenant_id) == 0
    placed(engine, org)
    placed(engine, other)

    assert (read(engine, org), read(engine, other)) == ([(1, ours)], [(1, theirs)])


def test_two_that_place_at_once_do_it_one_after_the_other(engine: Engine, org: Organisation) -> None:
    subjects = [told(engine, org) for _ in range(20)]
    with ThreadPoolExecutor(4) as several:
        assert sum(several.map(lambda _: placed(engine, org, most=7), range(4))) == 20

    assert read(engine, org) == list(enumerate(subjects, 1))


@pytest.mark.parametrize("seed", range(3))
def test_whoever_pages_while_many_commit_in_any_order_misses_nothing(
    engine: Engine, org: Organisation, seed: int
) -> None:
    """Each writer holds several transactions open and commits them in another order than it wrote in."""
    over = Event()
    written: list[list[str]] = [[] for _ in range(WRITERS)]

    def write(number: int) -> None:
        random = Random(seed * 100 + number)
        for _ in range(EACH_WRITES // 5):
            committed: list[str] = []
            with ExitStack() as last, ExitStack() as later, ExitStack() as first:
                stacks = [first, later, last]
                committed += [random.choice(stacks).enter_context(uncommitted(engine, org)) for _ in range(2)]
            committed += [told(engine, org) for _ in range(3)]
            written[number] += committed

    def page() -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        while True:
            ends = over.is_set()
            placed(engine, org, most=7)
            news = read(engine, org, found[-1][0] if found else 0, limit=5)
            found += news
            if ends and not news:
                return found

    # Each writer holds two connections and takes one more; the pool has twenty.
    with ThreadPoolExecutor(WRITERS + 2) as several:
        readers = [several.submit(page) for _ in range(2)]
        for writing in [several.submit(write, number) for number in range(WRITERS // 2)]:
            writing.result()
        over.set()
        pages = [reader.result() for reader in readers]

    everything = {subject for each in written for subject in each}
    assert len(everything) == WRITERS // 2 * EACH_WRITES
    for found in pages:
        assert [position for position, _ in found] == list(range(1, len(everything) + 1))
        assert {subject for _, subject in found} == everything
        assert found == read(engine, org)


def test_the_next_wanted_event_is_looked_for_between_two_places(engine: Engine, org: Organisation) -> None:
    for what in ("timesheet.approved", "time-entry.recorded", "timesheet.rejected", "timesheetx.approved"):
        told(engine, org, what)
    placed(engine, org)

    def found(after: int, up_to: int, *patterns: str) -> int | None:
        with read_session(engine, org.tenant_id) as session:
            wanted = next_wanted(session, org.tenant_id, after, up_to, patterns or None)
            return wanted.position if wanted else None

    assert found(0, 4) == 1
    assert found(0, 4, "countersign.time-entry.*") == 2
    assert found(1, 4, "countersign.timesheet.*") == 3
    assert found(3, 4, "countersign.timesheet.*") is None
    assert found(0, 2, "countersign.timesheet.rejected") is None
    assert found(0, 3, "countersign.x", "countersign.timesheet.rejected") == 3


def test_nothing_but_its_place_can_be_changed_of_an_event(engine: Engine, org: Organisation) -> None:
    told(engine, org)
    for change in ("data = '{}'", "sequence = DEFAULT", "type = 'x'"):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(text(f"UPDATE outbox SET {change}"))  # noqa: S608 - written above
    with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))


@pytest.fixture(scope="module")
def busy(owner_engine: Engine) -> Organisation:
    """An organisation with a long feed, a few events of which wait for their place; another one is as busy."""
    alone(owner_engine)
    org = make_organisation(owner_engine)
    with owner_engine.begin() as connection:
        for each in (org, make_organisation(owner_engine)):
            names = {"tenant": each.tenant_id, "many": MANY}
            connection.execute(text(_PAST), names)
            connection.execute(text(_WAITING), names)
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE outbox"))
    return org


_PAST = """
    INSERT INTO outbox (id, tenant_id, type, subject, data, command_id, position)
    SELECT gen_random_uuid(), :tenant, 'countersign.time-entry.recorded', 'x', '{}', gen_random_uuid(), n
    FROM generate_series(1, :many) AS n
"""
_WAITING = """
    INSERT INTO outbox (id, tenant_id, type, subject, data, command_id)
    SELECT gen_random_uuid(), :tenant, 'countersign.timesheet.approved', 'x', '{}', gen_random_uuid()
    FROM generate_series(1, 50) AS n
"""


def test_placing_and_reading_look_at_what_they_need_however_long_the_feed_is(
    engine: Engine, busy: Organisation
) -> None:
    tenant = busy.tenant_id
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "outbox" in statement:
            asked.append((statement, parameters))

    with command_transaction(engine, tenant) as session, taken_back(session):
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert place(session, tenant) == 50
            events_after(session, tenant, MANY - 10, 20)
            event_at(session, tenant, MANY // 2)
            last_position(session, tenant)
            is_unplaced(session, tenant)
            next_wanted(session, tenant, MANY - 100, MANY, ("countersign.timesheet.*",))
        finally:
            event.remove(engine, "before_cursor_execute", note)

    assert len(asked) == 7
    for statement, parameters in asked:
        for scan in _scans(_plan(engine, busy, statement, parameters)):
            assert scan["Node Type"] != "Seq Scan", statement
            rows = scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)
            assert rows * scan["Actual Loops"] <= 101, (scan, statement)


def _plan(engine: Engine, org: Organisation, statement: str, parameters: Any) -> dict[str, Any]:
    """How a statement is carried out; nothing of it stays."""
    with engine.connect() as connection:
        names = {"id": str(org.tenant_id)}
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), names)
        answer = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        plan: dict[str, Any] = answer.scalar_one()[0]["Plan"]
        connection.rollback()
        return plan


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for inner in plan.get("Plans", []):
        yield from _scans(inner)


def test_an_event_is_told_as_a_cloud_event(engine: Engine, org: Organisation, life: Life) -> None:
    sheet = life.record().snapshot
    assert sheet.exists
    placed(engine, org)

    with read_session(engine, org.tenant_id) as session:
        first, second = events_after(session, org.tenant_id, 0, 10)

    assert first.cloud_event | {"id": "", "time": ""} == {
        "specversion": "1.0",
        "id": "",
        "source": "/countersign",
        "type": "countersign.timesheet.opened",
        "subject": str(life.key.timesheet_id),
        "time": "",
        "datacontenttype": "application/json",
        "tenantid": str(org.tenant_id),
        "position": 1,
        "data": first.data,
    }
    assert second.type == "countersign.time-entry.recorded"
