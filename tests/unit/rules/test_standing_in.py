"""Standing in: from the first to the last day, for everybody or for some, and never on one's own time."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from models.rules.standing_in import Deputy

DUANE, MAX, ALEX = (uuid4() for _ in range(3))
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)
ALEX_STANDS_IN = Deputy(uuid4(), ALEX, "Alex Krycek", FIRST, LAST)
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "stands_in"),
    [(FIRST - ONE_DAY, False), (FIRST, True), (FIRST + ONE_DAY, True), (LAST, True), (LAST + ONE_DAY, False)],
)
def test_it_begins_and_ends_by_its_days_alone(today: date, stands_in: bool) -> None:
    assert ALEX_STANDS_IN.stands_in(DUANE, today) is stands_in


def test_it_may_last_a_single_day() -> None:
    assert replace(ALEX_STANDS_IN, last=FIRST).stands_in(DUANE, FIRST)


def test_it_reaches_only_those_who_were_named_if_somebody_was() -> None:
    only_duane = replace(ALEX_STANDS_IN, only=frozenset({DUANE}))

    assert only_duane.stands_in(DUANE, FIRST)
    assert not only_duane.stands_in(MAX, FIRST)


def test_nobody_stands_in_on_their_own_time_even_when_they_are_named() -> None:
    assert not ALEX_STANDS_IN.stands_in(ALEX, FIRST)
    assert not replace(ALEX_STANDS_IN, only=frozenset({ALEX, DUANE})).stands_in(ALEX, FIRST)
