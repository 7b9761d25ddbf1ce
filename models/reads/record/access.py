"""Which part of the record somebody may read, and who may add to it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.looking import looker
from models.reads.record.terms import Scope
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Relation, authorise, sees_time_of
from models.tables.people import Person


def scope_for(session: Session, onlooker: Onlooker, namespace: str) -> Scope:
    """All of a namespace for whoever may see everybody's time, else what is about those whose time they may see."""
    who = looker(session, onlooker)
    person_id, roles = who.person.id, who.roles
    if sees_time_of(Relation.TENANT, person_id, roles):
        return Scope(namespace)
    seen: set[UUID] = {person_id} if sees_time_of(Relation.SELF, person_id, roles) else set()
    if sees_time_of(Relation.APPROVER, person_id, roles):
        seen |= set(session.scalars(select(Person.id).where(Person.supervisor_id == person_id)))
    return Scope(namespace, frozenset(seen))


def may_say(session: Session, onlooker: Onlooker) -> bool:
    """Whether somebody may add assertions to the record."""
    return authorise(Action.ASSERT, looker(session, onlooker).standing) is not None
