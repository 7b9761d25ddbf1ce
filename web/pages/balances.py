"""Balances: of one person on any day and through the year, and of a team."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.database import ReadSession
from models.reads.balances import BalancesWanted, balances_page, balances_taken
from models.reads.people import person_by_staff_id
from models.reads.shown_balances import TeamWanted
from models.reads.team_balances import STATUSES, team_page, team_taken
from models.reads.viewer import Onlooker
from models.rules.accrual_types import ACCRUAL_TITLES, AccrualCode
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.balances_csv import balances_csv, team_csv
from web.forms import parse_day
from web.pages.page import SignedIn, Template, Used, onlooker_of, show
from web.plots import plot_of
from web.services import Services

router = APIRouter()

Type = Annotated[str, Query(alias="type")]
"""The code of an accrual type."""

BALANCES = Template("balances.html", "balances.html")
TEAM = Template("balances_team.html", "balances_team.html")


@router.get("/balances")
def balances(
    viewer: SignedIn, request: Request, use: Used, on: str = "", person: str = "", type_: Type = ""
) -> Response:
    """What remains of each accrual on a day: one's own, of whom one acts for, or of `person` (a staff id)."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = balances_page(session, onlooker, _wanted(session, onlooker, use, on, person, type_))
        plot = plot_of(found.chosen, found.on, found.today) if found.chosen else None
        return {"balances": found, "plot": plot, "page_title": "Balances"}

    return show(request, viewer, BALANCES, read)


@router.get("/balances.csv")
def balances_as_csv(viewer: SignedIn, use: Used, on: str = "", person: str = "") -> Response:
    """Every balance of a year, with each day on which something happened, as CSV."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        taken = balances_taken(session, onlooker, _wanted(session, onlooker, use, on, person))
    return files.attachment(balances_csv(taken), files.CSV, taken.owner.staff_id, "balances", taken.on, "csv")


@router.get("/balances/team")
def team(
    viewer: SignedIn,
    request: Request,
    use: Used,
    on: str = "",
    type_: Type = "",
    status: str = "",
    after: str | None = None,
) -> Response:
    """How the people whose time one approves stand with one accrual, or everybody for those who see everybody."""
    wanted = _of_team(viewer, use, on, type_, status, after)

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        choices = {"types": ACCRUAL_TITLES, "statuses": STATUSES, "today": _today(viewer, use)}
        return {"team": team_page(session, onlooker, wanted), "page_title": "Team balances"} | choices

    return show(request, viewer, TEAM, read)


@router.get("/balances/team.csv")
def team_as_csv(viewer: SignedIn, use: Used, on: str = "", type_: Type = "", status: str = "") -> Response:
    """How all people of a team stand with one accrual, as CSV."""
    onlooker, wanted = onlooker_of(viewer), _of_team(viewer, use, on, type_, status)
    with use.reading(onlooker) as session:
        content = files.set_down(team_csv(wanted, team_taken(session, onlooker, wanted)))
    return files.attachment(files.taken_up(content), files.CSV, "team", wanted.code, wanted.on, "csv")


def _wanted(
    session: ReadSession, onlooker: Onlooker, use: Services, on: str, staff_id: str, code: str = ""
) -> BalancesWanted:
    owner = person_by_staff_id(session, staff_id).id if staff_id else onlooker.acting_for_id or onlooker.person_id
    return BalancesWanted(owner, parse_day(on), use.now(), _code(code))


def _of_team(viewer: Viewer, use: Services, on: str, code: str, status: str, after: str | None = None) -> TeamWanted:
    day = parse_day(on) or _today(viewer, use)
    known = status if status in STATUSES else ""
    return TeamWanted(day, _code(code) or AccrualCode.ANNUAL_TARGET_HOURS, known, after)


def _today(viewer: Viewer, use: Services) -> date:
    return use.now().astimezone(viewer.zone).date()


def _code(typed: str) -> AccrualCode | None:
    return AccrualCode(typed) if typed in ACCRUAL_TITLES else None
