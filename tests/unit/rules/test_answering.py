"""Before whom an act of somebody else is put."""

from uuid import UUID, uuid4

import pytest

from models.rules.answering import who_answers
from models.rules.transitions import DECISIONS, OF_THE_APPROVER, REVIEWED, CommandKind

OWNER, ACTOR, APPROVER = uuid4(), uuid4(), uuid4()


@pytest.mark.parametrize("kind", sorted(REVIEWED))
def test_what_somebody_else_does_to_ones_time_is_put_before_its_owner(kind: CommandKind) -> None:
    assert who_answers(kind, OWNER, ACTOR, None, ad_hoc=False) == OWNER
    assert who_answers(kind, OWNER, ACTOR, OWNER, ad_hoc=True) == OWNER


@pytest.mark.parametrize("kind", sorted(OF_THE_APPROVER))
@pytest.mark.parametrize(
    ("on_behalf_of", "ad_hoc", "asked"),
    [
        (APPROVER, True, APPROVER),
        (APPROVER, False, None),
        (None, False, None),
    ],
    ids=["an administrator for them", "a delegate who names them", "in one's own right"],
)
def test_a_decision_is_put_before_the_approver_in_whose_name_it_was_made_without_a_grant(
    kind: CommandKind, on_behalf_of: UUID | None, ad_hoc: bool, asked: UUID | None
) -> None:
    assert who_answers(kind, OWNER, ACTOR, on_behalf_of, ad_hoc) == asked


@pytest.mark.parametrize("kind", list(CommandKind))
def test_nobody_is_asked_about_what_they_did_themselves_or_what_time_did(kind: CommandKind) -> None:
    assert who_answers(kind, OWNER, OWNER, None, ad_hoc=False) is None
    assert who_answers(kind, OWNER, None, None, ad_hoc=False) is None


@pytest.mark.parametrize("kind", sorted(set(CommandKind) - REVIEWED - OF_THE_APPROVER))
def test_what_is_nobodys_in_particular_is_put_before_nobody(kind: CommandKind) -> None:
    assert who_answers(kind, OWNER, ACTOR, None, ad_hoc=False) is None


def test_decisions_are_among_what_approvers_answer() -> None:
    assert DECISIONS < OF_THE_APPROVER
    assert not REVIEWED & OF_THE_APPROVER
