"""What of the record a request opens, noted by whatever reads it, so that who looked can be recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from models.rules.policy import Action, Capacity, Relation, Role, authorise
from models.rules.statements import Agent, sheet_activity_id
from models.rules.transitions import State
from models.rules.viewing import PROV_ROLES
from models.store.people import Circle
from models.store.views import Opened
from models.tables.timesheet import Timesheet


@contextmanager
def noting() -> Iterator[dict[UUID, Opened]]:
    """What is opened within the block."""
    found: dict[UUID, Opened] = {}
    before = _HERE.set(found)
    try:
        yield found
    finally:
        _HERE.reset(before)


def note_sheet(
    circle: Circle, person_id: UUID, acting_for_id: UUID | None, sheet: Timesheet, revision: int | None = None
) -> None:
    """Somebody who may see it opens a timesheet: the present revision, unless they are shown another one.

    Nobody looks over their own shoulder, and programs look at nothing.
    """
    here, standing = _HERE.get(), circle.standing(person_id, sheet.id)
    if here is None or standing is None or person_id == circle.owner.id:
        return
    capacity = authorise(Action.SEE_TIME, standing)
    if capacity is None or capacity.role is Role.INTEGRATION:
        return
    seen = revision or sheet.revision
    here[sheet.id] = Opened(
        sheet.id,
        seen,
        sheet_activity_id(sheet.id, seen),
        circle.members[person_id].agent,
        PROV_ROLES.get(capacity.role),
        _acts_for(circle, person_id, acting_for_id, capacity, sheet.id),
        circle.owner.id,
        seen == sheet.revision and sheet.state == State.DRAFT,
    )


def note_summary(summary_id: UUID, viewer: Agent, role: Role, acts_for: Agent | None) -> None:
    """Somebody who may see it opens a summary."""
    here = _HERE.get()
    if here is not None:
        here[summary_id] = Opened(
            summary_id, None, f"summary-{summary_id}", viewer, PROV_ROLES.get(role), acts_for, None
        )


def _acts_for(
    circle: Circle, person_id: UUID, acting_for_id: UUID | None, capacity: Capacity, timesheet_id: UUID
) -> Agent | None:
    """In whose place they look: whom they said that they act for, or who is away."""
    if acting_for_id and acting_for_id != person_id:
        named = circle.members.get(acting_for_id)
    elif capacity.relation is Relation.DELEGATE:
        named = circle.members.get(next(iter(circle.delegations(person_id, timesheet_id)), person_id))
    else:
        named = None
    return named.agent if named and named.id != person_id else None


_HERE: ContextVar[dict[UUID, Opened] | None] = ContextVar("opened", default=None)
