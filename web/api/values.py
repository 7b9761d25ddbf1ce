"""What the API takes and gives, value by value: times with an offset, text that can be stored, names in camelCase."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from models.rules.days import OutsideCalendar, require_calendar

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

EARLIEST_YEAR = 1973
"""Before, some zones were no whole minutes apart from UTC, which the offset of an entry cannot say."""


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
    if day.year < EARLIEST_YEAR:
        raise ValueError(f"the year {day.year} is too far away: use one from {EARLIEST_YEAR} on")
    try:
        require_calendar(day)
    except OutsideCalendar as error:
        raise ValueError(str(error)) from error


def _storable(value: str) -> str:
    if "\0" in value or _SURROGATE.search(value):
        raise ValueError("this text holds a character that no text has")
    return value.strip()


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

Text = Annotated[str, AfterValidator(_storable)]
"""What somebody wrote, without blanks around it."""

Minutes = Annotated[int, Field(strict=True, ge=0, le=44_640)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])]
Reason = Annotated[Text, Field(max_length=500)]
