"""Lists: an envelope with the way on, in pages that stay right while things change (keyset cursors)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from models.errors import Invalid
from web.api.values import is_text

Item = TypeVar("Item", bound=BaseModel)
Row = TypeVar("Row")

FIRST = 50
MOST = 200


class Meta(BaseModel):
    """What there is to know of a page of a list."""

    next: str | None = None
    """The cursor of the next page, for `after`; null on the last one."""


class Listed(BaseModel, Generic[Item]):
    """A page of a list."""

    meta: Meta
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is asked for: after which key, and at most how many."""

    after: tuple[str, ...] | None
    first: int


def page(
    after: Annotated[str | None, Query(description="The `next` of the page before.", max_length=500)] = None,
    first: Annotated[int, Query(ge=1, le=MOST, description="At most so many items.")] = FIRST,
) -> Page:
    """The page asked for. Raises `Invalid` for a cursor that is none of ours."""
    return Page(None if after is None else key_of_cursor(after), first)


Paged = Annotated[Page, Depends(page)]


def day_key(asked: Page) -> tuple[date, UUID] | None:
    """The key of lists by day and id. Raises `Invalid` for the cursor of another list."""
    try:
        return None if asked.after is None else (date.fromisoformat(asked.after[0]), UUID(asked.after[1]))
    except (ValueError, IndexError):
        raise not_ours() from None


def instant_key(asked: Page) -> tuple[datetime, UUID] | None:
    """The key of lists by instant and id. Raises `Invalid` for the cursor of another list."""
    try:
        return None if asked.after is None else (_instant(asked.after[0]), UUID(asked.after[1]))
    except (ValueError, IndexError):
        raise not_ours() from None


def not_ours() -> Invalid:
    """The refusal of a cursor that this list never gave."""
    return Invalid.field("after", "This is no cursor of this list. Begin without one.")


def listed(
    rows: Sequence[Row], asked: Page, key: Callable[[Row], tuple[object, ...]], show: Callable[[Row], Item]
) -> Listed[Item]:
    """A page of `rows`, which hold one more than asked for when there is a next page."""
    shown = rows[: asked.first]
    following = next_cursor(key(shown[-1])) if len(rows) > asked.first else None
    return Listed[Any](meta=Meta(next=following), items=[show(row) for row in shown])


def next_cursor(key: tuple[object, ...]) -> str:
    """A key as an opaque cursor."""
    return urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode().rstrip("=")


def key_of_cursor(cursor: str) -> tuple[str, ...]:
    """The key that a cursor stands for. Raises `Invalid` for one that is none of ours."""
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError:
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(part, str) and is_text(part) for part in found):
        raise not_ours()
    return tuple(found)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
