"""The query of lists of people's records by local days."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from models.errors import Invalid
from web.api.values import Day


@dataclass(frozen=True, slots=True)
class Span:
    """From one local day to another, both included; None is no limit."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Days:
    """Whose records, and of which local days."""

    owner_id: UUID | None
    start: date | None
    end: date | None


def span(
    start: Annotated[Day | None, Query(alias="from", description="First local day, included.")] = None,
    end: Annotated[Day | None, Query(alias="to", description="Last local day, included.")] = None,
) -> Span:
    """What the query asks for. Raises `Invalid` when it ends before it begins."""
    if start and end and end < start:
        raise Invalid.field("to", "The last day comes before the first.")
    return Span(start, end)


Between = Annotated[Span, Depends(span)]


def days(
    between: Between,
    owner_id: Annotated[UUID | None, Query(alias="ownerId", description="Whose; without it one's own.")] = None,
) -> Days:
    """What the query asks for. Raises `Invalid` when it ends before it begins."""
    return Days(owner_id, between.start, between.end)


Within = Annotated[Days, Depends(days)]
