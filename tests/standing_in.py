"""People who stand in for others in tests: from yesterday on for a while, unless a test says otherwise."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, update

from models.database import command_transaction
from models.rules.delegations import DelegationContent
from models.store.changes import GivenBy
from models.store.delegations import KeptDelegation, grant
from models.tables.approval import Delegation
from tests.factories import LONDON, Organisation


def today() -> date:
    """The day it is in London; whatever is in force has more than this day, as midnight may pass."""
    return datetime.now(LONDON).date()


def in_days(number: int) -> date:
    """So many days from now."""
    return today() + timedelta(days=number)


def away(
    delegator: UUID,
    delegate: UUID,
    first: int = -1,
    last: int = 7,
    only: Collection[UUID] | None = None,
    reason: str | None = None,
) -> DelegationContent:
    """Somebody is away from one day to another, counted from today."""
    people = None if only is None else frozenset(only)
    return DelegationContent(delegator, delegate, in_days(first), in_days(last), people, reason)


def stand_in(engine: Engine, org: Organisation, delegator: UUID, delegate: UUID, **others: Any) -> KeptDelegation:
    """Somebody lets somebody else stand in."""
    with command_transaction(engine, org.tenant_id) as session:
        given = GivenBy(org.tenant_id, delegator, uuid4())
        return grant(session, given, away(delegator, delegate, **others))


def change_delegation(owner: Engine, delegation_id: UUID, **values: Any) -> None:
    """Change a delegation behind everybody's back: `from_day`, `due_at` and the like."""
    with owner.begin() as connection:
        connection.execute(update(Delegation).where(Delegation.id == delegation_id).values(values))
