"""Lists of people and of projects that are read in: what every line would do, and all of it done or none.

The plan is made anew when it is carried out. What would be done then has to be what was shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid, Stale
from models.rules.entry_fields import Refused
from models.rules.people import PersonContent, ProjectContent
from models.rules.policy import Action, Role
from models.store.changes import GivenBy, Kept, done_before, hash_of, take_turn
from models.store.directory import change_people, kept_people, people_refused
from models.store.projects import change_projects, kept_projects, projects_refused
from models.tables.people import Person, Project, TenantPolicy

Content = TypeVar("Content", PersonContent, ProjectContent)

PEOPLE_COLUMNS = ("staff_id", "name", "email", "roles", "supervisor", "time_zone", "holiday_calendar", "active")
PROJECT_COLUMNS = ("project_id", "name", "lead", "active")
"""The columns of the lists; the first two have to be there. What a list leaves out stays as it is."""

MOST_MOVED = 100
"""How many people one list may move to another time zone, as their balances are computed anew with it."""

USUAL_PLACE = "GB-ENG"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: the number of the line in the file, and what it says by column."""

    number: int
    cells: Mapping[str, str]
    problem: str | None = None
    """Why it cannot be read at all."""


@dataclass
class Plan(Generic[Content]):
    """What a list would do."""

    lines: Sequence[Line]
    before: Mapping[UUID, Kept[Content]] = field(default_factory=dict)
    ids: dict[int, UUID] = field(default_factory=dict)
    """Whom or what each line is about, by the number of the line."""
    wanted: dict[UUID, Content] = field(default_factory=dict)
    refused: dict[int, list[str]] = field(default_factory=dict)
    """Why lines are refused, by the number of the line."""

    @property
    def fingerprint(self) -> str:
        """Differs when anything else would be done."""
        versions = {id_: kept.version for id_, kept in self.before.items()}
        return hash_of([(id_, versions.get(id_, 0), content.json) for id_, content in self.wanted.items()])

    def refuse(self, number: int, reason: str) -> None:
        """Let a line be refused, for one reason more."""
        self.refused.setdefault(number, []).append(reason)

    def refuse_each(self, refused: Mapping[UUID, list[Refused]]) -> None:
        """Let the lines about these be refused."""
        for number, id_ in self.ids.items():
            for error in refused.get(id_, []):
                self.refuse(number, error.message)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a list."""

    created: int
    changed: int


def plan_people(session: Session, given: GivenBy, lines: Sequence[Line]) -> Plan[PersonContent]:
    """What a list of people would do. Supervisors may be anywhere in it."""
    plan: Plan[PersonContent] = Plan(lines)
    known = _people_named(session, _cells(lines, "staff_id", "supervisor"))
    _find(plan, "staff_id", known, lambda staff_id: given.makes(f"person/{staff_id}"))
    plan.before = kept_people(session, plan.ids.values())
    zone = session.scalars(select(TenantPolicy.time_zone).where(TenantPolicy.tenant_id == given.tenant_id)).one()
    everybody = known | {line.cells["staff_id"]: plan.ids[line.number] for line in lines if line.number in plan.ids}
    for line in lines:
        if line.number in plan.ids:
            _want_person(plan, line, everybody, zone)
    plan.refuse_each(people_refused(session, given.actor_id, plan.before, plan.wanted))
    _refuse_many_moves(plan)
    return plan


def plan_projects(session: Session, given: GivenBy, lines: Sequence[Line]) -> Plan[ProjectContent]:
    """What a list of projects would do."""
    plan: Plan[ProjectContent] = Plan(lines)
    named = select(Project.external_id, Project.id).where(Project.external_id.in_(_cells(lines, "project_id")))
    _find(plan, "project_id", dict(session.execute(named).all()), lambda id_: given.makes(f"project/{id_}"))
    plan.before = kept_projects(session, plan.ids.values())
    leads = _people_named(session, _cells(lines, "lead"))
    for line in lines:
        if line.number in plan.ids:
            _want_project(plan, line, leads)
    plan.refuse_each(projects_refused(session, plan.before, plan.wanted))
    return plan


def import_people(session: WriteSession, given: GivenBy, lines: Sequence[Line], fingerprint: str) -> Done:
    """Carry out what was shown as the plan with this fingerprint. Raises `Stale` when it would be something else."""
    return _carry_out(session, given, Action.MANAGE_PEOPLE, lines, fingerprint, plan_people, change_people)


def import_projects(session: WriteSession, given: GivenBy, lines: Sequence[Line], fingerprint: str) -> Done:
    """Carry out what was shown as the plan with this fingerprint. Raises `Stale` when it would be something else."""
    return _carry_out(session, given, Action.MANAGE_PROJECTS, lines, fingerprint, plan_projects, change_projects)


def _carry_out(
    session: WriteSession,
    given: GivenBy,
    action: Action,
    lines: Sequence[Line],
    fingerprint: str,
    plan: Callable[[Session, GivenBy, Sequence[Line]], Plan[Content]],
    change: Callable[[WriteSession, GivenBy, str, Mapping[UUID, Content]], list[Kept[Content]]],
) -> Done:
    take_turn(session, given, action)
    asked = hash_of(f"read in: {action}", [(line.number, dict(line.cells)) for line in lines], fingerprint)
    if done := done_before(session, given, asked):
        created = sum(each.before is None for each in done)
        return Done(created, len(done) - created)
    planned = plan(session, given, lines)
    if planned.refused:
        number, reasons = min(planned.refused.items())
        raise Invalid(f"Nothing was saved. Line {number}: {reasons[0]}", errors=[])
    if planned.fingerprint != fingerprint:
        raise Stale("Something changed since you looked at this list. Nothing was saved: look at it once more.")
    changed = change(session, given, asked, planned.wanted)
    created = sum(each.version == 1 for each in changed)
    return Done(created, len(changed) - created)


def _find(plan: Plan[Content], column: str, known: Mapping[str, UUID], makes: Callable[[str], UUID]) -> None:
    """Whom or what each line is about: what is there already, or what would be made."""
    first: dict[str, int] = {}
    for line in plan.lines:
        external_id = line.cells.get(column, "")
        if line.problem:
            plan.refuse(line.number, line.problem)
        elif external_id in first:
            plan.refuse(line.number, f"Line {first[external_id]} is about {external_id} already.")
        else:
            first[external_id] = line.number
            plan.ids[line.number] = known.get(external_id) or makes(external_id)


def _want_person(plan: Plan[PersonContent], line: Line, everybody: Mapping[str, UUID], zone: str) -> None:
    """What a line says; what it leaves out is as before, and of somebody new as usual."""
    id_ = plan.ids[line.number]
    present = plan.before[id_].content if id_ in plan.before else None
    cells = line.cells
    roles = frozenset(cells.get("roles", "").lower().split())
    supervisor_id = present.supervisor_id if present else None
    plan.wanted[id_] = PersonContent(
        external_id=cells["staff_id"],
        name=cells["name"],
        email=cells["email"] or None if "email" in cells else present.email if present else None,
        roles=roles or (present.roles if present else frozenset({Role.WORKER.value})),
        supervisor_id=_named(plan, line, "supervisor", everybody) if "supervisor" in cells else supervisor_id,
        time_zone=cells.get("time_zone") or (present.time_zone if present else zone),
        holiday_calendar=cells.get("holiday_calendar") or (present.holiday_calendar if present else USUAL_PLACE),
        active=_active(plan, line, present.active if present else True),
    )


def _want_project(plan: Plan[ProjectContent], line: Line, leads: Mapping[str, UUID]) -> None:
    id_ = plan.ids[line.number]
    present = plan.before[id_].content if id_ in plan.before else None
    lead_id = present.lead_id if present else None
    plan.wanted[id_] = ProjectContent(
        external_id=line.cells["project_id"],
        name=line.cells["name"],
        lead_id=_named(plan, line, "lead", leads) if "lead" in line.cells else lead_id,
        active=_active(plan, line, present.active if present else True),
    )


def _named(plan: Plan[Content], line: Line, column: str, people: Mapping[str, UUID]) -> UUID | None:
    """The person whose staff id stands in a column; None when nothing does."""
    staff_id = line.cells[column]
    if staff_id and staff_id not in people:
        plan.refuse(line.number, f"There is no person with the staff id {staff_id[:50]}, named as {column}.")
    return people.get(staff_id)


_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _active(plan: Plan[Content], line: Line, present: bool) -> bool:
    typed = line.cells.get("active", "").lower()
    if typed and typed not in _YES_NO:
        plan.refuse(line.number, "Write yes or no for active.")
    return _YES_NO.get(typed, present)


def _refuse_many_moves(plan: Plan[PersonContent]) -> None:
    moved = [
        number
        for number, id_ in plan.ids.items()
        if id_ in plan.before and plan.before[id_].content.time_zone != plan.wanted[id_].time_zone
    ]
    for number in moved[MOST_MOVED:]:
        plan.refuse(number, f"One list moves at most {MOST_MOVED} people to another time zone. Use several lists.")


def _cells(lines: Iterable[Line], *columns: str) -> set[str]:
    return {line.cells[column] for line in lines for column in columns if line.cells.get(column)}


def _people_named(session: Session, staff_ids: set[str]) -> dict[str, UUID]:
    return dict(session.execute(select(Person.staff_id, Person.id).where(Person.staff_id.in_(staff_ids))).all())
