"""What may happen to a timesheet next: the one business rule that workflow code may use."""

from enum import StrEnum


class State(StrEnum):
    """Where a timesheet stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    LOCKED = "locked"


class CommandKind(StrEnum):
    """What somebody may ask of a timesheet, in the imperative."""

    RECORD = "record"
    AMEND = "amend"
    REMOVE = "remove"
    SUBMIT = "submit"
    RECALL = "recall"
    APPROVE = "approve"
    REJECT = "reject"
    REVISE = "revise"
    LOCK = "lock"
    UNLOCK = "unlock"


TRANSITIONS: dict[State, dict[CommandKind, State]] = {
    State.DRAFT: {
        CommandKind.RECORD: State.DRAFT,
        CommandKind.AMEND: State.DRAFT,
        CommandKind.REMOVE: State.DRAFT,
        CommandKind.SUBMIT: State.SUBMITTED,
    },
    State.SUBMITTED: {
        CommandKind.RECALL: State.DRAFT,
        CommandKind.APPROVE: State.APPROVED,
        CommandKind.REJECT: State.REJECTED,
    },
    State.REJECTED: {CommandKind.REVISE: State.DRAFT},
    State.APPROVED: {CommandKind.REVISE: State.DRAFT, CommandKind.LOCK: State.LOCKED},
    State.LOCKED: {CommandKind.UNLOCK: State.APPROVED},
}

ENTRY_COMMANDS = frozenset({CommandKind.RECORD, CommandKind.AMEND, CommandKind.REMOVE})
"""Change the content of a timesheet."""

DECISIONS = frozenset({CommandKind.APPROVE, CommandKind.REJECT})
"""Decide on one submission."""

REVISING = frozenset({CommandKind.RECALL, CommandKind.REVISE})
"""Open the next revision of a timesheet."""

NEEDS_DIGEST = DECISIONS | {CommandKind.SUBMIT}
"""Name the content they were shown."""

NEEDS_REASON = REVISING | {CommandKind.REJECT, CommandKind.LOCK, CommandKind.UNLOCK}
"""Are refused without a reason."""

FINAL = frozenset({State.LOCKED})
"""Nothing happens by itself any more, so the workflow's run completes."""


def next_state(state: State, command: CommandKind) -> State | None:
    """The state after `command`, or None when `state` does not allow it."""
    return TRANSITIONS[state].get(command)


def commands_in(state: State) -> frozenset[CommandKind]:
    """Every command that fits `state`, whoever may give it."""
    return frozenset(TRANSITIONS[state])
