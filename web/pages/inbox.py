"""The inbox: see what waits, open one timesheet as certified, decide, and the next one opens."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Decide
from models.database import ReadSession
from models.messages import SheetKey
from models.reads.inbox.page import inbox_page
from models.reads.inbox.queues import next_for
from models.reads.inbox.tabs import WAITING, Wanted, wanted
from models.reads.people import require
from models.reads.review import review_page
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_for
from models.rules.periods import Period
from models.rules.policy import Action
from models.rules.reasons import REASON_WORDS
from models.rules.transitions import CommandKind
from web.auth.viewer import Viewer
from web.forms import digest_in, lines_in, reason_code_in, text
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

INBOX = Template("inbox.html", "partials/inbox.html", fields=frozenset({"reason", "comment", "reasonCode", "entryIds"}))

DONE = {CommandKind.APPROVE: "Approved", CommandKind.REJECT: "Rejected"}


def _asked_for(request: Request) -> Wanted:
    return wanted(request.query_params)


Looking = Annotated[Wanted, Depends(_asked_for)]
"""Which part of the inbox an address asks for, and what of it."""


@router.get("/inbox")
def inbox(viewer: SignedIn, request: Request, use: Used, looking: Looking) -> Response:
    """What waits for the signed-in approver, or for the one they act for, what is owed and what they decided."""
    return show(request, viewer, INBOX, _read(use, None, looking))


@router.get("/inbox/{sheet_id}")
def review(sheet_id: UUID, viewer: SignedIn, request: Request, use: Used, looking: Looking) -> Response:
    """One timesheet opened beside the list, exactly as it was certified."""
    seen: list[UUID] = []
    response = show(request, viewer, INBOX, _read(use, sheet_id, looking, seen))
    if seen:
        request.state.submission_opened = seen[0]
    return response


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
    """Reject what was shown, with a reason of a known kind, and the lines that are meant."""
    return await _decide(request, viewer, use, sheet_id, form, CommandKind.REJECT)


async def _decide(
    request: Request, viewer: Viewer, use: Used, sheet_id: UUID, form: dict[str, str], kind: CommandKind
) -> Response:
    looking = wanted(form)

    async def give() -> Response:
        deciding = await run_in_threadpool(_deciding, sheet_id, viewer, use, kind, form, looking)
        await use.commands.give(onlooker_of(viewer), deciding.asked)
        address = f"/inbox/{deciding.following}" if deciding.following else "/inbox"
        undo = sheet_id if kind is CommandKind.APPROVE else None
        return go_to(f"{address}{looking.query}", f"{DONE[kind]} {deciding.owner}'s timesheet.", undo=undo)

    return await or_show_again(request, viewer, INBOX, _read(use, sheet_id, looking), form, give())


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision as asked, whose time it is about, and what to open after it."""

    asked: Asked
    owner: str
    following: UUID | None


def _deciding(
    sheet_id: UUID, viewer: Viewer, use: Used, kind: CommandKind, form: dict[str, str], looking: Wanted
) -> Deciding:
    """What follows is found before the decision, while the timesheet still has its place in the list."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        sheet = sheet_of(session, sheet_id)
        circle = circle_for(session, onlooker, sheet.owner_id)
        key = SheetKey(viewer.tenant_id, sheet.id)
        period = Period(sheet.period_start, sheet.period_end)
        asked = asked_by(viewer, circle, kind, key, period, _decision(kind, form), form)
        return Deciding(asked, circle.owner.name, next_for(session, onlooker, sheet, looking))


def _decision(kind: CommandKind, form: dict[str, str]) -> Decide:
    digest, comment = digest_in(form), text(form, "comment")
    if kind is CommandKind.APPROVE:
        return Decide(digest, comment)
    return Decide(digest, comment, reason_code_in(form), lines_in(form))


def _read(use: Used, sheet_id: UUID | None, looking: Wanted, seen: list[UUID] | None = None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require_inbox(session, onlooker)
        opened = review_page(session, onlooker, sheet_id, use.now()) if sheet_id else None
        if opened and opened.look and seen is not None:
            seen.append(opened.look)
        return {
            "inbox": inbox_page(session, onlooker, use.now(), looking),
            "review": opened,
            "reasons": REASON_WORDS,
            "may_select": looking.tab in WAITING,
            "page_title": f"Review {opened.row.owner.name}" if opened else "Inbox",
        }

    return read


def require_inbox(session: ReadSession, onlooker: Onlooker) -> None:
    """The inbox is for those who approve somebody's time. Raises `NotFound`."""
    require(session, onlooker, Action.SEE_INBOX)
