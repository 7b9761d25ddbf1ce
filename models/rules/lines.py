"""A line of the week's grid: everything of one type on one project, or on none."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Line:
    """What tells one line of the grid from another."""

    type_id: UUID
    project_id: UUID | None = None

    def __str__(self) -> str:
        return "_".join(id_.hex for id_ in (self.type_id, self.project_id) if id_)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The line that is written so; None when it is none."""
        try:
            ids = [UUID(hex=part) for part in text.split("_")]
        except ValueError:
            return None
        found = cls(*ids) if len(ids) in (1, 2) else None
        return found if str(found) == text else None
