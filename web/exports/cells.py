"""Cells of spreadsheets: what people typed stays text, whatever a spreadsheet program would make of it."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import StringIO
from typing import TypeAlias

Cell: TypeAlias = str | int | Decimal | date | time | None
"""What a cell holds: text, a number, a day, an instant with its offset, a time of day, or nothing."""

BOM = "\ufeff"
"""Tells spreadsheet programs that the file is UTF-8."""

# Also behind spaces and invisible characters, which some programs take off, and in the width of East Asian letters.
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\x00-\x1f\x7f-\x9f]")


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it.

    That is a first character of `= + - @`, or a control character. Only for text: a negative number is a number.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A CSV file (RFC 4180, with a byte order mark), a line at a time; to be encoded as UTF-8."""
    yield BOM + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[Cell]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_written(cell) for cell in cells])
    return line.getvalue()


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return safe_text(cell)
        case datetime() | date():
            return cell.isoformat()
        case time():
            return f"{cell:%H:%M}"
        case Decimal():
            return f"{cell:f}"
    return str(cell)
