"""Separation of duties: the checks that were made, what they found, and checking any period now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.duties import PAGE, CheckListed, CheckShown, check_shown, checks
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.duty_words import WHAT_IS_FINE
from models.rules.policy import Action
from models.store.duties import NIGHTLY_DAYS, AskedCheck, run_check
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.cells import Cell, csv_of
from web.forms import parse_day
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services

router = APIRouter()

ADDRESS = "/admin/duties"
DUTIES = Template("admin_duties.html", "admin_duties.html", fields=frozenset({"from", "to"}))
CHECK = Template("admin_duty_check.html", "admin_duty_check.html")

COLUMNS = (
    "Finding",
    "Kind",
    "Breach",
    "Sentence",
    "Decision",
    "Decided at",
    "By",
    "In the name of",
    "Owner",
    "Period start",
    "Timesheet",
)


@router.get(ADDRESS)
def duties(viewer: SignedIn, request: Request, use: Used, after: str | None = None) -> Response:
    """The checks that were made, the newest first."""
    return show(request, viewer, DUTIES, _read(viewer, use, after))


@router.post(ADDRESS)
async def check_now(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Check a period now. Sent twice it is one check."""

    def give() -> Response:
        given = given_by(viewer, form)
        days = [parse_day(form.get(name, "").strip()) for name in ("from", "to")]
        for name, day in zip(("from", "to"), days, strict=True):
            if day is None:
                raise Invalid.field(name, "Write a day such as 2026-11-30.")
        first, last = (day for day in days if day)
        asked = AskedCheck(given.makes("duty-check"), viewer.tenant_id, first, last, viewer.person_id)

        def do(session: WriteSession) -> UUID:
            return run_check(session, asked).id

        return go_to(f"{ADDRESS}/{change(viewer, use, Action.AUDIT, do)}", "Checked.")

    return await or_show_again(request, viewer, DUTIES, _read(viewer, use, None), form, run_in_threadpool(give))


@router.get(f"{ADDRESS}/{{check_id}}")
def check(check_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """One check with all that was found."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.AUDIT)
        found = check_shown(session, check_id, viewer.zone)
        return {
            "found": replace(found, check=_in_zone(found.check, viewer)),
            "what_is_fine": WHAT_IS_FINE,
            "page_title": "Separation of duties",
        }

    return show(request, viewer, CHECK, read)


@router.get(f"{ADDRESS}/{{check_id}}/findings.csv")
def findings_csv(check_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """What a check found, as CSV: a line for each decision."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.AUDIT)
        found = check_shown(session, check_id, viewer.zone)
        content = "".join(csv_of(COLUMNS, _lines(found))).encode()
    return files.attachment(content, files.CSV, "duties", found.check.first, found.check.last, "csv")


def _lines(found: CheckShown) -> Iterator[list[Cell]]:
    for number, each in enumerate(found.findings, 1):
        about: list[Cell] = [number, each.duty.value, "yes" if each.is_breach else "no", each.sentence]
        for made in each.decisions:
            in_name_of = made.responsible or made.by
            yield [
                *about,
                made.decision,
                made.at,
                made.by,
                in_name_of,
                made.owner,
                made.period_start,
                str(made.timesheet_id),
            ]
        if not each.decisions:
            yield [*about, each.activity, None, None, None, None, None, None]


def _read(viewer: Viewer, use: Services, after: str | None) -> Read:
    key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.AUDIT)
        found = checks(session, key)
        last = found[PAGE - 1] if len(found) > PAGE else None
        today = use.now().astimezone(viewer.zone).date()
        return {
            "checks": [_in_zone(each, viewer) for each in found[:PAGE]],
            "next_cursor": next_cursor((last.at, last.id)) if last else None,
            "first_day": today - timedelta(days=NIGHTLY_DAYS),
            "today": today,
            "what_is_fine": WHAT_IS_FINE,
            "nightly_days": NIGHTLY_DAYS,
            "page_title": "Separation of duties",
        }

    return read


def _in_zone(listed: CheckListed, viewer: Viewer) -> CheckListed:
    return replace(listed, at=listed.at.astimezone(viewer.zone))
