"""What stands around a page: whose organisation it is, and how much waits for whoever looks, all in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, null, or_, select
from sqlalchemy.orm import Session

from models.reads.inbox.approver import approver_if_any
from models.reads.inbox.counts import BOUND, how_many_in
from models.reads.inbox.tabs import Tab, Wanted
from models.reads.notices import how_many_unread
from models.reads.owner_review import how_many_unanswered
from models.reads.viewer import Onlooker
from models.tables.people import Project, Tenant

PROJECTS_OFFERED = 100
"""How many projects one may choose from; any other is in the address."""


@dataclass(frozen=True, slots=True)
class Around:
    """The organisation, and how much there is; each counted no further than it is shown."""

    tenant_name: str
    unanswered: int
    """Of what others did to one's time."""
    unread: int
    """Of what one was told."""
    inbox: Mapping[Tab, int]
    """In the parts of the inbox; in none for those who approve nobody's time."""
    projects: tuple[tuple[UUID, str], ...] = ()
    """What one may look for in the inbox, by name."""


def around(session: Session, onlooker: Onlooker, looking: Wanted | None = None) -> Around:
    """What the frame shows, and the inbox itself for whoever is `looking` there. A page asks once, the inbox first."""
    known: dict[Onlooker, Around] = session.info.setdefault("around", {})
    if onlooker not in known:
        known[onlooker] = _read(session, onlooker, looking)
    return known[onlooker]


def _read(session: Session, onlooker: Onlooker, looking: Wanted | None) -> Around:
    approver = approver_if_any(session, onlooker)
    # Nobody answers for somebody else.
    unanswered = literal(0) if onlooker.acting_for_id else how_many_unanswered(onlooker.person_id, BOUND)
    unread = how_many_unread(onlooker.person_id, BOUND)
    tabs = tuple(Tab) if looking else (Tab.ALL,)
    parts = {tab: how_many_in(approver, tab) for tab in tabs} if approver else {}
    projects = _projects(looking.project) if looking else null()
    these = select(Tenant.name, unanswered, unread, projects, *parts.values()).where(Tenant.id == onlooker.tenant_id)
    name, unanswered_acts, unread_notices, found, *counts = session.execute(these).one()
    named = tuple((UUID(id_), project) for id_, project in found or ())
    return Around(name, unanswered_acts, unread_notices, dict(zip(parts, counts, strict=True)), named)


def _projects(chosen: UUID | None) -> ColumnElement[list[list[str]]]:
    """The active ones by name, after the one that is chosen."""
    offered = select(Project.id, Project.name).where(or_(Project.active, Project.id == chosen))
    first = offered.order_by(Project.id.is_distinct_from(chosen), Project.name, Project.id).limit(PROJECTS_OFFERED)
    each = first.subquery()
    return select(func.json_agg(func.json_build_array(each.c.id, each.c.name))).scalar_subquery()
