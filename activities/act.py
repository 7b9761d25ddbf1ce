"""One command being carried out: who, for whom, on what, and what there is to say about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from models.commands import Asked
from models.database import WriteSession
from models.errors import NotYours, OwnTime, ReasonRequired, WrongState
from models.rules.days import day_bounds
from models.rules.periods import Period
from models.rules.policy import Capacity, Relation, Role, action_of, authorise, decides_own_time
from models.rules.statements import Delegate, ProvRole, Statement
from models.rules.transitions import DECISIONS, NEEDS_REASON, State, next_state
from models.store.people import Circle, Member
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet

Event = NewType("Event", tuple[str, UUID, dict[str, Any]])
"""An outgoing event: type, what it is about, data."""


@dataclass
class Act:
    """What the rules of a command work on; they add statements and events as they go."""

    session: WriteSession
    asked: Asked
    circle: Circle
    capacity: Capacity | None
    """None: the schedule acts."""
    policy: TenantPolicy
    sheet: Timesheet
    now: datetime
    entry_id: UUID | None = None
    entry_version: int | None = None
    statements: list[Statement] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def owner(self) -> Member:
        """Whose time it is."""
        return self.circle.owner

    @property
    def actor(self) -> Member:
        """Who really acts. Only for commands of people."""
        if self.asked.actor_id is None:
            raise NotYours("The schedule cannot do this.")
        return self.circle.members[self.asked.actor_id]

    @property
    def zone(self) -> ZoneInfo:
        """The owner's time zone, in which days and weeks are counted."""
        return self.owner.zone

    @property
    def period(self) -> Period:
        """The timesheet's local dates, both inclusive."""
        return Period(self.sheet.period_start, self.sheet.period_end)

    @property
    def period_instants(self) -> tuple[datetime, datetime]:
        """From the first local midnight of the period to the one after its last day."""
        return day_bounds(self.period.start, self.zone)[0], day_bounds(self.period.end, self.zone)[1]

    @property
    def acts_for_owner(self) -> Delegate | None:
        """Who acted in the owner's place, and as what; None when the owner did it."""
        if self.asked.actor_id == self.owner.id or self.capacity is None:
            return None
        return Delegate(self.actor.agent, prov_role(self.capacity.role))

    def move_to(self, state: State) -> None:
        """Put the timesheet into a state; what only a submitted one has goes with it."""
        self.sheet.state = state.value
        if state is not State.SUBMITTED:
            self.sheet.submitted_at = None
            self.sheet.waiting_for_id = None

    def announce(self, type_: str, subject: UUID, **data: Any) -> None:
        """Say to the outside what happened."""
        who = {"ownerId": str(self.owner.id), "actorId": str(self.asked.actor_id) if self.asked.actor_id else None}
        self.events.append(Event((f"countersign.{type_}", subject, who | data)))


Rule = Callable[[Act], None]
"""Carries out one kind of command on an act that is allowed."""


def prov_role(role: Role) -> ProvRole:
    """The role of the provenance domain that a role acts in."""
    return {Role.SUPERVISOR: ProvRole.SUPERVISOR, Role.ADMINISTRATOR: ProvRole.ADMINISTRATOR}.get(
        role, ProvRole.WORKER
    )


def require_allowed(asked: Asked, circle: Circle) -> Capacity | None:
    """As what the actor may give this command now, by the policy table; None for the schedule.

    Raises `OwnTime`, `NotYours` or `ReasonRequired`.
    """
    if asked.actor_id is None:
        return None
    action = action_of(asked.kind)
    if decides_own_time(action, circle.owner.id, asked.actor_id, asked.on_behalf_of_id):
        raise OwnTime("Nobody decides on their own time. Somebody else has to approve or reject this timesheet.")
    standing = circle.standing(asked.actor_id)
    capacity = standing and authorise(action, standing, on_behalf=asked.on_behalf_of_id is not None)
    if capacity is None or not _responsible(asked, circle):
        raise NotYours("You may not do this to this timesheet.")
    _require_reason(asked, capacity)
    return capacity


def require_state(asked: Asked, sheet: Timesheet) -> State:
    """The state after the command. Raises `WrongState` when the present one does not allow it."""
    state = State(sheet.state)
    after = next_state(state, asked.kind)
    if after is None:
        raise wrong_state(state)
    return after


def wrong_state(state: State) -> WrongState:
    """The refusal of a command that does not fit, with what to do instead."""
    return WrongState(f"This timesheet is {state.value}. {_INSTEAD[state]}", state=state.value)


_INSTEAD = {
    State.DRAFT: "It has to be submitted first.",
    State.SUBMITTED: "Its content stays as certified until it is decided or recalled.",
    State.APPROVED: "Revise it to change anything.",
    State.REJECTED: "Revise it, then submit it again.",
    State.LOCKED: "An administrator can unlock it.",
}


def _responsible(asked: Asked, circle: Circle) -> bool:
    """Whether the person acted for is the one whose act this is: the approver of a decision, else the owner."""
    if asked.on_behalf_of_id is None:
        return True
    return asked.on_behalf_of_id == (circle.approver_id if asked.kind in DECISIONS else circle.owner.id)


def _require_reason(asked: Asked, capacity: Capacity) -> None:
    for_another = asked.kind not in DECISIONS and capacity.relation is not Relation.SELF
    if (asked.kind in NEEDS_REASON or capacity.on_behalf or for_another) and not asked.reason:
        raise ReasonRequired("Please give a reason: it is kept with the record.")
