"""What a submission says of the hours on it, and what it finds worth a look."""

from datetime import timedelta

from sqlalchemy import Engine

from models.standard import ABSENCE, ON_CALL, OVERTIME
from models.tables.timesheet import Submission, Waiting
from tests.desk import Life
from tests.factories import MONDAY, change_person, worked

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY + timedelta(days=6)
PLAN = 5 * 444


def _submitted(life: Life) -> Submission:
    life.submit()
    (found,) = life.desk.rows(life.org.tenant_id, Submission)
    return found


def test_minutes_are_those_worked_on_each_day_less_meal_breaks(life: Life) -> None:
    life.desk.do(life.duane.record(worked("09:00", "12:00")))
    life.desk.do(life.duane.record(worked("13:00", "17:30", meal_break_minutes=30)))
    life.desk.do(life.duane.record(worked("10:00", "11:00", SUNDAY, OVERTIME)))

    assert _submitted(life).minutes_by_day == [7 * 60, 0, 0, 0, 0, 0, 60]


def test_a_night_shift_counts_for_the_day_on_which_it_begins(life: Life) -> None:
    life.desk.do(life.duane.record(worked("22:00", "30:00", SUNDAY)))

    assert _submitted(life).minutes_by_day == [0, 0, 0, 0, 0, 0, 8 * 60]


def test_what_is_no_work_does_not_count(life: Life) -> None:
    life.desk.do(life.duane.record(worked("00:00", "24:00", type_id=ABSENCE)))
    life.desk.do(life.duane.record(worked("18:00", "22:00", TUESDAY, ON_CALL)))

    assert _submitted(life).minutes_by_day == [0] * 7


def test_the_plan_is_what_was_agreed_for_the_week(life: Life) -> None:
    life.record()

    assert _submitted(life).plan_minutes == PLAN


def test_what_is_worth_a_look_is_kept_with_it_and_known_to_the_inbox(life: Life) -> None:
    life.desk.do(life.duane.record(worked("06:00", "17:00")))

    assert {"under_plan", "long_day"} <= set(_submitted(life).exceptions)
    (waiting,) = life.desk.rows(life.org.tenant_id, Waiting)
    assert waiting.has_exceptions


def test_whoever_lives_in_another_zone_by_then_can_submit_all_the_same(life: Life, owner_engine: Engine) -> None:
    """Midnight in London was the evening before in New York, which is another week."""
    life.desk.do(life.duane.record(worked("00:00", "02:00")))
    change_person(owner_engine, life.org.duane, time_zone="America/New_York")

    assert _submitted(life).minutes_by_day == [120, 0, 0, 0, 0, 0, 0]
