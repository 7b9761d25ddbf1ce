"""An inbox as its page shows it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.reads.inbox.decided import DecidedRow
from models.reads.inbox.not_submitted import OwedRow
from models.reads.inbox.tabs import LABELS, Tab, Wanted
from models.reads.looking import StandIn
from models.reads.shown import InboxRow, PersonShown


@dataclass(frozen=True, slots=True)
class TabShown:
    """One part of an inbox, and how much there is in it."""

    tab: Tab
    label: str
    count: str
    address: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class InboxShown:
    """A page of the inbox of one approver. Only the rows of the part that is open are there."""

    approver: PersonShown
    wanted: Wanted
    tabs: tuple[TabShown, ...]
    rows: tuple[InboxRow, ...]
    owed: tuple[OwedRow, ...]
    decided: tuple[DecidedRow, ...]
    count: int
    """Of everything that waits for a decision."""
    count_text: str
    next_cursor: str | None
    weeks: tuple[date, ...]
    projects: tuple[tuple[UUID, str], ...]
    """The id and name of each that one may look for."""
    stands_in: tuple[StandIn, ...]
    opens_first: bool
    """Whether only what was opened can be approved."""

    @property
    def label(self) -> str:
        """The name of the part that is open."""
        return LABELS[self.wanted.tab]

    @property
    def search(self) -> str:
        """Part of a name that is looked for."""
        return self.wanted.search

    @property
    def query(self) -> str:
        """What is asked for, as the end of an address."""
        return self.wanted.query

    @property
    def onward(self) -> str:
        """The address of the next page."""
        joint = "&" if self.query else "?"
        return f"/inbox{self.query}{joint}after={self.next_cursor}"
