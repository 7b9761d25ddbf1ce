"""Which days the next agreement of somebody is proposed for."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.agreement_dates import a_year_from, accrual_year, proposed_dates
from models.rules.agreements import AgreementContent, agreement_errors

TODAY = date(2026, 11, 16)
DUANE = uuid4()


def agreed(first: str, last: str) -> AgreementContent:
    """An agreement of Duane's."""
    return AgreementContent(DUANE, date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-31", "2025-04-01", "2026-03-31"),
        ("2026-04-01", "2026-04-01", "2027-03-31"),
        ("2026-11-16", "2026-04-01", "2027-03-31"),
        ("2027-01-01", "2026-04-01", "2027-03-31"),
    ],
)
def test_an_accrual_year_is_from_april_to_march(day: str, first: str, last: str) -> None:
    assert accrual_year(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-04-01", "2027-03-31"),
        ("2026-01-01", "2026-12-31"),
        ("2028-02-29", "2029-02-28"),
        ("2027-03-01", "2028-02-29"),
    ],
)
def test_a_year_ends_the_day_before_its_first_day_comes_again(start: str, last: str) -> None:
    assert a_year_from(date.fromisoformat(start)) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("agreements", "proposed"),
    [
        ([], ("2026-04-01", "2027-03-31")),
        ([("2024-04-01", "2025-03-31")], ("2026-04-01", "2027-03-31")),
        ([("2026-04-01", "2027-03-31")], ("2027-04-01", "2028-03-31")),
        ([("2026-01-01", "2026-12-31")], ("2027-01-01", "2027-12-31")),
        ([("2026-06-01", "2026-08-31")], ("2026-09-01", "2027-03-31")),
        ([("2026-04-01", "2026-08-31"), ("2026-09-01", "2027-03-31")], ("2027-04-01", "2028-03-31")),
        ([("2026-04-01", "2027-03-31"), ("2029-04-01", "2030-03-31")], ("2030-04-01", "2031-03-31")),
    ],
)
def test_the_running_year_is_proposed_or_what_follows_the_last_agreement(
    agreements: list[tuple[str, str]], proposed: tuple[str, str]
) -> None:
    first, last = proposed_dates([agreed(*each) for each in agreements], TODAY)

    assert (str(first), str(last)) == proposed


@given(st.lists(st.integers(1, 700), max_size=6), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-900, 900))
def test_what_is_proposed_is_never_refused(lengths: list[int], today: date, from_now: int) -> None:
    start, agreements = today + timedelta(days=from_now), []
    for length in lengths:
        agreements.append(AgreementContent(DUANE, start, start + timedelta(days=length - 1)))
        start += timedelta(days=length)

    first, last = proposed_dates(agreements, today)

    assert agreement_errors(AgreementContent(DUANE, first, last), agreements) == []


def test_an_agreement_at_the_end_of_all_calendars_is_no_fault() -> None:
    far = AgreementContent(DUANE, date(2026, 4, 1), date(9998, 12, 31))

    assert proposed_dates([far], TODAY) == (date(2026, 4, 1), date(2027, 3, 31))
