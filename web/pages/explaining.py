"""Why a balance is what it is, for people: the arithmetic, and the way from every number back to a person."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.database import ReadSession
from models.errors import NotFound
from models.reads.explaining import explanation
from models.reads.people import person_by_staff_id
from models.reads.viewer import Onlooker, circle_for
from models.rules.accrual_types import ACCRUAL_TITLES, AccrualCode
from models.rules.days import local_date
from web.forms import parse_day
from web.pages.page import SignedIn, Template, Used, show

router = APIRouter()

EXPLANATION = Template("explanation.html", "explanation.html")


@router.get("/balances/explain")
def explain(
    viewer: SignedIn,
    request: Request,
    use: Used,
    person: str = "",
    type_: Annotated[str, Query(alias="type")] = AccrualCode.ANNUAL_TARGET_HOURS,
    on: Annotated[str, Query(alias="date")] = "",
    month: str = "",
) -> Response:
    """Why a balance is what it is on a day: one's own, of whom one acts for, or of `person` (a staff id).

    `month` (2026-11) is the month whose days are told in full; without it that of the day.
    """
    code = _code(type_)

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        owner_id = person_by_staff_id(session, person).id if person else onlooker.acting_for_id or onlooker.person_id
        owner = circle_for(session, onlooker, owner_id).owner
        day = parse_day(on) or local_date(use.now(), owner.zone)
        found = explanation(session, onlooker, owner_id, code, day, _month(month))
        return {"explained": found, "page_title": f"{found.title}, explained"}

    return show(request, viewer, EXPLANATION, read)


def _code(typed: str) -> AccrualCode:
    if typed not in ACCRUAL_TITLES:
        raise NotFound("There is no such page, or you may not see it.")
    return AccrualCode(typed)


def _month(typed: str) -> date | None:
    return parse_day(f"{typed}-01")
