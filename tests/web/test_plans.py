"""However much there is, no page and no command reads an organisation from one end to the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from models.reads.inbox.counts import BOUND
from models.reads.inbox.not_submitted import MOST_PEOPLE
from models.reads.inbox.tabs import LABELS, PAGE, Tab
from models.rules.entry_fields import MAX_DURATION
from models.rules.transitions import CommandKind, State
from models.standard import SHIFT
from tests.factories import MONDAY, Asking, Organisation, make_organisation, worked
from tests.standing_in import stand_in
from tests.web.api.conftest import Api, recorded, shift
from tests.web.conftest import Site
from tests.web.test_inbox import rows
from tests.web.test_inbox_tabs import counts
from web.auth.refusals import SignInRefused
from web.auth.sign_in import Credentials, sign_in

CROWDED = (
    "accrual",
    "agreement",
    "agreement_target",
    "command",
    "decision",
    "notification",
    "person",
    "person_role",
    "submission",
    "time_entry",
    "time_entry_version",
    "timesheet",
    "waiting",
)
"""Tables that grow with time or people, and that are filled here."""

COLLEAGUES = 5_000
"""People with a submitted timesheet each, all of them waiting for somebody who is not asked about."""

Asked = tuple[str, Any]
"""A statement and its parameters."""


@pytest.fixture(scope="module")
def crowded(engine: Engine, owner_engine: Engine) -> Organisation:
    """An organisation so large that the planner has a reason to prefer one way to another."""
    org = make_organisation(owner_engine)
    names = {"tenant": org.tenant_id, "boss": org.alex, "type": SHIFT, "many": COLLEAGUES}
    names |= {"lead": org.roland, "project": next(iter(org.projects.values()))}
    with owner_engine.begin() as connection:
        for statement in (
            _COLLEAGUES,
            _TEAMS,
            _TIMESHEETS,
            _WAITING,
            _WAITING_FOR_A_LEAD,
            _ENTRIES,
            _VERSIONS,
            _SUBMISSIONS,
            _SUBMITTED,
            _DECISIONS,
            _OWED,
            _REMINDERS,
            _COMMANDS,
            _ACTS_OF_OTHERS,
            _ACCRUALS,
            _ROLES,
            _AGREEMENTS,
            _TARGETS,
        ):
            connection.execute(text(statement), names)
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ANALYZE {', '.join(CROWDED)}"))
    stand_in(engine, org, org.alex, org.suzanne)
    return org


_COLLEAGUES = """
    INSERT INTO person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, supervisor_id, active)
    SELECT gen_random_uuid(), :tenant, 'colleague-' || n, 'Colleague ' || n, 'Europe/London', 'GB-ENG', :boss, true
    FROM generate_series(1, :many) AS n
"""
_TEAMS = """
    UPDATE person p SET supervisor_id = head.id FROM person head
    WHERE p.tenant_id = :tenant AND head.tenant_id = p.tenant_id AND head.id <> p.id
      AND p.staff_id LIKE 'colleague-%' AND head.staff_id = 'colleague-' || (substr(p.staff_id, 11)::int / 25 * 25)
"""
_TIMESHEETS = """
    INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, stage, revision, submitted_at)
    SELECT gen_random_uuid(), :tenant, id, '2026-11-16', '2026-11-22', 'submitted', 'supervisor', 1, now()
    FROM person WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_WAITING = """
    INSERT INTO waiting (timesheet_id, number, tenant_id, owner_id, approver_id, has_exceptions, submitted_at)
    SELECT id, 0, tenant_id, owner_id, :boss, owner_id < '80000000-0000-0000-0000-000000000000', submitted_at
    FROM timesheet WHERE tenant_id = :tenant
"""
_WAITING_FOR_A_LEAD = """
    INSERT INTO waiting (timesheet_id, number, tenant_id, owner_id, approver_id, project_id, has_exceptions,
                         submitted_at)
    SELECT timesheet_id, 1, tenant_id, owner_id, :lead, :project, has_exceptions, submitted_at
    FROM waiting WHERE tenant_id = :tenant AND has_exceptions
"""
_ENTRIES = """
    INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at,
                            start_offset_minutes, end_offset_minutes, meal_break_minutes, deleted)
    SELECT gen_random_uuid(), tenant_id, owner_id, id, 1, :type, '2026-11-16 09:00+00', '2026-11-16 17:00+00', 0, 0, 0,
           false
    FROM timesheet WHERE tenant_id = :tenant
"""
_VERSIONS = """
    INSERT INTO time_entry_version (entry_id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at,
                                    end_at, start_offset_minutes, end_offset_minutes, meal_break_minutes, deleted,
                                    local_date, recorded_by_id, command_id)
    SELECT id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at, start_offset_minutes,
           end_offset_minutes, meal_break_minutes, deleted, start_at, owner_id, gen_random_uuid()
    FROM time_entry WHERE tenant_id = :tenant
"""
_SUBMISSIONS = """
    INSERT INTO submission (id, tenant_id, timesheet_id, revision, digest, content, certification, submitted_by_id)
    SELECT gen_random_uuid(), tenant_id, id, 1, 'digest', '{"entries": []}', 'Certified.', owner_id
    FROM timesheet WHERE tenant_id = :tenant
"""
_SUBMITTED = """
    UPDATE timesheet t SET submission_id = s.id FROM submission s WHERE s.timesheet_id = t.id AND t.tenant_id = :tenant
"""
_DECISIONS = """
    INSERT INTO decision (id, tenant_id, timesheet_id, submission_id, decision, digest, decided_by_id, decided_as,
                          responsible_id, decided_at)
    SELECT gen_random_uuid(), tenant_id, timesheet_id, id, 'approve', digest, who, 'supervisor', who,
           now() - random() * interval '1 year'
    FROM submission,
         LATERAL (SELECT CASE WHEN id < '80000000-0000-0000-0000-000000000000' THEN :boss ELSE submitted_by_id END)
            AS by (who)
    WHERE tenant_id = :tenant
"""
_OWED = """
    INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, revision)
    SELECT gen_random_uuid(), tenant_id, owner_id, '2026-10-05', '2026-10-11', 'draft', 1
    FROM timesheet WHERE tenant_id = :tenant AND state = 'submitted'
"""
_REMINDERS = """
    INSERT INTO notification (id, tenant_id, person_id, kind, key, timesheet_id, data, in_app, mail)
    SELECT gen_random_uuid(), tenant_id, owner_id, 'submit_reminder', id::text, id, '{}', true, 'none'
    FROM timesheet WHERE tenant_id = :tenant AND state = 'draft'
"""
_COMMANDS = """
    INSERT INTO command (id, tenant_id, kind, timesheet_id, owner_id, period_start, body, content_hash)
    SELECT gen_random_uuid(), tenant_id, 'submit', id, owner_id, period_start, '{}', 'hash'
    FROM timesheet WHERE tenant_id = :tenant
"""
_ACTS_OF_OTHERS = """
    INSERT INTO command (id, tenant_id, kind, timesheet_id, owner_id, period_start, actor_id, body, content_hash,
                         completed_at, result, put_before_id)
    SELECT gen_random_uuid(), tenant_id, 'record', id, owner_id, period_start, :boss, '{}', 'hash', now(), '{}',
           owner_id
    FROM timesheet WHERE tenant_id = :tenant
"""
_ACCRUALS = """
    INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
    SELECT tenant_id, id, 'ANNUAL_TARGET_HOURS', '2026-11-16', 480, 99520
    FROM person WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_ROLES = """
    INSERT INTO person_role (tenant_id, person_id, role)
    SELECT tenant_id, id, 'worker' FROM person WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_AGREEMENTS = """
    INSERT INTO agreement (id, tenant_id, person_id, start_date, end_date, standard_day_minutes)
    SELECT gen_random_uuid(), tenant_id, id, '2026-04-01', '2027-03-31', 444
    FROM person WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_TARGETS = """
    INSERT INTO agreement_target (tenant_id, agreement_id, accrual_code, target, opening_balance)
    SELECT a.tenant_id, a.id, 'ANNUAL_TARGET_HOURS', 100000, 100000
    FROM agreement a JOIN person p ON p.id = a.person_id WHERE p.tenant_id = :tenant AND p.staff_id LIKE 'colleague-%'
"""


async def test_no_page_reads_an_organisation(site: Site, crowded: Organisation, engine: Engine) -> None:
    key = await site.bring_to(crowded, State.SUBMITTED)
    duane, roland, suzanne = (
        site.browser(crowded, person) for person in (crowded.duane, crowded.roland, crowded.suzanne)
    )
    week = site.week(crowded, crowded.duane)
    with _noting() as asked:
        for browser, address in (
            (duane, week),
            (duane, f"/history/{key.timesheet_id}"),
            (duane, "/balances"),
            (duane, "/balances?on=2030-01-01"),
            (roland, "/balances/team"),
            (roland, "/inbox"),
            (roland, f"/inbox/{key.timesheet_id}"),
            (suzanne, "/inbox"),
            (suzanne, "/admin/people"),
        ):
            await browser.page(address)
        for file in (
            f"/timesheets/{key.timesheet_id}/export.csv",
            f"{week.rpartition('/week')[0]}/shifts.ics",
            "/balances.csv",
        ):
            assert (await duane.get(file)).status_code == 200

    assert asked
    assert _read_whole(engine, crowded, asked) == set()


@pytest.mark.parametrize("tab", [tab.value for tab in Tab])
async def test_no_part_of_a_crowded_inbox_reads_more_than_it_shows(
    site: Site, crowded: Organisation, engine: Engine, tab: str
) -> None:
    """For whom thousands wait, owe and were decided on; and for who stands in for them."""
    looks = site.browser(crowded, crowded.suzanne if tab == Tab.DELEGATED else crowded.alex)
    with _noting() as asked:
        page = await looks.page(f"/inbox?tab={tab}")
    assert len(rows(page)) == PAGE
    assert counts(page)[LABELS[Tab(tab)]] == "99+"

    assert _read_whole(engine, crowded, asked) == set()
    counting = [each for each in asked if "tenant.name" in each[0]]
    others = [each for each in asked if each not in counting]
    assert len(counting) == 1
    assert _most_read(engine, crowded, counting) <= COUNTED_ROWS
    assert _most_read(engine, crowded, others) <= (ROWS_OF_ALL_PEOPLE if tab == Tab.NOT_SUBMITTED else ROWS_OF_A_PAGE)


@pytest.mark.parametrize("tab", [tab.value for tab in Tab])
async def test_whatever_is_looked_for_in_an_inbox_is_found_by_an_index(
    site: Site, crowded: Organisation, engine: Engine, tab: str
) -> None:
    looks = site.browser(crowded, crowded.suzanne if tab == Tab.DELEGATED else crowded.alex)
    project = next(iter(crowded.projects.values()))
    with _noting() as asked:
        for sought in ("q=colleague+7", "period=2026-10-05", f"project={project}", f"q=x&project={project}"):
            await looks.page(f"/inbox?tab={tab}&{sought}")

    assert _read_whole(engine, crowded, asked) == set()


ROWS_OF_A_PAGE = 4 * (PAGE + 1)
"""Of one table: at most four queues are begun, each as far as a page goes."""

COUNTED_ROWS = 10 * BOUND
"""Of one table: each part is counted in a few queues, none further than is shown."""

ROWS_OF_ALL_PEOPLE = 2 * MOST_PEOPLE
"""Of one table: what is owed by so many people at most is put in order, one or two of it by each."""


def _most_read(engine: Engine, org: Organisation, asked: list[Asked]) -> float:
    """The most rows that one of these statements really reads of one crowded table."""
    reading = [each for each in asked if each[0].lstrip().startswith(("SELECT", "WITH"))]
    return max(sum(map(_rows, _read(engine, org, [each], table))) for each in reading for table in CROWDED)


async def test_how_everybody_stands_is_found_by_one_balance_of_each(
    site: Site, crowded: Organisation, engine: Engine
) -> None:
    """Who looks at everybody reads everybody, but of none more than the last day on which something happened."""
    with _noting() as asked:
        await site.browser(crowded, crowded.suzanne).page("/balances/team?on=2026-11-22")

    ranked = [(statement, parameters) for statement, parameters in asked if "nearness" in statement]
    read = list(_read(engine, crowded, ranked, "accrual"))
    assert read
    assert all(_is_narrow(scan) and scan["Actual Rows"] <= 1 for scan in read)


async def test_no_command_reads_an_organisation(site: Site, crowded: Organisation, engine: Engine) -> None:
    mine = Asking(crowded, crowded.max, crowded.max, reason="Corrected.")
    with _noting() as asked:
        key = await site.bring_to(crowded, State.APPROVED, crowded.max)
        (entry,) = site.live(key)
        await site.give(mine.move(CommandKind.REVISE))
        await site.give(mine.amend(entry.id, 1, worked("09:00", "16:00")))
        await site.give(mine.remove(entry.id, 2))

    assert asked
    assert _read_whole(engine, crowded, asked) == set()


async def test_no_call_reads_an_organisation(site: Site, crowded: Organisation, engine: Engine) -> None:
    duane = Api(site).program(crowded, crowded.duane)
    with _noting() as asked:
        entry = await recorded(duane, shift(crowded.duane, day=LATER))
        for path in (
            "/resources/time-entries",
            f"/resources/time-entries?date={LATER}",
            f"/resources/time-entries?from={LATER}&first=1",
            f"/resources/time-entries/{entry['id']}",
            f"/resources/time-entries/{entry['id']}/versions",
            "/resources/flex-changes",
            "/resources/notes",
            "/resources/timesheets?state=draft",
            f"/resources/timesheets/{entry['timesheetId']}",
            f"/resources/timesheets/{entry['timesheetId']}/history",
            "/resources/accruals?from=2026-04-01&to=2027-04-01",
            f"/resources/accruals/summary?date={LATER}",
            "/resources/agreements",
            "/resources/adjustments",
        ):
            assert (await duane.get(path)).status_code == 200

    assert asked
    assert _read_whole(engine, crowded, asked) == set()


async def test_a_day_is_found_among_all_of_somebodys_days_without_reading_those(
    site: Site, crowded: Organisation, engine: Engine, owner_engine: Engine
) -> None:
    roland = Api(site).program(crowded, crowded.roland)
    entry = await recorded(roland, shift(crowded.roland, day=LATER))
    with owner_engine.begin() as connection:
        connection.execute(text(_CAREER), {"id": entry["id"], "many": CAREER})
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE time_entry, time_entry_version"))

    with _noting() as asked:
        found = await roland.get("/resources/time-entries", date=LATER - timedelta(days=CAREER // 2))
    assert len(found.json()["items"]) == 1

    scans = list(_entries_read(engine, crowded, asked))
    assert {name for scan in scans for name in _indexes(scan)} == {"ix_time_entry_owner_start"}
    assert sum(map(_rows, scans)) <= MAX_DURATION.days + 1

    with _noting() as asked:
        await recorded(roland, shift(crowded.roland, "18:00", "19:00", LATER))
    assert all(_rows(scan) <= MAX_DURATION.days + 1 for scan in _entries_read(engine, crowded, asked))


LATER = MONDAY + timedelta(weeks=8)
"""Where nothing else of these tests is recorded."""

CAREER = 3_000
"""Days on which somebody worked."""

_CAREER = """
    WITH before AS (
        INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at,
                                start_offset_minutes, end_offset_minutes, meal_break_minutes, confirmed, deleted)
        SELECT gen_random_uuid(), tenant_id, owner_id, timesheet_id, 1, time_period_type_id,
               start_at - n * interval '1 day', end_at - n * interval '1 day', 0, 0, 0, true, false
        FROM time_entry, generate_series(1, :many) AS n WHERE id = :id
        RETURNING *
    )
    INSERT INTO time_entry_version (entry_id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at,
                                    end_at, start_offset_minutes, end_offset_minutes, meal_break_minutes, confirmed,
                                    deleted, local_date, recorded_by_id, command_id)
    SELECT id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at, start_offset_minutes,
           end_offset_minutes, meal_break_minutes, confirmed, deleted, start_at, owner_id, gen_random_uuid()
    FROM before
"""


def _entries_read(engine: Engine, org: Organisation, asked: list[Asked]) -> Iterator[dict[str, Any]]:
    """How the statements really read time entries."""
    reading = [each for each in asked if each[0].startswith("SELECT") and "FROM time_entry" in each[0]]
    return _read(engine, org, reading, "time_entry")


def _read(engine: Engine, org: Organisation, asked: list[Asked], table: str) -> Iterator[dict[str, Any]]:
    """How these statements really read a table."""
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), {"id": str(org.tenant_id)})
        for statement, parameters in asked:
            plan = _plan(connection, statement, parameters, "ANALYZE, FORMAT JSON")
            yield from (node for node in _nodes(plan) if node.get("Relation Name") == table)


def _rows(scan: dict[str, Any]) -> float:
    """How many rows a scan read, those it passed over among them."""
    return float(scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * float(scan["Actual Loops"])


def _indexes(scan: dict[str, Any]) -> Iterator[str]:
    """The indexes of a scan; the empty name where it has none."""
    inner = scan.get("Plans", [])
    yield from (name for each in inner for name in _indexes(each)) if inner else (scan.get("Index Name", ""),)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def test_signing_in_reads_no_organisation(site: Site, crowded: Organisation, engine: Engine) -> None:
    given = Credentials(f"{crowded.slug}/nobody@countersign.test", "wrong", "192.0.2.7")
    with _noting() as asked, pytest.raises(SignInRefused):
        sign_in(engine, site.settings, given, None)

    assert asked
    assert _read_whole(engine, crowded, asked) == set()


@contextmanager
def _noting() -> Iterator[list[Asked]]:
    """Every statement that is run meanwhile, by the pages and by the worker."""
    asked: list[Asked] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _read_whole(engine: Engine, org: Organisation, asked: list[Asked]) -> set[str]:
    """The statements that find rows of a crowded table by nothing, or by nothing but whose organisation's they are."""
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), {"id": str(org.tenant_id)})
        return {
            f"{node['Node Type']} on {node['Relation Name']} by {list(_index_conditions(node))} for {statement}"
            for statement, parameters in asked
            if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))
            for node in _scans(_plan(connection, statement, parameters))
            if node["Relation Name"] in CROWDED and not _is_narrow(node)
        }


def _plan(connection: Connection, statement: str, parameters: Any, how: str = "FORMAT JSON") -> dict[str, Any]:
    answer = connection.exec_driver_sql(f"EXPLAIN ({how}) {statement}", parameters)
    plan: dict[str, Any] = answer.scalar_one()[0]["Plan"]
    return plan


def _scans(plan: dict[str, Any], bounded: bool = False) -> Iterator[dict[str, Any]]:
    """The scans of a plan, without those that a limit ends after the first rows of an index, whatever they are."""
    bounded = plan["Node Type"] == "Limit" or (bounded and plan["Node Type"] in ("Nested Loop", "Index Scan"))
    is_scan = "Relation Name" in plan and plan["Node Type"] != "ModifyTable"
    if is_scan and not (bounded and "Filter" not in plan):
        yield plan
    for inner in plan.get("Plans", []):
        yield from _scans(inner, bounded and inner["Parent Relationship"] == "Outer")


def _is_narrow(scan: dict[str, Any]) -> bool:
    conditions = list(_index_conditions(scan))
    return bool(conditions) and not any(_says_only_whose(condition) for condition in conditions)


def _says_only_whose(condition: str) -> bool:
    return not condition or (" AND " not in condition and condition.startswith("(tenant_id "))


def _index_conditions(scan: dict[str, Any]) -> Iterator[str]:
    """Those of a scan itself, which may be made of several bitmaps; not those of queries within it."""
    if "Index Name" in scan:
        yield scan.get("Index Cond", "")
    for inner in scan.get("Plans", []):
        if inner["Parent Relationship"] in ("Outer", "Member"):
            yield from _index_conditions(inner)
