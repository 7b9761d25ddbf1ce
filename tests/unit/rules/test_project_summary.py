"""Work on a project by person, day, week and task: whatever it is, the sums agree to the minute."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.days import local_date
from models.rules.digest import canonical_json
from models.rules.periods import Period
from models.rules.project_summary import (
    MOST_DAYS,
    ProjectWork,
    Sheet,
    Work,
    Worker,
    by_person,
    by_person_and_day,
    by_sheet,
    by_task,
    columns_of,
    content_json,
    difference,
    in_order,
    period_errors,
    table_of,
    work_of,
    worked_minutes,
)
from models.rules.transitions import State

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
DUANE, MAX = (UUID(int=number) for number in (1, 2))
PROJECT, SHIFT = UUID(int=9), UUID(int=8)
LONDON, NEW_YORK, SYDNEY = (ZoneInfo(name) for name in ("Europe/London", "America/New_York", "Australia/Sydney"))
YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
"""Clocks change in it in these zones, in both directions."""
FROM = datetime(2026, 4, 2, tzinfo=UTC)


def entry(owner: UUID = DUANE, day: date = NOVEMBER.start, minutes: int = 60, **others: object) -> Work:
    known = {"entry_id": uuid4(), "version": 1, "timesheet_id": UUID(int=owner.int + 100), "task": "washing dog"}
    return Work(owner_id=owner, day=day, minutes=minutes, **(known | others))  # type: ignore[arg-type]


def work(*entries: Work, state: State = State.APPROVED, period: Period = NOVEMBER) -> ProjectWork:
    owners = {each.owner_id for each in entries}
    sheets = {
        each.timesheet_id: Sheet(each.timesheet_id, each.owner_id, period.start, 1, UUID(int=7), state)
        for each in entries
    }
    people = {id_: Worker(id_, f"staff-{id_.int}", f"Person {id_.int}", "Europe/London") for id_ in owners}
    return ProjectWork(period, people, sheets, entries, frozenset({SHIFT}))


@st.composite
def anything(draw: st.DrawFn) -> tuple[tuple[Work, ...], int]:
    """Entries of several people in several zones anywhere in a year, and on which weekday weeks begin."""
    zones = {UUID(int=number): zone for number, zone in enumerate((LONDON, NEW_YORK, SYDNEY), 1)}
    begins = st.integers(0, 361 * 86_400).map(lambda seconds: FROM + timedelta(seconds=seconds))
    found = []
    for _ in range(draw(st.integers(0, 40))):
        owner, start = draw(st.sampled_from(sorted(zones))), draw(begins)
        end = start + timedelta(seconds=draw(st.integers(60, 100_000)))
        minutes = worked_minutes(start, end, 0)
        rest = draw(st.integers(0, min(minutes, 60)))
        day = local_date(start, zones[owner])
        task = draw(st.sampled_from([None, "washing dog", "clipping dog"]))
        sheet = UUID(int=owner.int * 1_000 + day.isocalendar().week)
        found.append(Work(uuid4(), 1, sheet, owner, day, worked_minutes(start, end, rest), task))
    return tuple(found), draw(st.integers(0, 6))


@given(anything())
def test_rows_columns_tasks_and_timesheets_are_the_same_sum_of_the_entries(them: tuple[tuple[Work, ...], int]) -> None:
    entries, week_starts_on = them
    people = sorted({each.owner_id for each in entries})
    total = sum(each.minutes for each in entries)

    table = table_of(by_person_and_day(entries), people, columns_of(YEAR, week_starts_on))

    assert table.total == sum(table.totals) == sum(row.total for row in table.rows) == total
    assert {row.owner_id: row.total for row in table.rows} == by_person(entries)
    assert sum(each.minutes for each in by_task(entries)) == total
    assert sum(each.entries for each in by_task(entries)) == len(entries)
    assert sum(by_sheet(entries).values()) == total


@given(
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    st.integers(0, MOST_DAYS - 1),
    st.integers(0, 6),
)
def test_every_day_stands_in_exactly_one_column_in_order(start: date, length: int, week_starts_on: int) -> None:
    period = Period(start, start + timedelta(days=length))

    columns = columns_of(period, week_starts_on)

    assert [day for column in columns for day in column.days] == period.days
    assert len(columns) <= 18


def test_short_periods_have_days_longer_ones_weeks_and_the_longest_months() -> None:
    fortnight = Period(date(2026, 11, 2), date(2026, 11, 15))

    assert columns_of(fortnight) == tuple(Period(day, day) for day in fortnight.days)
    assert [(each.start.day, each.end.day) for each in columns_of(NOVEMBER)] == [
        (1, 1),
        (2, 8),
        (9, 15),
        (16, 22),
        (23, 29),
        (30, 30),
    ]
    assert [each.start for each in columns_of(NOVEMBER, week_starts_on=6)][:2] == [date(2026, 11, 1), date(2026, 11, 8)]
    assert len(columns_of(YEAR)) == 12


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-10-25T00:30+01:00", "2026-10-25T02:30+00:00", 180),
        ("2027-03-28T00:30+00:00", "2027-03-28T02:30+01:00", 60),
        ("2026-11-16T09:00:40+00:00", "2026-11-16T10:00:30+00:00", 59),
    ],
    ids=["clocks go back", "clocks go forward", "no whole minute more"],
)
def test_time_is_counted_as_it_passes(start: str, end: str, minutes: int) -> None:
    assert worked_minutes(datetime.fromisoformat(start), datetime.fromisoformat(end), 0) == minutes


def test_a_meal_break_is_no_work() -> None:
    start = datetime(2026, 11, 16, 9, tzinfo=UTC)

    assert worked_minutes(start, start + timedelta(hours=8), 30) == 450


@pytest.mark.parametrize(
    ("period", "refused"),
    [
        (NOVEMBER, []),
        (Period(NOVEMBER.start, NOVEMBER.start), []),
        (Period(NOVEMBER.end, NOVEMBER.start), ["to"]),
        (Period(date(2026, 1, 1), date(2027, 1, 1)), []),
        (Period(date(2026, 1, 1), date(2027, 1, 2)), ["to"]),
    ],
)
def test_a_summary_is_of_a_day_up_to_a_year(period: Period, refused: list[str]) -> None:
    assert [each.field for each in period_errors(period)] == refused


@pytest.mark.parametrize("state", State)
def test_only_what_is_approved_or_locked_counts(state: State) -> None:
    found = work(entry(), state=state)

    assert bool(found.approved) is (state in {State.APPROVED, State.LOCKED})
    assert bool(found.submitted) is (state is State.SUBMITTED)
    assert bool(found.owed) is (state in {State.DRAFT, State.REJECTED})


def test_the_tasks_with_the_most_hours_come_first_and_work_without_one_is_told_apart() -> None:
    entries = [entry(minutes=10, task=None), entry(minutes=30), entry(minutes=20, task="clipping"), entry(minutes=5)]

    assert [(each.task, each.minutes, each.entries) for each in by_task(entries)] == [
        ("washing dog", 35, 2),
        ("clipping", 20, 1),
        (None, 10, 1),
    ]


def test_people_stand_by_name_whatever_their_case() -> None:
    zoe, adam, other = (
        Worker(uuid4(), staff_id, name, "UTC") for staff_id, name in (("1", "zoe"), ("3", "Adam"), ("2", "adam"))
    )

    assert in_order([zoe, adam, other]) == [other, adam, zoe]


def test_nothing_differs_from_itself() -> None:
    entries = [entry(), entry(MAX)]

    assert difference(entries, reversed(entries)).is_none


def test_what_was_changed_removed_and_added_since_is_told_apart() -> None:
    same, changed, gone, added = entry(), entry(minutes=60), entry(MAX, minutes=15), entry(minutes=7)
    longer = entry(entry_id=changed.entry_id, version=2, minutes=90)

    found = difference([same, changed, gone], [same, longer, added])

    assert (found.revised, found.gone, found.added, found.minutes) == (1, 1, 1, 30 - 15 + 7)
    assert found.by_person == {DUANE: (120, 157), MAX: (15, 0)}


def test_a_new_version_with_the_same_minutes_differs() -> None:
    before = entry()

    assert difference([before], [entry(entry_id=before.entry_id, version=2)]).revised == 1


@given(anything())
def test_what_is_kept_says_everything_again(them: tuple[tuple[Work, ...], int]) -> None:
    made_of = work(*them[0], period=YEAR)

    kept = content_json(PROJECT, made_of)
    again = work_of(kept)

    assert set(again.entries) == set(made_of.approved)
    assert again.people == made_of.people
    assert again.sheets.keys() == made_of.sheets.keys()
    assert canonical_json(content_json(PROJECT, again)) == canonical_json(kept)
    assert kept["totalMinutes"] == sum(each.minutes for each in them[0])


def test_what_is_kept_is_the_same_in_whatever_order_it_was_read() -> None:
    entries = [entry(), entry(MAX, date(2026, 11, 3)), entry(day=date(2026, 11, 2))]

    assert content_json(PROJECT, work(*entries)) == content_json(PROJECT, work(*reversed(entries)))


def test_what_is_kept_leaves_out_whoever_has_nothing_approved() -> None:
    mine, open_ = entry(), entry(MAX)
    both = work(mine, open_)
    sheets = dict(both.sheets)
    sheets[open_.timesheet_id] = Sheet(open_.timesheet_id, MAX, NOVEMBER.start, 1, None, State.DRAFT)

    kept = work_of(content_json(PROJECT, ProjectWork(NOVEMBER, both.people, sheets, both.entries)))

    assert kept.people.keys() == {DUANE}
    assert kept.entries == (mine,)
