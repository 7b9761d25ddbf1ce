"""Where the lines of a plot of balances go: a whole agreement, from day to day.

Across it is measured in percent of the width, which browsers stretch; down it in pixels.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from models.reads.shown_balances import BalanceYear
from models.rules.durations import MINUS
from models.rules.summaries import even_target

TOP, BOTTOM = 22, 218
"""Pixels between which values are drawn; the months stand below, and the name of today above."""

MOST_STEPS = 5
STEPS = (1, 2, 5)
HOUR = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a plot, and what is written there."""

    x: float
    y: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn; paths are as SVG has them."""

    line: str
    area: str
    even: str | None
    """None for a type without a target."""
    ahead: str | None
    """None when the agreement is over."""
    ticks: tuple[Mark, ...]
    months: tuple[Mark, ...]
    today: float | None
    """None when it is not in the agreement."""
    future: float
    """Where what nobody can know yet begins."""
    dot: Mark
    """The day that is looked at."""
    adjustments: tuple[Mark, ...]
    points: tuple[Mark, ...]
    """Every day on which something happened, oldest first, as the days of the year."""
    rises: bool
    """Whether the values grow: those of a type that is only counted."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From days and values to places. What is only counted is drawn upwards."""

    year: BalanceYear
    ticks: range
    """In minutes or counts."""

    def across(self, day: date) -> float:
        """The end of a day; the day before the first is the left edge."""
        start, end = self.year.agreement.start_date, self.year.agreement.end_date
        return round(100 * ((day - start).days + 1) / ((end - start).days + 1), 2)

    def down(self, value: int) -> float:
        top, bottom = self.ticks[-1], self.ticks[0]
        return round(TOP + (BOTTOM - TOP) * (top - value) / (top - bottom), 1)


def plot_of(year: BalanceYear, on: date, today: date) -> Plot:
    """The plot of one accrual, with a mark on the day that is looked at."""
    agreement, known = year.agreement, year.known
    sign = 1 if year.balance.has_target else -1
    levels = [sign * each.remaining for each in year.days]
    opening, now, ends = (sign * each for each in (year.opening, known.remaining, known.forecast))
    before = agreement.start_date - timedelta(days=1)
    target = known.total if year.balance.has_target else 0
    scale = _Scale(year, round_ticks([0, opening, now, ends, target, *levels], year.balance.unit == "minutes"))
    until = scale.across(year.known_until)
    points = tuple(
        Mark(scale.across(each.day), scale.down(level)) for each, level in zip(year.days, levels, strict=True)
    )
    line = _steps(Mark(0, scale.down(opening)), (point for point in points if point.x <= until), until)
    even_end = even_target(agreement.end_date, agreement, target)
    return Plot(
        line=line,
        area=f"{line}V{scale.down(0)}H0Z",
        even=f"M0 {scale.down(target)}L100 {scale.down(even_end)}" if year.balance.has_target else None,
        ahead=f"M{until} {scale.down(now)}L100 {scale.down(ends)}" if year.known_until < agreement.end_date else None,
        ticks=_tick_marks(scale),
        months=tuple(_months(scale, before)),
        today=scale.across(today) if agreement.covers(today) else None,
        future=min(100, max(0, scale.across(today))),
        dot=Mark(scale.across(on), scale.down(sign * year.balance.summary.remaining)),
        adjustments=tuple(
            point for point, each in zip(points, year.days, strict=True) if each.adjusted and point.x <= until
        ),
        points=points,
        rises=sign < 0,
    )


def _steps(begin: Mark, points: Iterable[Mark], until: float) -> str:
    """A line that stays level until something happens."""
    return f"M{begin.x} {begin.y}" + "".join(f"H{each.x}V{each.y}" for each in points) + f"H{until}"


def round_ticks(values: list[int], by_the_hour: bool) -> range:
    """Round values around all of these: in hours or in counts, so many that one can read them."""
    whole = HOUR if by_the_hour else 1
    low, high = min(values) // whole, -(-max(values) // whole)
    step = next(
        size * 10**power
        for power in range(10)
        for size in STEPS
        if -(-high // (size * 10**power)) - low // (size * 10**power) <= MOST_STEPS
    )
    bottom, top = low // step * step, max(-(-high // step) * step, low // step * step + step)
    return range(bottom * whole, (top + step) * whole, step * whole)


def _tick_marks(scale: _Scale) -> tuple[Mark, ...]:
    whole, unit = (HOUR, " h") if scale.year.balance.unit == "minutes" else (1, "")
    return tuple(
        Mark(0, scale.down(value), f"{value // whole}{unit if value == scale.ticks[-1] else ''}".replace("-", MINUS))
        for value in scale.ticks
    )


def _months(scale: _Scale, before: date) -> Iterable[Mark]:
    """The first days of the months; of an agreement of several years only some, so that they can be read."""
    end = scale.year.agreement.end_date
    firsts = []
    month = (before + timedelta(days=1)).replace(day=1)
    while month <= end:
        if month > before:
            firsts.append(month)
        month = (month + timedelta(days=31)).replace(day=1)
    every = -(-len(firsts) // 14) or 1
    for first in firsts[::every]:
        words = f"{first:%b %y}" if every > 1 else f"{first:%b}"
        yield Mark(scale.across(first - timedelta(days=1)), BOTTOM + 20, words)
