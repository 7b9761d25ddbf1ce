"""Taking an event in: it becomes a command like anybody's, or is kept with the reason why it could not.

Delivered twice it happens once, since its id is the id of the command; what is older than what is known changes
nothing. When a part of the system is away nothing is kept and the sender has to send it again.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from giving import Commands
from models.commands import Asked, Place, Schedule, ScheduleAction
from models.database import command_transaction, read_session
from models.errors import DomainError, NotFound, NotYours, Unavailable, Withdrawn
from models.messages import SheetKey
from models.reads.viewer import Onlooker
from models.rules.days import local_date
from models.rules.periods import period_of
from models.rules.policy import Action, Relation, Role, Standing, authorise
from models.rules.transitions import CommandKind
from models.store.dead_letters import PlannedMeanwhile, forget_unseen, keep_letter
from models.store.people import load_circle
from models.tables.intake import ScheduledEntry
from models.tables.people import TenantPolicy
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Timesheet
from web.intake.scheduled import NotUnderstood, ScheduledEvent, read_event

NOT_NOW = (Unavailable, Withdrawn)
"""Nothing was saved, and the same event may be sent again: a part of the system was away, or died meanwhile."""


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    IGNORED = "ignored"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Sender:
    """The identity that an event came from."""

    tenant_id: UUID
    person_id: UUID
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an event, and if it was kept where and why."""

    outcome: Outcome
    letter_id: UUID | None = None
    reason: str | None = None


async def take(commands: Commands, sender: Sender, route: str, text: str) -> Taken:
    """Take an event in. Raises `NotYours` for a sender who may not, and one of `NOT_NOW`: then it has to come again."""
    require_sender(sender)
    try:
        return Taken(await give(commands, sender, read_event(text)))
    except NOT_NOW:
        raise
    except (NotUnderstood, DomainError) as refused:
        reason = reason_of(refused)
        return Taken(Outcome.KEPT, await run_in_threadpool(keep, commands, sender, route, text, reason), reason)


async def give(commands: Commands, sender: Sender, event: ScheduledEvent, tries: int = 0) -> Outcome:
    """Have the event's command carried out. Raises the refusal. `tries` tells a later try from the first."""
    asked = await run_in_threadpool(_asked, commands, sender, event, tries)
    if asked is None:
        return Outcome.IGNORED
    done = await commands.give(Onlooker(sender.tenant_id, sender.person_id), asked)
    return Outcome.IGNORED if done.ignored else Outcome.APPLIED


def require_sender(sender: Sender) -> None:
    """Raises `NotYours` unless the sender may plan other people's time."""
    standing = Standing(sender.person_id, sender.roles, frozenset({Relation.TENANT}))
    if authorise(Action.SCHEDULE, standing) is None:
        raise NotYours("Planned shifts come from a person with the role integration.")


def reason_of(refused: Exception) -> str:
    """Why an event could not be taken, in one line."""
    return f"It is not understood: {refused}" if isinstance(refused, NotUnderstood) else str(refused)


def _asked(commands: Commands, sender: Sender, event: ScheduledEvent, tries: int) -> Asked | None:
    """The event as a command; None when nothing is left to do."""
    command_id, shift = event.command_id(sender.person_id, tries), event.data
    with read_session(commands.engine, sender.tenant_id) as session:
        known = session.get(ScheduledEntry, (sender.tenant_id, shift.entry_id))
        if known is not None and known.version >= shift.version:
            return None
        entry = session.get(TimeEntry, shift.entry_id)
        if entry is not None or shift.action is not ScheduleAction.DELETE:
            return _command(session, sender, event, entry, command_id)
    try:
        with command_transaction(commands.engine, sender.tenant_id) as session:
            forget_unseen(session, sender.tenant_id, shift.entry_id, shift.version, command_id)
    except PlannedMeanwhile:
        return _asked(commands, sender, event, tries)
    return None


def _command(
    session: Session, sender: Sender, event: ScheduledEvent, entry: TimeEntry | None, command_id: UUID
) -> Asked:
    shift = event.data
    owner = load_circle(session, shift.person_id).owner
    if not owner.rank.active:
        raise NotFound("This person is not active any more.")
    start = shift.planned_start_time or (entry.start_at if entry else None)
    end = shift.planned_end_time or (entry.end_at if entry else None) or start
    type_id = shift.time_period_type_id or (entry.time_period_type_id if entry else None)
    assert start is not None
    assert end is not None
    assert type_id is not None
    week_starts_on = session.get_one(TenantPolicy, sender.tenant_id).week_starts_on
    planned = period_of(local_date(start, owner.zone), week_starts_on).start
    home, moved_from = _places(session, entry, planned, event)
    place = Place(owner.id, home)
    return Asked(
        id=command_id,
        kind=CommandKind.SCHEDULE,
        key=SheetKey(sender.tenant_id, place.timesheet_id(sender.tenant_id)),
        owner_id=owner.id,
        period_start=home,
        actor_id=sender.person_id,
        body=Schedule(
            entry_id=shift.entry_id,
            version=shift.version,
            action=shift.action,
            time_period_type_id=type_id,
            start=start,
            end=end,
            shift_type=shift.shift_type or None,
            moved_from=moved_from,
        ),
    )


def _places(
    session: Session, entry: TimeEntry | None, planned: date, event: ScheduledEvent
) -> tuple[date, date | None]:
    """On which period's timesheet the command is given, and from which other one the entry moves, if it does."""
    if entry is None:
        return planned, None
    present = session.get_one(Timesheet, entry.timesheet_id).period_start
    stays = entry.confirmed or entry.deleted or event.data.action is ScheduleAction.DELETE
    return (present, None) if stays or present == planned else (planned, present)


def keep(commands: Commands, sender: Sender, route: str, text: str, reason: str) -> UUID:
    """Keep an event as it came, with the reason why it was not taken."""
    with command_transaction(commands.engine, sender.tenant_id) as session:
        return keep_letter(session, sender.tenant_id, sender.person_id, route, text, reason)
