"""Public holidays by place and year: those there are, those an organisation adds, and those it leaves out."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.calendars import places
from models.database import ReadSession
from models.errors import DomainError, Invalid
from models.reads.holidays import YEARS, day_words, holiday_page
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.rules.supposed import HolidayContent, HolidayKind, Supposed
from models.store.holidays import LONGEST_NAME, set_holiday
from web.auth.viewer import Viewer
from web.errors import form_errors, status_of
from web.forms import parse_day, text
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.pages.what_if import look
from web.services import Services

router = APIRouter()

ADDRESS = "/admin/holidays"
HOLIDAYS = Template("admin_holidays.html", "admin_holidays.html", fields=frozenset({"place", "year", "date", "name"}))

DONE = {
    HolidayKind.ADDED: "is a public holiday now.",
    HolidayKind.REMOVED: "is left out now.",
    None: "is as the calendar has it again.",
}


@router.get(ADDRESS)
def holidays(viewer: SignedIn, request: Request, use: Used, place: str = "", year: str = "") -> Response:
    """The public holidays of a place in a year, and every change of them."""
    try:
        return show(request, viewer, HOLIDAYS, _read(viewer, use, place, year))
    except Invalid as refused:
        told = {"errors": form_errors(refused, HOLIDAYS.fields), "form": {"place": place, "year": year}}
        return show(request, viewer, HOLIDAYS, _read(viewer, use), status_of(refused), **told)


@router.post(ADDRESS)
async def change_day(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add a day, leave one out, or take either back; balances follow."""

    def do() -> HolidayContent:
        given, content = given_by(viewer, form), _content(form)
        change(viewer, use, Action.MANAGE_BALANCES, lambda session: set_holiday(session, given, content))
        return content

    async def give() -> Response:
        content = await run_in_threadpool(do)
        return go_to(address_of(content.place, content.day.year), f"{day_words(content.day)} {DONE[content.kind]}")

    return await or_show_again(request, viewer, HOLIDAYS, _read_form(viewer, use, form), form, give(), _told(form))


@router.get(f"{ADDRESS}/what-if")
def looked(viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the holidays."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/what-if")
async def look_at_day(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Look at what such a change would do."""

    async def give() -> Response:
        return await run_in_threadpool(look, viewer, use, form, lambda _: Supposed(_content(form)))

    return await or_show_again(request, viewer, HOLIDAYS, _read_form(viewer, use, form), form, give(), _told(form))


def address_of(place: str, year: int) -> str:
    """The page of a place's year."""
    return f"{ADDRESS}?{urlencode({'place': place, 'year': year})}"


def _read_form(viewer: Viewer, use: Services, form: dict[str, str]) -> Read:
    """The year that a form was sent from, if there is such a place and year."""
    place, year = form.get("place", ""), form.get("year", "")
    known = place in places() and year in map(str, YEARS)
    return _read(viewer, use, place, year) if known else _read(viewer, use)


def _told(form: dict[str, str]) -> Callable[[DomainError], dict[str, Any]]:
    """Beside the fields of the form that adds a day; of the buttons in the list, above it."""
    adds = form.get("kind") == HolidayKind.ADDED
    fields = HOLIDAYS.fields if adds else frozenset[str]()
    return lambda error: {"errors": form_errors(error, fields), "form": form if adds else {}}


def _read(viewer: Viewer, use: Services, place: str = "", year: str = "") -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        today = use.now().astimezone(viewer.zone).date()
        page = holiday_page(session, onlooker, place.strip().upper() or None, _year(year, today), viewer.zone)
        return {
            "shown": page,
            "places": sorted(places()),
            "longest_name": LONGEST_NAME,
            "today": today,
            "changes": page.changes,
            "page_title": f"Public holidays of {page.place}",
        }

    return read


def _year(typed: str, today: date) -> int:
    """Raises `Invalid` for what is no year."""
    if not typed.strip():
        return today.year
    if not (typed.strip().isascii() and typed.strip().isdigit() and len(typed.strip()) == 4):
        raise Invalid.field("year", "Write a year such as 2026.")
    return int(typed)


def _content(form: dict[str, str]) -> HolidayContent:
    """A day as typed. Raises `Invalid` for what cannot be understood at all."""
    day, said = parse_day(form.get("date", "").strip()), form.get("kind", "")
    if day is None or day.year not in YEARS:
        raise Invalid.field("date", f"Write a day such as 2026-12-24, from {YEARS[0]} to {YEARS[-1]}.")
    if said not in ("", *HolidayKind):
        raise Invalid("This form does not say what to do. Reload the page and try again.", errors=[])
    kind = HolidayKind(said) if said else None
    name = (text(form, "name") or "") if kind is HolidayKind.ADDED else ""
    return HolidayContent(form.get("place", "").strip(), day, kind, name)
