"""One timesheet on paper, to be read, filed and signed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from fpdf.table import Table

from models.errors import Invalid
from models.reads.exports import SheetExport, SignedShown
from models.reads.record.signatures import Signature
from models.reads.shown import DayShown, EntryShown
from models.rules.durations import hours_text
from web.exports.columns import is_whole_day
from web.exports.paper import INK, LINE, PAPER, SOFT, TINT, Colour, Paper
from web.exports.signed import signed_on_record
from web.rendering import clock, date_range, day_long, day_short, when

log = structlog.get_logger()

HEADINGS = ("Start", "Finish", "Break", "Type", "Project", "Task", "Hours")
WIDTHS = (14, 23, 14, 27, 45, 41, 14)
ALIGNED = ("LEFT", "LEFT", "LEFT", "LEFT", "LEFT", "LEFT", "RIGHT")
"""The columns of the table of entries; widths in millimetres."""

TONES: dict[str, tuple[Colour, Colour]] = {
    "ok": ((14, 92, 58), (223, 245, 233)),
    "bad": ((150, 20, 40), (253, 232, 232)),
    "info": ((26, 76, 140), (227, 239, 253)),
    "neutral": (SOFT, (236, 239, 244)),
}
"""Ink and ground of a state."""

MOST_ENTRIES = 500
"""On paper; already some thirty pages, and a second or two of work."""

SIGNATURES = 26
GAP = 10
"""Millimetres: how high the lines to sign on are, and between them."""

VERDICTS = {"approve": "Approved by ", "reject": "Rejected by "}

NO_FONT = "A box stands for a character that no font on the server has."
NOT_COUNTED = "Hours in brackets are no time worked and are left out of the totals."


def sheet_pdf(sheet: SheetExport, now: datetime, signed: Sequence[Signature] = ()) -> bytes:
    """The document of a timesheet, with who signed it by the record, else with lines to sign on.

    Raises `Invalid` for one that nobody could read on paper.
    """
    count = len(sheet.entries)
    if count > MOST_ENTRIES:
        room = f"This timesheet has {count} entries, and paper has room for {MOST_ENTRIES}. Take it as CSV or XLSX."
        raise Invalid(room, errors=[])
    try:
        return _document(sheet, now, signed, of_the_machine=True)
    except Exception as error:  # a font of this machine that cannot be embedded is no reason to have no document
        log.warning("document without the machine's fonts", error=type(error).__name__)
        return _document(sheet, now, signed, of_the_machine=False)


def _document(sheet: SheetExport, now: datetime, signed: Sequence[Signature], *, of_the_machine: bool) -> bytes:
    who = f"{sheet.owner.name} ({sheet.owner.staff_id})"
    title = f"Timesheet · {who} · {_period(sheet)}"
    foot = f"Revision {sheet.revision} · digest (SHA-256) {sheet.digest}"
    paper = Paper(title, foot, now, of_the_machine=of_the_machine)
    paper.add_page()
    _title(paper, sheet)
    _facts(paper, sheet)
    _entries(paper, sheet)
    _remarks(paper, sheet, now)
    if signed:
        signed_on_record(paper, signed)
    else:
        _signatures(paper, sheet)
    return bytes(paper.output())


def _title(paper: Paper, sheet: SheetExport) -> None:
    paper.ink(size=9, colour=SOFT)
    paper.cell(h=5, text=paper.text_of(f"Timesheet · {sheet.organisation}"), new_x="LMARGIN", new_y="NEXT")
    paper.ink("B", 18)
    paper.cell(h=9, text=_period(sheet))
    _state(paper, sheet)
    paper.ln(12)


def _state(paper: Paper, sheet: SheetExport) -> None:
    ink, ground = TONES.get(sheet.status.tone, TONES["neutral"])
    paper.ink("B", 9, ink)
    text = paper.text_of(sheet.status.label)
    width = paper.get_string_width(text) + 8
    left, top = paper.w - paper.r_margin - width, paper.get_y() + 1.5
    paper.set_fill_color(*ground)
    paper.rect(left, top, width, 6, style="F", round_corners=True, corner_radius=3)
    paper.set_xy(left, top)
    paper.cell(w=width, h=6, text=text, align="C")


def _facts(paper: Paper, sheet: SheetExport) -> None:
    for name, text in _told(paper, sheet):
        paper.ink(size=9, colour=SOFT)
        paper.cell(w=26, h=5.5, text=name)
        paper.ink("B" if name == "Person" else "")
        paper.multi_cell(w=0, h=5.5, text=text, align="LEFT", new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)


def _told(paper: Paper, sheet: SheetExport) -> Iterator[tuple[str, str]]:
    yield "Person", paper.text_of(sheet.owner.name)
    yield "Staff ID", paper.text_of(sheet.owner.staff_id)
    yield "Time zone", sheet.zone.key
    yield "State", f"{sheet.status.label}, revision {sheet.revision}"
    yield "Certified", _signed(paper, sheet.certified, "Not certified: what is here can still change.")
    yield "Decided", _signed(paper, sheet.decided, "Not decided.", VERDICTS.get(sheet.decision or "", ""))


def _signed(paper: Paper, signed: SignedShown | None, nobody: str, verdict: str = "") -> str:
    """Each part by itself, so that a name read from right to left turns nothing else around."""
    if signed is None:
        return nobody
    words = f": “{paper.text_of(signed.words)}”" if signed.words else ""
    return f"{verdict}{paper.text_of(signed.by)}, {when(signed.at)}{words}"


def _entries(paper: Paper, sheet: SheetExport) -> None:
    paper.ink()
    paper.set_fill_color(*PAPER)
    paper.set_draw_color(*LINE)
    paper.set_line_width(0.2)
    with paper.table(
        col_widths=WIDTHS,
        text_align=ALIGNED,
        v_align="TOP",
        line_height=4.4,
        padding=(1.1, 1.5),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", color=SOFT, size_pt=8),
    ) as table:
        table.row(HEADINGS)
        for day in sheet.days:
            _day(paper, table, day)
        total = table.row(style=FontFace(emphasis="BOLD", fill_color=TINT, size_pt=10))
        total.cell("Time worked in the whole period", colspan=6)
        total.cell(hours_text(sheet.total_minutes))


def _day(paper: Paper, table: Table, day: DayShown) -> None:
    some = FontFace(emphasis="BOLD", fill_color=TINT)
    head = table.row(style=some if day.entries else FontFace(color=SOFT))
    head.cell(day_long(day.date), colspan=6)
    head.cell(hours_text(day.minutes) if day.minutes else "–")
    for entry in day.entries:
        _entry(paper, table, entry)


def _entry(paper: Paper, table: Table, entry: EntryShown) -> None:
    row = table.row(style=FontFace(color=INK if entry.counts else SOFT))
    if is_whole_day(entry):
        row.cell("Whole day", colspan=3)
    else:
        row.cell(clock(entry.start))
        row.cell(_finish(entry))
        row.cell(f"{entry.meal_break_minutes} min" if entry.meal_break_minutes else "")
    project = f"{entry.project.name} ({entry.project.external_id})" if entry.project else ""
    type_ = entry.type.name if entry.confirmed else f"{entry.type.name}, planned"
    for text in (type_, project, entry.task or ""):
        row.cell(paper.text_of(text))
    row.cell(_hours(entry))


def _finish(entry: EntryShown) -> str:
    if entry.end is None:
        return "running"
    return f"{clock(entry.end)} {day_short(entry.end)}" if entry.ends_next_day else clock(entry.end)


def _hours(entry: EntryShown) -> str:
    if entry.end is None or (is_whole_day(entry) and not entry.minutes):
        return ""
    return hours_text(entry.minutes) if entry.counts else f"({hours_text(entry.minutes)})"


def _remarks(paper: Paper, sheet: SheetExport, now: datetime) -> None:
    paper.ln(2)
    paper.ink(size=8, colour=SOFT)
    remarks = [f"Hours are decimal. Times are in {sheet.zone.key}. Exported {when(now.astimezone(sheet.zone))}."]
    if any(entry.minutes and not entry.counts for entry in sheet.entries):
        remarks.append(NOT_COUNTED)
    if paper.boxes:
        remarks.append(NO_FONT)
    paper.multi_cell(w=0, h=4, text=" ".join(remarks), align="LEFT", new_x="LMARGIN", new_y="NEXT")


def _signatures(paper: Paper, sheet: SheetExport) -> None:
    """Lines to sign on, all on one page."""
    if paper.will_page_break(SIGNATURES):
        paper.add_page()
    paper.ln(18)
    top = paper.get_y()
    half = (paper.epw - GAP) / 2
    paper.set_draw_color(*SOFT)
    paper.ink(size=8, colour=SOFT)
    for left, who in ((paper.l_margin, paper.text_of(sheet.owner.name)), (paper.l_margin + half + GAP, "Supervisor")):
        paper.line(left, top, left + half, top)
        paper.set_xy(left, top + 1)
        paper.cell(w=half - 30, h=4, text=who)
        paper.cell(w=30, h=4, text="Date", align="LEFT")


def _period(sheet: SheetExport) -> str:
    return date_range(sheet.period.start, sheet.period.end)
