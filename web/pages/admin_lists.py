"""Lists of people and of projects: taken along, and read in after a look at what every line would do."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.reads.directory import Verdict, people_list, planned_rows, project_list
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.changes import GivenBy
from models.store.lists import (
    PEOPLE_COLUMNS,
    PROJECT_COLUMNS,
    Done,
    Line,
    Plan,
    import_people,
    import_projects,
    plan_people,
    plan_projects,
)
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.cells import csv_of
from web.lists import FIELD, LARGEST, MOST_LINES, list_text, read_list, uploaded_file
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services

router = APIRouter()

LIST = Template("admin_list.html", "admin_list.html", fields=frozenset({FIELD}))


class Kind(StrEnum):
    """What a list is of, as addresses say it."""

    PEOPLE = "people"
    PROJECTS = "projects"


@dataclass(frozen=True, slots=True)
class ListOf:
    """How the lists of one kind are read, written and carried out."""

    action: Action
    columns: Sequence[str]
    examples: Sequence[Sequence[str]]
    all: Callable[[ReadSession], Iterable[Sequence[str]]]
    plan: Callable[[ReadSession, GivenBy, Sequence[Line]], Plan[Any]]
    read_in: Callable[[WriteSession, GivenBy, Sequence[Line], str], Done]


LISTS = {
    Kind.PEOPLE: ListOf(
        Action.MANAGE_PEOPLE,
        PEOPLE_COLUMNS,
        (
            (
                "staff-1013",
                "Walter Skinner",
                "walter@example.org",
                "worker supervisor",
                "",
                "Europe/London",
                "GB-ENG",
                "yes",
            ),
            ("staff-1014", "Monica Reyes", "", "worker", "staff-1013", "Europe/London", "GB-SCT", "yes"),
        ),
        people_list,
        plan_people,
        import_people,
    ),
    Kind.PROJECTS: ListOf(
        Action.MANAGE_PROJECTS,
        PROJECT_COLUMNS,
        (("proj-100", "Paint the fence", "", "yes"),),
        project_list,
        plan_projects,
        import_projects,
    ),
}


@router.get("/admin/{kind}/export")
def export(kind: Kind, viewer: SignedIn, use: Used) -> Response:
    """Everybody or every project as a list."""
    onlooker, of = onlooker_of(viewer), LISTS[kind]
    with use.reading(onlooker) as session:
        require(session, onlooker, of.action)
        return _csv(of, of.all(session), kind.value)


@router.get("/admin/{kind}/template")
def template(kind: Kind, viewer: SignedIn, use: Used) -> Response:
    """A list with an example, to be filled in."""
    onlooker, of = onlooker_of(viewer), LISTS[kind]
    with use.reading(onlooker) as session:
        require(session, onlooker, of.action)
    return _csv(of, of.examples, kind.value, "template")


@router.get("/admin/{kind}/import")
def choose(kind: Kind, viewer: SignedIn, request: Request) -> Response:
    """Ask for a list."""
    return show(request, viewer, LIST, _read(kind))


@router.get("/admin/{kind}/import/preview")
def chosen(kind: Kind, viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again has to choose a list again."""
    return go_to(f"/admin/{kind}/import")


@router.post("/admin/{kind}/import/preview")
async def preview(kind: Kind, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Show what every line of a list would do. It changes nothing."""
    _, uploaded = await uploaded_file(request)

    async def give() -> Response:
        return await run_in_threadpool(lambda: _shown(kind, viewer, request, uploaded, form))

    return await or_show_again(request, viewer, LIST, _read(kind), form, give())


@router.post("/admin/{kind}/import")
async def read_in(kind: Kind, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Carry out a list as it was shown, all of it or none."""

    async def give() -> Response:
        done = await run_in_threadpool(_read_in, kind, viewer, use, form)
        return go_to(f"/admin/{kind}", f"Read in: {done.created:,} added, {done.changed:,} changed.")

    return await or_show_again(request, viewer, LIST, _read(kind), form, give())


def _read_in(kind: Kind, viewer: Viewer, use: Services, form: dict[str, str]) -> Done:
    of, given = LISTS[kind], given_by(viewer, form)
    lines = read_list(list_text(b"", form.get(FIELD, "")), of.columns)
    plan = form.get("plan", "")
    return change(viewer, use, of.action, lambda session: of.read_in(session, given, lines, plan))


def _shown(kind: Kind, viewer: Viewer, request: Request, uploaded: bytes, form: dict[str, str]) -> Response:
    """The plan of a list, under the command id that it will be carried out by."""
    text = list_text(uploaded, form.get(FIELD, ""))
    lines = read_list(text, LISTS[kind].columns)
    given = GivenBy(viewer.tenant_id, viewer.person_id, uuid4())

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = _read(kind)(session, onlooker)
        plan = LISTS[kind].plan(session, given, lines)
        rows = planned_rows(session, plan)
        counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
        looked_at = {"rows": rows, "counts": counts, "plan": plan.fingerprint, "command_id": given.command_id}
        return found | looked_at | {"form": {FIELD: text}}

    return show(request, viewer, LIST, read)


def _read(kind: Kind) -> Read:
    """What the page that asks for a list shows."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, LISTS[kind].action)
        return {
            "kind": kind.value,
            "columns": LISTS[kind].columns,
            "limits": (LARGEST, MOST_LINES),
            "rows": None,
            "page_title": f"Read in {kind}",
        }

    return read


def _csv(of: ListOf, rows: Iterable[Sequence[str]], *name: str) -> Response:
    content = "".join(csv_of(of.columns, rows)).encode()
    return files.attachment(content, files.CSV, *name, "csv")
