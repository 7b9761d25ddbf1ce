"""Who may do what: the policy written out once more as people read it, every hat tried on every action."""

from itertools import product
from uuid import UUID, uuid4

import pytest

from models.rules.policy import (
    NEVER_ON_OWN_TIME,
    POLICY,
    Action,
    Capacity,
    Relation,
    Role,
    Standing,
    action_of,
    authorise,
    decides_own_time,
    roles_of,
)
from models.rules.transitions import OF_THE_APPROVER, CommandKind

# The hats under which anything at all is allowed; whatever stands in no column is refused.
HATS: dict[str, tuple[Role | None, Relation, bool]] = {
    "owner": (Role.WORKER, Relation.SELF, False),
    "appr": (Role.SUPERVISOR, Relation.APPROVER, False),
    "adm-a": (Role.ADMINISTRATOR, Relation.APPROVER, False),
    "admin": (Role.ADMINISTRATOR, Relation.TENANT, False),
    "for": (Role.ADMINISTRATOR, Relation.TENANT, True),
    "audit": (Role.AUDITOR, Relation.TENANT, False),
    "a-sup": (Role.SUPERVISOR, Relation.SELF, False),
    "a-adm": (Role.ADMINISTRATOR, Relation.SELF, False),
    "a-aud": (Role.AUDITOR, Relation.SELF, False),
    "prog": (Role.INTEGRATION, Relation.TENANT, False),
    "a-lead": (Role.PROJECT_LEAD, Relation.SELF, False),
    "asked": (Role.SUPERVISOR, Relation.ASKED, False),
    "a-ask": (Role.ADMINISTRATOR, Relation.ASKED, False),
    "lead": (Role.PROJECT_LEAD, Relation.LEAD, False),
    "depu": (None, Relation.DELEGATE, False),
    "decid": (None, Relation.DECIDED, False),
    "led": (Role.PROJECT_LEAD, Relation.LEADS, False),
    "a-pro": (Role.INTEGRATION, Relation.SELF, False),
}
"""A hat without a role is worn with any role; it acts as a supervisor."""

ALLOWED = """
                  owner appr adm-a admin for audit a-sup a-adm a-aud prog a-lead asked a-ask lead depu decid led a-pro
record            yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
amend             yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
remove            yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
confirm           yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
schedule          .     .    .     yes   .   .     .     .     .     yes  .      .     .     .    .    .     .   .
add_flex_change   yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
add_note          yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
batch             yes   yes  .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
submit            yes   .    .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
recall            yes   .    .     .     .   .     .     .     .     .    .      .     .     .    .    .     .   .
approve           .     .    .     .     yes .     .     .     .     .    .      yes   yes   yes  yes  .     .   .
reject            .     .    .     .     yes .     .     .     .     .    .      yes   yes   yes  yes  .     .   .
take_back         .     yes  yes   yes   yes .     .     .     .     .    .      .     .     .    yes  yes   .   .
escalate          .     .    .     .     .   .     .     .     .     .    .      .     .     .    .    .     .   .
revise            yes   .    .     .     yes .     .     .     .     .    .      .     .     .    .    .     .   .
lock              .     .    .     yes   .   .     .     .     .     .    .      .     .     .    .    .     .   .
unlock            .     .    .     yes   .   .     .     .     .     .    .      .     .     .    .    .     .   .
see_time          yes   yes  .     yes   .   yes   .     .     .     yes  .      yes   .     yes  yes  yes   .   .
see_inbox         .     .    .     .     .   .     yes   yes   .     .    yes    .     .     .    yes  .     .   .
oversee_bulk      .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
delegate          .     .    .     .     .   .     yes   yes   .     .    yes    .     .     .    .    .     .   .
delegate_for      .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
see_delegations   yes   .    .     .     .   .     yes   yes   yes   .    yes    .     .     .    .    .     .   .
end_delegation    yes   .    .     .     .   .     yes   yes   yes   .    yes    .     .     .    .    .     .   .
see_people        .     .    .     .     .   .     .     yes   yes   .    .      .     .     .    .    .     .   .
act_for           .     .    .     yes   .   .     .     .     .     .    .      .     .     .    .    .     .   .
review_act        yes   .    .     .     .   .     yes   yes   yes   .    yes    .     .     .    .    .     .   .
audit             .     .    .     .     .   .     .     yes   yes   .    .      .     .     .    .    .     .   .
import_entries    yes   .    .     .     .   .     yes   yes   .     .    .      .     .     .    .    .     .   .
manage_own_access yes   .    .     .     .   .     yes   yes   yes   .    yes    .     .     .    .    .     .   .
see_own_notices   yes   .    .     .     .   .     yes   yes   yes   .    yes    .     .     .    .    .     .   .
manage_people     .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
manage_projects   .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
manage_types      .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
manage_balances   .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
manage_approval   .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
see_dead_letters  .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
see_events        .     .    .     yes   .   .     .     .     .     yes  .      .     .     .    .    .     .   .
manage_webhooks   .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
manage_seals      .     .    .     .     .   .     .     yes   .     .    .      .     .     .    .    .     .   .
summarise         .     .    .     .     yes .     .     .     .     .    .      .     .     .    .    .     yes .
see_summary       .     .    .     yes   .   yes   .     .     .     .    .      .     .     .    .    .     yes .
assert            .     .    .     .     .   .     .     .     .     .    .      .     .     .    .    .     .   yes
"""

OWNER, SOMEBODY = uuid4(), uuid4()


def _allowed() -> dict[tuple[Action, Role, Relation, bool], Role]:
    """Who may do what, and as what they act."""
    header, *lines = (line.split() for line in ALLOWED.strip().splitlines())
    return {
        (Action(action), role, relation, on_behalf): worn or Role.SUPERVISOR
        for action, *answers in lines
        for hat, answer in zip(header, answers, strict=True)
        if answer == "yes"
        for worn, relation, on_behalf in (HATS[hat],)
        for role in ((worn,) if worn else Role)
    }


@pytest.mark.parametrize("action", Action)
def test_each_hat_may_do_exactly_what_the_table_says(action: Action) -> None:
    """One for each action; it tells of every hat that is otherwise."""
    allowed = _allowed()

    wrong = []
    for role, relation, on_behalf in product(Role, Relation, (False, True)):
        standing = Standing(SOMEBODY, frozenset({role}), frozenset({relation}))
        acts_as = allowed.get((action, role, relation, on_behalf))
        expected = Capacity(acts_as, relation, on_behalf) if acts_as else None
        found = authorise(action, standing, on_behalf)
        if found != expected:
            wrong.append(f"{role}, {relation}{', on behalf' * on_behalf}: {found} instead of {expected}")

    assert not wrong, "\n".join([f"{action}:", *wrong])


def test_the_table_speaks_of_every_action() -> None:
    assert [line.split()[0] for line in ALLOWED.strip().splitlines()[1:]] == [action.value for action in Action]
    assert set(POLICY) == set(Action)


def test_every_command_is_an_action_of_the_policy() -> None:
    assert {action_of(command).value for command in CommandKind} == {command.value for command in CommandKind}


def test_every_decision_is_closed_to_the_owner_of_the_time() -> None:
    assert {action_of(command) for command in OF_THE_APPROVER} == NEVER_ON_OWN_TIME


@pytest.mark.parametrize("action", sorted(NEVER_ON_OWN_TIME))
@pytest.mark.parametrize(
    ("actor", "on_behalf_of"),
    [(OWNER, None), (OWNER, SOMEBODY), (SOMEBODY, OWNER), (OWNER, OWNER)],
    ids=["directly", "in another's name", "by another in the owner's name", "in their own name"],
)
def test_nobody_decides_on_their_own_time_by_any_way(action: Action, actor: UUID, on_behalf_of: UUID | None) -> None:
    assert decides_own_time(action, OWNER, actor, on_behalf_of)


def test_somebody_else_decides_on_the_time_of_the_owner() -> None:
    assert not decides_own_time(Action.APPROVE, OWNER, SOMEBODY, None)


@pytest.mark.parametrize("action", sorted(NEVER_ON_OWN_TIME))
@pytest.mark.parametrize("on_behalf", [False, True])
def test_all_hats_together_give_no_right_to_decide_as_the_owner(action: Action, on_behalf: bool) -> None:
    """An owner has the relation of themselves and of the tenant, never that of their approver."""
    standing = Standing(OWNER, frozenset(Role), frozenset({Relation.SELF, Relation.TENANT}))
    capacity = authorise(action, standing, on_behalf)

    assert capacity is None or decides_own_time(action, OWNER, OWNER)


def test_naming_somebody_else_never_lends_a_right_of_ones_own() -> None:
    roland = Standing(SOMEBODY, frozenset({Role.SUPERVISOR}), frozenset({Relation.ASKED, Relation.TENANT}))

    assert authorise(Action.APPROVE, roland) is not None
    assert authorise(Action.APPROVE, roland, on_behalf=True) is None


def test_no_right_comes_without_a_role_or_without_a_relation() -> None:
    nobody = Standing(SOMEBODY, frozenset(), frozenset(Relation))
    stranger = Standing(SOMEBODY, frozenset(Role), frozenset())

    for action, on_behalf in product(Action, (False, True)):
        assert authorise(action, nobody, on_behalf) is None
        assert authorise(action, stranger, on_behalf) is None


def test_a_role_that_is_not_known_is_an_error() -> None:
    assert roles_of(["worker", "auditor"]) == {Role.WORKER, Role.AUDITOR}
    with pytest.raises(ValueError, match="owner"):
        roles_of(["owner"])
