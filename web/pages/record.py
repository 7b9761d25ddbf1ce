"""Looking back: the history of a timesheet, what was known of it at a past moment, and two of its contents compared."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from models.database import ReadSession
from models.errors import Invalid
from models.reads.history import HistoryAsked, history_page
from models.reads.revisions import Wanted
from models.reads.viewer import Onlooker
from web.errors import form_errors
from web.graph import drawn
from web.pages.page import SignedIn, Template, show

router = APIRouter()

HISTORY = Template("history.html", "history.html")
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_MOMENT = 40


@router.get("/history/{sheet_id}")
def history(
    sheet_id: UUID,
    viewer: SignedIn,
    request: Request,
    at: str = "",
    before: Annotated[str, Query(alias="from")] = "",
    after: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """Everything that happened to a timesheet; `at`: what was known then; `from` and `to`: two contents compared."""
    moment, refused = _moment(at)
    asked = HistoryAsked(moment, Wanted(before, after))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = history_page(session, onlooker, sheet_id, asked)
        return {"history": found, "picture": drawn(found.graph), "page_title": "History"}

    told = {"errors": form_errors(refused, frozenset({"at"})), "form": {"at": at}} if refused else {}
    return show(request, viewer, HISTORY, read, 400 if refused else 200, **told)


def _moment(typed: str) -> tuple[datetime | None, Invalid | None]:
    """A date and time as browsers send it or as the page's links have it; and why it is none.

    A minute is known to its end, as is a second: what was recorded in it is told with it.
    """
    if not typed.strip():
        return None, None
    try:
        found = datetime.fromisoformat(typed.strip()[:LONGEST_MOMENT])
    except ValueError:
        return None, Invalid.field("at", "Give a day and a time, such as 2026-11-19T16:42.")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None, Invalid.field("at", f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
    if found.microsecond:
        return found, None
    return found.replace(second=found.second or 59, microsecond=999_999), None
