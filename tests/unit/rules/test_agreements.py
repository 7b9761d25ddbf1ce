"""What an administrator may make of an agreement, and what it says of a day."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import AccrualCode
from models.rules.agreements import (
    MOST_OF_A_TARGET,
    AgreementContent,
    Target,
    agreement_errors,
    agreement_on,
)

DUANE = uuid4()
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
ONE_DAY = timedelta(days=1)
NIGHTS = AccrualCode.NIGHT_HOURS
YEAR = AgreementContent(DUANE, FIRST, LAST, targets={NIGHTS: Target(7_200, 6_000)})

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
TARGETS = st.dictionaries(
    st.sampled_from(AccrualCode), st.builds(Target, st.integers(0, 10_000), st.integers(-10_000, 10_000))
)


def fields(content: AgreementContent, *others: AgreementContent) -> list[str]:
    """Which fields are refused."""
    return [each.field for each in agreement_errors(content, others)]


def year(start: date, end: date, **said: object) -> AgreementContent:
    """An agreement of Duane's."""
    return AgreementContent(DUANE, start, end, **said)  # type: ignore[arg-type]


class TestWhatItSaysOfADay:
    def test_both_of_its_ends_are_in_it(self) -> None:
        assert [YEAR.covers(day) for day in (FIRST - ONE_DAY, FIRST, LAST, LAST + ONE_DAY)] == [
            False,
            True,
            True,
            False,
        ]

    def test_there_is_one_on_a_day_or_none(self) -> None:
        following = year(LAST + ONE_DAY, LAST + timedelta(days=365))

        assert agreement_on(FIRST - ONE_DAY, [YEAR, following]) is None
        assert agreement_on(LAST, [YEAR, following]) == YEAR
        assert agreement_on(LAST + ONE_DAY, [YEAR, following]) == following

    def test_a_type_without_a_target_begins_with_nothing(self) -> None:
        assert (YEAR.opening(NIGHTS), YEAR.opening(AccrualCode.WEEKEND_HOURS)) == (6_000, 0)


class TestWhatIsRefused:
    def test_nothing_of_an_ordinary_year(self) -> None:
        assert fields(YEAR) == []

    @pytest.mark.parametrize(
        ("start", "end", "refused"),
        [
            (FIRST, FIRST, []),
            (FIRST, FIRST - ONE_DAY, ["endDate"]),
            (FIRST, FIRST + timedelta(days=3 * 366 - 1), []),
            (FIRST, FIRST + timedelta(days=3 * 366), ["endDate"]),
            (date.min, FIRST, ["startDate"]),
            (FIRST, date.max, ["endDate"]),
        ],
    )
    def test_dates_that_are_no_agreement(self, start: date, end: date, refused: list[str]) -> None:
        assert fields(year(start, end)) == refused

    @pytest.mark.parametrize(
        ("minutes", "refused"), [(0, True), (1, False), (444, False), (1_440, False), (1_441, True)]
    )
    def test_a_standard_day_that_is_none(self, minutes: int, refused: bool) -> None:
        assert fields(year(FIRST, LAST, standard_day_minutes=minutes)) == ["standardDayMinutes"] * refused

    @pytest.mark.parametrize(
        ("target", "opening", "refused"),
        [
            (0, 0, False),
            (-1, 0, True),
            (MOST_OF_A_TARGET, MOST_OF_A_TARGET, False),
            (MOST_OF_A_TARGET + 1, 0, True),
            (100, -MOST_OF_A_TARGET, False),
            (100, -MOST_OF_A_TARGET - 1, True),
        ],
    )
    def test_a_target_or_opening_balance_that_nothing_can_hold(self, target: int, opening: int, refused: bool) -> None:
        content = year(FIRST, LAST, targets={NIGHTS: Target(target, opening)})

        assert fields(content) == ["targets.NIGHT_HOURS"] * refused

    def test_everything_at_once(self) -> None:
        wrong = year(LAST, FIRST, standard_day_minutes=0, targets={NIGHTS: Target(-1, 0)})

        assert fields(wrong) == ["endDate", "standardDayMinutes", "targets.NIGHT_HOURS"]

    @given(st.lists(DAYS, min_size=4, max_size=4))
    def test_two_that_share_a_day_and_only_those(self, days: list[date]) -> None:
        first, last, other_first, other_last = days
        if last < first or other_last < other_first or last - first > timedelta(days=1_000):
            return
        share = bool(max(first, other_first) <= min(last, other_last))

        assert fields(year(first, last), year(other_first, other_last)) == ["startDate"] * share

    def test_the_other_one_is_named_by_its_dates(self) -> None:
        (refused,) = agreement_errors(year(LAST, LAST), [YEAR])

        assert "2026-04-01 to 2027-03-31" in refused.message


@given(DAYS, st.integers(0, 1_000), st.integers(1, 1_440), TARGETS)
def test_what_is_recorded_is_read_again_as_it_was(
    start: date, days: int, standard: int, targets: dict[AccrualCode, Target]
) -> None:
    content = AgreementContent(DUANE, start, start + timedelta(days=days), standard, targets)

    assert AgreementContent.from_json(content.json) == content
