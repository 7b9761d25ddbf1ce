"""What every page of a signed-in person shares: one read of the database, the frame, and answers to forms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body
from models.database import ReadSession
from models.errors import DomainError, Invalid, NotFound
from models.messages import SheetKey
from models.reads.people import viewer_shown
from models.reads.viewer import Onlooker, responsible
from models.rules.periods import Period
from models.rules.transitions import CommandKind
from models.store.people import Circle
from web.auth.csrf import posted_form
from web.auth.viewer import Viewer, current_viewer
from web.errors import form_errors, status_of
from web.forms import parse_id, reason_in
from web.notices import leave_notice
from web.rendering import render_page
from web.services import Services, services

SignedIn = Annotated[Viewer, Depends(current_viewer)]
Posted = Annotated[dict[str, str], Depends(posted_form)]
Used = Annotated[Services, Depends(services)]

Read = Callable[[ReadSession, Onlooker], dict[str, Any]]
"""Reads what one template shows."""


@dataclass(frozen=True, slots=True)
class Template:
    """A page, and the part of it that is exchanged when only that changes."""

    page: str
    part: str


def onlooker_of(viewer: Viewer) -> Onlooker:
    """The signed-in person as the reads know them."""
    return Onlooker(viewer.tenant_id, viewer.person_id, viewer.acting_for_id)


def show(
    request: Request, viewer: Viewer, template: Template, read: Read, status: int = 200, **context: Any
) -> Response:
    """Read what a page shows, and the frame around it, in one view of the database; then render it."""
    onlooker = onlooker_of(viewer)
    with services(request).reading(onlooker) as session:
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
) -> Response:
    """Await a command's answer; refused, the page comes back with the reason and all that was typed."""
    try:
        return await command
    except NotFound:
        raise
    except DomainError as refused:
        status, errors = status_of(refused), form_errors(refused)
    return await run_in_threadpool(lambda: show(request, viewer, template, read, status, errors=errors, form=form))


def go_to(address: str, notice: str | None = None, tone: str = "ok") -> Response:
    """After a command: look at the result with a GET, so that reloading sends nothing again."""
    response = RedirectResponse(address, 303)
    if notice:
        leave_notice(response, notice, tone)
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
    """A form as a command: by whom, for whom they act if it is that person's to give, and why."""
    on_behalf_of = responsible(onlooker_of(viewer), circle, kind)
    return Asked(
        id=command_id(form),
        kind=kind,
        key=key,
        owner_id=circle.owner.id,
        period_start=period.start,
        actor_id=viewer.person_id,
        body=body,
        on_behalf_of_id=on_behalf_of,
        reason=reason_in(form) or (viewer.acting_reason if on_behalf_of else None),
    )


def command_id(form: dict[str, str]) -> UUID:
    """The id that the form was given when it was shown. Raises `Invalid` for one that is none."""
    found = parse_id(form.get("command_id", ""))
    if found is None:
        raise Invalid("This form has no valid id. Reload the page and try again.", errors=[])
    return found
