"""Timesheets as programs read them: state, digest and totals, for a page of them in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.api.records import last_decisions
from models.rules.digest import sheet_digest
from models.rules.durations import worked_minutes
from models.rules.periods import Period
from models.store.period_types import COUNTING
from models.store.sheets import content_of
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Decision, Timesheet, Waiting


@dataclass(frozen=True, slots=True)
class SheetFound:
    """A timesheet with what follows from its entries, and the decision on its last submission."""

    sheet: Timesheet
    digest: str
    """Of the present content: what a submission or a decision has to name."""
    total_minutes: int
    """Worked, less meal breaks, of types that count to target hours."""
    decision: Decision | None
    waiting_for: tuple[UUID | None, ...] = ()
    """Who is asked while it is submitted, the first one first; None stands for the administrators."""


def with_content(session: Session, sheets: Sequence[Timesheet]) -> list[SheetFound]:
    """Timesheets with their digests, totals and decisions."""
    entries = _entries(session, [sheet.id for sheet in sheets])
    counting = _counting(session)
    decisions = last_decisions(session, sheets)
    waiting = _waiting(session, [sheet.id for sheet in sheets if sheet.submitted_at])
    return [
        replace(
            _found(sheet, entries.get(sheet.id, []), counting, decisions.get(sheet.id)),
            waiting_for=tuple(dict.fromkeys(waiting.get(sheet.id, []))),
        )
        for sheet in sheets
    ]


def _found(
    sheet: Timesheet, entries: list[TimeEntry], counting: frozenset[UUID], decision: Decision | None
) -> SheetFound:
    content = content_of(sheet.owner_id, Period(sheet.period_start, sheet.period_end), entries)
    return SheetFound(sheet, sheet_digest(content), _minutes(entries, counting), decision)


def _entries(session: Session, sheet_ids: list[UUID]) -> dict[UUID, list[TimeEntry]]:
    """The entries that count, by timesheet."""
    these = select(TimeEntry).where(TimeEntry.timesheet_id.in_(sheet_ids), ~TimeEntry.deleted, TimeEntry.confirmed)
    found: dict[UUID, list[TimeEntry]] = {}
    for entry in session.scalars(these):
        found.setdefault(entry.timesheet_id, []).append(entry)
    return found


def _waiting(session: Session, sheet_ids: list[UUID]) -> dict[UUID, list[UUID | None]]:
    if not sheet_ids:
        return {}
    these = select(Waiting.timesheet_id, Waiting.approver_id).where(Waiting.timesheet_id.in_(sheet_ids))
    found: dict[UUID, list[UUID | None]] = {}
    for sheet_id, approver_id in session.execute(these.order_by(Waiting.timesheet_id, Waiting.number)):
        found.setdefault(sheet_id, []).append(approver_id)
    return found


def _counting(session: Session) -> frozenset[UUID]:
    return frozenset(session.scalars(COUNTING))


def _minutes(entries: Iterable[TimeEntry], counting: frozenset[UUID]) -> int:
    return sum(
        worked_minutes(entry.start_at, entry.end_at, entry.meal_break_minutes)
        for entry in entries
        if entry.time_period_type_id in counting
    )
