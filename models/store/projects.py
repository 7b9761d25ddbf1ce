"""Projects of an organisation, created and changed by administrators.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `Stale` and `KeyReused`.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import NotFound, Stale
from models.rules.entry_fields import Refused
from models.rules.people import PersonContent, ProjectContent, project_errors
from models.rules.policy import Action, Role
from models.store.changes import Change, GivenBy, Kept, Subject, done_before, hash_of, keep, require_none, take_turn
from models.store.directory import kept_people
from models.store.waiting import look_up_leads_again
from models.tables.people import DirectoryChange, Project

Projects = Mapping[UUID, Kept[ProjectContent]]


def create_project(session: WriteSession, given: GivenBy, content: ProjectContent) -> Kept[ProjectContent]:
    """Add a project, or return the one that this command added before."""
    take_turn(session, given, Action.MANAGE_PROJECTS)
    asked = hash_of("create project", content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    (created,) = change_projects(session, given, asked, {given.makes("project"): content})
    return created


def replace_project(
    session: WriteSession, given: GivenBy, project_id: UUID, version: int, content: ProjectContent
) -> Kept[ProjectContent]:
    """Let a project be what `content` says; `version` is the one that was looked at."""
    take_turn(session, given, Action.MANAGE_PROJECTS)
    asked = hash_of("replace project", project_id, version, content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    present = kept_project(session, project_id)
    if present.version != version:
        raise Stale(
            "Somebody changed this project meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    changed = change_projects(session, given, asked, {project_id: content})
    return changed[0] if changed else present


def kept_project(session: Session, project_id: UUID) -> Kept[ProjectContent]:
    """A project as it stands. Raises `NotFound`."""
    found = kept_projects(session, [project_id])
    if project_id not in found:
        raise NotFound("There is no such project.")
    return found[project_id]


def kept_projects(session: Session, project_ids: Collection[UUID]) -> dict[UUID, Kept[ProjectContent]]:
    """Projects as they stand, by id; what there is not is missing."""
    return {row.id: as_kept(row) for row in session.execute(PROJECTS.where(Project.id.in_(project_ids)))}


PROJECTS = select(Project.id, Project.version, Project.external_id, Project.name, Project.lead_id, Project.active)
"""Projects, for `as_kept`."""


def as_kept(row: Row[UUID, int, str, str, UUID | None, bool]) -> Kept[ProjectContent]:
    """A row of `PROJECTS`."""
    return Kept(row.id, row.version, ProjectContent(row.external_id, row.name, row.lead_id, row.active))


def change_projects(
    session: WriteSession, given: GivenBy, asked: str, wanted: Mapping[UUID, ProjectContent]
) -> list[Kept[ProjectContent]]:
    """Let each of these projects be what is wanted, all of them or none; those that are not there yet are added.

    In a transaction that took its turn (`changes.take_turn`). What nothing changes about is left out of the answer.
    """
    before = kept_projects(session, wanted)
    refused = projects_refused(session, before, wanted)
    require_none([error for errors in refused.values() for error in errors])
    changed = [
        Kept(id_, before[id_].version + 1 if id_ in before else 1, content)
        for id_, content in wanted.items()
        if id_ not in before or before[id_].content != content
    ]
    _store(session, given.tenant_id, before, changed)
    look_up_leads_again(session, (), [each.id for each in changed if each.id in before])
    changes = [
        Change(each.id, each.version, before[each.id].content.json if each.id in before else None, each.content.json)
        for each in changed
    ]
    keep(session, given, Subject.PROJECT, asked, changes)
    return changed


def projects_refused(
    session: Session, before: Projects, wanted: Mapping[UUID, ProjectContent]
) -> dict[UUID, list[Refused]]:
    """Why these projects cannot become what is wanted, by project; empty when all of them can."""
    taken = _external_ids_taken(session, wanted)
    people = kept_people(session, {content.lead_id for content in wanted.values() if content.lead_id})
    leads = {id_: person.content for id_, person in people.items()}
    refused = {}
    for id_, content in wanted.items():
        errors = project_errors(content)
        present = before[id_].content if id_ in before else None
        if content.external_id in taken:
            errors.append(Refused("externalId", f"This project id is that of {taken[content.external_id]} already."))
        if present and present.external_id != content.external_id:
            errors.append(Refused("externalId", f"A project id never changes. This stays {present.external_id}."))
        if present is None or present.lead_id != content.lead_id:
            errors += _lead_errors(content.lead_id, leads)
        if errors:
            refused[id_] = errors
    return refused


def _lead_errors(lead_id: UUID | None, leads: Mapping[UUID, PersonContent]) -> list[Refused]:
    if lead_id is None:
        return []
    lead = leads.get(lead_id)
    if lead is None:
        return [Refused("leadId", "There is no such person. Choose somebody of your organisation.")]
    if not lead.active or Role.PROJECT_LEAD not in lead.roles:
        return [Refused("leadId", f"{lead.name} is no active project lead. Give them the role first.")]
    return []


def _external_ids_taken(session: Session, wanted: Mapping[UUID, ProjectContent]) -> dict[str, str]:
    ids = [content.external_id for content in wanted.values()]
    others = Project.external_id.in_(ids), Project.id.not_in(wanted.keys())
    return dict(session.execute(select(Project.external_id, Project.name).where(*others)).all())


def _store(session: WriteSession, tenant_id: UUID, before: Projects, changed: list[Kept[ProjectContent]]) -> None:
    rows = [
        {
            "id": each.id,
            "version": each.version,
            "external_id": each.content.external_id,
            "name": each.content.name,
            "lead_id": each.content.lead_id,
            "active": each.content.active,
        }
        for each in sorted(changed, key=lambda each: each.id)
    ]
    if new := [row | {"tenant_id": tenant_id} for row in rows if row["id"] not in before]:
        session.execute(insert(Project), new)
    if known := [row for row in rows if row["id"] in before]:
        session.execute(update(Project), known)


def _as_changed(change: DirectoryChange) -> Kept[ProjectContent]:
    return Kept(change.subject_id, change.version, ProjectContent.from_json(change.after))
