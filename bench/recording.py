"""Recording: entries by our REST against timesheet lines by the REST of another program."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice
from typing import Protocol

from bench.browser import Connection
from bench.figures import Figure, Goal, processor_time, rate
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import PEOPLE, WEEK, WORKDAYS, Sizes, Step

NO_SLOWER = Goal(1.0, at_least=True)
WARM_UP = Step(8, WEEK)
"""Enough for every process of either side to have recorded before."""


@dataclass(frozen=True, slots=True)
class Workday:
    """One day that one of the people has worked: what an entry is about."""

    person: int
    date: date
    worked: timedelta = timedelta(hours=7, minutes=30)
    task: str = "measuring"


@dataclass(frozen=True, slots=True)
class Post:
    """The request that records a day, and the status that says it is kept."""

    path: str
    body: object
    headers: Mapping[str, str]
    saved: int


class Recorder(Protocol):
    """A running system that keeps what people work."""

    @property
    def origin(self) -> str:
        """Where it listens."""

    def recording(self, day: Workday) -> Post:
        """The request that records a day."""

    def recorded(self) -> int:
        """How much its database says is recorded."""


def workdays(first: date) -> Iterator[Workday]:
    """Each weekday from the first Monday on, for one person after the other: nothing is ever recorded twice."""
    monday = first + timedelta(days=-first.weekday() % 7)
    for number in count():
        week, day = divmod(number, WORKDAYS)
        for person in range(PEOPLE):
            yield Workday(person, monday + timedelta(weeks=week, days=day))


async def measure(ours: Recorder, other: Recorder, sizes: Sizes, first: date) -> list[Figure]:
    """The figure 'record': the same days in both, from `first` on."""
    days = {id(each): workdays(first) for each in (ours, other)}

    async def record(side: Recorder, step: Step) -> Batch:
        return await _record(side, list(islice(days[id(side)], step.count)), step.at_once)

    for side in (ours, other):
        await record(side, WARM_UP)
    rivals = {step: Rivals() for step in sizes.records}
    for _ in range(sizes.rounds):
        for step, each in rivals.items():
            await each.meet(lambda step=step: record(ours, step), lambda step=step: record(other, step))  # type: ignore[misc]
    return list(_figures(rivals))


async def _record(side: Recorder, days: list[Workday], at_once: int) -> Batch:
    before = side.recorded()
    lanes = [await Connection.open(side.origin) for _ in range(at_once)]
    try:
        batch = await timed([_job(lanes, side.recording(day)) for day in days], at_once)
    finally:
        for connection in lanes:
            await connection.close()
    kept = side.recorded() - before
    assert kept == len(days), f"{len(days)} recordings were answered, {kept} are in the database"
    return batch


def _job(lanes: list[Connection], post: Post) -> Job:
    async def record(lane: int) -> None:
        answer = await lanes[lane].post_json(post.path, post.body, post.headers)
        assert answer.status == post.saved, f"not recorded: {answer.status} {answer.text[:2000]}"
        assert json.loads(answer.text)["id"]

    return record


def _figures(rivals: dict[Step, Rivals]) -> Iterator[Figure]:
    for step, each in rivals.items():
        yield rate(f"record, {step.at_once} at once", each.compare(lambda batch: batch.per_second), NO_SLOWER)
    most = max(rivals, key=lambda step: step.at_once)
    yield from processor_time("an entry", rivals[most])
