"""Instants of the record: one text for each, in the order of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.prov_times import NotAnInstant, in_words, instant_of
from models.rules.statements import instant_text


@pytest.mark.parametrize(
    ("said", "recorded"),
    [
        ("2022-12-07T10:08:00-05:00", "2022-12-07T15:08:00+00:00"),
        ("2022-12-07T15:08:00Z", "2022-12-07T15:08:00+00:00"),
        ("2022-12-07t15:08:00z", "2022-12-07T15:08:00+00:00"),
        ("2022-12-07T15:08:00.000Z", "2022-12-07T15:08:00+00:00"),
        ("2022-12-07T15:08:00.5Z", "2022-12-07T15:08:00.500+00:00"),
        ("2022-12-07T15:08:00.1234Z", "2022-12-07T15:08:00.123400+00:00"),
        ("2022-12-07T15:08:00.123456789Z", "2022-12-07T15:08:00.123456789+00:00"),
        ("2022-12-07T15:08:00.1234567899Z", "2022-12-07T15:08:00.123456789+00:00"),
        ("2024-02-29T23:59:59+14:00", "2024-02-29T09:59:59+00:00"),
        ("0800-12-25T00:00:00+00:00", "0800-12-25T00:00:00+00:00"),
    ],
)
def test_any_offset_comes_in_and_utc_goes_out(said: str, recorded: str) -> None:
    assert instant_of(said) == recorded
    assert instant_of(recorded) == recorded


@pytest.mark.parametrize(
    "said",
    ["", "yesterday", "2022-12-07", "2022-12-07T15:08:00", "2022-12-07T15:08Z", "2022-02-30T00:00:00Z",
     "2022-12-07T24:00:00Z", "2022-12-07T15:08:60Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
     "2022-12-07T15:08:00+25:00", "２０２２-12-07T15:08:00Z", "2022-12-07T15:08:00Z\n"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(said: str) -> None:
    with pytest.raises(NotAnInstant):
        instant_of(said)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_the_order_of_the_texts_is_the_order_of_time(one: datetime, other: datetime) -> None:
    texts = instant_of(one.isoformat()), instant_of(other.isoformat())

    assert (texts[0].encode() < texts[1].encode()) == (one < other)
    assert (texts[0] == texts[1]) == (one == other)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 999), st.integers(0, 999))
def test_nanoseconds_are_told_apart_and_in_order(at: datetime, one: int, other: int) -> None:
    base = f"{at:%H:%M:%S}.{at.microsecond:06}"
    first, second = (instant_of(f"2022-12-07T{base}{nano:03}Z") for nano in (one, other))

    assert (first.encode() < second.encode()) == (one < other)


@given(st.datetimes(timezones=st.just(UTC)))
def test_the_products_own_instants_are_written_in_the_same_way(at: datetime) -> None:
    assert instant_text(at) == instant_of(at.isoformat())
    assert instant_text(at + timedelta(0)) == instant_text(at)


def test_in_a_sentence_it_is_told_with_its_zone() -> None:
    assert in_words("2022-12-07T15:28:00+00:00") == "2022-12-07 15:28:00 UTC"
