"""The story of a timesheet: all that the record says of it, whatever happened to it, and nothing of anybody else's."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from models.database import command_transaction, read_session
from models.errors import Invalid
from models.messages import SheetKey
from models.reads.record import story as stories
from models.reads.record.story import Said, story_of, summary_story_of
from models.rules.flex import FlexType
from models.rules.periods import Period
from models.rules.transitions import CommandKind
from models.store.changes import GivenBy
from models.store.sealing import keys_from, seal
from models.store.summaries import SummaryAsked, summarise
from models.tables.provenance import LedgerStatement
from models.tables.timesheet import Command
from tests.contents import alone
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, give_role, make_organisation, worked
from tests.projects import DOGS, lead, work

KEYS = keys_from("a secret of this test")
OTHERS = 20_000
"""Statements of other timesheets in a crowded ledger."""


def story(life: Life, key: SheetKey | None = None, known_at: datetime | None = None) -> tuple[Said, ...]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return story_of(session, (key or life.key).timesheet_id, known_at)


def recorded_on(life: Life, key: SheetKey | None = None) -> set[int]:
    """The statements that the commands on a timesheet recorded."""
    sheet_id = (key or life.key).timesheet_id
    commands = {each.id for each in life.desk.rows(life.org.tenant_id, Command) if each.timesheet_id == sheet_id}
    statements = life.desk.rows(life.org.tenant_id, LedgerStatement)
    return {each.sequence for each in statements if each.transaction_id in commands}


def sequences(found: tuple[Said, ...]) -> set[int]:
    return {said.sequence for said in found}


def types(found: tuple[Said, ...]) -> list[str]:
    return [said.body["type"] for said in found if said.kind == "define" and said.body["kind"] == "activity"]


def agents(found: tuple[Said, ...]) -> set[str]:
    return {said.body["attributes"]["name"] for said in found if said.body.get("type") == "Person"}


@pytest.fixture
def told(life: Life) -> Life:
    """Duane's week: recorded on a project, amended, sent back, revised, approved in Roland's place, taken back."""
    washing = worked("10:08", "10:28", project_id=life.org.projects[DOGS], task="washing dog")
    recorded = life.desk.do(life.duane.record(washing))
    assert recorded.entry_id
    life.submit()
    life.reject("Wrong day.")
    life.revise("Misremembered which day.")
    explained = life.because(life.duane, "Misremembered which day.")
    life.desk.do(explained.amend(recorded.entry_id, 1, worked("10:08", "10:29", task="washing dog")))
    life.submit()
    suzanne = life.suzanne_for(life.org.roland, "Roland is away.")
    life.desk.do(suzanne.approve(life.desk.digest(life.key)))
    life.desk.do(life.because(life.suzanne, "Too soon.").move(CommandKind.TAKE_BACK))
    return life


@pytest.fixture
def neighbours(life: Life) -> Life:
    """Max's week on the same project, approved by the same Roland."""
    work(life.desk, life.org, life.org.max)
    return life


def test_everything_that_was_recorded_on_it_is_in_it(told: Life) -> None:
    found = story(told)

    assert recorded_on(told) <= sequences(found)
    assert types(found) == [
        "Timesheet", "Work", "Submit", "Reject", "Revision", "Work", "Submit", "Approve", "Reject",
    ]  # fmt: skip
    assert [said.sequence for said in found] == sorted(sequences(found))
    assert agents(found) == {"Duane Barry", "Roland Fuller", "Suzanne Modeski"}
    assert [said.kind for said in found].count("actedOnBehalfOf") == 1
    assert {said.object for said in found if said.kind == "used"} == {DOGS}


def test_nothing_of_anybody_elses_timesheet_is_in_it(neighbours: Life, told: Life) -> None:
    max_key = told.org.key(told.org.max)
    theirs = {said.subject for said in story(told, max_key)}
    mine = {said.subject for said in story(told)}

    shared = mine & theirs
    assert shared
    assert all(each == DOGS or each.startswith(told.org.slug) for each in shared), "only people and projects"
    assert not any(str(max_key.timesheet_id) in said.said for said in story(told))
    assert "Max Fenig" not in agents(story(told))


def test_of_a_timesheet_that_was_never_opened_there_is_none(life: Life) -> None:
    assert story(life) == ()


def test_another_organisation_reads_nothing(told: Life, owner_engine: Engine) -> None:
    other = make_organisation(owner_engine)
    with read_session(told.desk.engine, other.tenant_id) as session:
        assert story_of(session, told.key.timesheet_id) == ()


def test_what_was_learned_later_is_left_out(told: Life) -> None:
    everything = story(told)
    (rejected,) = [said for said in everything if said.body.get("attributes", {}).get("reason") == "Wrong day."]

    then = story(told, known_at=rejected.recorded_at)
    before = story(told, known_at=rejected.recorded_at - timedelta(microseconds=1))

    assert types(then) == ["Timesheet", "Work", "Submit", "Reject"]
    assert types(before) == ["Timesheet", "Work", "Submit"]
    assert everything[: len(then)] == then


def test_a_shift_that_moves_to_another_week_is_told_in_both(life: Life) -> None:
    shift = life.record().entry_id
    life.desk.do(life.next_week.record(worked("18:00", "19:00", NEXT_MONDAY)))
    assert shift
    moved = worked("09:00", "16:00", NEXT_MONDAY)
    life.desk.do(life.because(life.duane, "It was a week later.").amend(shift, 1, moved, moves_to=NEXT_MONDAY))

    here, there = story(life), story(life, life.next_key)

    assert recorded_on(life) <= sequences(here)
    assert f"work-{shift}-1" in {said.subject for said in here}
    assert f"work-{shift}-2" in {said.subject for said in here}
    assert f"work-{shift}-2" in {said.subject for said in there}
    assert f"work-{shift}-1" not in {said.subject for said in there}


def test_a_flex_change_that_moves_a_shift_is_told_in_both(life: Life) -> None:
    shift = life.record().entry_id
    assert shift
    moved = worked("09:00", "16:00", NEXT_MONDAY)
    life.desk.do(life.duane.change_shift(FlexType.COMPLETELY_CHANGED, shift, moved, moves_to=NEXT_MONDAY))

    assert recorded_on(life) <= sequences(story(life))
    stands_there = life.desk.live(life.next_key)[0]
    assert f"work-{stands_there.id}-{stands_there.version}" in {said.subject for said in story(life, life.next_key)}


def test_several_commands_in_one_are_told_by_what_they_recorded(life: Life) -> None:
    parts = [life.duane.record(worked(*times)) for times in (("08:00", "09:00"), ("10:00", "11:00"))]
    life.desk.do(life.duane.batch(*parts))

    found = story(life)

    assert types(found).count("Work") == 2
    assert recorded_on(life) <= sequences(found)


def test_a_removed_entry_stays_told(life: Life) -> None:
    shift = life.record().entry_id
    assert shift
    life.desk.do(life.duane.remove(shift, 1))

    found = story(life)

    assert recorded_on(life) <= sequences(found)
    assert f"work-{shift}-1" in {said.subject for said in found}


def test_what_is_told_is_what_was_recorded_to_the_letter(told: Life) -> None:
    rows = {each.sequence: each for each in told.desk.rows(told.org.tenant_id, LedgerStatement)}

    for said in story(told):
        row = rows[said.sequence]
        assert (said.said, said.digest, said.transaction_id) == (row.said, row.digest, row.transaction_id)
        assert (said.recorded_at, said.recorded_by_id, said.about_id) == (
            row.recorded_at,
            row.recorded_by_id,
            row.about_id,
        )
        assert json.loads(said.said) == said.body


def test_each_statement_has_its_place_once_it_is_sealed(life: Life) -> None:
    life.record()
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        seal(session, life.org.tenant_id, KEYS)
    life.submit()

    found = story(life)

    sealed = [said.position for said in found if said.position is not None]
    assert sealed == list(range(len(sealed)))
    assert {said.body.get("type") for said in found if said.position is None} >= {"Submit"}


def test_a_summary_is_told_with_the_work_it_is_made_of(
    life: Life, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(owner_engine, life.org, DOGS, life.org.alex)
    give_role(owner_engine, life.org, life.org.alex, "project_lead")
    for who in (life.org.duane, life.org.max):
        work(life.desk, life.org, who)
    work(life.desk, life.org, life.org.duane, (("09:00", "12:00", NEXT_MONDAY),), project="proj-576B")
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        given = GivenBy(life.org.tenant_id, life.org.alex, UUID(int=7))
        made = summarise(session, given, SummaryAsked(life.org.projects[DOGS], Period(MONDAY, NEXT_MONDAY))).id

    with read_session(life.desk.engine, life.org.tenant_id) as session:
        found = summary_story_of(session, made)

        monkeypatch.setattr(stories, "MOST_STATEMENTS", 2 * stories.OF_WORK - 1)
        with pytest.raises(Invalid, match="Export the whole ledger"):
            summary_story_of(session, made)

    assert types(found) == ["Work", "Work", "Summary"]
    assert agents(found) == {"Duane Barry", "Max Fenig", "Alex Krycek"}
    assert {said.object for said in found if said.kind == "used"} == {DOGS}


def test_more_than_is_worked_on_at_once_is_refused(told: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "MOST_STATEMENTS", len(story(told)) - 1)

    with pytest.raises(Invalid, match="Export the whole ledger"):
        story(told)


class TestInACrowd:
    """A ledger in which this timesheet is one of many."""

    @pytest.fixture(autouse=True)
    def only_this(self, owner_engine: Engine) -> None:
        """What other tests left behind would change how things are found."""
        alone(owner_engine)

    @pytest.fixture
    def crowded(self, told: Life, owner_engine: Engine) -> Life:
        with owner_engine.begin() as connection:
            connection.execute(text(_MANY), {"tenant": told.org.tenant_id, "many": OTHERS, "owner": told.org.duane})
        with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE statement, command, time_entry_version, ledger_leaf"))
        return told

    def test_a_story_reads_its_own_statements_and_no_others(self, crowded: Life) -> None:
        plan = explained(crowded)

        assert plan
        for scan in plan:
            rows = scan["Actual Rows"] * scan["Actual Loops"]
            if scan.get("Relation Name") == "statement":
                assert scan["Node Type"] != "Seq Scan", scan
                assert rows < OTHERS / 20, scan
        assert recorded_on(crowded) <= sequences(story(crowded))


def explained(life: Life) -> list[dict[str, Any]]:
    """How the database finds a story."""
    asked: list[Any] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    with read_session(life.desk.engine, life.org.tenant_id) as session:
        event.listen(life.desk.engine, "before_cursor_execute", note)
        try:
            story_of(session, life.key.timesheet_id)
        finally:
            event.remove(life.desk.engine, "before_cursor_execute", note)
        statement, parameters = next(each for each in asked if "RECURSIVE" in each[0])
        connection = session.connection()
        (plan,) = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    return list(_scans(plan["Plan"]))


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Scan" in node["Node Type"]:
        yield node
    for below in node.get("Plans", ()):
        yield from _scans(below)


# Other timesheets of the same person, each with work, a submission and an approval by the same people.
_MANY = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest, recorded_at)
    SELECT :tenant, 'default', gen_random_uuid(), kind, subject, body::text, md5(subject || kind || body::text), now()
    FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, :many / 10) AS n) AS sheet,
    LATERAL (VALUES
        ('define', 'timesheet-' || id, json_build_object('statement', 'define', 'kind', 'activity',
            'id', 'timesheet-' || id, 'type', 'Timesheet', 'attributes', '{}'::json)),
        ('started', 'timesheet-' || id, json_build_object('statement', 'started', 'activity', 'timesheet-' || id,
            'at', '2026-11-16T00:00:00+00:00')),
        ('wasAssociatedWith', 'timesheet-' || id, json_build_object('statement', 'wasAssociatedWith', 'activity',
            'timesheet-' || id, 'agent', CAST(:owner AS text), 'role', 'WORKER')),
        ('define', 'work-' || id || '-1', json_build_object('statement', 'define', 'kind', 'activity',
            'id', 'work-' || id || '-1', 'type', 'Work', 'attributes', '{"task": "x"}'::json)),
        ('started', 'work-' || id || '-1', json_build_object('statement', 'started', 'activity', 'work-' || id || '-1',
            'at', '2026-11-16T09:00:00+00:00')),
        ('used', 'work-' || id || '-1', json_build_object('statement', 'used', 'activity', 'work-' || id || '-1',
            'entity', 'proj-533')),
        ('wasInformedBy', 'timesheet-' || id, json_build_object('statement', 'wasInformedBy', 'activity',
            'timesheet-' || id, 'informing', 'work-' || id || '-1')),
        ('define', 'submit-' || id, json_build_object('statement', 'define', 'kind', 'activity',
            'id', 'submit-' || id, 'type', 'Submit', 'attributes', '{}'::json)),
        ('wasInformedBy', 'submit-' || id, json_build_object('statement', 'wasInformedBy', 'activity',
            'submit-' || id, 'informing', 'timesheet-' || id)),
        ('wasAssociatedWith', 'submit-' || id, json_build_object('statement', 'wasAssociatedWith', 'activity',
            'submit-' || id, 'agent', CAST(:owner AS text), 'role', 'WORKER'))
    ) AS said (kind, subject, body)
"""
