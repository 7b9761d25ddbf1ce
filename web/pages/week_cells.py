"""The grid of the week: what is typed into a cell is an entry, or the end of one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Amend, Asked, Batch, EntryFields, Record, Remove
from models.database import ReadSession, command_transaction
from models.errors import DomainError, Invalid, ReasonRequired
from models.reads.shown import FieldError
from models.rules.overlap import MUST_NOT_OVERLAP
from models.store import week_rows
from web.auth.viewer import Viewer
from web.errors import form_errors
from web.htmx import htmx
from web.pages.cell_commands import SHOWN, TYPED, TypedCell, changed_cells, commands_for, lines_emptied, refused_cell
from web.pages.page import (
    Posted,
    SignedIn,
    Template,
    Used,
    command_id,
    go_to,
    onlooker_of,
    or_show_again,
    show,
)
from web.pages.week import At, Place, read_week
from web.pages.week_commands import WeekAsked, carry_out, week_asked
from web.rendering import clock, day_long

router = APIRouter()

CELLS = Template("week.html", "partials/cells.html")
TRIES = 2
"""A time that was found for a duration may be taken before it is recorded: then another one is found."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What a form changes, and the command for it."""

    week: WeekAsked
    cells: list[TypedCell]
    asked: Asked


@router.get("/people/{staff_id}/week/{day}/cells")
def cells(at: At, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the week."""
    return go_to(at.address)


@router.post("/people/{staff_id}/week/{day}/cells")
async def save_cells(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Save what was typed: one cell, or every cell that was changed, and then all of them or none."""
    in_place = htmx(request).wants_part

    async def give() -> Response:
        saving = await _saved(viewer, use, at, form)
        if not in_place:
            return go_to(at.address, _words(saving) if saving else "There was nothing to save.")
        return await run_in_threadpool(_answer, request, viewer, use, at, form, saving)

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, CELLS, read, form, give(), lambda error: _told(error, form))


async def _saved(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> Saving | None:
    for attempt in range(TRIES):
        saving = await run_in_threadpool(_saving, viewer, use, at, form, attempt)
        if saving is None:
            return None
        try:
            await carry_out(use, saving.week, saving.asked)
        except Invalid as refused:
            if attempt + 1 == TRIES or not _was_taken(refused, saving.cells):
                raise refused_cell(refused, saving.cells) from refused
        except DomainError as refused:
            raise refused_cell(refused, saving.cells) from refused
        else:
            return saving
    raise AssertionError("one of the tries returns or raises")


def _saving(viewer: Viewer, use: Used, at: Place, form: dict[str, str], attempt: int) -> Saving | None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        week = week_asked(session, onlooker, viewer, at, form)
        cells = changed_cells(week)
        if not cells:
            return None
        id_ = _id_of(form, attempt)
        before = week.before(session, id_, Record, Amend, Remove, Batch)
        asked = before or _asked(session, week, id_, cells)
        emptied = [] if before else lines_emptied(session, week, cells)
    if emptied:
        # A line stays where somebody works on it, also when nothing is left on it.
        with command_transaction(use.engine, viewer.tenant_id) as writing:
            week_rows.add(writing, week.key, week.circle.owner.id, emptied)
    return Saving(week, cells, asked)


def _asked(session: ReadSession, week: WeekAsked, command_id: UUID, cells: list[TypedCell]) -> Asked:
    week.require_recording(session)
    try:
        return week.ask(command_id, commands_for(session, week, cells))
    except DomainError as refused:
        raise refused_cell(refused, cells) from refused


def _id_of(form: dict[str, str], attempt: int) -> UUID:
    """The command's: of the form, the turn in which it is sent, and what is in it, since a page is sent many times."""
    typed = sorted((name, value) for name, value in form.items() if name.startswith((TYPED, SHOWN)))
    return uuid5(command_id(form), f"{form.get('turn', '')}/{attempt}/{typed}")


def _was_taken(refused: Invalid, cells: list[TypedCell]) -> bool:
    index = refused.data.get("index", 0)
    errors = refused.data.get("errors", [])
    return index < len(cells) and cells[index].is_placed and any(e["message"] == MUST_NOT_OVERLAP for e in errors)


def _told(error: DomainError, form: dict[str, str]) -> dict[str, Any]:
    """A refusal by cell, with everything that was typed."""
    errors = form_errors(error, form.keys() | {"reason"})
    if isinstance(error, ReasonRequired):
        errors = {"reason": FieldError("reason", error.message)}
    return {"cell_errors": errors, "typed": form}


def _answer(
    request: Request, viewer: Viewer, use: Used, at: Place, form: dict[str, str], saving: Saving | None
) -> Response:
    """The parts of the page that change; the day of the cell opens, unless something is half typed into another."""
    saved = saving.cells if saving else []
    stays = form.get("busy") == "true" or not saved
    shown = at if stays else Place(at.staff_id, saved[0].day)
    words = _words(saving) if saving else ""
    placed = any(cell.is_placed for cell in saved)
    response = show(
        request,
        viewer,
        CELLS,
        read_week(shown, viewer, use, {}),
        saved=frozenset(cell.name.removeprefix(TYPED) for cell in saved),
        said=words,
        stays=stays,
        toast={"text": words, "tone": "ok"} if placed else None,
    )
    if shown != at:
        response.headers["HX-Replace-Url"] = shown.address
    return response


def _words(saving: Saving) -> str:
    body, zone = saving.asked.body, saving.week.zone
    match body:
        case Batch(changes):
            return f"Saved: {len(changes)} entries."
        case Remove():
            return "Removed. The record keeps what was there."
        case Record(fields) | Amend(fields=fields):
            times = "" if saving.cells[0].by_day else f", {_times(fields, saving.week)}"
            verb = "Recorded" if isinstance(body, Record) else "Changed"
            return f"{verb}: {day_long(fields.start.astimezone(zone))}{times}."
        case _:
            return "Saved."


def _times(fields: EntryFields, week: WeekAsked) -> str:
    assert fields.end is not None
    return f"{clock(fields.start.astimezone(week.zone))} – {clock(fields.end.astimezone(week.zone))}"
