"""One timesheet as a workbook: its entries, and a summary of whose they are and what they add up to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

from models.reads.exports import SheetExport, SignedShown
from web.exports.cells import Cell
from web.exports.columns import ENTRY, hours
from web.exports.totals import by_project, by_type
from web.exports.workbook import HEAD, SUM, Page


def sheet_xlsx(sheet: SheetExport, now: datetime) -> bytes:
    """The workbook of a timesheet."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        title = f"Timesheet of {sheet.owner.name}, {sheet.period.start} to {sheet.period.end}"
        book.set_properties({"title": title, "author": "Countersign", "created": now.replace(tzinfo=None)})
        _entries(Page(book, "Entries"), sheet)
        _summary(Page(book, "Summary"), sheet)
    return file.getvalue()


def _entries(page: Page, sheet: SheetExport) -> None:
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


def _summary(page: Page, sheet: SheetExport) -> None:
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
