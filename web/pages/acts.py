"""What others did in one's place, to be answered; and for administrators and auditors what was not, or is disputed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.errors import DomainError, Invalid
from models.reads.acts import PAGE, ActListed, ActState, WantedActs, find_acts, own_acts
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.owner_review import Answer, Verdict, answer
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.errors import form_errors
from web.exports import files
from web.exports.acts_csv import MOST_LINES, acts_csv
from web.forms import parse_id, reason_in
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show

router = APIRouter()

ADDRESS = "/acts"
ALL = "/admin/acts"
OWN = Template("acts.html", "partials/own_acts.html", fields=frozenset({"reason"}))
EVERYBODYS = Template("admin_acts.html", "admin_acts.html")

SAID = {
    Verdict.CONFIRMED: "You said that it is right.",
    Verdict.DISPUTED: "Disputed. Whoever did it is told, and reads your reason.",
}
"""What is said after each verdict."""

CHOICES: dict[str, tuple[ActState, ...]] = {
    "open": (ActState.UNANSWERED, ActState.DISPUTED),
    "unanswered": (ActState.UNANSWERED,),
    "disputed": (ActState.DISPUTED,),
    "confirmed": (ActState.CONFIRMED,),
}
"""What the list of everybody's shows, by what the address says; the first one if it says nothing."""


@router.get(ADDRESS)
def acts(viewer: SignedIn, request: Request, answered: str = "", after: str | None = None) -> Response:
    """What others did in one's place: what waits for an answer, or what one has answered."""
    return show(request, viewer, OWN, _read_own(viewer, bool(answered), after))


@router.get(f"{ADDRESS}/{{command_id}}/answer")
def sent(command_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused answer leaves the browser: whoever asks for that address again wants the list."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/{{command_id}}/answer")
async def answer_act(command_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Confirm or dispute what somebody else did in one's place. Sent twice it is the same."""

    def give() -> Response:
        verdict = verdict_in(form)
        kept = reason_in(form) if verdict is Verdict.DISPUTED else None
        key = parse_id(form.get("command_id", ""))
        onlooker = onlooker_of(viewer)
        with use.reading(onlooker) as session:
            require(session, onlooker, Action.REVIEW_ACT)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            answer(session, Answer(viewer.tenant_id, viewer.person_id, command_id, verdict, kept, key))
        return go_to(ADDRESS, SAID[verdict])

    def said(error: DomainError) -> dict[str, Any]:
        return {"about": command_id, "errors": form_errors(error, OWN.fields), "form": form}

    read = _read_own(viewer, was_answered=False, after=None)
    return await or_show_again(request, viewer, OWN, read, form, run_in_threadpool(give), said)


@router.get(ALL)
def everybodys(
    viewer: SignedIn, request: Request, use: Used, state: str = "", q: str = "", after: str | None = None
) -> Response:
    """What was done in anybody's place and is not confirmed, the newest first."""
    key = _key(after)
    choice = state if state in CHOICES else next(iter(CHOICES))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.AUDIT)
        found = find_acts(session, WantedActs(CHOICES[choice], search=q, after=key))
        last = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "acts": [(in_zone(act, viewer), _age(act, use.now())) for act in found[:PAGE]],
            "next_cursor": next_cursor((last.at, last.command_id)) if last else None,
            "search": q,
            "choice": choice,
            "page_title": "On behalf of others",
        }

    return show(request, viewer, EVERYBODYS, read)


@router.get(f"{ALL}.csv")
def everybodys_csv(viewer: SignedIn, use: Used, state: str = "", q: str = "") -> Response:
    """The same as a list, all of it."""
    onlooker = onlooker_of(viewer)
    states = CHOICES.get(state, CHOICES["open"])
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.AUDIT)
        found = find_acts(session, WantedActs(states, search=q, limit=MOST_LINES))
        content = files.set_down(acts_csv((in_zone(act, viewer) for act in found), use.now()))
    return files.attachment(files.taken_up(content), files.CSV, "acts", use.now().date(), "csv")


def verdict_in(form: dict[str, str]) -> Verdict:
    """What was chosen. Raises `Invalid` when it is neither."""
    try:
        return Verdict(form.get("verdict", ""))
    except ValueError:
        raise Invalid("Choose whether it is right or not.", errors=[]) from None


def in_zone(act: ActListed, viewer: Viewer) -> ActListed:
    """An act with its times as the viewer reads them."""
    answered_at = act.answered_at.astimezone(viewer.zone) if act.answered_at else None
    return replace(act, at=act.at.astimezone(viewer.zone), answered_at=answered_at)


def _age(act: ActListed, now: datetime) -> str:
    """For how long nobody has answered; nothing when somebody has."""
    if act.state is not ActState.UNANSWERED:
        return ""
    days = (now - act.at) // timedelta(days=1)
    return "since today" if days < 1 else "for 1 day" if days == 1 else f"for {days:,} days"


def _read_own(viewer: Viewer, was_answered: bool, after: str | None) -> Read:
    key = _key(after)

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.REVIEW_ACT)
        found = own_acts(session, onlooker.person_id, viewer.zone, was_answered, key)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "acts": found[:PAGE],
            "answered": was_answered,
            "next_cursor": next_cursor((last.event.at, last.command_id)) if last else None,
            "about": None,
            "page_title": "Done in your name",
        }

    return read


def _key(after: str | None) -> tuple[datetime, UUID] | None:
    return instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
