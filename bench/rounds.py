"""Timing: two things in turn, round by round, so that whatever else the machine does falls on both alike."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

Job = Callable[[int], Awaitable[object]]
"""One thing to do; it is told in which lane it runs, of as many as run at once."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a number of jobs took."""

    seconds: tuple[float, ...]
    """Of each job."""
    elapsed: float
    """From the first start to the last end."""

    @property
    def per_second(self) -> float:
        """How many were done in a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, percent: int) -> float:
        """The seconds within which that many in a hundred were done."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

    def __add__(self, other: "Batch") -> "Batch":
        return Batch(self.seconds + other.seconds, self.elapsed + other.elapsed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things by one measure: medians over the rounds, and the ratio of each round."""

    ours: float
    other: float
    ratios: tuple[float, ...]
    jobs: int
    """Of each of the two in each round."""

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)


@dataclass
class Rivals:
    """The rounds of two things that are compared."""

    ours: list[Batch] = field(default_factory=list)
    other: list[Batch] = field(default_factory=list)

    async def meet(self, ours: Callable[[], Awaitable[Batch]], other: Callable[[], Awaitable[Batch]]) -> None:
        """One more round; who goes first changes from round to round."""
        if len(self.ours) % 2:
            self.other.append(await other())
            self.ours.append(await ours())
        else:
            self.ours.append(await ours())
            self.other.append(await other())

    def compare(self, measure: Callable[[Batch], float]) -> Comparison:
        """The two by one measure."""
        ours, other = [measure(each) for each in self.ours], [measure(each) for each in self.other]
        ratios = tuple(one / two for one, two in zip(ours, other, strict=True))
        return Comparison(median(ours), median(other), ratios, len(self.ours[0].seconds))


async def timed(jobs: Sequence[Job], at_once: int) -> Batch:
    """Do all jobs, `at_once` of them at a time."""
    waiting = iter(jobs)
    seconds: list[float] = []

    async def lane(number: int) -> None:
        for job in waiting:
            began = perf_counter()
            await job(number)
            seconds.append(perf_counter() - began)

    began = perf_counter()
    async with asyncio.TaskGroup() as lanes:
        for number in range(at_once):
            lanes.create_task(lane(number))
    return Batch(tuple(seconds), perf_counter() - began)
