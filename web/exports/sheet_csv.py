"""One timesheet as CSV: a line for each entry."""

from models.reads.exports import SheetExport
from web.exports.cells import csv_of
from web.exports.columns import ENTRY, WHOSE

COLUMNS = (*WHOSE, *ENTRY)


def sheet_csv(sheet: SheetExport) -> bytes:
    """The entries of a timesheet, by start, each with whose and in which zone it is."""
    rows = ([column.value(sheet, entry) for column in COLUMNS] for entry in sheet.entries)
    return "".join(csv_of([column.title for column in COLUMNS], rows)).encode()
