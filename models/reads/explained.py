"""What the explanation of a balance says, as plain frozen values. Minutes are whole minutes or counts, instants are
in the owner's zone and days local to it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from models.reads.shown import PersonShown
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.agreements import AgreementContent
from models.rules.summaries import Summary


@dataclass(frozen=True, slots=True)
class Deed:
    """That somebody did something."""

    at: datetime
    by: PersonShown
    for_whom: PersonShown | None = None
    """Under whose responsibility, if not their own."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EntryExplained:
    """One version of an entry."""

    id: UUID
    version: int
    type_id: UUID
    type_name: str
    accent: str
    is_whole_day: bool
    project: str | None
    task: str | None
    start: datetime
    end: datetime | None
    meal_break_minutes: int
    recorded: Deed
    is_removed: bool
    """Whether a later version removes it."""

    @property
    def title(self) -> str:
        """What was worked on."""
        return self.project or self.task or self.type_name


class Standing(StrEnum):
    """What became of a submission."""

    WAITING = "waiting"
    RECALLED = "recalled"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class DecisionExplained:
    """The decision on a submission."""

    id: UUID
    decided: Deed
    """By whom really; for whom if the decision is another person's."""
    comment: str | None


@dataclass(frozen=True, slots=True)
class SubmissionExplained:
    """The newest submission that an entry stands in."""

    id: UUID
    revision: int
    submitted: Deed
    standing: Standing
    decision: DecisionExplained | None


@dataclass(frozen=True, slots=True)
class SheetExplained:
    """The timesheet that an entry stands on now."""

    id: UUID
    period_start: date
    period_end: date
    state: str
    revision: int


@dataclass(frozen=True, slots=True)
class FlexExplained:
    """A change at short notice that uses a credit itself."""

    id: UUID
    label: str
    authorised_by: str
    recorded: Deed
    note: str | None
    given_back_on: date | None
    """From which day on an adjustment gives the credit back."""


@dataclass(frozen=True, slots=True)
class ComputedAgain:
    """That a value was computed anew because reference data had changed."""

    at: datetime
    before: int
    after: int
    because: str | None
    """None where it is not known."""
    by: PersonShown | None


@dataclass(frozen=True, slots=True)
class ContributionExplained:
    """What one version of an entry, or the change of a shift, uses up on one day; and how that came about."""

    day: date
    value: int
    """As it is in the books."""
    words: tuple[str, ...]
    reckoned: int
    """By the rules and the reference data of now."""
    entry: EntryExplained
    sheet: SheetExplained
    submission: SubmissionExplained | None
    flex_change: FlexExplained | None = None
    computed_again: tuple[ComputedAgain, ...] = ()

    @property
    def is_open_again(self) -> bool:
        """Whether the timesheet has been opened again since it was submitted so."""
        return self.submission is not None and self.submission.revision != self.sheet.revision


@dataclass(frozen=True, slots=True)
class ReversalExplained:
    """The flex change whose credit an adjustment gives back."""

    id: UUID
    label: str
    day: date
    authorised_by: str
    timesheet_id: UUID


@dataclass(frozen=True, slots=True)
class AdjustmentExplained:
    """What an administrator gave or took by hand."""

    id: UUID
    day: date
    value: int
    """Positive raises what remains."""
    made: Deed
    reverses: ReversalExplained | None


@dataclass(frozen=True, slots=True)
class Sums:
    """What happened in some days, and what remained after them."""

    used: int
    adjusted: int
    balance: int


@dataclass(frozen=True, slots=True)
class MonthExplained:
    """A month of an agreement, as far as it is looked at."""

    start: date
    end: date
    sums: Sums
    is_open: bool
    """Whether its days are told in full."""


@dataclass(frozen=True, slots=True)
class DayExplained:
    """A day on which something happened, or the one that is asked about."""

    day: date
    holiday: str | None
    sums: Sums
    contributions: tuple[ContributionExplained, ...]
    adjustments: tuple[AdjustmentExplained, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A balance as the sum that it is, and the stored one beside it."""

    agreement: AgreementContent
    opening: int
    used: int
    adjusted: int
    stored: int
    wrong_from: date | None
    """The first day whose stored balance is not the sum; None when all of them are."""
    summary: Summary

    @property
    def remaining(self) -> int:
        """What the sum comes to."""
        return self.opening - self.used + self.adjusted

    @property
    def agrees(self) -> bool:
        """Whether the stored balances, up to the day, are the sum."""
        return self.wrong_from is None and self.stored == self.remaining


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a balance of a person is what it is at the end of a local day."""

    owner: PersonShown
    zone: ZoneInfo
    code: AccrualCode
    on: date
    arithmetic: Arithmetic | None
    """None: no agreement covers the day."""
    months: tuple[MonthExplained, ...] = ()
    days: tuple[DayExplained, ...] = ()
    """Of the month that is open."""
    brought_forward: int = 0
    """What remained before the first day of that month."""
    previous_day: date | None = None
    next_day: date | None = None
    """On which something happened."""
    not_counted: tuple[ContributionExplained, ...] = field(default=())
    """What would count in the month of the day if an agreement covered it."""

    @property
    def title(self) -> str:
        """What people call the accrual type."""
        return ACCRUAL_TYPES[self.code].title

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return ACCRUAL_TYPES[self.code].unit

    @property
    def open_month(self) -> MonthExplained | None:
        """The month whose days are told in full."""
        return next((month for month in self.months if month.is_open), None)
