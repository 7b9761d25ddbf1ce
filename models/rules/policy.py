"""Who may do what: one table of role × relation × action, read by one function.

Everything that shows or changes something asks `authorise`: pages and REST before they start, and the
activity again inside the transaction, since a page may be old.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.rules.transitions import CommandKind


class Role(StrEnum):
    """What a person is to the organisation."""

    WORKER = "worker"
    SUPERVISOR = "supervisor"
    PROJECT_LEAD = "project_lead"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    INTEGRATION = "integration"


class Relation(StrEnum):
    """What a person is to the owner of the time that is looked at or changed."""

    SELF = "self"
    APPROVER = "approver"
    TENANT = "tenant"


class Action(StrEnum):
    """What is asked for."""

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
    REVISE = "revise"
    LOCK = "lock"
    UNLOCK = "unlock"
    SEE_TIME = "see_time"
    SEE_INBOX = "see_inbox"
    SEE_PEOPLE = "see_people"
    ACT_FOR = "act_for"
    REVIEW_ACT = "review_act"
    IMPORT_ENTRIES = "import_entries"
    MANAGE_OWN_ACCESS = "manage_own_access"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_PROJECTS = "manage_projects"
    MANAGE_TYPES = "manage_types"
    MANAGE_BALANCES = "manage_balances"
    SEE_DEAD_LETTERS = "see_dead_letters"


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of the table: this role in this relation, in their own right or on somebody's behalf."""

    role: Role
    relation: Relation
    on_behalf: bool = False


_OWNER = Grant(Role.WORKER, Relation.SELF)
_MANAGER = Grant(Role.SUPERVISOR, Relation.APPROVER)
_ADMINISTRATOR = Grant(Role.ADMINISTRATOR, Relation.TENANT)
_APPROVING_ADMINISTRATOR = Grant(Role.ADMINISTRATOR, Relation.APPROVER)
_ON_BEHALF = Grant(Role.ADMINISTRATOR, Relation.TENANT, on_behalf=True)
_SYSTEM = Grant(Role.INTEGRATION, Relation.TENANT)
_ADMINISTRATION = (Grant(Role.ADMINISTRATOR, Relation.SELF),)

_RECORDING = (_OWNER, _MANAGER, _ON_BEHALF)
_CERTIFYING = (_OWNER, _ON_BEHALF)
_DECIDING = (_MANAGER, _APPROVING_ADMINISTRATOR, _ON_BEHALF)

POLICY: dict[Action, tuple[Grant, ...]] = {
    Action.RECORD: _RECORDING,
    Action.AMEND: _RECORDING,
    Action.REMOVE: _RECORDING,
    Action.CONFIRM: _RECORDING,
    Action.SCHEDULE: (_SYSTEM, _ADMINISTRATOR),
    Action.ADD_FLEX_CHANGE: _RECORDING,
    Action.ADD_NOTE: _RECORDING,
    Action.BATCH: _RECORDING,
    Action.SUBMIT: _CERTIFYING,
    Action.RECALL: (_OWNER,),
    Action.APPROVE: _DECIDING,
    Action.REJECT: _DECIDING,
    Action.REVISE: _CERTIFYING,
    Action.LOCK: (_ADMINISTRATOR,),
    Action.UNLOCK: (_ADMINISTRATOR,),
    Action.SEE_TIME: (_OWNER, _MANAGER, _ADMINISTRATOR, Grant(Role.AUDITOR, Relation.TENANT), _SYSTEM),
    Action.SEE_INBOX: (Grant(Role.SUPERVISOR, Relation.SELF), Grant(Role.ADMINISTRATOR, Relation.SELF)),
    Action.SEE_PEOPLE: (Grant(Role.ADMINISTRATOR, Relation.SELF), Grant(Role.AUDITOR, Relation.SELF)),
    Action.ACT_FOR: (_ADMINISTRATOR,),
    Action.REVIEW_ACT: (_OWNER,),
    Action.IMPORT_ENTRIES: (
        _OWNER,
        Grant(Role.SUPERVISOR, Relation.SELF),
        *_ADMINISTRATION,
    ),
    Action.MANAGE_OWN_ACCESS: tuple(Grant(role, Relation.SELF) for role in Role if role is not Role.INTEGRATION),
    Action.MANAGE_PEOPLE: _ADMINISTRATION,
    Action.MANAGE_PROJECTS: _ADMINISTRATION,
    Action.MANAGE_TYPES: _ADMINISTRATION,
    Action.MANAGE_BALANCES: _ADMINISTRATION,
    Action.SEE_DEAD_LETTERS: _ADMINISTRATION,
}

NEVER_ON_OWN_TIME = frozenset({Action.APPROVE, Action.REJECT})
"""Refused to the owner of the time under any hat."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is, and what they are to the owner of the time."""

    person_id: UUID
    roles: frozenset[Role]
    relations: frozenset[Relation]


@dataclass(frozen=True, slots=True)
class Capacity:
    """As what somebody acts: their role, and whether under somebody else's responsibility."""

    role: Role
    relation: Relation
    on_behalf: bool


def authorise(action: Action, standing: Standing, on_behalf: bool = False) -> Capacity | None:
    """As what `standing` may do `action`, or None when they may not.

    `on_behalf` says that the act is asked for under another person's responsibility: then only the rows
    that allow exactly that count, so nobody slips into a right of their own by naming somebody else.
    """
    for grant in POLICY[action]:
        if grant.on_behalf == on_behalf and grant.role in standing.roles and grant.relation in standing.relations:
            return Capacity(grant.role, grant.relation, grant.on_behalf)
    return None


def decides_own_time(action: Action, owner_id: UUID, *people: UUID | None) -> bool:
    """Whether a decision would be made by, or in the name of, the owner of the time."""
    return action in NEVER_ON_OWN_TIME and owner_id in people


def action_of(command: CommandKind) -> Action:
    """The action that the policy knows a command by."""
    return Action(command.value)


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles from their stored names."""
    return frozenset(Role(name) for name in names)
