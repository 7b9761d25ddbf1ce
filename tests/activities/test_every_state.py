"""Every command in every state: carried out where the life of a timesheet allows it, refused elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from uuid import UUID, uuid4

import pytest

from models.commands import Asked
from models.errors import WrongState
from models.rules.flex import FlexType
from models.rules.transitions import OF_THE_APPROVER, OPENING, RECORDING, CommandKind, State, next_state
from tests.desk import Life
from tests.factories import Asking, worked

REASON = "Misremembered which day."
BY_TIME = {CommandKind.ESCALATE}
"""Given by nobody."""


@pytest.mark.parametrize(("state", "kind"), list(product(State, CommandKind)))
def test_a_command_is_carried_out_in_the_states_that_allow_it_and_refused_in_all_others(
    life: Life, state: State, kind: CommandKind
) -> None:
    recorded = life.bring_to(state)
    assert recorded.entry_id
    planned = life.plan("20:00", "21:00") if (state, kind) == (State.DRAFT, CommandKind.CONFIRM) else None
    asked = _ask(life, kind, planned or recorded.entry_id)
    after = next_state(state, kind)
    nothing_approved = (state, kind) == (State.SUBMITTED, CommandKind.TAKE_BACK)

    if after is None or nothing_approved:
        refusal = life.desk.refused(asked)
        assert isinstance(refusal, WrongState)
        assert refusal.data == {"state": state.value}
        assert nothing_approved or state.value in refusal.message
    else:
        assert life.desk.do(asked).snapshot.state is after
    assert life.state is (after or state)


@pytest.mark.parametrize("kind", sorted(OPENING))
def test_a_timesheet_that_does_not_exist_is_opened_by_what_adds_something_to_it(life: Life, kind: CommandKind) -> None:
    outcome = life.desk.do(_ask(life, kind, UUID(int=1), digest="0" * 64))

    assert outcome.snapshot.exists
    assert life.state is State.DRAFT


@pytest.mark.parametrize("kind", sorted(set(CommandKind) - OPENING))
def test_a_timesheet_that_does_not_exist_is_opened_by_nothing_else(life: Life, kind: CommandKind) -> None:
    before = life.desk.contents(life.org.tenant_id)
    asked = _ask(life, kind, UUID(int=1), digest="0" * 64)
    life.desk.refused(asked)

    after = life.desk.contents(life.org.tenant_id)
    assert after | {"command": frozenset()} == before | {"command": frozenset()}


def _ask(life: Life, kind: CommandKind, entry_id: UUID, digest: str | None = None) -> Asked:
    asking = life.because(_whose(life, kind), REASON)
    digest = digest or life.desk.digest(life.key)
    ways: dict[CommandKind, Callable[[], Asked]] = {
        CommandKind.RECORD: lambda: asking.record(worked("18:00", "19:00")),
        CommandKind.AMEND: lambda: asking.amend(entry_id, 1, worked("10:00", "16:00")),
        CommandKind.REMOVE: lambda: asking.remove(entry_id, 1),
        CommandKind.CONFIRM: lambda: asking.confirm(entry_id),
        CommandKind.SCHEDULE: lambda: asking.schedule(uuid4(), worked("18:00", "19:00")),
        CommandKind.ADD_FLEX_CHANGE: lambda: asking.change_shift(FlexType.EXTENDED, entry_id, worked("09:00", "18:00")),
        CommandKind.ADD_NOTE: lambda: asking.note("The dog bit me."),
        CommandKind.BATCH: lambda: asking.batch(asking.record(worked("18:00", "19:00"))),
        CommandKind.SUBMIT: lambda: asking.submit(digest),
        CommandKind.APPROVE: lambda: asking.approve(digest),
        CommandKind.REJECT: lambda: asking.reject(digest),
    }
    asked = ways.get(kind, lambda: asking.move(kind))()
    return replace(asked, actor_id=None) if kind in BY_TIME else asked


def _whose(life: Life, kind: CommandKind) -> Asking:
    if kind in OF_THE_APPROVER | BY_TIME:
        return life.roland
    if kind in (CommandKind.LOCK, CommandKind.UNLOCK, CommandKind.SCHEDULE):
        return life.suzanne
    assert kind in RECORDING or kind in (CommandKind.SUBMIT, CommandKind.RECALL, CommandKind.REVISE)
    return life.duane
