"""What the routers of people, projects and types share: one change in one transaction, and who may see what."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Response

from models.database import WriteSession, command_transaction
from models.rules.policy import Action, Relation, Standing, authorise
from models.store.changes import GivenBy, Kept
from web.api.caller import Caller
from web.api.versions import mark
from web.services import Services

Content = TypeVar("Content")


def change(
    use: Services, caller: Caller, key: UUID, do: Callable[[WriteSession, GivenBy], Kept[Content]]
) -> Kept[Content]:
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
