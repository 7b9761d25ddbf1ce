"""The crowd of the figure 'inbox' of `make bench`: what pages read of it is as if commands had made it."""

import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, text

from bench import crowd
from bench.crowd import SHARE, TEAM, TENANT, TooMuch, fill, lead, staff_id, state_of, weeks
from bench.sizes import FULL, QUICK, Crowded
from embedded import EmbeddedPostgres
from models.rules.periods import timesheet_id
from models.rules.transitions import State
from settings import Settings, load

NOVEMBER = date(2026, 11, 18)
SMALL = Crowded(2 * TEAM, 3)


class Room(NamedTuple):
    """What a disk has."""

    total: int
    used: int
    free: int


@pytest.fixture
def settings(postgres: EmbeddedPostgres, tmp_path: Path) -> Settings:
    urls = {"database_url": postgres.app_url(), "database_owner_url": postgres.owner_url()}
    return load(Settings, {"data_dir": tmp_path, "secret_key": "of-these-tests-" * 4} | urls)


def test_weeks_are_mondays_that_ended_long_enough_ago_the_oldest_first() -> None:
    assert list(weeks(NOVEMBER, 2)) == [date(2026, 10, 26), date(2026, 11, 2)]
    assert list(weeks(date(2026, 11, 16), 1)) == [date(2026, 11, 2)]


def test_one_week_in_so_many_is_submitted_for_every_person_and_in_every_week() -> None:
    by_person = Counter(state_of(1, monday) for monday in weeks(NOVEMBER, SHARE))
    by_week = Counter(state_of(person, date(2026, 11, 2)) for person in range(SHARE))

    open_ones = {State.SUBMITTED: 1, State.APPROVED: 1, State.DRAFT: 1}
    assert by_person == by_week == open_ones | {State.LOCKED: SHARE - 3}


def test_the_crowds_that_are_compared_have_as_much_waiting_for_each_supervisor() -> None:
    assert (FULL.many.sheets, FULL.many.sheets * FULL.many.entries) == (1_000_000, 10_000_000)
    assert FULL.few.sheets == 10_000
    for sizes in (FULL, QUICK):
        assert sizes.few.weeks == sizes.many.weeks
        assert sizes.few.people >= crowd.LEADS * TEAM
    assert FULL.few.weeks * TEAM / SHARE > 26


def test_what_is_filled_in_is_whole_and_nothing_of_it_is_due(settings: Settings, owner_engine: Engine) -> None:
    filled = fill(settings, SMALL, NOVEMBER)

    assert (filled.sheets, filled.entries) == (SMALL.sheets, SMALL.sheets * 10)
    assert filled.bytes > 0
    people = range(SMALL.people)
    states = Counter(state_of(person, monday) for person in people for monday in weeks(NOVEMBER, SMALL.weeks))
    assert filled.waiting == states[State.SUBMITTED] > 0
    with owner_engine.connect() as connection:
        names = {"tenant": TENANT.id}
        assert connection.execute(text(_STATES), names).all() == sorted(states.items())
        assert connection.execute(text(_BROKEN), names).all() == []
        assert connection.scalar(text(_DUE), names) == 0
        found = connection.execute(text(_SHEET), names | {"staff_id": staff_id(TEAM)}).one()

    assert found.id == timesheet_id(TENANT.id, TENANT.person_id(staff_id(TEAM)), date(2026, 11, 2))
    assert found.supervisor_id == TENANT.person_id(lead(1))
    assert found.minutes == [450] * 5


def test_a_crowd_that_would_fill_the_disk_is_not_begun(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Room(2**40, 2**40, 2**30))

    with pytest.raises(TooMuch, match=r"1,000,000 timesheets need 19 GiB, 1 are free"):
        fill(settings, FULL.many, NOVEMBER)


_STATES = "SELECT state, count(*) FROM timesheet WHERE tenant_id = :tenant GROUP BY state ORDER BY state"

# Whatever refers to something that is not there, or says something else than it.
_BROKEN = """
    SELECT 'timesheet', t.id FROM timesheet t LEFT JOIN person p ON p.id = t.owner_id
    WHERE t.tenant_id = :tenant AND (p.id IS NULL OR p.supervisor_id IS NULL)
    UNION ALL
    SELECT 'entry', e.id FROM time_entry e LEFT JOIN timesheet t ON t.id = e.timesheet_id AND t.owner_id = e.owner_id
    WHERE e.tenant_id = :tenant
      AND ((e.start_at AT TIME ZONE 'Europe/London')::date BETWEEN t.period_start AND t.period_end) IS NOT TRUE
    UNION ALL
    SELECT 'submission', t.id FROM timesheet t
    LEFT JOIN submission s ON s.id = t.submission_id AND s.timesheet_id = t.id
    WHERE t.tenant_id = :tenant AND (t.state = 'draft') = (s.id IS NOT NULL)
    UNION ALL
    SELECT 'waiting', t.id FROM timesheet t JOIN person p ON p.id = t.owner_id
    LEFT JOIN waiting w ON w.timesheet_id = t.id AND w.approver_id = p.supervisor_id AND w.submitted_at = t.submitted_at
    WHERE t.tenant_id = :tenant AND (t.state = 'submitted') <> (w.timesheet_id IS NOT NULL)
    UNION ALL
    SELECT 'future', id FROM timesheet WHERE tenant_id = :tenant AND state_since > '2026-11-18'
    UNION ALL
    SELECT 'role', p.id FROM person p LEFT JOIN person_role r ON r.person_id = p.id
    WHERE p.tenant_id = :tenant AND r.role IS NULL
"""
_DUE = """
    SELECT count(*) FROM timesheet
    WHERE tenant_id = :tenant AND (due_at IS NOT NULL OR lock_at IS NOT NULL)
"""
_SHEET = """
    SELECT t.id, p.supervisor_id, (
        SELECT array_agg(minutes ORDER BY day) FROM (
            SELECT (start_at AT TIME ZONE 'Europe/London')::date AS day,
                   sum(extract(epoch FROM end_at - start_at)::int / 60)::int AS minutes
            FROM time_entry WHERE timesheet_id = t.id GROUP BY 1) AS days
    ) AS minutes
    FROM timesheet t JOIN person p ON p.id = t.owner_id
    WHERE t.tenant_id = :tenant AND p.staff_id = :staff_id AND t.period_start = '2026-11-02'
"""
