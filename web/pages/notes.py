"""Notes: said about a day, and never changed."""

from fastapi import APIRouter, Request, Response

from models.commands import AddNote
from web.forms import text
from web.pages.day import change_day
from web.pages.page import Posted, SignedIn, Used, go_to
from web.pages.week import At

router = APIRouter()


@router.get("/people/{staff_id}/week/{day}/notes")
def notes(at: At, viewer: SignedIn) -> Response:
    """Where a refused note leaves the browser: whoever asks for that address again wants the day."""
    return go_to(at.address)


@router.post("/people/{staff_id}/week/{day}/notes")
async def add_note(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Say something about a day, for good."""
    return await change_day(
        request,
        viewer,
        use,
        at,
        form,
        "note",
        lambda _week: [AddNote(at.day, text(form, "content") or "")],
        "The note is kept.",
    )
