"""An organisation to measure with: teams of people, and timesheets brought to where a measurement begins."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from bench.browser import Visitor, sign_in
from bench.system import System
from demo.people import PASSWORD, ZONE, DemoPerson, DemoTenant, found
from models.commands import Asked, Body, EntryFields, Record, Submit
from models.database import read_session
from models.messages import SheetKey
from models.reads.viewer import Onlooker
from models.rules.digest import sheet_digest
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import CommandKind
from models.standard import SHIFT
from models.store.sheets import content_of, live_entries
from web.app import connect
from web.services import Services

TEAMS = 8
TEAM = 8
"""People in a team."""

WEEKS = 40
"""How many weeks each person has."""

WORKDAYS = 5
AT_ONCE = 8
"""How many timesheets are prepared at once."""


def _approver(team: int) -> str:
    return f"approver-{team}"


def _worker(team: int, number: int) -> str:
    return f"worker-{team}-{number}"


TENANT = DemoTenant(
    "bench",
    "Measurements",
    (
        *(DemoPerson(_approver(team), f"Approver {team}", ("worker", "supervisor")) for team in range(TEAMS)),
        *(
            DemoPerson(
                _worker(team, number),
                f"Worker {team}.{number}",
                supervisor=_approver(team),
                signs_in=(team, number) == (0, 0),
            )
            for number in range(TEAM)
            for team in range(TEAMS)
        ),
    ),
    (("bench-1", "Measuring", None),),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One person's week with its certified, or yet to be certified, content."""

    key: SheetKey
    owner_id: UUID
    team: int
    period: Period
    digest: str = ""

    def ask(self, kind: CommandKind, body: Body, reason: str | None = None) -> Asked:
        """A new command of the owner."""
        return Asked(
            id=uuid4(),
            kind=kind,
            key=self.key,
            owner_id=self.owner_id,
            period_start=self.period.start,
            actor_id=self.owner_id,
            body=body,
            reason=reason,
        )


@dataclass(frozen=True)
class Organisation:
    """The organisation in a running system. Its timesheets are taken one after the other, each once."""

    system: System
    services: Services
    approvers: tuple[Visitor, ...]
    """By team, signed in."""
    worker: Visitor
    """One who records, signed in."""
    _unused: Iterator[Sheet]

    @classmethod
    async def founded(cls, system: System) -> "Organisation":
        """Found the organisation and sign its people in."""
        settings = system.settings
        today = datetime.now(UTC).date()
        assert settings.database_owner_url is not None
        await asyncio.to_thread(found, settings.database_owner_url, TENANT, today)
        services = await connect(settings)
        approvers = [await sign_in(system.origin, _approver(team), PASSWORD) for team in range(TEAMS)]
        worker = await sign_in(system.origin, _worker(0, 0), PASSWORD)
        return cls(system, services, tuple(approvers), worker, _weeks(today))

    async def drafts(self, count: int) -> list[Sheet]:
        """As many timesheets with a whole week recorded."""
        return await self._prepared(count, self._record)

    async def submitted(self, count: int) -> list[Sheet]:
        """As many timesheets recorded and submitted."""
        return await self._prepared(count, self._submit)

    async def give(self, asked: Asked) -> None:
        """Give a command as the pages do."""
        assert asked.actor_id is not None
        await self.services.commands.give(Onlooker(TENANT.id, asked.actor_id), asked)

    async def _prepared(self, count: int, prepare: Callable[[Sheet], Awaitable[Sheet]]) -> list[Sheet]:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(sheet: Sheet) -> Sheet:
            async with turns:
                return await prepare(sheet)

        return list(await asyncio.gather(*(one(next(self._unused)) for _ in range(count))))

    async def _record(self, sheet: Sheet) -> Sheet:
        for fields in _entries(sheet.period.start):
            await self.give(sheet.ask(CommandKind.RECORD, Record(fields)))
        return await asyncio.to_thread(self._digested, sheet)

    async def _submit(self, sheet: Sheet) -> Sheet:
        recorded = await self._record(sheet)
        await self.give(recorded.ask(CommandKind.SUBMIT, Submit(recorded.digest)))
        return recorded

    def _digested(self, sheet: Sheet) -> Sheet:
        with read_session(self.services.engine, TENANT.id) as session:
            entries = live_entries(session, sheet.key.timesheet_id)
            digest = sheet_digest(content_of(sheet.owner_id, sheet.period, entries))
        return Sheet(sheet.key, sheet.owner_id, sheet.team, sheet.period, digest)


def _weeks(today: date) -> Iterator[Sheet]:
    """Every week of everybody, the oldest first, so that no balance after it has to follow."""
    for ago in range(WEEKS, 0, -1):
        period = period_of(today - timedelta(weeks=ago))
        for team in range(TEAMS):
            for number in range(TEAM):
                owner_id = TENANT.person_id(_worker(team, number))
                key = SheetKey(TENANT.id, timesheet_id(TENANT.id, owner_id, period.start))
                yield Sheet(key, owner_id, team, period)


def _entries(monday: date) -> Iterator[EntryFields]:
    for day in range(WORKDAYS):
        midnight = datetime.combine(monday + timedelta(days=day), time(), ZoneInfo(ZONE))
        yield EntryFields(
            SHIFT,
            midnight + timedelta(hours=9),
            midnight + timedelta(hours=17),
            project_id=TENANT.project_id("bench-1"),
            task="measuring",
            meal_break_minutes=30,
        )
