"""Separation of duties: what is found among decisions, and that nothing is where nothing is to be found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.duties import BREACHES, NEAR, Decided, Duty, Found, check_duties
from models.rules.duty_words import DUTY_TITLES, WHAT_IS_FINE, sentence

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
ANN, BEN, CLEO, DORA = (UUID(int=number) for number in range(1, 5))
NAMES = {ANN: "Ann", BEN: "Ben", CLEO: "Cleo", DORA: "Dora"}
_numbers = count(100)


def decided(
    owner: UUID,
    by: UUID,
    responsible: UUID | None = None,
    granted_by: UUID | None = None,
    after: timedelta = timedelta(0),
) -> Decided:
    """Somebody decided on somebody's time."""
    id_ = UUID(int=next(_numbers))
    return Decided(id_, UUID(int=next(_numbers)), owner, by, responsible or by, NOON + after, granted_by)


def duties(found: list[Found]) -> list[Duty]:
    return [each.duty for each in found]


class TestOwnTime:
    @pytest.mark.parametrize(
        "made",
        [decided(ANN, ANN), decided(ANN, BEN, ANN), decided(ANN, ANN, BEN), decided(ANN, ANN, BEN, granted_by=BEN)],
        ids=["themselves", "in their name", "in somebody's name", "as somebody's delegate"],
    )
    def test_it_is_found_under_every_hat(self, made: Decided) -> None:
        (found,) = check_duties([made], {})

        assert (found.duty, found.people, found.decisions) == (Duty.OWN_TIME, (ANN,), (made.id,))
        assert found.is_breach
        assert sentence(found, NAMES) == "A decision on the time of Ann was made by them, or in their name."

    def test_somebody_elses_time_is_nothing(self) -> None:
        assert check_duties([decided(ANN, BEN), decided(ANN, CLEO, BEN, granted_by=BEN)], {ANN: BEN}) == []


class TestDelegations:
    def test_who_grants_the_delegation_under_which_their_own_time_is_decided_chose_who_decides(self) -> None:
        made = decided(ANN, CLEO, BEN, granted_by=ANN)

        (found,) = check_duties([made], {})

        assert (found.duty, found.people, found.is_breach) == (Duty.OWN_GRANT, (ANN, CLEO), True)
        assert sentence(found, NAMES) == "Cleo decided on the time of Ann under a delegation that Ann had granted."

    def test_a_grant_of_the_approver_or_an_administrator_is_how_it_is_meant(self) -> None:
        assert check_duties([decided(ANN, CLEO, BEN, granted_by=each) for each in (BEN, DORA)], {}) == []


class TestInPairs:
    @pytest.mark.parametrize(
        "other",
        [decided(BEN, ANN), decided(BEN, CLEO, ANN), decided(BEN, ANN, CLEO, granted_by=CLEO)],
        ids=["themselves", "through somebody", "for somebody"],
    )
    def test_two_people_who_decide_on_each_others_time_are_one_remark(self, other: Decided) -> None:
        one = decided(ANN, BEN, after=timedelta(days=1))

        (found,) = [each for each in check_duties([one, other], {}) if each.duty is Duty.IN_PAIRS]

        assert (found.people, found.decisions) == ((ANN, BEN), (other.id, one.id))
        assert not found.is_breach
        assert sentence(found, NAMES) == "Ann and Ben decided on each other's time, 2 times altogether."

    def test_only_what_is_near_to_one_of_the_other_counts(self) -> None:
        one, far = decided(ANN, BEN), decided(ANN, BEN, after=-NEAR - timedelta(seconds=1))
        back = decided(BEN, ANN)

        (found,) = check_duties([far, one, back], {})

        assert set(found.decisions) == {one.id, back.id}

    @pytest.mark.parametrize(("apart", "is_found"), [(NEAR, True), (NEAR + timedelta(seconds=1), False)])
    def test_the_edge_of_near(self, apart: timedelta, is_found: bool) -> None:
        assert bool(check_duties([decided(ANN, BEN), decided(BEN, ANN, after=apart)], {})) == is_found

    def test_a_ring_of_three_is_no_pair(self) -> None:
        assert check_duties([decided(ANN, BEN), decided(BEN, CLEO), decided(CLEO, ANN)], {}) == []

    def test_own_time_makes_no_pair_with_oneself(self) -> None:
        assert duties(check_duties([decided(ANN, ANN), decided(ANN, ANN)], {})) == [Duty.OWN_TIME] * 2


class TestClose:
    @pytest.mark.parametrize(
        ("supervisors", "is_found"), [({ANN: CLEO}, True), ({CLEO: ANN}, True), ({ANN: BEN}, False)]
    )
    def test_an_administrator_in_an_approvers_name_on_the_time_of_somebody_next_to_them(
        self, supervisors: dict[UUID, UUID | None], is_found: bool
    ) -> None:
        found = check_duties([decided(ANN, CLEO, BEN)], supervisors)

        assert duties(found) == ([Duty.CLOSE] if is_found else [])
        assert not any(each.is_breach for each in found)

    def test_a_delegate_or_the_approver_themselves_is_none(self) -> None:
        made = [decided(ANN, CLEO, BEN, granted_by=BEN), decided(ANN, CLEO)]
        assert check_duties(made, {ANN: CLEO}) == []


class TestTheLedger:
    def test_a_decision_that_the_ledger_does_not_know_is_a_breach(self) -> None:
        made = replace(decided(ANN, BEN), is_stated=False)

        (found,) = check_duties([made], {})

        assert (found.duty, found.decisions, found.is_breach) == (Duty.NOT_STATED, (made.id,), True)

    def test_a_decision_that_only_the_ledger_knows_is_a_breach(self) -> None:
        (found,) = check_duties([], {}, ["approve-1"])

        assert (found.duty, found.activity, found.is_breach) == (Duty.NOT_DECIDED, "approve-1", True)
        assert "approve-1" in sentence(found, {})


def test_breaches_come_first() -> None:
    made = [decided(ANN, BEN), decided(BEN, ANN), replace(decided(CLEO, BEN), is_stated=False), decided(DORA, DORA)]

    found = check_duties(made, {}, ["reject-1"])

    assert duties(found) == [Duty.OWN_TIME, Duty.NOT_STATED, Duty.NOT_DECIDED, Duty.IN_PAIRS]
    assert [each.is_breach for each in found] == [True, True, True, False]


def test_every_kind_has_words() -> None:
    assert DUTY_TITLES.keys() == set(Duty)
    assert set(Duty) > BREACHES
    assert len(WHAT_IS_FINE) == 5


UPWARDS = st.tuples(st.integers(1, 30), st.integers(1, 30)).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(st.tuples(UPWARDS, st.integers(0, 60), st.booleans()), max_size=40))
def test_nothing_is_found_when_everybody_decides_on_those_below_them_only(
    made: list[tuple[tuple[int, int], int, bool]],
) -> None:
    """Nobody decides on their own time, and no two on each other's: people decide upwards in one order."""
    decisions = [
        decided(UUID(int=owner), UUID(int=by + 30 * stands_in), UUID(int=by), UUID(int=by) if stands_in else None)
        for (owner, by), _, stands_in in made
    ]

    assert check_duties(decisions, {UUID(int=one): UUID(int=one + 1) for one in range(1, 60)}) == []


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(0, 60)), max_size=30),
)
def test_own_time_is_found_exactly_where_the_owner_is_among_those_who_decided(
    made: list[tuple[int, int, int, int]],
) -> None:
    decisions = [
        decided(UUID(int=owner), UUID(int=by), UUID(int=whose), after=timedelta(days=day))
        for owner, by, whose, day in made
    ]

    found = check_duties(decisions, {})

    own = {each.id for each in decisions if each.owner_id in (each.decided_by_id, each.responsible_id)}
    assert {id_ for each in found if each.duty is Duty.OWN_TIME for id_ in each.decisions} == own
    pairs = [each.people for each in found if each.duty is Duty.IN_PAIRS]
    assert len(pairs) == len(set(pairs))
