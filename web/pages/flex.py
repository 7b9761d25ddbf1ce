"""Shifts changed at short notice: the form, what a change would be called while it is typed, and the record of it."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from models.commands import AddFlexChange
from models.database import ReadSession
from models.errors import Invalid, NotFound
from models.reads.flex import LABELS, FlexPreview, person_called, preview_of, who_authorises, works_on
from models.reads.shown import EntryShown
from models.reads.viewer import Onlooker, circle_for
from models.rules.days import local_date
from models.rules.flex import FlexType, Shift, ShiftChange
from models.rules.periods import period_of
from models.store.people import Circle
from web.auth.viewer import Viewer
from web.forms import parse_day, shift_times, text, version_in
from web.pages.day import carry_out
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.pages.week import At, Place, read_week
from web.pages.week_commands import WeekAsked

router = APIRouter()

FLEX = Template(
    "flex.html",
    "partials/flex.html",
    refused_into="dialog",
    fields=frozenset({"type", "day", "start", "finish", "authorised_by", "note", "reason"}),
)
PREVIEW = Template("partials/flex_preview.html", "partials/flex_preview.html")

ADDRESS = "/people/{staff_id}/week/{day}/entries/{entry_id}/flex-change"


@router.get(ADDRESS)
def flex_change(at: At, entry_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """Ask how a shift was changed; what was typed so far is measured at once."""
    return show(request, viewer, FLEX, _read(at, entry_id, viewer, use, dict(request.query_params)))


@router.get(f"{ADDRESS}/preview")
def preview(at: At, entry_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """Which types a change satisfies, while it is typed."""
    return show(request, viewer, PREVIEW, _read(at, entry_id, viewer, use, dict(request.query_params)))


@router.post(ADDRESS)
async def add_flex_change(
    at: At, entry_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used
) -> Response:
    """Record that a shift was changed, and change its entry so."""

    async def give() -> Response:
        try:
            await carry_out(viewer, use, at, form, lambda week: [_change(week, entry_id)])
        except Invalid as refused:
            raise _by_label(refused) from refused
        return go_to(
            Place(at.staff_id, parse_day(form.get("day", "")) or at.day).address,
            f"Recorded: {LABELS[FlexType(form['type'])][0].lower()}. The record of the change stays as it is.",
        )

    return await or_show_again(request, viewer, FLEX, _read(at, entry_id, viewer, use, form), form, give())


def _change(week: WeekAsked, entry_id: UUID) -> AddFlexChange:
    form = week.form
    type_, start, end = _typed(form, week.zone)
    period = period_of(local_date(start, week.zone), week.week_starts_on)
    name = text(form, "authorised_by") or ""
    return AddFlexChange(
        type=type_,
        entry_id=entry_id,
        version=version_in(form),
        start=start,
        end=end,
        authorised_by=name,
        authorised_by_id=person_called(week.circle, name),
        note=text(form, "note"),
        moves_to=period.start if period != week.period else None,
    )


def _typed(form: dict[str, str], zone: ZoneInfo) -> tuple[FlexType, datetime, datetime]:
    """The type and the new times. Raises `Invalid` with everything that cannot be understood."""
    errors = _missing(form)
    try:
        start, end = shift_times(form, zone)
    except Invalid as refused:
        raise Invalid(refused.message, errors=[*refused.data["errors"], *errors]) from refused
    if errors:
        raise Invalid(errors[0]["message"], errors=errors)
    return FlexType(form["type"]), start, end


def _by_label(refused: Invalid) -> Invalid:
    """The same refusal, with the types that the change is of as people call them."""
    errors = refused.data["errors"]
    of_type = [error for error in errors if error["field"] == "type"]
    for error in of_type:
        error["data"] = [f"It is {LABELS[FlexType(name)][0].lower()}." for name in error["data"]]
    return Invalid(refused.message, errors=errors)


def _missing(form: dict[str, str]) -> list[dict[str, Any]]:
    refused = []
    if form.get("type") not in {type_.value for type_ in FlexType}:
        refused.append(Invalid.field("type", "Choose what kind of change it was."))
    if not text(form, "authorised_by"):
        refused.append(Invalid.field("authorisedBy", "Say who authorised it."))
    return [error for each in refused for error in each.data["errors"]]


def _read(at: Place, entry_id: UUID, viewer: Viewer, use: Used, typed: dict[str, str]) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = read_week(at, viewer, use, {"edit": str(entry_id)})(session, onlooker)
        entry: EntryShown | None = found["edited"]
        if entry is None:
            raise NotFound("There is no such page, or you may not see it.")
        circle = circle_for(session, onlooker, found["week"].owner.id)
        words, problem = _previewed(session, circle, entry, typed)
        return found | {
            "entry": entry,
            "form": typed,
            "types": LABELS,
            "above": who_authorises(circle),
            "preview": words,
            "unreadable": problem,
            "chosen": typed.get("type", ""),
            "page_title": "Shift changed at short notice",
        }

    return read


def _previewed(
    session: ReadSession, circle: Circle, entry: EntryShown, typed: dict[str, str]
) -> tuple[FlexPreview | None, str | None]:
    """What the typed change is; or why that cannot be said, unless it is that nothing was typed yet."""
    if entry.end is None or not (typed.get("start", "").strip() and typed.get("finish", "").strip()):
        return None, None
    zone = circle.owner.zone
    try:
        start, end = shift_times({"day": str(entry.day)} | typed, zone)
    except Invalid as refused:
        return None, refused.message
    day = local_date(start, zone)
    busy = works_on(session, circle.owner.id, day, zone, entry.id)
    return preview_of(ShiftChange(Shift(entry.start, entry.end), Shift(start, end), zone, busy), day), None
