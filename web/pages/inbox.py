"""The inbox: see what waits, open one timesheet as certified, decide, and the next one opens."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Decide
from models.database import ReadSession
from models.messages import SheetKey
from models.reads.inbox import inbox_page, next_for
from models.reads.people import require
from models.reads.review import review_page
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_for
from models.rules.periods import Period
from models.rules.policy import Action
from models.rules.transitions import CommandKind
from web.auth.viewer import Viewer
from web.forms import digest_in, text
from web.pages.page import (
    Posted,
    Read,
    SignedIn,
    Template,
    Used,
    asked_by,
    go_to,
    onlooker_of,
    or_show_again,
    show,
)

router = APIRouter()

INBOX = Template("inbox.html", "partials/inbox.html", fields=frozenset({"reason", "comment"}))


@router.get("/inbox")
def inbox(viewer: SignedIn, request: Request, use: Used, q: str = "", after: str | None = None) -> Response:
    """What waits for the signed-in approver, or for the one they act for."""
    return show(request, viewer, INBOX, _read(use, None, q, after))


@router.get("/inbox/{sheet_id}")
def review(
    sheet_id: UUID, viewer: SignedIn, request: Request, use: Used, q: str = "", after: str | None = None
) -> Response:
    """One timesheet opened beside the list, exactly as it was certified."""
    return show(request, viewer, INBOX, _read(use, sheet_id, q, after))


@router.get("/timesheets/{sheet_id}/approval")
@router.get("/timesheets/{sheet_id}/rejection")
def decision(sheet_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused decision leaves the browser: whoever asks for that address again wants the timesheet."""
    return go_to(f"/inbox/{sheet_id}")


@router.post("/timesheets/{sheet_id}/approval")
async def approve(sheet_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Approve what was shown."""
    return await _decide(request, viewer, use, sheet_id, form, CommandKind.APPROVE)


@router.post("/timesheets/{sheet_id}/rejection")
async def reject(sheet_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Reject what was shown, with a reason."""
    return await _decide(request, viewer, use, sheet_id, form, CommandKind.REJECT)


async def _decide(
    request: Request, viewer: Viewer, use: Used, sheet_id: UUID, form: dict[str, str], kind: CommandKind
) -> Response:
    async def give() -> Response:
        deciding = await run_in_threadpool(_deciding, sheet_id, viewer, use, kind, form)
        await use.commands.give(onlooker_of(viewer), deciding.asked)
        done = "Approved" if kind is CommandKind.APPROVE else "Rejected"
        address = f"/inbox/{deciding.following}" if deciding.following else "/inbox"
        return go_to(address, f"{done} {deciding.owner}'s timesheet.")

    return await or_show_again(request, viewer, INBOX, _read(use, sheet_id, "", None), form, give())


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision as asked, whose time it is about, and what to open after it."""

    asked: Asked
    owner: str
    following: UUID | None


def _deciding(sheet_id: UUID, viewer: Viewer, use: Used, kind: CommandKind, form: dict[str, str]) -> Deciding:
    """What follows is found before the decision, while the timesheet still has its place in the list."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        sheet = sheet_of(session, sheet_id)
        circle = circle_for(session, onlooker, sheet.owner_id)
        key = SheetKey(viewer.tenant_id, sheet.id)
        body = Decide(digest_in(form), text(form, "comment"))
        period = Period(sheet.period_start, sheet.period_end)
        asked = asked_by(viewer, circle, kind, key, period, body, form)
        return Deciding(asked, circle.owner.name, next_for(session, onlooker, sheet))


def _read(use: Used, sheet_id: UUID | None, search: str, after: str | None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require_inbox(session, onlooker)
        opened = review_page(session, onlooker, sheet_id, use.now()) if sheet_id else None
        return {
            "inbox": inbox_page(session, onlooker, use.now(), search, after),
            "review": opened,
            "page_title": f"Review {opened.row.owner.name}" if opened else "Inbox",
        }

    return read


def require_inbox(session: ReadSession, onlooker: Onlooker) -> None:
    """The inbox is for those who approve somebody's time. Raises `NotFound`."""
    require(session, onlooker, Action.SEE_INBOX)
