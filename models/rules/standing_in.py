"""Standing in for an approver: whether a dated grant lets somebody decide in another's place.

Rule: delegation. It begins and ends by its dates alone, reaches only who was named if somebody was, and does not pass
on: whoever stands in for one person decides nothing of whom that person stands in for.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Deputy:
    """Somebody who may decide in the place of an approver, from the first to the last local day of that approver."""

    delegation_id: UUID
    person_id: UUID
    name: str
    first: date
    last: date
    only: frozenset[UUID] | None = None
    """Whose time only; None: everybody's."""

    def stands_in(self, owner_id: UUID, today: date) -> bool:
        """Whether they may decide on the owner's time on a local day of the approver. Never on their own."""
        covers = self.only is None or owner_id in self.only
        return covers and self.first <= today <= self.last and owner_id != self.person_id
