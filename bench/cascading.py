"""Balances that follow an early day: an entry of the first day of a full year is amended, beside a one-row update."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, TextClause, text

from activities.commands import SheetActivities
from bench.figures import Figure, Goal, latency
from bench.organisation import TENANT, recorder
from bench.rounds import Batch, Job, Rivals, timed
from bench.sizes import Sizes
from bench.system import System
from demo.people import ZONE, agreement_year
from models.commands import Amend, Asked, Body, EntryFields, Record
from models.database import WriteSession, command_transaction, engine_for
from models.messages import SheetKey
from models.rules.accrual_types import AccrualCode, codes_of
from models.rules.accruals import EntryForAccrual
from models.rules.books import Source
from models.rules.periods import period_of, timesheet_id
from models.rules.transitions import CommandKind
from models.standard import SHIFT, standard_types
from models.store import commands
from models.store.accruals import Change, cascade, contribute, lock_balances
from models.store.people import Member, load_circle

NOT_MUCH_MORE = Goal(3.0)
WARM_UP = 6
"""So often a connection sees a statement before it keeps its plan."""

FEEDS = codes_of(next(type_["feeds"] for type_ in standard_types() if type_["id"] == SHIFT))
EVERY = list(AccrualCode)


@dataclass(frozen=True)
class Year:
    """Somebody's year with a balance of every type on every day, and two shifts on its first day."""

    engine: Engine
    first: date
    owner: Member
    amended: UUID
    """The shift that is amended by whole commands."""
    contributing: UUID
    """The one of which only the balances hear."""

    @classmethod
    def filled(cls, system: System) -> "Year":
        """The year of somebody of the organisation that is measured with."""
        engine = engine_for(system.settings.database_url)
        first, last = agreement_year(datetime.now(UTC).date())
        person = TENANT.person_id(recorder(0))
        with command_transaction(engine, TENANT.id) as session:
            owner = load_circle(session, person).owner
        entries = [_carried_out(engine, first, Record(_shift(first, *hours))) for hours in ((9, 12), (13, 17))]
        with command_transaction(engine, TENANT.id) as session:
            days = {"tenant": TENANT.id, "person": person, "codes": EVERY, "first": first, "last": last}
            session.execute(_EVERY_DAY, days)
        return cls(engine, first, owner, *entries)

    def transaction(self) -> AbstractContextManager[WriteSession]:
        """As each command has one."""
        return command_transaction(self.engine, TENANT.id)

    def amend(self, number: int) -> None:
        """The whole command: version, contributions, balances, provenance, event, outcome."""
        _carried_out(self.engine, self.first, Amend(self.amended, number, _shift(self.first, 9, 11 + number % 2)))

    def contribute(self, number: int) -> None:
        """The part of an amendment that is about balances."""
        fields = _shift(self.first, 13, 16 + number % 2)
        entry = EntryForAccrual(FEEDS, fields.start, fields.end, self.owner.zone)
        with self.transaction() as session:
            lock_balances(session, self.owner.id)
            contribute(session, TENANT.id, self.owner, Source(self.contributing, number + 1), entry)

    def carry_every_type(self, number: int) -> None:
        """Balances of all types change on the first day, and so on every day: what no single entry does."""
        used = 1 if number % 2 else -1
        with self.transaction() as session:
            lock_balances(session, self.owner.id)
            cascade(session, TENANT.id, self.owner.id, {(code, self.first): Change(used=used) for code in EVERY})

    def write_every_row(self, number: int) -> None:
        """The barest statement that writes as many rows."""
        self._write(_EVERY_ROW, number)

    def write_one_row(self, number: int) -> None:
        """The floor: a transaction that changes one row."""
        self._write(_ONE_ROW, number)

    def _write(self, statement: TextClause, number: int) -> None:
        row = {"person": self.owner.id, "day": self.first, "by": 1 if number % 2 else -1}
        with self.transaction() as session:
            session.execute(statement, row)


async def measure(system: System, sizes: Sizes) -> list[Figure]:
    """The figures 'cascade'."""
    year = await asyncio.to_thread(Year.filled, system)
    shift, every, bare, whole = Rivals(), Rivals(), Rivals(), Rivals()
    floor, every_type = _counted(year.write_one_row), _counted(year.carry_every_type)
    pairs = (
        (shift, _counted(year.contribute), floor),
        (every, every_type, floor),
        (bare, every_type, _counted(year.write_every_row)),
        (whole, _counted(year.amend), floor),
    )
    for _, one, other in pairs:
        await _done(one, WARM_UP)
        await _done(other, WARM_UP)
    for _ in range(sizes.rounds):
        for rivals, one, other in pairs:
            await rivals.meet(partial(_done, one, sizes.cascades), partial(_done, other, sizes.cascades))
    return [
        _median("cascade, a shift on day 1 of a year", shift, NOT_MUCH_MORE),
        _median("cascade, all ten types on day 1 of a year", every, NOT_MUCH_MORE),
        _median("cascade of ten types against the barest statement", bare),
        _median("amendment of a shift on day 1 of a year", whole),
    ]


def _median(what: str, rivals: Rivals, goal: Goal | None = None) -> Figure:
    return latency(what, rivals.compare(lambda batch: batch.percentile(50)), goal)


def _counted(do: Callable[[int], None]) -> Job:
    """The same for the first time, the second, …"""
    numbers = count(1)

    async def job(_lane: int) -> None:
        do(next(numbers))

    return job


async def _done(job: Job, times: int) -> Batch:
    """So many of them, one after the other."""
    return await timed([job] * times, at_once=1)


_EVERY_DAY = text(
    """
    INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
    SELECT :tenant, :person, code, CAST(day AS date), 0, 0
    FROM unnest(CAST(:codes AS text[])) AS code,
         generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), '1 day') AS day
    ON CONFLICT DO NOTHING
    """
)
_EVERY_ROW = text("UPDATE accrual SET balance = balance + :by WHERE person_id = :person AND day >= :day")
_ONE_ROW = text(
    """
    UPDATE accrual SET balance = balance + :by
    WHERE person_id = :person AND accrual_code = 'FLEXIBLE_CREDITS' AND day = :day
    """
)


def _shift(day: date, begins: int, ends: int) -> EntryFields:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    return EntryFields(SHIFT, midnight + timedelta(hours=begins), midnight + timedelta(hours=ends))


def _carried_out(engine: Engine, day: date, body: Body) -> UUID:
    """A command of the owner, as the worker carries it out; the entry that it is about."""
    owner_id, period = TENANT.person_id(recorder(0)), period_of(day)
    asked = Asked(
        id=uuid4(),
        kind=CommandKind.RECORD if isinstance(body, Record) else CommandKind.AMEND,
        key=SheetKey(TENANT.id, timesheet_id(TENANT.id, owner_id, period.start)),
        owner_id=owner_id,
        period_start=period.start,
        actor_id=owner_id,
        body=body,
    )
    with command_transaction(engine, TENANT.id) as session:
        commands.ask(session, asked)
    outcome = SheetActivities(engine).apply_command(asked.ref)
    assert outcome.entry_id
    return outcome.entry_id
