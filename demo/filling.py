"""Fills the demo by the same commands that people give, through the same workflows: nothing in it could not
have happened. Filling it again changes nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlalchemy import func, select, update

from demo.approving import fill_approval, summarise_project
from demo.giving import Given, already_done, give
from demo.people import DEMO, OTHER, DemoPerson, found
from demo.weeks import DemoWeek, demo_weeks, week_before
from models.commands import AddFlexChange, Body, Record, Schedule, ScheduleAction, made_by
from models.database import command_transaction, read_session
from models.errors import DomainError
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.rules.transitions import DECISIONS, NEEDS_REASON, CommandKind, State
from models.store.adjustments import AdjustmentContent, adjust
from models.store.changes import GivenBy
from models.store.rebuilding import recompute
from models.store.rebuilds import agreed_people
from models.store.sealing import keys_from, seal
from models.tables.accruals import Adjustment
from models.tables.delivery import Notification
from models.tables.timesheet import Timesheet
from settings import Settings, SettingsError, variable
from web.app import connect
from web.services import Services

log = structlog.get_logger()

AT_ONCE = 6
"""How many weeks are filled at once."""

RECENT = timedelta(days=14)
"""Weeks that are not over for longer are news."""

ADMINISTRATOR = "staff-3150"

_REASONS = {
    CommandKind.REJECT: "Thursday's hours do not match the rota.",
    CommandKind.REVISE: "Corrected after a look at the rota.",
    CommandKind.LOCK: "Paid with last month's payroll.",
}


async def fill(settings: Settings) -> None:
    """Found the organisations and fill the demo's quarter. Raises `SettingsError` in production."""
    if settings.production:
        raise SettingsError("The demo has known passwords, so it is not filled in production.")
    if settings.database_owner_url is None:
        raise SettingsError(f"{variable('database_owner_url')} is not set.")
    today = datetime.now(UTC).date()
    for tenant in (DEMO, OTHER):
        await asyncio.to_thread(found, settings.database_owner_url, tenant, today)
    services = await connect(settings)
    await asyncio.to_thread(_count_again, services)
    done = await asyncio.to_thread(already_done, services)
    weeks, last_week = demo_weeks(today), week_before(today)
    # What people look at first is there first, and so is what has to be decided and answered.
    await _fill_weeks(services, [week for week in weeks if week.monday >= last_week], done)
    older = [week for week in weeks if week.monday < last_week]
    await asyncio.gather(fill_approval(services, today, done), _fill_weeks(services, older, done))
    await asyncio.to_thread(summarise_project, services, today)
    await asyncio.to_thread(_adjust_balances, services, today)
    await asyncio.to_thread(_let_old_notices_rest, services, today)
    await asyncio.to_thread(_seal, services)
    log.info("demo filled")


async def _fill_weeks(services: Services, weeks: Sequence[DemoWeek], done: set[UUID]) -> None:
    """Some at once, in their order."""
    waiting = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_fill_week(services, week, done, waiting) for week in weeks))


async def _fill_week(services: Services, week: DemoWeek, done: set[UUID], waiting: asyncio.Semaphore) -> None:
    async with waiting:
        try:
            for number, fields in enumerate(week.entries):
                await _give(services, week, week.person, CommandKind.RECORD, Record(fields), f"record/{number}", done)
            if week.lengthened is not None:
                lengthen = _lengthening(week, week.lengthened)
                await _give(services, week, week.person, CommandKind.ADD_FLEX_CHANGE, lengthen, "flex", done)
            for number in range(len(week.planned)):
                plan = _plan(week, number)
                await _give(services, week, _scheduler(), CommandKind.SCHEDULE, plan, f"plan/{number}", done)
            for number, kind in enumerate(week.then):
                await _give(services, week, _actor(week, kind), kind, None, f"{number}/{kind.value}", done)
        except DomainError as refused:
            # Somebody has been working on this week since; what they did stays.
            log.info("demo week left alone", staff_id=week.person.staff_id, because=refused.message)


async def _give(
    services: Services,
    week: DemoWeek,
    actor: DemoPerson,
    kind: CommandKind,
    body: Body | None,
    step: str,
    done: set[UUID],
) -> None:
    reason = _REASONS[kind] if kind in NEEDS_REASON else None
    asked = Given(week.command_id(step), week.person.staff_id, week.monday, actor.staff_id, kind, body, reason=reason)
    await give(services, asked, done)


def _let_old_notices_rest(services: Services, today: date) -> None:
    """Nobody begins with a quarter of news about weeks that are long over."""
    weeks = select(Timesheet.id).where(Timesheet.period_end < today - RECENT, Timesheet.state != State.SUBMITTED.value)
    old = update(Notification).where(Notification.read_at.is_(None), Notification.timesheet_id.in_(weeks))
    with command_transaction(services.engine, DEMO.id) as session:
        session.execute(old.values(read_at=func.now()).execution_options(synchronize_session=False))


def _seal(services: Services) -> None:
    """What was just filled in is sealed at once, for whoever looks at the seals first."""
    key_of = keys_from(services.settings.secret_key.get_secret_value())
    for tenant in (DEMO, OTHER):
        goes_on = True
        while goes_on:
            with command_transaction(services.engine, tenant.id) as session:
                made = seal(session, tenant.id, key_of)
            goes_on = made is not None and made.goes_on


def _count_again(services: Services) -> None:
    """A demo that is older may have had other targets."""
    for tenant in (DEMO, OTHER):
        with read_session(services.engine, tenant.id) as session:
            people = agreed_people(session)
        for person_id in people:
            with command_transaction(services.engine, tenant.id) as session:
                recompute(session, tenant.id, person_id)


def _adjust_balances(services: Services, today: date) -> None:
    """What an administrator gave and took by hand."""
    for staff_id, code, days_ago, value, reason in _ADJUSTMENTS:
        command_id = uuid5(DEMO.id, f"adjustment/{staff_id}/{code.value}")
        given = GivenBy(DEMO.id, DEMO.person_id(ADMINISTRATOR), command_id)
        with read_session(services.engine, DEMO.id) as session:
            if session.get(Adjustment, given.makes("adjustment")):
                continue
        day = today - timedelta(days=days_ago)
        content = AdjustmentContent(DEMO.person_id(staff_id), code, day, value, reason)
        try:
            with command_transaction(services.engine, DEMO.id) as session:
                adjust(session, given, content)
        except DomainError as refused:
            log.info("demo balance left alone", staff_id=staff_id, because=refused.message)


_ADJUSTMENTS = (
    ("staff-4366", AccrualCode.ANNUAL_TARGET_HOURS, 40, -450, "A day of jury service counts as worked."),
    ("staff-4401", AccrualCode.ANNUAL_TARGET_HOURS, 25, 225, "Half a day of leave was booked twice."),
    ("staff-4404", AccrualCode.NIGHT_HOURS, 30, -360, "A night that was swapped on paper in the summer."),
)


def _scheduler() -> DemoPerson:
    return next(person for person in DEMO.people if "integration" in person.roles)


def _plan(week: DemoWeek, number: int) -> Schedule:
    fields = week.planned[number]
    assert fields.end
    id_ = uuid5(week.command_id(f"plan/{number}"), "entry")
    type_id = fields.time_period_type_id
    return Schedule(id_, 1, ScheduleAction.CREATE, type_id, fields.start, fields.end, fields.shift_type)


def _lengthening(week: DemoWeek, number: int) -> AddFlexChange:
    """The shift went on for three quarters of an hour."""
    entry_id = made_by(DEMO.id, week.command_id(f"record/{number}"), "entry")
    fields = week.entries[number]
    assert fields.end
    longer = fields.end + timedelta(minutes=45)
    return AddFlexChange(FlexType.EXTENDED, entry_id, 1, fields.start, longer, "Roland Fuller", note="A late delivery.")


def _actor(week: DemoWeek, kind: CommandKind) -> DemoPerson:
    """Who does this: the worker, their supervisor, or an administrator."""
    staff_id = week.person.staff_id
    if kind in DECISIONS:
        staff_id = week.person.supervisor or ADMINISTRATOR
    if kind is CommandKind.LOCK:
        staff_id = ADMINISTRATOR
    return next(person for person in DEMO.people if person.staff_id == staff_id)
