"""Begin a week with what was there the week before: its lines, or its hours at the same times of day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid5

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Batch, EntryFields, Record
from models.database import ReadSession, command_transaction
from models.errors import DomainError, ReasonRequired
from models.reads.entries import Row, fields_of, line_of, rows_near, rows_on
from models.reads.week import kept_rows, metadata_of
from models.rules.days import ONE_DAY, day_bounds, local_date
from models.rules.entry_fields import REQUIRED
from models.rules.lines import Line
from models.rules.overlap import Span, overlaps
from models.rules.periods import period_of
from models.rules.placing import moved_by
from models.store import week_rows
from web.auth.viewer import Viewer
from web.pages.page import Posted, SignedIn, Used, command_id, go_to, onlooker_of, or_show_again
from web.pages.week import WEEK, At, Place, read_week
from web.pages.week_commands import WeekAsked, as_problem, carry_out, week_asked

router = APIRouter()

WEEK_LONG = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Copying:
    """What is copied: lines at once, and entries by a command if there are any."""

    week: WeekAsked
    found: int
    """Entries and lines that the week before had."""
    lines: int
    asked: Asked | None = None
    skipped: int = 0


@router.get("/people/{staff_id}/week/{day}/copy")
def copies(at: At, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the week."""
    return go_to(at.address)


@router.post("/people/{staff_id}/week/{day}/copy")
async def copy(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Copy the lines of the week before, or `what=hours`: its entries too. What is here already is not copied again."""

    async def give() -> Response:
        copying = await run_in_threadpool(_copying, viewer, use, at, form)
        if copying.asked:
            await carry_out(use, copying.week, copying.asked)
        return go_to(at.address, _words(copying, with_hours=form.get("what") == "hours"))

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, WEEK, read, form, give(), _told)


def _told(refused: DomainError) -> dict[str, object]:
    return as_problem(refused) | {"copy_needs_reason": isinstance(refused, ReasonRequired)}


def _copying(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> Copying:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        week = week_asked(session, onlooker, viewer, at, form)
        week.require_recording(session)
        before = period_of(week.period.start - WEEK_LONG, week.week_starts_on)
        entries = [row for row in rows_on(session, week.key_of(before).timesheet_id) if row[0].confirmed]
        kept = kept_rows(session, week.key_of(before).timesheet_id)
        lines = {_line(row) for row in entries} | {line_of(*each) for each in kept}
        copying = Copying(week, len(entries) + len(lines), 0)
        if form.get("what") == "hours":
            copying = _with_hours(session, copying, entries)
    with command_transaction(use.engine, viewer.tenant_id) as writing:
        return replace(copying, lines=week_rows.add(writing, week.key, week.circle.owner.id, sorted(lines, key=str)))


def _with_hours(session: ReadSession, copying: Copying, entries: list[Row]) -> Copying:
    """The command for what fits; sent again it is the command it was."""
    week = copying.week
    id_ = uuid5(command_id(week.form), "copy")
    new = list(_fitting(session, week, entries))
    before = week.before(session, id_, Record, Batch)
    asked = before or (week.ask(id_, [Record(fields) for fields in new]) if new else None)
    return replace(copying, asked=asked, skipped=len(entries) - _count(asked))


def _fitting(session: ReadSession, week: WeekAsked, entries: list[Row]) -> Iterator[EntryFields]:
    """Each entry a week later, at the same times of day, unless it is not for that day or something is there."""
    start, _ = day_bounds(week.period.start - ONE_DAY, week.zone)
    _, end = day_bounds(week.period.end + ONE_DAY, week.zone)
    there = rows_near(session, week.circle.owner.id, start, end)
    taken = [Span(entry.start_at, entry.end_at) for entry, _, _ in there]
    for row in entries:
        fields = _a_week_later(row, week)
        if fields is None or any(overlaps(Span(fields.start, fields.end), other) for other in taken):
            continue
        taken.append(Span(fields.start, fields.end))
        yield fields


def _a_week_later(row: Row, week: WeekAsked) -> EntryFields | None:
    """None for what cannot be recorded then: still running, for other people or days, or never without a note."""
    entry, type_, project = row
    before = fields_of(entry, week.zone)
    if before.end is None or (project is not None and not project.active) or type_.fields.get("note") == REQUIRED:
        return None
    day = local_date(before.start, week.zone) + WEEK_LONG
    if not metadata_of(type_).is_for(week.circle.owner.id, day):
        return None
    if type_.value_type == "date":
        start, end = day_bounds(day, week.zone)
    else:
        start, end = (moved_by(at, WEEK_LONG, week.zone) for at in (before.start, before.end))
    minutes = (end - start) // timedelta(minutes=1)
    return replace(before, start=start, end=end) if minutes > before.meal_break_minutes else None


def _line(row: Row) -> Line:
    _, type_, project = row
    return Line(type_.id, project.id if project else None)


def _count(asked: Asked | None) -> int:
    if asked is None:
        return 0
    return len(asked.body.changes) if isinstance(asked.body, Batch) else 1


def _words(copying: Copying, with_hours: bool) -> str:
    if not copying.found:
        return "Last week is empty, so there is nothing to copy."
    if not with_hours:
        rows = _many(copying.lines, "row")
        return f"Copied {rows} from last week." if copying.lines else "All rows of last week are here already."
    copied = _count(copying.asked)
    skipped = f" {_many(copying.skipped, 'entry', 'entries')} skipped: something is there already, or it does not fit."
    said = f"Copied {_many(copied, 'entry', 'entries')} from last week." if copied else "Nothing was copied."
    return said + (skipped if copying.skipped else "")


def _many(number: int, one: str, more: str | None = None) -> str:
    return f"{number} {one if number == 1 else more or f'{one}s'}"
