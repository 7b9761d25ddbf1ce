"""Planned shifts: saying of one, or of all of a week at once, that they were worked as planned."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from models.commands import Confirm
from models.errors import Invalid
from web.forms import parse_id, version_in
from web.pages.day import change_day
from web.pages.page import Posted, SignedIn, Used, go_to
from web.pages.week import At

router = APIRouter()

MOST_AT_ONCE = 200
"""More shifts than anybody works in a week."""


@router.get("/people/{staff_id}/week/{day}/entries/{entry_id}/confirmation")
@router.get("/people/{staff_id}/week/{day}/planned/confirmation")
def confirmation(at: At, viewer: SignedIn, entry_id: UUID | None = None) -> Response:
    """Where a refused confirmation leaves the browser: whoever asks for that address again wants the day."""
    return go_to(at.address)


@router.post("/people/{staff_id}/week/{day}/entries/{entry_id}/confirmation")
async def confirm(at: At, entry_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Say of a planned shift that it was worked as planned."""
    return await change_day(
        request,
        viewer,
        use,
        at,
        form,
        str(entry_id),
        lambda _week: [Confirm(entry_id, version_in(form))],
        "Confirmed: it counts now.",
    )


@router.post("/people/{staff_id}/week/{day}/planned/confirmation")
async def confirm_all(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Say of several planned shifts of a week that they were worked as planned: of all of them or of none."""
    return await change_day(
        request, viewer, use, at, form, "planned", lambda _week: _shown(form), "Confirmed: they count now."
    )


def _shown(form: dict[str, str]) -> list[Confirm]:
    """The planned shifts that the form showed, each with its version: `id:1 id:2`. Raises `Invalid`."""
    named = [each.partition(":") for each in form.get("shown", "").split()]
    shown = [
        Confirm(entry_id, version_in({"version": version})) for id_, _, version in named if (entry_id := parse_id(id_))
    ]
    if not shown or len(shown) < len(named) or len(shown) > MOST_AT_ONCE:
        raise Invalid("This form does not say what it showed. Reload the page and try again.", errors=[])
    return shown
