"""What time does to a timesheet and when: each row of the table of deadlines, by the working hours of the office."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendars import PublicHolidays
from models.rules.deadlines import (
    MOST_ESCALATIONS,
    Deadline,
    Timed,
    TimeRules,
    What,
    deadlines,
    due,
    next_due,
    next_escalation,
)
from models.rules.periods import Period
from models.rules.transitions import State
from models.rules.working_time import WorkingCalendar
from tests.factories import LONDON, MONDAY, at

WEEK = Period(MONDAY, MONDAY + timedelta(days=6))
RULES = TimeRules(WorkingCalendar(LONDON, holidays=PublicHolidays("GB-ENG")))
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=days) for days in range(1, 5))
NEXT = MONDAY + timedelta(days=7)
LONG_AGO = at(MONDAY - timedelta(days=300), "09:00")

DRAFT = Timed(State.DRAFT, at(MONDAY, "08:00"), WEEK, LONDON)
SUBMITTED = Timed(State.SUBMITTED, at(FRIDAY, "16:00"), WEEK, LONDON)


def _said(found: list[Deadline]) -> list[tuple[What, datetime]]:
    return [(each.what, each.at) for each in found]


def _only(rules: TimeRules, what: What) -> TimeRules:
    """The same rules without the others."""
    return replace(
        rules,
        remind_to_record=what is What.REMIND_TO_RECORD,
        submit_grace_hours=rules.submit_grace_hours
        if what in (What.REMIND_TO_SUBMIT, What.TELL_NOT_SUBMITTED)
        else None,
        remind_after_hours=rules.remind_after_hours if what is What.NUDGE else None,
        escalate_after_hours=rules.escalate_after_hours if what is What.ESCALATE else None,
    )


class TestWhileItIsOwed:
    """Reminders to the owner, and word to the supervisor."""

    def test_the_morning_after_each_working_day_asks_for_that_day(self) -> None:
        found = deadlines(DRAFT, _only(RULES, What.REMIND_TO_RECORD))

        assert [(each.day, each.at) for each in found] == [
            (MONDAY, at(TUESDAY, "09:00")),
            (TUESDAY, at(WEDNESDAY, "09:00")),
            (WEDNESDAY, at(THURSDAY, "09:00")),
            (THURSDAY, at(FRIDAY, "09:00")),
            (FRIDAY, at(NEXT, "09:00")),
        ]

    def test_nobody_is_asked_for_a_public_holiday_nor_on_one(self) -> None:
        week = Period(MONDAY.replace(month=12, day=21), MONDAY.replace(month=12, day=27))
        draft = replace(DRAFT, period=week)

        found = deadlines(draft, _only(RULES, What.REMIND_TO_RECORD))
        assert [each.day and each.day.day for each in found] == [21, 22, 23, 24]
        assert found[-1].at == at(MONDAY.replace(month=12, day=29), "09:00")  # past Christmas and the Monday instead

    def test_a_day_is_over_where_its_owner_is(self) -> None:
        """The office in Auckland opens its Tuesday while it is still Monday in Los Angeles."""
        auckland = replace(RULES, calendar=WorkingCalendar(ZoneInfo("Pacific/Auckland")))
        far_away = replace(DRAFT, zone=ZoneInfo("America/Los_Angeles"))

        first = deadlines(far_away, _only(auckland, What.REMIND_TO_RECORD))[0]
        assert first.day == MONDAY
        assert first.at == datetime(2026, 11, 17, 12, tzinfo=ZoneInfo("America/Los_Angeles"))

    def test_the_owner_is_reminded_after_the_grace_and_the_supervisor_told_after_as_much_again(self) -> None:
        assert _said(deadlines(DRAFT, _only(RULES, What.REMIND_TO_SUBMIT))) == [
            (What.REMIND_TO_SUBMIT, at(NEXT, "17:00")),
            (What.TELL_NOT_SUBMITTED, at(NEXT + timedelta(days=1), "17:00")),
        ]

    @pytest.mark.parametrize("state", [State.DRAFT, State.REJECTED])
    def test_what_was_sent_back_or_opened_again_is_owed_from_then_on(self, state: State) -> None:
        sent_back = Timed(state, at(NEXT + timedelta(days=2), "15:00"), WEEK, LONDON)

        assert _said(deadlines(sent_back, _only(RULES, What.REMIND_TO_SUBMIT))) == [
            (What.REMIND_TO_SUBMIT, at(NEXT + timedelta(days=3), "15:00")),
            (What.TELL_NOT_SUBMITTED, at(NEXT + timedelta(days=4), "15:00")),
        ]

    def test_what_was_sent_back_before_its_period_ended_is_owed_from_the_end_on(self) -> None:
        sent_back = Timed(State.REJECTED, at(WEDNESDAY, "15:00"), WEEK, LONDON)

        assert deadlines(sent_back, RULES)[0] == Deadline(at(NEXT, "17:00"), What.REMIND_TO_SUBMIT)

    def test_the_period_ends_where_its_owner_is(self) -> None:
        four_days = replace(DRAFT, period=Period(MONDAY, THURSDAY), zone=ZoneInfo("Pacific/Auckland"))

        # Their Thursday ends at eleven in London.
        assert deadlines(four_days, _only(RULES, What.REMIND_TO_SUBMIT))[0].at == at(FRIDAY, "11:00")

    def test_a_rejected_sheet_is_not_asked_for_single_days(self) -> None:
        rejected = replace(DRAFT, state=State.REJECTED)

        assert What.REMIND_TO_RECORD not in {each.what for each in deadlines(rejected, RULES)}


class TestWhileItIsSubmitted:
    """A nudge, then one more approver after the other."""

    def test_whoever_is_asked_is_nudged_once(self) -> None:
        nudges = _only(RULES, What.NUDGE)

        assert _said(deadlines(SUBMITTED, nudges)) == [(What.NUDGE, at(NEXT + timedelta(days=1), "16:00"))]

    def test_the_next_approver_is_asked_after_so_many_hours_and_the_next_after_as_many_again(self) -> None:
        found = deadlines(SUBMITTED, _only(RULES, What.ESCALATE))

        assert _said(found) == [
            (What.ESCALATE, at(FRIDAY + timedelta(days=7), "16:00")),
            (What.ESCALATE, at(FRIDAY + timedelta(days=14), "16:00")),
        ]

    def test_after_one_escalation_the_next_one_counts_from_the_submission_still(self) -> None:
        once = replace(SUBMITTED, escalations=1)

        assert deadlines(once, _only(RULES, What.ESCALATE))[0].at == at(FRIDAY + timedelta(days=14), "16:00")

    def test_when_nobody_is_left_to_be_asked_nothing_escalates(self) -> None:
        last = replace(SUBMITTED, may_escalate=False)

        assert {each.what for each in deadlines(last, RULES)} == {What.NUDGE}

    def test_there_is_an_end_to_it(self) -> None:
        often = replace(SUBMITTED, escalations=MOST_ESCALATIONS)

        assert deadlines(often, _only(RULES, What.ESCALATE)) == []
        assert len(deadlines(replace(often, escalations=MOST_ESCALATIONS - 1), _only(RULES, What.ESCALATE))) == 1

    def test_the_forecast_is_the_next_escalation(self) -> None:
        assert next_escalation(SUBMITTED, RULES) == at(FRIDAY + timedelta(days=7), "16:00")
        assert next_escalation(replace(SUBMITTED, escalations=1), RULES) == at(FRIDAY + timedelta(days=14), "16:00")
        assert next_escalation(replace(SUBMITTED, may_escalate=False), RULES) is None
        assert next_escalation(replace(SUBMITTED, escalations=MOST_ESCALATIONS), RULES) is None
        assert next_escalation(DRAFT, RULES) is None

    def test_the_forecast_passes_nobody_over_however_late_it_is(self) -> None:
        when = next_escalation(SUBMITTED, RULES)

        assert when is not None
        late = due(SUBMITTED, RULES, None, when + timedelta(days=30))
        assert next(each.at for each in late if each.what is What.ESCALATE) == when

    def test_easter_is_no_time_to_decide_in(self) -> None:
        maundy_thursday = MONDAY.replace(month=4, day=2)
        submitted = replace(SUBMITTED, since=at(maundy_thursday, "12:00"))

        assert deadlines(submitted, RULES)[0].at == at(maundy_thursday + timedelta(days=6), "12:00")


@pytest.mark.parametrize("state", [State.APPROVED, State.LOCKED])
def test_nothing_happens_to_what_is_decided(state: State) -> None:
    decided = replace(SUBMITTED, state=state)

    assert deadlines(decided, RULES) == []
    assert next_due(decided, RULES, LONG_AGO) is None


@pytest.mark.parametrize("sheet", [DRAFT, SUBMITTED, replace(DRAFT, state=State.REJECTED)])
def test_an_organisation_that_wants_none_of_it_has_none(sheet: Timed) -> None:
    nothing = TimeRules(RULES.calendar, False, None, None, None)

    assert deadlines(sheet, nothing) == []


class TestWhatIsDue:
    """What has come and was not seen to."""

    NUDGE = at(NEXT + timedelta(days=1), "16:00")
    FIRST = at(FRIDAY + timedelta(days=7), "16:00")
    SECOND = at(FRIDAY + timedelta(days=14), "16:00")
    A_LITTLE = timedelta(seconds=1)

    def test_nothing_is_due_before_its_time(self) -> None:
        assert due(SUBMITTED, RULES, SUBMITTED.since, self.NUDGE - self.A_LITTLE) == []
        assert next_due(SUBMITTED, RULES, SUBMITTED.since) == self.NUDGE

    def test_it_is_due_at_the_very_moment_and_once(self) -> None:
        assert _said(due(SUBMITTED, RULES, SUBMITTED.since, self.NUDGE)) == [(What.NUDGE, self.NUDGE)]
        assert due(SUBMITTED, RULES, self.NUDGE, self.NUDGE) == []
        assert next_due(SUBMITTED, RULES, self.NUDGE) == self.FIRST

    def test_what_nobody_saw_to_comes_all_at_once_when_somebody_is_there_again(self) -> None:
        found = due(SUBMITTED, RULES, SUBMITTED.since, self.SECOND)

        assert [each.what for each in found] == [What.NUDGE, What.ESCALATE, What.ESCALATE]

    def test_an_escalation_that_was_not_made_is_due_whatever_was_seen_to_since(self) -> None:
        """The rules were changed after the nudge: what would have been due before it still has to be done."""
        soon = replace(RULES, escalate_after_hours=8)
        seen = self.NUDGE + self.A_LITTLE

        assert [each.what for each in due(SUBMITTED, soon, seen, seen)] == [What.ESCALATE, What.ESCALATE]
        assert next_due(SUBMITTED, soon, seen) == at(NEXT, "16:00")

    def test_reminders_of_before_are_not_sent_again_when_the_rules_change(self) -> None:
        sooner = replace(RULES, remind_after_hours=1)
        seen = self.NUDGE + self.A_LITTLE

        assert due(SUBMITTED, sooner, seen, seen) == []


TIMES = st.integers(-20 * 24 * 60, 60 * 24 * 60).map(lambda minutes: at(MONDAY, "12:00") + timedelta(minutes=minutes))
HOURS = st.none() | st.integers(1, 60)


@given(
    state=st.sampled_from(State),
    since=TIMES,
    escalations=st.integers(0, MOST_ESCALATIONS),
    may_escalate=st.booleans(),
    record=st.booleans(),
    hours=st.tuples(HOURS, HOURS, HOURS),
    looks=st.lists(TIMES, min_size=1, max_size=8),
)
def test_looking_whenever_it_is_due_does_everything_once_and_nothing_before_its_time(
    state: State,
    since: datetime,
    escalations: int,
    may_escalate: bool,
    record: bool,
    hours: tuple[int | None, int | None, int | None],
    looks: list[datetime],
) -> None:
    sheet = Timed(state, since, WEEK, LONDON, escalations, may_escalate)
    rules = TimeRules(WorkingCalendar(LONDON, starts=time(8)), record, *hours)
    seen = since
    done: list[Deadline] = []
    for now in sorted(look for look in looks if look > since):
        found = due(sheet, rules, seen, now)
        expected = next_due(sheet, rules, seen)
        assert bool(found) == (expected is not None and expected <= now)
        assert all(each.at <= now for each in found)
        done += found
        escalated = sum(each.what is What.ESCALATE for each in found)
        sheet, seen = replace(sheet, escalations=sheet.escalations + escalated), now
    assert len(done) == len(set(done))
