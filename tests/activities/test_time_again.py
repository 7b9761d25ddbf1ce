"""Whatever time does is done once, though its activity runs again because the answer to its commit was lost."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine, text

from models.messages import SheetKey, SheetSnapshot
from models.rules.transitions import State
from tests.activities.conftest import Racers
from tests.activities.waiting_for import due_again, hours_pass, told
from tests.desk import Desk, Life
from tests.factories import Asking, agree, work_always, worked

pytestmark = pytest.mark.usefixtures("sound")

LONG_AGO = date(2020, 1, 6)


@pytest.fixture(autouse=True)
def office_hours(life: Life, owner_engine: Engine) -> None:
    """Every hour counts; a nudge after 16 hours, an escalation after 40."""
    work_always(owner_engine, life.org)


def _owed(life: Life) -> SheetKey:
    """A week of long ago, of which only the Monday is recorded."""
    agree(life.desk.owner_engine, life.org, life.org.duane, date(2020, 1, 1), date(2020, 12, 31))
    life.desk.do(Asking(life.org, life.org.duane, life.org.duane, LONG_AGO).record(worked("09:00", "17:00", LONG_AGO)))
    return life.org.key(life.org.duane, LONG_AGO)


def _days_over(life: Life) -> SheetKey:
    key = _owed(life)
    due_again(life)
    return key


def _owed_for(hours: float, life: Life) -> SheetKey:
    key = _owed(life)
    hours_pass(life, hours)
    return key


def _submitted_for(hours: float, life: Life) -> SheetKey:
    life.bring_to(State.SUBMITTED)
    hours_pass(life, hours)
    return life.key


def _approved(life: Life) -> SheetKey:
    life.bring_to(State.APPROVED)
    with life.desk.owner_engine.begin() as connection:
        past = text("UPDATE timesheet SET lock_at = now() - interval '1 hour' WHERE id = :id")
        connection.execute(past, {"id": life.key.timesheet_id})
    return life.key


ACTS: dict[str, tuple[Callable[[Life], SheetKey], list[tuple[str, str]]]] = {
    "remind to record": (_days_over, [("Duane Barry", "record_reminder")] * 4),
    "remind to submit": (partial(_owed_for, 9), [("Duane Barry", "submit_reminder")]),
    "tell not submitted": (
        partial(_owed_for, 18),
        [("Duane Barry", "submit_reminder"), ("Roland Fuller", "not_submitted")],
    ),
    "nudge": (partial(_submitted_for, 17), [("Roland Fuller", "nudge")]),
    "escalate": (partial(_submitted_for, 41), [("Alex Krycek", "escalated"), ("Roland Fuller", "nudge")]),
    "lock": (_approved, []),
}
"""What time does: how it comes to be due, and who is told what of it."""
KINDS = ("record_reminder", "submit_reminder", "not_submitted", "nudge", "escalated")


def _do(desk: Desk, name: str, key: SheetKey) -> SheetSnapshot:
    return desk.lock_on_schedule(key) if name == "lock" else desk.act_on_time(key)


@pytest.mark.parametrize("name", ACTS)
def test_an_attempt_whose_answer_was_lost_is_repeated_without_an_effect(life: Life, name: str) -> None:
    make, who = ACTS[name]
    key = make(life)
    before = life.desk.contents(life.org.tenant_id)
    first = _do(life.desk, name, key)
    after = life.desk.contents(life.org.tenant_id)
    assert after != before

    for _ in range(2):
        assert _do(life.desk, name, key) == first
    assert life.desk.contents(life.org.tenant_id) == after
    assert told(life, *KINDS) == who


@pytest.mark.parametrize("name", [name for name in ACTS if name != "lock"])
def test_nobody_is_told_twice_even_when_it_is_forgotten_that_they_were(life: Life, name: str) -> None:
    """An older copy of what was noted must not send it again: each reason is told once."""
    make, _ = ACTS[name]
    key = make(life)
    _do(life.desk, name, key)
    due_again(life)
    _do(life.desk, name, key)
    once = told(life, *KINDS)
    due_again(life)
    _do(life.desk, name, key)

    assert told(life, *KINDS) == once


@pytest.mark.parametrize("name", ACTS)
def test_two_workers_at_it_at_once_do_it_once(life: Life, name: str, own_desk: Desk, race: Racers) -> None:
    make, _ = ACTS[name]
    key = make(life)

    first, second = race(partial(_do, own_desk, name, key), partial(_do, life.desk, name, key))  # type: ignore[arg-type]  # snapshots

    assert first.result() == second.result()
    once = life.desk.contents(life.org.tenant_id)
    _do(life.desk, name, key)
    assert life.desk.contents(life.org.tenant_id) == once


@pytest.mark.parametrize("name", [name for name in ACTS if name != "lock"])
def test_who_does_not_owe_it_any_more_is_told_nothing(life: Life, name: str) -> None:
    """Between the moment it was due and the moment it is done, it was seen to."""
    make, _ = ACTS[name]
    key = make(life)
    if key == life.key:
        life.approve()
    else:
        mine = Asking(life.org, life.org.duane, life.org.duane, LONG_AGO)
        life.desk.do(mine.submit(life.desk.digest(key)))
    _do(life.desk, name, key)

    assert told(life, *KINDS) == []
