"""What one may type into a cell of the week's grid."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.durations import hours_text
from models.rules.local_times import Clock
from models.rules.typed_hours import LONGEST, ClockRange, Duration, UnreadableHours, parse_hours

MINUTES = st.integers(min_value=1, max_value=LONGEST)
CLOCKS = st.builds(Clock, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("7.5", 450),
        ("7,5", 450),
        (" 7.50 ", 450),
        ("7", 420),
        (".5", 30),
        ("7.5h", 450),
        ("7:30", 450),
        ("0:05", 5),
        ("7h 30m", 450),
        ("7h30m", 450),
        ("7H 30M", 450),
        ("7h30", 450),
        ("7h", 420),
        ("30m", 30),
        ("30 min", 30),
        ("450m", 450),
        ("0.33", 20),
        ("7.333", 440),
        ("24", 1440),
        ("24:00", 1440),
    ],
)
def test_a_duration_is_so_many_minutes(typed: str, minutes: int) -> None:
    assert parse_hours(typed) == Duration(minutes)


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("0900-1730", Clock(9), Clock(17, 30)),
        ("09:00\N{EN DASH}17:30", Clock(9), Clock(17, 30)),
        ("9 \N{EM DASH} 17.30", Clock(9), Clock(17, 30)),
        ("9\N{MINUS SIGN}17", Clock(9), Clock(17)),
        ("9-17", Clock(9), Clock(17)),
        ("16-24", Clock(16), Clock(24)),
        ("00:00-24:00", Clock(0), Clock(24)),
    ],
)
def test_a_range_is_two_times_of_one_day(typed: str, start: Clock, end: Clock) -> None:
    found = parse_hours(typed)

    assert found == ClockRange(start, end)
    assert not found.ends_next_day


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    found = parse_hours("22:00-06:00")

    assert found == ClockRange(Clock(22), Clock(6))
    assert found.ends_next_day


@pytest.mark.parametrize("typed", ["", "  ", "-", "\N{EN DASH}", "0", "0.00", "0:00", "0h", "0m", "0.001"])
def test_nothing_is_nothing(typed: str) -> None:
    assert parse_hours(typed) is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("half", "“half” cannot be read. Type hours such as 7.5, 7:30 or 7h 30m, or times such as 9-17:30."),
        ("7:60", "cannot be read"),
        ("7:5", "cannot be read"),
        ("7..5", "cannot be read"),
        ("7 5", "cannot be read"),
        ("-7.5", "cannot be read"),
        ("7.5-", "cannot be read"),
        ("7.5-9", "cannot be read"),
        ("9-25", "cannot be read"),
        ("9-12-17", "cannot be read"),
        ("1e3", "cannot be read"),
        ("٧", "cannot be read"),
        (".", "cannot be read"),
        ("h", "cannot be read"),
        ("x" * 500, "“xxxxxxxxxxxxxxxxxxxx” cannot be read"),
        ("9" * 500, "cannot be read"),
        ("450", "A day has 24 hours, and “450” is more. For minutes, write 30m."),
        ("24.01", "A day has 24 hours"),
        ("1441m", "A day has 24 hours"),
        ("9-9", "takes no time: the end must be after the start"),
        ("24:00-06:00", "24:00 is the end of a day"),
    ],
)
def test_everything_else_is_told_what_can_be_typed(typed: str, says: str) -> None:
    with pytest.raises(UnreadableHours) as raised:
        parse_hours(typed)
    assert says in str(raised.value)


@given(MINUTES)
def test_what_a_cell_shows_can_be_typed_into_it(minutes: int) -> None:
    assert parse_hours(hours_text(minutes)) == Duration(minutes)


@given(MINUTES)
def test_every_way_to_write_a_duration_means_the_same(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)
    forms = (f"{hours}:{rest:02}", f"{hours}h {rest}m", f"{minutes}m", f"{minutes}min")

    assert {parse_hours(form) for form in forms} == {Duration(minutes)}


@given(CLOCKS, CLOCKS)
def test_two_clocks_come_back_as_they_were_written(start: Clock, end: Clock) -> None:
    if start == end:
        return
    assert parse_hours(f"{start}-{end}") == ClockRange(start, end)
    assert parse_hours(f"{start} \N{EN DASH} {end}") == ClockRange(start, end)


@given(st.text(max_size=40))
def test_no_text_is_anything_but_read_or_refused(text: str) -> None:
    found: object = None
    with suppress(UnreadableHours):
        found = parse_hours(text)
    assert found is None or isinstance(found, Duration | ClockRange)
