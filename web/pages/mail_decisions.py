"""Deciding from the mail: what the link in a mail to an approver shows without a sign-in, and the one thing it does.

Looking changes nothing, however often a mail scanner does; only a form of this page decides.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Decide
from models.database import UNAVAILABLE, ReadSession, command_transaction
from models.errors import DomainError, NotFound, Unconfirmed
from models.messages import SheetKey
from models.reads.checks import checks_on
from models.reads.entries import certified_entries
from models.reads.opened import noting
from models.reads.sheets import sheet_of
from models.reads.timekeeping import views_first
from models.reads.viewer import Onlooker, circle_of_sheet
from models.rules.transitions import CommandKind
from models.rules.viewing import sitting_of
from models.store import commands
from models.store.mail_decisions import (
    Link,
    LinkFound,
    LinkState,
    find_link,
    follow_link,
    give_back_link,
    take_link,
)
from models.store.views import Looker, record_opened
from web.auth import cookies, csrf
from web.auth.refusals import FormExpired
from web.auth.sign_in import secret_of
from web.auth.viewer import viewer_if_any
from web.errors import RETRY_AFTER, form_errors, status_of
from web.forms import reason_in
from web.pages.page import Posted, Used, command_id, go_to
from web.rendering import render, when
from web.services import Services

router = APIRouter()

ADDRESS = "/mail/{token}"
FIELDS = frozenset({"reason"})

HEADERS = {
    # The address is a key: other sites are told our name at most. Told nothing at all, browsers would not say either
    # that our own form is ours.
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a link that decides nothing (any more)."""

    status: int
    title: str
    words: str


TOLD: Mapping[LinkState, Told] = {
    LinkState.DECIDED: Told(200, "It is decided", "Nothing is left to do here."),
    LinkState.USED: Told(
        410, "This link was used already", "Each works once. Whatever waits for you is in your inbox."
    ),
    LinkState.EXPIRED: Told(
        410, "This link has expired", "Each works for seven days. What still waits for you is in your inbox."
    ),
    LinkState.STALE: Told(
        410,
        "The timesheet has changed since that mail",
        "So this link decides nothing. What waits for you as it is now is in your inbox.",
    ),
    LinkState.CLOSED: Told(
        410, "You are not asked here any more", "Somebody else decides on it now, or nobody decides from mail here."
    ),
}

OF_SOMEBODY_ELSE = Told(
    403,
    "This link is for somebody else",
    "It decides as the person whom the mail was for, and you are signed in as another. If it is yours, sign out first.",
)
"""Said to whoever a mail was passed on to, for instance the owner of the time."""

ANSWERED = frozenset({LinkState.OPEN, LinkState.USED, LinkState.DECIDED})
"""What the link of a form that comes again may have become by the first time."""


@router.get(ADDRESS)
def look(token: str, request: Request, use: Used) -> Response:
    """What was certified, for the person whom the mail was for. Raises `NotFound`."""
    return _show(request, use, _known(use, token), token)


@router.get(f"{ADDRESS}/approval")
@router.get(f"{ADDRESS}/rejection")
def sent(token: str) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants to look."""
    return go_to(f"/mail/{token}")


@router.post(f"{ADDRESS}/approval")
async def approve(token: str, form: Posted, request: Request, use: Used) -> Response:
    """Approve what the mail told of, as the person whom it was for."""
    return await _decide(request, use, token, CommandKind.APPROVE, form)


@router.post(f"{ADDRESS}/rejection")
async def reject(token: str, form: Posted, request: Request, use: Used) -> Response:
    """Reject what the mail told of, with a reason."""
    return await _decide(request, use, token, CommandKind.REJECT, form)


async def _decide(request: Request, use: Services, token: str, kind: CommandKind, form: dict[str, str]) -> Response:
    csrf.require_same_origin(request, use.settings.base_url)
    link = await run_in_threadpool(_known, use, token)
    if await run_in_threadpool(_is_somebody_else, request, link):
        return _private(go_to(f"/mail/{token}"))
    try:
        _require_own_form(request, use, link, form)
        if (taken := await run_in_threadpool(_take, use, link, kind, form)) is not None:
            await _give(use, link, taken)
    except Unconfirmed:
        # It may have been saved. The same form is still good: it is the same command.
        raise
    except DomainError as refused:
        return await run_in_threadpool(_show_again, request, use, link, token, form, refused)
    return _private(go_to(f"/mail/{token}"))


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision as asked, and whether the link was used up for it just now."""

    asked: Asked
    just_now: bool


async def _give(use: Services, link: Link, taken: Taken) -> None:
    """Have it carried out; the link may be used again only when nothing was decided by it.

    That the form was sent shows that the details stood before somebody's eyes, which a fetched page does not.
    """
    try:
        if taken.just_now:
            await run_in_threadpool(_record_seen, use, link)
        await use.commands.give(Onlooker(link.tenant_id, link.person_id), taken.asked)
    except DomainError as refused:
        if taken.just_now and not isinstance(refused, Unconfirmed):
            await run_in_threadpool(give_back_link, use.engine, link)
        raise


def _record_seen(use: Services, link: Link) -> None:
    onlooker = Onlooker(link.tenant_id, link.person_id)
    try:
        with use.reading(onlooker) as session, noting() as opened:
            circle_of_sheet(session, onlooker, sheet_of(session, link.timesheet_id))
        with command_transaction(use.engine, link.tenant_id) as writing:
            for each in opened.values():
                by = Looker(link.tenant_id, link.person_id, each.viewer, sitting_of(link.token_hash))
                record_opened(writing, by, [each], use.now())
    except UNAVAILABLE:
        return  # the decision itself is then refused where it has to be opened first


def _known(use: Services, token: str) -> Link:
    link = find_link(use.engine, token)
    if link is None:
        raise NotFound("There is no such page, or you may not see it.")
    return link


def _is_somebody_else(request: Request, link: Link) -> bool:
    """Whether the browser is signed in, and not as the person whom the mail was for."""
    viewer = viewer_if_any(request)
    return viewer is not None and viewer.person_id != link.person_id


def _require_own_form(request: Request, use: Services, link: Link, form: dict[str, str]) -> None:
    form_cookie = cookies.FORM.read(request, use.settings)
    if form_cookie is None:
        raise FormExpired
    expected = csrf.mail_token(secret_of(use.settings), form_cookie, link.token_hash)
    csrf.require_same_token(form.get(csrf.FIELD, ""), expected)


def _take(use: Services, link: Link, kind: CommandKind, form: dict[str, str]) -> Taken | None:
    """The decision, with the link used up for it; None when the link decides nothing any more.

    The same form sent twice is the same command, and gets the same answer.
    """
    key = SheetKey(link.tenant_id, link.timesheet_id)
    reason = reason_in(form)
    with use.reading_of(link.tenant_id) as session:
        found = follow_link(session, link)
        asked_before = commands.remembered(session, key, command_id(form), link.person_id)
        if found is None:
            return None
        asked = Asked(
            id=command_id(form),
            kind=kind,
            key=key,
            owner_id=found.owner.id,
            period_start=found.sheet.period_start,
            actor_id=link.person_id,
            body=Decide(link.digest),
            reason=reason,
        )
        state = found.state
    just_now = state is LinkState.OPEN and take_link(use.engine, link)
    is_same = asked_before is not None and asked_before.content_hash == asked.content_hash and state in ANSWERED
    return Taken(asked, just_now) if just_now or is_same else None


def _show_again(
    request: Request, use: Services, link: Link, token: str, form: dict[str, str], refused: DomainError
) -> Response:
    """The page with why nothing was decided, and with what was typed."""
    response = _show(request, use, link, token, form, refused)
    if response.status_code == 503:
        response.headers.update(RETRY_AFTER)
    return response


def _show(
    request: Request,
    use: Services,
    link: Link,
    token: str,
    form: dict[str, str] | None = None,
    refused: DomainError | None = None,
) -> Response:
    form_cookie = cookies.FORM.read(request, use.settings) or secrets.token_urlsafe(32)
    somebody_else = _is_somebody_else(request, link)
    with use.reading_of(link.tenant_id) as session:
        found = follow_link(session, link)
        if found is None:
            raise NotFound("There is no such page, or you may not see it.")
        told = OF_SOMEBODY_ELSE if somebody_else else _told(found)
        response = render(
            request,
            "mail_decision.html",
            status=status_of(refused) if refused else told.status if told else 200,
            page_title="Decide from your mail",
            tenant_name=found.organisation,
            address=f"/mail/{token}",
            sheet_id=link.timesheet_id,
            csrf_token=csrf.masked(csrf.mail_token(secret_of(use.settings), form_cookie, link.token_hash)),
            errors=form_errors(refused, FIELDS) if refused else {},
            form={"reason": (form or {}).get("reason", "")},
            told=told,
            **(_what(session, found) if told is None else {"submission": None}),
        )
    cookies.FORM.give(response, use.settings, form_cookie)
    return _private(response)


def _told(found: LinkFound) -> Told | None:
    """What is said instead of what was certified; None as long as the link decides."""
    if found.state is LinkState.OPEN:
        return None
    told = TOLD[found.state]
    if found.decided is None:
        return told
    by, decision, at = found.decided
    verb = {CommandKind.APPROVE: "approved", CommandKind.REJECT: "rejected"}.get(CommandKind(decision), "took back")
    zone = ZoneInfo(found.person.time_zone)
    words = f"{by} {verb} the timesheet of {found.owner.name} on {when(at.astimezone(zone))}."
    return Told(TOLD[LinkState.DECIDED].status, TOLD[LinkState.DECIDED].title, words)


def _what(session: ReadSession, found: LinkFound) -> dict[str, Any]:
    """No more of what was certified than it takes to decide: the lines where they have to be seen first."""
    submission, start = found.submission, found.sheet.period_start
    assert submission is not None
    minutes, zone = submission.minutes_by_day, ZoneInfo(found.owner.time_zone)
    return {
        "submission": submission,
        "person": found.person,
        "owner": found.owner,
        "days": [(start + timedelta(days=number), each) for number, each in enumerate(minutes)],
        "total": sum(minutes),
        "certified_at": submission.submitted_at.astimezone(zone),
        "checks": tuple(checks_on(submission, found.sheet.period_end, zone)),
        "lines": certified_entries(session, submission.content, zone) if views_first(session) else (),
    }


def _private(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
