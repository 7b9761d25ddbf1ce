"""A summary of a project on paper: who worked how much, when, and on what."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from models.errors import Invalid
from models.reads.shown_summaries import SummaryShown
from models.rules.durations import hours_text
from web.exports.paper import LINE, SOFT, TINT, Paper
from web.rendering import date_range, when

log = structlog.get_logger()

MOST_LINES = 1_000
"""People and tasks on paper."""

WHAT, HOURS = 140, 38
"""Millimetres: how wide the two columns of each table are."""


def summary_pdf(it: SummaryShown, now: datetime) -> bytes:
    """The document of a summary. Raises `Invalid` for one that nobody could read on paper."""
    count = len(it.shown.lines) + len(it.shown.tasks)
    if count > MOST_LINES:
        room = (
            f"This summary has {count} people and tasks, and paper has room for {MOST_LINES}. Take it as CSV or XLSX."
        )
        raise Invalid(room, errors=[])
    try:
        return _document(it, now, of_the_machine=True)
    except Exception as error:  # a font of this machine that cannot be embedded is no reason to have no document
        log.warning("document without the machine's fonts", error=type(error).__name__)
        return _document(it, now, of_the_machine=False)


def _document(it: SummaryShown, now: datetime, *, of_the_machine: bool) -> bytes:
    days = date_range(it.row.period.start, it.row.period.end)
    title = f"Summary · {it.project.name} ({it.project.external_id}) · {days}"
    paper = Paper(title, f"Digest (SHA-256) {it.row.digest}", now, of_the_machine=of_the_machine)
    paper.add_page()
    paper.ink(size=9, colour=SOFT)
    paper.cell(h=5, text=paper.text_of(f"Project summary · {it.organisation}"), new_x="LMARGIN", new_y="NEXT")
    paper.ink("B", 18)
    paper.cell(h=9, text=paper.text_of(it.project.name), new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)
    _facts(paper, it, days)
    people = ((f"{line.person.name} ({line.person.staff_id})", line.row.total) for line in it.shown.lines)
    _table(paper, "Person", people, it.shown.total)
    _table(paper, "When", zip(it.shown.labels, it.shown.totals, strict=True), it.shown.total)
    tasks = ((task.task or "No task named", task.minutes) for task in it.shown.tasks)
    _table(paper, "Task", tasks, it.shown.total)
    return bytes(paper.output())


def _facts(paper: Paper, it: SummaryShown, days: str) -> None:
    for name, told in _told(it, days):
        paper.ink(size=9, colour=SOFT)
        paper.cell(w=26, h=5.5, text=name)
        paper.ink()
        paper.multi_cell(w=0, h=5.5, text=paper.text_of(told), align="LEFT", new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)


def _told(it: SummaryShown, days: str) -> Iterable[tuple[str, str]]:
    yield "Project", f"{it.project.name}, {it.project.external_id}"
    yield "Days", days
    yield "Made by", f"{it.row.by}, {when(it.row.created_at)}"
    if it.row.reason:
        yield "Reason", it.row.reason
    yield "Made of", f"{it.shown.entries} entries on {it.shown.sheets} approved timesheets"
    equal = "Equals these timesheets, to the minute." if it.reconciled.holds else "Differs from these timesheets."
    yield "Checked", equal


def _table(paper: Paper, what: str, lines: Iterable[Sequence[str | int]], total: int) -> None:
    paper.ink()
    paper.set_draw_color(*LINE)
    paper.set_line_width(0.2)
    with paper.table(
        col_widths=(WHAT, HOURS),
        text_align=("LEFT", "RIGHT"),
        line_height=4.4,
        padding=(1.1, 1.5),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", color=SOFT, size_pt=8),
    ) as table:
        table.row((what, "Hours"))
        for name, minutes in lines:
            table.row((paper.text_of(str(name)), hours_text(int(minutes))))
        table.row(("All", hours_text(total)), style=FontFace(emphasis="BOLD", fill_color=TINT))
    paper.ln(5)
