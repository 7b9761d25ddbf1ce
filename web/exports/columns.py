"""What spreadsheets tell of each time entry: one table of columns, for every form of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from models.reads.exports import SheetExport
from models.reads.shown import EntryShown
from web.exports.cells import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width` is in characters, for programs that draw columns."""

    title: str
    width: int
    value: Callable[[SheetExport, EntryShown], Cell]


WHOSE = (
    Column("Staff ID", 14, lambda sheet, entry: sheet.owner.staff_id),
    Column("Name", 24, lambda sheet, entry: sheet.owner.name),
    Column("Period start", 12, lambda sheet, entry: sheet.period.start),
    Column("State", 10, lambda sheet, entry: sheet.status.label),
    Column("Revision", 9, lambda sheet, entry: sheet.revision),
)
"""What is the same on every line of one timesheet; it tells lines apart when several are put together."""

ENTRY = (
    Column("Date", 11, lambda sheet, entry: entry.day),
    Column("Start", 7, lambda sheet, entry: None if is_whole_day(entry) else entry.start.time()),
    Column("Finish", 7, lambda sheet, entry: None if is_whole_day(entry) or not entry.end else entry.end.time()),
    Column("Finish date", 11, lambda sheet, entry: None if is_whole_day(entry) or not entry.end else entry.end.date()),
    Column("Time zone", 16, lambda sheet, entry: sheet.zone.key),
    Column("Type", 18, lambda sheet, entry: entry.type.name),
    Column("Shift type", 14, lambda sheet, entry: entry.shift_type),
    Column("Project ID", 14, lambda sheet, entry: entry.project.external_id if entry.project else None),
    Column("Project", 26, lambda sheet, entry: entry.project.name if entry.project else None),
    Column("Task", 34, lambda sheet, entry: entry.task),
    Column("Break minutes", 13, lambda sheet, entry: entry.meal_break_minutes),
    Column("Minutes", 9, lambda sheet, entry: entry.minutes),
    Column("Hours", 9, lambda sheet, entry: hours(entry.minutes)),
    Column("Time worked", 11, lambda sheet, entry: "yes" if entry.counts else "no"),
    Column("Confirmed", 10, lambda sheet, entry: "yes" if entry.confirmed else "no"),
    Column("Start UTC", 21, lambda sheet, entry: entry.start.astimezone(UTC)),
    Column("Finish UTC", 21, lambda sheet, entry: entry.end.astimezone(UTC) if entry.end else None),
    Column("Planned start UTC", 21, lambda sheet, entry: entry.planned[0].astimezone(UTC) if entry.planned else None),
    Column("Planned finish UTC", 21, lambda sheet, entry: entry.planned[1].astimezone(UTC) if entry.planned else None),
    Column("Entry ID", 37, lambda sheet, entry: str(entry.id)),
    Column("Version", 8, lambda sheet, entry: entry.version),
)
"""What each entry says. The instants in UTC tell apart the times that happen twice when clocks go back."""


def is_whole_day(entry: EntryShown) -> bool:
    """Whether an entry is a day rather than from one time to another."""
    return entry.type.value_type == "date"


def hours(minutes: int) -> Decimal:
    """Whole minutes as hours with two decimals."""
    # A minute is five thirds of a hundredth, so no duration lies halfway between two of them.
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))
