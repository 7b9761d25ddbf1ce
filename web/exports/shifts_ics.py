"""A person's shifts as a calendar (RFC 5545) that calendar programs take in or subscribe to."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone

from models.reads.exports import ShiftsExport, ShiftShown
from models.reads.shown import EntryShown
from models.rules.durations import hours_text
from web.exports.columns import is_whole_day
from web.exports.words import one_line

ONE_DAY = timedelta(days=1)
MARGIN = timedelta(days=400)
"""How far beyond the days asked for the zone's changes of clocks are told: over the longest entry, and a year round."""

_END = b"END:VCALENDAR\r\n"


def shifts_ics(export: ShiftsExport, first: date, last: date) -> Iterator[bytes]:
    """The calendar, a shift at a time, so that a long one is never held as a whole."""
    calendar = Calendar()
    calendar.add("prodid", "-//Countersign//Shifts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", one_line(f"Shifts of {export.owner.name}"))
    calendar.add("x-wr-timezone", export.zone.key)
    calendar.add_component(Timezone.from_tzinfo(export.zone, export.zone.key, first - MARGIN, last + MARGIN))
    yield calendar.to_ical().removesuffix(_END)
    for shift in export.shifts:
        yield _event(shift).to_ical()
    yield _END


def _event(shift: ShiftShown) -> Event:
    entry = shift.entry
    recorded = shift.recorded_at.astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", f"{entry.id}@countersign")
    event.add("sequence", entry.version)
    event.add("dtstamp", recorded)
    event.add("last-modified", recorded)
    for name, at in _times(entry):
        event.add(name, at)
    event.add("status", "CONFIRMED" if entry.confirmed else "TENTATIVE")
    event.add("summary", one_line(entry.title))
    event.add("description", "\n".join(_lines(entry)))
    event.add("transp", "TRANSPARENT" if is_whole_day(entry) else "OPAQUE")
    return event


def _times(entry: EntryShown) -> Iterator[tuple[str, date | datetime]]:
    if is_whole_day(entry):
        yield "dtstart", entry.day
        yield "dtend", entry.day + ONE_DAY
        return
    yield "dtstart", _instant(entry.start)
    if entry.end:
        yield "dtend", _instant(entry.end)


def _instant(at: datetime) -> datetime:
    """In its zone; but the second of two times with one name, which a calendar can only tell apart in UTC."""
    return at.astimezone(UTC) if at.fold else at


def _lines(entry: EntryShown) -> Iterator[str]:
    yield one_line(f"{entry.type.name} ({entry.shift_type})" if entry.shift_type else entry.type.name)
    if not entry.confirmed:
        yield "Planned, and not confirmed yet"
    if entry.project:
        yield one_line(f"Project: {entry.project.external_id} {entry.project.name}")
    if entry.task:
        yield one_line(f"Task: {entry.task}")
    if entry.meal_break_minutes:
        yield f"Break: {entry.meal_break_minutes} min"
    if entry.end is None:
        yield "Still running"
    elif not is_whole_day(entry):
        yield f"Hours: {hours_text(entry.minutes)}"
