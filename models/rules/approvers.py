"""Who decides on a person's time, given the hierarchy, and who is asked as well when nobody decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.rules.policy import Role


@dataclass(frozen=True, slots=True)
class Rank:
    """What the choice of an approver needs to know of a person."""

    id: UUID
    supervisor_id: UUID | None
    active: bool
    roles: frozenset[Role]

    @property
    def can_approve(self) -> bool:
        """Whether this person may be anybody's approver now."""
        return self.active and Role.SUPERVISOR in self.roles


def approver_of(owner_id: UUID, people: Mapping[UUID, Rank]) -> UUID | None:
    """The nearest supervisor up the hierarchy who can approve, or None: then it falls to the administrators.

    Somebody deactivated or no longer a supervisor is skipped. A cycle ends the search, and the owner is
    never their own approver.
    """
    return next(_approvers_above(owner_id, people), None)


def approvers_of(owner_id: UUID, people: Mapping[UUID, Rank], escalations: int = 0) -> tuple[UUID | None, ...]:
    """Everybody who is asked after so many escalations: the nearest approver, then one more for each of them.

    None stands for the administrators; they come when nobody else is above, and nobody after them.
    """
    chain: list[UUID | None] = [*_approvers_above(owner_id, people), None]
    return tuple(chain[: escalations + 1])


def _approvers_above(owner_id: UUID, people: Mapping[UUID, Rank]) -> Iterator[UUID]:
    seen = {owner_id}
    candidate = people[owner_id].supervisor_id if owner_id in people else None
    while candidate is not None and candidate not in seen and candidate in people:
        if people[candidate].can_approve:
            yield candidate
        seen.add(candidate)
        candidate = people[candidate].supervisor_id
