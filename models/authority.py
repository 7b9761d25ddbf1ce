"""Whether a command may be given now: by this person, for that person, in this state, with a reason.

Asked twice for every command: before it starts, and again in the transaction that carries it out.
"""

from models.commands import Asked
from models.errors import NotYours, OwnTime, ReasonRequired, WrongState
from models.rules.policy import Capacity, Relation, action_of, authorise, decides_own_time
from models.rules.transitions import DECISIONS, NEEDS_REASON, OF_THE_APPROVER, CommandKind, State, next_state
from models.store.people import Circle

NEVER_SAYS_WHY = frozenset({CommandKind.SCHEDULE, CommandKind.BATCH})
"""A plan needs no reason, and the commands of a batch give their own."""


def require_allowed(asked: Asked, circle: Circle) -> Capacity | None:
    """As what the actor may give this command now, by the policy table; None for the schedule.

    Raises `OwnTime`, `NotYours` or `ReasonRequired`.
    """
    if asked.actor_id is None:
        return None
    action = action_of(asked.kind)
    if decides_own_time(action, circle.owner.id, asked.actor_id, asked.on_behalf_of_id):
        raise OwnTime("Nobody decides on their own time. Somebody else has to approve or reject this timesheet.")
    if asked.kind is CommandKind.TAKE_BACK:
        circle = circle.not_submitted(asked.key.timesheet_id)  # whoever is asked now did not approve it
    about = asked.key.timesheet_id if asked.kind in OF_THE_APPROVER else None
    standing = circle.standing(asked.actor_id, about)
    capacity = authorise(action, standing, _is_ad_hoc(asked, circle)) if standing else None
    if capacity is None or not _responsible(asked, circle):
        raise NotYours("You may not do this to this timesheet.")
    _require_reason(asked, capacity)
    return capacity


def require_state(asked: Asked, state: State) -> State:
    """The state after the command. Raises `WrongState` when the present one does not allow it."""
    after = next_state(state, asked.kind)
    if after is None:
        raise WrongState.of(state)
    return after


def _is_ad_hoc(asked: Asked, circle: Circle) -> bool:
    """Whether it is asked for in somebody's name without a standing grant of theirs."""
    if asked.on_behalf_of_id is None:
        return False
    assert asked.actor_id is not None
    stands_in = circle.delegations(asked.actor_id, asked.key.timesheet_id)
    return asked.kind not in OF_THE_APPROVER or asked.on_behalf_of_id not in stands_in


def _responsible(asked: Asked, circle: Circle) -> bool:
    """Whether the person acted for is the one whose act this is: an approver who is asked, else the owner."""
    if asked.on_behalf_of_id is None:
        return True
    if asked.on_behalf_of_id == asked.actor_id:
        return False
    if asked.kind in DECISIONS:
        return asked.on_behalf_of_id in circle.asked(asked.key.timesheet_id)
    if asked.kind in OF_THE_APPROVER:
        return asked.on_behalf_of_id == circle.approver_id
    return asked.on_behalf_of_id == circle.owner.id


def _require_reason(asked: Asked, capacity: Capacity) -> None:
    for_another = asked.kind not in OF_THE_APPROVER | NEVER_SAYS_WHY and capacity.relation is not Relation.SELF
    if (asked.kind in NEEDS_REASON or capacity.on_behalf or for_another) and not asked.reason:
        raise ReasonRequired("Please give a reason: it is kept with the record.")
