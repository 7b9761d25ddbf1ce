"""Decisions: approvals through the page that people use, against the bare update that each of them contains."""

from collections.abc import Iterator
from uuid import uuid4

from sqlalchemy import func, select

from bench.bare import Bare
from bench.browser import Connection
from bench.figures import Figure, Goal, latency, rate
from bench.organisation import TENANT, Organisation, Sheet
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes
from models.database import read_session
from models.tables.timesheet import Decision

SLOWEST = Goal(1.5)
FEWEST = Goal(0.7, at_least=True)
WARM_UP = 16


async def measure(org: Organisation, sizes: Sizes) -> list[Figure]:
    """The figures 'decision' and 'throughput'."""
    bare = await Bare.started(org.services.client, max(count for _, count in sizes.decisions))
    rivals = {at_once: Rivals() for at_once, _ in sizes.decisions}
    await _approve(org, await org.submitted(min(WARM_UP, sizes.decisions[-1][1])), 4)
    for _ in range(sizes.rounds):
        for at_once, count in sizes.decisions:
            await _round(org, bare, rivals[at_once], at_once, count)
    return list(_figures(rivals))


async def _round(org: Organisation, bare: Bare, rivals: Rivals, at_once: int, count: int) -> None:
    sheets = await org.submitted(count)
    before = _decided(org)
    await rivals.meet(lambda: _approve(org, sheets, at_once), lambda: bare.update(count, at_once))
    assert _decided(org) == before + count, "an approval was answered that is not in the database"


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
        assert answer.status == 303, f"not approved: {answer.status} {answer.body.decode()[:2000]}"

    return approve


def _decided(org: Organisation) -> int:
    with read_session(org.services.engine, TENANT.id) as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


def _figures(rivals: dict[int, Rivals]) -> Iterator[Figure]:
    for at_once, each in rivals.items():
        halves = each.compare(lambda batch: batch.percentile(50))
        yield latency(f"decision p50, {at_once} at once", halves, SLOWEST)
    for at_once, each in rivals.items():
        tails = each.compare(lambda batch: batch.percentile(95))
        yield latency(f"decision p95, {at_once} at once", tails)
    at_once = max(rivals)
    rates = rivals[at_once].compare(lambda batch: batch.per_second)
    yield rate(f"throughput, {at_once} at once", rates, FEWEST)
