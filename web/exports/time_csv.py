"""Approved time as CSV: a line for each version of an entry as it was approved, with the proof that it was."""

from collections.abc import Iterable, Iterator

from models.reads.record.approved_time import ApprovedEntry
from web.exports.cells import Cell, csv_of
from web.exports.columns import hours

HEADER = (
    "Staff ID",
    "Name",
    "Date",
    "Start",
    "Finish",
    "Minutes",
    "Hours",
    "Type",
    "Time worked",
    "Project ID",
    "Project",
    "Task",
    "Entry ID",
    "Version",
    "Timesheet ID",
    "Revision",
    "Submitted at",
    "Submitted by",
    "Submitted on behalf of",
    "Decided at",
    "Decided by",
    "Decided on behalf of",
    "Digest",
    "Seal",
    "Position",
)


def time_csv(entries: Iterable[ApprovedEntry]) -> Iterator[bytes]:
    """A line for each entry."""
    for line in csv_of(HEADER, (_line(entry) for entry in entries)):
        yield line.encode()


def _line(it: ApprovedEntry) -> list[Cell]:
    return [
        it.staff_id,
        it.name,
        it.day,
        it.start,
        it.end,
        it.minutes,
        hours(it.minutes),
        it.type,
        "yes" if it.counts else "no",
        it.project_id,
        it.project,
        it.task,
        str(it.entry_id),
        it.version,
        str(it.timesheet_id),
        it.revision,
        it.submitted_at,
        it.submitted_by,
        it.submitted_for,
        it.decided_at,
        it.decided_by,
        it.decided_for,
        it.digest,
        it.seal,
        it.position,
    ]
