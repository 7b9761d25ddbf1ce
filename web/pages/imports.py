"""Reading in a list of entries: every line gets its verdict, then all of them are recorded or none."""

from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from temporalio.client import RPCError
from temporalio.common import WorkflowIDConflictPolicy

from models.commands import made_by
from models.database import ReadSession, command_transaction
from models.errors import Invalid, Unavailable
from models.imports import MOST_LINES, lines_json
from models.messages import ImportKey
from models.reads.imports import import_shown, imports_of
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.imports import APPLYING, CHECKED, CHECKING, begin_recording, give_up, keep_list
from models.tables.intake import EntryImport
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.cells import csv_of
from web.forms import reason_in
from web.intake.entry_lists import COLUMNS, understand
from web.lists import FIELD, LARGEST, list_text, read_list, uploaded_file
from web.pages.page import (
    Posted,
    Read,
    SignedIn,
    Template,
    Used,
    command_id,
    go_to,
    onlooker_of,
    or_show_again,
    show,
)
from workflows.entry_import import EntryImportWorkflow, import_workflow_id

router = APIRouter()

LISTS = Template("imports.html", "imports.html", fields=frozenset({FIELD, "reason"}))
LIST = Template("import.html", "partials/import.html")

EXAMPLES = (
    ("staff-1013", "2026-11-18", "Shift", "09:00", "17:00", "30", "proj-100", "painting", "The gate is stuck."),
    ("staff-1014", "2026-11-19", "Absence", "", "", "", "", "annual leave", ""),
)

log = structlog.get_logger()


@router.get("/import")
def choose(viewer: SignedIn, request: Request) -> Response:
    """Ask for a list, and show those read in before."""
    return show(request, viewer, LISTS, _read_all)


@router.get("/import/template")
def template(viewer: SignedIn, use: Used) -> Response:
    """A list with an example, to be filled in."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.IMPORT_ENTRIES)
    content = "".join(csv_of(COLUMNS, EXAMPLES)).encode()
    return files.attachment(content, files.CSV, "entries", "template", "csv")


@router.post("/import")
async def read_in(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Keep a list and have every line checked; nothing is recorded yet."""
    file_name, uploaded = await uploaded_file(request)

    async def give() -> Response:
        id_ = made_by(viewer.tenant_id, command_id(form), f"list/{viewer.person_id}")
        await run_in_threadpool(_keep, viewer, use, id_, file_name or "pasted", uploaded, form)
        await _start(use, ImportKey(viewer.tenant_id, id_), record=False)
        return go_to(f"/import/{id_}")

    return await or_show_again(request, viewer, LISTS, _read_all, form, give())


@router.get("/import/{import_id}")
def look(import_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """A list with the verdict of every line, and how far it has come."""
    return show(request, viewer, LIST, _read(import_id))


@router.get("/import/{import_id}/recording")
def recording(import_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the list."""
    return go_to(f"/import/{import_id}")


@router.post("/import/{import_id}/recording")
async def record(import_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Record every line, or none. Asked for while somebody is at it, it goes on where nobody does any more."""

    async def give() -> Response:
        checked = await run_in_threadpool(_begin, viewer, use, import_id)
        await _start(use, ImportKey(viewer.tenant_id, import_id), record=checked)
        return go_to(f"/import/{import_id}")

    return await or_show_again(request, viewer, LIST, _read(import_id), form, give())


def _keep(viewer: Viewer, use: Used, id_: UUID, file_name: str, uploaded: bytes, form: dict[str, str]) -> None:
    """Keep the list under an id that follows from the form's: sent twice, it is kept once.

    Raises `Invalid` for one that cannot be read, and `KeyReused`.
    """
    onlooker = onlooker_of(viewer)
    lines = read_list(list_text(uploaded, form.get(FIELD, "")), COLUMNS)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.IMPORT_ENTRIES)
        understood, problems = understand(session, onlooker, lines)
    with command_transaction(use.engine, viewer.tenant_id) as session:
        keep_list(
            session,
            EntryImport(
                id=id_,
                tenant_id=viewer.tenant_id,
                actor_id=viewer.person_id,
                file_name=file_name[:200],
                reason=reason_in(form),
                lines=lines_json(understood),
                problems={str(number): words for number, words in problems.items()},
            ),
        )


def _begin(viewer: Viewer, use: Used, import_id: UUID) -> bool:
    """Whether it is to be recorded; a list that is still being checked goes on being checked. Raises `Invalid`."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.IMPORT_ENTRIES)
        state = import_shown(session, onlooker, import_id).state
    with command_transaction(use.engine, viewer.tenant_id) as session:
        if not begin_recording(session, import_id) and state == CHECKED:
            raise Invalid("Some lines are refused, so nothing can be recorded. Correct the list.", errors=[])
    return state != CHECKING


async def _start(use: Used, key: ImportKey, *, record: bool) -> None:
    """Have the list gone through. Raises `Unavailable` when nobody can be asked to; then it is as it was."""
    try:
        await use.client.start_workflow(
            EntryImportWorkflow.run,
            args=[key, record],
            id=import_workflow_id(key, record),
            task_queue=use.settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    except RPCError as away:
        log.warning("list not started", error=away.status.name)
        if await run_in_threadpool(_give_up, use, key, APPLYING if record else CHECKING):
            raise Unavailable(
                "Nothing was saved: the system is not keeping up just now. Send it again in a moment."
            ) from away


def _give_up(use: Used, key: ImportKey, state: str) -> bool:
    with command_transaction(use.engine, key.tenant_id) as session:
        return give_up(session, key.import_id, state)


def _read_all(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
    require(session, onlooker, Action.IMPORT_ENTRIES)
    return {
        "columns": COLUMNS,
        "limits": (LARGEST, MOST_LINES),
        "lists": imports_of(session, onlooker),
        "page_title": "Read in entries",
    }


def _read(import_id: UUID) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.IMPORT_ENTRIES)
        return {"list": import_shown(session, onlooker, import_id), "columns": COLUMNS, "page_title": "Read in entries"}

    return read
