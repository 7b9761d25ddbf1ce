"""The clock of the week page: start one, and what runs is an entry without an end; stop it, and it has one."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Amend, Asked, EntryFields, Record
from models.database import ReadSession
from models.errors import Invalid, Stale
from models.reads.entries import fields_of, last_entry
from models.reads.shown import EntryShown
from models.rules.days import ONE_MINUTE, local_date
from models.rules.lines import Line
from models.rules.local_times import with_offset
from models.rules.periods import period_of
from models.tables.timecard import TimeEntry
from web.auth.viewer import Viewer
from web.forms import parse_id, version_in
from web.pages.page import Posted, SignedIn, Used, command_id, go_to, onlooker_of, or_show_again
from web.pages.week import WEEK, At, Place, read_week
from web.pages.week_commands import WeekAsked, as_problem, carry_out, week_asked

router = APIRouter()

ADDRESS = "/people/{staff_id}/week/{day}"


@router.get(f"{ADDRESS}/timer")
@router.get(f"{ADDRESS}/timer/stop")
def timer(at: At, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the week."""
    return go_to(at.address)


@router.post(f"{ADDRESS}/timer")
async def start(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Record an entry that begins now and has no end yet."""

    async def give() -> Response:
        asked, week = await run_in_threadpool(_starting, viewer, use, at, form)
        await carry_out(use, week, asked)
        assert isinstance(asked.body, Record)
        began = asked.body.fields.start.astimezone(week.zone)
        today = Place(at.staff_id, local_date(began, week.zone))
        return go_to(today.address, f"Running since {began:%H:%M}. Stop it when you are done.")

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, WEEK, read, form, give(), as_problem)


@router.post(f"{ADDRESS}/timer/stop")
async def stop(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Give the entry that runs its end: now."""

    async def give() -> Response:
        asked, week = await run_in_threadpool(_stopping, viewer, use, at, form)
        await carry_out(use, week, asked)
        assert isinstance(asked.body, Amend)
        worked = asked.body.fields
        assert worked.end is not None
        began, ended = worked.start.astimezone(week.zone), worked.end.astimezone(week.zone)
        day = Place(at.staff_id, local_date(began, week.zone))
        return go_to(day.address, f"Stopped: {began:%H:%M} – {ended:%H:%M}.")

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, WEEK, read, form, give(), as_problem)


def _starting(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> tuple[Asked, WeekAsked]:
    now = use.now()
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        here = week_asked(session, onlooker, viewer, at, form)
        today = Place(at.staff_id, local_date(now, here.zone))
        week = week_asked(session, onlooker, viewer, today, form)
        id_ = command_id(form)
        asked = week.before(session, id_, Record) or week.ask(id_, [_begun(session, week, form, now)])
    return asked, week


def _begun(session: ReadSession, week: WeekAsked, form: dict[str, str], now: datetime) -> Record:
    last = last_entry(session, week.circle.owner.id, now, week.zone)
    if last is not None and last.end is None:
        day = f" on {last.start:%A}" if last.day != local_date(now, week.zone) else ""
        raise Invalid(f"{last.title} is running since {last.start:%H:%M}{day} already. Stop it first.", errors=[])
    line = Line.parse(form.get("line", "")) or (last.line if last else None) or Line(week.types[0].id)
    start = with_offset(_whole_minute(now, last).astimezone(week.zone))
    return Record(EntryFields(line.type_id, start, project_id=line.project_id))


def _whole_minute(now: datetime, last: EntryShown | None) -> datetime:
    """The minute that began last, or the end of what was stopped within the present one."""
    minute = now.replace(second=0, microsecond=0)
    if last is not None and last.end is not None and minute < last.end <= minute + ONE_MINUTE:
        return last.end
    return minute


def _stopping(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> tuple[Asked, WeekAsked]:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        week = week_asked(session, onlooker, viewer, at, form)
        entry = session.get(TimeEntry, parse_id(form.get("entry_id", "")) or UUID(int=0))
        if entry is None or entry.owner_id != week.circle.owner.id or entry.deleted:
            raise Stale("What was running was removed meanwhile. Nothing was saved.")
        period = period_of(local_date(entry.start_at, week.zone), week.week_starts_on)
        before = week.before(session, command_id(form), Amend, period=period)
        if before is None and entry.end_at is not None:
            raise Stale("It was stopped meanwhile. Nothing was saved.", version=entry.version)
        asked = before or week.ask_on(period, command_id(form), _ended(entry, week, version_in(form), use.now()))
    return asked, week


def _ended(entry: TimeEntry, week: WeekAsked, version: int, now: datetime) -> Amend:
    running = fields_of(entry, week.zone)
    minute = now.replace(second=0, microsecond=0)
    # What was begun in this very minute takes one; whoever stops it wants it on record.
    end = max(minute, entry.start_at + timedelta(minutes=1) + timedelta(minutes=entry.meal_break_minutes))
    return Amend(entry.id, version, replace(running, end=with_offset(end.astimezone(week.zone))))
