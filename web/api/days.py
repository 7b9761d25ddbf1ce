"""The query of lists of one person's records by local days."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from models.errors import Invalid
from web.api.values import Day


@dataclass(frozen=True, slots=True)
class Days:
    """Whose records, and of which local days."""

    owner_id: UUID | None
    start: date | None
    end: date | None


def days(
    owner_id: Annotated[UUID | None, Query(alias="ownerId", description="Whose; without it one's own.")] = None,
    start: Annotated[Day | None, Query(alias="from", description="First local day, included.")] = None,
    end: Annotated[Day | None, Query(alias="to", description="Last local day, included.")] = None,
) -> Days:
    """What the query asks for. Raises `Invalid` when it ends before it begins."""
    if start and end and end < start:
        raise Invalid.field("to", "The last day comes before the first.")
    return Days(owner_id, start, end)


Within = Annotated[Days, Depends(days)]
