"""On paper: who put their name to a timesheet, and where that stands in the sealed record."""

from collections.abc import Iterable, Iterator

from models.reads.record.signatures import SealedAt, Signature
from web.exports.paper import SOFT, Paper
from web.rendering import when

LABELS = 26
"""Millimetres of what stands before each line."""


def signed_on_record(paper: Paper, signed: Iterable[Signature]) -> None:
    """Every certification and decision with its digest, the first one first."""
    paper.ln(5)
    paper.ink("B", 11)
    paper.cell(h=7, text="Signatures on record", new_x="LMARGIN", new_y="NEXT")
    for each in signed:
        _signature(paper, each)


def _signature(paper: Paper, each: Signature) -> None:
    if paper.will_page_break(24):
        paper.add_page()
    paper.rule()
    paper.ln(1.5)
    paper.ink("B", 9)
    as_what = f", {each.as_what}" if each.as_what else ""
    title = f"{each.title} by {paper.text_of(each.who)}{as_what}"
    paper.multi_cell(w=0, h=5, text=title, align="LEFT", new_x="LMARGIN", new_y="NEXT")
    for label, text in _told(paper, each):
        paper.ink(size=8, colour=SOFT)
        paper.cell(w=LABELS, h=4.4, text=label)
        paper.ink(size=8)
        paper.multi_cell(w=0, h=4.4, text=text, align="LEFT", new_x="LMARGIN", new_y="NEXT")
    paper.ln(1.5)


def _told(paper: Paper, each: Signature) -> Iterator[tuple[str, str]]:
    yield "When", f"{when(each.at)}, revision {each.revision}"
    if each.words:
        yield "Words", paper.text_of(each.words)
    if each.reason:
        yield "Reason", paper.text_of(each.reason)
    yield "Content", each.digest
    yield "Sealed", _sealed(each.sealed)


def _sealed(at: SealedAt | None) -> str:
    if at is None:
        return "Not yet: the record is sealed every minute."
    return f"By seal {at.seal}, at position {at.position}"
