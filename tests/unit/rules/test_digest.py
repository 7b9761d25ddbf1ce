import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from models.rules.digest import (
    LARGEST_INTEGER,
    EntryContent,
    NotCanonical,
    SheetContent,
    canonical_json,
    sheet_digest,
)

EARLY = EntryContent(
    id=UUID(int=10),
    version=1,
    type_id=UUID(int=1),
    start=datetime(2023, 4, 18, 8, tzinfo=UTC),
    end=datetime(2023, 4, 18, 16, tzinfo=UTC),
    project_id=UUID(int=533),
    task="washing dog",
    meal_break_minutes=30,
)
LATE = replace(EARLY, id=UUID(int=9), start=datetime(2023, 4, 19, 8, tzinfo=UTC), end=None, task=None)
SHEET = SheetContent(UUID(int=4366), date(2023, 4, 17), date(2023, 4, 23), (EARLY, LATE))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_canonical_json_is_that_of_the_reference(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(values)
def test_canonical_json_loses_nothing(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


def test_keys_are_ordered_by_their_utf_16_code_units() -> None:
    ordered = '{"a":4,"b":3,"\U0001f600":2,"\ufb33":1}'
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2, "b": 3, "a": 4}) == ordered.encode()


def test_control_characters_are_escaped_and_others_are_not() -> None:
    assert canonical_json('\x00\x1f\n\t"\\\x7f€/') == '"\\u0000\\u001f\\n\\t\\"\\\\\x7f€/"'.encode()


def test_a_tuple_is_a_list() -> None:
    assert canonical_json((1, (True, None))) == b"[1,[true,null]]"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        {"a": [0.5]},
        LARGEST_INTEGER + 1,
        -LARGEST_INTEGER - 1,
        {1: 2},
        b"a",
        {1},
        "\ud800",
        {"\udfff": 1},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical, match="no canonical JSON form"):
        canonical_json(value)


def test_a_digest_is_that_of_the_content_written_out() -> None:
    assert sheet_digest(SHEET) == "8c1965e5a2d3d5ddacb11508b963548d45fad5cadb7d1660baa1d33a90f4be57"


def test_resubmitting_without_a_change_gives_the_same_digest() -> None:
    again = replace(SHEET, entries=tuple(replace(entry) for entry in SHEET.entries))
    assert sheet_digest(again) == sheet_digest(SHEET)


@pytest.mark.parametrize(
    "change",
    [
        {"owner_id": UUID(int=3621)},
        {"period_start": date(2023, 4, 16)},
        {"period_end": date(2023, 4, 24)},
        {"entries": (EARLY,)},
        {"entries": ()},
    ],
    ids=",".join,
)
def test_any_change_of_the_sheet_changes_the_digest(change: dict[str, Any]) -> None:
    assert sheet_digest(replace(SHEET, **change)) != sheet_digest(SHEET)


@pytest.mark.parametrize(
    "change",
    [
        {"id": UUID(int=11)},
        {"version": 2},
        {"type_id": UUID(int=7)},
        {"start": EARLY.start + timedelta(microseconds=1)},
        {"end": datetime(2023, 4, 18, 17, tzinfo=UTC)},
        {"end": None},
        {"project_id": UUID(int=576)},
        {"project_id": None},
        {"task": "drying dog"},
        {"task": ""},
        {"task": None},
        {"meal_break_minutes": 31},
    ],
    ids=",".join,
)
def test_any_change_of_an_entry_changes_the_digest(change: dict[str, Any]) -> None:
    assert sheet_digest(replace(SHEET, entries=(replace(EARLY, **change), LATE))) != sheet_digest(SHEET)


def test_the_offset_a_time_was_typed_with_does_not_matter() -> None:
    summer = timezone(timedelta(hours=1))
    assert EARLY.end is not None
    shifted = replace(EARLY, start=EARLY.start.astimezone(summer), end=EARLY.end.astimezone(summer))
    assert sheet_digest(replace(SHEET, entries=(shifted, LATE))) == sheet_digest(SHEET)


uuids = st.uuids()
times = st.timedeltas(timedelta(0), timedelta(days=13_000)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since)
contents = st.builds(
    EntryContent,
    id=uuids,
    version=st.integers(1, 9),
    type_id=uuids,
    start=times,
    end=st.none() | times,
    project_id=st.none() | uuids,
    task=st.none() | st.text(),
    meal_break_minutes=st.integers(0, 600),
)
sheets = st.builds(SheetContent, uuids, st.dates(), st.dates(), st.lists(contents, max_size=4).map(tuple))


@given(sheets, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(sheet: SheetContent, random: Random) -> None:
    shuffled = tuple(random.sample(sheet.entries, k=len(sheet.entries)))
    assert sheet_digest(replace(sheet, entries=shuffled)) == sheet_digest(sheet)


@given(sheets, sheets)
def test_different_contents_have_different_digests(one: SheetContent, other: SheetContent) -> None:
    assert (sheet_digest(one) == sheet_digest(other)) == (one == other)


@given(sheets, contents, contents)
def test_entries_that_start_together_are_in_the_order_of_their_ids(
    sheet: SheetContent, one: EntryContent, other: EntryContent
) -> None:
    together = replace(other, start=one.start)
    pair = replace(sheet, entries=(one, together))
    assert sheet_digest(pair) == sheet_digest(replace(sheet, entries=(together, one)))
