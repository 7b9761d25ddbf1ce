"""An entry that moves into another week: two timesheets change in one transaction, both of them open to change."""

from datetime import timedelta
from uuid import UUID

import pytest

from models.commands import Asked
from models.errors import DomainError, Invalid, NotFound, ReasonRequired, WrongState
from models.messages import CommandOutcome
from models.rules.transitions import CommandKind, State
from models.tables.accruals import Accrual
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Timesheet
from tests.activities.conftest import Crowd, Racers
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, at, worked

pytestmark = pytest.mark.usefixtures("sound")

NEXT_TUESDAY = NEXT_MONDAY + timedelta(days=1)
WEEK_AFTER = NEXT_MONDAY + timedelta(days=7)


@pytest.fixture
def shift(life: Life) -> UUID:
    """Duane's shift on the Monday, from nine to five."""
    return _id(life.record())


@pytest.fixture
def next_shift(life: Life) -> UUID:
    """Duane's shift on the Monday after."""
    return _id(life.desk.do(life.next_week.record(worked("09:00", "17:00", NEXT_MONDAY))))


def _id(outcome: CommandOutcome) -> UUID:
    assert outcome.entry_id
    return outcome.entry_id


def _move(asking: Asking, shift: UUID, version: int = 1) -> Asked:
    """To the Tuesday of the next week, and an hour shorter."""
    return asking.amend(shift, version, worked("09:00", "16:00", NEXT_TUESDAY), moves_to=NEXT_MONDAY)


def _field_of(refusal: DomainError) -> str:
    assert isinstance(refusal, Invalid), refusal
    (error,) = refusal.data["errors"]
    return str(error["field"])


def test_it_leaves_the_one_and_stands_on_the_other(life: Life, shift: UUID, next_shift: UUID) -> None:
    outcome = life.desk.do(_move(life.duane, shift))

    assert (outcome.entry_id, outcome.entry_version) == (shift, 2)
    assert life.desk.live(life.key) == []
    assert [(entry.id, entry.start_at) for entry in life.desk.live(life.next_key)] == [
        (next_shift, at(NEXT_MONDAY, "09:00")),
        (shift, at(NEXT_TUESDAY, "09:00")),
    ]
    versions = [each for each in life.desk.rows(life.org.tenant_id, TimeEntryVersion) if each.entry_id == shift]
    assert {(version.version, version.timesheet_id, version.local_date) for version in versions} == {
        (1, life.key.timesheet_id, MONDAY),
        (2, life.next_key.timesheet_id, NEXT_TUESDAY),
    }


def test_the_digest_of_both_is_another(life: Life, shift: UUID, next_shift: UUID) -> None:
    before = (life.desk.digest(life.key), life.desk.digest(life.next_key))
    life.desk.do(_move(life.duane, shift))
    after = (life.desk.digest(life.key), life.desk.digest(life.next_key))

    assert not set(before) & set(after)


def test_the_balances_follow(life: Life, shift: UUID, next_shift: UUID) -> None:
    life.desk.do(_move(life.duane, shift))

    rows = [row for row in life.desk.rows(life.org.tenant_id, Accrual) if row.accrual_code == "ANNUAL_TARGET_HOURS"]
    assert {row.day: (row.total, row.balance) for row in rows} == {
        MONDAY: (0, 100_000),
        NEXT_MONDAY: (480, 100_000 - 480),
        NEXT_TUESDAY: (420, 100_000 - 480 - 420),
    }


def test_a_week_that_nobody_recorded_on_yet_is_opened(life: Life, shift: UUID) -> None:
    life.desk.do(_move(life.duane, shift))

    assert [entry.id for entry in life.desk.live(life.next_key)] == [shift]
    assert len(life.desk.rows(life.org.tenant_id, Timesheet)) == 2


def test_it_can_move_back(life: Life, shift: UUID) -> None:
    life.desk.do(_move(life.duane, shift))
    life.desk.do(life.next_week.amend(shift, 2, worked("09:00", "17:00"), moves_to=MONDAY))

    assert [(entry.id, entry.version) for entry in life.desk.live(life.key)] == [(shift, 3)]


def test_where_it_stood_it_is_not_found_any_more(life: Life, shift: UUID) -> None:
    life.desk.do(_move(life.duane, shift))

    assert isinstance(life.desk.refused(life.duane.remove(shift, 2)), NotFound)


def test_a_planned_shift_that_moves_is_confirmed_where_it_was_worked(life: Life) -> None:
    planned = life.plan()
    life.desk.do(_move(life.duane, planned))

    entry = life.entry(planned)
    assert (entry.confirmed, entry.planned_start_at) == (True, at(MONDAY, "09:00"))
    assert entry.timesheet_id == life.next_key.timesheet_id


def test_into_a_submitted_week_it_does_not_move(life: Life, shift: UUID, next_shift: UUID) -> None:
    life.desk.do(life.next_week.submit(life.desk.digest(life.next_key)))
    refusal = life.desk.refused(_move(life.duane, shift))

    assert isinstance(refusal, WrongState)
    assert refusal.data == {"state": "submitted"}


def test_out_of_a_submitted_week_it_does_not_move(life: Life, shift: UUID, next_shift: UUID) -> None:
    life.submit()

    assert isinstance(life.desk.refused(_move(life.duane, shift)), WrongState)


def test_into_the_way_of_another_entry_it_does_not_move(life: Life, shift: UUID, next_shift: UUID) -> None:
    asked = life.duane.amend(shift, 1, worked("08:00", "10:00", NEXT_MONDAY), moves_to=NEXT_MONDAY)

    assert _field_of(life.desk.refused(asked)) == "endTime"


@pytest.mark.parametrize("moves_to", [None, NEXT_MONDAY])
def test_it_moves_only_to_the_week_that_was_named(life: Life, shift: UUID, moves_to: object) -> None:
    fields = worked("09:00", "17:00", WEEK_AFTER)
    asked = life.duane.amend(shift, 1, fields, moves_to=moves_to)  # type: ignore[arg-type]

    assert _field_of(life.desk.refused(asked)) == "startTime"


def test_a_day_where_no_week_begins_is_no_week(life: Life, shift: UUID) -> None:
    asked = life.duane.amend(shift, 1, worked("09:00", "17:00", NEXT_TUESDAY), moves_to=NEXT_TUESDAY)

    assert isinstance(life.desk.refused(asked), NotFound)


def test_what_was_certified_on_one_needs_a_reason_on_the_other_too(life: Life, shift: UUID) -> None:
    life.submit()
    life.reject()
    life.revise()
    assert isinstance(life.desk.refused(_move(life.duane, shift)), ReasonRequired)
    life.desk.do(_move(life.because(life.duane, "Misremembered which week."), shift))

    again = life.next_week.amend(shift, 2, worked("09:00", "17:00", NEXT_TUESDAY))
    assert isinstance(life.desk.refused(again), ReasonRequired)


def test_each_week_is_certified_with_what_stands_on_it(life: Life, shift: UUID, next_shift: UUID) -> None:
    """The doctor at the end compares what was certified with what is there."""
    life.desk.do(_move(life.duane, shift))
    life.submit()
    life.desk.do(life.next_week.submit(life.desk.digest(life.next_key)))

    assert (life.state, life.desk.load(life.next_key).state) == (State.SUBMITTED, State.SUBMITTED)


def test_into_a_week_that_is_just_being_submitted_it_does_not_move(
    life: Life, shift: UUID, next_shift: UUID, own_desk: Desk, race: Racers
) -> None:
    submit = life.next_week.submit(life.desk.digest(life.next_key))
    move = _move(life.duane, shift)
    life.desk.ask(submit)
    life.desk.ask(move)

    first, second = race(lambda: own_desk.apply(submit), lambda: life.desk.apply(move))

    assert first.result().kind is CommandKind.SUBMIT
    assert "This timesheet is submitted." in str(second.exception())


def test_two_that_change_places_at_once_both_move(
    life: Life, shift: UUID, next_shift: UUID, own_desk: Desk, let_go_at_once: Crowd
) -> None:
    there = _move(life.duane, shift)
    here = life.next_week.amend(next_shift, 1, worked("18:00", "19:00"), moves_to=MONDAY)
    life.desk.ask(there)
    life.desk.ask(here)
    lowest = min(life.key.timesheet_id, life.next_key.timesheet_id)

    done = let_go_at_once("timesheet", lowest, lambda: own_desk.apply(there), lambda: own_desk.apply(here))

    assert [future.result().entry_version for future in done] == [2, 2]
    assert [entry.id for entry in life.desk.live(life.key)] == [next_shift]
    assert [entry.id for entry in life.desk.live(life.next_key)] == [shift]
