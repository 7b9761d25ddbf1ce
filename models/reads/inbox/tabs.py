"""The parts of an inbox, what one looks for in them, and where a page of them begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from models.rules.periods import period_of

At = TypeVar("At")

PAGE = 25

WEEKS_OFFERED = 8
"""How many of the last weeks one may choose from; any other is in the address."""


class Tab(StrEnum):
    """The parts of an inbox."""

    ALL = "all"
    READY = "ready"
    EXCEPTIONS = "exceptions"
    DELEGATED = "delegated"
    NOT_SUBMITTED = "not-submitted"
    DECIDED = "decided"


LABELS = {
    Tab.ALL: "All",
    Tab.READY: "Ready",
    Tab.EXCEPTIONS: "Exceptions",
    Tab.DELEGATED: "Delegated",
    Tab.NOT_SUBMITTED: "Not submitted",
    Tab.DECIDED: "Decided",
}

WAITING = frozenset({Tab.ALL, Tab.READY, Tab.EXCEPTIONS, Tab.DELEGATED})
"""What waits for a decision."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of an inbox, and what of it."""

    tab: Tab = Tab.ALL
    search: str = ""
    """Part of a name."""
    period: date | None = None
    """The first day of a period."""
    project: UUID | None = None
    """What some of the time is for."""
    after: str | None = None
    """Where the page before ended."""

    @property
    def name(self) -> str:
        """What is looked for, as it can be."""
        return self.search.replace("\x00", "").strip()

    @property
    def pattern(self) -> str | None:
        """What is looked for as a pattern in which `/` takes the next sign as it is; None: anybody."""
        if not self.name:
            return None
        plain = self.name.replace("/", "//").replace("%", "/%").replace("_", "/_")
        return f"%{plain}%"

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out."""
        return bool(self.name) or self.period is not None or self.project is not None

    @property
    def query(self) -> str:
        """The same, but for the page, as the end of an address: nothing for all of it."""
        given = {
            "tab": self.tab.value if self.tab is not Tab.ALL else None,
            "q": self.name or None,
            "period": self.period.isoformat() if self.period else None,
            "project": str(self.project) if self.project else None,
        }
        said = urlencode({name: value for name, value in given.items() if value})
        return f"?{said}" if said else ""

    def in_tab(self, tab: Tab) -> str:
        """The query of another part, looking for the same."""
        return replace(self, tab=tab).query


def wanted(given: Mapping[str, str]) -> Wanted:
    """What an address or a form asks for; a word that nobody knows stands for nothing."""
    tab = given.get("tab", "")
    return Wanted(
        Tab(tab) if tab in set(Tab) else Tab.ALL,
        given.get("q", ""),
        _read(date.fromisoformat, given.get("period", "")),
        _read(UUID, given.get("project", "")),
        given.get("after"),
    )


def weeks_offered(today: date, week_starts_on: int) -> tuple[date, ...]:
    """The first day of this week and of those before, the newest first."""
    first = period_of(today, week_starts_on).start
    return tuple(first - timedelta(weeks=number) for number in range(WEEKS_OFFERED))


def cursor(at: datetime | date, id_: UUID) -> str:
    """Where a page ends."""
    return urlsafe_b64encode(f"{at.isoformat()}|{id_}".encode()).decode()


def instant_position(after: str | None) -> tuple[datetime, UUID] | None:
    """Where a page begins; a cursor nobody made begins at the beginning."""
    return _position(after, datetime.fromisoformat)


def day_position(after: str | None) -> tuple[date, UUID] | None:
    """The same, of a list by day."""
    return _position(after, date.fromisoformat)


def _position(after: str | None, read: Callable[[str], At]) -> tuple[At, UUID] | None:
    if not after:
        return None
    try:
        at, _, id_ = urlsafe_b64decode(after.encode()).decode().partition("|")
        return read(at), UUID(id_)
    except ValueError:
        return None


def _read(read: Callable[[str], At], typed: str) -> At | None:
    try:
        return read(typed)
    except ValueError:
        return None
