"""Where hours are put of which only the length is known."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.days import local_date
from models.rules.local_times import Clock, RepeatedTime, SkippedTime
from models.rules.overlap import Span
from models.rules.placing import USUAL, NoRoom, moved_by, place, times_on, usual_start
from models.rules.typed_hours import ClockRange

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 16)
CLOCKS_FORWARD = date(2027, 3, 28)
CLOCKS_BACK = date(2026, 10, 25)
WEEK = timedelta(days=7)


def at(day: date, clock: str, zone: ZoneInfo = LONDON, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock)).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def span(start: str, end: str | None, day: date = MONDAY, end_day: date | None = None) -> Span:
    return Span(at(day, start), at(end_day or day, end) if end else None)


def shown(times: tuple[datetime, datetime], zone: ZoneInfo = LONDON) -> str:
    return " ".join(f"{each.astimezone(zone):%H:%M}" for each in times)


class TestUsualStart:
    def test_it_is_when_most_days_begin(self) -> None:
        days = [MONDAY + timedelta(days=number) for number in range(3)]
        starts = [at(days[0], "08:00"), at(days[1], "07:30"), at(days[2], "08:00"), at(days[1], "12:00")]

        assert usual_start(starts, LONDON) == time(8)

    def test_of_two_equally_frequent_ones_it_is_the_earlier(self) -> None:
        assert usual_start([at(MONDAY, "10:00"), at(MONDAY + WEEK, "08:15")], LONDON) == time(8, 15)

    def test_it_is_local_whatever_the_clocks_did_meanwhile(self) -> None:
        starts = [at(CLOCKS_BACK - WEEK, "08:00"), at(CLOCKS_BACK + WEEK, "08:00"), at(MONDAY, "09:00")]

        assert usual_start(starts, LONDON) == time(8)

    def test_who_has_recorded_nothing_begins_at_nine(self) -> None:
        assert usual_start([], LONDON) == USUAL == time(9)


class TestPlace:
    def test_an_empty_day_begins_at_the_usual_time(self) -> None:
        assert shown(place(MONDAY, 450, [], time(8), LONDON)) == "08:00 15:30"

    def test_what_is_there_is_followed(self) -> None:
        there = [span("13:00", "14:00"), span("09:00", "12:00")]

        assert shown(place(MONDAY, 60, there, time(8), LONDON)) == "14:00 15:00"

    def test_what_still_runs_and_what_is_of_other_days_is_not(self) -> None:
        tomorrow = MONDAY + timedelta(days=1)

        assert shown(
            place(MONDAY, 60, [span("12:00", None), span("07:00", "9:30".zfill(5), tomorrow)], USUAL, LONDON)
        ) == ("09:00 10:00")

    def test_a_night_before_that_ends_later_is_followed(self) -> None:
        night = span("22:00", "09:30", MONDAY - timedelta(days=1), MONDAY)

        assert shown(place(MONDAY, 60, [night], time(9), LONDON)) == "09:30 10:30"

    def test_after_a_night_there_is_no_room_on_the_day_it_began(self) -> None:
        night = span("22:00", "06:00", MONDAY, MONDAY + timedelta(days=1))

        with pytest.raises(NoRoom, match="ends at 06:00 on Tuesday"):
            place(MONDAY, 60, [night], USUAL, LONDON)

    def test_a_usual_time_that_the_clocks_skip_is_the_next_that_there_is(self) -> None:
        assert shown(place(CLOCKS_FORWARD, 60, [], time(1, 30), LONDON)) == "02:00 03:00"

    def test_a_usual_time_that_comes_twice_is_the_first(self) -> None:
        start, end = place(CLOCKS_BACK, 60, [], time(1, 30), LONDON)

        assert start == at(CLOCKS_BACK, "01:30")
        assert end == at(CLOCKS_BACK, "01:30", fold=1)

    def test_minutes_are_elapsed_ones(self) -> None:
        assert shown(place(CLOCKS_FORWARD, 120, [], time(0, 30), LONDON)) == "00:30 03:30"
        assert shown(place(CLOCKS_BACK, 120, [], time(0, 30), LONDON)) == "00:30 01:30"

    @given(
        st.dates(date(2020, 1, 1), date(2035, 12, 31)),
        st.integers(1, 1440),
        st.times(),
        st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 900)), max_size=4),
    )
    def test_what_is_placed_is_as_long_as_asked_on_its_day_and_after_everything(
        self, day: date, minutes: int, usual: time, name: str, others: list[tuple[int, int]]
    ) -> None:
        zone, usual = ZoneInfo(name), usual.replace(second=0, microsecond=0)
        begins = at(day, "00:00", zone)
        there = [
            Span(begins + timedelta(minutes=start - 300), begins + timedelta(minutes=start - 300 + length))
            for start, length in others
        ]
        try:
            start, end = place(day, minutes, there, usual, zone)
        except NoRoom:
            assert any(local_date(other.end, zone) > day for other in there if other.end)
            return
        assert local_date(start, zone) == day
        assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(minutes=minutes)
        assert all(other.end <= start for other in there if other.end and local_date(other.start, zone) <= day)


class TestTimesOn:
    def test_an_end_before_the_start_is_on_the_next_day(self) -> None:
        start, end = times_on(MONDAY, ClockRange(Clock(22), Clock(6)), LONDON)

        assert (start, end) == (at(MONDAY, "22:00"), at(MONDAY + timedelta(days=1), "06:00"))

    def test_what_the_clocks_skip_or_show_twice_is_not_guessed(self) -> None:
        with pytest.raises(SkippedTime):
            times_on(CLOCKS_FORWARD, ClockRange(Clock(1, 30), Clock(9)), LONDON)
        with pytest.raises(RepeatedTime):
            times_on(CLOCKS_BACK, ClockRange(Clock(1, 30), Clock(9)), LONDON)


class TestMovedBy:
    def test_the_clock_on_the_wall_stays(self) -> None:
        before = at(CLOCKS_FORWARD - WEEK, "09:00")

        assert moved_by(before, WEEK, LONDON) == at(CLOCKS_FORWARD, "09:00")

    def test_a_time_that_is_skipped_is_the_next_that_there_is(self) -> None:
        assert moved_by(at(CLOCKS_FORWARD - WEEK, "01:15"), WEEK, LONDON) == at(CLOCKS_FORWARD, "02:00")

    def test_a_time_that_comes_twice_is_the_first(self) -> None:
        assert moved_by(at(CLOCKS_BACK - WEEK, "01:15"), WEEK, LONDON) == at(CLOCKS_BACK, "01:15", fold=0)
