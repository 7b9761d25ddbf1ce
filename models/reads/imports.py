"""A list of entries that is read in, as its page shows it: every line with its verdict, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.viewer import Onlooker
from models.rules.policy import Role
from models.store.people import Circle, load_circle
from models.tables.intake import EntryImport
from models.tables.people import Person, Project, TenantPolicy
from models.tables.timecard import TimePeriodType

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line of a list: what it says, and why it cannot be recorded if it cannot."""

    number: int
    cells: Mapping[str, str]
    problem: str | None


@dataclass(frozen=True, slots=True)
class ImportShown:
    """One list that was read in."""

    id: UUID
    file_name: str
    state: str
    lines: tuple[LineShown, ...]
    done: int
    refused: int
    created_at: datetime
    refusal: str | None
    refused_line: int | None

    @property
    def working(self) -> bool:
        """Whether somebody is at it just now."""
        return self.state in ("checking", "applying")


@dataclass(frozen=True, slots=True)
class Known:
    """What the cells of a list may name, by the words for it."""

    types: Mapping[str, TimePeriodType]
    projects: Mapping[str, Project]
    week_starts_on: int
    circles: Mapping[str, Circle]


def import_shown(session: Session, onlooker: Onlooker, import_id: UUID) -> ImportShown:
    """A list, for whoever read it in. Raises `NotFound` for everybody else."""
    found = session.get(EntryImport, import_id)
    if found is None or found.actor_id != onlooker.person_id:
        raise NotFound("There is no such page, or you may not see it.")
    return _shown(found)


def imports_of(session: Session, onlooker: Onlooker) -> Sequence[EntryImport]:
    """The lists that somebody read in last."""
    theirs = select(EntryImport).where(EntryImport.actor_id == onlooker.person_id)
    return session.scalars(theirs.order_by(EntryImport.created_at.desc()).limit(MOST_LISTED)).all()


def known_to(session: Session, onlooker: Onlooker, staff_ids: set[str]) -> Known:
    """What a list may name; the people in it with everybody above them."""
    types = session.scalars(select(TimePeriodType))
    projects = session.scalars(select(Project))
    people = session.execute(select(Person.staff_id, Person.id).where(Person.staff_id.in_(staff_ids)))
    return Known(
        types={type_.name.lower(): type_ for type_ in types},
        projects={project.external_id.lower(): project for project in projects},
        week_starts_on=session.get_one(TenantPolicy, onlooker.tenant_id).week_starts_on,
        circles={staff_id: load_circle(session, id_, onlooker.person_id) for staff_id, id_ in people},
    )


def on_behalf(onlooker: Onlooker, circle: Circle) -> UUID | None:
    """Under whose responsibility a line is recorded: an administrator who is not the approver acts for the owner."""
    standing = circle.standing(onlooker.person_id)
    if standing is None or onlooker.person_id in (circle.owner.id, circle.approver_id):
        return None
    return circle.owner.id if Role.ADMINISTRATOR in standing.roles else None


def _shown(found: EntryImport) -> ImportShown:
    problems = found.problems
    lines = tuple(LineShown(line["number"], line["cells"], problems.get(str(line["number"]))) for line in found.lines)
    return ImportShown(
        id=found.id,
        file_name=found.file_name,
        state=found.state,
        lines=lines,
        done=found.done,
        refused=len(problems),
        created_at=found.created_at,
        refusal=found.refusal,
        refused_line=found.refused_line,
    )
