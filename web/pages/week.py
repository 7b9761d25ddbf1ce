"""The week page: record, amend and remove time, and see where the week stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Amend, Asked, Body, EntryFields, Record, Remove
from models.database import ReadSession
from models.errors import Invalid, NotFound
from models.messages import SheetKey
from models.reads.people import person_by_staff_id, staff_id_of
from models.reads.shown import EntryShown, TypeShown, WeekShown
from models.reads.viewer import Onlooker, circle_for
from models.reads.week import WeekOf, all_types, week_page
from models.rules.days import local_date
from models.rules.periods import period_of, timesheet_id
from models.rules.transitions import CommandKind
from models.tables.people import TenantPolicy
from web.auth.viewer import Viewer
from web.forms import entry_fields, in_words, parse_day, parse_id, version_in
from web.pages.page import (
    Posted,
    Read,
    SignedIn,
    Template,
    Used,
    asked_by,
    go_to,
    onlooker_of,
    or_show_again,
    show,
)

router = APIRouter()

WEEK = Template(
    "week.html",
    "partials/week.html",
    fields=frozenset({"type_id", "start", "finish", "project_id", "task", "note", "meal_break_minutes", "reason"}),
)
ENTRY_FORM = Template("partials/entry_form.html", "partials/entry_form.html")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose week, and which day of it, an address names."""

    staff_id: str
    day: date

    @property
    def address(self) -> str:
        """The address of the week page with this day open."""
        return f"/people/{self.staff_id}/week/{self.day.isoformat()}"


def place(staff_id: str, day: str) -> Place:
    """The place an address names. Raises `NotFound` for a date that is none."""
    found = parse_day(day)
    if found is None:
        raise NotFound("There is no such page.")
    return Place(staff_id, found)


At = Annotated[Place, Depends(place)]


@router.get("/week")
def own_week(viewer: SignedIn, use: Used) -> Response:
    """This week of the signed-in person, or of whom they act for."""
    return go_to(Place(_whose(viewer, use), use.now().astimezone(viewer.zone).date()).address)


@router.get("/people/{staff_id}/week")
def week_of(staff_id: str, viewer: SignedIn, use: Used, date: str = "") -> Response:
    """The week of a date of somebody; without a date that can be read, this week."""
    return go_to(Place(staff_id, parse_day(date) or use.now().astimezone(viewer.zone).date()).address)


@router.get("/week/{day}")
def own_week_of(day: str, viewer: SignedIn, use: Used) -> Response:
    """The week of a date of the signed-in person, or of whom they act for."""
    return go_to(place(_whose(viewer, use), day).address)


@router.get("/people/{staff_id}/week/{day}")
def week(at: At, viewer: SignedIn, request: Request, use: Used) -> Response:
    """The week of anybody whose time one may see, with one of its days open."""
    return show(request, viewer, WEEK, read_week(at, viewer, use, dict(request.query_params)))


@router.get("/people/{staff_id}/week/{day}/form")
def entry_form(at: At, viewer: SignedIn, request: Request, use: Used) -> Response:
    """The entry form for another time period type, with what was typed so far."""
    return show(request, viewer, ENTRY_FORM, read_week(at, viewer, use, dict(request.query_params)))


@router.get("/people/{staff_id}/week/{day}/entries")
@router.get("/people/{staff_id}/week/{day}/entries/{entry_id}")
@router.get("/people/{staff_id}/week/{day}/entries/{entry_id}/removal")
def entries(at: At, viewer: SignedIn, entry_id: UUID | None = None) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the form."""
    return go_to(at.address + (f"?edit={entry_id}" if entry_id else ""))


@router.post("/people/{staff_id}/week/{day}/entries")
async def record(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Record time."""
    return await _give(request, viewer, use, at, form, CommandKind.RECORD, lambda fields: Record(fields()), "Recorded.")


@router.post("/people/{staff_id}/week/{day}/entries/{entry_id}")
async def amend(at: At, entry_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Amend an entry."""
    form["edit"] = str(entry_id)
    return await _give(
        request,
        viewer,
        use,
        at,
        form,
        CommandKind.AMEND,
        lambda fields: Amend(entry_id, version_in(form), fields()),
        "Changed.",
    )


@router.post("/people/{staff_id}/week/{day}/entries/{entry_id}/removal")
async def remove(at: At, entry_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Remove an entry; its versions stay on record."""
    form["edit"] = str(entry_id)
    return await _give(
        request,
        viewer,
        use,
        at,
        form,
        CommandKind.REMOVE,
        lambda _fields: Remove(entry_id, version_in(form)),
        "Removed. The record keeps what was there.",
    )


async def _give(
    request: Request,
    viewer: Viewer,
    use: Used,
    at: Place,
    form: dict[str, str],
    kind: CommandKind,
    body: Callable[[Callable[[], EntryFields]], Body],
    done: str,
) -> Response:
    """Give an entry command and look at the day again."""
    form.setdefault("day", at.day.isoformat())

    async def give() -> Response:
        asked, types, zone = await run_in_threadpool(_asked, viewer, use, at, form, kind, body)
        try:
            await use.commands.give(onlooker_of(viewer), asked)
        except Invalid as refused:
            raise in_words(refused, types, zone) from refused
        return go_to(Place(at.staff_id, parse_day(form["day"]) or at.day).address, done)

    return await or_show_again(request, viewer, WEEK, read_week(at, viewer, use, form), form, give())


def _asked(
    viewer: Viewer,
    use: Used,
    at: Place,
    form: dict[str, str],
    kind: CommandKind,
    body: Callable[[Callable[[], EntryFields]], Body],
) -> tuple[Asked, tuple[TypeShown, ...], ZoneInfo]:
    """The command, and the types and the zone that its owner knows entries by."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        circle = circle_for(session, onlooker, person_by_staff_id(session, at.staff_id).id)
        types = all_types(session)
        week_starts_on = session.get_one(TenantPolicy, viewer.tenant_id).week_starts_on
    built = body(lambda: entry_fields(form, types, circle.owner.zone))
    # Amending and removing stay on the timesheet that the page shows; recording goes where the day belongs.
    day = local_date(built.fields.start, circle.owner.zone) if isinstance(built, Record) else at.day
    period = period_of(day, week_starts_on)
    key = SheetKey(viewer.tenant_id, timesheet_id(viewer.tenant_id, circle.owner.id, period.start))
    return asked_by(viewer, circle, kind, key, period, built, form), types, circle.owner.zone


def read_week(at: Place, viewer: Viewer, use: Used, typed: dict[str, str]) -> Read:
    """Reads the week of a place, with the form that was typed into."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        owner = person_by_staff_id(session, at.staff_id)
        shown = week_page(session, onlooker, WeekOf(owner.id, at.day, use.now(), viewer.zone))
        edited = _edited(shown, typed.get("edit"))
        return {
            "week": shown,
            "base": at.address,
            "edited": edited,
            "type": _chosen_type(shown, typed.get("type_id"), edited),
            "form": typed if "type_id" in typed else {},
            "new_line": typed.get("row", ""),
            "page_title": f"Week of {owner.name}",
        }

    return read


def _edited(shown: WeekShown, entry_id: str | None) -> EntryShown | None:
    """The entry whose form is open, if it is on this week."""
    wanted = parse_id(entry_id or "")
    return next((entry for day in shown.days for entry in day.entries if entry.id == wanted), None)


def _chosen_type(shown: WeekShown, type_id: str | None, edited: EntryShown | None) -> TypeShown | None:
    """The type whose fields the form shows: what was chosen, else the edited entry's, else the first."""
    wanted = parse_id(type_id or "") or (edited.type.id if edited else None)
    if edited and edited.type.id == wanted:
        return edited.type
    return next((type_ for type_ in shown.types if type_.id == wanted), next(iter(shown.types), None))


def _whose(viewer: Viewer, use: Used) -> str:
    onlooker = onlooker_of(viewer)
    if onlooker.acting_for_id is None:
        return viewer.staff_id
    with use.reading(onlooker) as session:
        return staff_id_of(session, onlooker.acting_for_id)
