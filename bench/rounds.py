"""Timing: two things in turn, round by round, so that whatever else the machine does falls on both alike."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from bench.usage import processor_milliseconds

Job = Callable[[int], Awaitable[object]]
"""One thing to do; it is told in which lane it runs, of as many as run at once."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a number of jobs took."""

    seconds: tuple[float, ...]
    """Of each job."""
    elapsed: float
    """From the first start to the last end."""
    processor: Counter[str]
    """Milliseconds of processor time that they took together, by part of the system."""

    @property
    def per_second(self) -> float:
        """How many were done in a second."""
        return len(self.seconds) / self.elapsed

    def processor_in(self, *parts: str) -> float:
        """Seconds of processor time for each job, in some parts or in all."""
        return sum(self.processor[part] for part in parts or self.processor) / len(self.seconds) / 1000

    def percentile(self, percent: int) -> float:
        """The seconds within which that many in a hundred were done."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

    def __add__(self, other: "Batch") -> "Batch":
        return Batch(self.seconds + other.seconds, self.elapsed + other.elapsed, self.processor + other.processor)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things by one measure: medians over the rounds, and the ratio of each round."""

    ours: float
    other: float
    ratios: tuple[float, ...]
    samples: str

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)


@dataclass
class Rivals:
    """The rounds of two things that are compared."""

    ours: list[Batch] = field(default_factory=list)
    other: list[Batch] = field(default_factory=list)

    @property
    def samples(self) -> str:
        """How many rounds, and how many jobs of each of the two in a round."""
        return f"{len(self.ours)} × {len(self.ours[0].seconds)}"

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
        return Comparison(median(ours), median(other), ratios, self.samples)


async def timed(jobs: Sequence[Job], at_once: int) -> Batch:
    """Do all jobs, `at_once` of them at a time."""
    waiting = iter(jobs)
    seconds: list[float] = []

    async def lane(number: int) -> None:
        for job in waiting:
            began = perf_counter()
            await job(number)
            seconds.append(perf_counter() - began)

    used = processor_milliseconds()
    began = perf_counter()
    async with asyncio.TaskGroup() as lanes:
        for number in range(at_once):
            lanes.create_task(lane(number))
    elapsed = perf_counter() - began
    return Batch(tuple(seconds), elapsed, processor_milliseconds() - used)
