"""Approving: weeks that are submitted and then approved, ours against those of other engines for workflows."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from bench.browser import Connection
from bench.figures import Figure, Goal, latency, processor_time, rate
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes, Step

NO_SLOWER = Goal(1.0, at_least=True)
WARM_UP = Step(8, 48)
THEIR_WARM_UP = Step(8, 400)
"""Enough for every thread of every process of theirs to have a connection to the database."""

Pair = Callable[[Connection], Awaitable[None]]
"""Submits one week and then approves it; whoever answers otherwise ends the run."""


class Approver(Protocol):
    """A running system in which weeks are submitted and approved."""

    @property
    def origin(self) -> str:
        """Where it listens."""

    async def prepare(self, count: int) -> Sequence[Pair]:
        """So many weeks, each another, that can be submitted now."""

    def approved(self) -> int:
        """How much its database says is approved."""


async def measure(name: str, ours: Approver, other: Approver, sizes: Sizes) -> list[Figure]:
    """The figure 'approve' beside one other program."""
    await _approve(ours, WARM_UP)
    await _approve(other, THEIR_WARM_UP)
    rivals = Rivals()
    step = sizes.approvals
    for _ in range(sizes.rounds):
        await rivals.meet(lambda: _approve(ours, step), lambda: _approve(other, step))
    return list(_figures(name, rivals, step))


async def _approve(side: Approver, step: Step) -> Batch:
    before = side.approved()
    pairs = await side.prepare(step.count)
    lanes = [await Connection.open(side.origin) for _ in range(step.at_once)]
    try:
        batch = await timed([_job(lanes, pair) for pair in pairs], step.at_once)
    finally:
        for connection in lanes:
            await connection.close()
    approved = side.approved() - before
    assert approved == step.count, f"{step.count} approvals were answered, {approved} are in the database"
    return batch


def _job(lanes: list[Connection], pair: Pair) -> Job:
    async def submit_and_approve(lane: int) -> None:
        await pair(lanes[lane])

    return submit_and_approve


def _figures(name: str, rivals: Rivals, step: Step) -> Iterator[Figure]:
    what = f"beside {name}"
    yield rate(f"approve, {step.at_once} at once, {what}", rivals.compare(lambda batch: batch.per_second), NO_SLOWER)
    yield latency(f"approve p50, {step.at_once} at once, {what}", rivals.compare(lambda batch: batch.percentile(50)))
    yield from processor_time(f"a pair, {what}", rivals)
