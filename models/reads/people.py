"""People as an administrator lists them, and the frame around every page."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.reads.around import around
from models.reads.inbox.counts import count_text
from models.reads.inbox.tabs import Tab
from models.reads.looking import looker
from models.reads.shown import PeopleRow, PersonShown, ViewerShown
from models.reads.team_balances import sees_team
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Relation, Role, authorise, sees_time_of
from models.tables.people import Person, PersonRole

MOST_PEOPLE = 500
"""How many people the list shows; beyond that one searches."""


def people_page(
    session: Session, onlooker: Onlooker, search: str = "", inactive: bool = False
) -> tuple[PeopleRow, ...]:
    """Everybody of the tenant who is active, or whoever there ever was, by part of a name or staff id.

    For administrators and auditors. Raises `NotFound` for everybody else.
    """
    require(session, onlooker, Action.SEE_PEOPLE)
    supervisor = aliased(Person)
    found = select(Person, supervisor.name).outerjoin(supervisor, supervisor.id == Person.supervisor_id)
    if not inactive:
        found = found.where(Person.active)
    if search.strip():
        named = (column.icontains(search.strip(), autoescape=True) for column in (Person.name, Person.staff_id))
        found = found.where(or_(*named))
    rows = session.execute(found.order_by(Person.name, Person.staff_id).limit(MOST_PEOPLE)).all()
    roles = _roles(session, [person.id for person, _ in rows])
    return tuple(
        PeopleRow(
            PersonShown(person.id, person.staff_id, person.name),
            tuple(sorted(roles.get(person.id, []))),
            name,
            person.active,
        )
        for person, name in rows
    )


def require(session: Session, onlooker: Onlooker, action: Action) -> None:
    """Raises `NotFound` unless the policy gives the onlooker an action that concerns nobody else's time."""
    if authorise(action, looker(session, onlooker).standing) is None:
        raise NotFound("There is no such page, or you may not see it.")


def person_by_staff_id(session: Session, staff_id: str) -> PersonShown:
    """A person of the tenant by staff id. Raises `NotFound`."""
    person = session.scalar(select(Person).where(Person.staff_id == staff_id))
    if person is None:
        raise NotFound("There is no such page, or you may not see it.")
    return PersonShown(person.id, person.staff_id, person.name)


def staff_id_of(session: Session, person_id: UUID) -> str:
    """A person's staff id, which addresses are made of. Raises `NotFound`."""
    found = session.scalar(select(Person.staff_id).where(Person.id == person_id))
    if found is None:
        raise NotFound("There is no such page, or you may not see it.")
    return found


def mail_address_of(session: Session, person_id: UUID) -> str | None:
    """Where mail to somebody goes; None when the directory does not say."""
    return session.scalar(select(Person.email).where(Person.id == person_id)) or None


def viewer_shown(session: Session, onlooker: Onlooker, acting_reason: str | None) -> ViewerShown:
    """The frame around a page: who looks, for whom they act, how much waits for them."""
    who = looker(session, onlooker)
    whose = looker(session, onlooker, onlooker.acting_for_id)
    acting_for = whose.person if onlooker.acting_for_id else None
    there = around(session, onlooker)
    return ViewerShown(
        person=who.person,
        tenant_name=there.tenant_name,
        roles=who.roles,
        inbox_count=count_text(there.inbox[Tab.ALL]) if there.inbox else None,
        sees_own_time=_sees_own_time(who.person.id, who.roles, acting_for),
        sees_team=sees_team(whose.person.id, whose.roles),
        unanswered_acts=count_text(there.unanswered),
        unread=count_text(there.unread),
        acting_for=acting_for,
        acting_reason=acting_reason,
    )


def _sees_own_time(person_id: UUID, roles: frozenset[Role], acting_for: PersonShown | None) -> bool:
    relations = (Relation.TENANT,) if acting_for else (Relation.SELF, Relation.TENANT)
    return any(sees_time_of(relation, person_id, roles) for relation in relations)


def _roles(session: Session, people: list[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for person_id, role in session.execute(
        select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(people))
    ):
        found.setdefault(person_id, []).append(role)
    return found
