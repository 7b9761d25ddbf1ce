"""Looking back: the history of a timesheet, and balances."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from models.database import ReadSession
from models.reads.balances import balances_page
from models.reads.history import history_page
from models.reads.people import person_by_staff_id
from models.reads.viewer import Onlooker
from web.forms import parse_day
from web.pages.page import SignedIn, Template, Used, show

router = APIRouter()

HISTORY = Template("history.html", "history.html")
BALANCES = Template("balances.html", "balances.html")


@router.get("/history/{sheet_id}")
def history(sheet_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """Everything that happened to a timesheet."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return {"history": history_page(session, onlooker, sheet_id), "page_title": "History"}

    return show(request, viewer, HISTORY, read)


@router.get("/balances")
def balances(viewer: SignedIn, request: Request, use: Used, on: str = "", person: str = "") -> Response:
    """What remains of each accrual on a day: one's own, of whom one acts for, or of `person` (a staff id)."""
    day: date = parse_day(on) or use.now().astimezone(viewer.zone).date()

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        owner = person_by_staff_id(session, person).id if person else onlooker.acting_for_id or onlooker.person_id
        return {"balances": balances_page(session, onlooker, owner, day), "page_title": "Balances"}

    return show(request, viewer, BALANCES, read)
