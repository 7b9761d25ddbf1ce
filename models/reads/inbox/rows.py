"""Rows of what waits: everything on them was found when the timesheet was certified, so no entry is read."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from models.reads.ages import age_text
from models.reads.checks import checks_on
from models.reads.inbox.approver import Approver
from models.reads.inbox.queues import first_waiting
from models.reads.inbox.tabs import PAGE, Wanted, cursor, instant_position
from models.reads.shown import CheckShown, InboxRow, PersonShown
from models.rules.transitions import CommandKind
from models.tables.people import Person
from models.tables.timesheet import Command, Submission, Timesheet, Waiting


def waiting_rows(
    session: Session, approver: Approver, wanted: Wanted, now: datetime
) -> tuple[tuple[InboxRow, ...], str | None]:
    """A page of what waits, the oldest first, with where the next one begins."""
    first = first_waiting(approver, wanted, PAGE + 1, instant_position(wanted.after))
    these = _rows().join(first, first.c.timesheet_id == Timesheet.id)
    found = session.execute(these.order_by(first.c.submitted_at, first.c.timesheet_id).limit(PAGE + 1)).all()
    shown = tuple(_row(row, approver, now) for row in found[:PAGE])
    return shown, cursor(found[PAGE - 1].submitted_at, found[PAGE - 1].id) if len(found) > PAGE else None


def row_of(session: Session, timesheet_id: UUID, approver: Approver | None, now: datetime) -> InboxRow:
    """One timesheet that was submitted at least once, as a row of somebody's inbox or of nobody's."""
    return _row(session.execute(_rows().where(Timesheet.id == timesheet_id)).one(), approver, now)


def _rows() -> Select[*tuple[Any, ...]]:
    asked = (
        select(func.json_agg(func.json_build_array(Waiting.approver_id, Waiting.number, Waiting.project_id)))
        .where(Waiting.timesheet_id == Timesheet.id)
        .correlate(Timesheet)
        .scalar_subquery()
    )
    escalated = (
        select(func.max(Command.completed_at))
        .where(
            Command.timesheet_id == Timesheet.id,
            Command.result.is_not(None),
            Command.kind == CommandKind.ESCALATE.value,
        )
        .correlate(Timesheet)
        .scalar_subquery()
    )
    return (
        select(
            Timesheet.id,
            Timesheet.period_start,
            Timesheet.period_end,
            Timesheet.revision,
            Submission.submitted_at,
            Submission.digest,
            Submission.minutes_by_day,
            Submission.plan_minutes,
            Submission.exceptions,
            Person.id.label("owner_id"),
            Person.staff_id,
            Person.name,
            Person.time_zone,
            asked.label("asked"),
            case((Timesheet.escalations > 0, escalated)).label("escalated_at"),
        )
        .join(Submission, Submission.id == Timesheet.submission_id)
        .join(Person, Person.id == Timesheet.owner_id)
    )


def _row(row: Any, approver: Approver | None, now: datetime) -> InboxRow:
    zone = ZoneInfo(row.time_zone)
    mine = _as_whom(row.asked or (), approver)
    return InboxRow(
        timesheet_id=row.id,
        owner=PersonShown(row.owner_id, row.staff_id, row.name),
        period_start=row.period_start,
        period_end=row.period_end,
        digest=row.digest,
        minutes_by_day=tuple(row.minutes_by_day),
        total_minutes=sum(row.minutes_by_day),
        plan_minutes=row.plan_minutes,
        checks=tuple(_checks(row, zone)),
        submitted_at=row.submitted_at.astimezone(zone),
        waiting_text=age_text(row.submitted_at, now),
        revision=row.revision,
        for_name=_for_whom(row.asked or (), approver) if mine is None else None,
        as_lead=mine is not None and mine[1] is not None,
        asked_since=row.escalated_at.astimezone(zone) if row.escalated_at and mine and mine[0] > 0 else None,
    )


def _as_whom(asked: Iterable[Any], approver: Approver | None) -> tuple[int, str | None] | None:
    """The place among those who are asked, and the project if it is only its lines, in one's own right."""
    if approver is None:
        return None
    slots = {str(slot) if slot else None for slot in approver.slots}
    places = sorted((number, project) for slot, number, project in asked if slot in slots)
    return places[0] if places else None


def _for_whom(asked: Iterable[Any], approver: Approver | None) -> str | None:
    """In whose place one decides."""
    if approver is None:
        return None
    named = {str(each.delegator.id): each.delegator.name for each in approver.stands_in}
    return next((named[slot] for slot, _, _ in asked if slot in named), None)


def _checks(row: Any, zone: ZoneInfo) -> Iterator[CheckShown]:
    yield from checks_on(row, row.period_end, zone)
    if row.revision > 1:
        yield CheckShown(f"Revision {row.revision}", "info")
