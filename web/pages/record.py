"""Looking back: the history of a timesheet."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from models.database import ReadSession
from models.reads.history import history_page
from models.reads.viewer import Onlooker
from web.pages.page import SignedIn, Template, show

router = APIRouter()

HISTORY = Template("history.html", "history.html")


@router.get("/history/{sheet_id}")
def history(sheet_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """Everything that happened to a timesheet."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return {"history": history_page(session, onlooker, sheet_id), "page_title": "History"}

    return show(request, viewer, HISTORY, read)
