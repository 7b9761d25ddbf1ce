"""What people type into forms, turned into what commands carry; every misunderstanding is said beside its field."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from models.commands import EntryFields
from models.errors import Invalid
from models.reads.shown import TypeShown
from models.rules.days import OutsideCalendar, day_bounds, require_calendar
from models.rules.local_times import (
    Clock,
    NotAStart,
    RepeatedTime,
    SkippedTime,
    UnreadableTime,
    parse_clock,
    resolve_local,
)
from models.rules.overlap import END_NOT_AFTER_START
from models.rules.reasons import ReasonCode

LONGEST_REASON = 500
LONGEST_TEXT = 2000

Form = Mapping[str, str]

_DIGEST = re.compile("[0-9a-f]{64}")
_EARLIEST = date(1973, 1, 1)
"""Before, some zones were no whole minutes apart from UTC, which the offset of an entry cannot say."""

_NEARBY = timedelta(days=8)
"""The rest of the week that a day belongs to, and the hours that zones are apart."""


def entry_fields(form: Form, types: tuple[TypeShown, ...], zone: ZoneInfo) -> EntryFields:
    """A time entry as typed: `type_id`, `day`, `start`, `finish`, `project_id`, `task`, `meal_break_minutes`.

    Times are local to `zone`; a finish before the start is on the next day; an empty finish is still running.
    Raises `Invalid` with every field that cannot be understood.
    """
    errors: list[dict[str, object]] = []
    type_ = _type(form, types, errors)
    day = parse_day(form.get("day", ""))
    if day is None:
        errors.append(_error("startTime", "Choose a day."))
    start, end = _times(form, type_, day, zone, errors) if day and type_ else (None, None)
    meal_break = _minutes(form, errors)
    project = _id(form.get("project_id", ""), "projectId", "Choose a project from the list.", errors)
    if errors or type_ is None or start is None:
        raise Invalid(str(errors[0]["message"]) if errors else "This cannot be understood.", errors=errors)
    return EntryFields(
        time_period_type_id=type_.id,
        start=start,
        end=end,
        project_id=project,
        task=text(form, "task"),
        shift_type=text(form, "shift_type"),
        meal_break_minutes=meal_break,
        note=text(form, "note"),
    )


def shift_times(form: Form, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a shift that has ended began and ended, as typed: `day`, `start`, `finish`.

    Raises `Invalid` with every field that cannot be understood.
    """
    errors: list[dict[str, object]] = []
    day = parse_day(form.get("day", ""))
    if day is None:
        errors.append(_error("day", "Choose a day."))
    start, end = _clock_times(form, day or _EARLIEST, zone, errors)
    if not errors and end is None:
        errors.append(_error("endTime", "Write when it ended."))
    if start and end and end <= start:
        errors.append(_error("endTime", END_NOT_AFTER_START))
    if errors or start is None or end is None:
        raise Invalid(str(errors[0]["message"]), errors=errors)
    return start, end


def text(form: Form, name: str) -> str | None:
    """What was typed, without blanks around it; None for nothing. Raises `Invalid` when it is far too long."""
    value = form.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
    if len(value) > LONGEST_TEXT:
        raise Invalid.field(name, f"Use at most {LONGEST_TEXT} characters.")
    return value or None


def reason_in(form: Form) -> str | None:
    """The reason that was typed. Raises `Invalid` when it is too long to be read."""
    reason = text(form, "reason")
    if reason is not None and len(reason) > LONGEST_REASON:
        raise Invalid.field("reason", f"Use at most {LONGEST_REASON} characters; these are {len(reason)}.")
    return reason


def reason_code_in(form: Form) -> ReasonCode | None:
    """The kind of reason that was chosen; None for none. Raises `Invalid` for one that nobody knows."""
    typed = form.get("reason_code", "")
    if typed and typed not in set(ReasonCode):
        raise Invalid.field("reasonCode", "Choose one of these.")
    return ReasonCode(typed) if typed else None


LINE = "line-"
"""How the boxes of lines are named: by this and the id of the line."""


def lines_in(form: Form) -> tuple[UUID, ...]:
    """The lines of a timesheet that were ticked."""
    named = (parse_id(name.removeprefix(LINE)) for name in sorted(form) if name.startswith(LINE))
    return tuple(id_ for id_ in named if id_)


def in_words(refused: Invalid, types: tuple[TypeShown, ...], zone: ZoneInfo) -> Invalid:
    """The same refusal, with the entries that are in the way as people read them, in `zone`."""
    errors = [
        each
        | {"data": [_clash_text(named, types, zone) if isinstance(named, dict) else named for named in each["data"]]}
        for each in refused.data.get("errors", [])
    ]
    return Invalid(refused.message, **(refused.data | {"errors": errors}))


def version_in(form: Form) -> int:
    """The version that the form showed; 0, which nothing has, for a form that names none."""
    typed = form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0


def digest_in(form: Form) -> str:
    """The digest of what the form showed. Raises `Invalid` for a form that names none."""
    digest = form.get("digest", "")
    if not _DIGEST.fullmatch(digest):
        raise Invalid("This form does not say what it showed. Reload the page and try again.", errors=[])
    return digest


def parse_day(typed: str) -> date | None:
    """A date as the forms and addresses write it, 2026-11-18; None when it is none that can be computed with."""
    try:
        day = date.fromisoformat(typed)
        require_calendar(day + _NEARBY)
    except (ValueError, OverflowError):
        return None
    return day if day >= _EARLIEST else None


def parse_id(typed: str) -> UUID | None:
    """An id as written in forms and addresses; None when it is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def _clash_text(entry: Mapping[str, str | None], types: tuple[TypeShown, ...], zone: ZoneInfo) -> str:
    type_ = next((type_ for type_ in types if str(type_.id) == entry["timePeriodTypeId"]), None)
    start = datetime.fromisoformat(entry["startTime"] or "").astimezone(zone)
    end = datetime.fromisoformat(entry["endTime"]).astimezone(zone) if entry["endTime"] else None
    clock = f"{start:%H:%M} – {end:%H:%M}" if end else f"since {start:%H:%M}"
    whole_day = type_ is not None and type_.value_type == "date"
    name = type_.name if type_ else "Another entry"
    return f"{name}, {start:%a} {start.day} {start:%b}, {'the whole day' if whole_day else clock}"


def _times(
    form: Form, type_: TypeShown, day: date, zone: ZoneInfo, errors: list[dict[str, object]]
) -> tuple[datetime | None, datetime | None]:
    if type_.value_type == "date":
        return day_bounds(day, zone)
    return _clock_times(form, day, zone, errors)


def _clock_times(
    form: Form, day: date, zone: ZoneInfo, errors: list[dict[str, object]]
) -> tuple[datetime | None, datetime | None]:
    start_clock = _clock(form.get("start", ""), "startTime", False, errors)
    end_clock = _clock(form.get("finish", ""), "endTime", True, errors) if form.get("finish", "").strip() else None
    if start_clock is None:
        return None, None
    start = _instant(day, start_clock, zone, form.get("start_fold"), "startTime", errors)
    if end_clock is None:
        return start, None
    ends_later = (end_clock.hour, end_clock.minute) < (start_clock.hour, start_clock.minute)
    end_day = day + timedelta(days=1) if ends_later else day
    return start, _instant(end_day, end_clock, zone, form.get("finish_fold"), "endTime", errors)


def _clock(typed: str, field: str, as_end: bool, errors: list[dict[str, object]]) -> Clock | None:
    try:
        return parse_clock(typed.strip(), as_end=as_end)
    except (UnreadableTime, NotAStart) as error:
        errors.append(_error(field, str(error)))
        return None


def _instant(
    day: date, at: Clock, zone: ZoneInfo, fold: str | None, field: str, errors: list[dict[str, object]]
) -> datetime | None:
    chosen = {"0": 0, "1": 1}.get(fold or "")
    try:
        return resolve_local(day, at, zone, chosen)  # type: ignore[arg-type]  # 0 or 1, which mypy cannot see
    except (SkippedTime, RepeatedTime, OutsideCalendar) as error:
        errors.append(_error(field, str(error)))
        return None


def _type(form: Form, types: tuple[TypeShown, ...], errors: list[dict[str, object]]) -> TypeShown | None:
    wanted = parse_id(form.get("type_id", ""))
    found = next((type_ for type_ in types if type_.id == wanted), None)
    if found is None:
        errors.append(_error("timePeriodTypeId", "There is no such time period type. Choose one from the list."))
    return found


def _minutes(form: Form, errors: list[dict[str, object]]) -> int:
    typed = form.get("meal_break_minutes", "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
        errors.append(_error("mealBreakMinutes", "Write the meal break in whole minutes, such as 30."))
        return 0
    return int(typed or 0)


def _id(typed: str, field: str, message: str, errors: list[dict[str, object]]) -> UUID | None:
    if not typed.strip():
        return None
    found = parse_id(typed)
    if found is None:
        errors.append(_error(field, message))
    return found


def _error(field: str, message: str) -> dict[str, object]:
    return {"field": field, "message": message, "data": []}
