"""An organisation to measure with: people, those who approve their time, and certified weeks to decide on."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bench.browser import Visitor, sign_in
from bench.sizes import PEOPLE, WORKDAYS
from bench.system import System
from demo.people import ZONE, DemoPerson, DemoTenant, found
from models.commands import Asked, Body, EntryFields, Move, Record, Submit
from models.database import read_session
from models.messages import SheetKey
from models.reads.viewer import Onlooker
from models.rules.digest import sheet_digest
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import CommandKind
from models.standard import SHIFT
from models.store.sheets import content_of, live_entries
from models.tables.timesheet import Command
from web.app import connect
from web.auth.demo import PASSWORD
from web.services import Services

TEAMS = 8
WORKERS = 64
BULK_TEAM = 0
"""Whose weeks of long ago are decided many at once, and by nothing else."""

AT_ONCE = 8
"""How many timesheets are prepared at once."""

AGAIN = "Measured again."
"""The reason for each revision."""


def approver(team: int) -> str:
    """One who approves the time of a team."""
    return f"approver-{team}"


def worker(number: int) -> str:
    """One whose weeks are approved."""
    return f"worker-{number}"


def recorder(number: int) -> str:
    """One of those whose time a program records: nothing else is on their timesheets."""
    return f"recorder-{number}"


def _people() -> Iterator[DemoPerson]:
    for team in range(TEAMS):
        yield DemoPerson(approver(team), f"Approver {team}", ("worker", "supervisor"))
    for number in range(WORKERS):
        name = f"Worker {number}"
        yield DemoPerson(worker(number), name, supervisor=approver(number % TEAMS), signs_in=number == 0)
    for number in range(PEOPLE):
        name = f"Recorder {number}"
        yield DemoPerson(recorder(number), name, supervisor=approver(number % TEAMS), signs_in=False)


TENANT = DemoTenant("bench", "Measurements", tuple(_people()), (("bench-1", "Measuring", None),))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One person's week, and the digest of what is recorded on it."""

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

    def submission(self) -> Asked:
        """The owner certifies what is recorded."""
        return self.ask(CommandKind.SUBMIT, Submit(self.digest))


@dataclass(frozen=True)
class Organisation:
    """The organisation in a running system."""

    system: System
    services: Services
    approvers: tuple[Visitor, ...]
    """By team, signed in."""
    worker: Visitor
    """One who records, signed in."""

    @classmethod
    async def founded(cls, system: System) -> "Organisation":
        """Found the organisation and sign its people in."""
        settings = system.settings
        assert settings.database_owner_url is not None
        await asyncio.to_thread(found, settings.database_owner_url, TENANT, _today())
        services = await connect(settings)
        approvers = [await sign_in(system.origin, approver(team), PASSWORD) for team in range(TEAMS)]
        return cls(system, services, tuple(approvers), await sign_in(system.origin, worker(0), PASSWORD))

    async def submitted(self, numbers: Iterable[int]) -> list[Sheet]:
        """Timesheets of past weeks, by number, each with a whole week recorded and certified."""
        turns = asyncio.Semaphore(AT_ONCE)
        sheets = (_sheet(number % WORKERS, 1 + number // WORKERS) for number in numbers)
        return list(await asyncio.gather(*(self._record_and_submit(sheet, turns) for sheet in sheets)))

    async def record_this_week(self) -> None:
        """A whole week for the worker who is signed in, not yet certified."""
        await self._record(_sheet(0, 0))

    async def submit_again(self, sheets: Iterable[Sheet]) -> None:
        """Revise decided timesheets and certify them anew, unchanged."""
        turns = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._revise_and_submit(sheet, turns) for sheet in sheets))

    def carried_out(self, *kinds: CommandKind) -> int:
        """How many commands the database says are done, of some kinds or of all."""
        done = select(func.count()).select_from(Command).where(Command.completed_at.is_not(None))
        wanted = done.where(Command.kind.in_(kinds)) if kinds else done
        with read_session(self.services.engine, TENANT.id) as session:
            return session.scalar(wanted) or 0

    async def _record_and_submit(self, sheet: Sheet, turns: asyncio.Semaphore) -> Sheet:
        async with turns:
            recorded = await self._record(sheet)
            await self._give(recorded.submission())
            return recorded

    async def _record(self, sheet: Sheet) -> Sheet:
        for fields in _entries(sheet.period.start):
            await self._give(sheet.ask(CommandKind.RECORD, Record(fields)))
        return await asyncio.to_thread(self._digested, sheet)

    async def _revise_and_submit(self, sheet: Sheet, turns: asyncio.Semaphore) -> None:
        async with turns:
            await self._give(sheet.ask(CommandKind.REVISE, Move(), AGAIN))
            await self._give(sheet.submission())

    async def _give(self, asked: Asked) -> None:
        assert asked.actor_id is not None
        await self.services.commands.give(Onlooker(TENANT.id, asked.actor_id), asked)

    def _digested(self, sheet: Sheet) -> Sheet:
        with read_session(self.services.engine, TENANT.id) as session:
            entries = live_entries(session, sheet.key.timesheet_id)
            return replace(sheet, digest=sheet_digest(content_of(sheet.owner_id, sheet.period, entries)))


def _sheet(number: int, weeks_ago: int) -> Sheet:
    period = period_of(_today() - timedelta(weeks=weeks_ago))
    owner_id = TENANT.person_id(worker(number))
    return Sheet(SheetKey(TENANT.id, timesheet_id(TENANT.id, owner_id, period.start)), owner_id, number % TEAMS, period)


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


def _today() -> date:
    return datetime.now(UTC).date()
