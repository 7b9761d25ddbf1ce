"""Where the bars of a plot of hours go: across in percent of the width, which browsers stretch, down in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.rules.durations import hours_text
from web.plots import BOTTOM, HOUR, Mark, round_ticks

TOP = 26
"""Pixels: above it stand the hours of the highest bar."""

WIDEST = 9
"""Percent of the width; few bars do not become walls."""

MOST_WORDS = 16
"""How many bars say how high they are; of more the table tells it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what is written above and below it."""

    x: float
    width: float
    y: float
    height: float
    middle: float
    hours: str
    """Empty where there is nothing, or no room to say it."""
    words: str


@dataclass(frozen=True, slots=True)
class Bars:
    """What is drawn."""

    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]


def bars_of(minutes: Sequence[int], words: Sequence[str]) -> Bars:
    """A bar for each of these sums of minutes."""
    ticks = round_ticks([0, *minutes], by_the_hour=True)
    place, told = 100 / max(len(minutes), 1), len(minutes) <= MOST_WORDS
    width = min(WIDEST, place * 0.64)
    bars = []
    for number, (value, under) in enumerate(zip(minutes, words, strict=True)):
        y, middle = _down(value, ticks), (number + 0.5) * place
        said = hours_text(value) if value and told else ""
        bars.append(
            Bar(round(middle - width / 2, 2), round(width, 2), y, round(BOTTOM - y, 1), round(middle, 2), said, under)
        )
    marks = (Mark(0, _down(value, ticks), f"{value // HOUR}{' h' if value == ticks[-1] else ''}") for value in ticks)
    return Bars(tuple(bars), tuple(marks))


def _down(value: int, ticks: range) -> float:
    return round(TOP + (BOTTOM - TOP) * (ticks[-1] - value) / (ticks[-1] - ticks[0]), 1)
