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
    """The nearest approver in the hierarchy; of somebody without one every administrator."""
    ASKED = "asked"
    """A submission waits for them."""
    LEAD = "lead"
    """A submission waits for them because they lead a project it has lines of."""
    DELEGATE = "delegate"
    """Stands in, today, for somebody whom a submission waits for or would wait for."""
    DECIDED = "decided"
    """Has decided on this timesheet before."""
    LEADS = "leads"
    """Leads the project that is looked at, whoever works on it."""
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
    TAKE_BACK = "take_back"
    ESCALATE = "escalate"
    REVISE = "revise"
    LOCK = "lock"
    UNLOCK = "unlock"
    SEE_TIME = "see_time"
    SEE_INBOX = "see_inbox"
    OVERSEE_BULK = "oversee_bulk"
    DELEGATE = "delegate"
    DELEGATE_FOR = "delegate_for"
    SEE_DELEGATIONS = "see_delegations"
    END_DELEGATION = "end_delegation"
    SEE_PEOPLE = "see_people"
    ACT_FOR = "act_for"
    REVIEW_ACT = "review_act"
    AUDIT = "audit"
    IMPORT_ENTRIES = "import_entries"
    MANAGE_OWN_ACCESS = "manage_own_access"
    SEE_OWN_NOTICES = "see_own_notices"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_PROJECTS = "manage_projects"
    MANAGE_TYPES = "manage_types"
    MANAGE_BALANCES = "manage_balances"
    MANAGE_APPROVAL = "manage_approval"
    SEE_DEAD_LETTERS = "see_dead_letters"
    SEE_EVENTS = "see_events"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_SEALS = "manage_seals"
    SUMMARISE = "summarise"
    SEE_SUMMARY = "see_summary"
    ASSERT = "assert"


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of the table: this role in this relation, in their own right or on somebody's behalf."""

    role: Role | None
    """None: whoever stands in this relation, whatever their roles."""
    relation: Relation
    on_behalf: bool = False
    acts_as: Role | None = None
    """The role they act in, if not their own."""


_OWNER = Grant(Role.WORKER, Relation.SELF)
_MANAGER = Grant(Role.SUPERVISOR, Relation.APPROVER)
_ADMINISTRATOR = Grant(Role.ADMINISTRATOR, Relation.TENANT)
_ON_BEHALF = Grant(Role.ADMINISTRATOR, Relation.TENANT, on_behalf=True)
_SYSTEM = Grant(Role.INTEGRATION, Relation.TENANT)
_ADMINISTRATION = (Grant(Role.ADMINISTRATOR, Relation.SELF),)
_ANYBODY_SIGNED_IN = tuple(Grant(role, Relation.SELF) for role in Role if role is not Role.INTEGRATION)

_LEAD = Grant(Role.PROJECT_LEAD, Relation.LEAD)
_DELEGATE = Grant(None, Relation.DELEGATE, acts_as=Role.SUPERVISOR)
_DECIDER = Grant(None, Relation.DECIDED, acts_as=Role.SUPERVISOR)

_RECORDING = (_OWNER, _MANAGER, _ON_BEHALF)
_CERTIFYING = (_OWNER, _ON_BEHALF)
_DECIDING = (
    Grant(Role.SUPERVISOR, Relation.ASKED),
    Grant(Role.ADMINISTRATOR, Relation.ASKED),
    _LEAD,
    _DELEGATE,
    _ON_BEHALF,
)

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
    Action.TAKE_BACK: (
        _MANAGER,
        Grant(Role.ADMINISTRATOR, Relation.APPROVER),
        _DELEGATE,
        _DECIDER,
        _ADMINISTRATOR,
        _ON_BEHALF,
    ),
    Action.ESCALATE: (),
    Action.REVISE: _CERTIFYING,
    Action.LOCK: (_ADMINISTRATOR,),
    Action.UNLOCK: (_ADMINISTRATOR,),
    Action.SEE_TIME: (
        _OWNER,
        _MANAGER,
        _ADMINISTRATOR,
        Grant(Role.SUPERVISOR, Relation.ASKED),
        _LEAD,
        _DELEGATE,
        _DECIDER,
        Grant(Role.AUDITOR, Relation.TENANT),
        _SYSTEM,
    ),
    Action.SEE_INBOX: (
        Grant(Role.SUPERVISOR, Relation.SELF),
        Grant(Role.ADMINISTRATOR, Relation.SELF),
        Grant(Role.PROJECT_LEAD, Relation.SELF),
        _DELEGATE,
    ),
    Action.OVERSEE_BULK: _ADMINISTRATION,
    Action.DELEGATE: (
        Grant(Role.SUPERVISOR, Relation.SELF),
        Grant(Role.PROJECT_LEAD, Relation.SELF),
        *_ADMINISTRATION,
    ),
    Action.DELEGATE_FOR: _ADMINISTRATION,
    Action.SEE_DELEGATIONS: _ANYBODY_SIGNED_IN,
    Action.END_DELEGATION: _ANYBODY_SIGNED_IN,
    Action.SEE_PEOPLE: (Grant(Role.ADMINISTRATOR, Relation.SELF), Grant(Role.AUDITOR, Relation.SELF)),
    Action.ACT_FOR: (_ADMINISTRATOR,),
    Action.REVIEW_ACT: _ANYBODY_SIGNED_IN,
    Action.AUDIT: (Grant(Role.ADMINISTRATOR, Relation.SELF), Grant(Role.AUDITOR, Relation.SELF)),
    Action.IMPORT_ENTRIES: (
        _OWNER,
        Grant(Role.SUPERVISOR, Relation.SELF),
        *_ADMINISTRATION,
    ),
    Action.MANAGE_OWN_ACCESS: _ANYBODY_SIGNED_IN,
    Action.SEE_OWN_NOTICES: _ANYBODY_SIGNED_IN,
    Action.MANAGE_PEOPLE: _ADMINISTRATION,
    Action.MANAGE_PROJECTS: _ADMINISTRATION,
    Action.MANAGE_TYPES: _ADMINISTRATION,
    Action.MANAGE_BALANCES: _ADMINISTRATION,
    Action.MANAGE_APPROVAL: _ADMINISTRATION,
    Action.SEE_DEAD_LETTERS: _ADMINISTRATION,
    Action.SEE_EVENTS: (_SYSTEM, _ADMINISTRATOR),
    Action.MANAGE_WEBHOOKS: _ADMINISTRATION,
    Action.MANAGE_SEALS: _ADMINISTRATION,
    Action.ASSERT: (Grant(Role.INTEGRATION, Relation.SELF),),
    Action.SUMMARISE: (Grant(Role.PROJECT_LEAD, Relation.LEADS), _ON_BEHALF),
    Action.SEE_SUMMARY: (
        Grant(Role.PROJECT_LEAD, Relation.LEADS),
        _ADMINISTRATOR,
        Grant(Role.AUDITOR, Relation.TENANT),
    ),
}

NEVER_ON_OWN_TIME = frozenset({Action.APPROVE, Action.REJECT, Action.TAKE_BACK})
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
        has_role = bool(standing.roles) if grant.role is None else grant.role in standing.roles
        if grant.on_behalf == on_behalf and has_role and grant.relation in standing.relations:
            return Capacity(_acting_role(grant), grant.relation, grant.on_behalf)
    return None


def sees_time_of(relation: Relation, person_id: UUID, roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles sees the time of those to whom they stand in this relation."""
    return authorise(Action.SEE_TIME, Standing(person_id, roles, frozenset({relation}))) is not None


def _acting_role(grant: Grant) -> Role:
    acts_as = grant.acts_as or grant.role
    assert acts_as is not None
    return acts_as


def decides_own_time(action: Action, owner_id: UUID, *people: UUID | None) -> bool:
    """Whether a decision would be made by, or in the name of, the owner of the time."""
    return action in NEVER_ON_OWN_TIME and owner_id in people


def action_of(command: CommandKind) -> Action:
    """The action that the policy knows a command by."""
    return Action(command.value)


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles from their stored names."""
    return frozenset(Role(name) for name in names)
