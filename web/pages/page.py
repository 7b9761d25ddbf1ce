"""What every page of a signed-in person shares: one read of the database, the frame, and answers to forms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body
from models.database import UNAVAILABLE, ReadSession
from models.errors import DomainError, Invalid, NotFound, Unconfirmed
from models.messages import SheetKey
from models.reads.looking import remember_lookers
from models.reads.people import viewer_shown
from models.reads.viewer import Onlooker, responsible
from models.rules.periods import Period
from models.rules.policy import Action, Relation, Standing, authorise
from models.rules.transitions import NEEDS_REASON, CommandKind
from models.store.people import Circle
from web.auth.csrf import posted_form
from web.auth.viewer import Viewer, current_viewer
from web.errors import RETRY_AFTER, form_errors, status_of
from web.forms import parse_id, reason_in
from web.notices import leave_notice
from web.rendering import render_page
from web.services import Used as Used
from web.services import services

SignedIn = Annotated[Viewer, Depends(current_viewer)]
Posted = Annotated[dict[str, str], Depends(posted_form)]

Read = Callable[[ReadSession, Onlooker], dict[str, Any]]
"""Reads what one template shows."""


@dataclass(frozen=True, slots=True)
class Template:
    """A page, and the part of it that is exchanged when only that changes."""

    page: str
    part: str
    refused_into: str | None = None
    """The id of the region for the part of a refused command, if not the one that its answer goes to."""
    fields: frozenset[str] = frozenset()
    """The fields of its form that can say why they were refused; everything else is said above the form."""


def onlooker_of(viewer: Viewer) -> Onlooker:
    """The signed-in person as the reads know them. Whoever may not act for others any more acts for themselves."""
    standing = Standing(viewer.person_id, viewer.roles, frozenset({Relation.TENANT}))
    acting_for_id = viewer.acting_for_id if authorise(Action.ACT_FOR, standing) else None
    return Onlooker(viewer.tenant_id, viewer.person_id, acting_for_id)


def show(
    request: Request, viewer: Viewer, template: Template, read: Read, status: int = 200, **context: Any
) -> Response:
    """Read what a page shows, and the frame around it, in one view of the database; then render it."""
    onlooker = onlooker_of(viewer)
    with services(request).reading(onlooker) as session:
        remember_lookers(session, viewer.lookers)
        found = read(session, onlooker)
        request.state.frame = viewer_shown(session, onlooker, viewer.acting_reason)
        return render_page(request, template.page, template.part, status, **(found | context))


async def or_show_again(
    request: Request,
    viewer: Viewer,
    template: Template,
    read: Read,
    form: dict[str, str],
    command: Awaitable[Response],
    told: Callable[[DomainError], dict[str, Any]] | None = None,
) -> Response:
    """Await a command's answer; refused, the page comes back with the reason and all that was typed.

    `told` says what the template shows of a refusal that does not belong beside the fields of `form`.

    Raises the refusal itself when there is no page to show it on (for somebody who may not see it, or while the
    database is away), and when only the form that was sent may be sent again, not a new one.
    """
    try:
        return await command
    except (NotFound, Unconfirmed):
        raise
    except DomainError as error:
        refused, status = error, status_of(error)
        found = told(error) if told else {"errors": form_errors(error, template.fields), "form": form}
    try:
        response = await run_in_threadpool(lambda: show(request, viewer, template, read, status, **found))
    except (NotFound, *UNAVAILABLE):
        raise refused from None
    if status == 503:
        response.headers.update(RETRY_AFTER)
    if template.refused_into:
        response.headers["HX-Retarget"] = f"#{template.refused_into}"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def go_to(address: str, notice: str | None = None, tone: str = "ok", undo: UUID | None = None) -> Response:
    """After a command: look at the result with a GET, so that reloading sends nothing again."""
    response = RedirectResponse(address, 303)
    if notice:
        leave_notice(response, notice, tone, undo)
    return response


def asked_by(
    viewer: Viewer,
    circle: Circle,
    kind: CommandKind,
    key: SheetKey,
    period: Period,
    body: Body,
    form: dict[str, str],
) -> Asked:
    """A form as a command: by whom, for whom they act if it is that person's to give, and why.

    Why somebody acts for another says enough of what needs no reason otherwise, but not why a week is rejected.
    """
    on_behalf_of = responsible(onlooker_of(viewer), circle, kind, key.timesheet_id)
    acting_reason = viewer.acting_reason if on_behalf_of and kind not in NEEDS_REASON else None
    return Asked(
        id=command_id(form),
        kind=kind,
        key=key,
        owner_id=circle.owner.id,
        period_start=period.start,
        actor_id=viewer.person_id,
        body=body,
        on_behalf_of_id=on_behalf_of,
        reason=reason_in(form) or acting_reason,
    )


def command_id(form: dict[str, str]) -> UUID:
    """The id that the form was given when it was shown. Raises `Invalid` for one that is none."""
    found = parse_id(form.get("command_id", ""))
    if found is None:
        raise Invalid("This form has no valid id. Reload the page and try again.", errors=[])
    return found
