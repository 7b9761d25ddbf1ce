"""People, projects, types and rules as administrators and programs see them, and every change of them."""

from calendar import day_name
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.reads.shown import PersonShown
from models.rules.accrual_types import ACCRUAL_TITLES, ACCRUAL_TYPES, AccrualCode
from models.rules.people import PersonContent, ProjectContent
from models.rules.period_types import TypeContent
from models.rules.policy import Role
from models.rules.stages import Stage
from models.rules.typed_totals import day_length_text, total_text
from models.store import directory, period_types, projects
from models.store.changes import Kept
from models.store.lists import Line, Plan
from models.tables.auth import Account
from models.tables.people import DirectoryChange, Person, PersonRole, Project
from models.tables.timecard import TimePeriodType

MOST_CHOICES = 1_000
"""How many people a form offers to choose from."""

MOST_CHANGES = 200
"""How many changes a page tells of, the newest first."""


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One change: who made it when, and what it changed, old and new."""

    title: str
    who: PersonShown
    at: datetime
    version: int
    differences: tuple[tuple[str, str, str], ...]
    """What is called so, what it was, what it became."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person for an administrator."""

    person: PersonShown
    kept: Kept[PersonContent]
    has_password: bool
    changes: tuple[ChangeShown, ...]


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project in the list."""

    external_id: str
    name: str
    lead: str | None
    active: bool


def find_people(
    session: Session,
    *,
    external_id: str | None = None,
    after: str | None = None,
    limit: int = 51,
    only: Collection[UUID] | None = None,
) -> list[Kept[PersonContent]]:
    """People by staff id, also those who are not active; `after` is the staff id that the page before ended with.

    `only` are those who may be seen; None is everybody.
    """
    found = directory.PEOPLE
    if only is not None:
        found = found.where(Person.id.in_(only))
    if external_id is not None:
        found = found.where(Person.staff_id == external_id)
    if after is not None:
        found = found.where(Person.staff_id > after)
    return [directory.as_kept(row) for row in session.execute(found.order_by(Person.staff_id).limit(limit))]


def around(session: Session, person_id: UUID) -> frozenset[UUID]:
    """Whom everybody knows: themselves, their supervisor, and those they supervise."""
    above = select(Person.supervisor_id).where(Person.id == person_id)
    theirs = or_(Person.id == person_id, Person.supervisor_id == person_id, Person.id.in_(above))
    return frozenset(session.scalars(select(Person.id).where(theirs)))


def find_projects(
    session: Session, *, external_id: str | None = None, after: str | None = None, limit: int = 51
) -> list[Kept[ProjectContent]]:
    """Projects by external id, also those that are not active; `after` is the one that the page before ended with."""
    found = projects.PROJECTS
    if external_id is not None:
        found = found.where(Project.external_id == external_id)
    if after is not None:
        found = found.where(Project.external_id > after)
    return [projects.as_kept(row) for row in session.execute(found.order_by(Project.external_id).limit(limit))]


def find_types(session: Session, *, person_id: UUID | None = None) -> list[Kept[TypeContent]]:
    """Every time period type in the tenant's order, or those that somebody may record."""
    found = select(TimePeriodType).order_by(TimePeriodType.position, TimePeriodType.name, TimePeriodType.id)
    if person_id is not None:
        found = found.where(or_(TimePeriodType.person_ids.is_(None), TimePeriodType.person_ids.contains([person_id])))
    return [period_types.as_kept(row) for row in session.scalars(found)]


def person_page(session: Session, staff_id: str, zone: ZoneInfo) -> PersonPage:
    """One person with the history of their changes, in the viewer's zone. Raises `NotFound`."""
    found = find_people(session, external_id=staff_id)
    if not found:
        raise NotFound("There is no such page, or you may not see it.")
    (kept,) = found
    has_password = session.get(Account, kept.id) is not None
    person = PersonShown(kept.id, staff_id, kept.content.name)
    return PersonPage(person, kept, has_password, changes_of(session, kept.id, zone))


def project_by_external_id(session: Session, external_id: str) -> Kept[ProjectContent]:
    """A project by its external id. Raises `NotFound`."""
    found = find_projects(session, external_id=external_id)
    if not found:
        raise NotFound("There is no such page, or you may not see it.")
    return found[0]


def project_rows(session: Session) -> tuple[ProjectRow, ...]:
    """Every project by name, those that are not active last."""
    rows = session.execute(
        select(Project.external_id, Project.name, Person.name, Project.active)
        .outerjoin(Person, Person.id == Project.lead_id)
        .order_by(Project.active.desc(), Project.name, Project.external_id)
    )
    return tuple(ProjectRow(*row) for row in rows)


def holders(session: Session, role: Role, also: UUID | None = None) -> tuple[PersonShown, ...]:
    """The active people with a role, by name, and one more who stands in a form already."""
    theirs = select(PersonRole.person_id).where(PersonRole.role == role.value)
    found = select(Person.id, Person.staff_id, Person.name).where(
        or_(Person.active & Person.id.in_(theirs), Person.id == also)
    )
    rows = session.execute(found.order_by(Person.name, Person.staff_id).limit(MOST_CHOICES))
    return tuple(PersonShown(*row) for row in rows)


def people_by_staff_id(session: Session, staff_ids: list[str]) -> dict[str, UUID]:
    """The ids of people by staff id; whom there is not is missing."""
    return dict(session.execute(select(Person.staff_id, Person.id).where(Person.staff_id.in_(staff_ids))).all())


def staff_ids_of(session: Session, person_ids: frozenset[UUID]) -> list[str]:
    """The staff ids of people, in order."""
    return list(session.scalars(select(Person.staff_id).where(Person.id.in_(person_ids)).order_by(Person.staff_id)))


def changes_of(session: Session, subject_id: UUID, zone: ZoneInfo) -> tuple[ChangeShown, ...]:
    """Every change of a person, project, type, agreement or of the rules, newest first."""
    these = (
        select(DirectoryChange, Person.id, Person.staff_id, Person.name)
        .join(Person, Person.id == DirectoryChange.changed_by_id)
        .where(DirectoryChange.subject_id == subject_id)
        .order_by(DirectoryChange.version.desc(), DirectoryChange.changed_at.desc())
        .limit(MOST_CHANGES)
    )
    rows = session.execute(these).all()
    names = _names(session, [row[0] for row in rows])
    return tuple(_shown(change, PersonShown(id_, staff_id, name), names, zone) for change, id_, staff_id, name in rows)


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], names: Mapping[str, str]
) -> tuple[tuple[str, str, str], ...]:
    """What differs between two states of a thing, in words; of a new one everything that is said of it."""
    old, new = dict(_flat(before or {})), dict(_flat(after))
    return tuple(
        (label, _words(key, old.get(key), names), _words(key, new.get(key), names))
        for key, label in LABELS.items()
        if old.get(key) != new.get(key)
    )


LABELS: Mapping[str, str] = {
    "externalId": "Id",
    "name": "Name",
    "email": "Mail address",
    "roles": "Roles",
    "supervisorId": "Supervisor",
    "leadId": "Lead",
    "timeZone": "Time zone",
    "holidayCalendar": "Public holidays of",
    "valueType": "Recorded",
    "fields.project": "Project",
    "fields.task": "Task",
    "fields.note": "Note",
    "fields.mealBreak": "Meal break",
    "countsToTargetHours": "Counts to target hours",
    "accrualTypes": "Feeds",
    "effectiveFrom": "First day",
    "effectiveTo": "Last day",
    "personIds": "Only for",
    "accent": "Colour",
    "position": "Place in lists",
    "startDate": "First day",
    "endDate": "Last day",
    "standardDayMinutes": "Standard day",
    "certification": "What people certify",
    "approvalStages": "Approves",
    "mailDecisions": "Decisions from mail",
    "remindToRecord": "Reminders to record",
    "submitGraceHours": "Working hours until the reminder to submit",
    "remindAfterHours": "Working hours until the approver is reminded",
    "escalateAfterHours": "Working hours until the next approver is asked",
    "lockAfterDays": "Locks after days",
    "workDays": "Working days",
    "workStarts": "Work starts",
    "workEnds": "Work ends",
    "url": "Address",
    "anchorFile": "File",
    "anchorUrl": "Address",
    "eventTypes": "Only events of the type",
    "paused": "Paused",
    "nextPosition": "Goes on from place",
    "secret": "Secret",
    "removed": "Taken away",
    **{f"targets.{code.value}": title for code, title in ACCRUAL_TITLES.items()},
    "lateAfterWorkingDays": "Late after working days",
    "refuseFutureWork": "Work on projects ahead of time is refused",
    "accountForDays": "Every planned hour is accounted for",
    "explainChanges": "Changes of saved entries need a reason",
    "viewBeforeApproving": "Opened before it is approved",
    "answerActsFirst": "Acts on behalf are answered first",
    "retentionYears": "Records are kept for years",
    "balanceTolerancePercent": "On target within percent",
    "password": "Password",
    "active": "Active",
}
"""What is said of each field of a change, in the order it is told."""

_BY_VALUE: Mapping[str, Mapping[Any, str]] = {
    "workDays": dict(enumerate(day_name)),
    "approvalStages": {stage: stage.replace("_", " ") for stage in Stage},
    "valueType": {"datetime": "by start and finish", "date": "by whole days"},
    "accrualTypes": {code.value: title for code, title in ACCRUAL_TITLES.items()},
    "roles": {role.value: role.value.replace("_", " ") for role in Role},
}
_OF_PEOPLE = frozenset({"supervisorId", "leadId", "personIds"})
_DAYS = frozenset({"effectiveFrom", "effectiveTo", "startDate", "endDate"})


def _shown(change: DirectoryChange, who: PersonShown, names: Mapping[str, str], zone: ZoneInfo) -> ChangeShown:
    title = "Created" if change.before is None else "Password set" if "password" in change.after else "Changed"
    told = () if "password" in change.after else differences(change.before, change.after, names)
    return ChangeShown(title, who, change.changed_at.astimezone(zone), change.version, told, change.reason)


def _names(session: Session, changes: list[DirectoryChange]) -> dict[str, str]:
    """The names of the people that changes point at by id."""
    ids = {
        UUID(id_)
        for change in changes
        for state in (change.before or {}, change.after)
        for id_ in [state.get("supervisorId"), state.get("leadId"), *(state.get("personIds") or [])]
        if id_
    }
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {str(id_): name for id_, name in rows}


def _flat(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in state.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", rule) for inner, rule in value.items())
        elif key == "targets":
            yield from ((f"{key}.{each['type']}", _target_words(each)) for each in value)
        else:
            yield key, value


def _target_words(target: Mapping[str, Any]) -> str:
    """1,731 h. Or, for somebody who worked elsewhere before: 1,731 h, of which 900 h were left."""
    unit = ACCRUAL_TYPES[AccrualCode(target["type"])].unit
    said, opening = total_text(target["target"], unit), target["openingBalance"]
    return said if opening == target["target"] else f"{said}, of which {total_text(opening, unit)} were left"


def _words(key: str, value: Any, names: Mapping[str, str]) -> str:
    match value:
        case None | "" | []:
            return "nothing"
        case bool():
            return _yes_no(value)
        case list():
            return ", ".join(_words(key, each, names) for each in value)
    if key in _DAYS:
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    if key == "standardDayMinutes":
        return day_length_text(value)
    return names.get(value, value) if key in _OF_PEOPLE else _BY_VALUE.get(key, {}).get(value, str(value))


def people_list(session: Session) -> list[tuple[str, ...]]:
    """Everybody as a list that can be read in again, in the order of `PEOPLE_COLUMNS`."""
    supervisor = aliased(Person)
    rows = session.execute(
        directory.PEOPLE.add_columns(supervisor.staff_id.label("supervisor"))
        .outerjoin(supervisor, supervisor.id == Person.supervisor_id)
        .order_by(Person.staff_id)
    )
    return [
        (
            row.staff_id,
            row.name,
            row.email or "",
            " ".join(sorted(row.roles)),
            row.supervisor or "",
            row.time_zone,
            row.holiday_calendar,
            _yes_no(row.active),
        )
        for row in rows
    ]


def project_list(session: Session) -> list[tuple[str, ...]]:
    """Every project as a list that can be read in again, in the order of `PROJECT_COLUMNS`."""
    rows = session.execute(
        select(Project.external_id, Project.name, Person.staff_id, Project.active)
        .outerjoin(Person, Person.id == Project.lead_id)
        .order_by(Project.external_id)
    )
    return [(external_id, name, lead or "", _yes_no(active)) for external_id, name, lead, active in rows]


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


class Verdict(StrEnum):
    """What a line of a list would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One line of a list with its verdict, and what it would change or why it cannot."""

    number: int
    external_id: str
    name: str
    verdict: Verdict
    differences: tuple[tuple[str, str, str], ...]
    problems: tuple[str, ...]


def planned_rows(session: Session, plan: Plan[Any]) -> tuple[PlannedRow, ...]:
    """What each line of a list would do, in the order of the list."""
    names = _names_in(session, plan)
    return tuple(_planned(plan, line, names) for line in plan.lines)


def _planned(plan: Plan[Any], line: Line, names: Mapping[str, str]) -> PlannedRow:
    problems = tuple(plan.refused.get(line.number, ()))
    id_ = plan.ids.get(line.number)
    before = plan.before.get(id_) if id_ else None
    told: tuple[tuple[str, str, str], ...] = ()
    if id_ and not problems:
        told = differences(before.content.json if before else None, plan.wanted[id_].json, names)
    kind = Verdict.REFUSED if problems else Verdict.NEW if before is None else Verdict.CHANGED
    verdict = Verdict.UNCHANGED if kind is Verdict.CHANGED and not told else kind
    external_id, name = (line.cells.get(column, "") for column in (next(iter(line.cells), ""), "name"))
    return PlannedRow(line.number, external_id, name, verdict, told, problems)


def _names_in(session: Session, plan: Plan[Any]) -> dict[str, str]:
    states = [each.json for each in plan.wanted.values()] + [kept.content.json for kept in plan.before.values()]
    ids = {UUID(id_) for state in states for id_ in [state.get("supervisorId"), state.get("leadId")] if id_}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {str(id_): name for id_, name in rows} | {str(id_): each.name for id_, each in plan.wanted.items()}
