"""Events that could not be taken: read why, try them again, or put them away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, command_transaction
from models.errors import DomainError, Invalid, NotFound
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action, roles_of
from models.store.dead_letters import letter_held, letters, settle
from models.tables.intake import DeadLetter
from models.tables.people import Person, PersonRole
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.intake.scheduled import NotUnderstood, read_event
from web.intake.taking import NOT_NOW, Outcome, Sender, give, reason_of, require_sender
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show

router = APIRouter()

EVENTS = Template("dead_letters.html", "dead_letters.html")
PAGE = 50
LONGEST_SHOWN = 10_000
"""Characters of an event on the page: all of it is kept, and what cannot be taken may be as large as any request."""

ADDRESS = "/admin/events"


@dataclass(frozen=True, slots=True)
class LetterShown:
    """An event that waits, as the page shows it."""

    id: UUID
    body: str
    reason: str
    sender: str
    route: str
    tries: int
    received_at: datetime


@router.get(ADDRESS)
def events(viewer: SignedIn, request: Request, after: str | None = None) -> Response:
    """The events that wait for an administrator."""
    return show(request, viewer, EVENTS, _read(viewer, after))


@router.get(f"{ADDRESS}/{{letter_id}}/replay")
@router.get(f"{ADDRESS}/{{letter_id}}/discard")
def event(letter_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the list."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/{{letter_id}}/replay")
async def replay(letter_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Try an event again, as its sender; it happens at most once however often it is tried."""

    async def give_again() -> Response:
        sender, body, tries = await run_in_threadpool(_letter, viewer, use, letter_id)
        try:
            require_sender(sender)
            outcome = await give(use.commands, sender, read_event(body), tries)
        except NOT_NOW:
            raise
        except (NotUnderstood, DomainError) as refused:
            reason = reason_of(refused)
            await run_in_threadpool(_refused_again, viewer, use, letter_id, reason)
            raise Invalid(f"It still cannot be taken. {reason}", errors=[]) from None
        await run_in_threadpool(_settle, viewer, use, letter_id, outcome.value)
        return go_to(ADDRESS, "Taken." if outcome is Outcome.APPLIED else "Nothing changed: something newer is known.")

    return await or_show_again(request, viewer, EVENTS, _read(viewer, None), form, give_again())


@router.post(f"{ADDRESS}/{{letter_id}}/discard")
async def discard(letter_id: UUID, viewer: SignedIn, form: Posted, use: Used) -> Response:
    """Put an event away for good; the record of it stays."""
    await run_in_threadpool(_letter, viewer, use, letter_id)
    await run_in_threadpool(_settle, viewer, use, letter_id, "discarded")
    return go_to(ADDRESS, "Put away.")


def _letter(viewer: Viewer, use: Used, letter_id: UUID) -> tuple[Sender, str, int]:
    """The sender as they are now, the event, and how often it was tried. Raises `NotFound`."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.SEE_DEAD_LETTERS)
        letter = session.get(DeadLetter, letter_id)
        if letter is None or letter.outcome is not None:
            raise NotFound("There is no such event, or it was settled meanwhile.")
        roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == letter.sender_id)).all()
        return Sender(viewer.tenant_id, letter.sender_id, roles_of(roles)), letter.body, letter.tries


def _settle(viewer: Viewer, use: Used, letter_id: UUID, outcome: str) -> None:
    with command_transaction(use.engine, viewer.tenant_id) as session:
        settle(letter_held(session, letter_id), outcome, viewer.person_id)


def _refused_again(viewer: Viewer, use: Used, letter_id: UUID, reason: str) -> None:
    with command_transaction(use.engine, viewer.tenant_id) as session:
        letter = letter_held(session, letter_id)
        letter.tries += 1
        letter.reason = reason


def _read(viewer: Viewer, after: str | None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_DEAD_LETTERS)
        key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
        found = list(letters(session, key, PAGE + 1))
        names = select(Person.id, Person.name).where(Person.id.in_({letter.sender_id for letter in found}))
        senders = dict(session.execute(names).all())
        following = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "letters": [_shown(letter, senders[letter.sender_id], viewer) for letter in found[:PAGE]],
            "next_cursor": next_cursor((following.received_at, following.id)) if following else None,
            "zone": viewer.zone.key,
            "page_title": "Events",
        }

    return read


def _shown(letter: DeadLetter, sender: str, viewer: Viewer) -> LetterShown:
    received = letter.received_at.astimezone(viewer.zone)
    rest = len(letter.body) - LONGEST_SHOWN
    body = f"{letter.body[:LONGEST_SHOWN]}… and {rest:,} characters more" if rest > 0 else letter.body
    return LetterShown(letter.id, body, letter.reason, sender, letter.route, letter.tries, received)
