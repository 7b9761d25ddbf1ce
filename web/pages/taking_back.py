"""Taking an approval back, while the timesheet is not locked: it waits for a decision again."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Move
from models.database import ReadSession
from models.messages import SheetKey
from models.reads.people import require
from models.reads.sheets import sheet_of
from models.reads.status import LABELS
from models.reads.viewer import Onlooker, circle_to_take_back, may_take_back, shown
from models.rules.periods import Period
from models.rules.policy import Action
from models.rules.transitions import CommandKind, State, next_state
from web.auth.viewer import Viewer
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

TAKE_BACK = Template("take_back.html", "partials/take_back.html", refused_into="dialog", fields=frozenset({"reason"}))

WHY_NOT = {
    State.LOCKED: "It is locked. An administrator has to unlock it before an approval can be taken back.",
    State.DRAFT: "It is being revised already. There is no approval left to take back.",
    State.REJECTED: "It was rejected. There is no approval to take back.",
}
"""Why nothing can be taken back, by the state of the timesheet."""


@router.get("/timesheets/{sheet_id}/take-back")
def ask(sheet_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """Ask why an approval is taken back."""
    return show(request, viewer, TAKE_BACK, _read(sheet_id))


@router.post("/timesheets/{sheet_id}/take-back")
async def take_back(sheet_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Take an approval back, with a reason."""

    async def give() -> Response:
        asked, owner = await run_in_threadpool(_asked, sheet_id, viewer, use, form)
        await use.commands.give(onlooker_of(viewer), asked)
        return go_to(f"/inbox/{sheet_id}", f"{owner}'s timesheet waits for a decision again.")

    return await or_show_again(request, viewer, TAKE_BACK, _read(sheet_id), form, give())


def _asked(sheet_id: UUID, viewer: Viewer, use: Used, form: dict[str, str]) -> tuple[Asked, str]:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        sheet = sheet_of(session, sheet_id)
        circle = circle_to_take_back(session, onlooker, sheet)
        key, period = SheetKey(viewer.tenant_id, sheet.id), Period(sheet.period_start, sheet.period_end)
        return asked_by(viewer, circle, CommandKind.TAKE_BACK, key, period, Move(), form), circle.owner.name


def _read(sheet_id: UUID) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_INBOX)
        sheet = sheet_of(session, sheet_id)
        circle = circle_to_take_back(session, onlooker, sheet)
        state = State(sheet.state)
        fits = next_state(state, CommandKind.TAKE_BACK) is not None
        return {
            "owner": shown(circle.owner),
            "period": (sheet.period_start, sheet.period_end),
            "address": f"/timesheets/{sheet_id}/take-back",
            "back": f"/inbox/{sheet_id}",
            "is_offered": fits and bool(circle.deciders) and may_take_back(onlooker, circle, sheet_id),
            "why_not": WHY_NOT.get(state, f"It is {LABELS[state][0].lower()}, and there is nothing of yours to undo."),
            "page_title": "Take an approval back",
        }

    return read
