"""Deciding on many timesheets at once: select them, look at what they are, decide, and watch what comes of each."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.errors import Invalid
from models.messages import BulkKey
from models.reads.bulk import bulk_shown, matching, oversees_bulks
from models.reads.inbox.approver import approver_for
from models.reads.inbox.tabs import Wanted, wanted
from models.reads.viewer import Onlooker
from models.rules.reasons import REASON_WORDS, ReasonCode
from models.rules.transitions import CommandKind
from models.store.bulk import Pick, Verdict, cancel_bulk, decide_draft, draft_bulk
from models.store.changes import GivenBy
from web.auth.viewer import Viewer
from web.forms import digest_in, parse_id, reason_in, text
from web.pages.inbox import Looking
from web.pages.page import (
    Posted,
    Read,
    SignedIn,
    Template,
    Used,
    command_id,
    go_to,
    onlooker_of,
    or_show_again,
    show,
)
from web.services import Services

router = APIRouter()

ADDRESS = "/inbox/bulk"

BULK = Template("bulk.html", "partials/bulk.html", fields=frozenset({"reason", "comment", "reason_code"}))

LOOKED_FOR = ("tab", "q", "period", "project")
"""What a form says of the part of the inbox that it came from."""


@router.get(ADDRESS)
@router.get(f"{ADDRESS}/decisions")
def nothing_selected(viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the inbox."""
    return go_to("/inbox")


@router.post(ADDRESS)
async def select(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Keep what was selected as it was shown, or all that matches as it is now; then ask what to decide."""
    ticked = [str(each) for each in (await request.form()).getlist("pick")]
    came_from = wanted(form)
    if not ticked and "all" not in form:
        return go_to(f"/inbox{came_from.query}", "Select at least one timesheet first.", "bad")
    bulk_id = await run_in_threadpool(_draft, viewer, use, form, ticked, came_from)
    if bulk_id is None:
        return go_to(f"/inbox{came_from.query}", "Nothing waits for your decision here any more.")
    return go_to(f"{ADDRESS}/{bulk_id}{_onward(form)}")


@router.post(f"{ADDRESS}/decisions")
async def decide(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Have what was selected decided on, just as it was shown."""
    bulk_id = parse_id(form.get("bulk", ""))
    if bulk_id is None:
        raise Invalid("This form names nothing to decide on. Go back to the inbox and select again.", errors=[])

    async def give() -> Response:
        await run_in_threadpool(_decide, viewer, use, form, bulk_id)
        await use.begin_bulk(BulkKey(viewer.tenant_id, bulk_id))
        return go_to(f"{ADDRESS}/{bulk_id}{wanted(form).query}")

    read = _read(bulk_id, wanted(form), form.get("decision", ""))
    return await or_show_again(request, viewer, BULK, read, form, give())


@router.get(f"{ADDRESS}/{{bulk_id}}")
def bulk(
    bulk_id: UUID,
    viewer: SignedIn,
    request: Request,
    looking: Looking,
    decision: str = "",
) -> Response:
    """What is about to be decided; then how far it is, and what came of each timesheet."""
    return show(request, viewer, BULK, _read(bulk_id, looking, decision))


@router.get(f"{ADDRESS}/{{bulk_id}}/stop")
def stopped(bulk_id: UUID, viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants the bulk decision."""
    return go_to(f"{ADDRESS}/{bulk_id}")


@router.post(f"{ADDRESS}/{{bulk_id}}/stop")
def stop(bulk_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Let no other timesheet be decided on; what is decided stays so."""
    with use.reading(onlooker_of(viewer)) as session:
        oversees = oversees_bulks(approver_for(session, onlooker_of(viewer)))
    with command_transaction(use.engine, viewer.tenant_id) as session:
        was_going_on = cancel_bulk(session, bulk_id, viewer.person_id, oversees)
    words = None if was_going_on else "It is over already, so there is nothing to stop."
    return go_to(f"{ADDRESS}/{bulk_id}{wanted(form).query}", words)


def _draft(viewer: Viewer, use: Services, form: dict[str, str], ticked: list[str], came_from: Wanted) -> UUID | None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        approver_for(session, onlooker)
        picks = matching(session, onlooker, came_from) if "all" in form else [_pick(each) for each in ticked]
    if not picks:
        return None
    with command_transaction(use.engine, viewer.tenant_id) as session:
        return draft_bulk(session, _given(viewer, form), picks)


def _decide(viewer: Viewer, use: Services, form: dict[str, str], bulk_id: UUID) -> None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        approver_for(session, onlooker)
    verdict = _verdict(viewer, onlooker, form)
    with command_transaction(use.engine, viewer.tenant_id) as session:
        decide_draft(session, _given(viewer, form), bulk_id, verdict)


def _verdict(viewer: Viewer, onlooker: Onlooker, form: dict[str, str]) -> Verdict:
    """Why somebody acts for another is reason enough to approve, and not to send anything back."""
    decision = form.get("decision", "")
    if decision not in (CommandKind.APPROVE.value, CommandKind.REJECT.value):
        raise Invalid("Say whether these timesheets are approved or sent back.", errors=[])
    kind, code = CommandKind(decision), form.get("reason_code", "")
    if code and code not in set(ReasonCode):
        raise Invalid.field("reason_code", "Choose a reason from the list.")
    acting_reason = viewer.acting_reason if onlooker.acting_for_id and kind is CommandKind.APPROVE else None
    return Verdict(
        kind,
        reason_in(form) or acting_reason,
        ReasonCode(code) if code and kind is CommandKind.REJECT else None,
        text(form, "comment"),
        onlooker.acting_for_id,
    )


def _given(viewer: Viewer, form: dict[str, str]) -> GivenBy:
    return GivenBy(viewer.tenant_id, viewer.person_id, command_id(form))


def _pick(ticked: str) -> Pick:
    """`<timesheet>:<digest>`, as a box of the list says it. Raises `Invalid`."""
    sheet, _, digest = ticked.partition(":")
    sheet_id = parse_id(sheet)
    if sheet_id is None:
        raise Invalid("This is no timesheet that can be selected. Reload the page and try again.", errors=[])
    return Pick(sheet_id, digest_in({"digest": digest}))


def _onward(form: dict[str, str]) -> str:
    """What was looked for, and which decision was meant, as the end of an address."""
    given = {name: form.get(name) for name in (*LOOKED_FOR, "decision")}
    said = urlencode({name: value for name, value in given.items() if value})
    return f"?{said}" if said else ""


def _read(bulk_id: UUID, came_from: Wanted, decision: str) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        shown = bulk_shown(session, onlooker, bulk_id)
        return {
            "shown": shown,
            "bulk": shown.bulk,
            "came_from": came_from,
            "decision": decision,
            "address": f"{ADDRESS}/{bulk_id}",
            "reasons": [(code.value, words) for code, words in REASON_WORDS.items()],
            "page_title": "Decide on many" if shown.confirm else "Bulk decision",
        }

    return read
