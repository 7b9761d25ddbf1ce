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
    CONFIRM = "confirm"
    SCHEDULE = "schedule"
    ADD_FLEX_CHANGE = "add_flex_change"
    ADD_NOTE = "add_note"
    BATCH = "batch"
    SUBMIT = "submit"
    RECALL = "recall"
    APPROVE = "approve"
    REJECT = "reject"
    TAKE_BACK = "take_back"
    ESCALATE = "escalate"
    REVISE = "revise"
    LOCK = "lock"
    UNLOCK = "unlock"


TRANSITIONS: dict[State, dict[CommandKind, State]] = {
    State.DRAFT: {
        CommandKind.RECORD: State.DRAFT,
        CommandKind.AMEND: State.DRAFT,
        CommandKind.REMOVE: State.DRAFT,
        CommandKind.CONFIRM: State.DRAFT,
        CommandKind.SCHEDULE: State.DRAFT,
        CommandKind.ADD_FLEX_CHANGE: State.DRAFT,
        CommandKind.ADD_NOTE: State.DRAFT,
        CommandKind.BATCH: State.DRAFT,
        CommandKind.SUBMIT: State.SUBMITTED,
    },
    State.SUBMITTED: {
        CommandKind.RECALL: State.DRAFT,
        CommandKind.APPROVE: State.APPROVED,
        CommandKind.REJECT: State.REJECTED,
        CommandKind.TAKE_BACK: State.SUBMITTED,
        CommandKind.ESCALATE: State.SUBMITTED,
    },
    State.REJECTED: {CommandKind.REVISE: State.DRAFT},
    State.APPROVED: {
        CommandKind.TAKE_BACK: State.SUBMITTED,
        CommandKind.REVISE: State.DRAFT,
        CommandKind.LOCK: State.LOCKED,
    },
    State.LOCKED: {CommandKind.UNLOCK: State.APPROVED},
}

ENTRY_COMMANDS = frozenset(
    {
        CommandKind.RECORD,
        CommandKind.AMEND,
        CommandKind.REMOVE,
        CommandKind.CONFIRM,
        CommandKind.SCHEDULE,
        CommandKind.ADD_FLEX_CHANGE,
    }
)
"""Make versions of the entries of a timesheet."""

RECORDING = ENTRY_COMMANDS | {CommandKind.ADD_NOTE, CommandKind.BATCH}
"""Need a timesheet that is open to change, and leave it so."""

REVIEWED = (ENTRY_COMMANDS | {CommandKind.ADD_NOTE, CommandKind.SUBMIT, CommandKind.REVISE}) - {CommandKind.SCHEDULE}
"""Are put before the owner of the time when somebody else did them."""

OPENING = frozenset({CommandKind.RECORD, CommandKind.SCHEDULE, CommandKind.ADD_NOTE, CommandKind.BATCH})
"""Open a timesheet that nobody has recorded anything on yet."""

DECISIONS = frozenset({CommandKind.APPROVE, CommandKind.REJECT})
"""Decide on one submission."""

REVISING = frozenset({CommandKind.RECALL, CommandKind.REVISE})
"""Open the next revision of a timesheet."""

NEEDS_DIGEST = DECISIONS | {CommandKind.SUBMIT}
"""Name the content they were shown."""

NEEDS_REASON = REVISING | {CommandKind.REJECT, CommandKind.TAKE_BACK, CommandKind.LOCK, CommandKind.UNLOCK}
"""Are refused without a reason."""

OF_THE_APPROVER = DECISIONS | {CommandKind.TAKE_BACK}
"""Are the approver's to give, not the owner's."""

OWED = frozenset({State.DRAFT, State.REJECTED})
"""The owner still has to certify it."""

SETTLED = frozenset({State.APPROVED, State.LOCKED})
"""Everybody who has to approve it has, so its work counts for others."""

FINAL = frozenset({State.LOCKED})
"""Nothing happens by itself any more, so the workflow's run completes."""


def next_state(state: State, command: CommandKind) -> State | None:
    """The state after `command`, or None when `state` does not allow it."""
    return TRANSITIONS[state].get(command)


def commands_in(state: State) -> frozenset[CommandKind]:
    """Every command that fits `state`, whoever may give it."""
    return frozenset(TRANSITIONS[state])
