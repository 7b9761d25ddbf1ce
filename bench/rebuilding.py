"""Balances of many people brought to a new target: person-years in a second, by two worker processes and by one."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine, create_engine, make_url, text
from temporalio.client import Client

from bench.figures import Figure, Goal
from bench.organisation import TENANT
from bench.sizes import Sizes
from bench.system import PROJECT, START_SECONDS, STOP_SECONDS, System, environment
from bench.usage import processor_milliseconds
from demo.people import agreement_year
from models.database import command_transaction, engine_for, read_session
from models.messages import RebuildKey
from models.payloads import data_converter
from models.standard import SHIFT
from models.store.rebuilds import ByProgram, ask_rebuild, progress_of
from models.verifying.balances import wrong_with
from processes import end, spawn, tail, wait_until
from settings import Settings
from workflows.accrual_rebuild import rebuild_workflow_id
from workflows.starting import start_rebuild

NEARLY_TWICE = Goal(0.9, at_least=True)


@dataclass(frozen=True)
class Years:
    """People with a shift on every workday of the running year, and the system that counts them."""

    system: System
    engine: Engine
    client: Client
    people: list[UUID]

    @classmethod
    async def filled(cls, system: System, many: int) -> "Years":
        """As many people of the organisation that is measured with, beside those who are there."""
        settings = system.settings
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=data_converter(settings.payload_keys),
        )
        people = await asyncio.to_thread(_hired, settings, many)
        return cls(system, engine_for(settings.database_url), client, people)

    async def rebuilt(self) -> float:
        """Person-years in a second, of one rebuild after everybody's target was changed."""
        await asyncio.to_thread(self._change_targets)
        with command_transaction(self.engine, TENANT.id) as session:
            key = RebuildKey(TENANT.id, ask_rebuild(session, ByProgram(TENANT.id, uuid4()), "Measured", self.people))
        await start_rebuild(self.client, self.system.settings.task_queue, key)
        await self.client.get_workflow_handle(rebuild_workflow_id(key)).result()
        with read_session(self.engine, TENANT.id) as session:
            progress = progress_of(session, key.rebuild_id)
        assert progress.started_at
        assert progress.finished_at
        assert progress.changed == len(self.people)
        return len(self.people) / (progress.finished_at - progress.started_at).total_seconds()

    def require_right(self) -> None:
        """A rebuild that was quick and wrong ends the run."""
        with read_session(self.engine, TENANT.id) as session:
            wrong = list(wrong_with(session, self.people))
        if wrong:
            raise SystemExit(f"balances are wrong after a rebuild: {wrong[:3]}")

    def _change_targets(self) -> None:
        with command_transaction(self.engine, TENANT.id) as session:
            session.execute(_CHANGE_TARGETS, {"people": self.people})


async def measure(system: System, sizes: Sizes) -> list[Figure]:
    """The figures 'rebuild'."""
    years = await Years.filled(system, sizes.rebuilt)
    await years.rebuilt()
    one, two, used = [], [], []
    for _ in range(sizes.rounds):
        before = processor_milliseconds()
        one.append(await years.rebuilt())
        used.append((processor_milliseconds() - before).total() / len(years.people))
        with another_worker(system):
            two.append(await years.rebuilt())
    await asyncio.to_thread(years.require_right)
    samples = f"{sizes.rounds} × {sizes.rebuilt}"
    return [
        Figure(
            "rebuild, two workers against twice one",
            [both / alone / 2 for both, alone in zip(two, one, strict=True)],
            ours=f"{sorted(two)[len(two) // 2]:.0f} /s",
            against=f"2 × {sorted(one)[len(one) // 2]:.0f} /s",
            samples=samples,
            goal=NEARLY_TWICE,
        ),
        Figure("processor time of a person-year", used, "ms", samples=samples),
    ]


@contextmanager
def another_worker(system: System) -> Iterator[None]:
    """A second worker process of the product on the same servers, from when it is ready."""
    log = system.data_dir / "logs" / f"bench-{uuid4().hex[:8]}.log"
    command = [sys.executable, "-P", "-m", "countersign", "worker", "--data-dir", str(system.data_dir)]
    process = spawn(command, log=log, env=environment() | {"PYTHONPATH": str(PROJECT)})
    try:
        if not wait_until(lambda: "worker ready" in log.read_text(), seconds=START_SECONDS):
            raise SystemExit(f"the second worker did not start:\n{tail(log, 30)}")
        yield
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


def _hired(settings: Settings, many: int) -> list[UUID]:
    """Their rows, written at once: commands would take an hour."""
    assert settings.database_owner_url
    first, last = agreement_year(datetime.now(UTC).date())
    names = {"tenant": TENANT.id, "many": many, "first": first, "last": last, "type": SHIFT}
    owner = create_engine(make_url(settings.database_owner_url).set(drivername="postgresql+psycopg"))
    try:
        with owner.begin() as connection:
            connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), {"id": str(TENANT.id)})
            for statement in (_PEOPLE, _AGREEMENTS, _TARGETS, _TIMESHEETS, _ENTRIES):
                connection.execute(text(statement), names)
            people = list(connection.scalars(text("SELECT id FROM person WHERE staff_id LIKE 'counted-%'")))
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        return people
    finally:
        owner.dispose()


_PEOPLE = """
    INSERT INTO person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, active)
    SELECT gen_random_uuid(), :tenant, 'counted-' || n, 'Counted ' || n, 'Europe/London', 'GB-ENG', true
    FROM generate_series(1, :many) AS n
"""
_AGREEMENTS = """
    INSERT INTO agreement (id, tenant_id, person_id, start_date, end_date, standard_day_minutes)
    SELECT gen_random_uuid(), :tenant, id, :first, :last, 444 FROM person WHERE staff_id LIKE 'counted-%'
"""
_TARGETS = """
    INSERT INTO agreement_target (tenant_id, agreement_id, accrual_code, target, opening_balance)
    SELECT :tenant, g.id, code, 100000, 100000
    FROM agreement g JOIN person p ON p.id = g.person_id AND p.staff_id LIKE 'counted-%',
         unnest(ARRAY['ANNUAL_TARGET_HOURS', 'NIGHT_HOURS']) AS code
"""
_TIMESHEETS = """
    INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, revision)
    SELECT gen_random_uuid(), :tenant, id, :first, :last, 'draft', 1 FROM person WHERE staff_id LIKE 'counted-%'
"""
# Every fifth shift is one of the night, the others of the day.
_ENTRIES = """
    INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id, start_at, end_at,
                            start_offset_minutes, end_offset_minutes, meal_break_minutes, confirmed, deleted)
    SELECT gen_random_uuid(), :tenant, t.owner_id, t.id, 1, :type, at, at + interval '8 hours', 0, 0, 30, true, false
    FROM timesheet t JOIN person p ON p.id = t.owner_id AND p.staff_id LIKE 'counted-%',
         generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '1 day') AS day,
         LATERAL (SELECT day + CASE WHEN CAST(extract(day FROM day) AS int) % 5 = 0 THEN interval '22 hours'
                                    ELSE interval '9 hours' END AS at) AS shift
    WHERE extract(isodow FROM day) < 6
"""
_CHANGE_TARGETS = text(
    """
    UPDATE agreement_target t SET opening_balance = opening_balance + 1 FROM agreement g
    WHERE g.id = t.agreement_id AND g.person_id = ANY (:people) AND t.accrual_code = 'ANNUAL_TARGET_HOURS'
    """
)
