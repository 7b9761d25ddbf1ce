"""What pages show of balances, as plain frozen values. Minutes are whole minutes, days those of the owner."""

from dataclasses import dataclass
from datetime import date

from models.reads.shown_people import PersonShown
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode
from models.rules.agreements import AgreementContent
from models.rules.summaries import Pace, Summary


class Titled:
    """What is of one accrual type, `code`."""

    __slots__ = ()
    code: AccrualCode

    @property
    def title(self) -> str:
        """What people read."""
        return ACCRUAL_TYPES[self.code].title

    @property
    def unit(self) -> str:
        """minutes or count"""
        return ACCRUAL_TYPES[self.code].unit.value


@dataclass(frozen=True, slots=True)
class BalanceTile(Titled):
    """What remains of one accrual on a date."""

    code: AccrualCode
    day: date
    balance: int
    opening: int


@dataclass(frozen=True, slots=True)
class BalanceShown(Titled):
    """How one accrual stands on a date."""

    code: AccrualCode
    summary: Summary

    @property
    def has_target(self) -> bool:
        """Whether there is something to work or to claim; otherwise it is only counted."""
        return self.summary.target is not None

    @property
    def counted(self) -> int:
        """What was counted of a type without a target, adjustments taken off."""
        return -self.summary.remaining


@dataclass(frozen=True, slots=True)
class BalanceDay(Titled):
    """A day on which something happened to one accrual."""

    code: AccrualCode
    day: date
    used: int
    adjusted: int
    remaining: int
    should_remain: int | None
    """If it were worked evenly; None for a type without a target."""


@dataclass(frozen=True, slots=True)
class AdjustmentShown(Titled):
    """What an administrator gave or took by hand."""

    code: AccrualCode
    day: date
    value: int
    """Positive raises what remains."""
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class YearShown:
    """An agreement one can look at, by a day of it."""

    start: date
    end: date
    open_on: date
    is_open: bool


@dataclass(frozen=True, slots=True)
class BalanceYear:
    """One accrual through its whole agreement."""

    balance: BalanceShown
    agreement: AgreementContent
    known_until: date
    """The last day that counts as known: today, or a later one that was asked for; within the agreement."""
    known: Summary
    """How it stands on that day."""
    days: tuple[BalanceDay, ...]
    """Oldest first."""
    adjustments: tuple[AdjustmentShown, ...]
    """Oldest first."""

    @property
    def opening(self) -> int:
        """The balance before the first day."""
        return self.agreement.opening(self.balance.code)


@dataclass(frozen=True, slots=True)
class EntryNotCounted:
    """An entry on a day without an agreement."""

    day: date
    title: str
    text: str
    """Its times, as one reads them."""


@dataclass(frozen=True, slots=True)
class BalancesShown:
    """The balances of one person on a date."""

    owner: PersonShown
    on: date
    today: date
    agreement: AgreementContent | None
    years: tuple[YearShown, ...]
    balances: tuple[BalanceShown, ...] = ()
    chosen: BalanceYear | None = None
    not_counted: tuple[EntryNotCounted, ...] = ()
    more_not_counted: bool = False

    @property
    def with_target(self) -> tuple[BalanceShown, ...]:
        """Those that there is something to work or to claim of."""
        return tuple(each for each in self.balances if each.has_target)

    @property
    def only_counted(self) -> tuple[BalanceShown, ...]:
        """Those that are only counted."""
        return tuple(each for each in self.balances if not each.has_target)


@dataclass(frozen=True, slots=True)
class BalancesTaken:
    """All balances of one agreement, to take along."""

    owner: PersonShown
    on: date
    agreement: AgreementContent | None
    balances: tuple[BalanceShown, ...] = ()
    days: tuple[BalanceDay, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamRow:
    """How one person of a team stands with one accrual."""

    person: PersonShown
    balance: BalanceShown | None
    """None: no agreement covers the day."""


@dataclass(frozen=True, slots=True)
class TeamWanted:
    """What somebody wants to see of a team."""

    on: date
    code: AccrualCode
    status: str = ""
    """A pace, `no_target`, `no_agreement`, or everybody."""
    after: str | None = None
    """The cursor of the page before."""


@dataclass(frozen=True, slots=True)
class TeamShown(Titled):
    """How the people of a team stand with one accrual: a page of them, those that are far off first."""

    code: AccrualCode
    wanted: TeamWanted
    everybody: bool
    """Whether it is the whole organisation."""
    rows: tuple[TeamRow, ...]
    counts: dict[str, int]
    """How many people have each status."""
    next_cursor: str | None

    @property
    def people(self) -> int:
        """How many there are, whatever is shown of them."""
        return sum(self.counts.values())

    @property
    def far_off(self) -> int:
        """How many of them are not on target."""
        return sum(self.counts.get(pace, 0) for pace in (Pace.OVER_TARGET, Pace.UNDER_TARGET))
