"""What a submission says of the hours on it, and what it finds worth a look."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from models.database import read_session
from models.reads.api.approvals import inbox_of
from models.reads.api.timesheets import with_content
from models.reads.exports import sheet_export
from models.reads.viewer import Onlooker
from models.reads.week import WeekOf, week_page
from models.rules.accrual_types import AccrualCode
from models.rules.period_types import TypeContent
from models.rules.periods import Period
from models.standard import ABSENCE, ON_CALL, OVERTIME, SHIFT
from models.store.period_types import create_type
from models.store.project_work import work_on
from models.tables.accruals import Accrual
from models.tables.timesheet import Submission, Timesheet, Waiting
from tests.activities.administering import do, given
from tests.desk import Life
from tests.factories import LONDON, MONDAY, change_person, worked
from tests.projects import DOGS, lead

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


class TestWholeDays:
    """Everybody who says how long somebody worked says the same, also of whole days that count as time worked."""

    def said(self, life: Life, submission: Submission) -> dict[str, int]:
        """How many minutes were worked, as each of them has it."""
        org, onlooker = life.org, Onlooker(life.org.tenant_id, life.org.roland)
        week, now = Period(MONDAY, SUNDAY), datetime.now(UTC)
        with read_session(life.desk.engine, org.tenant_id) as session:
            (inbox,) = inbox_of(session, onlooker, None, 2)
            (program,) = with_content(session, list(session.scalars(select(Timesheet))))
            page = week_page(session, onlooker, WeekOf(org.duane, MONDAY, now, LONDON))
            export = sheet_export(session, onlooker, life.key.timesheet_id, now)
        life.approve()
        with read_session(life.desk.engine, org.tenant_id) as session:
            project = work_on(session, org.projects[DOGS], week).approved
            of_target = Accrual.accrual_code == AccrualCode.ANNUAL_TARGET_HOURS.value
            balance = session.scalars(select(Accrual.total).where(of_target)).all()
        return {
            "certified": sum(submission.minutes_by_day),
            "inbox": inbox.minutes,
            "program": program.total_minutes,
            "page": page.total_minutes,
            "export": export.total_minutes,
            "project": sum(each.minutes for each in project),
            "balance": sum(balance),
        }

    def test_what_counts_counts_alike_everywhere(self, life: Life, owner_engine: Engine) -> None:
        lead(owner_engine, life.org)
        course = TypeContent("Course", "date", {"project": "optional"}, counts_to_target_hours=True)
        course_id = do(life, lambda session: create_type(session, given(life), course)).id
        on_dogs = {"project_id": life.org.projects[DOGS]}
        for start, end, day, kind in (
            ("00:00", "24:00", MONDAY, course_id),
            ("09:00", "17:30", TUESDAY, SHIFT),
            ("00:00", "24:00", SUNDAY, ABSENCE),
        ):
            fields = on_dogs if kind != ABSENCE else {}
            life.desk.do(life.duane.record(worked(start, end, day, kind, **fields)))

        told = self.said(life, _submitted(life))

        assert told == dict.fromkeys(told, 24 * 60 + 8 * 60 + 30)
