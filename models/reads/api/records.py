"""Flex changes, notes, timesheets and the acts on them, as programs read them: plain rows, in pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from models.rules.transitions import CommandKind
from models.tables.timecard import FlexChange, Note, TimeEntryVersion
from models.tables.timesheet import Command, Decision, Submission, Timesheet

Dated = TypeVar("Dated", FlexChange, Note)


@dataclass(frozen=True, slots=True)
class DaysWanted:
    """Whose records, of which local days, both included; None is no limit."""

    owner_id: UUID
    start: date | None
    end: date | None
    after: tuple[date, UUID] | None
    """Day and id of the last one of the page before."""
    limit: int


def flex_changes(session: Session, wanted: DaysWanted) -> list[FlexChange]:
    """The flex changes of an owner, by the day that the shift is on now."""
    return _by_day(session, FlexChange, wanted)


def notes(session: Session, wanted: DaysWanted) -> list[Note]:
    """The notes on an owner's timesheets, by day."""
    return _by_day(session, Note, wanted)


def timesheets(session: Session, wanted: DaysWanted, state: str | None) -> list[Timesheet]:
    """The timesheets of an owner, by period, those that touch the days asked for."""
    found = select(Timesheet).where(Timesheet.owner_id == wanted.owner_id)
    if state:
        found = found.where(Timesheet.state == state)
    if wanted.start:
        found = found.where(Timesheet.period_end >= wanted.start)
    if wanted.end:
        found = found.where(Timesheet.period_start <= wanted.end)
    if wanted.after:
        found = found.where(tuple_(Timesheet.period_start, Timesheet.id) > wanted.after)
    return list(session.scalars(found.order_by(Timesheet.period_start, Timesheet.id).limit(wanted.limit)))


def last_decisions(session: Session, sheets: Iterable[Timesheet]) -> dict[UUID, Decision]:
    """The decision in force on the last submission of each timesheet that was decided on, by timesheet."""
    decisions = [sheet.decision_id for sheet in sheets if sheet.decision_id]
    found = select(Decision).where(Decision.id.in_(decisions))
    return {decision.timesheet_id: decision for decision in session.scalars(found)}


def acts_on(session: Session, timesheet_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[Command]:
    """Everything done on a timesheet, oldest first; also what moved an entry from or to another one.

    What changed nothing, because something newer was known, was not done.
    """
    moved = session.scalars(select(TimeEntryVersion.command_id).where(TimeEntryVersion.timesheet_id == timesheet_id))
    # The ids are read first: a condition on another table would have every command there is looked at.
    here = or_(Command.timesheet_id == timesheet_id, Command.id.in_(set(moved)))
    told = (Command.kind != CommandKind.BATCH.value, Command.result["ignored"].as_boolean().is_not(True))
    found = select(Command).where(here, Command.result.is_not(None), *told)
    if after:
        found = found.where(tuple_(Command.completed_at, Command.id) > after)
    return list(session.scalars(found.order_by(Command.completed_at, Command.id).limit(limit)))


def digests_on(session: Session, timesheet_id: UUID) -> dict[datetime, str]:
    """The digests that were certified and decided on, by the instant of the command."""
    submitted = select(Submission.submitted_at, Submission.digest).where(Submission.timesheet_id == timesheet_id)
    decided = select(Decision.decided_at, Decision.digest).where(Decision.timesheet_id == timesheet_id)
    return {at: digest for query in (submitted, decided) for at, digest in session.execute(query)}


def _by_day(session: Session, table: type[Dated], wanted: DaysWanted) -> list[Dated]:
    found = select(table).where(table.owner_id == wanted.owner_id)
    if wanted.start:
        found = found.where(table.local_date >= wanted.start)
    if wanted.end:
        found = found.where(table.local_date <= wanted.end)
    if wanted.after:
        found = found.where(tuple_(table.local_date, table.id) > wanted.after)
    return list(session.scalars(found.order_by(table.local_date, table.id).limit(wanted.limit)))
