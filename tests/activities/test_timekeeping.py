"""Strict timekeeping where an organisation wants it: enforced with the command, whatever way it came."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from models.commands import EntryFields
from models.database import command_transaction
from models.errors import ActsUnanswered, FutureWork, NotViewed, ReasonRequired, Unaccounted
from models.rules.flex import FlexType
from models.rules.statements import Agent, sheet_activity_id
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, ON_CALL, SHIFT, TRAINING
from models.store.owner_review import Answer, Verdict, answer
from models.store.views import Looker, Opened, record_opened
from models.tables.timesheet import Decision, Submission
from tests.desk import Life
from tests.factories import MONDAY, Asking, change_person, change_policy, hire, worked

pytestmark = pytest.mark.usefixtures("sound")

IN_A_LONG_TIME = date(2090, 1, 2)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
WHY = "The badge reader says otherwise."


def from_now(life: Life, begins: timedelta, ends: timedelta | None, project: bool = True) -> tuple[Asking, EntryFields]:
    """Work around this moment, and Duane on the week that it is in."""
    now = datetime.now(UTC).replace(microsecond=0)
    start = now + begins
    fields = EntryFields(
        SHIFT,
        start,
        None if ends is None else now + ends,
        project_id=life.org.projects["proj-533"] if project else None,
    )
    return Asking(life.org, life.org.duane, life.org.duane, start.astimezone(ZoneInfo("Europe/London")).date()), fields


class TestFutureWork:
    @pytest.fixture(autouse=True)
    def refusing(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, refuse_future_work=True)

    @pytest.fixture
    def ahead(self, life: Life) -> Asking:
        return Asking(life.org, life.org.duane, life.org.duane, IN_A_LONG_TIME)

    @pytest.fixture
    def on_dogs(self, life: Life) -> EntryFields:
        return worked("09:00", "17:00", IN_A_LONG_TIME, project_id=life.org.projects["proj-533"])

    def test_work_on_a_project_that_is_ahead_is_refused_by_its_field_and_code(
        self, life: Life, ahead: Asking, on_dogs: EntryFields
    ) -> None:
        refusal = life.desk.refused(ahead.record(on_dogs))

        assert isinstance(refusal, FutureWork)
        (error,) = refusal.data["errors"]
        assert (error["field"], error["code"]) == ("startTime", "future_work")
        assert "once it is done" in error["message"]

    def test_what_ends_later_than_now_is_refused_and_what_has_ended_is_not(self, life: Life) -> None:
        hour, soon = timedelta(hours=1), timedelta(minutes=10)
        duane, fields = from_now(life, -hour, soon)
        refusal = life.desk.refused(duane.record(fields))
        assert refusal.data["errors"][0]["field"] == "endTime"

        duane, fields = from_now(life, -hour, timedelta(0))
        assert life.desk.do(duane.record(fields)).entry_version == 1

    def test_a_clock_may_be_started_now(self, life: Life) -> None:
        duane, fields = from_now(life, timedelta(0), None)

        assert life.desk.do(duane.record(fields)).entry_version == 1

    def test_absences_and_what_is_on_no_project_may_be_ahead(self, life: Life, ahead: Asking) -> None:
        away = EntryFields(ABSENCE, datetime(2090, 1, 3, tzinfo=UTC), datetime(2090, 1, 4, tzinfo=UTC))
        for fields in (worked("09:00", "17:00", IN_A_LONG_TIME), away):
            assert life.desk.do(ahead.record(fields)).entry_version == 1

    def test_neither_a_change_nor_a_shift_changed_at_short_notice_leads_there(self, life: Life, ahead: Asking) -> None:
        dogs = life.org.projects["proj-533"]
        recorded = life.desk.do(ahead.record(worked("09:00", "17:00", IN_A_LONG_TIME)))
        assert recorded.entry_id

        amended = ahead.amend(recorded.entry_id, 1, worked("09:00", "17:00", IN_A_LONG_TIME, project_id=dogs))
        assert isinstance(life.desk.refused(amended), FutureWork)

        duane, fields = from_now(life, timedelta(hours=-3), timedelta(hours=-1))
        shift = life.desk.do(duane.record(fields)).entry_id
        assert shift
        longer = replace(fields, end=fields.start + timedelta(hours=5))
        assert isinstance(life.desk.refused(duane.change_shift(FlexType.EXTENDED, shift, longer)), FutureWork)

    def test_nobody_else_gets_past_it(self, life: Life, on_dogs: EntryFields) -> None:
        for asking in (
            Asking(life.org, life.org.duane, life.org.roland, IN_A_LONG_TIME, reason="As agreed."),
            Asking(life.org, life.org.duane, life.org.suzanne, IN_A_LONG_TIME, life.org.duane, "As agreed."),
        ):
            assert isinstance(life.desk.refused(asking.record(on_dogs)), FutureWork)

    def test_in_a_batch_the_refusal_says_which_it_is_about_and_nothing_is_saved(
        self, life: Life, ahead: Asking, on_dogs: EntryFields
    ) -> None:
        fine = ahead.record(worked("07:00", "08:00", IN_A_LONG_TIME))

        refusal = life.desk.refused(ahead.batch(fine, ahead.record(on_dogs)))

        assert isinstance(refusal, FutureWork)
        assert refusal.data["index"] == 1

    def test_what_stood_there_before_the_rule_is_not_certified(
        self, life: Life, owner_engine: Engine, ahead: Asking, on_dogs: EntryFields
    ) -> None:
        change_policy(owner_engine, life.org, refuse_future_work=False)
        life.desk.do(ahead.record(on_dogs))
        change_policy(owner_engine, life.org, refuse_future_work=True)

        digest = life.desk.digest(life.org.key(life.org.duane, IN_A_LONG_TIME))
        assert isinstance(life.desk.refused(ahead.submit(digest)), FutureWork)

    def test_switched_off_everything_may_be_ahead(
        self, life: Life, owner_engine: Engine, ahead: Asking, on_dogs: EntryFields
    ) -> None:
        change_policy(owner_engine, life.org, refuse_future_work=False)

        assert life.desk.do(ahead.record(on_dogs)).entry_version == 1


class TestTotalTime:
    @pytest.fixture(autouse=True)
    def accounting(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, account_for_days=True)

    def record(self, life: Life, day: date, start: str = "09:00", end: str = "16:24", type_id: UUID = SHIFT) -> None:
        life.desk.do(life.duane.record(worked(start, end, day, type_id)))

    def test_a_week_is_submitted_when_every_planned_hour_is_worked(self, life: Life) -> None:
        for day in DAYS[:4]:
            self.record(life, day)
        self.record(life, DAYS[4], end="16:23")

        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))

        assert isinstance(refusal, Unaccounted)
        (error,) = refusal.data["errors"]
        assert (error["field"], error["code"]) == ("days", "unaccounted_days")
        assert error["data"] == [{"date": "2026-11-20", "minutes": 1}]
        assert "Friday 20 November" in refusal.message

        self.record(life, DAYS[4], "16:23", "16:24", TRAINING)
        assert life.submit().snapshot.state is State.SUBMITTED

    def test_absences_account_for_their_day_and_waiting_on_call_for_none(self, life: Life) -> None:
        for day in DAYS[:4]:
            self.record(life, day)
        self.record(life, DAYS[4], "00:00", "23:00", ON_CALL)
        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))
        assert refusal.data["errors"][0]["data"] == [{"date": "2026-11-20", "minutes": 444}]

        midnight = datetime(2026, 11, 20, tzinfo=UTC)
        (on_call,) = [entry for entry in life.desk.live(life.key) if entry.time_period_type_id == ON_CALL]
        life.desk.do(life.duane.remove(on_call.id, 1))
        life.desk.do(life.duane.record(EntryFields(ABSENCE, midnight, midnight + timedelta(days=1))))
        assert life.submit().snapshot.state is State.SUBMITTED

    def test_long_days_do_not_make_up_for_missing_ones(self, life: Life) -> None:
        for day in DAYS[:4]:
            self.record(life, day, "07:00", "19:00")

        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))

        assert refusal.data["errors"][0]["data"] == [{"date": "2026-11-20", "minutes": 444}]

    def test_an_administrator_submits_no_gaps_either(self, life: Life) -> None:
        self.record(life, MONDAY)
        asked = life.suzanne_for(life.org.duane).submit(life.desk.digest(life.key))

        assert isinstance(life.desk.refused(asked), Unaccounted)

    def test_without_an_agreement_there_is_nothing_to_account_for(self, life: Life, owner_engine: Engine) -> None:
        new = hire(owner_engine, life.org, "New here", "worker", supervisor=life.org.roland)
        asking = Asking(life.org, new, new)
        life.desk.do(asking.record(worked("09:00", "10:00")))

        digest = life.desk.digest(life.org.key(new))
        assert life.desk.do(asking.submit(digest)).snapshot.state is State.SUBMITTED

    def test_switched_off_a_week_may_have_gaps(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, account_for_days=False)
        self.record(life, MONDAY)

        assert life.submit().snapshot.state is State.SUBMITTED


class TestExplaining:
    @pytest.fixture(autouse=True)
    def explaining(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, explain_changes=True)

    def test_every_correction_needs_a_reason_which_stays_with_it(self, life: Life) -> None:
        shift = life.record().entry_id
        assert shift
        for asked in (
            life.duane.amend(shift, 1, worked("09:00", "16:00")),
            life.duane.remove(shift, 1),
            life.duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00")),
        ):
            assert isinstance(life.desk.refused(asked), ReasonRequired)

        duane = life.because(life.duane, WHY)
        assert life.desk.do(duane.amend(shift, 1, worked("09:00", "16:00"))).entry_version == 2
        assert life.desk.do(duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00"), 2)).entry_version
        assert life.desk.do(duane.remove(shift, 3)).entry_version == 4

    def test_what_is_said_for_the_first_time_needs_none(self, life: Life) -> None:
        running = life.record("09:00", None).entry_id
        planned, other = life.plan(day=DAYS[1]), life.plan(day=DAYS[2])
        third = life.plan(day=DAYS[3])
        assert running
        for asked in (
            life.duane.amend(running, 1, worked("09:00", "17:00", meal_break_minutes=30)),
            life.duane.confirm(planned),
            life.duane.amend(other, 1, worked("08:00", "17:00", DAYS[2])),
            life.duane.remove(third, 1),
        ):
            assert life.desk.do(asked).entry_version == 2

    def test_ending_what_runs_with_another_start_is_a_correction(self, life: Life) -> None:
        running = life.record("09:00", None).entry_id
        assert running

        assert isinstance(life.desk.refused(life.duane.amend(running, 1, worked("08:00", "17:00"))), ReasonRequired)

    def test_a_day_off_that_a_moved_shift_takes_the_place_of_is_explained_too(self, life: Life) -> None:
        shift = life.record().entry_id
        assert shift
        asked = life.duane.change_shift(FlexType.COMPLETELY_CHANGED, shift, worked("09:00", "17:00", DAYS[1]))

        assert isinstance(life.desk.refused(asked), ReasonRequired)

    def test_switched_off_a_draft_changes_freely(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, explain_changes=False)
        shift = life.record().entry_id
        assert shift

        assert life.desk.do(life.duane.amend(shift, 1, worked("09:00", "16:00"))).entry_version == 2


def open_it(life: Life, person: UUID, revision: int = 1, is_draft: bool = False) -> None:
    """Somebody opens the details of Duane's week."""
    who = Agent(f"{life.org.slug}-looks", "Somebody")
    sheet_id = life.key.timesheet_id
    seen = Opened(sheet_id, revision, sheet_activity_id(sheet_id, revision), who, None, None, life.org.duane, is_draft)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        record_opened(session, Looker(life.org.tenant_id, person, who, person.hex[:16]), [seen], datetime.now(UTC))


class TestOpening:
    @pytest.fixture(autouse=True)
    def opening(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, view_before_approving=True)
        life.bring_to(State.SUBMITTED)

    def approval(self, life: Life) -> object:
        return life.desk.refused(life.roland.approve(life.desk.digest(life.key)))

    def test_nobody_approves_what_they_have_not_opened(self, life: Life) -> None:
        assert isinstance(self.approval(life), NotViewed)

        open_it(life, life.org.roland)
        assert life.approve().snapshot.state is State.APPROVED

    def test_what_somebody_else_opened_or_was_no_more_than_a_draft_does_not_count(self, life: Life) -> None:
        open_it(life, life.org.alex)
        open_it(life, life.org.roland, is_draft=True)

        assert isinstance(self.approval(life), NotViewed)

    def test_each_revision_is_opened_anew(self, life: Life) -> None:
        open_it(life, life.org.roland)
        life.desk.do(life.because(life.duane, "One more thing.").move(CommandKind.RECALL))
        life.submit()

        assert isinstance(self.approval(life), NotViewed)
        open_it(life, life.org.roland, 2)
        assert life.approve().snapshot.state is State.APPROVED

    def test_an_administrator_on_behalf_has_to_open_it_themselves(self, life: Life) -> None:
        open_it(life, life.org.roland)
        asked = life.suzanne_for(life.org.roland).approve(life.desk.digest(life.key))
        assert isinstance(life.desk.refused(asked), NotViewed)

        open_it(life, life.org.suzanne)
        assert life.desk.do(replace(asked, id=uuid4())).snapshot.state is State.APPROVED

    def test_a_rejection_needs_no_look(self, life: Life) -> None:
        assert life.reject().snapshot.state is State.REJECTED


class TestAnswering:
    @pytest.fixture(autouse=True)
    def answering(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, answer_acts_first=True)

    def act(self, life: Life) -> UUID:
        """Roland records something for Duane; the act."""
        asked = life.because(life.roland, "He forgot.").record(worked("09:00", "17:00"))
        life.desk.do(asked)
        return asked.id

    def say(self, life: Life, act: UUID, verdict: Verdict = Verdict.CONFIRMED) -> None:
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            answer(session, Answer(life.org.tenant_id, life.org.duane, act, verdict, WHY))

    def test_the_owner_answers_before_they_submit(self, life: Life) -> None:
        act = self.act(life)
        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))
        assert isinstance(refusal, ActsUnanswered)
        assert "Confirm or dispute" in refusal.message

        self.say(life, act)
        assert life.submit().snapshot.state is State.SUBMITTED
        assert life.approve().snapshot.state is State.APPROVED

    def test_what_is_submitted_for_somebody_waits_for_their_word_before_it_is_approved(self, life: Life) -> None:
        act = self.act(life)
        submitted = life.suzanne_for(life.org.duane).submit(life.desk.digest(life.key))
        life.desk.do(submitted)
        refusal = life.desk.refused(life.roland.approve(life.desk.digest(life.key)))
        assert isinstance(refusal, ActsUnanswered)
        assert "Duane Barry has not said yet" in refusal.message

        self.say(life, act)
        self.say(life, submitted.id)
        assert life.approve().snapshot.state is State.APPROVED

    def test_what_was_disputed_is_certified_anew_by_the_owner_before_it_is_approved(self, life: Life) -> None:
        act = self.act(life)
        submitted = life.suzanne_for(life.org.duane).submit(life.desk.digest(life.key))
        life.desk.do(submitted)
        self.say(life, act)
        self.say(life, submitted.id, Verdict.DISPUTED)
        refusal = life.desk.refused(life.roland.approve(life.desk.digest(life.key)))
        assert isinstance(refusal, ActsUnanswered)
        assert "disputes" in refusal.message

        life.reject()
        life.revise()
        life.submit()
        assert life.approve().snapshot.state is State.APPROVED

    def test_a_dispute_before_the_owner_certified_it_themselves_is_settled_by_that(self, life: Life) -> None:
        self.say(life, self.act(life), Verdict.DISPUTED)
        life.submit()

        assert life.approve().snapshot.state is State.APPROVED

    def test_nobody_can_ask_who_has_left(self, life: Life, owner_engine: Engine) -> None:
        self.act(life)
        change_person(owner_engine, life.org.duane, active=False)
        life.desk.do(life.suzanne_for(life.org.duane, "He left.").submit(life.desk.digest(life.key)))

        assert life.approve().snapshot.state is State.APPROVED

    def test_switched_off_nothing_waits(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, answer_acts_first=False)
        self.act(life)

        life.submit()
        assert life.approve().snapshot.state is State.APPROVED
        assert len(life.desk.rows(life.org.tenant_id, Submission)) == 1
        assert len(life.desk.rows(life.org.tenant_id, Decision)) == 1
