import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.days import NaiveTime
from models.rules.overlap import (
    END_NOT_AFTER_START,
    MUST_NOT_OVERLAP,
    Clash,
    ExistingSpan,
    Span,
    TimeField,
    find_clash,
    overlaps,
)

VECTORS = Path(__file__).parents[2] / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "timecard_accruals.json").read_text())["overlap"]
SHIFT = UUID(int=1)
ON_CALL = UUID(int=4)
DAY = datetime(2023, 4, 18, tzinfo=UTC)


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute))


def span(start: str, end: str | None) -> Span:
    return Span(at(start), None if end is None else at(end))


def existing(start: str, end: str | None, time_period_type_id: UUID = SHIFT) -> ExistingSpan:
    return ExistingSpan(at(start), None if end is None else at(end), time_period_type_id)


def field_of(new: Span, others: Iterable[ExistingSpan]) -> TimeField | None:
    clash = find_clash(new, others)
    return None if clash is None else clash.field


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_shared_cases_name_the_field(case: dict[str, Any]) -> None:
    assert field_of(span(*case["new"]), [existing(*other) for other in case["existing"]]) == case["expect"]


@pytest.mark.parametrize("end", ["08:00", "07:59"])
def test_an_end_not_after_the_start_is_refused_before_any_overlap_is_looked_for(end: str) -> None:
    clash = find_clash(span("08:00", end), [existing("07:00", "09:00")])
    assert clash == Clash(TimeField.END, END_NOT_AFTER_START)
    assert END_NOT_AFTER_START == "End time must be after start time"


def test_a_clash_names_the_entries_it_clashes_with_and_no_others() -> None:
    first, apart, last = (
        existing("09:00", "12:00"),
        existing("12:00", "13:00"),
        existing("10:00", None, ON_CALL),
    )
    clash = find_clash(span("08:00", "11:00"), [first, apart, last])
    assert clash is not None
    assert clash.entries == (first, last)
    assert clash.message == MUST_NOT_OVERLAP == "Time periods must not overlap with another time period"


def test_nothing_clashes_where_there_is_nothing() -> None:
    assert find_clash(span("08:00", None), []) is None


@pytest.mark.parametrize("touching", [("07:00", "08:00"), ("09:00", "10:00"), ("09:00", None)])
def test_touching_is_fine(touching: tuple[str, str | None]) -> None:
    assert find_clash(span("08:00", "09:00"), [existing(*touching)]) is None


def test_around_an_entry_still_running_neither_end_is_at_fault_so_both_are_named() -> None:
    assert field_of(span("08:00", "10:00"), [existing("09:00", None)]) is TimeField.BOTH


def test_around_an_ended_entry_the_end_is_named() -> None:
    assert field_of(span("08:00", "18:00"), [existing("09:00", "17:00")]) is TimeField.END


def test_within_an_entry_both_are_named() -> None:
    assert field_of(span("10:00", "11:00"), [existing("09:00", "17:00")]) is TimeField.BOTH


def test_an_entry_still_running_does_not_stop_what_begins_after_it_started() -> None:
    assert find_clash(span("10:00", None), [existing("09:00", None)]) is None
    assert find_clash(span("10:00", "11:00"), [existing("09:00", None)]) is None


def test_times_are_compared_as_instants_even_when_the_clocks_go_back_between_them() -> None:
    london = ZoneInfo("Europe/London")
    first = datetime(2023, 10, 29, 1, 30, tzinfo=london)
    assert find_clash(Span(first, first.replace(fold=1)), []) is None
    assert find_clash(Span(first.replace(fold=1), None), [ExistingSpan(first, None, SHIFT)]) is None


def test_offsets_do_not_matter() -> None:
    paris = timezone(timedelta(hours=2))
    assert field_of(Span(datetime(2023, 4, 18, 11, tzinfo=paris), None), [existing("09:00", None)]) is TimeField.START


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTime):
        Span(datetime.fromisoformat("2023-04-18T09:00"), None)


starts = st.integers(0, 12)
lengths = st.none() | st.integers(1, 6)
spans = st.builds(
    lambda start, length: Span(
        DAY + timedelta(hours=start), None if length is None else DAY + timedelta(hours=start + length)
    ),
    starts,
    lengths,
)


@given(spans, spans)
def test_overlap_is_symmetric(one: Span, other: Span) -> None:
    assert overlaps(one, other) == overlaps(other, one)


@given(spans, spans)
def test_overlap_is_that_of_the_ranges_in_the_exclusion_constraint(one: Span, other: Span) -> None:
    def holds(span: Span, instant: datetime) -> bool:
        return instant == span.start if span.end is None else span.start <= instant < span.end

    # Two ranges share an instant exactly when the later of their starts is in both.
    later = max(one.start, other.start)
    assert overlaps(one, other) == (holds(one, later) and holds(other, later))


@given(spans, st.lists(spans, max_size=4))
def test_a_clash_is_found_exactly_when_some_entry_overlaps(new: Span, others: list[Span]) -> None:
    known = [ExistingSpan(other.start, other.end, SHIFT) for other in others]
    clash = find_clash(new, known)
    assert (() if clash is None else clash.entries) == tuple(other for other in known if overlaps(new, other))
