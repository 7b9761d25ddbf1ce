"""The approved work of many people on one project over some days: by person, day, week and task, to the minute.

An entry counts whole on its owner's local day in which it starts, as it does on that person's own timesheet, also
when it goes on after midnight: so what stands here is what stands there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from models.rules.days import ONE_DAY
from models.rules.digest import JsonValue
from models.rules.durations import worked_minutes as worked_minutes
from models.rules.entry_fields import Refused
from models.rules.periods import MONDAY, Period, period_of
from models.rules.transitions import OWED, SETTLED, State

MOST_DAYS = 366
MOST_ENTRIES = 100_000
"""How much one summary may hold."""

SINGLE_DAYS = 14
"""Up to so many days a summary has a column for each."""
SINGLE_WEEKS = 112
"""Up to so many days it has a column for each week; a longer one for each month."""

FURTHEST = timedelta(days=2)
"""From a day in one zone to the same day, and the end of it, in any other."""

ByDay = Mapping[tuple[UUID, date], int]
"""Minutes by person and local day."""


@dataclass(frozen=True, slots=True)
class Work:
    """One entry on the project, as it counts."""

    entry_id: UUID
    version: int
    timesheet_id: UUID
    owner_id: UUID
    day: date
    """The owner's local day in which it starts."""
    minutes: int
    task: str | None


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who worked on the project; `zone` is the one whose days are counted."""

    id: UUID
    staff_id: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A timesheet with work on the project, and the certification of exactly this work."""

    id: UUID
    owner_id: UUID
    period_start: date
    revision: int
    submission_id: UUID | None
    state: State


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """All work on a project over some days, whatever became of it."""

    period: Period
    people: Mapping[UUID, Worker]
    sheets: Mapping[UUID, Sheet]
    entries: tuple[Work, ...]
    type_ids: frozenset[UUID] = frozenset()
    """Of the kinds of time that count as worked."""

    def of(self, states: frozenset[State]) -> tuple[Work, ...]:
        """What stands on timesheets in one of these states."""
        return tuple(work for work in self.entries if self.sheets[work.timesheet_id].state in states)

    @property
    def approved(self) -> tuple[Work, ...]:
        """What a summary is made of."""
        return self.of(SETTLED)

    @property
    def submitted(self) -> tuple[Work, ...]:
        """What waits for a decision."""
        return self.of(frozenset({State.SUBMITTED}))

    @property
    def owed(self) -> tuple[Work, ...]:
        """What its owners have not certified yet, or have to certify again."""
        return self.of(OWED)


@dataclass(frozen=True, slots=True)
class Row:
    """One person's minutes, column by column."""

    owner_id: UUID
    minutes: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of all columns."""
        return sum(self.minutes)


@dataclass(frozen=True, slots=True)
class Table:
    """People down, days or weeks or months across."""

    columns: tuple[Period, ...]
    rows: tuple[Row, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """Of all people, column by column."""
        return tuple(sum(row.minutes[number] for row in self.rows) for number in range(len(self.columns)))

    @property
    def total(self) -> int:
        """Everything."""
        return sum(row.total for row in self.rows)


@dataclass(frozen=True, slots=True)
class TaskTotal:
    """How much was worked on one task, or on none that was named."""

    task: str | None
    minutes: int
    entries: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What is approved otherwise now than it was in a summary: how many entries, and how many minutes more."""

    revised: int
    """The same entries with another time or in another version."""
    gone: int
    """Removed, on another project, or on a timesheet that is not approved any more."""
    added: int
    minutes: int
    by_person: Mapping[UUID, tuple[int, int]]
    """Whose minutes differ: in the summary, and now."""

    @property
    def is_none(self) -> bool:
        """Whether a new summary would say the same."""
        return not (self.revised or self.gone or self.added)


def period_errors(period: Period) -> list[Refused]:
    """Why nobody can summarise these days; empty when one can."""
    if period.end < period.start:
        return [Refused("to", "The last day is before the first one.")]
    if (period.end - period.start).days >= MOST_DAYS:
        return [Refused("to", "Choose a year at most.")]
    return []


def by_person_and_day(entries: Iterable[Work]) -> dict[tuple[UUID, date], int]:
    """Minutes by person and local day."""
    found: dict[tuple[UUID, date], int] = defaultdict(int)
    for work in entries:
        found[work.owner_id, work.day] += work.minutes
    return dict(found)


def by_person(entries: Iterable[Work]) -> dict[UUID, int]:
    """Minutes by person."""
    return _sums((work.owner_id, work.minutes) for work in entries)


def by_sheet(entries: Iterable[Work]) -> dict[UUID, int]:
    """Minutes by timesheet."""
    return _sums((work.timesheet_id, work.minutes) for work in entries)


def by_task(entries: Iterable[Work]) -> tuple[TaskTotal, ...]:
    """Minutes by task, the most first; together they are all of them."""
    found: dict[str | None, list[int]] = defaultdict(list)
    for work in entries:
        found[work.task].append(work.minutes)
    totals = (TaskTotal(task, sum(minutes), len(minutes)) for task, minutes in found.items())
    return tuple(sorted(totals, key=lambda total: (-total.minutes, total.task or "")))


def columns_of(period: Period, week_starts_on: int = MONDAY) -> tuple[Period, ...]:
    """The days of a short period, the weeks of a longer one, or its months; those at its ends may be parts."""
    length = (period.end - period.start).days + 1
    columns, day = [], period.start
    while day <= period.end:
        last = day if length <= SINGLE_DAYS else _last_of(day, week_starts_on, by_week=length <= SINGLE_WEEKS)
        columns.append(Period(day, min(last, period.end)))
        day = columns[-1].end + ONE_DAY
    return tuple(columns)


def table_of(minutes: ByDay, people: Sequence[UUID], columns: Sequence[Period]) -> Table:
    """A line for each of these people, in their order; every minute of theirs in the period stands in one column."""
    number_of = {day: number for number, column in enumerate(columns) for day in column.days}
    cells: dict[UUID, list[int]] = {person: [0] * len(columns) for person in people}
    for (person, day), worked in minutes.items():
        cells[person][number_of[day]] += worked
    return Table(tuple(columns), tuple(Row(person, tuple(row)) for person, row in cells.items()))


def in_order(people: Iterable[Worker]) -> list[Worker]:
    """By name, and by staff id where two have one."""
    return sorted(people, key=lambda worker: (worker.name.casefold(), worker.staff_id))


def difference(then: Iterable[Work], now: Iterable[Work]) -> Difference:
    """What is otherwise now than it was."""
    before, after = ({work.entry_id: work for work in entries} for entries in (then, now))
    both = before.keys() & after.keys()
    old, new = by_person(before.values()), by_person(after.values())
    return Difference(
        revised=sum(_counts(before[id_]) != _counts(after[id_]) for id_ in both),
        gone=len(before.keys() - after.keys()),
        added=len(after.keys() - before.keys()),
        minutes=sum(new.values()) - sum(old.values()),
        by_person={
            id_: (old.get(id_, 0), new.get(id_, 0))
            for id_ in old.keys() | new.keys()
            if old.get(id_, 0) != new.get(id_, 0)
        },
    )


def content_json(project_id: UUID, work: ProjectWork) -> dict[str, JsonValue]:
    """The approved work as it is kept and digested: one form, whatever order it comes in."""
    entries = sorted(work.approved, key=lambda each: (each.day, str(each.entry_id)))
    owners, sheets = {each.owner_id for each in entries}, {each.timesheet_id for each in entries}
    said = {id_: str(id_) for id_ in owners | sheets}
    minutes = sorted(by_person_and_day(entries).items(), key=lambda each: (str(each[0][0]), each[0][1]))
    return {
        "projectId": str(project_id),
        "from": work.period.start.isoformat(),
        "to": work.period.end.isoformat(),
        "totalMinutes": sum(each.minutes for each in entries),
        "timePeriodTypeIds": sorted(map(str, work.type_ids)),
        "people": [_person(work.people[id_]) for id_ in sorted(owners, key=str)],
        "timesheets": [_sheet(work.sheets[id_]) for id_ in sorted(sheets, key=str)],
        "minutes": [{"personId": said[id_], "date": day.isoformat(), "minutes": sum_} for (id_, day), sum_ in minutes],
        "entries": [_entry(each, said) for each in entries],
    }


def work_of(content: Mapping[str, JsonValue]) -> ProjectWork:
    """The work that a summary was made of, from what was kept of it."""
    kept: Mapping[str, list[dict[str, str]]] = content  # type: ignore[assignment]  # as `content_json` wrote it
    period = Period(date.fromisoformat(str(content["from"])), date.fromisoformat(str(content["to"])))
    id_of, day_of = cache(UUID), cache(date.fromisoformat)  # the same few for many entries
    return ProjectWork(
        period,
        {UUID(it["id"]): Worker(UUID(it["id"]), it["staffId"], it["name"], it["timeZone"]) for it in kept["people"]},
        {UUID(it["id"]): _sheet_of(it) for it in kept["timesheets"]},
        tuple(_work_of(it, id_of, day_of) for it in kept["entries"]),
        frozenset(UUID(str(each)) for each in kept["timePeriodTypeIds"]),
    )


def _last_of(day: date, week_starts_on: int, *, by_week: bool) -> date:
    if by_week:
        return period_of(day, week_starts_on).end
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - ONE_DAY


def _sums(pairs: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    found: dict[UUID, int] = defaultdict(int)
    for id_, minutes in pairs:
        found[id_] += minutes
    return dict(found)


def _counts(work: Work) -> tuple[int, date, int]:
    return work.version, work.day, work.minutes


def _person(worker: Worker) -> JsonValue:
    return {"id": str(worker.id), "staffId": worker.staff_id, "name": worker.name, "timeZone": worker.zone}


def _sheet(sheet: Sheet) -> JsonValue:
    return {
        "id": str(sheet.id),
        "ownerId": str(sheet.owner_id),
        "periodStart": sheet.period_start.isoformat(),
        "revision": sheet.revision,
        "submissionId": str(sheet.submission_id) if sheet.submission_id else None,
    }


def _sheet_of(it: Mapping[str, str]) -> Sheet:
    return Sheet(
        UUID(it["id"]),
        UUID(it["ownerId"]),
        date.fromisoformat(it["periodStart"]),
        int(it["revision"]),
        UUID(it["submissionId"]) if it["submissionId"] else None,
        State.APPROVED,
    )


def _entry(work: Work, said: Mapping[UUID, str]) -> JsonValue:
    return {
        "id": str(work.entry_id),
        "version": work.version,
        "timesheetId": said[work.timesheet_id],
        "personId": said[work.owner_id],
        "date": work.day.isoformat(),
        "minutes": work.minutes,
        "task": work.task,
    }


def _work_of(it: Mapping[str, str], id_of: Callable[[str], UUID], day_of: Callable[[str], date]) -> Work:
    return Work(
        UUID(it["id"]),
        int(it["version"]),
        id_of(it["timesheetId"]),
        id_of(it["personId"]),
        day_of(it["date"]),
        int(it["minutes"]),
        it["task"],
    )
