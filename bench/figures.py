"""Measured figures, and the table they are reported in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.rounds import Batch, Comparison, Rivals
from bench.usage import PARTS

HEAD = ("figure", "ours", "against", "ratio or value", "range", "samples", "goal", "met")


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
    values: Sequence[float]
    """Of each round; the middle one is what is reported."""
    unit: str = "×"
    ours: str = ""
    against: str = ""
    samples: str = "1"
    goal: Goal | None = None

    @property
    def value(self) -> float:
        """What is reported."""
        return median(self.values)

    def cells(self) -> tuple[str, ...]:
        """The line, cell by cell."""
        spread = f"{_short(min(self.values))} – {_short(max(self.values))}" if len(self.values) > 1 else ""
        goal, met = "", ""
        if self.goal:
            goal = f"{'≥' if self.goal.at_least else '≤'} {self.goal.value:g} {self.unit}"
            met = "yes" if self.goal.is_met(self.value) else "no"
        return (
            self.what,
            self.ours,
            self.against,
            f"{_short(self.value)} {self.unit}",
            spread,
            self.samples,
            goal,
            met,
        )


def latency(what: str, found: Comparison, goal: Goal | None = None) -> Figure:
    """A figure of times: how much longer ours takes than the other."""
    return _compared(what, found, goal, f"{found.ours * 1000:.1f} ms", f"{found.other * 1000:.1f} ms")


def rate(what: str, found: Comparison, goal: Goal | None = None) -> Figure:
    """A figure of rates: how many of ours are done while one of the others is."""
    return _compared(what, found, goal, f"{found.ours:.0f} /s", f"{found.other:.0f} /s")


def processor_time(of: str, rivals: Rivals) -> Iterator[Figure]:
    """What one of ours costs the machine against what one of the others does, and where ours is spent."""
    yield latency(f"processor time of {of}", rivals.compare(Batch.processor_in))
    for part in PARTS:
        used = [batch.processor_in(part) * 1000 for batch in rivals.ours]
        yield Figure(f"processor time of it in {part}", used, "ms", samples=rivals.samples)


def table(figures: Iterable[Figure]) -> str:
    """Figures as a Markdown table whose columns line up."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    rule = f"| {' | '.join('-' * width for width in widths)} |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _compared(what: str, found: Comparison, goal: Goal | None, ours: str, against: str) -> Figure:
    return Figure(what, found.ratios, ours=ours, against=against, samples=found.samples, goal=goal)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"
