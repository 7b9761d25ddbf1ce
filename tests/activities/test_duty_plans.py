"""Checks of duties and lists of acts read what they are about by an index, in an organisation with much else."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from models.database import read_session
from models.reads.acts import ActState, WantedActs, find_acts, own_acts
from models.rules.transitions import State
from models.store.duties import decided_between, only_stated
from tests.contents import alone
from tests.desk import Life
from tests.factories import LONDON

DECISIONS, ACTS = 20_000, 10_000
CROWDED = ("command", "decision", "statement", "owner_review", "timesheet")

_DECISIONS = """
    INSERT INTO decision (id, tenant_id, timesheet_id, submission_id, number, decision, digest, decided_by_id,
                          decided_as, responsible_id, decided_at)
    SELECT gen_random_uuid(), tenant_id, id, submission_id, n, 'approve', 'x', CAST(:roland AS uuid), 'supervisor',
           CAST(:roland AS uuid), now() - interval '50 days' - n * interval '1 minute'
    FROM timesheet, generate_series(2, :decisions) AS n WHERE tenant_id = :tenant
"""
_STATEMENTS = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest, recorded_at)
    SELECT d.tenant_id, 'default', gen_random_uuid(), 'define', 'approve-' || d.id,
           jsonb_build_object('statement', 'define', 'id', 'approve-' || d.id, 'type', 'Approve')::text,
           gen_random_uuid()::text, d.decided_at
    FROM decision d WHERE d.tenant_id = :tenant AND d.number > 1
"""
_COMMANDS = """
    INSERT INTO command (tenant_id, id, kind, timesheet_id, owner_id, period_start, actor_id, body, content_hash,
                         completed_at, result, put_before_id)
    SELECT :tenant, gen_random_uuid(), 'add_note', t.id, t.owner_id, t.period_start, CAST(:roland AS uuid), '{}', 'x',
           now() - n * interval '1 minute', '{}', CASE WHEN n % 2 = 0 THEN CAST(:max AS uuid) END
    FROM timesheet t, generate_series(1, :acts) AS n WHERE t.tenant_id = :tenant
"""
_REVIEWS = """
    INSERT INTO owner_review (tenant_id, command_id, owner_id, timesheet_id, verdict)
    SELECT tenant_id, id, put_before_id, timesheet_id, 'confirmed' FROM command
    WHERE tenant_id = :tenant AND put_before_id IS NOT NULL AND completed_at < now() - interval '1 hour'
"""


@pytest.fixture(autouse=True)
def only_this(owner_engine: Engine) -> None:
    """What other tests left behind would change how things are found."""
    alone(owner_engine)


@pytest.fixture
def crowded(life: Life, owner_engine: Engine) -> Life:
    """An organisation of which much was decided long ago, and much done on behalf."""
    life.bring_to(State.APPROVED)
    names: dict[str, Any] = {
        "tenant": life.org.tenant_id,
        "roland": life.org.roland,
        "max": life.org.max,
        "decisions": DECISIONS,
        "acts": ACTS,
    }
    with owner_engine.begin() as connection:
        for statement in (_DECISIONS, _STATEMENTS, _COMMANDS, _REVIEWS):
            connection.execute(text(statement), names)
        connection.execute(text(f"ANALYZE {', '.join(CROWDED)}"))
    return life


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is run."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def most_rows_read(life: Life, asked: list[tuple[str, Any]]) -> int:
    """How many rows of a crowded table the widest scan of these statements reads, when they are run again."""
    with life.desk.engine.connect() as connection:
        tenant = {"id": str(life.org.tenant_id)}
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), tenant)
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()[0][
                "Plan"
            ]
            for statement, parameters in list(asked)
            if statement.lstrip().startswith(("SELECT", "WITH"))
        ]
    return max(_rows(scan) for plan in plans for scan in _scans(plan))


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if plan.get("Relation Name") in CROWDED:
        yield plan
    for inner in plan.get("Plans", []):
        yield from _scans(inner)


def _rows(scan: dict[str, Any]) -> int:
    each = scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Index Recheck", 0)
    return int(each * scan["Actual Loops"])


def test_a_check_reads_the_decisions_of_its_period_and_what_the_ledger_says_of_them(
    crowded: Life, statements: list[tuple[str, Any]]
) -> None:
    end = datetime.now(LONDON) + timedelta(days=1)
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        made = decided_between(session, crowded.org.tenant_id, end - timedelta(days=36), end)
        assert only_stated(session, crowded.org.tenant_id, end - timedelta(days=36), end) == []

    assert [each.is_stated for each in made] == [True]
    assert most_rows_read(crowded, statements) <= 20


@pytest.mark.parametrize("was_answered", [False, True])
def test_the_page_of_ones_own_reads_a_page_of_them(
    crowded: Life, statements: list[tuple[str, Any]], was_answered: bool
) -> None:
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        own_acts(session, crowded.org.duane, LONDON, was_answered, None)

    assert most_rows_read(crowded, statements) <= 20


@pytest.mark.parametrize("after", [False, True], ids=["the first page", "the next one"])
def test_the_list_of_everybodys_reads_a_page_of_them(
    crowded: Life, statements: list[tuple[str, Any]], after: bool
) -> None:
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        first = find_acts(session, WantedActs((ActState.UNANSWERED,), limit=10))
        assert len(first) == 10
        if after:
            statements.clear()
            place: tuple[Any, UUID] = (first[-1].at, first[-1].command_id)
            find_acts(session, WantedActs((ActState.UNANSWERED,), after=place, limit=10))

    assert most_rows_read(crowded, statements) <= 200
