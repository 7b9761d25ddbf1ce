"""What the routers of what administrators keep share: one change in one transaction, and who may see what."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from models.database import WriteSession, command_transaction
from models.reads.viewer import circle_for
from models.rules.policy import Action, Relation, Standing, authorise, sees_time_of
from models.store.changes import GivenBy, Kept
from web.api.caller import Caller
from web.api.versions import mark
from web.services import Services

Content = TypeVar("Content")
Done = TypeVar("Done")


def change(use: Services, caller: Caller, key: UUID, do: Callable[[WriteSession, GivenBy], Done]) -> Done:
    """Have something changed; the same key again gives the same answer. Raises the refusal."""
    with command_transaction(use.engine, caller.tenant_id) as session:
        done = do(session, GivenBy(caller.tenant_id, caller.person_id, key))
    use.begin_rebuilds(caller.tenant_id)
    return done


def created(response: Response, address: str, kept: Kept[Content]) -> Kept[Content]:
    """Say where what was made is, and which version it is."""
    response.headers["Location"] = f"{address}/{kept.id}"
    mark(response, kept.version)
    return kept


def sees_everybody(caller: Caller) -> bool:
    """Whether the caller knows all people of the organisation, rather than those around them."""
    relations = frozenset({Relation.SELF, Relation.TENANT})
    standing = Standing(caller.person_id, caller.roles, relations)
    return authorise(Action.SEE_PEOPLE, standing) is not None or authorise(Action.SCHEDULE, standing) is not None


def asked_person(session: Session, caller: Caller, person_id: UUID | None) -> UUID | None:
    """Whose records a list is to hold: the person named, or else the caller; None: everybody, for who sees all time.

    Raises `NotFound` for whom the caller may not see.
    """
    if person_id is None and sees_time_of(Relation.TENANT, caller.person_id, caller.roles):
        return None
    return circle_for(session, caller.onlooker, person_id or caller.person_id).owner.id
