"""What is done to a whole timesheet: submit, recall, revise, lock and unlock."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body, Move, Submit
from models.database import ReadSession
from models.errors import Invalid, NotFound
from models.messages import SheetKey
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_for
from models.reads.week import WeekOf, week_page
from models.rules.periods import Period
from models.rules.transitions import CommandKind
from web.auth.viewer import Viewer
from web.forms import digest_in
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

CERTIFY = Template(
    "certify.html", "partials/certify.html", refused_into="dialog", fields=frozenset({"certified", "planned", "days"})
)
REASON = Template("reason.html", "partials/reason.html", refused_into="dialog", fields=frozenset({"reason"}))


@dataclass(frozen=True, slots=True)
class Moving:
    """How a move of a timesheet is asked for and told."""

    kind: CommandKind
    title: str
    explanation: str
    action: str
    done: str


MOVES: dict[str, Moving] = {
    "recall": Moving(
        CommandKind.RECALL,
        "Recall this timesheet",
        "It becomes a draft again, as a new revision. What was certified stays on record.",
        "Recall",
        "Recalled. Change what you need, then submit it again.",
    ),
    "revision": Moving(
        CommandKind.REVISE,
        "Revise this timesheet",
        "It becomes a draft again, as a new revision that has to be certified and approved anew. "
        "What was decided stays on record.",
        "Start the revision",
        "The revision is open. Correct the entries, then submit it again.",
    ),
    "lock": Moving(
        CommandKind.LOCK,
        "Lock this timesheet now",
        "Nobody can revise it any more until an administrator unlocks it.",
        "Lock",
        "Locked.",
    ),
    "unlock": Moving(
        CommandKind.UNLOCK,
        "Unlock this timesheet",
        "It can be revised again. It locks by itself a day from now at the soonest.",
        "Unlock",
        "Unlocked. It can be revised now.",
    ),
}
"""Every move by the last part of its address."""


@router.get("/timesheets/{sheet_id}/submission")
def certify(sheet_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """The week once more, with the words one certifies it by."""
    return show(request, viewer, CERTIFY, _read_week(sheet_id, viewer, use))


@router.post("/timesheets/{sheet_id}/submission")
async def submit(sheet_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Certify and submit the week as it was shown."""

    async def give() -> Response:
        if not form.get("certified"):
            raise Invalid.field("certified", "Tick this to certify the week. Without it nothing is submitted.")
        body = Submit(digest_in(form))
        asked, address = await run_in_threadpool(_asked, sheet_id, viewer, use, CommandKind.SUBMIT, body, form)
        await use.commands.give(onlooker_of(viewer), asked)
        return go_to(address, "Submitted. You can recall it until it is decided.")

    return await or_show_again(request, viewer, CERTIFY, _read_week(sheet_id, viewer, use), form, give())


@router.get("/timesheets/{sheet_id}/{move}")
def reason(sheet_id: UUID, move: str, viewer: SignedIn, request: Request, use: Used) -> Response:
    """Ask why a timesheet is recalled, revised, locked or unlocked."""
    return show(request, viewer, REASON, _read_move(sheet_id, _known(move), move, viewer, use))


@router.post("/timesheets/{sheet_id}/{move}")
async def make_move(sheet_id: UUID, move: str, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Recall, revise, lock or unlock a timesheet."""
    known = _known(move)

    async def give() -> Response:
        asked, address = await run_in_threadpool(_asked, sheet_id, viewer, use, known.kind, Move(), form)
        await use.commands.give(onlooker_of(viewer), asked)
        return go_to(address, known.done)

    read = _read_move(sheet_id, known, move, viewer, use)
    return await or_show_again(request, viewer, REASON, read, form, give())


def _known(move: str) -> Moving:
    if move not in MOVES:
        raise NotFound("There is no such page.")
    return MOVES[move]


def _asked(
    sheet_id: UUID, viewer: Viewer, use: Used, kind: CommandKind, body: Body, form: dict[str, str]
) -> tuple[Asked, str]:
    """The command, and the address of the week it is about: found before, since afterwards nothing may fail."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        sheet = sheet_of(session, sheet_id)
        circle = circle_for(session, onlooker, sheet.owner_id)
        key = SheetKey(viewer.tenant_id, sheet.id)
        asked = asked_by(viewer, circle, kind, key, Period(sheet.period_start, sheet.period_end), body, form)
        return asked, _week_address(circle.owner.staff_id, sheet.period_start.isoformat())


def _read_week(sheet_id: UUID, viewer: Viewer, use: Used) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        sheet = sheet_of(session, sheet_id)
        week = week_page(session, onlooker, WeekOf(sheet.owner_id, sheet.period_start, use.now(), viewer.zone))
        address = _week_address(week.owner.staff_id, week.period_start.isoformat())
        return {"week": week, "base": address, "back": address}

    return read


def _read_move(sheet_id: UUID, move: Moving, name: str, viewer: Viewer, use: Used) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return _read_week(sheet_id, viewer, use)(session, onlooker) | {
            "title": move.title,
            "explanation": move.explanation,
            "action": move.action,
            "address": f"/timesheets/{sheet_id}/{name}",
        }

    return read


def _week_address(staff_id: str, day: str) -> str:
    return f"/people/{staff_id}/week/{day}"
