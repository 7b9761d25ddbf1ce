"""What was typed into cells of the week's grid, turned into commands: record, amend or remove one entry each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from models.commands import Amend, Body, EntryFields, Record, Remove
from models.database import ReadSession
from models.errors import DomainError, Invalid, Stale
from models.reads.entries import Row, fields_of, rows_near, rows_on, starts_before
from models.rules.days import ONE_DAY, day_bounds, local_date
from models.rules.lines import Line
from models.rules.local_times import RepeatedTime, SkippedTime, with_offset
from models.rules.overlap import Span
from models.rules.placing import NoRoom, place, times_on, usual_start
from models.rules.typed_hours import ClockRange, Duration, Hours, UnreadableHours, parse_hours
from web.forms import parse_day, parse_id
from web.pages.week_commands import WeekAsked

TYPED, SHOWN = "h.", "was."
"""How the fields of a cell begin: what is typed, and the entry it was typed over with what that showed."""

MOST = 7 * 60
"""Cells that one form may hold."""


@dataclass(frozen=True)
class TypedCell:
    """One cell that was changed."""

    line: Line
    day: date
    typed: str
    entry_id: UUID | None
    """The entry that was shown in it; None for an empty cell."""
    version: int
    by_day: bool
    """Whether it is a mark for the whole day."""

    @property
    def name(self) -> str:
        """Its field on the form."""
        return f"{TYPED}{self.line}-{self.day}"

    @cached_property
    def hours(self) -> Hours | None:
        """What it says, if it is no mark for a whole day. Raises `UnreadableHours`."""
        return None if self.by_day else parse_hours(self.typed)

    @property
    def is_emptied(self) -> bool:
        """Whether nothing is to be there any more."""
        return not self.typed if self.by_day else self.hours is None

    @property
    def is_placed(self) -> bool:
        """Whether it says how long and not when, so that a time is found for it."""
        return self.entry_id is None and isinstance(self.hours, Duration)

    @property
    def turn(self) -> tuple[int, date, str]:
        """What takes less time goes first, so that there is room for the rest; then by day."""
        stage = 0 if self.is_emptied else 1 if self.entry_id else 3 if self.is_placed else 2
        return stage, self.day, str(self.line)


def changed_cells(week: WeekAsked) -> list[TypedCell]:
    """The cells that hold something else than was shown, in the order to be carried out.

    Raises `Invalid` with every cell that cannot be read.
    """
    cells = [cell for cell in _cells(week) if cell is not None]
    errors = [error for cell in cells if (error := _unreadable(cell))]
    if errors:
        raise Invalid("Some of it cannot be read. Nothing was saved.", errors=errors)
    changed = [cell for cell in cells if cell.entry_id or not cell.is_emptied]
    return sorted(changed, key=lambda cell: cell.turn)


def refused_cell(refused: DomainError, cells: list[TypedCell]) -> DomainError:
    """The same refusal, with its reasons beside the cell that it is about, if it is about one."""
    if not isinstance(refused, Invalid | Stale) or any(_names_a_cell(e) for e in refused.data.get("errors", [])):
        return refused
    index = refused.data.get("index", 0)
    if index >= len(cells):
        return refused
    errors = refused.data.get("errors", [])
    message = " ".join(dict.fromkeys(error["message"] for error in errors)) or refused.message
    clashes = list(dict.fromkeys(entry for error in errors for entry in error["data"]))
    return type(refused)(message, errors=[{"field": cells[index].name, "message": message, "data": clashes}])


def commands_for(session: ReadSession, week: WeekAsked, cells: list[TypedCell]) -> list[Body]:
    """A command for each cell, in their order. Raises `Invalid` or `Stale` for the first that cannot be."""
    grid = _Grid(session, week)
    bodies = []
    for index, cell in enumerate(cells):
        try:
            bodies.append(grid.command(cell))
        except DomainError as refused:
            refused.data["index"] = index
            raise
    return bodies


def lines_emptied(session: ReadSession, week: WeekAsked, cells: list[TypedCell]) -> list[Line]:
    """The lines of the entries that are taken out of cells, whatever line the form says they stood on."""
    emptied = {cell.entry_id for cell in cells if cell.is_emptied}
    rows = rows_on(session, week.key.timesheet_id) if emptied else ()
    found = (Line(type_.id, project.id if project else None) for entry, type_, project in rows if entry.id in emptied)
    return list(dict.fromkeys(found))


class _Grid:
    """The week as it is, and as it will be after the commands so far."""

    def __init__(self, session: ReadSession, week: WeekAsked) -> None:
        self.session, self.week = session, week
        start, _ = day_bounds(week.period.start - ONE_DAY, week.zone)
        _, end = day_bounds(week.period.end + ONE_DAY, week.zone)
        rows = rows_near(session, week.circle.owner.id, start, end)
        self.entries = {entry.id: (entry, type_, project) for entry, type_, project in rows if self._is_here(entry)}
        self.taken: dict[UUID, Span] = {
            entry.id: Span(entry.start_at, entry.end_at) for entry, type_, _ in rows if type_.value_type == "datetime"
        }

    def command(self, cell: TypedCell) -> Body:
        """What a cell asks for. Raises `Invalid` or `Stale`."""
        if not self.week.period.start <= cell.day <= self.week.period.end:
            raise Invalid("This day is of another week. Reload the page and try again.", errors=[])
        if cell.entry_id is not None and cell.is_emptied:
            self.taken.pop(cell.entry_id, None)
            return Remove(cell.entry_id, cell.version)
        fields = self._fields(cell)
        if cell.entry_id is None:
            self._take(UUID(int=len(self.taken)), fields)
            return Record(fields)
        self._take(cell.entry_id, fields)
        return Amend(cell.entry_id, cell.version, fields)

    def _fields(self, cell: TypedCell) -> EntryFields:
        if cell.entry_id is not None:
            return self._amended(cell)
        if any(self._stands_in(row, cell) for row in self.entries.values()):
            raise Stale("Something was recorded here meanwhile. Nothing was saved: look at the day.")
        start, end = day_bounds(cell.day, self.week.zone) if cell.by_day else self._times(cell)
        return EntryFields(
            cell.line.type_id,
            with_offset(start.astimezone(self.week.zone)),
            with_offset(end.astimezone(self.week.zone)),
            project_id=cell.line.project_id,
        )

    def _amended(self, cell: TypedCell) -> EntryFields:
        """A duration keeps the start and the meal break and moves the end; a range sets both ends."""
        found = self.entries.get(cell.entry_id) if cell.entry_id else None
        if found is None:
            raise Stale("This entry was removed or moved meanwhile. Nothing was saved: look at the day.")
        before = fields_of(found[0], self.week.zone)
        if isinstance(cell.hours, Duration):
            minutes = timedelta(minutes=cell.hours.minutes + before.meal_break_minutes)
            return replace(before, end=with_offset((found[0].start_at + minutes).astimezone(self.week.zone)))
        start, end = self._times(cell)
        return replace(before, start=start, end=end)

    def _times(self, cell: TypedCell) -> tuple[datetime, datetime]:
        zone = self.week.zone
        try:
            if isinstance(cell.hours, ClockRange):
                return times_on(cell.day, cell.hours, zone)
            assert isinstance(cell.hours, Duration)
            begins = day_bounds(cell.day, zone)[0]
            usual = usual_start(starts_before(self.session, self.week.circle.owner.id, begins), zone)
            return place(cell.day, cell.hours.minutes, self.taken.values(), usual, zone)
        except (SkippedTime, NoRoom) as error:
            raise Invalid(str(error), errors=[]) from error
        except RepeatedTime as error:
            raise Invalid(f"{error}. Open the day to choose.", errors=[]) from error

    def _take(self, entry_id: UUID, fields: EntryFields) -> None:
        if (fields.end or fields.start) > fields.start:
            self.taken[entry_id] = Span(fields.start, fields.end)

    def _is_here(self, entry: object) -> bool:
        return getattr(entry, "timesheet_id", None) == self.week.key.timesheet_id

    def _stands_in(self, row: Row, cell: TypedCell) -> bool:
        entry, type_, project = row
        line = Line(type_.id, project.id if project else None)
        return line == cell.line and local_date(entry.start_at, self.week.zone) == cell.day


def _cells(week: WeekAsked) -> Iterator[TypedCell | None]:
    """Every cell of the form that does not hold what was shown; names that no page of ours has are passed over."""
    form = week.form
    keys = dict.fromkeys(
        name.removeprefix(TYPED).removeprefix(SHOWN) for name in form if name.startswith((TYPED, SHOWN))
    )
    by_day = {type_.id for type_ in week.types if type_.value_type == "date"}
    for key in list(keys)[:MOST]:
        yield _cell(form, key, by_day)


def _cell(form: Mapping[str, str], key: str, by_day: set[UUID]) -> TypedCell | None:
    name, _, written_day = key.partition("-")
    line, day = Line.parse(name), parse_day(written_day)
    typed = form.get(TYPED + key, "").strip()
    shown_id, version, shown = [*form.get(SHOWN + key, "").split(":", 2), "", "", ""][:3]
    if line is None or day is None or typed == shown:
        return None
    is_number = version.isascii() and version.isdigit() and len(version) < 9
    return TypedCell(line, day, typed, parse_id(shown_id), int(version) if is_number else 0, line.type_id in by_day)


def _unreadable(cell: TypedCell) -> dict[str, object] | None:
    try:
        _ = cell.hours
    except UnreadableHours as error:
        return {"field": cell.name, "message": str(error), "data": []}
    return None


def _names_a_cell(error: Mapping[str, object]) -> bool:
    return str(error["field"]).startswith(TYPED)
