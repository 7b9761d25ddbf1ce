"""Projects and their summaries: what is approved of many people's work, kept as it stood, and taken along as a file."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.errors import Invalid
from models.reads.shown_summaries import ProjectSeen, SummaryShown
from models.reads.summaries import PAGE, find_summaries, led_projects, preview, project_seen, summary_shown
from models.reads.viewer import Onlooker
from models.rules.date_words import date_range
from models.rules.days import ONE_DAY
from models.rules.periods import Period
from models.rules.project_summary import period_errors
from models.store.changes import require_none
from models.store.summaries import SummaryAsked, summarise
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.bars import bars_of
from web.errors import form_errors
from web.exports import files
from web.exports.summary_csv import summary_csv
from web.exports.summary_pdf import summary_pdf
from web.exports.summary_xlsx import summary_xlsx
from web.forms import Form, parse_day, reason_in
from web.pages.admin import given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services

router = APIRouter()

FIELDS = frozenset({"from", "to", "reason"})
PROJECTS = Template("projects.html", "projects.html")
PROJECT = Template("project_summaries.html", "partials/project_summaries.html", fields=FIELDS)
SUMMARY = Template("project_summary.html", "project_summary.html")


def address_of(external_id: str, summary_id: UUID | None = None) -> str:
    """The page of a project's summaries, or of one of them."""
    page = f"/projects/{quote(external_id)}/summary"
    return page if summary_id is None else f"{page}/{summary_id}"


@router.get("/projects")
def projects(viewer: SignedIn, request: Request) -> Response:
    """The projects whose summaries one may see."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return {"projects": led_projects(session, onlooker), "page_title": "Projects"}

    return show(request, viewer, PROJECTS, read)


@router.get("/projects/{external_id}/summary")
def summaries(
    external_id: str,
    viewer: SignedIn,
    request: Request,
    use: Used,
    after: str | None = None,
) -> Response:
    """What a summary of some days would be now, and those that were made before."""
    asked = {name: request.query_params.get(name, "") for name in ("from", "to")}
    return show(request, viewer, PROJECT, _read(viewer, use, external_id, asked, after))


@router.post("/projects/{external_id}/summary")
async def create(external_id: str, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Keep what is approved now."""

    def do() -> UUID:
        given, onlooker = given_by(viewer, form), onlooker_of(viewer)
        with use.reading(onlooker) as session:
            project = project_seen(session, onlooker, external_id)
        period = _typed(form)
        asked = _asked(viewer, project, period, reason_in(form))
        with command_transaction(use.engine, viewer.tenant_id) as session:
            return summarise(session, given, asked).id

    async def give() -> Response:
        made = await run_in_threadpool(do)
        return go_to(address_of(external_id, made), "Kept. It stays as it is, whatever is revised later.")

    read = _read(viewer, use, external_id, form, None)
    return await or_show_again(request, viewer, PROJECT, read, form, give())


@router.get("/projects/{external_id}/summary/{summary_id}")
def summary(external_id: str, summary_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """One summary, as it was made."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = summary_shown(session, onlooker, external_id, summary_id, viewer.zone)
        words = date_range(found.row.period.start, found.row.period.end)
        return {
            "it": found,
            "bars": bars_of(found.shown.totals, found.shown.labels),
            "base": address_of(external_id),
            "page_title": f"{found.project.name}, {words}",
        }

    return show(request, viewer, SUMMARY, read)


@router.get("/projects/{external_id}/summary/{summary_id}/export.csv")
def as_csv(external_id: str, summary_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A summary as CSV: a line for each entry."""
    return _file(external_id, summary_id, viewer, use, "csv", files.CSV, lambda it, now: summary_csv(it))


@router.get("/projects/{external_id}/summary/{summary_id}/export.xlsx")
def as_xlsx(external_id: str, summary_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A summary as a workbook."""
    return _file(external_id, summary_id, viewer, use, "xlsx", files.XLSX, summary_xlsx)


@router.get("/projects/{external_id}/summary/{summary_id}/export.pdf")
def as_pdf(external_id: str, summary_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A summary on paper."""
    return _file(external_id, summary_id, viewer, use, "pdf", files.PDF, summary_pdf)


def _file(
    external_id: str,
    summary_id: UUID,
    viewer: Viewer,
    use: Services,
    ending: str,
    media_type: str,
    written: Callable[[SummaryShown, datetime], bytes],
) -> Response:
    onlooker, now = onlooker_of(viewer), use.now()
    with use.reading(onlooker) as session:
        it = summary_shown(session, onlooker, external_id, summary_id, viewer.zone)
    period = it.row.period
    return files.attachment(written(it, now), media_type, external_id, period.start, period.end, ending)


def _asked(viewer: Viewer, project: ProjectSeen, period: Period, reason: str | None) -> SummaryAsked:
    """In one's own right, or as an administrator in the lead's name: then why one acts for them is said already."""
    if project.own or not project.in_their_name or project.lead is None:
        return SummaryAsked(project.id, period, reason=reason)
    acting_reason = viewer.acting_reason if onlooker_of(viewer).acting_for_id else None
    return SummaryAsked(project.id, period, project.lead.id, reason or acting_reason)


def _read(viewer: Viewer, use: Services, external_id: str, asked: Form, after: str | None) -> Read:
    today = use.now().astimezone(viewer.zone).date()

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        project = project_seen(session, onlooker, external_id)
        key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
        rows = find_summaries(session, onlooker, project.id, key, PAGE + 1, viewer.zone)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return _previewed(session, onlooker, project, asked, today) | {
            "project": project,
            "rows": rows[:PAGE],
            "next_cursor": next_cursor((last.created_at, last.id)) if last else None,
            "offered": _offered(today),
            "base": address_of(external_id),
            "page_title": f"Summaries of {project.name}",
        }

    return read


def _previewed(
    session: ReadSession, onlooker: Onlooker, project: ProjectSeen, asked: Form, today: date
) -> dict[str, Any]:
    """What a summary of the days that are asked for would be; or why there is none of these."""
    shown: dict[str, Any] = {"typed": dict(asked), "period": None, "preview": None, "bars": None}
    try:
        period = _typed(asked) if asked.get("from") or asked.get("to") else _month(today)
        found = preview(session, onlooker, project, period)
    except Invalid as error:
        return shown | {"errors": form_errors(error, FIELDS)}
    bars = bars_of(found.shown.totals, found.shown.labels)
    typed = {"from": period.start.isoformat(), "to": period.end.isoformat()}
    return shown | {"typed": typed, "period": period, "preview": found, "bars": bars}


def _typed(form: Form) -> Period:
    """The days as typed. Raises `Invalid` with every field that says none."""
    days = {name: parse_day(form.get(name, "").strip()) for name in ("from", "to")}
    told = "Write a day such as 2026-11-30."
    errors = [{"field": name, "message": told, "data": []} for name, day in days.items() if day is None]
    first, last = days["from"], days["to"]
    if first is None or last is None:
        raise Invalid(told, errors=errors)
    period = Period(first, last)
    require_none(period_errors(period))
    return period


def _offered(today: date) -> tuple[tuple[str, Period], ...]:
    this = _month(today)
    return ("This month", this), ("Last month", _month(this.start - ONE_DAY))


def _month(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)
