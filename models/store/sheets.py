"""Timesheets as commands change them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.messages import SheetSnapshot
from models.rules.digest import EntryContent, SheetContent
from models.rules.periods import Period
from models.rules.transitions import State
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Timesheet

NO_SHEET = SheetSnapshot(exists=False, state=State.DRAFT, revision=1)
"""A timesheet nobody has recorded anything on yet."""


def lock_sheets(session: WriteSession, timesheet_ids: Iterable[UUID]) -> dict[UUID, Timesheet]:
    """Timesheets, held until the transaction ends, by id; those that were never opened are missing."""
    these = select(Timesheet).where(Timesheet.id.in_(timesheet_ids)).order_by(Timesheet.id)
    return {sheet.id: sheet for sheet in session.scalars(these.with_for_update())}


def lock_sheet(session: WriteSession, timesheet_id: UUID) -> Timesheet | None:
    """The timesheet, held until the transaction ends; None when it was never opened."""
    return session.scalar(select(Timesheet).where(Timesheet.id == timesheet_id).with_for_update())


def open_sheet(session: WriteSession, tenant_id: UUID, timesheet_id: UUID, owner_id: UUID, period: Period) -> bool:
    """Open a timesheet as a draft unless there is one; whether it is new."""
    opened = session.execute(
        insert(Timesheet)
        .values(
            id=timesheet_id,
            tenant_id=tenant_id,
            owner_id=owner_id,
            period_start=period.start,
            period_end=period.end,
            state=State.DRAFT.value,
            revision=1,
        )
        .on_conflict_do_nothing()
        .returning(Timesheet.id)
    )
    return opened.first() is not None


def snapshot_of(sheet: Timesheet | None) -> SheetSnapshot:
    """What the workflow is told of a timesheet."""
    if sheet is None:
        return NO_SHEET
    return SheetSnapshot(True, State(sheet.state), sheet.revision, sheet.lock_at, sheet.due_at)


def live_entries(session: Session, timesheet_id: UUID) -> list[TimeEntry]:
    """The entries that count, by start: what is planned and not confirmed does not."""
    found = select(TimeEntry).where(TimeEntry.timesheet_id == timesheet_id, ~TimeEntry.deleted, TimeEntry.confirmed)
    return list(session.scalars(found.order_by(TimeEntry.start_at, TimeEntry.id)))


def planned_entries(session: Session, timesheet_id: UUID) -> int:
    """How many entries are planned, and nobody has said yet that they were worked."""
    unconfirmed = (TimeEntry.timesheet_id == timesheet_id, ~TimeEntry.deleted, ~TimeEntry.confirmed)
    return session.scalar(select(func.count()).where(*unconfirmed)) or 0


def content_of(owner_id: UUID, period: Period, entries: list[TimeEntry]) -> SheetContent:
    """The content that the digest of a timesheet is computed over."""
    return SheetContent(
        owner_id,
        period.start,
        period.end,
        tuple(
            EntryContent(
                id=entry.id,
                version=entry.version,
                type_id=entry.time_period_type_id,
                start=entry.start_at,
                end=entry.end_at,
                project_id=entry.project_id,
                task=entry.task,
                meal_break_minutes=entry.meal_break_minutes,
            )
            for entry in entries
        ),
    )
