"""Projects, as administrators see and change them."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession
from models.errors import Invalid
from models.reads.directory import changes_of, holders, project_by_external_id, project_rows
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.people import ProjectContent
from models.rules.policy import Action, Role
from models.store.changes import Kept
from models.store.projects import create_project, replace_project
from web.auth.viewer import Viewer
from web.forms import parse_id, text, version_in
from web.pages.admin import YES, change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show

router = APIRouter()

PROJECTS = Template("admin_projects.html", "admin_projects.html")
PROJECT = Template(
    "admin_project.html", "admin_project.html", fields=frozenset({"externalId", "name", "leadId", "active"})
)


def address_of(external_id: str) -> str:
    """The page of a project."""
    return f"/admin/projects/{quote(external_id)}"


@router.get("/admin/projects")
def projects(viewer: SignedIn, request: Request) -> Response:
    """Every project of the organisation."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_PROJECTS)
        return {"projects": project_rows(session), "page_title": "Projects"}

    return show(request, viewer, PROJECTS, read)


@router.post("/admin/projects")
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add a project."""

    def do() -> Kept[ProjectContent]:
        given, content = given_by(viewer, form), _content(form)
        return change(viewer, use, Action.MANAGE_PROJECTS, lambda session: create_project(session, given, content))

    async def give() -> Response:
        created = (await run_in_threadpool(do)).content
        return go_to("/admin/projects", f"Added {created.name}. Time can be recorded on it from now on.")

    return await or_show_again(request, viewer, PROJECT, _read(), form, give())


@router.get("/admin/projects/new")
def new(viewer: SignedIn, request: Request) -> Response:
    """The form of a new project."""
    return show(request, viewer, PROJECT, _read())


@router.get("/admin/projects/{external_id}")
def project(external_id: str, viewer: SignedIn, request: Request) -> Response:
    """One project, and every change of it."""
    return show(request, viewer, PROJECT, _read(viewer, external_id))


@router.post("/admin/projects/{external_id}")
async def replace(external_id: str, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change a project."""

    def do() -> Kept[ProjectContent]:
        given, content, version = given_by(viewer, form), _content(form | {"externalId": external_id}), version_in(form)
        return change(
            viewer,
            use,
            Action.MANAGE_PROJECTS,
            lambda session: replace_project(
                session, given, project_by_external_id(session, external_id).id, version, content
            ),
        )

    async def give() -> Response:
        await run_in_threadpool(do)
        return go_to(address_of(external_id), "Saved. The change stands below.")

    return await or_show_again(request, viewer, PROJECT, _read(viewer, external_id), form, give())


def _read(viewer: Viewer | None = None, external_id: str | None = None) -> Read:
    """What the page of a project shows; of none yet without an id."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_PROJECTS)
        kept = project_by_external_id(session, external_id) if external_id is not None else None
        content = kept.content if kept else ProjectContent("", "", None)
        return {
            "kept": kept,
            "content": content,
            "leads": holders(session, Role.PROJECT_LEAD, content.lead_id),
            "changes": changes_of(session, kept.id, viewer.zone) if kept and viewer else (),
            "page_title": content.name or "Add a project",
        }

    return read


def _content(form: dict[str, str]) -> ProjectContent:
    """A project as typed. Raises `Invalid` for what cannot be understood at all."""
    lead, chosen = form.get("leadId", ""), parse_id(form.get("leadId", ""))
    if lead and chosen is None:
        raise Invalid.field("leadId", "Choose a lead from the list.")
    return ProjectContent(
        external_id=text(form, "externalId") or "",
        name=text(form, "name") or "",
        lead_id=chosen,
        active=form.get("active") == YES,
    )
