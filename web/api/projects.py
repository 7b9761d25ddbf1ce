"""Projects: what work is done for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from models.reads.directory import find_projects
from models.rules.people import ProjectContent
from models.store.changes import Kept
from models.store.projects import create_project, kept_project, replace_project
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Administers, Reads
from web.api.directory import change, created
from web.api.lists import Listed, Paged, listed
from web.api.values import Resource, Text
from web.api.versions import Seen, mark
from web.services import Used

router = APIRouter(prefix="/resources/projects", tags=["Projects"])

ADDRESS = "/resources/projects"


class ProjectGiven(Resource):
    """What there is to say of a project."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"externalId": "proj-601", "name": "count owls", "leadId": None, "active": True}]
        }
    )

    external_id: Text = Field(min_length=1, max_length=50)
    name: Text = Field(min_length=1, max_length=200)
    lead_id: UUID | None = Field(None, description="Somebody with the role project_lead.")
    active: bool = Field(True, strict=True, description="False: nothing is recorded on it any more.")

    @property
    def content(self) -> ProjectContent:
        """As the rules know it."""
        return ProjectContent(self.external_id, self.name, self.lead_id, self.active)


class Project(Resource):
    """What work is done for."""

    id: UUID
    version: int
    external_id: str
    name: str
    lead_id: UUID | None
    active: bool


@router.get("", operation_id="findProjects", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    external_id: Annotated[str | None, Query(alias="externalId", max_length=50)] = None,
) -> Listed[Project]:
    """Projects by external id, also those that are not active."""
    with use.reading(caller.onlooker) as session:
        after = asked.after[0] if asked.after else None
        found = find_projects(session, external_id=external_id, after=after, limit=asked.first + 1)
        return listed(found, asked, lambda kept: (kept.content.external_id,), shown)


@router.post("", operation_id="createProject", status_code=201, responses=RECORDING)
def create(caller: Administers, use: Used, key: Key, body: ProjectGiven, response: Response) -> Project:
    """Add a project."""
    kept = change(use, caller, key, lambda session, given: create_project(session, given, body.content))
    return shown(created(response, ADDRESS, kept))


@router.get("/{project_id}", operation_id="getProject", responses=READING)
def get(caller: Reads, use: Used, project_id: UUID, response: Response) -> Project:
    """One project."""
    with use.reading(caller.onlooker) as session:
        kept = kept_project(session, project_id)
    mark(response, kept.version)
    return shown(kept)


@router.put("/{project_id}", operation_id="replaceProject", responses=RECORDING | refusals(412, 428))
def put(
    caller: Administers, use: Used, key: Key, seen: Seen, project_id: UUID, body: ProjectGiven, response: Response
) -> Project:
    """Change a project."""
    kept = change(
        use, caller, key, lambda session, given: replace_project(session, given, project_id, seen, body.content)
    )
    mark(response, kept.version)
    return shown(kept)


def shown(kept: Kept[ProjectContent]) -> Project:
    """A project as the API gives it."""
    content = kept.content
    return Project(
        id=kept.id,
        version=kept.version,
        external_id=content.external_id,
        name=content.name,
        lead_id=content.lead_id,
        active=content.active,
    )
