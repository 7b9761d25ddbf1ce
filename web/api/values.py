"""What the API takes and gives, value by value: times with an offset, text that can be stored, names in camelCase."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_RFC_3339 = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}[Tt]{_CLOCK}:[0-5]\d(\.\d{{1,9}})?([Zz]|[+-]{_CLOCK})", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

EARLIEST_YEAR = 1973
"""Before, some zones were no whole minutes apart from UTC, which the offset of an entry cannot say."""

LATEST_YEAR = 9997
"""After, there is no room in the calendar for the week around a day, and for the lengths of zones around that."""


class Resource(BaseModel):
    """A thing of the API: camelCase outside, and what it does not know is left aside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("write a time with its offset, such as 2026-11-18T09:00:00+00:00")
    moment = datetime.fromisoformat(value.upper())
    _require_near(moment)
    return moment


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("write a date such as 2026-11-18")
    day = date.fromisoformat(value)
    _require_near(day)
    return day


def _require_near(day: date) -> None:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError(f"the year {day.year} is too far away: use one from {EARLIEST_YEAR} to {LATEST_YEAR}")


def is_text(value: str) -> bool:
    """Whether it can be stored: no NUL, and no half of a character."""
    return "\0" not in value and not _SURROGATE.search(value)


def _storable(value: str) -> str:
    if not is_text(value):
        raise ValueError("this text holds a character that no text has")
    return value


def _true(value: Any) -> bool:
    if value is not True:
        raise ValueError("this has to be true")
    return True


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-18T10:08:00+00:00"]}),
]
"""An instant with the offset it was written with, to be stored beside it."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-18"]}),
]
"""A local date."""

Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]
"""What somebody wrote, without blanks around it."""

Accepted = Annotated[Literal[True], BeforeValidator(_true)]
"""A box that has to be ticked; nothing that merely counts as true will do."""

Minutes = Annotated[int, Field(strict=True, ge=0, le=44_640)]
Version = Annotated[int, Field(strict=True, ge=1, le=2_147_483_647)]
Digest = Annotated[Text, Field(min_length=1, max_length=200, examples=["0" * 64])]
"""What was seen; whatever is not the digest of the present content is stale."""
Reason = Annotated[Text, Field(max_length=500)]
