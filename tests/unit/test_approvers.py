"""Who decides on a person's time: the nearest supervisor above them who can."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.approvers import Rank, approver_of, approvers_of
from models.rules.policy import Role

DUANE, ROLAND, ALEX, SUZANNE = (uuid4() for _ in range(4))
SUPERVISES = frozenset({Role.WORKER, Role.SUPERVISOR})
WORKS = frozenset({Role.WORKER})


def _rank(
    person: UUID, supervisor: UUID | None, roles: frozenset[Role] = SUPERVISES, active: bool = True
) -> dict[UUID, Rank]:
    return {person: Rank(person, supervisor, active, roles)}


def test_the_supervisor_decides() -> None:
    people = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX) | _rank(ALEX, None)

    assert approver_of(DUANE, people) == ROLAND


def test_a_deactivated_supervisor_is_skipped() -> None:
    people = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX, active=False) | _rank(ALEX, None)

    assert approver_of(DUANE, people) == ALEX


def test_somebody_who_is_no_supervisor_any_more_is_skipped() -> None:
    people = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX, WORKS) | _rank(ALEX, None)

    assert approver_of(DUANE, people) == ALEX


def test_an_administrator_who_is_no_supervisor_is_skipped() -> None:
    administers = frozenset({Role.ADMINISTRATOR})
    people = _rank(DUANE, SUZANNE, WORKS) | _rank(SUZANNE, ALEX, administers) | _rank(ALEX, None)

    assert approver_of(DUANE, people) == ALEX


def test_a_person_without_a_supervisor_has_no_approver() -> None:
    assert approver_of(ALEX, _rank(ALEX, None)) is None


def test_a_person_nobody_knows_has_no_approver() -> None:
    assert approver_of(DUANE, {}) is None


def test_a_supervisor_nobody_knows_ends_the_search() -> None:
    assert approver_of(DUANE, _rank(DUANE, ROLAND, WORKS)) is None


def test_when_nobody_above_can_approve_there_is_no_approver() -> None:
    people = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX, active=False) | _rank(ALEX, None, WORKS)

    assert approver_of(DUANE, people) is None


def test_two_who_supervise_each_other_approve_each_other_and_never_themselves() -> None:
    people = _rank(ROLAND, ALEX) | _rank(ALEX, ROLAND)

    assert approver_of(ROLAND, people) == ALEX
    assert approver_of(ALEX, people) == ROLAND


def test_a_cycle_in_which_nobody_else_can_approve_ends_without_an_approver() -> None:
    people = _rank(ROLAND, ALEX) | _rank(ALEX, SUZANNE, active=False) | _rank(SUZANNE, ROLAND, WORKS)

    assert approver_of(ROLAND, people) is None


def test_a_cycle_above_the_owner_ends_too() -> None:
    people = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX, WORKS) | _rank(ALEX, ROLAND, WORKS)

    assert approver_of(DUANE, people) is None


CHAIN = _rank(DUANE, ROLAND, WORKS) | _rank(ROLAND, ALEX) | _rank(ALEX, SUZANNE) | _rank(SUZANNE, None)


@pytest.mark.parametrize(
    ("escalations", "asked"),
    [
        (0, (ROLAND,)),
        (1, (ROLAND, ALEX)),
        (2, (ROLAND, ALEX, SUZANNE)),
        (3, (ROLAND, ALEX, SUZANNE, None)),
        (4, (ROLAND, ALEX, SUZANNE, None)),
    ],
)
def test_each_escalation_asks_one_more_up_the_hierarchy_and_the_administrators_last(
    escalations: int, asked: tuple[UUID | None, ...]
) -> None:
    assert approvers_of(DUANE, CHAIN, escalations) == asked


def test_whoever_cannot_approve_is_skipped_in_an_escalation_too() -> None:
    people = CHAIN | _rank(ALEX, SUZANNE, active=False)

    assert approvers_of(DUANE, people, 1) == (ROLAND, SUZANNE)


def test_without_anybody_above_the_administrators_are_asked_at_once_and_nobody_after_them() -> None:
    assert approvers_of(SUZANNE, CHAIN, 0) == (None,)
    assert approvers_of(SUZANNE, CHAIN, 5) == (None,)
    assert approvers_of(UUID(int=0), CHAIN, 5) == (None,)


def test_an_escalation_goes_round_a_cycle_once_and_leaves_the_owner_out() -> None:
    round_ = _rank(DUANE, ROLAND) | _rank(ROLAND, ALEX) | _rank(ALEX, DUANE)

    assert approvers_of(DUANE, round_, 9) == (ROLAND, ALEX, None)
    assert approvers_of(ROLAND, round_, 9) == (ALEX, DUANE, None)


@given(
    supervisors=st.lists(st.none() | st.integers(0, 7), min_size=8, max_size=8),
    active=st.lists(st.booleans(), min_size=8, max_size=8),
    supervising=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_in_any_hierarchy_an_approver_is_active_a_supervisor_and_somebody_else(
    supervisors: list[int | None], active: list[bool], supervising: list[bool]
) -> None:
    ids = [UUID(int=number) for number in range(8)]
    people = {
        id_: Rank(
            id_,
            None if above is None else ids[above],
            active[number],
            SUPERVISES if supervising[number] else WORKS,
        )
        for number, (id_, above) in enumerate(zip(ids, supervisors, strict=True))
    }

    for owner in ids:
        approver = approver_of(owner, people)
        assert approver is None or (approver != owner and people[approver].can_approve)
        everybody = approvers_of(owner, people, len(ids))
        assert everybody[0] == approver
        assert everybody[-1] is None
        assert owner not in everybody
        assert len(set(everybody)) == len(everybody)
        assert all(people[each].can_approve for each in everybody if each)
        assert [approvers_of(owner, people, count) for count in range(len(everybody))] == [
            everybody[: count + 1] for count in range(len(everybody))
        ]
