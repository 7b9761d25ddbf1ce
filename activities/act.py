"""One command being carried out: who, for whom, on what, and what there is to say about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from models.commands import Asked
from models.database import WriteSession
from models.errors import Invalid, NotYours
from models.rules.answering import who_answers
from models.rules.days import day_bounds
from models.rules.notices import NoticeKind
from models.rules.periods import Period
from models.rules.policy import Capacity, Role
from models.rules.prov_domain import ProvRole
from models.rules.statements import Delegate, Statement
from models.rules.transitions import State
from models.rules.viewing import PROV_ROLES
from models.store.notifying import Notice
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
    held: dict[UUID, Timesheet]
    """Every timesheet that the transaction holds, that of the command among them."""
    now: datetime
    ignored: bool = False
    """It changed nothing, because something newer is known already."""
    entry_id: UUID | None = None
    entry_version: int | None = None
    moved: bool = False
    """The timesheet came into another state, or another stage of it."""
    statements: list[Statement] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

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

    @property
    def put_before(self) -> UUID | None:
        """Who is asked afterwards whether it is right; None: nobody."""
        asked = self.asked
        if self.ignored or self.capacity is None:
            return None
        return who_answers(asked.kind, self.owner.id, asked.actor_id, asked.on_behalf_of_id, self.capacity.on_behalf)

    def sheet_of(self, day: date) -> Timesheet:
        """The timesheet of one of the owner's local days. Raises `Invalid` for one that the command does not hold."""
        for sheet in self.held.values():
            if sheet.owner_id == self.owner.id and sheet.period_start <= day <= sheet.period_end:
                return sheet
        raise Invalid.field("startTime", "This day belongs to another week. Record it there, and remove it here.")

    def move_to(self, state: State) -> None:
        """Put the timesheet into a state; what only a submitted one has goes with it."""
        self.sheet.state = state.value
        self.sheet.state_since = self.now
        self.sheet.reminded_until = self.now
        self.sheet.escalations = 0
        self.moved = True
        if state is not State.SUBMITTED:
            self.sheet.submitted_at = None
            self.sheet.stage = None

    def announce(self, type_: str, subject: UUID, **data: Any) -> None:
        """Say to the outside what happened."""
        who = {
            "ownerId": str(self.owner.id),
            "actorId": str(self.asked.actor_id) if self.asked.actor_id else None,
        }
        self.events.append(Event((f"countersign.{type_}", subject, who | data)))

    def tell(self, person_id: UUID, kind: NoticeKind, key: object, **data: Any) -> None:
        """Tell a person, once for each `key`, what concerns them of this timesheet."""
        self.notices.append(Notice(person_id, kind, f"{kind.value}/{key}", self.sheet.id, data))


Rule = Callable[[Act], None]
"""Carries out one kind of command on an act that is allowed."""


def prov_role(role: Role) -> ProvRole:
    """The role of the provenance domain that a role acts in."""
    return PROV_ROLES.get(role, ProvRole.WORKER)
