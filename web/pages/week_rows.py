"""The lines of the week's grid: show one to type into, and take an empty one away."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import command_transaction
from models.errors import Invalid
from models.reads.week import projects_offered
from models.rules.lines import Line
from models.store import week_rows
from web.auth.viewer import Viewer
from web.forms import parse_id
from web.pages.page import Posted, SignedIn, Used, go_to, onlooker_of, or_show_again
from web.pages.week import WEEK, At, Place, read_week
from web.pages.week_commands import WeekAsked, as_problem, week_asked

router = APIRouter()

ADDRESS = "/people/{staff_id}/week/{day}"


@router.get(f"{ADDRESS}/rows")
@router.get(f"{ADDRESS}/rows/removal")
def rows(at: At, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the week."""
    return go_to(at.address)


@router.post(f"{ADDRESS}/rows")
async def add_row(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Show a line of a type and a project, to type into."""

    async def give() -> Response:
        line = await run_in_threadpool(_add, viewer, use, at, form)
        return go_to(f"{at.address}?row={line}")

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, WEEK, read, form, give(), as_problem)


@router.post(f"{ADDRESS}/rows/removal")
async def remove_row(at: At, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Take a line away that nothing is recorded on."""

    async def give() -> Response:
        await run_in_threadpool(_remove, viewer, use, at, form)
        return go_to(at.address)

    read = read_week(at, viewer, use, {})
    return await or_show_again(request, viewer, WEEK, read, form, give(), as_problem)


def _add(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> Line:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        week = week_asked(session, onlooker, viewer, at, form)
        week.require_recording(session)
        projects = {project.id for project in projects_offered(session)}
    line = _line(week, form)
    if line.project_id is not None and line.project_id not in projects:
        raise Invalid.field("projectId", "There is no such project. Choose one from the list.")
    with command_transaction(use.engine, viewer.tenant_id) as writing:
        week_rows.add(writing, week.key, week.circle.owner.id, [line])
    return line


def _line(week: WeekAsked, form: dict[str, str]) -> Line:
    """The line that was chosen; a type without projects has a line of its own whatever project was chosen with it."""
    wanted = parse_id(form.get("type_id", ""))
    type_ = next((type_ for type_ in week.types if type_.id == wanted), None)
    if type_ is None:
        raise Invalid.field("timePeriodTypeId", "There is no such time period type. Choose one from the list.")
    has_projects = type_.fields.get("project", "hidden") != "hidden"
    return Line(type_.id, parse_id(form.get("project_id", "")) if has_projects else None)


def _remove(viewer: Viewer, use: Used, at: Place, form: dict[str, str]) -> None:
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        week = week_asked(session, onlooker, viewer, at, form)
        week.require_recording(session)
    line = Line.parse(form.get("line", ""))
    if line is None:
        raise Invalid("There is no such line. Reload the page and try again.", errors=[])
    with command_transaction(use.engine, viewer.tenant_id) as writing:
        week_rows.remove(writing, week.key, line)
