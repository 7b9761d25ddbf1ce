"""A summary of a project as a workbook: the table of people and days, the tasks, and every entry."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

from models.reads.shown_summaries import SummaryShown
from web.exports.cells import Cell
from web.exports.columns import hours
from web.exports.summary_csv import HEADER, entry_lines
from web.exports.workbook import HEAD, SUM, Page

WIDTHS = (14, 26, 11, 11, 14, 24, 11, 16, 34, 9, 9, 37, 37, 8)


def summary_xlsx(it: SummaryShown, now: datetime) -> bytes:
    """The workbook of a summary."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        title = f"{it.project.name}, {it.row.period.start} to {it.row.period.end}"
        book.set_properties({"title": title, "author": "Countersign", "created": now.replace(tzinfo=None)})
        _table(Page(book, "Summary"), it)
        _entries(Page(book, "Entries"), it)
    return file.getvalue()


def _table(page: Page, it: SummaryShown) -> None:
    page.line("Project summary", None, look=HEAD)
    for name, cell in facts(it):
        page.line(name, cell)
    page.lines("Staff ID", ("Name", "Minutes", "Hours", *it.shown.labels), _people(it))
    total = it.shown.total
    page.line("All", None, total, hours(total), *map(hours, it.shown.totals), look=SUM)
    page.lines("Task", ("", "Minutes", "Hours", "Entries"), _tasks(it))
    page.line("All", None, total, hours(total), it.shown.entries, look=SUM)
    page.widths((22, 34, 12, 12, *[12 for _ in it.shown.columns]))
    page.sheet.set_landscape()
    page.sheet.set_paper(9)  # A4
    page.sheet.fit_to_pages(1, 0)


def facts(it: SummaryShown) -> list[tuple[str, Cell]]:
    """What there is to say of a summary as a whole."""
    row = it.row
    return [
        ("Organisation", it.organisation),
        ("Project", it.project.name),
        ("Project ID", it.project.external_id),
        ("From", row.period.start),
        ("To", row.period.end),
        ("Made by", row.by),
        ("Made at", row.created_at),
        *([("Reason", row.reason)] if row.reason else []),
        ("People", len(it.shown.lines)),
        ("Timesheets", it.shown.sheets),
        ("Entries", it.shown.entries),
        ("Equals its timesheets", "yes" if it.reconciled.holds else "no"),
        ("Digest (SHA-256)", row.digest),
    ]


def _people(it: SummaryShown) -> Iterable[Sequence[Cell]]:
    for line in it.shown.lines:
        minutes = line.row.total
        yield line.person.staff_id, line.person.name, minutes, hours(minutes), *map(hours, line.row.minutes)


def _tasks(it: SummaryShown) -> Iterable[Sequence[Cell]]:
    for task in it.shown.tasks:
        yield task.task or "No task named", None, task.minutes, hours(task.minutes), task.entries


def _entries(page: Page, it: SummaryShown) -> None:
    page.line(*HEADER, look=HEAD)
    for line in entry_lines(it):
        page.line(*line)
    page.sheet.autofilter(0, 0, max(page.row - 1, 1), len(HEADER) - 1)
    totals: dict[str, Cell] = {"Project ID": "All", "Minutes": it.shown.total, "Hours": hours(it.shown.total)}
    page.line(*(totals.get(title) for title in HEADER), look=SUM)
    page.widths(WIDTHS)
    page.sheet.freeze_panes(1, 0)
    page.sheet.set_landscape()
    page.sheet.set_paper(9)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.repeat_rows(0)
