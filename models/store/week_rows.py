"""The lines that somebody wants to see in the grid of a week: no facts, so they come and go without a command."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.messages import SheetKey
from models.rules.lines import Line
from models.tables.timecard import WeekRow

MOST = 40
"""Lines that a week can be given."""


def add(session: WriteSession, key: SheetKey, owner_id: UUID, lines: Iterable[Line]) -> int:
    """Show lines in the grid of a week; how many were not there before. More than `MOST` are left out."""
    there = session.scalar(select(func.count()).where(WeekRow.timesheet_id == key.timesheet_id)) or 0
    rows = [
        {
            "tenant_id": key.tenant_id,
            "timesheet_id": key.timesheet_id,
            "line": str(line),
            "owner_id": owner_id,
            "time_period_type_id": line.type_id,
            "project_id": line.project_id,
        }
        for line in lines
    ][: max(0, MOST - there)]
    if not rows:
        return 0
    added = session.execute(insert(WeekRow).values(rows).on_conflict_do_nothing().returning(WeekRow.line))
    return len(added.all())


def remove(session: WriteSession, key: SheetKey, line: Line) -> None:
    """Show a line no more, unless something is recorded on it."""
    session.execute(delete(WeekRow).where(WeekRow.timesheet_id == key.timesheet_id, WeekRow.line == str(line)))
