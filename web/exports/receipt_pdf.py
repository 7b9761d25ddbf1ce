"""The receipt of an approval on paper: what the worker keeps, and how to check it."""

from collections.abc import Iterator

from models.reads.record.evidence import Receipt
from models.reads.record.signatures import SealedAt
from models.rules.durations import hours_text
from web.exports.paper import SOFT, TINT, Paper
from web.exports.signed import signed_on_record
from web.exports.totals import by_type
from web.rendering import date_range, when

CHECK = (
    "Keep this page. To check it, take the evidence pack of the timesheet: a program in it verifies it without this "
    "installation, and must print these hours, this digest and this key."
    "without this installation: what it prints must be these hours, this digest, this seal and this key."
)


def receipt_pdf(receipt: Receipt) -> bytes:
    """The document; it is the same whenever it is made, as long as the approval stands."""
    sheet, last = receipt.sheet, receipt.approvals[-1]
    days = date_range(sheet.period.start, sheet.period.end)
    title = f"Receipt of approval · {sheet.owner.name} ({sheet.owner.staff_id}) · {days}"
    paper = Paper(title, f"Digest (SHA-256) {receipt.digest}", last.at, of_the_machine=True)
    paper.add_page()
    paper.ink(size=9, colour=SOFT)
    paper.cell(h=5, text=paper.text_of(f"Receipt of approval · {sheet.organisation}"), new_x="LMARGIN", new_y="NEXT")
    paper.ink("B", 18)
    paper.cell(h=9, text=days, new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)
    for name, text in _facts(paper, receipt):
        paper.ink(size=9, colour=SOFT)
        paper.cell(w=26, h=5.5, text=name)
        paper.ink()
        paper.multi_cell(w=0, h=5.5, text=text, align="LEFT", new_x="LMARGIN", new_y="NEXT")
    _totals(paper, receipt)
    signed_on_record(paper, receipt.signed)
    paper.ln(3)
    paper.ink(size=8, colour=SOFT)
    paper.multi_cell(w=0, h=4.2, text=CHECK, align="LEFT", new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


def _facts(paper: Paper, receipt: Receipt) -> Iterator[tuple[str, str]]:
    sheet, last = receipt.sheet, receipt.approvals[-1]
    yield "Person", paper.text_of(f"{sheet.owner.name} ({sheet.owner.staff_id})")
    yield "Approved by", paper.text_of(f"{last.who}, {when(last.at)}")
    yield "Revision", str(sheet.revision)
    yield "Digest", receipt.digest
    yield from _place(last.sealed)


def _place(at: SealedAt | None) -> Iterator[tuple[str, str]]:
    if at is None:
        yield "Sealed", "Not yet. The record is sealed every minute: come back for a receipt with its seal."
        return
    yield "Sealed", f"By seal {at.seal} at position {at.position}"
    yield "Root", at.root
    yield "Public key", at.key


def _totals(paper: Paper, receipt: Receipt) -> None:
    paper.ln(3)
    rows = [(total.type.name, total.minutes, total.counts) for total in by_type(receipt.sheet.entries)]
    for name, minutes, counts in rows:
        paper.ink(size=9)
        paper.cell(w=140, h=6, text=paper.text_of(name if counts else f"{name} (no time worked)"))
        paper.cell(w=0, h=6, text=hours_text(minutes), align="R", new_x="LMARGIN", new_y="NEXT")
    paper.set_fill_color(*TINT)
    paper.ink("B", 10)
    paper.cell(w=140, h=7, text="Time worked, in hours", fill=True)
    paper.cell(
        w=0, h=7, text=hours_text(receipt.sheet.total_minutes), align="R", fill=True, new_x="LMARGIN", new_y="NEXT"
    )
