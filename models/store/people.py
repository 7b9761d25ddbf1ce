"""The people of a command: owner, actor, whoever is responsible, and who approves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.rules.approvers import Rank, approver_of, approvers_of
from models.rules.days import local_date
from models.rules.delegations import NEVER_DECIDES
from models.rules.policy import Relation, Role, Standing, roles_of
from models.rules.stages import Stage, approvals_in_force
from models.rules.standing_in import Deputy
from models.rules.statements import Agent


@dataclass(frozen=True, slots=True)
class Member:
    """A person as commands and pages need them."""

    rank: Rank
    staff_id: str
    name: str
    zone: ZoneInfo
    holiday_calendar: str
    deputies: tuple[Deputy, ...] = ()
    """Who may decide in this person's place, now or soon."""

    @property
    def id(self) -> UUID:
        """The person's id."""
        return self.rank.id

    @property
    def agent(self) -> Agent:
        """The person as the ledger names them."""
        return Agent(self.staff_id, self.name)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a submitted timesheet asks: in which stage, after how many escalations, and which project leads."""

    stage: Stage
    escalations: int
    leads: Mapping[UUID, UUID | None] = field(default_factory=dict)
    """By project whose lines are not decided yet; None: the administrators."""


_NOT_SUBMITTED = Asking(Stage.SUPERVISOR, 0)


@dataclass(frozen=True, slots=True)
class Circle:
    """An owner of time, the people above them, whoever is asked about it, and whoever else was named."""

    owner: Member
    members: dict[UUID, Member]
    now: datetime
    submitted: Mapping[UUID, Asking]
    """The owner's timesheets that wait for a decision."""
    deciders: frozenset[UUID] = frozenset()
    """Who has decided on a timesheet before, or made the approval in force on it, where that was asked for."""

    @property
    def approver_id(self) -> UUID | None:
        """The nearest approver of the owner's time now; None: the administrators."""
        return approver_of(self.owner.id, self._ranks)

    @property
    def _ranks(self) -> dict[UUID, Rank]:
        return {id_: member.rank for id_, member in self.members.items()}

    def asking(self, timesheet_id: UUID, asking: Asking) -> "Circle":
        """The same circle, with a timesheet that is just being submitted or asks otherwise from here on."""
        return replace(self, submitted={**self.submitted, timesheet_id: asking})

    def not_submitted(self, timesheet_id: UUID) -> "Circle":
        """The same circle, as if a timesheet were not submitted: it asks whoever would be asked first."""
        return replace(self, submitted={id_: asking for id_, asking in self.submitted.items() if id_ != timesheet_id})

    def joined_by(self, session: Session, person_ids: Sequence[UUID]) -> "Circle":
        """The same circle with more people in it, and everybody as they are now."""
        return replace(self, members={**self.members, **load_circle(session, self.owner.id, *person_ids).members})

    def requests(self, timesheet_id: UUID) -> tuple[tuple[UUID | None, UUID | None], ...]:
        """Whom a submitted timesheet waits for, the first one first, each with the project whose lines they are asked
        about if it is not the whole timesheet. None in place of a person stands for the administrators.

        Of one that is not submitted: who would be asked first.
        """
        asking = self.submitted.get(timesheet_id, _NOT_SUBMITTED)
        if asking.stage is Stage.SUPERVISOR:
            return tuple((each, None) for each in approvers_of(self.owner.id, self._ranks, asking.escalations))
        leads = tuple((self._able_lead(lead), project) for project, lead in asking.leads.items())
        return (*leads, (None, None)) if asking.escalations else leads

    def asked(self, timesheet_id: UUID) -> tuple[UUID | None, ...]:
        """Whom a submitted timesheet waits for, each once; None stands for the administrators."""
        return tuple(dict.fromkeys(approver for approver, _ in self.requests(timesheet_id)))

    def may_escalate(self, timesheet_id: UUID) -> bool:
        """Whether somebody is left to be asked as well: after the administrators, for all of it, there is nobody."""
        return (None, None) not in self.requests(timesheet_id)

    def projects_of(self, timesheet_id: UUID, approver_id: UUID | None) -> frozenset[UUID]:
        """Whose lines an approver is asked about; nothing when it is the whole timesheet."""
        requests = self.requests(timesheet_id)
        if (approver_id, None) in requests:
            return frozenset(project for _, project in requests if project)
        return frozenset(project for approver, project in requests if approver == approver_id and project)

    def delegations(self, person_id: UUID, timesheet_id: UUID | None = None) -> dict[UUID, Deputy]:
        """For whom of those who are asked somebody stands in today, and by which grant.

        Without a timesheet: also for the one who would be asked.
        """
        found: dict[UUID, Deputy] = {}
        for approver_id in self._approvers(timesheet_id):
            member = self.members.get(approver_id) if approver_id else None
            if member is None:
                continue
            today = local_date(self.now, member.zone)
            for deputy in member.deputies:
                if deputy.person_id == person_id and deputy.stands_in(self.owner.id, today):
                    found.setdefault(member.id, deputy)
        return found

    def standing(self, person_id: UUID, timesheet_id: UUID | None = None) -> Standing | None:
        """What somebody is to the owner, and to one timesheet of theirs or any; None for people who are not active."""
        member = self.members.get(person_id)
        if member is None or not member.rank.active:
            return None
        relations = {Relation.TENANT}
        if person_id == self.owner.id:
            relations.add(Relation.SELF)
        else:
            relations |= set(self._relations(member, timesheet_id))
        return Standing(person_id, member.rank.roles, frozenset(relations))

    def _relations(self, member: Member, timesheet_id: UUID | None) -> Iterator[Relation]:
        """Of somebody who is not the owner."""
        if self._is_one_of((self.approver_id,), member):
            yield Relation.APPROVER
        for each in self.submitted if timesheet_id is None else (timesheet_id,):
            if self._is_one_of(self.asked(each), member):
                yield Relation.LEAD if self.projects_of(each, member.id) else Relation.ASKED
        if member.rank.roles - NEVER_DECIDES and self.delegations(member.id, timesheet_id):
            yield Relation.DELEGATE
        if member.id in self.deciders:
            yield Relation.DECIDED

    def _is_one_of(self, approvers: tuple[UUID | None, ...], member: Member) -> bool:
        return member.id in approvers or (None in approvers and Role.ADMINISTRATOR in member.rank.roles)

    def _approvers(self, timesheet_id: UUID | None) -> tuple[UUID | None, ...]:
        if timesheet_id is not None:
            return self.asked(timesheet_id)
        return (self.approver_id, *(each for sheet in self.submitted for each in self.asked(sheet)))

    def _able_lead(self, lead_id: UUID | None) -> UUID | None:
        """The lead of a project, unless they are gone, lead no more, or it is their own time."""
        lead = self.members.get(lead_id) if lead_id else None
        able = lead is not None and lead.rank.active and Role.PROJECT_LEAD in lead.rank.roles
        return lead_id if able and lead_id != self.owner.id else None


_CIRCLE = text(
    """
    WITH RECURSIVE above AS (
        SELECT id, supervisor_id, ARRAY[id] AS seen FROM person WHERE id = :owner
        UNION ALL
        SELECT p.id, p.supervisor_id, a.seen || p.id
        FROM above a JOIN person p ON p.id = a.supervisor_id
        WHERE p.id <> ALL (a.seen)
    ), submitted AS (
        SELECT t.id, t.stage, t.escalations,
               ARRAY(SELECT w.project_id FROM waiting w
                     WHERE w.timesheet_id = t.id AND w.project_id IS NOT NULL ORDER BY w.number) AS projects,
               ARRAY(SELECT j.lead_id FROM waiting w JOIN project j ON j.id = w.project_id
                     WHERE w.timesheet_id = t.id ORDER BY w.number) AS leads
        FROM timesheet t WHERE t.owner_id = :owner AND t.state = 'submitted'
    )
    SELECT p.id, p.staff_id, p.name, p.time_zone, p.holiday_calendar, p.supervisor_id, p.active,
           ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id) AS roles,
           (SELECT json_agg(json_build_object(
               'id', d.id, 'person', d.delegate_id, 'name', deputy.name, 'first', d.from_day, 'last', d.to_day,
               'only', d.person_ids) ORDER BY d.from_day, d.id)
            FROM delegation d JOIN person deputy ON deputy.id = d.delegate_id
            WHERE d.delegator_id = p.id AND d.revoked_at IS NULL AND d.to_day >= now()::date - 1 AND deputy.active
           ) AS deputies,
           CASE WHEN p.id = :owner THEN (SELECT json_agg(submitted) FROM submitted) END AS submitted,
           now() AS now
    FROM person p
    WHERE p.id = ANY (
        ARRAY(SELECT id FROM above) || ARRAY(SELECT unnest(leads) FROM submitted) || CAST(:others AS uuid[])
    )
    """
)


def load_circle(session: Session, owner_id: UUID, *others: UUID | None) -> Circle:
    """The owner with everybody above them or asked about their time, and the others, in one statement.

    Raises `NotFound` when the tenant has no such owner.
    """
    rows = session.execute(_CIRCLE, {"owner": owner_id, "others": [other for other in others if other is not None]})
    members: dict[UUID, Member] = {}
    submitted: dict[UUID, Asking] = {}
    now: datetime | None = None
    for row in rows:
        members[row.id] = member_of(row)
        submitted |= {UUID(each["id"]): _asking(each) for each in row.submitted or ()}
        now = row.now
    if owner_id not in members or now is None:
        raise NotFound("There is no such person.")
    return Circle(members[owner_id], members, now, submitted)


def with_deciders(session: Session, circle: Circle, timesheet_id: UUID) -> Circle:
    """The same circle, knowing who has decided on a timesheet before, whatever became of it."""
    rows = session.execute(_DECIDERS, {"sheet": timesheet_id})
    return replace(circle, deciders=frozenset(person for row in rows for person in row))


def with_approvers(session: Session, circle: Circle, timesheet_id: UUID) -> Circle:
    """The same circle, knowing who made the approval that is in force on a timesheet."""
    made = approvals_in_force(session.execute(_DECISIONS, {"sheet": timesheet_id}))
    return replace(circle, deciders=frozenset((made[-1].decided_by_id, made[-1].responsible_id) if made else ()))


_DECIDERS = text(
    """
    SELECT DISTINCT d.decided_by_id, d.responsible_id FROM decision d WHERE d.timesheet_id = :sheet
    """
)


_DECISIONS = text(
    """
    SELECT d.decision, d.decided_by_id, d.responsible_id
    FROM timesheet t JOIN decision d ON d.submission_id = t.submission_id WHERE t.id = :sheet ORDER BY d.number
    """
)


def member_of(row: Any) -> Member:
    """A row with a person, their roles, and whoever stands in for them."""
    return Member(
        Rank(row.id, row.supervisor_id, row.active, roles_of(row.roles)),
        row.staff_id,
        row.name,
        ZoneInfo(row.time_zone),
        row.holiday_calendar,
        tuple(_deputy(each) for each in row.deputies or ()),
    )


def _deputy(found: dict[str, Any]) -> Deputy:
    return Deputy(
        UUID(found["id"]),
        UUID(found["person"]),
        found["name"],
        date.fromisoformat(found["first"]),
        date.fromisoformat(found["last"]),
        None if found["only"] is None else frozenset(UUID(each) for each in found["only"]),
    )


def _asking(found: dict[str, Any]) -> Asking:
    leads = zip(found["projects"], found["leads"], strict=True)
    return Asking(
        Stage(found["stage"]),
        found["escalations"],
        {UUID(project): UUID(lead) if lead else None for project, lead in leads},
    )
