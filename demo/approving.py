"""What the demo has to show of approval beside its weeks: somebody who stands in, what was done in the place of others,
an approval that was taken back, a timesheet that has waited for too long, and a summary of a project.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select, update

from activities.waking import Waking
from demo.giving import Given, give, key_of
from demo.people import DEMO
from demo.weeks import at, week_before
from models.commands import EntryFields, Record
from models.database import WriteSession, command_transaction
from models.errors import DomainError
from models.messages import DelegationKey
from models.rules.delegations import DelegationContent
from models.rules.periods import Period
from models.rules.transitions import CommandKind, State
from models.standard import TRAINING
from models.store.changes import GivenBy
from models.store.delegations import grant
from models.store.summaries import SummaryAsked, summarise
from models.store.time_rules import time_rules
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet
from web.services import Services
from workflows.options import WORKER_SILENCE
from workflows.starting import start_delegation

log = structlog.get_logger()

AWAY, DEPUTY = "staff-2001", "staff-3621"
"""Who is away these days, and who decides meanwhile."""

LEAD, PROJECT = "staff-2002", "proj-533"

WAITED_TOO_LONG = "staff-4402"
"""Whose last week waits for so long that somebody else is asked as well."""

WAITED_HOURS = 41
"""Working hours: one more than an approver has."""


async def fill_approval(services: Services, today: date, done: set[UUID]) -> None:
    """What was done with last week and for the next one; what somebody decided otherwise since stays so."""
    for each in _commands(today):
        try:
            await give(services, each, done)
        except DomainError as refused:
            log.info("demo week left alone", staff_id=each.owner, because=refused.message)
    await _stand_in(services, today)
    await _let_wait(services, today)


def _commands(today: date) -> Iterator[Given]:
    last, following = week_before(today), week_before(today, -1)
    yield Given(
        _command_id("approved for", last),
        "staff-4408",
        last,
        "staff-3150",
        CommandKind.APPROVE,
        on_behalf_of=DEPUTY,
        reason="Roland is at the trade fair, and the payroll is waiting.",
    )
    yield Given(
        _command_id("taken back", last),
        "staff-4406",
        last,
        DEPUTY,
        CommandKind.TAKE_BACK,
        reason="Too soon: Friday's overtime has to be looked at again.",
    )
    saturday = following + timedelta(days=5)
    course = EntryFields(TRAINING, at(saturday, 10 * 60), at(saturday, 12 * 60), task="first aid refresher")
    yield Given(
        _command_id("course", following),
        "staff-4366",
        following,
        DEPUTY,
        CommandKind.RECORD,
        Record(course),
        reason="The course is booked for everybody.",
    )


def summarise_project(services: Services, today: date) -> None:
    """The lead's summary of four weeks that are locked."""
    first, last = week_before(today, 8), week_before(today, 5) + timedelta(days=6)
    asked = SummaryAsked(DEMO.project_id(PROJECT), Period(first, last))
    try:
        with command_transaction(services.engine, DEMO.id) as session:
            summarise(session, _given_by(LEAD, "summary", first), asked)
    except DomainError as refused:
        log.info("demo summary left alone", because=refused.message)


async def _stand_in(services: Services, today: date) -> None:
    """From the Friday before until the end of next week, whichever day of the week it is."""
    monday = week_before(today, 0)
    first, last = monday - timedelta(days=3), monday + timedelta(days=13)
    content = DelegationContent(DEMO.person_id(AWAY), DEMO.person_id(DEPUTY), first, last, None, "On holiday.")

    def granted() -> UUID:
        with command_transaction(services.engine, DEMO.id) as session:
            return grant(session, _given_by(AWAY, "delegation", monday), content).id

    try:
        delegation_id = await asyncio.to_thread(granted)
    except DomainError as refused:
        log.info("demo delegation left alone", because=refused.message)
        return
    await start_delegation(services.client, services.settings.task_queue, DelegationKey(DEMO.id, delegation_id))


async def _let_wait(services: Services, today: date) -> None:
    """Time has passed over a timesheet that was submitted: its workflow sees that, and asks the next approver."""
    key = key_of(WAITED_TOO_LONG, week_before(today))

    def waited() -> bool:
        with command_transaction(services.engine, DEMO.id) as session:
            since = _long_ago(session)
            untouched = (Timesheet.state == State.SUBMITTED.value, Timesheet.escalations == 0)
            this = update(Timesheet).where(Timesheet.id == key.timesheet_id, *untouched)
            values = {"state_since": since, "reminded_until": since, "due_at": datetime.now(UTC)}
            return session.execute(this.values(values).returning(Timesheet.id)).first() is not None

    if await asyncio.to_thread(waited):
        await Waking(services.client, services.settings.task_queue, WORKER_SILENCE).wake(key)


def _long_ago(session: WriteSession) -> datetime:
    """The last midnight after which enough working hours have passed by now."""
    policy = session.scalars(select(TenantPolicy)).one()
    calendar, now = time_rules(session, policy).calendar, datetime.now(UTC)
    days = (now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago) for ago in range(60))
    return next(day for day in days if calendar.after(day, WAITED_HOURS) <= now)


def _given_by(staff_id: str, what: str, day: date) -> GivenBy:
    return GivenBy(DEMO.id, DEMO.person_id(staff_id), _command_id(what, day))


def _command_id(what: str, day: date) -> UUID:
    """The same whenever the demo is filled in the same week."""
    return uuid5(DEMO.id, f"{what}/{day.isoformat()}")
