from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.days import ONE_MINUTE, OutsideCalendar
from models.rules.local_times import (
    Clock,
    Fold,
    NotAStart,
    RepeatedTime,
    SkippedTime,
    UnreadableTime,
    parse_clock,
    resolve_local,
)

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2023, 3, 26), date(2023, 10, 29)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("9", Clock(9)),
        ("09", Clock(9)),
        ("9:30", Clock(9, 30)),
        ("09:30", Clock(9, 30)),
        ("9.30", Clock(9, 30)),
        ("0930", Clock(9, 30)),
        (" 17:05 ", Clock(17, 5)),
        ("0", Clock(0)),
        ("23:59", Clock(23, 59)),
    ],
)
def test_a_time_may_be_typed_in_the_ways_people_write_it(text: str, clock: Clock) -> None:
    assert parse_clock(text) == clock


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9am",
        "nine",
        "9:5",
        "9:",
        ":30",
        "930",
        "09:30:00",
        "-1",
        "25",
        "9:60",
        "0960",
        "24:01",
        "2430",
        "9 30",
        "9,30",
        "\u0669",
        "\uff19",
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnreadableTime, match=r"not a time of day: write it like 9, 9:30, 9\.30 or 0930"):
        parse_clock(text, as_end=True)


def test_what_was_typed_is_quoted_but_not_at_any_length() -> None:
    with pytest.raises(UnreadableTime) as refusal:
        parse_clock("x" * 10_000)
    assert refusal.value.text == "x" * 10_000
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize("text", ["24", "24:00", "24.00", "2400"])
def test_a_day_may_end_but_not_start_at_24_00(text: str) -> None:
    assert parse_clock(text, as_end=True) == Clock(24)
    with pytest.raises(NotAStart, match="00:00 of the next day"):
        parse_clock(text)


def test_24_00_is_the_next_midnight() -> None:
    assert resolve_local(date(2023, 4, 18), Clock(24), LONDON).isoformat() == "2023-04-19T00:00:00+01:00"


@pytest.mark.parametrize(("clock", "text"), [(Clock(9, 5), "09:05"), (Clock(24), "24:00")])
def test_a_clock_is_written_with_four_digits(clock: Clock, text: str) -> None:
    assert str(clock) == text


def test_a_local_time_becomes_an_instant_with_its_offset() -> None:
    assert resolve_local(date(2023, 4, 18), Clock(9), LONDON).isoformat() == "2023-04-18T09:00:00+01:00"
    assert resolve_local(date(2023, 1, 18), Clock(9), LONDON).isoformat() == "2023-01-18T09:00:00+00:00"


def test_the_difference_of_two_such_times_is_elapsed_time() -> None:
    night = resolve_local(SPRING, Clock(6), LONDON) - resolve_local(SPRING, Clock(0), LONDON)
    assert night == timedelta(hours=5)


def test_a_time_that_the_clocks_skip_is_refused_with_its_nearest_neighbours() -> None:
    with pytest.raises(SkippedTime, match=r"no 01:30 on 26 March 2023.*use 00:59 or 02:00") as refusal:
        resolve_local(SPRING, Clock(1, 30), LONDON)
    assert refusal.value.before.isoformat() == "2023-03-26T00:59:00+00:00"
    assert refusal.value.after.isoformat() == "2023-03-26T02:00:00+01:00"


def test_a_skipped_time_does_not_exist_however_it_is_chosen() -> None:
    with pytest.raises(SkippedTime):
        resolve_local(SPRING, Clock(1, 30), LONDON, fold=1)


def test_the_edges_of_the_gap_exist() -> None:
    assert resolve_local(SPRING, Clock(0, 59), LONDON).utcoffset() == timedelta(0)
    assert resolve_local(SPRING, Clock(2), LONDON).utcoffset() == timedelta(hours=1)


def test_a_time_that_happens_twice_is_asked_back_with_both_instants() -> None:
    with pytest.raises(RepeatedTime, match=r"01:30 happens twice on 29 October 2023.*UTC\+01:00.*UTC") as refusal:
        resolve_local(AUTUMN, Clock(1, 30), LONDON)
    assert refusal.value.first.isoformat() == "2023-10-29T01:30:00+01:00"
    assert refusal.value.second.isoformat() == "2023-10-29T01:30:00+00:00"


def test_the_answer_chooses_one_of_the_two() -> None:
    assert resolve_local(AUTUMN, Clock(1, 30), LONDON, fold=0).isoformat() == "2023-10-29T01:30:00+01:00"
    assert resolve_local(AUTUMN, Clock(1, 30), LONDON, fold=1).isoformat() == "2023-10-29T01:30:00+00:00"


def test_an_answer_nobody_asked_for_does_no_harm() -> None:
    assert resolve_local(AUTUMN, Clock(9), LONDON, fold=1) == resolve_local(AUTUMN, Clock(9), LONDON)


def test_the_end_of_a_day_may_be_skipped_too() -> None:
    with pytest.raises(SkippedTime, match="use 23:59 or 01:00"):
        resolve_local(date(2018, 11, 3), Clock(24), ZoneInfo("America/Sao_Paulo"))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_edges_of_the_calendar_are_refused(day: date) -> None:
    with pytest.raises(OutsideCalendar):
        resolve_local(day, Clock(24), LONDON)


moments = st.integers(0, 24_000 * 24 * 60).map(lambda minutes: datetime(1970, 1, 1, tzinfo=UTC) + minutes * ONE_MINUTE)
zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/London", "America/Havana", "Australia/Lord_Howe", "America/St_Johns", "UTC")]
)


@given(moments, zones)
def test_what_the_clocks_show_leads_back_to_the_instant(instant: datetime, zone: ZoneInfo) -> None:
    shown = instant.astimezone(zone)
    choice: Fold = 1 if shown.fold else 0
    assert resolve_local(shown.date(), Clock(shown.hour, shown.minute), zone, choice) == shown
