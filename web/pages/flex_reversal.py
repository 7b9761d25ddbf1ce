"""Giving back the credit that a flex change used: one click of an administrator, and for good."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.agreements import person_of
from models.reads.flex import flex_change_shown
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.adjustments import LONGEST_REASON, adjust, reversal_of
from web.auth.viewer import Viewer
from web.forms import Form, parse_day, text
from web.pages.admin import change, given_by
from web.pages.admin_people import address_of
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.pages.week import Place

router = APIRouter()

REVERSAL = Template(
    "flex_reversal.html", "partials/flex_reversal.html", refused_into="dialog", fields=frozenset({"reason"})
)

ADDRESS = "/admin/flex-changes/{flex_change_id}/reversal"


@router.get(ADDRESS)
def reversal(flex_change_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """Ask why the credit of a flex change is given back."""
    return show(request, viewer, REVERSAL, _read(viewer, flex_change_id, {}))


@router.post(ADDRESS)
async def give_back(flex_change_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Give back what a flex change used; from the day of a week, where one then looks again, or from anywhere."""

    def do() -> Response:
        given, reason = given_by(viewer, form), _reason(form)

        def make(session: WriteSession) -> str:
            made = adjust(session, given, reversal_of(session, flex_change_id, reason))
            return person_of(session, made.person_id).staff_id

        staff_id = change(viewer, use, Action.MANAGE_BALANCES, make)
        day = parse_day(form.get("day", ""))
        address = Place(staff_id, day).address if day else address_of(staff_id)
        return go_to(address, "The credit is given back. The record of the change stays as it is.")

    async def give() -> Response:
        return await run_in_threadpool(do)

    return await or_show_again(request, viewer, REVERSAL, _read(viewer, flex_change_id, form), form, give())


def _read(viewer: Viewer, flex_change_id: UUID, typed: Form) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        owner_id, found = flex_change_shown(session, flex_change_id, viewer.zone)
        return {
            "change": found,
            "owner": person_of(session, owner_id),
            "day": typed.get("day", ""),
            "longest_reason": LONGEST_REASON,
            "page_title": "Give the credit back",
        }

    return read


def _reason(form: Form) -> str:
    reason = text(form, "reason") or ""
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid.field("reason", f"Say why, in at most {LONGEST_REASON} characters.")
    return reason
