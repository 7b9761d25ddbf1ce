"""The inbox: see what waits, open one timesheet as certified, approve or reject it, and the next one opens."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Decide
from models.database import ReadSession
from models.errors import DomainError, NotFound
from models.messages import SheetKey
from models.reads.inbox import approver_for, inbox_page, next_waiting
from models.reads.people import require
from models.reads.review import review_page
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_for
from models.rules.periods import Period
from models.rules.policy import Action
from models.rules.transitions import CommandKind
from web.auth.viewer import Viewer
from web.errors import form_errors, status_of
from web.forms import text
from web.pages.page import (
    Posted,
    Read,
    SignedIn,
    Template,
    Used,
    asked_by,
    go_to,
    onlooker_of,
    show,
    show_later,
)

router = APIRouter()

INBOX = Template("inbox.html", "partials/inbox.html")


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
    try:
        asked, name = await run_in_threadpool(_asked, sheet_id, viewer, use, kind, form)
        following = await run_in_threadpool(_following, sheet_id, viewer, use)
        await use.commands.give(onlooker_of(viewer), asked)
    except NotFound:
        raise
    except DomainError as refused:
        read = _read(use, sheet_id, "", None)
        errors = form_errors(refused)
        return await show_later(request, viewer, INBOX, read, status_of(refused), errors=errors, form=form)
    done = "Approved" if kind is CommandKind.APPROVE else "Rejected"
    return go_to(f"/inbox/{following}" if following else "/inbox", f"{done} {name}.")


def _asked(
    sheet_id: UUID, viewer: Viewer, use: Used, kind: CommandKind, form: dict[str, str]
) -> tuple[Asked, str]:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        sheet = sheet_of(session, sheet_id)
        circle = circle_for(session, onlooker, sheet.owner_id)
        key = SheetKey(viewer.tenant_id, sheet.id)
        body = Decide(form.get("digest", ""), text(form, "comment"))
        period = Period(sheet.period_start, sheet.period_end)
        return asked_by(viewer, circle, kind, key, period, body, form), f"{circle.owner.name}'s timesheet"


def _following(sheet_id: UUID, viewer: Viewer, use: Used) -> UUID | None:
    """What to open after this decision; found before it, while the timesheet still has its place in the list."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        try:
            return next_waiting(session, approver_for(session, onlooker), sheet_of(session, sheet_id))
        except NotFound:
            return None


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
