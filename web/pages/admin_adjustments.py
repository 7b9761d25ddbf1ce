"""Adjustments of balances, as administrators see and make them; a wrong one is never changed but gets its opposite."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.adjustments import AdjustmentsAsked, adjustment_rows, adjustment_shown, left_on
from models.reads.agreements import person_of
from models.reads.directory import holders, people_by_staff_id
from models.reads.people import person_by_staff_id, require
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, AccrualType
from models.rules.policy import Action, Role
from models.rules.typed_totals import UnreadableTotal, parse_total, signed_total_text, total_text
from models.store.adjustments import LONGEST_REASON, AdjustmentContent, adjust
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.forms import Form, parse_day, parse_id, text
from web.pages.admin import change, given_by
from web.pages.agreement_form import person_named
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.services import Services

router = APIRouter()

ADJUSTMENTS = Template("admin_adjustments.html", "admin_adjustments.html")
ADJUSTMENT = Template(
    "admin_adjustment.html",
    "admin_adjustment.html",
    fields=frozenset({"person", "type", "date", "value", "reason"}),
)
PREVIEW = Template("admin_adjustment.html", "partials/adjustment_preview.html")

ADDRESS = "/admin/adjustments"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """What an adjustment as typed so far would do."""

    person: PersonShown
    type: AccrualType
    day: date
    before: int
    after: int
    """What is left at the end of the day; minutes or a count."""


@router.get(ADDRESS)
def adjustments(
    viewer: SignedIn,
    request: Request,
    q: str = "",
    type: str = "",  # noqa: A002 - what the address calls it
    from_: Annotated[str, Query(alias="from")] = "",
    to: str = "",
    after: str | None = None,
) -> Response:
    """What was given and taken by hand, by whom and why."""
    asked = AdjustmentsAsked(q, _code(type), parse_day(from_), parse_day(to))
    return show(request, viewer, ADJUSTMENTS, _read_all(viewer, asked, after))


@router.post(ADDRESS)
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Adjust somebody's balance."""

    def do() -> Response:
        given = given_by(viewer, form)

        def make(session: WriteSession) -> str:
            content = _content(form, person_named(session, form))
            adjust(session, given, content)
            return _told(session, content)

        return go_to(ADDRESS, change(viewer, use, Action.MANAGE_BALANCES, make))

    async def give() -> Response:
        return await run_in_threadpool(do)

    return await or_show_again(request, viewer, ADJUSTMENT, _read(viewer, use, form), form, give())


@router.get(f"{ADDRESS}/new")
def new(viewer: SignedIn, request: Request, use: Used) -> Response:
    """The form of a new adjustment: for nobody yet, for somebody, or one that takes another one back."""
    return show(request, viewer, ADJUSTMENT, _read(viewer, use, dict(request.query_params)))


@router.get(f"{ADDRESS}/preview")
def previewed(viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the form."""
    return go_to(f"{ADDRESS}/new")


@router.post(f"{ADDRESS}/preview")
def preview(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """What would remain, as typed so far. It changes nothing."""
    return show(request, viewer, PREVIEW, _read(viewer, use, form), form=form)


def _read_all(viewer: Viewer, asked: AdjustmentsAsked, after: str | None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
        found = adjustment_rows(session, asked, key, PAGE + 1, viewer.zone)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "rows": found[:PAGE],
            "next_cursor": next_cursor((last.at, last.id)) if last else None,
            "asked": asked,
            "accrual_types": ACCRUAL_TYPES,
            "page_title": "Adjustments",
        }

    return read


def _read(viewer: Viewer, use: Services, typed: dict[str, str]) -> Read:
    """The form with what was typed, or with what an address asks for."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        begun = {"date": _today(viewer, use).isoformat()} | _opposite(session, viewer, typed) | typed
        staff_id = begun.get("person", "")
        known = people_by_staff_id(session, [staff_id])
        person = person_by_staff_id(session, staff_id) if known else None
        words, effect = _previewed(session, viewer, person, begun)
        return {
            "person": person,
            "people": () if person else holders(session, Role.WORKER),
            "begun": begun,
            "accrual_types": ACCRUAL_TYPES,
            "longest_reason": LONGEST_REASON,
            "hint": words,
            "preview": effect,
            "page_title": "Adjust a balance",
        }

    return read


def _today(viewer: Viewer, use: Services) -> date:
    return use.now().astimezone(viewer.zone).date()


def _opposite(session: ReadSession, viewer: Viewer, typed: Form) -> dict[str, str]:
    """What takes back the adjustment that an address names."""
    wanted = parse_id(typed.get("reverses", ""))
    if wanted is None:
        return {}
    found = adjustment_shown(session, wanted, viewer.zone)
    day = f"{found.day.day} {found.day:%B %Y}"
    return {
        "person": found.person.staff_id,
        "type": found.code.value,
        "date": found.day.isoformat(),
        "value": signed_total_text(-found.value, found.type.unit),
        "reason": f"Takes back the adjustment of {day}: {found.reason}"[:LONGEST_REASON],
    }


def _previewed(
    session: ReadSession, viewer: Viewer, person: PersonShown | None, typed: Mapping[str, str]
) -> tuple[str, Preview | None]:
    """What an adjustment would do; or why that cannot be said yet."""
    code, day, size = _code(typed.get("type", "")), parse_day(typed.get("date", "")), typed.get("value", "").strip()
    if person is None or code is None or day is None or not size:
        return "Say whose balance it is, the type, the day and how much: then it is said here what would remain.", None
    if person.id == viewer.person_id:
        return "Nobody adjusts their own balances: another administrator has to do this.", None
    try:
        value = parse_total(size, ACCRUAL_TYPES[code].unit)
    except UnreadableTotal as unreadable:
        return str(unreadable), None
    left = left_on(session, person.id, code, day)
    if left is None:
        return f"{person.name} has no agreement on this day, so there is no balance to adjust.", None
    return "", Preview(person, ACCRUAL_TYPES[code], day, left, left + value)


def _told(session: WriteSession, content: AdjustmentContent) -> str:
    """Duane Barry: Flexible credits 12 → 11 on 16 November 2026."""
    left = left_on(session, content.person_id, content.code, content.day)
    assert left is not None  # nothing is adjusted where no agreement is in force
    type_, day = ACCRUAL_TYPES[content.code], f"{content.day.day} {content.day:%B %Y}"
    before, after = (total_text(value, type_.unit) for value in (left - content.value, left))
    return f"{person_of(session, content.person_id).name}: {type_.title} {before} → {after} on {day}."


def _code(name: str) -> AccrualCode | None:
    return AccrualCode(name) if name in {code.value for code in AccrualCode} else None


def _content(form: Form, person_id: UUID) -> AdjustmentContent:
    """An adjustment as typed. Raises `Invalid` with everything that cannot be understood at all."""
    errors: list[dict[str, Any]] = []
    code, day = _code(form.get("type", "")), parse_day(form.get("date", "").strip())
    if code is None:
        errors.append(_error("type", "Choose what is adjusted."))
    if day is None:
        errors.append(_error("date", "Write a day such as 2026-11-18."))
    value = _value(form, code, errors) if code else 0
    reason = text(form, "reason") or ""
    if not reason or len(reason) > LONGEST_REASON:
        errors.append(_error("reason", f"Say why, in at most {LONGEST_REASON} characters."))
    if errors or code is None or day is None:
        raise Invalid(errors[0]["message"], errors=errors)
    return AdjustmentContent(person_id, code, day, value, reason)


def _value(form: Form, code: AccrualCode, errors: list[dict[str, Any]]) -> int:
    typed = form.get("value", "").strip()
    try:
        value = parse_total(typed, ACCRUAL_TYPES[code].unit) if typed else 0
    except UnreadableTotal as unreadable:
        errors.append(_error("value", str(unreadable)))
        return 0
    if value == 0:
        errors.append(_error("value", "Say how much, with a minus to take it away."))
    return value


def _error(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message, "data": []}
