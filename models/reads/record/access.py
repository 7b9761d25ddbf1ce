"""Which part of the record somebody may read, and who may add to it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.reads.looking import looker
from models.reads.record.narrowing import Scope
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Relation, Role, authorise, sees_time_of
from models.tables.people import Person


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose statements somebody may read in every namespace."""

    person_id: UUID
    about: frozenset[UUID] | None
    """About whose time; None: everything there is."""
    is_program: bool = False
    """It reads all of the namespaces that it has said something in."""


def reader_for(session: Session, onlooker: Onlooker) -> Reader:
    """Everything for whoever may see everybody's time, else what is about those whose time they may see.

    A program sees time so that it can plan and import it. Of the record it reads what it took part in saying.
    """
    who = looker(session, onlooker)
    person_id, roles = who.person.id, who.roles - {Role.INTEGRATION}
    if sees_time_of(Relation.TENANT, person_id, roles):
        return Reader(person_id, None)
    seen: set[UUID] = {person_id} if sees_time_of(Relation.SELF, person_id, roles) else set()
    if sees_time_of(Relation.APPROVER, person_id, roles):
        seen |= set(session.scalars(select(Person.id).where(Person.supervisor_id == person_id)))
    return Reader(person_id, frozenset(seen), may_say(session, onlooker))


def scope_for(session: Session, onlooker: Onlooker, namespace: str) -> Scope:
    """What somebody may read of a namespace."""
    reader = reader_for(session, onlooker)
    if reader.is_program and session.scalar(_HAS_SAID, {"namespace": namespace, "person": reader.person_id}):
        return Scope(namespace)
    return Scope(namespace, reader.about)


def may_say(session: Session, onlooker: Onlooker) -> bool:
    """Whether somebody may add assertions to the record."""
    return authorise(Action.ASSERT, looker(session, onlooker).standing) is not None


HAS_SAID = """
    EXISTS (SELECT FROM statement w
            WHERE w.namespace = {namespace} AND w.recorded_by_id = :person AND w.about_id IS NULL)
"""
"""Whether somebody has said something in a namespace that is nobody's time. What the product says of a command is."""

_HAS_SAID = text("SELECT " + HAS_SAID.format(namespace=":namespace"))
