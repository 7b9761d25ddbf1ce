"""People as pages name them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as named on a page."""

    id: UUID
    staff_id: str
    name: str

    @property
    def initials(self) -> str:
        """At most two letters for the avatar."""
        words = [word for word in self.name.split() if word[0].isalpha()]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"
