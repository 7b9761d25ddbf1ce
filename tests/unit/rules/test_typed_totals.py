"""How administrators type hours of a year and counts, and how they read them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import Unit
from models.rules.agreements import MOST_OF_A_TARGET
from models.rules.typed_totals import (
    UnreadableTotal,
    day_length_text,
    parse_day_length,
    parse_total,
    signed_total_text,
    total_text,
)

TOTALS = st.integers(-MOST_OF_A_TARGET, MOST_OF_A_TARGET)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("1,731 h", 103_860),
        ("1731", 103_860),
        ("1 731 h", 103_860),
        ("1\N{NO-BREAK SPACE}731", 103_860),
        ("1'731", 103_860),
        ("1,731:30", 103_890),
        ("1731:30 h", 103_890),
        ("1,731.5", 103_890),
        ("7.5", 450),
        ("7,5", 450),
        ("7,25 h", 435),
        (".5", 30),
        ("7:24", 444),
        ("7h 24m", 444),
        ("7 h 24 min", 444),
        ("444 min", 444),
        ("0", 0),
        ("+7:24", 444),
        ("-7:24", -444),
        ("\N{MINUS SIGN}3 h", -180),
        ("\N{EN DASH} 3", -180),
        ("166,666:40", MOST_OF_A_TARGET),
    ],
)
def test_hours_are_so_many_minutes(typed: str, minutes: int) -> None:
    assert parse_total(typed, Unit.MINUTES) == minutes


@pytest.mark.parametrize(("typed", "count"), [("12", 12), (" 0 ", 0), ("-3", -3), ("+1,200", 1_200)])
def test_counts_are_whole(typed: str, count: int) -> None:
    assert parse_total(typed, Unit.COUNT) == count


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("", Unit.MINUTES),
        ("-", Unit.MINUTES),
        ("h", Unit.MINUTES),
        (".", Unit.MINUTES),
        ("many", Unit.MINUTES),
        ("7:60", Unit.MINUTES),
        ("--7", Unit.MINUTES),
        ("1e3", Unit.MINUTES),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", Unit.MINUTES),
        ("166,666:41", Unit.MINUTES),
        ("9" * 5_000, Unit.MINUTES),
        ("1.5", Unit.COUNT),
        ("1:30", Unit.COUNT),
        ("10000001", Unit.COUNT),
    ],
)
def test_anything_else_is_refused_in_words(typed: str, unit: Unit) -> None:
    with pytest.raises(UnreadableTotal) as refused:
        parse_total(typed, unit)

    assert any(words in str(refused.value) for words in ("Write hours", "Write a whole number", "write at most"))
    assert len(str(refused.value)) < 120


@given(st.text(), st.sampled_from(Unit))
def test_whatever_is_typed_is_read_or_refused(typed: str, unit: Unit) -> None:
    with suppress(UnreadableTotal):
        assert abs(parse_total(typed, unit)) <= MOST_OF_A_TARGET


@given(TOTALS, st.sampled_from(Unit))
def test_what_is_shown_can_be_typed_in_again(value: int, unit: Unit) -> None:
    assert parse_total(total_text(value, unit), unit) == value
    assert parse_total(signed_total_text(value, unit), unit) == value


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (103_860, Unit.MINUTES, "1,731 h"),
        (444, Unit.MINUTES, "7:24"),
        (-30, Unit.MINUTES, "\N{MINUS SIGN}0:30"),
        (0, Unit.MINUTES, "0 h"),
        (1_200, Unit.COUNT, "1,200"),
        (-3, Unit.COUNT, "\N{MINUS SIGN}3"),
    ],
)
def test_it_reads_as_people_say_it(value: int, unit: Unit, words: str) -> None:
    assert total_text(value, unit) == words


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("7:24", 444), ("444", 444), ("444 min", 444), ("7.4 h", 444), ("8", 480), ("24", 1_440), ("25", 25)],
)
def test_how_long_a_day_is(typed: str, minutes: int) -> None:
    assert parse_day_length(typed) == minutes


@pytest.mark.parametrize("typed", ["", "long", "7:99"])
def test_a_day_of_no_length_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableTotal, match="Write 7:24"):
        parse_day_length(typed)


@given(st.integers(1, 1_440))
def test_the_length_of_a_day_can_be_typed_in_again(minutes: int) -> None:
    assert parse_day_length(day_length_text(minutes)) == minutes
