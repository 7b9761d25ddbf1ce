"""Standing in for others: 'I am away' in one form, what one granted and was granted, and everybody's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession, command_transaction
from models.errors import DomainError, Invalid
from models.reads.delegations import (
    PAGE,
    Wanted,
    delegations_shown,
    find_delegations,
    may_grant,
    own_delegations,
    people_below,
    seen_delegation,
    sees_all,
    suggested_deputies,
)
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Role
from models.store.changes import GivenBy
from models.store.delegations import KeptDelegation, change_end, grant, revoke
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.auth.viewer import Viewer
from web.delegations import see_to_soon
from web.errors import form_errors
from web.forms import parse_day, reason_in, version_in
from web.pages.admin import given_by
from web.pages.delegation_form import TICKED, delegation_typed
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services

router = APIRouter()

ADDRESS = "/delegations"
ALL = f"{ADDRESS}/all"
NEW = f"{ADDRESS}/new"

FIELDS = frozenset({"delegatorId", "delegateId", "from", "to", "personIds", "reason"})
OWN = Template("delegations.html", "partials/delegations.html", fields=FIELDS)
EVERYBODYS = Template("delegations_all.html", "partials/delegations_all.html")
FOR_ANOTHER = Template("delegation_new.html", "delegation_new.html", fields=FIELDS)
OF_A_ROW = frozenset({"to", "reason"})

AMONG_ALL = "all"
"""What a form says that stands in the list of everybody's."""

Change = Callable[[WriteSession, GivenBy, str | None], KeptDelegation]
"""Changes a delegation, for a reason if there is one."""


@router.get(ADDRESS)
def delegations(viewer: SignedIn, request: Request, use: Used) -> Response:
    """What one granted and was granted, and the form to grant something."""
    return show(request, viewer, OWN, _read(viewer, use))


@router.get(ALL)
def everybodys(
    viewer: SignedIn, request: Request, use: Used, q: str = "", over: str = "", after: str | None = None
) -> Response:
    """Everybody's delegations, the newest first; those that are over only when asked for."""
    return show(request, viewer, EVERYBODYS, _read_all(viewer, use, q, bool(over), after))


@router.get(NEW)
def new(viewer: SignedIn, request: Request, use: Used) -> Response:
    """The form by which administrators say that somebody else is away."""
    return show(request, viewer, FOR_ANOTHER, _read_new(viewer, use))


@router.get(f"{ADDRESS}/{{delegation_id}}/end")
@router.get(f"{ADDRESS}/{{delegation_id}}/revocation")
def sent(delegation_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the list."""
    return go_to(ADDRESS)


@router.post(ADDRESS)
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Let somebody stand in: for oneself, for whom one acts, or as an administrator for whoever is named."""
    for_another = "delegatorId" in form

    def do() -> Response:
        given, onlooker = given_by(viewer, form), onlooker_of(viewer)
        whose = None if for_another else _whose(onlooker)
        with use.reading(onlooker) as session:
            require(session, onlooker, Action.DELEGATE if whose == viewer.person_id else Action.DELEGATE_FOR)
            content = delegation_typed(session, form, whose, _reason(viewer, form))
        with command_transaction(use.engine, viewer.tenant_id) as session:
            kept = grant(session, given, content)
        see_to_soon(use, viewer.tenant_id, kept.id)
        return go_to(ALL if for_another else ADDRESS, "Granted. It begins and ends by itself.")

    template, read = (FOR_ANOTHER, _read_new(viewer, use)) if for_another else (OWN, _read(viewer, use))
    return await or_show_again(request, viewer, template, read, form, run_in_threadpool(do))


@router.post(f"{ADDRESS}/{{delegation_id}}/end")
async def end(delegation_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Let it end on another day."""

    def do(session: WriteSession, given: GivenBy, reason: str | None) -> KeptDelegation:
        last = parse_day(form.get("to", "").strip())
        if last is None:
            raise Invalid.field("to", "Write a day such as 2026-11-30.")
        return change_end(session, given, delegation_id, version_in(form), last, reason)

    return await _changed(request, viewer, use, delegation_id, form, do, "Saved.")


@router.post(f"{ADDRESS}/{{delegation_id}}/revocation")
async def take_back(delegation_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """End it at once."""

    def do(session: WriteSession, given: GivenBy, reason: str | None) -> KeptDelegation:
        return revoke(session, given, delegation_id, reason)

    return await _changed(request, viewer, use, delegation_id, form, do, "Taken back. It counts from now on.")


async def _changed(
    request: Request,
    viewer: Viewer,
    use: Services,
    delegation_id: UUID,
    form: dict[str, str],
    do: Change,
    told: str,
) -> Response:
    """A delegation changed by a form of its own, and looked at again in the list where that form stood."""
    onlooker, among_all = onlooker_of(viewer), form.get("among") == AMONG_ALL

    def give() -> Response:
        given, reason = given_by(viewer, form), _reason(viewer, form)
        with use.reading(onlooker) as session:
            require(session, onlooker, Action.SEE_DELEGATIONS)
            seen_delegation(session, onlooker, delegation_id)
        with command_transaction(use.engine, viewer.tenant_id) as session:
            do(session, given, reason)
        see_to_soon(use, viewer.tenant_id, delegation_id)
        return go_to(ALL if among_all else ADDRESS, told)

    def said(error: DomainError) -> dict[str, Any]:
        return {"refused_id": delegation_id, "refused": form_errors(error, OF_A_ROW), "typed": form}

    template, read = (EVERYBODYS, _read_all(viewer, use)) if among_all else (OWN, _read(viewer, use))
    return await or_show_again(request, viewer, template, read, form, run_in_threadpool(give), said)


def _whose(onlooker: Onlooker) -> UUID:
    """Whose delegations a page is about: of whom one acts for, or one's own."""
    return onlooker.acting_for_id or onlooker.person_id


def _reason(viewer: Viewer, form: dict[str, str]) -> str | None:
    """As typed; otherwise why one acts for somebody, if one does."""
    return reason_in(form) or (viewer.acting_reason if onlooker_of(viewer).acting_for_id else None)


def _read(viewer: Viewer, use: Services) -> Read:
    """What one granted and was granted, and whom the form offers."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_DELEGATIONS)
        whose, now = _whose(onlooker), use.now()
        grants = may_grant(session, whose)
        return _NONE_REFUSED | {
            "own": own_delegations(session, whose, now, viewer.zone),
            "whose_id": whose,
            "grants": grants,
            "deputies": suggested_deputies(session, whose) if grants else (),
            "below": people_below(session, whose) if grants else (),
            "ticked": TICKED,
            "today": now.astimezone(viewer.zone).date(),
            "sees_all": sees_all(session, onlooker),
            "page_title": "Delegations",
        }

    return read


def _read_all(viewer: Viewer, use: Services, search: str = "", over: bool = False, after: str | None = None) -> Read:
    key = instant_key(Page(None if after is None else key_of_cursor(after), PAGE))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_PEOPLE)
        found = find_delegations(session, Wanted(search=search, over_too=over, after=key), use.now())
        last = found[PAGE - 1] if len(found) > PAGE else None
        return _NONE_REFUSED | {
            "rows": delegations_shown(session, found[:PAGE], use.now(), viewer.zone),
            "next_cursor": next_cursor((last.granted_at, last.id)) if last else None,
            "search": search,
            "over": over,
            "administers": Role.ADMINISTRATOR in viewer.roles,
            "page_title": "Everybody's delegations",
        }

    return read


def _read_new(viewer: Viewer, use: Services) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.DELEGATE_FOR)
        return {
            "deputies": suggested_deputies(session, onlooker.person_id),
            "today": use.now().astimezone(viewer.zone).date(),
            "page_title": "Grant a delegation",
        }

    return read


_NONE_REFUSED: dict[str, Any] = {"refused_id": None, "refused": {}, "typed": {}}
"""No form of a row was refused."""
