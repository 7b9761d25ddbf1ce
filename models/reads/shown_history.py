"""What the history of a timesheet shows, as plain frozen values. Times are in the zone of the timesheet's owner."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.reads.record.graph import Graph
from models.reads.record.verified import SealShown, VerifiedShown
from models.reads.shown import DayShown, EventShown, FieldChange, StatusShown
from models.reads.shown_balances import BalanceTile
from models.reads.shown_people import PersonShown


@dataclass(frozen=True, slots=True)
class RecordedShown:
    """What the record says of one act: its statements, the first one's digest, and the seal over all of them."""

    first: int
    last: int
    digest: str
    seal: SealShown | None
    """None: they wait for the next one."""


@dataclass(frozen=True, slots=True)
class LooksShown:
    """How often somebody opened a revision until something else happened, the last time first."""

    viewer: str
    as_what: str
    """Empty, or for example 'as supervisor'."""
    revision: int
    times: tuple[datetime, ...]
    activities: tuple[str, ...]
    """What the record calls each of these looks."""


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One item of the timeline: an act, or that somebody looked."""

    at: datetime
    anchor: str
    """The last part of its address on the page."""
    event: EventShown | None
    looks: tuple[LooksShown, ...] = ()
    viewed: str | None = None
    """Of a decision: what whoever decided had opened before, in words."""
    recorded: RecordedShown | None = None


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A certified content of the timesheet that can be compared, or the present draft."""

    key: str
    """As the address has it: the number of the revision, or `now`."""
    name: str


@dataclass(frozen=True, slots=True)
class DifferenceShown:
    """What differs for one entry between two contents of a timesheet; `line` tells the one that is told."""

    kind: str
    """added, removed or changed"""
    line: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class MinutesShown:
    """Minutes worked on a day before and after."""

    day: date
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ComparedShown:
    """Two contents of a timesheet side by side."""

    versions: tuple[VersionShown, ...]
    """What can be compared, the oldest first."""
    before: VersionShown
    after: VersionShown
    differences: tuple[DifferenceShown, ...]
    days: tuple[MinutesShown, ...]
    total: MinutesShown


@dataclass(frozen=True, slots=True)
class ChainStep:
    """Somebody who would have decided, and what of."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class KnownShown:
    """A timesheet as it was known at a past moment."""

    at: datetime
    status: StatusShown | None
    """None: nothing was known of it yet."""
    revision: int
    days: tuple[DayShown, ...]
    total_minutes: int
    chain: tuple[ChainStep, ...]
    stand_ins: tuple[str, ...]
    """Who stood in for whom, in whole sentences."""
    looked_up: tuple[str, ...]
    """Which approvers were looked up and recorded, in whole sentences."""
    balances: tuple[tuple[BalanceTile, int | None], ...]
    """What was known to remain at the end of the period, and what is known now."""


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """The whole life of one timesheet, newest first; or what was known of it at a past moment."""

    timesheet_id: UUID
    owner: PersonShown
    zone: str
    period_start: date
    period_end: date
    status: StatusShown
    now: datetime
    items: tuple[ItemShown, ...]
    graph: Graph
    verified: VerifiedShown
    compared: ComparedShown | None
    """None: there is nothing to compare."""
    known: KnownShown | None
