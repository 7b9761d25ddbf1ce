"""One timesheet as a workbook: its entries, and a summary of whose they are and what they add up to."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from models.reads.exports import SheetExport, SignedShown
from web.exports.cells import Cell, safe_text
from web.exports.columns import ENTRY, hours
from web.exports.totals import by_project, by_type

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


def sheet_xlsx(sheet: SheetExport, now: datetime) -> bytes:
    """The workbook of a timesheet."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        title = f"Timesheet of {sheet.owner.name}, {sheet.period.start} to {sheet.period.end}"
        book.set_properties({"title": title, "author": "Countersign", "created": now.replace(tzinfo=None)})
        _entries(_Page(book, "Entries"), sheet)
        _summary(_Page(book, "Summary"), sheet)
    return file.getvalue()


class _Page:
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


def _entries(page: _Page, sheet: SheetExport) -> None:
    page.line(*(column.title for column in ENTRY), look=HEAD)
    for entry in sheet.entries:
        page.line(*(column.value(sheet, entry) for column in ENTRY))
    page.sheet.autofilter(0, 0, max(page.row - 1, 1), len(ENTRY) - 1)
    totals: dict[str, Cell] = {
        "Date": "Time worked",
        "Minutes": sheet.total_minutes,
        "Hours": hours(sheet.total_minutes),
    }
    page.line(*(totals.get(column.title) for column in ENTRY), look=SUM)
    page.widths(column.width for column in ENTRY)
    page.sheet.freeze_panes(1, 1)
    page.sheet.set_landscape()
    page.sheet.set_paper(9)  # A4
    page.sheet.fit_to_pages(1, 0)
    page.sheet.repeat_rows(0)


def _summary(page: _Page, sheet: SheetExport) -> None:
    page.line("Timesheet", None, look=HEAD)
    for name, cell in _facts(sheet):
        page.line(name, cell)
    page.lines("By type", ("Entries", "Minutes", "Hours", "Time worked"), _types(sheet))
    page.lines("By project", ("Project", "Minutes", "Hours"), _projects(sheet))
    page.line("Time worked", None, sheet.total_minutes, hours(sheet.total_minutes), look=SUM)
    page.widths((22, 34, 12, 12, 12))
    page.sheet.set_paper(9)


def _facts(sheet: SheetExport) -> list[tuple[str, Cell]]:
    return [
        ("Person", sheet.owner.name),
        ("Staff ID", sheet.owner.staff_id),
        ("Organisation", sheet.organisation),
        ("Period start", sheet.period.start),
        ("Period end", sheet.period.end),
        ("Time zone", sheet.zone.key),
        ("State", sheet.status.label),
        ("Revision", sheet.revision),
        ("Digest (SHA-256)", sheet.digest),
        *_signed("Certified", sheet.certified, "Certification"),
        *_signed("Decided", sheet.decided, "Reason or comment"),
        ("Minutes", sheet.total_minutes),
        ("Hours", hours(sheet.total_minutes)),
    ]


def _signed(what: str, signed: SignedShown | None, words: str) -> list[tuple[str, Cell]]:
    if signed is None:
        return [(f"{what} by", "nobody yet")]
    return [(f"{what} by", signed.by), (f"{what} at", signed.at), (words, signed.words)]


def _types(sheet: SheetExport) -> Iterable[Sequence[Cell]]:
    for total in by_type(sheet.entries):
        counts = "yes" if total.counts else "no"
        name = total.type.name if total.confirmed else f"{total.type.name}, planned"
        yield name, total.entries, total.minutes, hours(total.minutes), counts


def _projects(sheet: SheetExport) -> Iterable[Sequence[Cell]]:
    for total in by_project(sheet.entries):
        project = total.project
        yield (
            (project.external_id if project else None),
            (project.name if project else "No project"),
            total.minutes,
            hours(total.minutes),
        )
