"""Instants as the record writes them: UTC with offset, a fraction of 3, 6 or 9 digits and only if it is not zero.

They are kept as this text, since it holds nanoseconds, which `datetime` does not. There is one text for each instant,
and their order as text (of bytes) is their order in time.
"""

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})",
    re.ASCII,
)


class NotAnInstant(ValueError):
    """A text that is no instant of RFC 3339 within the years 1 to 9999."""


def instant_of(text: str) -> str:
    """An instant with any offset as the record writes it, to the nanosecond. Raises `NotAnInstant`."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise NotAnInstant(f"This is no time with an offset, such as 2022-12-07T15:08:00+00:00: {text!r:.60}")
    day, clock, fraction, offset = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAnInstant(f"There is no such time: {text!r:.60}") from None
    seconds = at.replace(tzinfo=None).isoformat(timespec="seconds")  # `strftime` does not pad the first centuries
    return f"{seconds}{_fraction(fraction or '')}+00:00"


def in_words(instant: str) -> str:
    """An instant of the record as it is named in a sentence."""
    return instant.replace("T", " ").replace("+00:00", " UTC")


def _fraction(digits: str) -> str:
    digits = digits[:9].rstrip("0")
    if not digits:
        return ""
    return "." + digits.ljust(-(-len(digits) // 3) * 3, "0")
