"""The plot of hours: every bar stands on the ground, is as high as its hours, and says them while there is room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.bars import MOST_WORDS, TOP, WIDEST, bars_of
from web.plots import BOTTOM


@given(st.lists(st.integers(0, 10_000_000), max_size=40))
def test_bars_stand_on_the_ground_inside_of_the_plot_and_apart(minutes: list[int]) -> None:
    bars = bars_of(minutes, [str(each) for each in minutes]).bars

    assert [round(bar.y + bar.height, 1) for bar in bars] == [BOTTOM] * len(minutes)
    assert all(TOP <= bar.y <= BOTTOM and 0 < bar.width <= WIDEST for bar in bars)
    assert all(one.x + one.width < other.x for one, other in pairwise(bars))
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in bars)


@given(st.lists(st.integers(0, 100_000), min_size=2, max_size=20))
def test_more_hours_are_never_drawn_lower(minutes: list[int]) -> None:
    bars = bars_of(minutes, [""] * len(minutes)).bars
    heights = [bar.height for _, bar in sorted(zip(minutes, bars, strict=True), key=lambda each: each[0])]

    assert heights == sorted(heights)


@pytest.mark.parametrize(("count", "told"), [(MOST_WORDS, "8.00"), (MOST_WORDS + 1, "")])
def test_hours_are_written_while_there_is_room(count: int, told: str) -> None:
    assert {bar.hours for bar in bars_of([480] * count, [""] * count).bars} == {told}


def test_nothing_is_said_of_no_hours() -> None:
    (bar,) = bars_of([0], ["Mon 16"]).bars

    assert (bar.hours, bar.height, bar.words) == ("", 0, "Mon 16")


def test_the_highest_line_names_the_unit() -> None:
    ticks = bars_of([480], [""]).ticks

    assert [tick.words for tick in ticks] == ["0", "2", "4", "6", "8 h"]
