"""Sheets of A4 in our own look: fonts for any name, a running head, and a foot with what the document stands for."""

import unicodedata
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

from web.assets import STATIC
from web.exports import fonts
from web.exports.words import one_line

Colour = tuple[int, int, int]

INK: Colour = (24, 30, 46)
SOFT: Colour = (86, 95, 112)
LINE: Colour = (214, 219, 228)
TINT: Colour = (244, 246, 250)
PAPER: Colour = (255, 255, 255)

MARGIN = 16
"""Millimetres, left and right."""

MOST_MACHINE_FONTS = 4
"""In one document; each takes a moment to embed."""

LONGEST = 500
"""Characters of one text on paper; nothing that people type is longer, but what an administrator names may be."""

BOX = "\N{WHITE SQUARE}"
PAGES = 3 * "\N{START OF TEXT}"
"""What is replaced by the number of pages: nothing that anybody can type, as control characters are taken off."""

_RIGHT_TO_LEFT = frozenset({"R", "AL"})


class Paper(FPDF):
    """A document. Whatever people typed must pass through `text_of` before it is written."""

    def __init__(self, title: str, foot: str, now: datetime, *, of_the_machine: bool) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._machine: dict[Path, str] | None = {} if of_the_machine else None
        self.boxes = False
        """Whether a character was written as a box."""
        self.add_font("inter", "", fonts.REGULAR)
        self.add_font("inter", "B", fonts.BOLD)
        self.set_font("inter", size=9)
        self._head, self._foot = self.text_of(title), self.text_of(foot)
        self.alias_nb_pages(PAGES)
        self.set_margins(MARGIN, 14, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(True, margin=20)
        self.set_title(one_line(title))
        self.set_creator("Countersign")
        self.set_lang("en-GB")
        self.set_creation_date(now)

    def text_of(self, text: str) -> str:
        """Text as the fonts can write it, on one line, and in the order in which it is read from left to right."""
        composed = unicodedata.normalize("NFC", one_line(text))
        visible = "".join(char for char in composed if unicodedata.category(char) != "Cf")[:LONGEST]
        written = "".join(char if self._is_written(char) else BOX for char in visible)
        self.boxes |= written != visible
        if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in written):
            return BidiParagraph(written, TextDirection.LTR).get_reordered_string()
        return written

    def ink(self, style: str = "", size: float = 9, colour: Colour = INK) -> None:
        """Choose how the next text looks."""
        self.set_font("inter", style, size)
        self.set_text_color(*colour)

    def rule(self) -> None:
        """A hairline across the page."""
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())

    def header(self) -> None:
        """The mark on the first page, and on the others what they belong to."""
        if self.page_no() == 1:
            self.image(STATIC / "mark.svg", self.l_margin, 13.5, 7)
            self.ink("B", 11)
            self.set_xy(self.l_margin + 9.5, 13.5)
            self.cell(h=7, text="Countersign")
            self.set_xy(self.l_margin, 26)
            return
        self.ink(size=8, colour=SOFT)
        self.cell(h=5, text=self._head, new_x="LMARGIN", new_y="NEXT")
        self.rule()
        self.ln(4)

    def footer(self) -> None:
        """What the document stands for, and which page this is."""
        self.set_y(-15)
        self.rule()
        self.ink(size=7, colour=SOFT)
        self.set_y(-13)
        self.cell(w=24, h=4, text=f"Page {self.page_no()} of {PAGES}")
        self.cell(w=self.epw - 24, h=4, text=self._foot, align="R")

    def _is_written(self, char: str) -> bool:
        if ord(char) in fonts.of_ours():
            return True
        path = fonts.of_the_machine(char) if self._machine is not None else None
        return path is not None and self._takes(path)

    def _takes(self, path: Path) -> bool:
        """Whether one of the machine's fonts can be used, too."""
        assert self._machine is not None
        if path not in self._machine:
            if len(self._machine) == MOST_MACHINE_FONTS:
                return False
            self._machine[path] = f"spare{len(self._machine)}"
            self.add_font(self._machine[path], "", path)
            self.set_fallback_fonts(list(self._machine.values()), exact_match=False)
        return True
