"""Worksheets that are written line by line, in our own look; what people typed stays text in them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from web.exports.cells import Cell, safe_text

FIRST_YEAR = 1900
"""A workbook knows no days before it."""

PATTERNS = {
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    time: "hh:mm",
    Decimal: "#,##0.00",
    int: "#,##0",
}
"""How the kinds of cells are shown."""

PLAIN, HEAD, SUM = "plain", "head", "sum"
LOOKS: dict[str, dict[str, object]] = {
    PLAIN: {"valign": "top"},
    HEAD: {"bold": True, "bg_color": "#EEF1F6", "bottom": 1, "bottom_color": "#8A94A6"},
    SUM: {"bold": True, "top": 1, "top_color": "#8A94A6"},
}
"""How lines look: entries, headings, and totals."""


class Page:
    """A worksheet that is written line by line."""

    def __init__(self, book: Workbook, name: str) -> None:
        self.sheet: Worksheet = book.add_worksheet(name)
        self.row = 0
        self._book = book
        self._formats: dict[tuple[str, type], Format] = {}

    def line(self, *cells: Cell, look: str = PLAIN) -> None:
        """The next line; what is None stays empty, but for the look of a heading or a total."""
        for column, cell in enumerate(cells):
            self._write(column, cell, look)
        self.row += 1

    def lines(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """A small table below what is there."""
        self.row += 1
        self.line(title, *columns, look=HEAD)
        for row in rows:
            self.line(*row)

    def widths(self, widths: Iterable[int]) -> None:
        """How wide the columns are, in characters."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def _write(self, column: int, cell: Cell, look: str) -> None:
        place = (self.row, column)
        match cell:
            case None:
                self.sheet.write_blank(*place, None, self._format(look, str))
            case str():
                self.sheet.write_string(*place, safe_text(cell), self._format(look, str))
            case int() | Decimal():
                self.sheet.write_number(*place, cell, self._format(look, type(cell)))
            case date() if cell.year < FIRST_YEAR:
                self.sheet.write_string(*place, cell.isoformat(), self._format(look, str))
            case datetime():
                # Workbooks know no zones: the heading of the column says which one it is.
                self.sheet.write_datetime(*place, cell.replace(tzinfo=None), self._format(look, datetime))
            case date() | time():
                self.sheet.write_datetime(*place, cell, self._format(look, type(cell)))

    def _format(self, look: str, kind: type) -> Format:
        if (look, kind) not in self._formats:
            pattern = {"num_format": PATTERNS[kind]} if kind in PATTERNS else {}
            self._formats[look, kind] = self._book.add_format(LOOKS[look] | pattern)
        return self._formats[look, kind]
