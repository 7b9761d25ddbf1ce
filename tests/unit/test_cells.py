"""What spreadsheets are given: text stays text, numbers stay numbers, and CSV is what the RFC says."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.exports.cells import BOM, Cell, csv_of, safe_text
from web.exports.files import file_name

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+",
    "+44 20 7946 0000",
    "-1",
    "-",
    "@x",
    "@SUM(1)",
    "\t=1",
    "\tx",
    "\r=1",
    "\n",
    "\x00",
    "\x1b[2J",
    "\x7f",
    "\x85",
    " =1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff20x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "washing dog", "a=1", "1-1", "x@y", "−1.50", "'=1", "<svg/onload>", "Łukasz", "山"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@given(st.text())
def test_no_text_begins_like_a_formula_afterwards(text: str) -> None:
    safe = safe_text(text)

    assert safe in (text, f"'{text}")
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_numbers_stay_numbers_also_below_zero() -> None:
    assert read(csv_of(["a", "b", "c"], [[-1, Decimal("-1.50"), Decimal("1E+2")]]))[1] == ["-1", "-1.50", "100"]


def test_days_and_times_are_written_so_that_nobody_mistakes_them() -> None:
    row: list[Cell] = [date(2026, 11, 2), time(9, 5), datetime(2026, 11, 2, 9, 5, tzinfo=UTC), None]

    assert read(csv_of(["a", "b", "c", "d"], [row]))[1] == ["2026-11-02", "09:05", "2026-11-02T09:05:00+00:00", ""]


def test_a_file_is_what_the_rfc_says() -> None:
    text = "".join(csv_of(["Task", "=Hours"], [['say "hi", then', "a\r\nb"], ["x", "\r"]]))

    assert text == '\ufeffTask,\'=Hours\r\n"say ""hi"", then","a\r\nb"\r\nx,"\'\r"\r\n'


@given(st.lists(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    assert read(csv_of(["a", "b"], rows))[1:] == [[safe_text(text) for text in row] for row in rows]


def test_lines_are_made_one_at_a_time() -> None:
    lines = csv_of(["n"], ([number] for number in iter(int, 1)))

    assert [next(lines), next(lines)] == [f"{BOM}n\r\n", "0\r\n"]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("staff-4366", date(2026, 11, 16), "csv"), "countersign-staff-4366-2026-11-16.csv"),
        (('a"; filename="x.exe', "pdf"), "countersign-a-filename-x.exe.pdf"),
        (("../../etc/passwd\r\nX: y", "csv"), "countersign-etc-passwd-X-y.csv"),
        (("Łukasz 山", "csv"), "countersign-ukasz.csv"),
        (("山", "csv"), "countersign.csv"),
        (("x" * 300, "csv"), f"countersign-{'x' * 60}.csv"),
    ],
)
def test_a_file_is_called_what_every_system_can_store(parts: tuple[object, ...], name: str) -> None:
    assert file_name(*parts) == name


def read(lines: Iterable[str]) -> list[list[str]]:
    """The cells of a CSV file."""
    return list(csv.reader(StringIO("".join(lines).removeprefix(BOM), newline="")))
