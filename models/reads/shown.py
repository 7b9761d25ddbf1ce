"""What pages show, as plain frozen values: the reads fill them, the templates print them.

Times are already in the zone of the timesheet's owner; minutes are whole minutes. Nothing here reads a
clock or a database, so a template can be tried with values made by hand.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as named on a page."""

    id: UUID
    staff_id: str
    name: str

    @property
    def initials(self) -> str:
        """At most two letters for the avatar."""
        words = [word for word in self.name.split() if word[0].isalpha()]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


@dataclass(frozen=True, slots=True)
class TypeShown:
    """A time period type as the entry form needs it."""

    id: UUID
    name: str
    value_type: str
    accent: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project one may choose."""

    id: UUID
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One live time entry on a day."""

    id: UUID
    version: int
    type: TypeShown
    project: ProjectShown | None
    task: str | None
    day: date
    start: datetime
    end: datetime | None
    minutes: int
    """Elapsed minutes less the meal break; 0 for a whole day."""
    meal_break_minutes: int
    counts: bool = True
    """Whether the minutes count as time worked."""

    @property
    def title(self) -> str:
        """The first line of the entry: what was worked on."""
        return self.project.name if self.project else (self.task or self.type.name)

    @property
    def ends_next_day(self) -> bool:
        """Whether the finish lies on a later local day than the start."""
        return self.end is not None and self.end.date() > self.start.date()


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day of the period with its entries."""

    date: date
    minutes: int
    is_today: bool
    is_weekend: bool
    is_selected: bool
    entries: tuple[EntryShown, ...]


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One line of the week's grid: an activity and its minutes a day."""

    title: str
    subtitle: str
    accent: str
    minutes: tuple[int, ...]
    whole_days: tuple[bool, ...] = ()
    """For activities recorded by the day: on which days there is one."""

    @property
    def total(self) -> int:
        """Minutes of the whole line."""
        return sum(self.minutes)


@dataclass(frozen=True, slots=True)
class StatusShown:
    """Where a timesheet stands and what happens next, in words."""

    state: str
    label: str
    tone: str
    """One of neutral, info, ok, bad, warn."""
    icon: str
    sentence: str


@dataclass(frozen=True, slots=True)
class BalanceTile:
    """What remains of one accrual on a date."""

    code: str
    title: str
    unit: str
    balance: int
    opening: int

    @property
    def used(self) -> int:
        """What the recorded time has taken from the opening balance."""
        return self.opening - self.balance


@dataclass(frozen=True, slots=True)
class WeekShown:
    """The week page of one person."""

    owner: PersonShown
    zone: str
    zone_differs: bool
    period_start: date
    period_end: date
    previous_start: date
    next_start: date
    today: date
    timesheet_id: UUID
    exists: bool
    revision: int
    digest: str
    status: StatusShown
    days: tuple[DayShown, ...]
    rows: tuple[ActivityRow, ...]
    total_minutes: int
    plan_minutes: int
    balances: tuple[BalanceTile, ...]
    commands: frozenset[str]
    """The commands that the viewer may give now: record, submit, recall, revise, approve…"""
    entry_reason_required: bool
    """Whether recording needs a reason (somebody else's time, or an entry certified before)."""
    types: tuple[TypeShown, ...]
    projects: tuple[ProjectShown, ...]
    certification: str
    approver: str
    revision_reason: str | None = None
    has_agreement: bool = True

    @property
    def selected(self) -> DayShown:
        """The day whose card is open."""
        return next(day for day in self.days if day.is_selected)


@dataclass(frozen=True, slots=True)
class CheckShown:
    """One thing worth a look on a submitted timesheet, or that there is none."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One submitted timesheet that waits for a decision."""

    timesheet_id: UUID
    owner: PersonShown
    period_start: date
    period_end: date
    minutes_by_day: tuple[int, ...]
    total_minutes: int
    plan_minutes: int
    checks: tuple[CheckShown, ...]
    submitted_at: datetime
    waiting_text: str
    revision: int


@dataclass(frozen=True, slots=True)
class InboxShown:
    """The inbox of one approver: a page of what waits, oldest first."""

    approver: PersonShown
    rows: tuple[InboxRow, ...]
    count: int
    count_text: str
    next_cursor: str | None
    search: str


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What differs between two submissions of one timesheet, for one entry."""

    kind: str
    """added, removed or changed"""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One submitted timesheet opened for a decision, exactly as certified."""

    row: InboxRow
    state: str
    status: StatusShown
    digest: str
    zone: str
    days: tuple[DayShown, ...]
    certified_by: str
    certified_text: str
    certification: str
    balances: tuple[BalanceTile, ...]
    changes: tuple[EntryChange, ...]
    reason: str | None
    commands: frozenset[str]
    next_timesheet_id: UUID | None


@dataclass(frozen=True, slots=True)
class EventShown:
    """One act in the life of a timesheet."""

    title: str
    icon: str
    tone: str
    at: datetime
    actor: str
    on_behalf: str | None
    """For example 'on behalf of Roland Fuller, as administrator'."""
    lines: tuple[str, ...]
    reason: str | None
    digest: str | None
    recorded_at: datetime
    sequence: int | None


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """The whole life of one timesheet, newest first."""

    timesheet_id: UUID
    owner: PersonShown
    zone: str
    period_start: date
    period_end: date
    status: StatusShown
    events: tuple[EventShown, ...]


@dataclass(frozen=True, slots=True)
class BalanceShown:
    """One accrual with the days that made it."""

    tile: BalanceTile
    days: tuple[tuple[date, int, int], ...]
    """Date, total of the day, balance after it; newest first."""


@dataclass(frozen=True, slots=True)
class BalancesShown:
    """What remains of each accrual of one person on a date."""

    owner: PersonShown
    on: date
    agreement: tuple[date, date] | None
    balances: tuple[BalanceShown, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewerShown:
    """Who looks at the page, and for whom they act if they do."""

    person: PersonShown
    tenant_name: str
    roles: frozenset[str]
    inbox_count: str | None
    acting_for: PersonShown | None = None
    acting_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """One person in the administrator's list."""

    person: PersonShown
    roles: tuple[str, ...]
    supervisor: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why one field was refused; the words stand beside it."""

    field: str
    message: str
    data: tuple[object, ...] = ()
