"""What a change would do to balances, before it is made: asked on the form of the change, answered on a page."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.reads.what_if import PAGE, Affected, Looked, affected, all_affected, looked_at, outcomes, titles_of
from models.rules.accrual_types import ACCRUAL_TITLES, ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.agreements import AgreementContent
from models.rules.period_types import TypeContent
from models.rules.policy import Action
from models.rules.supposed import HolidayContent, Supposed, TargetForAll
from models.rules.typed_totals import UnreadableTotal, parse_total, signed_total_text, total_text
from models.store.changes import GivenBy
from models.store.supposing import look_at, made_from, make, supposed_in
from models.tables.accruals import AccrualRebuild
from web.api.lists import key_of_cursor, next_cursor, not_ours
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.cells import Cell, csv_of
from web.forms import parse_day
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.pages.rebuilds import ADDRESS as REBUILDS
from web.pages.rebuilds import LOOKS as ADDRESS
from web.pages.rebuilds import rebuild_list, watched
from web.services import Services

router = APIRouter()

ASKED = Template("what_if.html", "what_if.html", fields=frozenset({"type", "on", "target"}))
ANSWER = Template("looked_at.html", "partials/looked_at.html")

COLUMNS = ("staff_id", "name", "accrual_type", "unit", "date", "before", "after", "difference")


def look(viewer: Viewer, use: Services, form: dict[str, str], suppose: Callable[[WriteSession], Supposed]) -> Response:
    """Have it looked at what the change in a form would do, and lead to the answer; from the thread of a request.

    Raises what making the change would raise.
    """
    given = given_by(viewer, form)
    id_ = change(viewer, use, Action.MANAGE_BALANCES, lambda session: look_at(session, given, suppose(session)))
    return go_to(f"{ADDRESS}/{id_}")


@router.get(ADDRESS)
def asked(viewer: SignedIn, request: Request, use: Used, after: str | None = None) -> Response:
    """The form of a target for everybody, and every change that was looked at."""
    return show(request, viewer, ASKED, _read_all(viewer, use.now(), after))


@router.post(ADDRESS)
async def look_at_target(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Look at a target for everybody."""

    async def give() -> Response:
        return await run_in_threadpool(look, viewer, use, form, lambda _: Supposed(_target(form)))

    return await or_show_again(request, viewer, ASKED, _read_all(viewer, use.now()), form, give())


@router.get(f"{ADDRESS}/{{rebuild_id}}")
def answer(
    rebuild_id: UUID, viewer: SignedIn, request: Request, use: Used, of: str = "", after: str | None = None
) -> Response:
    """What a change would do, or how far the look at it is."""
    return show(request, viewer, ANSWER, _read(viewer, use.now(), rebuild_id, of, after))


@router.get(f"{ADDRESS}/{{rebuild_id}}/change")
def made(rebuild_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the answer."""
    return go_to(f"{ADDRESS}/{rebuild_id}")


@router.post(f"{ADDRESS}/{{rebuild_id}}/change")
async def make_it(rebuild_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Make a change that was looked at, and show the rebuild that follows."""

    async def give() -> Response:
        follows = await run_in_threadpool(_make, viewer, use, rebuild_id)
        if follows is None:
            return go_to(f"{ADDRESS}/{rebuild_id}", "It is made. The balances follow it already.")
        return go_to(f"{REBUILDS}/{follows}", "It is made. The balances follow now.")

    return await or_show_again(request, viewer, ANSWER, _read(viewer, use.now(), rebuild_id), form, give())


@router.get(f"{ADDRESS}/{{rebuild_id}}/differences.csv")
def differences(rebuild_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """Every balance that would change, as CSV."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.MANAGE_BALANCES)
        supposed_in(session, rebuild_id)
    return files.attachment(_csv(use, onlooker, rebuild_id), files.CSV, "what-if", rebuild_id.hex[:8], "csv")


def _make(viewer: Viewer, use: Services, rebuild_id: UUID) -> UUID | None:
    """The rebuild that follows; None when the change was small enough to be followed at once."""

    def do(session: WriteSession) -> UUID | None:
        supposed = supposed_in(session, rebuild_id)
        given = made_from(GivenBy(viewer.tenant_id, viewer.person_id, rebuild_id), rebuild_id)
        if looked_at(session, onlooker_of(viewer), rebuild_id, viewer.zone).made is None:
            make(session, given, supposed)
        follows = session.get(AccrualRebuild, given.makes("rebuild"))
        return follows.id if follows else None

    return change(viewer, use, Action.MANAGE_BALANCES, do)


def _csv(use: Services, onlooker: Onlooker, rebuild_id: UUID) -> Iterator[bytes]:
    with use.reading(onlooker) as session:
        rows = (_cells(each) for each in all_affected(session, rebuild_id))
        for line in csv_of(COLUMNS, rows):
            yield line.encode()


def _cells(each: Affected) -> tuple[Cell, ...]:
    who = each.person.staff_id, each.person.name
    return *who, each.code.value, each.unit.value, each.day, each.before, each.after, each.difference


def _read_all(viewer: Viewer, now: datetime, after: str | None = None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        found = rebuild_list(session, viewer, after, looks=True)
        return found | {
            "titles": titles_of(session, onlooker, [each.id for each in found["rebuilds"]]),
            "accrual_titles": ACCRUAL_TITLES,
            "today": now.astimezone(viewer.zone).date(),
            "page_title": "What if",
        }

    return read


def _read(viewer: Viewer, now: datetime, rebuild_id: UUID, type_: str = "", after: str | None = None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        looked = looked_at(session, onlooker, rebuild_id, viewer.zone)
        code = _code(type_)
        working = looked.progress.working
        rows = [] if working else affected(session, rebuild_id, code, _key(after))
        return watched(session, looked.progress, now) | {
            "looked": looked,
            "subject": _address(looked),
            "outcomes": () if working else outcomes(session, rebuild_id),
            "affected": rows[:PAGE],
            "code": code,
            "code_title": ACCRUAL_TITLES[code] if code else "",
            "total": total_text,
            "signed": signed_total_text,
            "next_cursor": next_cursor(rows[PAGE - 1].key) if len(rows) > PAGE else None,
            "page_title": f"What if: {looked.title}",
        }

    return read


def _address(looked: Looked) -> str:
    """The page of what is changed."""
    match looked.supposed.content:
        case TypeContent():
            return f"/admin/types/{looked.supposed.subject_id}"
        case AgreementContent():
            return (
                f"/admin/agreements/{looked.supposed.subject_id}" if looked.supposed.subject_id else "/admin/agreements"
            )
        case HolidayContent(place=place, day=day):
            return f"/admin/holidays?{urlencode({'place': place, 'year': day.year})}"
        case TargetForAll():
            return ADDRESS


def _code(typed: str) -> AccrualCode | None:
    """The accrual type that the list is narrowed to; None for every one, also for one that there is not."""
    return AccrualCode(typed) if typed in ACCRUAL_TITLES else None


def _key(cursor: str | None) -> tuple[int, UUID, str, date] | None:
    """Raises `Invalid` for a cursor that is none of ours."""
    if cursor is None:
        return None
    try:
        weight, person_id, type_, day = key_of_cursor(cursor)
        if not (weight.isascii() and weight.isdigit() and len(weight) < 16):
            raise not_ours()
        return int(weight), UUID(person_id), type_, date.fromisoformat(day)
    except ValueError:
        raise not_ours() from None


def _target(form: dict[str, str]) -> TargetForAll:
    """A target for everybody as typed. Raises `Invalid`."""
    code, on = _code(form.get("type", "")), parse_day(form.get("on", "").strip())
    errors = [] if code else [_error("type", "Choose an accrual type.")]
    errors += [] if on else [_error("on", "Write a day such as 2026-11-18.")]
    target = _total(form, ACCRUAL_TYPES[code].unit if code else Unit.MINUTES, errors)
    if errors or code is None or on is None or target is None:
        raise Invalid(errors[0]["message"], errors=errors)
    return TargetForAll(code, on, target)


def _total(form: dict[str, str], unit: Unit, errors: list[dict[str, Any]]) -> int | None:
    try:
        return parse_total(form.get("target", ""), unit)
    except UnreadableTotal as unreadable:
        errors.append(_error("target", str(unreadable)))
        return None


def _error(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message, "data": []}
