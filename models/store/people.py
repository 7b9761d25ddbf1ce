"""The people of a command: owner, actor, whoever is responsible, and who approves."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.rules.approvers import Rank, approver_of
from models.rules.policy import Relation, Role, Standing, roles_of
from models.rules.statements import Agent


@dataclass(frozen=True, slots=True)
class Member:
    """A person as commands and pages need them."""

    rank: Rank
    staff_id: str
    name: str
    zone: ZoneInfo
    holiday_calendar: str

    @property
    def id(self) -> UUID:
        """The person's id."""
        return self.rank.id

    @property
    def agent(self) -> Agent:
        """The person as the ledger names them."""
        return Agent(self.staff_id, self.name)


@dataclass(frozen=True, slots=True)
class Circle:
    """An owner of time, the people above them, and whoever else was asked for."""

    owner: Member
    members: dict[UUID, Member]

    @property
    def approver_id(self) -> UUID | None:
        """Who decides on the owner's time now; None: the administrators."""
        return approver_of(self.owner.id, {id_: member.rank for id_, member in self.members.items()})

    def standing(self, person_id: UUID) -> Standing | None:
        """What somebody is to the owner; None for people who are gone or not active."""
        member = self.members.get(person_id)
        if member is None or not member.rank.active:
            return None
        relations = {Relation.TENANT}
        if person_id == self.owner.id:
            relations.add(Relation.SELF)
        elif person_id == self.approver_id or (self.approver_id is None and Role.ADMINISTRATOR in member.rank.roles):
            relations.add(Relation.APPROVER)
        return Standing(person_id, member.rank.roles, frozenset(relations))


_CIRCLE = text(
    """
    WITH RECURSIVE above AS (
        SELECT id, supervisor_id, ARRAY[id] AS seen FROM person WHERE id = :owner
        UNION ALL
        SELECT p.id, p.supervisor_id, a.seen || p.id
        FROM above a JOIN person p ON p.id = a.supervisor_id
        WHERE p.id <> ALL (a.seen)
    )
    SELECT p.id, p.staff_id, p.name, p.time_zone, p.holiday_calendar, p.supervisor_id, p.active,
           ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id) AS roles
    FROM person p
    WHERE p.id = ANY (ARRAY(SELECT id FROM above) || CAST(:others AS uuid[]))
    """
)


def load_circle(session: Session, owner_id: UUID, *others: UUID | None) -> Circle:
    """The owner with everybody above them, and the others, in one statement.

    Raises `NotFound` when the tenant has no such owner.
    """
    rows = session.execute(_CIRCLE, {"owner": owner_id, "others": [other for other in others if other is not None]})
    members = {
        row.id: Member(
            Rank(row.id, row.supervisor_id, row.active, roles_of(row.roles)),
            row.staff_id,
            row.name,
            ZoneInfo(row.time_zone),
            row.holiday_calendar,
        )
        for row in rows
    }
    if owner_id not in members:
        raise NotFound("There is no such person.")
    return Circle(members[owner_id], members)
