"""Crowding: the first page of an inbox in an organisation with a crowd of timesheets, and in one with few."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from sqlalchemy import Engine, event

from bench.browser import Connection, Visitor, sign_in
from bench.crowd import LEADS, Filled, fill, lead
from bench.figures import Figure, Goal, latency
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Crowded, Sizes
from bench.system import System, running
from web.app import build_app, secured
from web.auth.demo import PASSWORD

HARDLY_SLOWER = Goal(1.2)
FEW_STATEMENTS = Goal(6)
LIGHT = Goal(30)
ADDRESS = "/inbox"
WARM_UP = 6
"""So often a connection sees a statement before it keeps its plan."""


@dataclass(frozen=True)
class Inboxes:
    """Supervisors of one organisation, signed in, in a system of its own."""

    system: System
    filled: Filled
    visitors: Sequence[Visitor]

    @classmethod
    async def of(cls, system: System, crowded: Crowded) -> "Inboxes":
        """Fill the system's organisation and sign its supervisors in."""
        filled = await asyncio.to_thread(fill, system.settings, crowded, datetime.now(UTC).date())
        print(filled, file=sys.stderr, flush=True)
        return cls(system, filled, [await sign_in(system.origin, lead(number), PASSWORD) for number in range(LEADS)])

    async def read(self, times: int) -> Batch:
        """Each supervisor's first page so many times, one after the other."""
        connection = await Connection.open(self.system.origin)
        try:
            return await timed([_job(connection, visitor) for visitor in [*self.visitors] * times], at_once=1)
        finally:
            await connection.close()

    async def weights(self) -> list[float]:
        """Kilobytes on the wire of each supervisor's first page."""
        connection = await Connection.open(self.system.origin)
        try:
            return [(await connection.get(ADDRESS, visitor)).received / 1000 for visitor in self.visitors]
        finally:
            await connection.close()

    async def statements(self) -> int:
        """How many statements the page needs, in an application of our own on the same database."""
        settings = self.system.settings
        app = build_app(settings)
        async with app.router.lifespan_context(app):
            through = httpx.ASGITransport(secured(app, settings))
            cookies = dict(self.visitors[0].cookies)
            async with httpx.AsyncClient(transport=through, base_url=self.system.origin, cookies=cookies) as client:
                (await client.get(ADDRESS)).raise_for_status()
                with _noting() as asked:
                    (await client.get(ADDRESS)).raise_for_status()
        return len(asked)


def measure(folder: Path, sizes: Sizes) -> list[Figure]:
    """The figures 'inbox'. Raises TooMuch where there is no room for the crowd."""
    with running(folder / "few") as small, running(folder / "many") as large:
        return asyncio.run(_measured(small, large, sizes))


async def _measured(small: System, large: System, sizes: Sizes) -> list[Figure]:
    few, many = await Inboxes.of(small, sizes.few), await Inboxes.of(large, sizes.many)
    for each in (many, few):
        await each.read(WARM_UP)
    rivals = Rivals()
    for _ in range(sizes.rounds):
        await rivals.meet(lambda: many.read(sizes.pages), lambda: few.read(sizes.pages))
    return [*_times(rivals, many.filled), *await _page(many)]


def _times(rivals: Rivals, filled: Filled) -> Iterator[Figure]:
    what = f"{filled.sheets:,} timesheets, {filled.entries:,} entries"
    yield latency(f"inbox p95, {what}", rivals.compare(lambda batch: batch.percentile(95)), HARDLY_SLOWER)
    yield latency(f"inbox p50, {what}", rivals.compare(lambda batch: batch.percentile(50)))


async def _page(many: Inboxes) -> list[Figure]:
    weights = await many.weights()
    return [
        Figure("statements of the inbox", [await many.statements()], "statements", goal=FEW_STATEMENTS),
        Figure("weight of the inbox", [median(weights)], "kB", samples=str(len(weights)), goal=LIGHT),
    ]


def _job(connection: Connection, visitor: Visitor) -> Job:
    async def read(_lane: int) -> None:
        answer = await connection.get(ADDRESS, visitor)
        assert answer.status == 200, f"no inbox: {answer.status} {answer.text[:2000]}"

    return read


@contextmanager
def _noting() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
