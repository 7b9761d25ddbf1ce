"""Who needs an approver: people whose time falls to the administrators, and approvers who approve no more."""

from typing import Any

from fastapi import APIRouter, Request, Response

from models.database import ReadSession
from models.reads.approvers import Place, approvers_page
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from web.api.lists import key_of_cursor, next_cursor, not_ours
from web.pages.page import SignedIn, Template, show

router = APIRouter()

ADDRESS = "/admin/approvers"
APPROVERS = Template("admin_approvers.html", "admin_approvers.html")


@router.get(ADDRESS)
def approvers(viewer: SignedIn, request: Request, after: str | None = None, gone: str | None = None) -> Response:
    """Everybody without an approver with the reason, and every approver who is none any more."""
    without_from, gone_from = _place(after), _place(gone)

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.SEE_PEOPLE)
        page = approvers_page(session, without_from, gone_from)
        return {
            "found": page,
            "more": next_cursor(page.next_without) if page.next_without else None,
            "more_gone": next_cursor(page.next_gone) if page.next_gone else None,
            "page_title": "Needs an approver",
        }

    return show(request, viewer, APPROVERS, read)


def _place(cursor: str | None) -> Place | None:
    """Where a list begins. Raises `Invalid` for the cursor of another one."""
    match key_of_cursor(cursor) if cursor else None:
        case None:
            return None
        case (name, staff_id):
            return name, staff_id
    raise not_ours()
