"""The fold of everything recorded, what is wrong beside it, and what a change would do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import EntryForAccrual, LocalCalendar
from models.rules.agreements import AgreementContent, Target
from models.rules.balances import DayBalance
from models.rules.books import Balances, Difference, Recorded, Source, books_of, differences, wrong_balances
from tests.unit.rules.entries import LONDON, entry

HOURS, NIGHT, FLEX = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS, AccrualCode.FLEXIBLE_CREDITS
CREDIT = AccrualCode.PUBLIC_HOLIDAY_CREDIT
PERSON, SHIFT, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
LAST, NEXT = date(2027, 3, 31), date(2027, 4, 1)


def agreement(first: date, last: date, opening: int, standard_day: int = 444) -> AgreementContent:
    return AgreementContent(PERSON, first, last, standard_day, {HOURS: Target(10_000, opening)})


YEAR = agreement(date(2026, 4, 1), LAST, 10_000)
AFTER = agreement(NEXT, date(2028, 3, 31), 5_000, standard_day=300)


def recorded(
    entries: Mapping[Source, EntryForAccrual],
    *,
    agreements: tuple[AgreementContent, ...] = (YEAR, AFTER),
    holidays: frozenset[date] = frozenset(),
    flex_changes: Mapping[Source, datetime] | None = None,
    adjustments: Mapping[tuple[AccrualCode, date], int] | None = None,
) -> Recorded:
    return Recorded(LONDON, LocalCalendar(holidays, agreements), entries, flex_changes or {}, adjustments or {})


def test_an_entry_over_two_agreements_feeds_both() -> None:
    night = Source(SHIFT, 1)
    books = books_of(recorded({night: entry("2027-03-31T22:00", "2027-04-01T06:00", feeds=[HOURS, NIGHT])}))

    assert books.contributions == {
        night: {(HOURS, LAST): 120, (HOURS, NEXT): 360, (NIGHT, LAST): 60, (NIGHT, NEXT): 360}
    }
    assert books.balances == {
        (HOURS, LAST): DayBalance(120, 10_000 - 120),
        (HOURS, NEXT): DayBalance(360, 5_000 - 360),
        (NIGHT, LAST): DayBalance(60, -60),
        (NIGHT, NEXT): DayBalance(360, -360),
    }


def test_rest_days_over_two_agreements_use_the_standard_day_of_each() -> None:
    days = {
        Source(SHIFT, 1): entry("2027-03-31T00:00", "2027-04-01T00:00", feeds=[CREDIT]),
        Source(OTHER, 1): entry("2027-04-01T00:00", "2027-04-02T00:00", feeds=[CREDIT]),
    }
    books = books_of(recorded(days, holidays=frozenset({LAST, NEXT})))

    assert {at: each.total for at, each in books.balances.items()} == {(CREDIT, LAST): 444, (CREDIT, NEXT): 300}


def test_what_lies_outside_of_all_agreements_counts_nowhere() -> None:
    eve = Source(SHIFT, 1)
    books = books_of(
        recorded(
            {eve: entry("2026-03-31T22:00", "2026-04-01T06:00", feeds=[HOURS])},
            adjustments={(HOURS, date(2026, 3, 31)): 99},
            flex_changes={Source(OTHER, 2, UUID(int=9)): datetime(2026, 3, 31, 9, tzinfo=UTC)},
        )
    )

    assert books.balances == {(HOURS, date(2026, 4, 1)): DayBalance(360, 10_000 - 360)}


def test_a_flex_change_uses_a_credit_beside_what_its_entry_does() -> None:
    moved = datetime(2026, 6, 20, 23, 30, tzinfo=UTC)
    change = Source(SHIFT, 2, UUID(int=9))
    books = books_of(
        recorded(
            {Source(SHIFT, 2): entry("2026-06-21T00:30", "2026-06-21T08:30", feeds=[HOURS])},
            flex_changes={change: moved},
        )
    )

    assert books.contributions[change] == {(FLEX, date(2026, 6, 21)): 1}
    assert books.balances[FLEX, date(2026, 6, 21)] == DayBalance(1, -1)
    assert books.balances[HOURS, date(2026, 6, 21)].total == 480


def test_adjustments_raise_what_remains_from_their_day_on() -> None:
    books = books_of(
        recorded(
            {Source(SHIFT, 1): entry("2026-06-17T09:00", "2026-06-17T17:00", feeds=[HOURS])},
            adjustments={(HOURS, date(2026, 6, 16)): 100, (HOURS, date(2026, 6, 17)): -30},
        )
    )

    assert books.balances == {
        (HOURS, date(2026, 6, 16)): DayBalance(0, 10_100),
        (HOURS, date(2026, 6, 17)): DayBalance(480, 10_100 - 480 - 30),
    }


class TestBalances:
    """On any day, from those of the days on which something happened."""

    balances = Balances(
        (YEAR, AFTER),
        {(HOURS, date(2026, 6, 17)): DayBalance(480, 9_520), (HOURS, date(2027, 6, 1)): DayBalance(60, 4_940)},
    )

    def test_before_anything_happened_it_is_the_opening_one(self) -> None:
        assert self.balances.on(HOURS, date(2026, 4, 1)) == 10_000
        assert self.balances.on(HOURS, date(2026, 6, 16)) == 10_000

    def test_afterwards_it_stays_until_the_agreement_ends(self) -> None:
        assert self.balances.on(HOURS, date(2026, 6, 17)) == 9_520
        assert self.balances.on(HOURS, LAST) == 9_520

    def test_it_begins_anew_with_the_next_one(self) -> None:
        assert self.balances.on(HOURS, NEXT) == 5_000
        assert self.balances.on(HOURS, date(2027, 6, 1)) == 4_940

    def test_a_type_without_a_target_begins_at_nothing(self) -> None:
        assert self.balances.on(NIGHT, LAST) == 0

    def test_without_an_agreement_there_is_none(self) -> None:
        assert self.balances.on(HOURS, date(2026, 3, 31)) is None
        assert self.balances.on(HOURS, date(2028, 4, 1)) is None


class TestWhatIsWrong:
    """What is stored, held against the fold."""

    books = books_of(recorded({Source(SHIFT, 1): entry("2026-06-17T09:00", "2026-06-17T17:00", feeds=[HOURS])}))
    day = date(2026, 6, 17)
    right = DayBalance(480, 9_520)

    def wrong(self, stored: Mapping[tuple[AccrualCode, date], DayBalance]) -> dict[tuple[AccrualCode, date], object]:
        return dict(wrong_balances(self.books, (YEAR, AFTER), stored))

    def test_what_agrees_is_right(self) -> None:
        assert self.wrong({(HOURS, self.day): self.right}) == {}

    def test_a_missing_balance_a_wrong_one_and_a_wrong_total_are_said_to_be_what_they_should(self) -> None:
        for stored in ({}, {(HOURS, self.day): DayBalance(480, 9_521)}, {(HOURS, self.day): DayBalance(479, 9_520)}):
            assert self.wrong(stored) == {(HOURS, self.day): self.right}

    def test_a_day_on_which_nothing_happens_any_more_may_stay_with_the_balance_before_it(self) -> None:
        stored = {(HOURS, self.day): self.right, (HOURS, date(2026, 6, 18)): DayBalance(0, 9_520)}
        assert self.wrong(stored) == {}

    def test_but_with_no_other_balance_and_no_total(self) -> None:
        later = date(2026, 6, 18)
        for left in (DayBalance(0, 9_519), DayBalance(1, 9_520)):
            assert self.wrong({(HOURS, self.day): self.right, (HOURS, later): left}) == {(HOURS, later): None}

    def test_and_not_where_no_agreement_is_in_force(self) -> None:
        outside = date(2026, 3, 31)
        stored = {(HOURS, self.day): self.right, (HOURS, outside): DayBalance(0, 0)}
        assert self.wrong(stored) == {(HOURS, outside): None}


class TestDifferences:
    """What a change would do, at the end of each agreement."""

    def test_nothing_changes_nothing(self) -> None:
        balances = Balances((YEAR, AFTER), {})
        assert differences(balances, balances) == []

    def test_a_type_that_ends_otherwise_is_named_on_the_last_day(self) -> None:
        after = Balances((YEAR,), {(NIGHT, date(2026, 6, 17)): DayBalance(60, -60)})
        assert differences(Balances((YEAR,), {}), after) == [Difference(NIGHT, LAST, 0, -60)]

    def test_an_agreement_that_ends_earlier_is_told_on_both_days(self) -> None:
        shorter = replace(YEAR, end_date=date(2026, 12, 31))
        found = differences(Balances((YEAR,), {}), Balances((shorter,), {}))
        assert {each.day for each in found} == {LAST}
        assert Difference(HOURS, LAST, 10_000, None) in found


shifts = st.lists(
    st.builds(
        lambda day, hour, length: (datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=day, hours=hour), length),
        st.integers(-5, 400),
        st.integers(0, 23),
        st.integers(1, 40),
    ),
    max_size=8,
)


@given(shifts, st.dictionaries(st.dates(date(2026, 3, 20), date(2027, 4, 20)), st.integers(-500, 500), max_size=4))
def test_every_day_follows_from_the_day_before(shifts: list[tuple[datetime, int]], adjusted: dict[date, int]) -> None:
    """`balance[d] = balance[d−1] − contributions[d] + adjustments[d]`, from each opening balance on."""
    entries = {
        Source(UUID(int=number), 1): EntryForAccrual(frozenset({HOURS}), start, start + timedelta(hours=length), LONDON)
        for number, (start, length) in enumerate(shifts)
    }
    adjustments = {(HOURS, day): value for day, value in adjusted.items()}
    books = books_of(recorded(entries, adjustments=adjustments))
    balances = Balances((YEAR, AFTER), books.balances)
    for agreement_ in (YEAR, AFTER):
        before: int | None = agreement_.opening(HOURS)
        for number in range(366):
            day = agreement_.start_date + timedelta(days=number)
            if not agreement_.covers(day):
                break
            used = sum(each.get((HOURS, day), 0) for each in books.contributions.values())
            assert before is not None
            assert balances.on(HOURS, day) == before - used + adjusted.get(day, 0)
            before = balances.on(HOURS, day)
