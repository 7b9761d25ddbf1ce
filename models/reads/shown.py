"""What pages show, as plain frozen values: the reads fill them, the templates print them.

Times are already in the zone of the timesheet's owner; minutes are whole minutes. Nothing here reads a
clock or a database, so a template can be tried with values made by hand.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.reads.shown_balances import BalanceTile
from models.reads.shown_people import PersonShown as PersonShown
from models.rules.durations import hours_text
from models.rules.lines import Line
from models.rules.timekeeping import Missing


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
    """Elapsed minutes less the meal break; of a whole day only if it counts as time worked."""
    meal_break_minutes: int
    counts: bool = True
    """Whether the minutes count as time worked."""
    confirmed: bool = True
    """Whether somebody said that it was worked; else it is only planned, and counts nowhere."""
    shift_type: str | None = None
    """What the scheduler calls the shift."""
    planned: tuple[datetime, datetime] | None = None
    """When the scheduler planned it to begin and to end."""

    @property
    def line(self) -> Line:
        """The line of the grid that it stands in."""
        return Line(self.type.id, self.project.id if self.project else None)

    @property
    def title(self) -> str:
        """The first line of the entry: what was worked on."""
        return self.project.name if self.project else (self.task or self.type.name)

    @property
    def ends_next_day(self) -> bool:
        """Whether the finish lies on a later local day than the start."""
        return self.end is not None and self.end.date() > self.start.date()

    @property
    def planned_otherwise(self) -> tuple[datetime, datetime] | None:
        """The planned times, where others were worked."""
        return self.planned if self.confirmed and self.planned != (self.start, self.end) else None


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day of the period with its entries."""

    date: date
    minutes: int
    is_today: bool
    is_weekend: bool
    is_selected: bool
    entries: tuple[EntryShown, ...]
    plan_minutes: int = 0
    """What the agreement plans for the day."""


@dataclass(frozen=True, slots=True)
class CellShown:
    """What stands on one line of the week's grid on one day."""

    key: str
    """Tells it from every other cell of the grid."""
    day: date
    entries: tuple[EntryShown, ...] = ()

    @property
    def minutes(self) -> int:
        """Minutes that were worked."""
        return sum(entry.minutes for entry in self.entries if entry.confirmed)

    @property
    def entry(self) -> EntryShown | None:
        """The only entry; a cell with several is not typed over."""
        return self.entries[0] if len(self.entries) == 1 else None

    @property
    def is_planned(self) -> bool:
        """Whether it only holds what is planned and was not confirmed."""
        return bool(self.entries) and not any(entry.confirmed for entry in self.entries)

    @property
    def is_running(self) -> bool:
        """Whether its only entry has no end yet."""
        return self.entry is not None and self.entry.end is None

    @property
    def text(self) -> str:
        """What its field holds: hours, a mark for a whole day, or nothing."""
        entry = self.entry
        if entry is None or not entry.confirmed:
            return ""
        return "x" if entry.type.value_type == "date" else hours_text(entry.minutes) if entry.end else ""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One line of the week's grid: an activity and what was recorded of it on each day."""

    line: Line
    type: TypeShown
    project: ProjectShown | None
    cells: tuple[CellShown, ...]
    is_kept: bool = False
    """Whether somebody wants to see it although it may be empty."""

    @property
    def title(self) -> str:
        """The project, or the type where there is none."""
        return self.project.name if self.project else self.type.name

    @property
    def subtitle(self) -> str:
        """What else tells it from other lines."""
        if self.project:
            return f"{self.type.name} · {self.project.external_id}"
        return "Whole days" if self.by_day else "No project"

    @property
    def by_day(self) -> bool:
        """Whether it is recorded by the whole day."""
        return self.type.value_type == "date"

    @property
    def total(self) -> int:
        """Minutes of the whole line."""
        return sum(cell.minutes for cell in self.cells)

    @property
    def days(self) -> int:
        """On how many days there is something of it that counts."""
        return sum(any(entry.confirmed for entry in cell.entries) for cell in self.cells)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded or planned on it."""
        return not any(cell.entries for cell in self.cells)


@dataclass(frozen=True, slots=True)
class TimerShown:
    """What the clock runs for, or what it was last used for."""

    running: EntryShown | None
    """The entry that has no end yet."""
    last: Line | None
    """What was recorded last."""


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
class NoteShown:
    """What somebody said about a day, or about one of its entries."""

    id: UUID
    day: date
    content: str
    author: str
    """With for whom they said it, if not for themselves."""
    at: datetime
    entry_id: UUID | None


@dataclass(frozen=True, slots=True)
class SpanShown:
    """When a shift was, or is now."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class FlexShown:
    """The record that a shift was changed at short notice."""

    id: UUID
    type: str
    """In words: Extended, Altered, Curtailed, Completely changed."""
    before: SpanShown
    after: SpanShown
    authorised_by: str
    author: str
    at: datetime
    note: str | None
    uses_credit: bool
    """Whether it counts, so that its credit can be given back."""
    given_back: tuple[str, datetime] | None
    """By whom, and when, its credit was given back."""

    @property
    def keeps_its_day(self) -> bool:
        """Whether it still starts on the same day."""
        return self.before.start.date() == self.after.start.date()

    def is_about(self, day: date) -> bool:
        """Whether the shift was or is on this day."""
        return day in (self.before.start.date(), self.after.start.date())


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an entry that an act changed; None is nothing."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """What the owner of the time says to somebody else's act; without a verdict nothing yet."""

    verdict: str | None
    by: str
    at: datetime | None = None
    reason: str | None = None


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
    changes: tuple[FieldChange, ...] = ()
    answer: AnswerShown | None = None
    """For what somebody else did: what the owner says to it."""


@dataclass(frozen=True, slots=True)
class ActShown:
    """What somebody else did to the owner's time, and by which command it is answered."""

    command_id: UUID
    event: EventShown


@dataclass(frozen=True, slots=True)
class StrictShown:
    """What strict timekeeping asks of a week, where the organisation wants it."""

    explains_changes: bool = False
    """Each change of a saved entry needs a reason."""
    refuses_future_work: bool = False
    """Work on a project is recorded once it is done."""
    unaccounted: tuple[Missing, ...] = ()
    """Days whose planned hours are not accounted for: as long as there are some it cannot be submitted."""
    awaits_answers: bool = False
    """The owner has to answer what others did in their place before they submit it."""


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
    days_without_agreement: frozenset[date] = frozenset()
    """On these nothing counts yet."""
    notes: tuple[NoteShown, ...] = ()
    flex_changes: tuple[FlexShown, ...] = ()
    acts: tuple[ActShown, ...] = ()
    """What others did: for the owner what they have not answered, for everybody else with what the owner says."""
    acts_elsewhere: tuple[tuple[date, int], ...] = ()
    """Other weeks of the owner, by their first day, with how much in them waits for an answer."""

    @property
    def planned(self) -> tuple[EntryShown, ...]:
        """The shifts that are planned, and that nobody has confirmed yet."""
        return tuple(entry for day in self.days for entry in day.entries if not entry.confirmed)

    @property
    def planned_until_today(self) -> tuple[EntryShown, ...]:
        """Those of them that should have been worked, or begun."""
        return tuple(entry for entry in self.planned if entry.day <= self.today)

    def notes_on(self, day: date) -> tuple[NoteShown, ...]:
        """What was said about a day, in the order it was said."""
        return tuple(note for note in self.notes if note.day == day)

    def flex_changes_on(self, day: date) -> tuple[FlexShown, ...]:
        """The changes at short notice of shifts that were or are on a day."""
        return tuple(change for change in self.flex_changes if change.is_about(day))

    timer: TimerShown = TimerShown(None, None)
    strict: StrictShown = StrictShown()

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
    digest: str
    """Of what was certified."""
    minutes_by_day: tuple[int, ...]
    total_minutes: int
    plan_minutes: int
    checks: tuple[CheckShown, ...]
    submitted_at: datetime
    waiting_text: str
    revision: int
    for_name: str | None = None
    """In whose place one decides; None: in one's own right."""
    as_lead: bool = False
    """Whether one is asked about the lines on a project only."""
    asked_since: datetime | None = None
    """When one was asked as well, since nobody had decided."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What differs between two submissions of one timesheet, for one entry."""

    kind: str
    """added, removed or changed"""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """What remains of one accrual with a timesheet, and what would remain without it."""

    tile: BalanceTile
    before: int


@dataclass(frozen=True, slots=True)
class DecisionShown:
    """One decision on a timesheet."""

    title: str
    tone: str
    by: str
    at: datetime
    kind_of_reason: str | None
    reason: str | None
    comment: str | None
    lines: tuple[str, ...]
    """The lines that a rejection names."""
    viewed: str | None = None
    """Whether they had opened it before, in words; None: of that nothing was recorded then."""


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One submitted timesheet opened for a decision, exactly as certified."""

    row: InboxRow
    state: str
    status: StatusShown | None
    """For those who do not decide on it: all others are told what their decision leads to."""
    digest: str
    zone: str
    days: tuple[DayShown, ...]
    certified_by: str
    certified_text: str
    certification: str
    balances: tuple[BalanceChange, ...]
    changes: tuple[EntryChange, ...]
    changed_since: str | None
    """Since when `changes` are told; None: it is seen for the first time, and there was nothing before."""
    reason: str | None
    commands: frozenset[str]
    held_back: str | None
    """Why it cannot be approved yet, by whoever decides on it."""
    may_take_back: bool
    notes: tuple[NoteShown, ...]
    decisions: tuple[DecisionShown, ...]
    """Every earlier decision on the timesheet, the newest first."""
    acts: tuple[ActShown, ...]
    """What others did to it and its owner has not confirmed."""
    asked: tuple[str, ...]
    """Who else is asked, in words."""
    then: tuple[str, ...]
    """What happens next, in whole sentences."""
    my_projects: frozenset[UUID]
    """On which lines one decides, where it is not the whole timesheet."""
    look: UUID | None
    """The submission that is to be remembered as looked at; None: it is already."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What became of a timesheet that is shown in a state, with the content of a digest."""

    timesheet_id: UUID
    state: str
    digest: str
    news: str | None
    """Nothing when it is as shown."""


@dataclass(frozen=True, slots=True)
class ViewerShown:
    """Who looks at the page, and for whom they act if they do."""

    person: PersonShown
    tenant_name: str
    roles: frozenset[str]
    inbox_count: str | None
    acting_for: PersonShown | None = None
    acting_reason: str | None = None
    sees_own_time: bool = True
    """Whether the time of their own, or of the one they act for, is theirs to look at: not of those who record none."""
    sees_team: bool = False
    """Whether there are people whose balances they, or the one they act for, may look at side by side."""
    unanswered_acts: str = "0"
    """How much of what others did to one's time waits for one's answer."""
    unread: str = "0"
    """How much one was told and has not read."""


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
