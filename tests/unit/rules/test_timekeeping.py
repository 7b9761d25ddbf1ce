"""The arithmetic of strict timekeeping."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.timekeeping import (
    CLOCKS_DIFFER,
    Accounted,
    ActAnswer,
    Missing,
    ahead,
    holds_back_approval,
    holds_back_submission,
    in_words,
    is_correction,
    unaccounted,
)

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
TUESDAY = date(2026, 11, 17)
SECOND = timedelta(seconds=1)
DAY = 444


class TestAhead:
    @pytest.mark.parametrize(
        ("start", "end", "field"),
        [
            (NOW - timedelta(hours=3), NOW, None),
            (NOW - timedelta(hours=3), NOW + CLOCKS_DIFFER, None),
            (NOW - timedelta(hours=3), NOW + CLOCKS_DIFFER + SECOND, "endTime"),
            (NOW + CLOCKS_DIFFER, None, None),
            (NOW + CLOCKS_DIFFER + SECOND, None, "startTime"),
            (NOW + timedelta(hours=1), NOW + timedelta(hours=2), "startTime"),
            (NOW - timedelta(hours=3), None, None),
        ],
    )
    def test_a_minute_is_left_for_clocks_that_differ(self, start: datetime, end: datetime, field: str | None) -> None:
        assert ahead(start, end, NOW) == field

    @given(st.datetimes(), st.timedeltas(timedelta(minutes=1), timedelta(days=2)), st.timezones())
    def test_it_is_the_same_in_every_zone(self, start: datetime, length: timedelta, zone: object) -> None:
        if not 1900 < start.year < 2200:
            return
        begun = start.replace(tzinfo=UTC)
        for now in (begun - timedelta(hours=1), begun, begun + length, begun + 2 * length):
            there = now.astimezone(zone)  # type: ignore[arg-type]
            assert ahead(begun, begun + length, there) == ahead(begun, begun + length, now)

    @given(st.timedeltas(-timedelta(days=9), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=2)))
    def test_what_has_ended_is_not_ahead_and_what_has_not_always_is(self, begun: timedelta, length: timedelta) -> None:
        end = NOW + begun + length
        assert (ahead(NOW + begun, end, NOW) is None) == (end <= NOW + CLOCKS_DIFFER)


class TestUnaccounted:
    def test_what_is_missing_is_said_by_day(self) -> None:
        plan = {TUESDAY: DAY, MONDAY: DAY}

        missing = unaccounted(plan, frozenset(), [Accounted(MONDAY, 440)])

        assert missing == (Missing(MONDAY, 4), Missing(TUESDAY, DAY))
        assert in_words(missing[1:]) == (
            "One working day is not accounted for: Tuesday 17 November (7.40 h). "
            "Record the work, the absence or the leave, then submit."
        )
        assert in_words(missing).startswith("2 working days are not accounted for: Monday 16 November (0.07 h); Tue")

    def test_a_whole_day_accounts_for_all_of_its_day_and_of_no_other(self) -> None:
        plan = {MONDAY: DAY, TUESDAY: DAY}

        assert unaccounted(plan, frozenset(), [Accounted(MONDAY, 0, is_whole_day=True)]) == (Missing(TUESDAY, DAY),)

    def test_a_whole_day_is_not_taken_back_by_what_else_was_worked_on_it(self) -> None:
        both = [Accounted(MONDAY, 0, is_whole_day=True), Accounted(MONDAY, 30)]

        assert unaccounted({MONDAY: DAY}, frozenset(), both) == ()
        assert unaccounted({MONDAY: DAY}, frozenset(), both[::-1]) == ()

    def test_public_holidays_and_days_without_a_plan_need_nothing(self) -> None:
        assert unaccounted({MONDAY: DAY, TUESDAY: 0}, {MONDAY}, []) == ()

    @given(
        st.dictionaries(st.dates(MONDAY, MONDAY + timedelta(days=6)), st.integers(0, 600)),
        st.lists(st.builds(Accounted, st.dates(MONDAY, MONDAY + timedelta(days=6)), st.integers(0, 900))),
    )
    def test_nothing_is_missing_exactly_where_a_day_has_its_plan(
        self, plan: dict[date, int], entries: list[Accounted]
    ) -> None:
        done = {day: sum(entry.minutes for entry in entries if entry.day == day) for day in plan}

        missing = unaccounted(plan, frozenset(), entries)

        expected = {day: minutes - done[day] for day, minutes in plan.items() if minutes > done[day]}
        assert {each.day: each.minutes for each in missing} == expected
        assert list(missing) == sorted(missing, key=lambda each: each.day)


@pytest.mark.parametrize(
    ("was_confirmed", "was_running", "only_ends", "expected"),
    [
        (True, False, False, True),
        (True, False, True, True),
        (True, True, False, True),
        (True, True, True, False),
        (False, False, False, False),
        (False, True, True, False),
    ],
)
def test_confirming_and_ending_correct_nothing(
    was_confirmed: bool, was_running: bool, only_ends: bool, expected: bool
) -> None:
    said = is_correction(was_confirmed=was_confirmed, was_running=was_running, only_ends=only_ends)

    assert said is expected


class TestAnswers:
    CONFIRMED = ActAnswer(NOW)
    DISPUTED = ActAnswer(NOW, is_disputed=True)

    def test_what_is_not_answered_holds_back_both(self) -> None:
        assert holds_back_submission([self.CONFIRMED, ActAnswer()])
        assert holds_back_approval([self.CONFIRMED, ActAnswer()], NOW, by_owner=True) == "unanswered"

    def test_what_is_confirmed_holds_back_nothing(self) -> None:
        assert not holds_back_submission([self.CONFIRMED])
        assert holds_back_approval([self.CONFIRMED], NOW - SECOND, by_owner=False) is None

    @pytest.mark.parametrize(
        ("submitted_at", "by_owner", "held"),
        [
            (NOW, True, None),
            (NOW + SECOND, True, None),
            (NOW - SECOND, True, "disputed"),
            (NOW + SECOND, False, "disputed"),
        ],
    )
    def test_a_dispute_ends_when_the_owner_certifies_it_themselves(
        self, submitted_at: datetime, by_owner: bool, held: str | None
    ) -> None:
        assert not holds_back_submission([self.DISPUTED])
        assert holds_back_approval([self.DISPUTED], submitted_at, by_owner) == held
