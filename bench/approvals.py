"""Our side of approving: one timesheet for each pair, by REST and with the tokens of its owner and their approver."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count, islice
from typing import Self
from uuid import uuid4

from sqlalchemy import Engine, func, select

from bench.approving import Pair
from bench.browser import Connection
from bench.entries import DAY, entry
from bench.organisation import BULK_TEAM, TEAMS, TENANT, WORKERS, approver, worker
from bench.recording import Workday
from bench.system import System
from models.database import engine_for, read_session
from models.rules.periods import period_of
from models.rules.transitions import CommandKind
from models.tables.timesheet import Command
from web.auth.tokens import Scope, create_token

SAVED = 201
LATEST_WEEK = 4
"""Weeks ago: those after it belong to the figure 'decision'."""

PREPARED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """A timesheet with an entry, as its owner sees it."""

    id: str
    digest: str
    owner: int


PEOPLE = [number for number in range(WORKERS) if number % TEAMS != BULK_TEAM]
"""Whose weeks nothing else is measured with."""


def weeks(today: date) -> Iterator[Workday]:
    """The Mondays of past weeks, for one worker after the other: no timesheet ever comes twice."""
    for number in count():
        week, person = divmod(number, len(PEOPLE))
        yield Workday(PEOPLE[person], period_of(today - timedelta(weeks=LATEST_WEEK + week)).start)


@dataclass(frozen=True)
class Timesheets:
    """A running Countersign in which weeks are submitted and approved."""

    origin: str
    engine: Engine
    workers: tuple[str, ...]
    """Tokens, by number."""
    approvers: tuple[str, ...]
    """Tokens, by team."""
    _weeks: Iterator[Workday] = field(default_factory=lambda: weeks(datetime.now(UTC).date()))

    @classmethod
    def of(cls, system: System) -> Self:
        """The organisation of the measurements, with a new token for each worker and each approver."""
        engine = engine_for(system.settings.database_url)
        create = partial(create_token, engine, TENANT.id, name="bench", scopes=list(Scope), lifetime=DAY)
        workers = tuple(create(staff_id=worker(number)) for number in range(WORKERS))
        return cls(system.origin, engine, workers, tuple(create(staff_id=approver(team)) for team in range(TEAMS)))

    async def prepare(self, count: int) -> Sequence[Pair]:
        """So many timesheets, each with one entry."""
        days = iter(list(islice(self._weeks, count)))
        lanes = [self._record(days) for _ in range(PREPARED_AT_ONCE)]
        return [partial(self._submit_and_approve, sheet) for lane in await asyncio.gather(*lanes) for sheet in lane]

    def approved(self) -> int:
        """How many approvals the database says are carried out."""
        done = select(func.count()).select_from(Command)
        wanted = done.where(Command.kind == CommandKind.APPROVE, Command.completed_at.is_not(None))
        with read_session(self.engine, TENANT.id) as session:
            return session.scalar(wanted) or 0

    async def _record(self, days: Iterator[Workday]) -> list[Recorded]:
        connection = await Connection.open(self.origin)
        try:
            return [await self._recorded(connection, day) for day in days]
        finally:
            await connection.close()

    async def _recorded(self, connection: Connection, day: Workday) -> Recorded:
        token = self.workers[day.person]
        post = entry(worker(day.person), token, day)
        answer = await connection.post_json(post.path, post.body, post.headers)
        assert answer.status == post.saved, f"not recorded: {answer.status} {answer.text[:2000]}"
        sheet = json.loads(answer.text)["timesheetId"]
        answer = await connection.get_json(f"/resources/timesheets/{sheet}", {"Authorization": f"Bearer {token}"})
        return Recorded(sheet, json.loads(answer.text)["digest"], day.person)

    async def _submit_and_approve(self, sheet: Recorded, connection: Connection) -> None:
        address = f"/resources/timesheets/{sheet.id}"
        certified = {"digest": sheet.digest, "certified": True}
        await _post(connection, f"{address}/submission", certified, self.workers[sheet.owner])
        await _post(connection, f"{address}/approval", {"digest": sheet.digest}, self.approvers[sheet.owner % TEAMS])


async def _post(connection: Connection, path: str, body: Mapping[str, object], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    answer = await connection.post_json(path, body, headers)
    assert answer.status == SAVED, f"{path}: {answer.status} {answer.text[:2000]}"
