"""A lead keeps what is approved of the work on a project: nobody else does, and nothing else counts."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text, update

from models.database import command_transaction, read_session
from models.errors import DomainError, Invalid, KeyReused, NotFound, NotYours, ReasonRequired
from models.reads.shown_summaries import SummaryShown
from models.reads.summaries import preview, project_seen, summary_shown
from models.reads.viewer import Onlooker
from models.rules.digest import canonical_json
from models.rules.periods import Period
from models.rules.project_summary import worked_minutes
from models.rules.transitions import CommandKind, State
from models.standard import OVERTIME, SHIFT, TRAINING
from models.store import project_work
from models.store.people import load_circle
from models.store.summaries import SummaryAsked, summarise
from models.tables.delivery import OutboxEvent
from models.tables.projects import Summary
from models.tables.provenance import LedgerStatement
from models.tables.timecard import TimeEntry
from tests.activities.administering import do, fields, given, refused
from tests.contents import alone
from tests.desk import Life
from tests.factories import (
    LONDON,
    MONDAY,
    NEXT_MONDAY,
    Organisation,
    change_person,
    change_type,
    give_role,
    make_organisation,
    take_role,
    worked,
)
from tests.projects import DOGS, HATS, lead, take_on, work

WEEK = Period(MONDAY, MONDAY + timedelta(days=6))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def marita(life: Life, owner_engine: Engine) -> UUID:
    """The lead of the dog grooming."""
    return lead(owner_engine, life.org)


def asked(life: Life, period: Period = NOVEMBER, **others: Any) -> SummaryAsked:
    return SummaryAsked(life.org.projects[DOGS], period, **others)


def make(life: Life, by: UUID, wanted: SummaryAsked | None = None, command_id: UUID | None = None) -> Summary:
    """One summary, in a transaction of its own."""

    def change(session: Any) -> Summary:
        made = summarise(session, given(life, command_id, by), wanted or asked(life))
        session.refresh(made, ["content"])
        session.expunge(made)
        return made

    return do(life, change)


def refusal(life: Life, error: type[DomainError], by: UUID, wanted: SummaryAsked | None = None) -> DomainError:
    return refused(life, error, lambda: make(life, by, wanted))


def shown(life: Life, by: UUID, made: Summary, project: str = DOGS) -> SummaryShown:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return summary_shown(session, Onlooker(life.org.tenant_id, by), project, made.id, LONDON)


def said_by(life: Life, made: Summary) -> list[dict[str, Any]]:
    """What the ledger says of a summary, in order."""
    rows = life.desk.rows(life.org.tenant_id, LedgerStatement)
    return [row.body for row in rows if row.transaction_id == made.command_id]


def name_of(life: Life, person_id: UUID) -> str:
    """How the ledger calls somebody."""
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return load_circle(session, person_id).owner.staff_id


def minutes_of(entry: TimeEntry) -> int:
    """As long as it took."""
    assert entry.end_at
    return worked_minutes(entry.start_at, entry.end_at, entry.meal_break_minutes)


@pytest.mark.usefixtures("sound")
def test_the_lead_keeps_what_is_approved_of_everybody(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane, [("09:00", "17:00", MONDAY), ("09:00", "10:30", MONDAY + timedelta(2))])
    work(life.desk, life.org, life.org.max, [("22:00", "23:45", MONDAY)], State.LOCKED, task="clipping dog")

    made = make(life, marita)

    assert made.total_minutes == 480 + 90 + 105
    assert made.digest == sha256(canonical_json(made.content)).hexdigest()
    assert {(each["personId"], each["date"]): each["minutes"] for each in made.content["minutes"]} == {
        (str(life.org.duane), "2026-11-16"): 480,
        (str(life.org.duane), "2026-11-18"): 90,
        (str(life.org.max), "2026-11-16"): 105,
    }
    assert {each["task"] for each in made.content["entries"]} == {"washing dog", "clipping dog"}


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.REJECTED])
def test_what_is_not_approved_does_not_count(life: Life, marita: UUID, state: State) -> None:
    work(life.desk, life.org, life.org.duane, state=state)
    work(life.desk, life.org, life.org.max)

    assert make(life, marita).total_minutes == 480


def test_what_was_revised_or_taken_back_counts_no_more(life: Life, marita: UUID) -> None:
    duane = work(life.desk, life.org, life.org.duane)
    maxs = work(life.desk, life.org, life.org.max)
    before = make(life, marita)
    life.desk.do(replace(duane, reason="Misremembered.").move(CommandKind.REVISE))
    roland = replace(maxs, actor=life.org.roland, reason="Too soon.")
    life.desk.do(roland.move(CommandKind.TAKE_BACK))

    assert before.total_minutes == 960
    assert "Nothing on this project is approved" in refusal(life, Invalid, marita).message


def test_only_this_project_these_days_and_time_that_counts(life: Life, marita: UUID, owner_engine: Engine) -> None:
    change_type(owner_engine, life.org, TRAINING, feeds=[], fields={"project": "optional", "task": "optional"})
    org, duane = life.org, life.org.duane
    mine = work(
        life.desk, org, duane, [("09:00", "10:00", MONDAY), ("09:00", "11:00", MONDAY + timedelta(6))], State.DRAFT
    )
    on_dogs = org.projects[DOGS]
    others = [
        worked("11:00", "12:00", project_id=org.projects[HATS], task="making hats"),
        worked("12:00", "13:00"),
        worked("13:00", "14:00", type_id=TRAINING, project_id=on_dogs),
        worked("14:00", "15:00", type_id=OVERTIME, project_id=on_dogs, task="washing dog", meal_break_minutes=15),
    ]
    for each in others:
        life.desk.do(mine.record(each))
    take_on(life.desk, mine, State.APPROVED)

    monday = make(life, marita, asked(life, Period(MONDAY, MONDAY)))

    assert monday.total_minutes == 60 + 45
    assert make(life, marita, asked(life, WEEK)).total_minutes == 60 + 45 + 120


def test_work_counts_whole_on_the_day_its_owner_began_it(life: Life, marita: UUID, owner_engine: Engine) -> None:
    """As on the timesheet itself, also over midnight and where clocks change."""
    sunday = date(2026, 10, 25)
    change_person(owner_engine, life.org.max, time_zone="Pacific/Auckland")
    work(life.desk, life.org, life.org.duane, [("22:00", "24:00", sunday - timedelta(days=1))])
    night = work(life.desk, life.org, life.org.roland, [("00:30", "02:30", sunday)], State.DRAFT)
    life.desk.do(night.submit(life.desk.digest(life.org.key(life.org.roland, sunday))))
    life.desk.do(replace(night, actor=life.org.alex).approve(life.desk.digest(life.org.key(life.org.roland, sunday))))

    made = make(life, marita, asked(life, Period(sunday - timedelta(days=1), sunday)))

    assert {each["date"]: each["minutes"] for each in made.content["minutes"]} == {
        "2026-10-24": 120,
        "2026-10-25": 180,
    }
    assert make(life, marita, asked(life, Period(sunday, sunday))).total_minutes == 180


def test_it_equals_the_timesheets_it_is_made_of_by_their_own_count(life: Life, marita: UUID) -> None:
    for owner in (life.org.duane, life.org.max):
        for week in (MONDAY, NEXT_MONDAY):
            work(life.desk, life.org, owner, [("09:00", "16:20", week), ("08:01", "09:00", week + timedelta(3))])

    made = make(life, marita)
    it = shown(life, marita, made)

    sheets = [(owner, week) for owner in (life.org.duane, life.org.max) for week in (MONDAY, NEXT_MONDAY)]
    own = [sum(minutes_of(each) for each in life.desk.live(life.org.key(*sheet))) for sheet in sheets]
    assert it.reconciled.holds
    assert sorted(line.certified for line in it.reconciled.sheets) == sorted(own)
    assert it.shown.total == made.total_minutes == sum(own)
    assert it.difference is not None
    assert it.difference.is_none


def test_it_equals_them_with_breaks_where_clocks_change_and_when_it_cuts_a_week(life: Life, marita: UUID) -> None:
    """Also after the week was revised, certified and approved anew."""
    sunday = date(2026, 10, 25)
    times = [("21:00", "23:00", sunday - timedelta(days=1)), ("00:30", "02:30", sunday)]
    duane = work(life.desk, life.org, life.org.duane, times, meal_break_minutes=15)
    only_sunday = asked(life, Period(sunday, sunday))
    first = make(life, marita, only_sunday)
    life.desk.do(replace(duane, reason="Misremembered.").move(CommandKind.REVISE))
    take_on(life.desk, duane, State.APPROVED)
    second = make(life, marita, only_sunday)

    for made in (first, second, make(life, marita, asked(life, Period(sunday - timedelta(days=1), sunday)))):
        it = shown(life, marita, made)
        assert it.reconciled.holds
        assert [line.certified for line in it.reconciled.sheets] == [made.total_minutes]
    assert first.total_minutes == second.total_minutes == 180 - 15
    assert made.total_minutes == 180 - 15 + 120 - 15


def test_a_summary_that_says_something_else_than_was_certified_is_found_out(
    life: Life, marita: UUID, owner_engine: Engine
) -> None:
    work(life.desk, life.org, life.org.duane)
    made = make(life, marita)
    _forge(owner_engine, made, 481)

    it = shown(life, marita, made)

    assert not it.reconciled.digest_holds
    assert [(line.minutes, line.certified) for line in it.reconciled.differing] == [(481, 480)]


def test_what_was_revised_since_is_told(life: Life, marita: UUID) -> None:
    duane = work(life.desk, life.org, life.org.duane)
    made = make(life, marita)
    life.desk.do(replace(duane, reason="Misremembered.").move(CommandKind.REVISE))
    revised = shown(life, marita, made)
    (entry,) = life.desk.live(life.key)
    longer = worked("09:00", "18:00", project_id=life.org.projects[DOGS], task="washing dog")
    life.desk.do(replace(duane, reason="Misremembered.").amend(entry.id, 1, longer))
    take_on(life.desk, duane, State.APPROVED)
    approved = shown(life, marita, made)

    assert revised.difference is not None
    assert (revised.difference.gone, revised.difference.minutes) == (1, -480)
    assert approved.difference is not None
    assert (approved.difference.revised, approved.difference.minutes) == (1, 60)
    assert [(each.name, each.then, each.now) for each in approved.people_differing] == [("Duane Barry", 480, 540)]
    # What was kept stays, and still is what was certified then.
    assert approved.shown.total == 480
    assert approved.reconciled.holds


def test_who_is_still_missing_is_told_with_their_hours(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane, state=State.SUBMITTED)
    work(life.desk, life.org, life.org.duane, [("09:00", "10:00", NEXT_MONDAY)], State.DRAFT)
    work(life.desk, life.org, life.org.max, [("09:00", "11:00", MONDAY)], State.REJECTED)
    onlooker = Onlooker(life.org.tenant_id, marita)

    with read_session(life.desk.engine, life.org.tenant_id) as session:
        found = preview(session, onlooker, project_seen(session, onlooker, DOGS), NOVEMBER)

    assert found.shown.total == 0
    assert [(each.person.name, each.submitted, each.owed) for each in found.missing] == [
        ("Duane Barry", 480, 60),
        ("Max Fenig", 0, 120),
    ]


def test_the_ledger_says_what_it_is_made_of_and_by_whom(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    work(life.desk, life.org, life.org.max)
    works = {f"work-{each['id']}-1" for each in make(life, marita).content["entries"]}

    made = make(life, marita)
    said = said_by(life, made)
    activity = f"summary-{made.id}"

    about = [(each["statement"], each.get("at")) for each in said if each["statement"] in ("started", "ended")]
    assert about == [("started", "2026-11-01T00:00:00+00:00"), ("ended", "2026-12-01T00:00:00+00:00")]
    assert {each["informing"] for each in said if each["statement"] == "wasInformedBy"} == works
    assert {"statement": "used", "activity": activity, "entity": DOGS} in said
    (associated,) = [each for each in said if each["statement"] == "wasAssociatedWith"]
    assert associated == {
        "statement": "wasAssociatedWith",
        "activity": activity,
        "agent": name_of(life, marita),
        "role": "PROJECT_LEAD",
    }
    assert {each["type"] for each in said if each.get("id") == activity} == {"Summary"}
    assert not [each for each in said if each["statement"] == "actedOnBehalfOf"]


def test_an_administrator_makes_one_on_behalf_of_the_lead(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)

    made = make(life, life.org.suzanne, asked(life, on_behalf_of_id=marita, reason="She is away."))

    (acted,) = [each for each in said_by(life, made) if each["statement"] == "actedOnBehalfOf"]
    assert acted["responsible"] == name_of(life, marita)
    assert acted["delegate"] == name_of(life, life.org.suzanne)
    assert acted["role"] == "ADMINISTRATOR"
    assert (made.created_by_id, made.on_behalf_of_id, made.reason) == (life.org.suzanne, marita, "She is away.")
    assert shown(life, life.org.suzanne, made).row.by == "Suzanne Modeski on behalf of Marita Covarrubias"


def test_the_outside_is_told_by_ids_only(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)

    made = make(life, marita)

    (event,) = [each for each in life.desk.rows(life.org.tenant_id, OutboxEvent) if "summary" in each.type]
    assert (event.type, event.subject) == ("countersign.summary.created", str(made.id))
    assert event.data["totalMinutes"] == 480
    assert event.data["digest"] == made.digest
    assert "dog" not in json.dumps(event.data)


def test_the_same_command_keeps_one_summary(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    key = uuid4()
    first = make(life, marita, command_id=key)
    after_first = life.desk.contents(life.org.tenant_id)

    assert make(life, marita, command_id=key).id == first.id
    assert life.desk.contents(life.org.tenant_id) == after_first
    for other in (
        asked(life, WEEK),
        asked(life, reason="Again."),
        replace(asked(life), project_id=life.org.projects[HATS]),
    ):
        lead_both = other.project_id == life.org.projects[HATS]
        error: type[DomainError] = NotFound if lead_both else KeyReused
        refused(life, error, lambda other=other: make(life, marita, other, key))  # type: ignore[misc]


def test_another_person_does_not_get_the_summary_of_the_same_key(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    key = uuid4()
    make(life, marita, command_id=key)
    wanted = asked(life, on_behalf_of_id=marita, reason="She is away.")

    refused(life, KeyReused, lambda: make(life, life.org.suzanne, wanted, key))


def test_the_same_command_twice_at_once_keeps_one_summary(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    key = uuid4()

    with ThreadPoolExecutor(4) as executor:
        made = list(executor.map(lambda _: make(life, marita, command_id=key).id, range(4)))

    assert len(set(made)) == 1
    assert len(life.desk.rows(life.org.tenant_id, Summary)) == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (lambda org: org.duane, NotFound),
        (lambda org: org.roland, NotFound),
        (lambda org: org.suzanne, NotYours),
        (lambda org: org.diana, NotYours),
    ],
    ids=["a worker", "a supervisor", "an administrator in their own right", "an auditor"],
)
def test_nobody_else_makes_one(
    life: Life, marita: UUID, who: Callable[[Organisation], UUID], error: type[DomainError]
) -> None:
    work(life.desk, life.org, life.org.duane)
    refusal(life, error, who(life.org))

    assert make(life, marita).total_minutes == 480


def test_the_lead_of_another_project_does_not_even_see_it(life: Life, marita: UUID, owner_engine: Engine) -> None:
    work(life.desk, life.org, life.org.duane)
    other = lead(owner_engine, life.org, HATS)
    made = make(life, marita)

    refusal(life, NotFound, other)
    with pytest.raises(NotFound):
        shown(life, other, made)
    with pytest.raises(NotFound):
        shown(life, marita, made, HATS)


def test_whoever_leads_it_no_more_or_is_gone_makes_none(life: Life, marita: UUID, owner_engine: Engine) -> None:
    work(life.desk, life.org, life.org.duane)
    take_role(owner_engine, marita, "project_lead")
    refusal(life, NotFound, marita)
    give_role(owner_engine, life.org, marita, "project_lead")
    change_person(owner_engine, marita, active=False)
    refusal(life, NotYours, marita)
    on_behalf = asked(life, on_behalf_of_id=marita, reason="She left.")
    assert fields(refusal(life, Invalid, life.org.suzanne, on_behalf)) == ["onBehalfOf"]
    change_person(owner_engine, marita, active=True)
    lead(owner_engine, life.org, person_id=life.org.alex)

    refusal(life, NotFound, marita)


def test_on_behalf_needs_the_lead_and_a_reason(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    suzanne = life.org.suzanne

    refusal(life, ReasonRequired, suzanne, asked(life, on_behalf_of_id=marita))
    for somebody in (life.org.duane, suzanne, uuid4()):
        wrong = asked(life, on_behalf_of_id=somebody, reason="She is away.")
        assert fields(refusal(life, Invalid, suzanne, wrong)) == ["onBehalfOf"]
    refusal(life, NotYours, marita, asked(life, on_behalf_of_id=marita, reason="Myself."))
    refusal(life, NotFound, life.org.roland, asked(life, on_behalf_of_id=marita, reason="She is away."))


def test_nobody_makes_one_of_a_project_that_nobody_leads(life: Life) -> None:
    work(life.desk, life.org, life.org.duane)
    wanted = asked(life, on_behalf_of_id=life.org.alex, reason="Nobody leads it.")

    assert fields(refusal(life, Invalid, life.org.suzanne, wanted)) == ["onBehalfOf"]


def test_another_organisation_has_no_such_project(life: Life, marita: UUID, owner_engine: Engine) -> None:
    work(life.desk, life.org, life.org.duane)
    made = make(life, marita)
    other = Life(life.desk, make_organisation(owner_engine))
    stranger = lead(owner_engine, other.org)

    refused(other, NotFound, lambda: make(other, stranger, asked(life)))
    with pytest.raises(NotFound):
        shown(other, stranger, made)


@pytest.mark.parametrize(
    "period",
    [Period(NOVEMBER.end, NOVEMBER.start), Period(date(2026, 1, 1), date(2027, 1, 2))],
    ids=["backwards", "more than a year"],
)
def test_days_that_nobody_can_summarise_are_refused(life: Life, marita: UUID, period: Period) -> None:
    work(life.desk, life.org, life.org.duane)

    assert fields(refusal(life, Invalid, marita, asked(life, period))) == ["to"]


def test_more_than_anybody_reads_is_refused(life: Life, marita: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    work(life.desk, life.org, life.org.duane, [("09:00", "10:00", MONDAY), ("10:00", "11:00", MONDAY)])
    monkeypatch.setattr(project_work, "MOST_ENTRIES", 1)

    assert "Choose fewer days" in refusal(life, Invalid, marita).message


def test_what_was_kept_cannot_be_changed(life: Life, marita: UUID) -> None:
    work(life.desk, life.org, life.org.duane)
    made = make(life, marita)

    for attempt in ("UPDATE summary SET total_minutes = 1", "DELETE FROM summary"):
        with (
            pytest.raises(Exception, match="permission denied"),
            command_transaction(life.desk.engine, life.org.tenant_id) as session,
        ):
            session.execute(text(attempt))
    assert life.desk.rows(life.org.tenant_id, Summary)[0].digest == made.digest


def test_work_is_read_along_the_index_of_projects(life: Life, owner_engine: Engine) -> None:
    """However much there is on other projects and in other years."""
    alone(owner_engine)
    org = make_organisation(owner_engine)
    names = {"tenant": org.tenant_id, "owner": org.duane, "dogs": org.projects[DOGS], "hats": org.projects[HATS]}
    with owner_engine.begin() as connection:
        connection.execute(text(_MANY), names)
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE time_entry, timesheet, person, time_period_type"))
    asked_of = {
        "project": org.projects[DOGS],
        "first": datetime(2026, 10, 30, tzinfo=UTC),
        "last": datetime(2026, 12, 2, tzinfo=UTC),
        "types": [SHIFT],
        "most": 100_001,
    }

    with read_session(life.desk.engine, org.tenant_id) as session:
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {project_work._WORK.text}")
        (plan,) = session.execute(explain, asked_of).scalar_one()

    scans = list(_scans(plan["Plan"]))
    read_whole = {scan["Relation Name"] for scan in scans if scan["Node Type"] == "Seq Scan"}
    assert read_whole <= {"person", "time_period_type"}
    (entries,) = [scan for scan in scans if scan.get("Index Name") == "ix_time_entry_project"]
    assert entries["Actual Rows"] * entries["Actual Loops"] <= 40


_MANY = """
    WITH sheets AS (
        INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, revision)
        SELECT gen_random_uuid(), :tenant, :owner, day, day + interval '6 days', 'approved', 1
        FROM generate_series(date '1990-01-01', date '2090-01-02', interval '7 days') AS day
        RETURNING id, period_start
    )
    INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at,
                            start_offset_minutes, end_offset_minutes, meal_break_minutes, deleted, project_id)
    SELECT gen_random_uuid(), :tenant, :owner, sheets.id, 1,
           (SELECT id FROM time_period_type WHERE tenant_id = :tenant AND name = 'Shift'),
           period_start + interval '1 day' * day + interval '1 hour' * hour,
           period_start + interval '1 day' * day + interval '1 hour' * (hour + 1), 0, 0, 0, false,
           CASE WHEN hour = 9 THEN CAST(:dogs AS uuid) ELSE CAST(:hats AS uuid) END
    FROM sheets, generate_series(0, 6) AS day, generate_series(9, 10) AS hour
"""


def _scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(found for child in node.get("Plans", ()) for found in _scans(child))]


def _forge(owner_engine: Engine, made: Summary, minutes: int) -> None:
    """Change what was kept of the first entry, as only the owner of the tables can."""
    forged = {**made.content, "entries": [{**made.content["entries"][0], "minutes": minutes}]}
    with owner_engine.begin() as connection:
        connection.execute(update(Summary).where(Summary.id == made.id).values(content=forged))
