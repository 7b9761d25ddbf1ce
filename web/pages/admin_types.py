"""Time period types, as administrators see and change them."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.directory import changes_of, find_types, people_by_staff_id, staff_ids_of
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.accrual_types import ACCRUAL_TITLES
from models.rules.entry_fields import HIDDEN, OPTIONAL
from models.rules.period_types import (
    ACCENTS,
    BY_CLOCK,
    FIELD_RULES,
    FIELDS,
    TARGET_HOURS,
    TypeContent,
)
from models.rules.policy import Action
from models.rules.supposed import Supposed
from models.store.changes import GivenBy, Kept
from models.store.period_types import create_type, kept_type, replace_type
from web.auth.viewer import Viewer
from web.forms import parse_day, parse_id, text, version_in
from web.pages.admin import YES, change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.pages.what_if import look

router = APIRouter()

TYPES = Template("admin_types.html", "admin_types.html")
TYPE = Template(
    "admin_type.html",
    "admin_type.html",
    fields=frozenset(
        {"name", "valueType", *(f"fields.{field}" for field in FIELDS), "countsToTargetHours", "accrualTypes"}
        | {"effectiveFrom", "effectiveTo", "personIds", "accent", "position"}
    ),
)
PREVIEW = Template("admin_type.html", "partials/type_preview.html")


@router.get("/admin/types")
def types(viewer: SignedIn, request: Request) -> Response:
    """Every time period type."""
    return show(request, viewer, TYPES, _read_all(viewer))


@router.post("/admin/types")
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add a type: from then on it is drawn and checked everywhere."""

    def do() -> Kept[TypeContent]:
        given = given_by(viewer, form)
        return change(
            viewer, use, Action.MANAGE_TYPES, lambda session: create_type(session, given, _content(session, form))
        )

    async def give() -> Response:
        created = (await run_in_threadpool(do)).content
        return go_to("/admin/types", f"Added {created.name}. It can be recorded from now on.")

    return await or_show_again(request, viewer, TYPE, _read(viewer, typed=form), form, give())


@router.get("/admin/types/new")
def new(viewer: SignedIn, request: Request) -> Response:
    """The form of a new type."""
    return show(request, viewer, TYPE, _read(viewer))


@router.get("/admin/types/preview")
def previewed(viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the form."""
    return go_to("/admin/types/new")


@router.post("/admin/types/preview")
def preview(viewer: SignedIn, form: Posted, request: Request) -> Response:
    """How the entry form of a type will look, as typed so far. It changes nothing."""
    return show(request, viewer, PREVIEW, _read(viewer, parse_id(form.get("type_id", "")), form))


@router.get("/admin/types/{type_id}")
def type_(type_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """One type, and every change of it."""
    return show(request, viewer, TYPE, _read(viewer, type_id))


@router.post("/admin/types/{type_id}")
async def replace(type_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change a type."""

    def do() -> Kept[TypeContent]:
        given, version = given_by(viewer, form), version_in(form)
        return change(
            viewer, use, Action.MANAGE_TYPES, lambda session: _replace(session, given, type_id, version, form)
        )

    async def give() -> Response:
        await run_in_threadpool(do)
        return go_to(f"/admin/types/{type_id}", "Saved. The change stands below.")

    return await or_show_again(request, viewer, TYPE, _read(viewer, type_id, form), form, give())


@router.get("/admin/types/{type_id}/what-if")
def looked(type_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the type."""
    return go_to(f"/admin/types/{type_id}")


@router.post("/admin/types/{type_id}/what-if")
async def look_at_type(type_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Look at what a change of a type would do to balances."""

    def suppose(session: WriteSession) -> Supposed:
        return Supposed(_changed(session, type_id, form), type_id, version_in(form))

    async def give() -> Response:
        return await run_in_threadpool(look, viewer, use, form, suppose)

    return await or_show_again(request, viewer, TYPE, _read(viewer, type_id, form), form, give())


def _replace(
    session: WriteSession, given: GivenBy, type_id: UUID, version: int, form: dict[str, str]
) -> Kept[TypeContent]:
    return replace_type(session, given, type_id, version, _changed(session, type_id, form))


def _changed(session: WriteSession, type_id: UUID, form: dict[str, str]) -> TypeContent:
    """A type that there is, with what was typed; how it is recorded stays where the form does not say it."""
    fixed = {"valueType": kept_type(session, type_id).content.value_type}
    return _content(session, fixed | form)


def _read_all(viewer: Viewer) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_TYPES)
        return {
            "types": find_types(session),
            "page_title": "Types",
        }

    return read


def _read(viewer: Viewer, type_id: UUID | None = None, typed: dict[str, str] | None = None) -> Read:
    """What the page of a type shows, with what was typed; of none yet without an id."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_TYPES)
        kept = kept_type(session, type_id) if type_id else None
        content = kept.content if kept else _blank()
        return {
            "kept": kept,
            "content": content,
            "form": typed or {},
            "staff_ids": ", ".join(staff_ids_of(session, content.person_ids or frozenset())),
            "sample": _drawn(typed or {}, content),
            "field_words": FIELD_WORDS,
            "rules_of_fields": FIELD_RULES,
            "accrual_titles": {code: title for code, title in ACCRUAL_TITLES.items() if code != TARGET_HOURS},
            "accents": ACCENTS,
            "changes": changes_of(session, kept.id, viewer.zone) if kept else (),
            "page_title": content.name if kept else "Add a type",
        }

    return read


FIELD_WORDS = dict(zip(FIELDS, ("Project", "Task", "Note", "Meal break"), strict=True))


def _blank() -> TypeContent:
    """What the form of a new type begins with."""
    fields = {"project": OPTIONAL, "task": OPTIONAL, "note": OPTIONAL, "mealBreak": HIDDEN}
    return TypeContent("", BY_CLOCK, fields)


def _drawn(form: dict[str, str], present: TypeContent) -> dict[str, Any]:
    """What the preview draws: what was typed so far, else what is."""
    return {
        "name": form.get("name", present.name).strip() or "New type",
        "value_type": form.get("valueType", present.value_type),
        "fields": {field: form.get(f"fields.{field}", present.fields.get(field, HIDDEN)) for field in FIELDS},
    }


def _content(session: WriteSession, form: dict[str, str]) -> TypeContent:
    """A type as typed. Raises `Invalid` for what cannot be understood at all."""
    return TypeContent(
        name=text(form, "name") or "",
        value_type=form.get("valueType", ""),
        fields={field: form.get(f"fields.{field}", HIDDEN) for field in FIELDS},
        counts_to_target_hours=form.get("countsToTargetHours") == YES,
        accrual_types=frozenset(code.value for code in ACCRUAL_TITLES if form.get(f"accrual_{code}") == YES),
        effective_from=_day(form, "effectiveFrom"),
        effective_to=_day(form, "effectiveTo"),
        person_ids=_people(session, form),
        accent=form.get("accent") or None,
        position=_number(form, "position"),
    )


def _people(session: WriteSession, form: dict[str, str]) -> frozenset[UUID] | None:
    """Those named by staff id, with commas or blanks between them; None when nobody is: it is for everybody."""
    named = (text(form, "personIds") or "").replace(",", " ").split()
    if not named:
        return None
    found = people_by_staff_id(session, named)
    unknown = [staff_id for staff_id in named if staff_id not in found]
    if unknown:
        raise Invalid.field("personIds", f"There is no person with the staff id {unknown[0][:50]}.")
    return frozenset(found.values())


def _day(form: dict[str, str], name: str) -> date | None:
    typed = form.get(name, "").strip()
    day = parse_day(typed)
    if typed and day is None:
        raise Invalid.field(name, "Write a day such as 2026-11-18.")
    return day


def _number(form: dict[str, str], name: str) -> int | None:
    typed = form.get(name, "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 9):
        raise Invalid.field(name, "Write a whole number.")
    return int(typed) if typed else None
