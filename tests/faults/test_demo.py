"""The demo as `countersign demo` fills it: something of everything that approval does, and the same however often."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from demo import filling
from demo.approving import AWAY, DEPUTY, LEAD, WAITED_TOO_LONG
from demo.giving import key_of
from demo.people import DEMO
from demo.weeks import DemoWeek, demo_weeks, week_before
from doctor import examine
from models.database import engine_for, read_session
from models.reads.acts import ActState, WantedActs, find_acts
from models.rules.notices import NoticeKind
from models.rules.reasons import ReasonCode
from models.rules.transitions import OWED, SETTLED, CommandKind, State
from models.store.views import has_viewed
from models.tables.accruals import Adjustment
from models.tables.approval import Delegation
from models.tables.base import Base
from models.tables.delivery import Notification
from models.tables.projects import Summary
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Command, Decision, Submission, Timesheet, Waiting
from tests.standing import Standing, in_time, up

FACTS = (Adjustment, Command, Decision, Delegation, Summary, TimeEntryVersion)
"""What a second filling must not add to."""

SOME = frozenset({"staff-4366", "staff-4401", "staff-4402", "staff-4405", "staff-4406", "staff-4408"})
WEEKS = 8
"""The weeks of these people, so many of them, have something of everything, and are sooner there."""


def some_weeks(today: date) -> list[DemoWeek]:
    first = week_before(today, WEEKS)
    return [week for week in demo_weeks(today) if week.person.staff_id in SOME and week.monday >= first]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with pytest.MonkeyPatch.context() as code, up(tmp_path_factory.mktemp("up") / "data") as standing:
        code.setattr(filling, "demo_weeks", some_weeks)
        standing.await_ready()
        asyncio.run(filling.fill(standing.settings))
        in_time(lambda: sheet_of(standing, WAITED_TOO_LONG).escalations > 0, "the next approver is asked")
        yield standing


@pytest.fixture
def last_week() -> date:
    return week_before(datetime.now(UTC).date())


def rows(standing: Standing, table: type[Base]) -> list[Any]:
    """Every row of the demo's tenant."""
    with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
        return list(session.execute(select(table.__table__)).all())


def sheet_of(standing: Standing, staff_id: str) -> Any:
    """Somebody's last week."""
    id_ = key_of(staff_id, week_before(datetime.now(UTC).date())).timesheet_id
    (found,) = [row for row in rows(standing, Timesheet) if row.id == id_]
    return found


def unread(standing: Standing, staff_id: str) -> set[str]:
    """The kinds of notices that somebody has not read."""
    person_id = DEMO.person_id(staff_id)
    return {row.kind for row in rows(standing, Notification) if row.person_id == person_id and not row.read_at}


def test_every_state_is_there_and_every_week_is_as_far_as_it_was_meant_to_be(filled: Standing, last_week: date) -> None:
    sheets = rows(filled, Timesheet)
    assert {row.state for row in sheets} == set(State)
    assert {row.state for row in sheets if row.period_start < last_week} == SETTLED
    assert any(row.state in OWED for row in sheets if row.period_start == last_week)


def test_whoever_decided_has_opened_what_they_decided_on(filled: Standing) -> None:
    revisions = {row.id: row.revision for row in rows(filled, Submission)}
    decided = rows(filled, Decision)
    assert decided
    with read_session(engine_for(filled.settings.database_url), DEMO.id) as session:
        for row in decided:
            assert has_viewed(session, row.decided_by_id, row.timesheet_id, revisions[row.submission_id])


def test_somebody_stands_in_these_days(filled: Standing) -> None:
    (granted,) = rows(filled, Delegation)
    assert (granted.delegator_id, granted.delegate_id) == (DEMO.person_id(AWAY), DEMO.person_id(DEPUTY))
    assert granted.from_day <= datetime.now(UTC).date() < granted.to_day
    in_time(lambda: NoticeKind.DELEGATION_BEGINS in unread(filled, DEPUTY), "who stands in is told")


def test_a_timesheet_waits_for_so_long_that_somebody_else_is_asked_as_well(filled: Standing) -> None:
    sheet = sheet_of(filled, WAITED_TOO_LONG)
    asked = [row.approver_id for row in rows(filled, Waiting) if row.timesheet_id == sheet.id]
    assert set(asked) == {DEMO.person_id(DEPUTY), DEMO.person_id(AWAY)}
    assert NoticeKind.NUDGE in unread(filled, DEPUTY)
    assert NoticeKind.ESCALATED in unread(filled, AWAY)


def test_worker_and_supervisor_have_something_to_confirm_or_dispute(filled: Standing) -> None:
    with read_session(engine_for(filled.settings.database_url), DEMO.id) as session:
        acts = find_acts(session, WantedActs((ActState.UNANSWERED,)))
    assert {(act.for_whom.staff_id, act.kind) for act in acts} == {
        (DEPUTY, CommandKind.APPROVE),
        ("staff-4366", CommandKind.RECORD),
    }


def test_an_approval_was_taken_back_and_something_was_sent_back_for_a_reason_of_the_list(filled: Standing) -> None:
    made = {(row.decision, row.reason_code) for row in rows(filled, Decision)}
    assert made == {("approve", None), ("reject", ReasonCode.WRONG_TIMES), ("take_back", None)}


def test_there_is_a_summary_of_a_project(filled: Standing, last_week: date) -> None:
    (summary,) = rows(filled, Summary)
    assert summary.created_by_id == DEMO.person_id(LEAD)
    assert summary.to_day < last_week - timedelta(weeks=3)
    assert summary.total_minutes > 0


def test_a_worker_begins_with_news_of_the_last_weeks_only(filled: Standing, last_week: date) -> None:
    old = {row.id for row in rows(filled, Timesheet) if row.period_start < last_week - timedelta(weeks=2)}
    news = [row for row in rows(filled, Notification) if not row.read_at]
    assert news
    assert [row.kind for row in news if row.timesheet_id in old] == []


def test_filled_again_it_is_the_same_and_every_invariant_holds(filled: Standing) -> None:
    before = {table: set(map(str, rows(filled, table))) for table in FACTS}

    asyncio.run(filling.fill(filled.settings))

    assert {table: set(map(str, rows(filled, table))) for table in FACTS} == before
    assert sheet_of(filled, WAITED_TOO_LONG).escalations == 1
    assert list(examine(filled.settings)) == []
