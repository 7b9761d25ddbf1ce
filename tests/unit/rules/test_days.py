import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.rules.days import (
    NaiveTime,
    NegativeMealBreak,
    OutsideCalendar,
    Segment,
    day_bounds,
    first_instant,
    local_date,
    split_by_local_day,
    take_off_meal_break,
)

VECTORS = Path(__file__).parents[2] / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "timecard_accruals.json").read_text())["splits"]
LONDON = ZoneInfo("Europe/London")

# Offsets of whole hours, halves and quarters; clocks that change by half an hour or two hours, at midnight,
# just after it, and in the evening; and zones that have left out a whole day.
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/London",
        "America/New_York",
        "America/Sao_Paulo",
        "America/Havana",
        "America/St_Johns",
        "America/Nuuk",
        "Atlantic/Azores",
        "Africa/Casablanca",
        "Asia/Beirut",
        "Asia/Dhaka",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Antarctica/Casey",
        "Antarctica/Troll",
        "Pacific/Apia",
        "Pacific/Kiritimati",
    )
]
zones = st.sampled_from(ZONES)
instants = st.timedeltas(timedelta(0), timedelta(days=24_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
changes = st.sampled_from(
    [
        datetime(2023, 3, 26, 1, tzinfo=UTC),  # London goes forward
        datetime(2023, 10, 29, 1, tzinfo=UTC),  # London goes back
        datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo goes forward at midnight
        datetime(2018, 2, 18, 2, tzinfo=UTC),  # Sao Paulo goes back at midnight
        datetime(2023, 11, 5, 5, tzinfo=UTC),  # Havana has midnight twice
        datetime(2009, 6, 19, 17, tzinfo=UTC),  # Dhaka skips the last hour of a day
        datetime(2010, 11, 7, 2, 31, tzinfo=UTC),  # Newfoundland goes back across midnight
        datetime(2010, 3, 4, 15, tzinfo=UTC),  # Casey goes back three hours across midnight
        datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia skips a day
        datetime(2023, 4, 1, 15, tzinfo=UTC),  # Lord Howe goes back half an hour
    ]
)
near_changes = st.builds(lambda at, off: at + off, changes, st.timedeltas(timedelta(hours=-30), timedelta(hours=30)))
moments = instants | near_changes
durations = st.timedeltas(timedelta(0), timedelta(days=5))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_shared_cases_split_at_local_midnights(case: dict[str, Any]) -> None:
    segments = split_by_local_day(datetime.fromisoformat(case["start"]), datetime.fromisoformat(case["end"]), LONDON)
    shown = [
        [moment.astimezone(LONDON).isoformat(timespec="minutes") for moment in (segment.start, segment.end)]
        for segment in segments
    ]
    assert shown == case["expect"]


def test_a_night_over_the_spring_change_is_an_hour_shorter() -> None:
    start, end = datetime(2023, 3, 26, 0, tzinfo=LONDON), datetime(2023, 3, 26, 6, tzinfo=LONDON)
    assert [segment.minutes for segment in split_by_local_day(start, end, LONDON)] == [300]


def test_a_night_over_the_autumn_change_is_an_hour_longer() -> None:
    start, end = datetime(2023, 10, 29, 0, tzinfo=LONDON), datetime(2023, 10, 29, 6, tzinfo=LONDON)
    assert [segment.minutes for segment in split_by_local_day(start, end, LONDON)] == [420]


def test_an_entry_that_ends_at_midnight_gives_nothing_to_the_next_day() -> None:
    start, end = datetime(2023, 4, 18, 22, tzinfo=LONDON), datetime(2023, 4, 19, tzinfo=LONDON)
    assert [segment.day for segment in split_by_local_day(start, end, LONDON)] == [date(2023, 4, 18)]


def test_nothing_is_split_into_nothing() -> None:
    noon = datetime(2023, 4, 18, 12, tzinfo=UTC)
    assert split_by_local_day(noon, noon, LONDON) == split_by_local_day(noon, noon - timedelta(1), LONDON) == ()


def test_a_part_of_a_minute_is_carried_over_midnight() -> None:
    start, end = datetime(2023, 1, 18, 23, 59, 30, tzinfo=UTC), datetime(2023, 1, 19, 0, 0, 30, tzinfo=UTC)
    assert [segment.minutes for segment in split_by_local_day(start, end, LONDON)] == [0, 1]


def test_an_entry_belongs_to_the_local_date_it_starts_on() -> None:
    assert local_date(datetime(2023, 4, 18, 23, 30, tzinfo=UTC), LONDON) == date(2023, 4, 19)
    assert local_date(datetime(2023, 1, 18, 23, 30, tzinfo=UTC), LONDON) == date(2023, 1, 18)


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_do() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    start, _ = day_bounds(date(2018, 11, 4), sao_paulo)
    assert start.astimezone(sao_paulo).isoformat() == "2018-11-04T01:00:00-02:00"


def test_a_day_whose_midnight_comes_twice_begins_at_the_first() -> None:
    havana = ZoneInfo("America/Havana")
    start, end = day_bounds(date(2023, 11, 5), havana)
    assert end - start == timedelta(hours=25)


def test_a_gap_around_midnight_moves_the_beginning_of_the_day_to_its_end() -> None:
    toronto = ZoneInfo("America/Toronto")
    start, _ = day_bounds(date(1919, 3, 31), toronto)
    assert start.astimezone(toronto).isoformat() == "1919-03-31T00:30:00-04:00"


def test_a_day_that_a_zone_left_out_is_empty() -> None:
    start, end = day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert start == end


def test_the_repeated_hour_before_midnight_belongs_to_the_day_that_has_begun() -> None:
    newfoundland = ZoneInfo("America/St_Johns")
    again = datetime(2010, 11, 6, 23, 30, tzinfo=newfoundland, fold=1)
    assert local_date(again, newfoundland) == date(2010, 11, 7)
    (segment,) = split_by_local_day(again, again.astimezone(UTC) + timedelta(hours=1), newfoundland)
    assert (segment.day, segment.minutes) == (date(2010, 11, 7), 60)


def test_a_clock_time_is_the_first_instant_that_shows_it() -> None:
    assert first_instant(date(2023, 10, 29), time(1, 30), LONDON) == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)


def test_a_skipped_clock_time_is_the_instant_of_the_skip() -> None:
    assert first_instant(date(2023, 3, 26), time(1, 30), LONDON) == datetime(2023, 3, 26, 1, tzinfo=UTC)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTime, match="no offset"):
        local_date(datetime.fromisoformat("2023-04-18T09:00"), LONDON)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_edges_of_the_calendar_are_refused(year: int) -> None:
    with pytest.raises(OutsideCalendar, match="between 2 and 9998"):
        local_date(datetime(year, 6, 1, tzinfo=UTC), LONDON)
    with pytest.raises(OutsideCalendar):
        day_bounds(date(year, 6, 1), LONDON)


@given(moments, durations, zones)
def test_minutes_are_conserved_by_the_split(start: datetime, duration: timedelta, zone: ZoneInfo) -> None:
    segments = split_by_local_day(start, start + duration, zone)
    assert sum(segment.minutes for segment in segments) == duration // timedelta(minutes=1)
    assert all(segment.minutes >= 0 for segment in segments)


@given(moments, durations, zones)
@example(datetime(2010, 11, 6, 12, tzinfo=UTC), timedelta(days=2), ZoneInfo("America/St_Johns"))
def test_segments_follow_each_other_one_for_each_day(start: datetime, duration: timedelta, zone: ZoneInfo) -> None:
    segments = split_by_local_day(start, start + duration, zone)
    assert [segment.end for segment in segments[:-1]] == [segment.start for segment in segments[1:]]
    assert [segment.day for segment in segments] == sorted({segment.day for segment in segments})
    assert all(segment.start < segment.end for segment in segments)
    if segments:
        assert (segments[0].start, segments[-1].end) == (start, start + duration)


@given(moments, durations, zones)
def test_a_segment_lies_within_its_day(start: datetime, duration: timedelta, zone: ZoneInfo) -> None:
    for segment in split_by_local_day(start, start + duration, zone):
        begins, ends = day_bounds(segment.day, zone)
        assert begins <= segment.start < segment.end <= ends
        assert local_date(segment.start, zone) == segment.day


@given(moments, zones)
def test_an_instant_is_within_the_bounds_of_its_day(instant: datetime, zone: ZoneInfo) -> None:
    begins, ends = day_bounds(local_date(instant, zone), zone)
    assert begins <= instant < ends


def segments_of(*minutes: int) -> tuple[Segment, ...]:
    def segment(day: int, length: int) -> Segment:
        start = datetime(2023, 4, day, tzinfo=UTC)
        return Segment(start.date(), start, start + timedelta(minutes=length), length)

    return tuple(segment(day, length) for day, length in enumerate(minutes, start=1))


@pytest.mark.parametrize(
    ("before", "rest", "after"),
    [
        ((480,), 30, [450]),
        ((60, 420), 30, [60, 390]),
        ((420, 60), 450, [0, 30]),
        ((60, 200, 100), 330, [30, 0, 0]),
        ((120, 120), 30, [90, 120]),
        ((480,), 0, [480]),
        ((60, 30), 500, [0, 0]),
        ((), 30, []),
    ],
)
def test_a_meal_break_comes_off_the_longest_segment_then_the_next(
    before: tuple[int, ...], rest: int, after: list[int]
) -> None:
    assert [segment.minutes for segment in take_off_meal_break(segments_of(*before), rest)] == after


def test_a_meal_break_below_zero_is_refused() -> None:
    with pytest.raises(NegativeMealBreak, match="use 0 or more"):
        take_off_meal_break(segments_of(60), -1)


@given(st.lists(st.integers(0, 1440), max_size=6), st.integers(0, 10_000))
def test_a_meal_break_takes_what_it_says_and_never_more_than_there_is(minutes: list[int], rest: int) -> None:
    before = segments_of(*minutes)
    after = take_off_meal_break(before, rest)
    assert sum(segment.minutes for segment in after) == max(0, sum(minutes) - rest)
    assert all(0 <= new.minutes <= old.minutes for old, new in zip(before, after, strict=True))
    assert [(segment.day, segment.start, segment.end) for segment in after] == [
        (segment.day, segment.start, segment.end) for segment in before
    ]
