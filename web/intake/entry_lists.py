"""Lists of entries as spreadsheet programs write them: each line turned into what a form would carry."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from models.errors import Invalid
from models.imports import MOST_LINES, ImportLine
from models.reads.entries import type_shown
from models.reads.imports import Known, known_to, on_behalf
from models.reads.viewer import Onlooker, sees_time
from models.rules.days import local_date
from models.rules.periods import period_of
from models.store.lists import Line
from models.tables.timecard import TimePeriodType
from web.forms import entry_fields, parse_day

COLUMNS = (
    "staff_id",
    "date",
    "type",
    "start",
    "finish",
    "meal_break_minutes",
    "project",
    "task",
    "note",
)

Problems = dict[int, str]
"""Why lines cannot be understood, by number."""


def understand(session: Session, onlooker: Onlooker, lines: Sequence[Line]) -> tuple[list[ImportLine], Problems]:
    """Each line as a command would carry it, and why those that cannot be understood cannot.

    Raises `Invalid` for a list that is too long to be recorded in one go.
    """
    if len(lines) > MOST_LINES:
        raise Invalid.field("list", f"A list may have {MOST_LINES:,} lines at most; this one has {len(lines):,}.")
    known = known_to(session, onlooker, {line.cells.get("staff_id", "") for line in lines})
    understood, problems = [], {}
    for line in lines:
        try:
            understood.append(_understood(onlooker, known, line))
        except Invalid as refused:
            errors = refused.data.get("errors", [])
            problems[line.number] = " ".join(each["message"] for each in errors) or refused.message
            understood.append(ImportLine(line.number, dict(line.cells)))
    return understood, problems


def _understood(onlooker: Onlooker, known: Known, line: Line) -> ImportLine:
    if line.problem:
        raise Invalid(line.problem, errors=[])
    circle = known.circles.get(line.cells["staff_id"])
    if circle is None or not sees_time(onlooker, circle):
        raise Invalid("There is nobody with this staff id whose time you may record.", errors=[])
    fields = entry_fields(_form(line.cells, known), (type_shown(_type(line.cells, known)),), circle.owner.zone)
    day = local_date(fields.start, circle.owner.zone)
    return ImportLine(
        number=line.number,
        cells=dict(line.cells),
        owner_id=circle.owner.id,
        period_start=period_of(day, known.week_starts_on).start,
        fields=fields,
        on_behalf_of_id=on_behalf(onlooker, circle),
    )


def _form(cells: Mapping[str, str], known: Known) -> dict[str, str]:
    """The cells by the names of the form, with the ids of what they name."""
    project = cells.get("project", "")
    found = known.projects.get(project.lower())
    if project and found is None:
        raise Invalid(f"There is no project “{project[:50]}”.", errors=[])
    if parse_day(cells["date"]) is None:
        raise Invalid(f"“{cells['date'][:50]}” is no date: write it like 2026-11-18.", errors=[])
    return {
        "type_id": str(_type(cells, known).id),
        "day": cells["date"],
        "start": cells.get("start", ""),
        "finish": cells.get("finish", ""),
        "project_id": str(found.id) if found else "",
        "task": cells.get("task", ""),
        "meal_break_minutes": cells.get("meal_break_minutes", ""),
        "note": cells.get("note", ""),
    }


def _type(cells: Mapping[str, str], known: Known) -> TimePeriodType:
    name = cells.get("type", "")
    found = known.types.get(name.lower())
    if found is None:
        raise Invalid(f"There is no time period type “{name[:50]}”.", errors=[])
    return found
