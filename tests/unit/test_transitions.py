"""What may happen to a timesheet next: the whole table of its life, every state with every command."""

import pytest

from models.rules.transitions import (
    DECISIONS,
    ENTRY_COMMANDS,
    FINAL,
    NEEDS_DIGEST,
    NEEDS_REASON,
    OPENING,
    RECORDING,
    REVISING,
    TRANSITIONS,
    CommandKind,
    State,
    commands_in,
    next_state,
)

# One line a command, one column a state: where it leads, or a dot where it is refused.
LIFE = """
                 draft       submitted   approved    rejected    locked
record           draft       .           .           .           .
amend            draft       .           .           .           .
remove           draft       .           .           .           .
confirm          draft       .           .           .           .
schedule         draft       .           .           .           .
add_flex_change  draft       .           .           .           .
add_note         draft       .           .           .           .
batch            draft       .           .           .           .
submit           submitted   .           .           .           .
recall           .           draft       .           .           .
approve          .           approved    .           .           .
reject           .           rejected    .           .           .
take_back        .           submitted   submitted   .           .
escalate         .           submitted   .           .           .
revise           .           .           draft       draft       .
lock             .           .           locked      .           .
unlock           .           .           .           .           approved
"""


def _cells() -> list[tuple[State, CommandKind, State | None]]:
    header, *lines = (line.split() for line in LIFE.strip().splitlines())
    return [
        (State(state), CommandKind(command), None if after == "." else State(after))
        for command, *afters in lines
        for state, after in zip(header, afters, strict=True)
    ]


@pytest.mark.parametrize(("state", "command", "after"), _cells())
def test_each_command_leads_where_the_life_of_a_timesheet_says(
    state: State, command: CommandKind, after: State | None
) -> None:
    assert next_state(state, command) is after
    assert (command in commands_in(state)) is (after is not None)


def test_the_table_names_every_state_and_every_command_once() -> None:
    assert [(state, command) for state, command, _ in _cells()] == [
        (state, command) for command in CommandKind for state in _states_in_the_order_of_the_table()
    ]
    assert set(TRANSITIONS) == set(State)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {after for _, _, after in _cells() if after}
    left = {state for state, _, after in _cells() if after not in (None, state)}

    assert reached == left == set(State)


def test_content_changes_in_a_draft_only() -> None:
    assert {state for state in State if RECORDING & commands_in(state)} == {State.DRAFT}
    assert RECORDING - {CommandKind.ADD_NOTE, CommandKind.BATCH} == ENTRY_COMMANDS


def test_recording_leaves_a_draft_as_it_is() -> None:
    assert {next_state(State.DRAFT, command) for command in RECORDING} == {State.DRAFT}


def test_a_timesheet_is_opened_by_what_adds_something_to_it() -> None:
    assert {CommandKind.RECORD, CommandKind.SCHEDULE, CommandKind.ADD_NOTE, CommandKind.BATCH} == OPENING
    assert OPENING <= RECORDING


def test_a_decision_is_made_on_what_was_submitted_only() -> None:
    assert {state for state in State if DECISIONS & commands_in(state)} == {State.SUBMITTED}


def test_a_revision_always_opens_a_draft() -> None:
    assert {next_state(state, command) for state in State for command in REVISING} == {State.DRAFT, None}


def test_a_locked_timesheet_is_unlocked_before_anything_else() -> None:
    assert {state for state in State if commands_in(state) == {CommandKind.UNLOCK}} == FINAL


def test_certifying_and_deciding_name_the_content_that_was_shown() -> None:
    assert {CommandKind.SUBMIT, CommandKind.APPROVE, CommandKind.REJECT} == NEEDS_DIGEST


def test_what_undoes_or_refuses_the_work_of_others_needs_a_reason() -> None:
    assert {
        CommandKind.RECALL,
        CommandKind.REVISE,
        CommandKind.REJECT,
        CommandKind.TAKE_BACK,
        CommandKind.LOCK,
        CommandKind.UNLOCK,
    } == NEEDS_REASON


def _states_in_the_order_of_the_table() -> list[State]:
    return [State(name) for name in LIFE.split()[: len(State)]]
