"""Workbooks and documents as somebody reads them who has only the file."""

import re
import zlib
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Workbook:
    """An XLSX file, taken apart."""

    def __init__(self, content: bytes) -> None:
        with ZipFile(BytesIO(content)) as file:
            assert file.testzip() is None
            self.parts = {name: file.read(name).decode() for name in file.namelist()}
        strings = ElementTree.fromstring(self.parts["xl/sharedStrings.xml"])  # noqa: S314 - a file of our own
        self._strings = ["".join(each.itertext()) for each in strings]

    def sheet(self, number: int) -> list[list[str | float | None]]:
        """The lines of a sheet, counted from 1."""
        return [[self._cell(cell) for cell in row] for row in self._root(number).iter(f"{_MAIN}row")]

    def shown(self, number: int) -> list[list[str | None]]:
        """How the numbers of a sheet are shown: their patterns."""
        styles = ElementTree.fromstring(self.parts["xl/styles.xml"])  # noqa: S314
        own = {each.attrib["numFmtId"]: each.attrib["formatCode"] for each in styles.iter(f"{_MAIN}numFmt")}
        known = {"0": None, "3": "#,##0", "4": "#,##0.00"} | own
        cells = next(styles.iter(f"{_MAIN}cellXfs"))
        patterns = [known.get(each.attrib["numFmtId"], each.attrib["numFmtId"]) for each in cells]
        return [[patterns[int(cell.get("s", "0"))] for cell in row] for row in self._root(number).iter(f"{_MAIN}row")]

    def has_formulas(self) -> bool:
        """Whether any cell is computed by the program that opens it."""
        return any(part.count("<f>") or part.count("<f ") for part in self.parts.values())

    def _root(self, number: int) -> ElementTree.Element:
        return ElementTree.fromstring(self.parts[f"xl/worksheets/sheet{number}.xml"])  # noqa: S314

    def _cell(self, cell: ElementTree.Element) -> str | float | None:
        value = cell.find(f"{_MAIN}v")
        if value is None or value.text is None:
            return None
        return self._strings[int(value.text)] if cell.get("t") == "s" else float(value.text)


_STREAM = re.compile(rb"(\d+) 0 obj\s*<<((?:(?!endobj).)*?)>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_FONT = re.compile(rb"(\d+) 0 obj\s*<<((?:(?!endobj).)*?)/ToUnicode (\d+) 0 R", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:\\.|[^\\)])*)\) Tj|/(F\d+) [\d.]+ Tf|\b([qQ])\b", re.DOTALL)
_ESCAPED = {b"r": b"\r", b"n": b"\n"}


def pdf_text(content: bytes) -> list[str]:
    """Each piece of text in a PDF file, in the order in which it is drawn."""
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    streams = {number: _inflated(stream) for number, _, stream in _STREAM.findall(content)}
    letters = {font: _letters(streams[map_]) for font, _, map_ in _FONT.findall(content)}
    fonts = {name: letters[font] for name, font in re.findall(rb"/(F\d+) (\d+) 0 R", content)}
    return [text for stream in streams.values() if b" Tj" in stream for text in _texts(stream, fonts)]


def pdf_words(content: bytes) -> str:
    """The words of a PDF file, in the order in which they are drawn."""
    return " ".join(" ".join(pdf_text(content)).split())


def _inflated(stream: bytes) -> bytes:
    """What it says uncompressed; the last byte of its checksum may look like the end of a line, and be missing."""
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def _letters(map_: bytes) -> dict[bytes, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>", map_)
    return {bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _texts(stream: bytes, fonts: dict[bytes, dict[bytes, str]]) -> list[str]:
    found: list[str] = []
    chosen: list[dict[bytes, str]] = [{}]  # the font of each state of the drawing that is to be come back to
    for written, name, state in _SHOWN.findall(stream):
        if name:
            chosen[-1] = fonts[name]
        elif state == b"q":
            chosen.append(chosen[-1])
        elif state == b"Q":
            chosen.pop()
        else:
            codes = re.sub(rb"\\(.)", lambda escaped: _ESCAPED.get(escaped[1], escaped[1]), written, flags=re.DOTALL)
            found.append("".join(chosen[-1][codes[at : at + 2]] for at in range(0, len(codes), 2)))
    return found
