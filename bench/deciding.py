"""Decisions: approvals through the page that people use, against the bare update that each of them contains."""

from collections.abc import Iterator
from uuid import uuid4

from bench.bare import Bare
from bench.browser import Connection
from bench.figures import Figure, Goal, latency, processor_time, rate
from bench.organisation import Organisation, Sheet
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes, Step
from models.rules.transitions import CommandKind

SLOWEST = Goal(1.5)
FEWEST = Goal(0.7, at_least=True)
WARM_UP = 4


async def measure(org: Organisation, sheets: list[Sheet], sizes: Sizes) -> list[Figure]:
    """The figures 'decision' and 'throughput'. Takes and leaves the timesheets submitted."""
    bare = await Bare.started(org.services.client, sizes.sheets)
    await _approve(org, sheets, WARM_UP)
    await org.submit_again(sheets)
    rivals = {step: Rivals() for step in sizes.decisions}
    for _ in range(sizes.rounds):
        for step in sizes.decisions:
            await _meet(org, sheets[: step.count], bare, rivals[step], step)
    return list(_figures(rivals))


async def _meet(org: Organisation, sheets: list[Sheet], bare: Bare, rivals: Rivals, step: Step) -> None:
    before = org.carried_out(CommandKind.APPROVE)
    await rivals.meet(lambda: _approve(org, sheets, step.at_once), lambda: bare.update(step))
    approved = org.carried_out(CommandKind.APPROVE) - before
    assert approved == step.count, f"{step.count} approvals were answered, {approved} are in the database"
    await org.submit_again(sheets)


async def _approve(org: Organisation, sheets: list[Sheet], at_once: int) -> Batch:
    lanes = [await Connection.open(org.system.origin) for _ in range(at_once)]
    try:
        return await timed([_approval(org, lanes, sheet) for sheet in sheets], at_once)
    finally:
        for connection in lanes:
            await connection.close()


def _approval(org: Organisation, lanes: list[Connection], sheet: Sheet) -> Job:
    async def approve(lane: int) -> None:
        form = {"command_id": str(uuid4()), "digest": sheet.digest}
        address = f"/timesheets/{sheet.key.timesheet_id}/approval"
        answer = await lanes[lane].post(address, org.approvers[sheet.team], form)
        assert answer.status == 303, f"not approved: {answer.status} {answer.text[:2000]}"

    return approve


def _figures(rivals: dict[Step, Rivals]) -> Iterator[Figure]:
    for step, each in rivals.items():
        halves = each.compare(lambda batch: batch.percentile(50))
        yield latency(f"decision p50, {step.at_once} at once", halves, SLOWEST)
    for step, each in rivals.items():
        tails = each.compare(lambda batch: batch.percentile(95))
        yield latency(f"decision p95, {step.at_once} at once", tails)
    step = max(rivals, key=lambda step: step.at_once)
    yield rate(f"throughput, {step.at_once} at once", rivals[step].compare(lambda batch: batch.per_second), FEWEST)
    yield from processor_time("a decision", rivals[step])
