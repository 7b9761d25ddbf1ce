"""Work on a project as pages and files show it: summaries, what one would be now, and what is still missing."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.reads.shown_people import PersonShown
from models.rules.date_words import days_short
from models.rules.periods import Period
from models.rules.project_summary import Difference, ProjectWork, Row, Sheet, TaskTotal, Worker

MOST_TASKS = 50
"""Tasks that a page tells apart; a file has all of them."""


@dataclass(frozen=True, slots=True)
class ProjectSeen:
    """A project as whoever may see its summaries sees it."""

    id: UUID
    external_id: str
    name: str
    active: bool
    lead: PersonShown | None
    own: bool
    """Whether the onlooker leads it, and so makes summaries in their own right."""
    in_their_name: bool
    """Whether the onlooker may make one in the lead's name, with a reason."""

    @property
    def may_create(self) -> bool:
        """Whether the onlooker may make a summary at all."""
        return self.own or self.in_their_name


@dataclass(frozen=True, slots=True)
class LedProject:
    """A project in the list of those whose summaries one may see."""

    external_id: str
    name: str
    active: bool
    lead: str | None
    summaries: int
    last: Period | None
    """The days of the latest summary."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person's line of the table."""

    person: Worker
    row: Row
    week: date | None
    """A day of a week of theirs that the onlooker may look at; None when they may not."""


@dataclass(frozen=True, slots=True)
class WorkShown:
    """Approved work as a table of people and days, weeks or months."""

    work: ProjectWork
    columns: tuple[Period, ...]
    lines: tuple[PersonLine, ...]
    totals: tuple[int, ...]
    total: int
    tasks: tuple[TaskTotal, ...]
    entries: int
    sheets: int

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(days_short(column.start, column.end) for column in self.columns)

    @property
    def tasks_shown(self) -> tuple[TaskTotal, ...]:
        """Those with the most hours."""
        return self.tasks[:MOST_TASKS]

    @property
    def other_tasks(self) -> TaskTotal | None:
        """All the others together."""
        rest = self.tasks[MOST_TASKS:]
        told = f"{len(rest)} other tasks"
        return TaskTotal(told, sum(it.minutes for it in rest), sum(it.entries for it in rest)) if rest else None


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody whose work is not approved yet."""

    person: Worker
    submitted: int
    """Minutes that wait for a decision."""
    owed: int
    """Minutes that are not certified yet."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a summary would be now, and what would be missing in it."""

    shown: WorkShown
    missing: tuple[Missing, ...]

    @property
    def submitted(self) -> int:
        """Minutes that wait for a decision."""
        return sum(each.submitted for each in self.missing)

    @property
    def owed(self) -> int:
        """Minutes that are not certified yet."""
        return sum(each.owed for each in self.missing)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One summary in the list of a project's, without what it is made of."""

    id: UUID
    project_id: UUID
    period: Period
    total_minutes: int
    digest: str
    by: str
    """With in whose name, if it was not their own right."""
    created_by_id: UUID
    on_behalf_of_id: UUID | None
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One timesheet that a summary is made of."""

    sheet: Sheet
    person: Worker
    minutes: int
    certified: int
    """What its certification says of the same work."""
    seen: bool
    """Whether the onlooker may look at it."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A summary beside the certified timesheets that it is made of."""

    sheets: tuple[SheetLine, ...]
    digest_holds: bool
    """Whether the content still has the digest that was recorded."""

    @property
    def differing(self) -> tuple[SheetLine, ...]:
        """Where the certification says something else."""
        return tuple(line for line in self.sheets if line.minutes != line.certified)

    @property
    def holds(self) -> bool:
        """Whether all of it is the same, to the minute."""
        return self.digest_holds and not self.differing


@dataclass(frozen=True, slots=True)
class PersonDifference:
    """Whose minutes are otherwise now."""

    name: str
    then: int
    now: int


@dataclass(frozen=True, slots=True)
class SummaryShown:
    """One summary with all that there is to say of it."""

    project: ProjectSeen
    organisation: str
    row: SummaryRow
    shown: WorkShown
    reconciled: Reconciled
    difference: Difference | None
    """From what is approved now; None when that is more than anybody reads."""
    people_differing: tuple[PersonDifference, ...] = ()
