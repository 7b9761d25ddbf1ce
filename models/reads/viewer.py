"""Who looks, what they may see, and what they may do to what they see."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.opened import note_sheet
from models.reads.shown import PersonShown
from models.rules.policy import Action, action_of, authorise, decides_own_time
from models.rules.transitions import DECISIONS, OF_THE_APPROVER, CommandKind, State, commands_in
from models.store.people import Circle, Member, load_circle, with_approvers, with_deciders
from models.tables.timesheet import Timesheet


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody signed in, and for whom they act if they do."""

    tenant_id: UUID
    person_id: UUID
    acting_for_id: UUID | None = None


def circle_for(session: Session, onlooker: Onlooker, owner_id: UUID) -> Circle:
    """The owner's circle, for somebody who may see the owner's time.

    Raises `NotFound` when they may not, exactly as when there is no such person. Asked again in one transaction
    it answers the same.
    """
    known: dict[tuple[Onlooker, UUID], Circle] = session.info.setdefault("circles", {})
    circle = known.get((onlooker, owner_id))
    if circle is None:
        circle = load_circle(session, owner_id, onlooker.person_id, onlooker.acting_for_id)
        known[onlooker, owner_id] = circle
    if not sees_time(onlooker, circle):
        raise NotFound("There is no such page, or you may not see it.")
    return circle


def circle_of_sheet(session: Session, onlooker: Onlooker, sheet: Timesheet) -> Circle:
    """The circle of a timesheet's owner, for somebody who may see this timesheet: also whoever decided on it before.

    Raises `NotFound`.
    """
    try:
        circle = circle_for(session, onlooker, sheet.owner_id)
    except NotFound:
        circle = with_deciders(session, load_circle(session, sheet.owner_id, onlooker.person_id), sheet.id)
        if not sees_time(onlooker, circle):
            raise
    opens_sheet(onlooker, circle, sheet)
    return circle


def opens_sheet(onlooker: Onlooker, circle: Circle, sheet: Timesheet, revision: int | None = None) -> None:
    """Note that somebody who may see a timesheet is shown it: the present revision, unless another one is given."""
    note_sheet(circle, onlooker.person_id, onlooker.acting_for_id, sheet, revision)


def circle_to_take_back(session: Session, onlooker: Onlooker, sheet: Timesheet) -> Circle:
    """The same, knowing who made the approval that would be taken back. Raises `NotFound`."""
    return with_approvers(session, circle_of_sheet(session, onlooker, sheet), sheet.id)


def sees_time(onlooker: Onlooker, circle: Circle) -> bool:
    """Whether somebody may see the time of a circle's owner."""
    standing = circle.standing(onlooker.person_id)
    return standing is not None and authorise(Action.SEE_TIME, standing) is not None


def commands_offered(
    onlooker: Onlooker, circle: Circle, state: State, timesheet_id: UUID | None = None
) -> frozenset[str]:
    """The commands that fit the state and that the onlooker may give, in their own right or for whom they act.

    With a timesheet: what they may do to this one, of all those of its owner. Whether an approval may be taken back
    depends on who made it (`may_take_back`).
    """
    return frozenset(
        kind.value
        for kind in commands_in(state) - {CommandKind.TAKE_BACK}
        if _may(onlooker, circle, kind, timesheet_id if kind in OF_THE_APPROVER else None)
    )


def may_take_back(onlooker: Onlooker, circle: Circle, timesheet_id: UUID) -> bool:
    """Whether the onlooker may take back the approval in force on a timesheet; `circle` knows who made it."""
    first_asked = circle.not_submitted(timesheet_id)
    return _may(onlooker, first_asked, CommandKind.TAKE_BACK, timesheet_id)


def responsible(onlooker: Onlooker, circle: Circle, kind: CommandKind, timesheet_id: UUID | None = None) -> UUID | None:
    """For whom the onlooker would give this command: the person they act for, when it is that person's to give."""
    acting_for = onlooker.acting_for_id
    if acting_for is None or acting_for == onlooker.person_id:
        return None
    if kind in DECISIONS and timesheet_id is not None:
        return acting_for if acting_for in circle.asked(timesheet_id) else None
    return acting_for if acting_for == (circle.approver_id if kind in OF_THE_APPROVER else circle.owner.id) else None


def _may(onlooker: Onlooker, circle: Circle, kind: CommandKind, timesheet_id: UUID | None) -> bool:
    standing = circle.standing(onlooker.person_id, timesheet_id)
    if standing is None or decides_own_time(action_of(kind), circle.owner.id, onlooker.person_id):
        return False
    on_behalf = responsible(onlooker, circle, kind, timesheet_id) is not None
    return authorise(action_of(kind), standing, on_behalf=on_behalf) is not None


def shown(member: Member) -> PersonShown:
    """A person as pages name them."""
    return PersonShown(member.id, member.staff_id, member.name)
