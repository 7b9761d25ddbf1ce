"""Lists that people upload or paste: CSV as spreadsheet programs write it, turned into lines by column."""

import csv
import io
from collections.abc import Iterator, Sequence

from starlette.datastructures import UploadFile
from starlette.requests import Request

from models.errors import Invalid
from models.store.lists import Line
from web.exports.cells import safe_text

LARGEST = 1_000_000
"""Bytes of a list: with the form around it, it is still sent at once."""

MOST_LINES = 5_000

REQUIRED = 2
"""How many of the columns have to be there: what one is known by, and its name."""

FIELD = "list"
"""Where the problems of a list as a whole are said."""


async def uploaded_file(request: Request) -> tuple[str, bytes]:
    """The name and content of the file that was chosen; nothing when none was."""
    file = (await request.form()).get("file")
    return (_storable(file.filename or ""), await file.read()) if isinstance(file, UploadFile) else ("", b"")


def _storable(name: str) -> str:
    """A name without what no text holds: NUL, and halves of characters."""
    return name.replace("\0", "").encode(errors="replace").decode()


def list_text(uploaded: bytes, pasted: str) -> str:
    """The list that was sent: the file if there is one, else what was pasted. Raises `Invalid`."""
    if len(uploaded) > LARGEST or len(pasted.encode(errors="replace")) > LARGEST:
        raise _refused("A list may have 1 MB at most. Send it in several parts.")
    text = _decoded(uploaded) if uploaded else pasted
    if "\0" in text:
        raise _refused("This is no list: it holds characters that no text has. Save it as CSV (UTF-8).")
    if not text.strip():
        raise _refused("Choose a file, or paste a list.")
    return text.removeprefix("\ufeff")


def read_list(text: str, columns: Sequence[str]) -> list[Line]:
    """The lines of a CSV list whose first line names its columns, some of `columns` in any order.

    Raises `Invalid` when it cannot be read as a whole; what is wrong with one line stands with that line.
    """
    rows = _rows(text)
    named = _columns(next(rows, (1, []))[1], columns)
    lines = [_line(number, cells, named) for number, cells in rows]
    if not lines:
        raise _refused("This list has no lines below the names of its columns.")
    if len(lines) > MOST_LINES:
        raise _refused(f"A list may have {MOST_LINES:,} lines at most; this one has {len(lines):,}.")
    return lines


def _decoded(uploaded: bytes) -> str:
    try:
        return uploaded.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = uploaded.count(b"\n", 0, error.start) + 1
        raise _refused(f"Line {line} is not UTF-8. In the spreadsheet program, save it as CSV (UTF-8).") from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that says anything, with the number of the line it begins on."""
    first, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, [_cell(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _refused(f"From line {begins} on it cannot be read: {error}. Are the quotes closed?") from None


def _cell(cell: str) -> str:
    """What was meant, without the apostrophe by which our own lists keep text from being taken for a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and safe_text(text[1:]) == text else text


def _columns(names: list[str], columns: Sequence[str]) -> list[str]:
    named = [name.lower().replace(" ", "_") for name in names]
    unknown = [name for name in named if name not in columns]
    missing = [name for name in columns[:REQUIRED] if name not in named]
    if missing:
        raise _refused(f"The first line has to name the columns. {' and '.join(missing)} cannot be left out.")
    if unknown:
        raise _refused(f"There is no column “{unknown[0][:50]}”. There are {', '.join(columns)}.")
    if len(set(named)) < len(named):
        raise _refused("The first line names a column twice.")
    return named


def _line(number: int, cells: list[str], named: list[str]) -> Line:
    if len(cells) == len(named):
        return Line(number, dict(zip(named, cells, strict=True)))
    problem = f"This line has {len(cells)} cells, the first line {len(named)}."
    return Line(number, dict(zip(named, cells, strict=False)), problem)


def _refused(message: str) -> Invalid:
    return Invalid.field(FIELD, message)
