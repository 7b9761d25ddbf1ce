"""Measured figures, and the table they are reported in."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.rounds import Comparison

HEAD = ("figure", "ours", "against", "ratio or value", "goal", "met")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach."""

    value: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str = "×"
    ours: str = ""
    against: str = ""
    goal: Goal | None = None

    def cells(self) -> tuple[str, ...]:
        """The line, cell by cell."""
        goal, met = "", ""
        if self.goal:
            goal = f"{'≥' if self.goal.at_least else '≤'} {self.goal.value:g} {self.unit}"
            met = "yes" if self.goal.is_met(self.value) else "no"
        value = f"{self.value:.0f}" if self.value >= 100 else f"{self.value:.2f}"
        return (self.what, self.ours, self.against, f"{value} {self.unit}", goal, met)


def latency(what: str, found: Comparison, goal: Goal | None = None) -> Figure:
    """A figure of times: how much longer ours takes than the other."""
    return Figure(what, found.ratio, ours=_milliseconds(found.ours), against=_milliseconds(found.other), goal=goal)


def rate(what: str, found: Comparison, goal: Goal | None = None) -> Figure:
    """A figure of rates: how many of ours are done while one of the others is."""
    return Figure(what, found.ratio, ours=_a_second(found.ours), against=_a_second(found.other), goal=goal)


def table(figures: Iterable[Figure]) -> str:
    """Figures as a Markdown table whose columns line up."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    rule = f"| {' | '.join('-' * width for width in widths)} |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _a_second(rate: float) -> str:
    return f"{rate:.0f} /s"
