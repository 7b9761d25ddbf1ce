"""The entries that are in the way of another, with the times that a refusal did not carry."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import Invalid
from models.tables.timecard import TimeEntry


def with_times(session: Session, refused: Invalid) -> Invalid:
    """The same refusal, with when the entries in the way are: a refusal names them by id, as it stands in a history.

    One that was removed meanwhile is left out.
    """
    errors = refused.data.get("errors", [])
    ids = {UUID(named["timeEntryId"]) for error in errors for named in error["data"] if _is_entry(named)}
    if not ids:
        return refused
    found = {str(entry.id): _times(entry) for entry in session.scalars(select(TimeEntry).where(TimeEntry.id.in_(ids)))}
    spelt_out = [error | {"data": _spelt_out(error["data"], found)} for error in errors]
    return Invalid(refused.message, **(refused.data | {"errors": spelt_out}))


def _is_entry(named: object) -> bool:
    """A refusal may name other things than entries, such as the types that a change is of."""
    return isinstance(named, dict) and "timeEntryId" in named


def _spelt_out(data: list[Any], found: dict[str, dict[str, Any]]) -> list[Any]:
    return [
        found[named["timeEntryId"]] if _is_entry(named) else named
        for named in data
        if not _is_entry(named) or named["timeEntryId"] in found
    ]


def _times(entry: TimeEntry) -> dict[str, Any]:
    return {
        "startTime": entry.start_at.isoformat(),
        "endTime": entry.end_at.isoformat() if entry.end_at else None,
        "timePeriodTypeId": str(entry.time_period_type_id),
    }
