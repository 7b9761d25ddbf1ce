"""Who looks, what they may see, and what they may do to what they see."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.shown import PersonShown
from models.rules.policy import Action, action_of, authorise, decides_own_time
from models.rules.transitions import DECISIONS, CommandKind, State, commands_in
from models.store.people import Circle, Member, load_circle


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


def sees_time(onlooker: Onlooker, circle: Circle) -> bool:
    """Whether somebody may see the time of a circle's owner."""
    standing = circle.standing(onlooker.person_id)
    return standing is not None and authorise(Action.SEE_TIME, standing) is not None


def commands_offered(onlooker: Onlooker, circle: Circle, state: State) -> frozenset[str]:
    """The commands that fit the state and that the onlooker may give, in their own right or for whom they act."""
    standing = circle.standing(onlooker.person_id)
    if standing is None:
        return frozenset()
    return frozenset(
        kind.value
        for kind in commands_in(state)
        if authorise(action_of(kind), standing, on_behalf=responsible(onlooker, circle, kind) is not None)
        and not decides_own_time(action_of(kind), circle.owner.id, onlooker.person_id)
    )


def responsible(onlooker: Onlooker, circle: Circle, kind: CommandKind) -> UUID | None:
    """For whom the onlooker would give this command: the person they act for, when it is that person's to give."""
    whose = circle.approver_id if kind in DECISIONS else circle.owner.id
    if onlooker.acting_for_id is None or onlooker.acting_for_id != whose or whose == onlooker.person_id:
        return None
    return onlooker.acting_for_id


def shown(member: Member) -> PersonShown:
    """A person as pages name them."""
    return PersonShown(member.id, member.staff_id, member.name)
