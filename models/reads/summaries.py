"""Summaries of projects for those who may see them: leads of their own projects, administrators and auditors of all."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session, aliased

from models.errors import Invalid, NotFound
from models.reads.looking import looker
from models.reads.opened import note_summary
from models.reads.shown_people import PersonShown
from models.reads.shown_summaries import (
    LedProject,
    Missing,
    PersonDifference,
    PersonLine,
    Preview,
    ProjectSeen,
    Reconciled,
    SheetLine,
    SummaryRow,
    SummaryShown,
    WorkShown,
)
from models.reads.viewer import Onlooker
from models.rules.days import local_date
from models.rules.digest import canonical_json
from models.rules.periods import Period
from models.rules.policy import Action, Relation, Role, authorise, sees_time_of
from models.rules.project_summary import (
    FURTHEST,
    Difference,
    ProjectWork,
    Sheet,
    Work,
    by_person,
    by_person_and_day,
    by_sheet,
    by_task,
    columns_of,
    difference,
    in_order,
    table_of,
    work_of,
)
from models.rules.statements import Agent
from models.store.project_work import work_on
from models.store.summaries import standing_on
from models.tables.people import Person, PersonRole, Project, Tenant
from models.tables.projects import Summary

PAGE = 25
"""Summaries on a page of a project."""

MOST_PROJECTS = 500

UNSEEN = "There is no such page, or you may not see it."


def may_see_summaries(session: Session, onlooker: Onlooker) -> None:
    """Raises `NotFound` unless the policy lets the onlooker see summaries of any project they might lead."""
    who = looker(session, onlooker)
    if authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, who.person.id)) is None:
        raise NotFound(UNSEEN)


def led_projects(session: Session, onlooker: Onlooker) -> tuple[LedProject, ...]:
    """The projects whose summaries the onlooker may see, those that are not active last. Raises `NotFound`."""
    may_see_summaries(session, onlooker)
    # Together they are a handful for each project; what they are made of is not read.
    latest = select(Summary.from_day, Summary.to_day).where(Summary.project_id == Project.id)
    last = latest.order_by(Summary.created_at.desc(), Summary.id).limit(1).lateral()
    how_many = select(func.count()).where(Summary.project_id == Project.id).scalar_subquery()
    found = (
        select(Project, Person.name, how_many, last.c.from_day, last.c.to_day)
        .outerjoin(Person, Person.id == Project.lead_id)
        .outerjoin(last, _ALWAYS)
        .where(*_visible(session, onlooker))
        .order_by(Project.active.desc(), Project.name, Project.external_id)
    )
    return tuple(
        LedProject(it.external_id, it.name, it.active, lead, count, Period(start, end) if start else None)
        for it, lead, count, start, end in session.execute(found.limit(MOST_PROJECTS))
    )


def project_seen(session: Session, onlooker: Onlooker, external_id: str) -> ProjectSeen:
    """A project whose summaries the onlooker may see, by its external id. Raises `NotFound`."""
    return _seen(session, onlooker, Project.external_id == external_id)


def project_seen_by_id(session: Session, onlooker: Onlooker, project_id: UUID) -> ProjectSeen:
    """The same by its id. Raises `NotFound`."""
    return _seen(session, onlooker, Project.id == project_id)


def preview(session: Session, onlooker: Onlooker, project: ProjectSeen, period: Period) -> Preview:
    """What a summary would be now. Raises `Invalid` when it is more than anybody reads."""
    work = work_on(session, project.id, period)
    submitted, owed = by_person(work.submitted), by_person(work.owed)
    waiting = in_order(work.people[id_] for id_ in submitted.keys() | owed.keys())
    missing = tuple(Missing(it, submitted.get(it.id, 0), owed.get(it.id, 0)) for it in waiting)
    return Preview(_shown(session, onlooker, work, work.approved), missing)


def find_summaries(
    session: Session,
    onlooker: Onlooker,
    project_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    zone: ZoneInfo,
) -> list[SummaryRow]:
    """Summaries that the onlooker may see, the newest first; `after` is the key that the page before ended with."""
    found = _ROWS.where(*_visible(session, onlooker))
    if project_id is not None:
        found = found.where(Summary.project_id == project_id)
    if after is not None:
        found = found.where(tuple_(Summary.created_at, Summary.id) < tuple_(*after))
    rows = session.execute(found.order_by(Summary.created_at.desc(), Summary.id.desc()).limit(limit))
    return [_row(row, zone) for row in rows]


def summary_row(session: Session, onlooker: Onlooker, summary_id: UUID, zone: ZoneInfo) -> SummaryRow:
    """One summary, without what it is made of. Raises `NotFound`."""
    row = session.execute(_ROWS.where(Summary.id == summary_id, *_visible(session, onlooker))).one_or_none()
    if row is None:
        raise NotFound(UNSEEN)
    _opens(session, onlooker, row)
    return _row(row, zone)


def _opens(session: Session, onlooker: Onlooker, row: Any) -> None:
    """Note that somebody who may see a summary is shown it."""
    who = looker(session, onlooker)
    capacity = authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, row.lead_id))
    acts_for = looker(session, onlooker, onlooker.acting_for_id).person if onlooker.acting_for_id else None
    if capacity:
        note_summary(row.id, _agent(who.person), capacity.role, _agent(acts_for) if acts_for else None)


def _agent(person: PersonShown) -> Agent:
    return Agent(person.staff_id, person.name)


def content_of(session: Session, summary_id: UUID) -> dict[str, Any]:
    """What a summary that was found before is made of."""
    found: dict[str, Any] = session.scalars(select(Summary.content).where(Summary.id == summary_id)).one()
    return found


def summary_shown(
    session: Session, onlooker: Onlooker, external_id: str, summary_id: UUID, zone: ZoneInfo
) -> SummaryShown:
    """One summary of a project with all that there is to say of it. Raises `NotFound`."""
    project = project_seen(session, onlooker, external_id)
    row = summary_row(session, onlooker, summary_id, zone)
    if row.project_id != project.id:
        raise NotFound(UNSEEN)
    content = content_of(session, row.id)
    work = work_of(content)
    shown = _shown(session, onlooker, work, work.entries)
    differs = _difference(session, project.id, work)
    return SummaryShown(
        project,
        session.scalar(select(Tenant.name).where(Tenant.id == onlooker.tenant_id)) or "",
        row,
        shown,
        _reconciled(session, onlooker, project.id, row, work, content),
        differs,
        _people_differing(session, work, differs) if differs else (),
    )


_ALWAYS = text("true")
_BY, _FOR = aliased(Person), aliased(Person)

_ROWS = (
    select(
        Summary.id,
        Summary.project_id,
        Summary.from_day,
        Summary.to_day,
        Summary.total_minutes,
        Summary.digest,
        Summary.created_by_id,
        Summary.on_behalf_of_id,
        Summary.reason,
        Summary.created_at,
        Project.lead_id,
        _BY.name.label("by"),
        _FOR.name.label("for_"),
    )
    .join(Project, Project.id == Summary.project_id)
    .join(_BY, _BY.id == Summary.created_by_id)
    .outerjoin(_FOR, _FOR.id == Summary.on_behalf_of_id)
)


def _row(row: Any, zone: ZoneInfo) -> SummaryRow:
    return SummaryRow(
        row.id,
        row.project_id,
        Period(row.from_day, row.to_day),
        row.total_minutes,
        row.digest,
        f"{row.by} on behalf of {row.for_}" if row.for_ else row.by,
        row.created_by_id,
        row.on_behalf_of_id,
        row.reason,
        row.created_at.astimezone(zone),
    )


def _visible(session: Session, onlooker: Onlooker) -> tuple[Any, ...]:
    """The projects whose summaries somebody may see, as a condition: none, their own, or all."""
    who = looker(session, onlooker)
    if authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, None)) is not None:
        return ()
    leads = authorise(Action.SEE_SUMMARY, standing_on(who.person.id, who.roles, who.person.id)) is not None
    return (Project.lead_id == who.person.id,) if leads else (text("false"),)


def _seen(session: Session, onlooker: Onlooker, which: Any) -> ProjectSeen:
    lead = aliased(Person)
    leads = select(PersonRole.role).where(PersonRole.person_id == lead.id, PersonRole.role == Role.PROJECT_LEAD.value)
    found = (
        select(Project, lead, leads.exists().label("able"))
        .outerjoin(lead, lead.id == Project.lead_id)
        .where(which, *_visible(session, onlooker))
    )
    row = session.execute(found).one_or_none()
    if row is None:
        raise NotFound(UNSEEN)
    project, able = row[0], row.able
    leader: Person | None = row[1]
    who = looker(session, onlooker)
    standing = standing_on(who.person.id, who.roles, project.lead_id)
    own = authorise(Action.SUMMARISE, standing) is not None
    for_them = leader is not None and leader.active and able and onlooker.acting_for_id in (None, project.lead_id)
    return ProjectSeen(
        project.id,
        project.external_id,
        project.name,
        project.active,
        PersonShown(leader.id, leader.staff_id, leader.name) if leader else None,
        own,
        not own and for_them and authorise(Action.SUMMARISE, standing, on_behalf=True) is not None,
    )


def _shown(session: Session, onlooker: Onlooker, work: ProjectWork, entries: Collection[Work]) -> WorkShown:
    people = in_order(work.people[id_] for id_ in {entry.owner_id for entry in entries})
    columns = columns_of(work.period, looker(session, onlooker).week_starts_on)
    table = table_of(by_person_and_day(entries), [person.id for person in people], columns)
    visible = _seen_owners(session, onlooker, [person.id for person in people])
    first: dict[UUID, date] = {}
    for entry in entries:
        first[entry.owner_id] = min(first.get(entry.owner_id, entry.day), entry.day)
    lines = tuple(
        PersonLine(person, row, first[person.id] if person.id in visible else None)
        for person, row in zip(people, table.rows, strict=True)
    )
    sheets = len({entry.timesheet_id for entry in entries})
    return WorkShown(work, table.columns, lines, table.totals, table.total, by_task(entries), len(entries), sheets)


def _seen_owners(session: Session, onlooker: Onlooker, owners: list[UUID]) -> frozenset[UUID]:
    """Whose time the onlooker may see anyway: everybody's, or their own and that of those directly below them."""
    who = looker(session, onlooker)
    if sees_time_of(Relation.TENANT, who.person.id, who.roles):
        return frozenset(owners)
    found = {who.person.id} if sees_time_of(Relation.SELF, who.person.id, who.roles) else set()
    if sees_time_of(Relation.APPROVER, who.person.id, who.roles):
        found |= set(session.scalars(select(Person.id).where(Person.supervisor_id == who.person.id)))
    return frozenset(found & set(owners))


def _difference(session: Session, project_id: UUID, then: ProjectWork) -> Difference | None:
    try:
        now = work_on(session, project_id, then.period)
    except Invalid:
        return None
    return difference(then.entries, now.approved)


def _people_differing(session: Session, then: ProjectWork, differs: Difference) -> tuple[PersonDifference, ...]:
    names = {id_: worker.name for id_, worker in then.people.items()}
    others = differs.by_person.keys() - names.keys()
    if others:
        names |= dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(others))).all())
    found = (PersonDifference(names.get(id_, ""), was, now) for id_, (was, now) in differs.by_person.items())
    return tuple(sorted(found, key=lambda each: each.name.casefold()))


def _reconciled(
    session: Session,
    onlooker: Onlooker,
    project_id: UUID,
    row: SummaryRow,
    work: ProjectWork,
    content: dict[str, Any],
) -> Reconciled:
    """The summary beside what the people certified: another way to the same minutes, by records that never change."""
    minutes, certified = by_sheet(work.entries), _certified(session, project_id, work)
    visible = _seen_owners(session, onlooker, list(work.people))
    lines = (
        SheetLine(
            sheet,
            work.people[sheet.owner_id],
            minutes.get(sheet.id, 0),
            certified.get(sheet.id, 0),
            sheet.owner_id in visible,
        )
        for sheet in work.sheets.values()
    )
    by_name = sorted(
        lines, key=lambda line: (line.person.name.casefold(), line.person.staff_id, line.sheet.period_start)
    )
    holds = sha256(canonical_json(content)).hexdigest() == row.digest and sum(minutes.values()) == row.total_minutes
    return Reconciled(tuple(by_name), holds)


_CERTIFIED = text(
    """
    SELECT s.timesheet_id,
           CASE WHEN e."startTime" < :within OR e."startTime" >= :without THEN e."startTime" END AS start,
           sum(floor(extract(epoch FROM e."endTime" - e."startTime") / 60) - e."mealBreakMinutes") AS minutes
    FROM submission s,
         jsonb_to_recordset(s.content -> 'entries') AS e (
             "projectId" uuid, "timePeriodTypeId" uuid, "startTime" timestamptz, "endTime" timestamptz,
             "mealBreakMinutes" integer
         )
    WHERE s.id = ANY (CAST(:submissions AS uuid[])) AND e."projectId" = :project AND e."endTime" IS NOT NULL
      AND e."timePeriodTypeId" = ANY (CAST(:types AS uuid[]))
    GROUP BY 1, 2
    """
)
"""Minutes by timesheet; by when it starts as well where that may be another day, depending on whose it is."""


def _certified(session: Session, project_id: UUID, work: ProjectWork) -> dict[UUID, int]:
    """What the certifications behind a summary say of the same project and days, by timesheet."""
    first, last = (datetime.combine(day, time(), UTC) for day in (work.period.start, work.period.end))
    names = {
        "submissions": [sheet.submission_id for sheet in work.sheets.values() if sheet.submission_id],
        "project": project_id,
        "types": list(work.type_ids),
        "within": first + FURTHEST,
        "without": last - FURTHEST,
    }
    found: dict[UUID, int] = defaultdict(int)
    for sheet_id, start, minutes in session.execute(_CERTIFIED, names):
        sheet = work.sheets.get(sheet_id)
        if sheet is not None and (start is None or _is_in(work, sheet, start)):
            found[sheet_id] += int(minutes)
    return found


def _is_in(work: ProjectWork, sheet: Sheet, start: datetime) -> bool:
    """Whether what starts then is of these days, where its owner is."""
    return work.period.start <= local_date(start, ZoneInfo(work.people[sheet.owner_id].zone)) <= work.period.end
