"""Answering one GraphQL request: as whom, in which namespaces, and what may be said."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine
from strawberry.fastapi import BaseContext

from models.database import command_transaction, read_session
from models.errors import Invalid, NotYours
from models.reads.record.access import may_say, scope_for
from models.rules.assertions import Assertion
from models.rules.prov_ids import LONGEST_ID
from models.store.assertions import require_sayable, say
from models.store.ledger import SaidBy
from web.api.caller import Caller, ScopeMissing
from web.auth.tokens import Scope
from web.graphql.reading import Reading


@dataclass
class Answering(BaseContext):
    """What resolvers ask of; closed when the request is answered."""

    engine: Engine
    caller: Caller
    scopes: frozenset[Scope]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _open: ExitStack = field(default_factory=ExitStack)
    _readings: dict[str, asyncio.Future[Reading]] = field(default_factory=dict)

    async def reading(self, namespace: str | None) -> Reading:
        """The caller's view of a namespace."""
        name = required_namespace(namespace)
        if name not in self._readings:
            self._readings[name] = asyncio.ensure_future(asyncio.to_thread(self._begin, name))
        return await self._readings[name]

    async def say(self, namespace: str | None, said: Sequence[Assertion]) -> UUID | None:
        """Record assertions in one transaction, and answer its id; None when all of it was recorded. Raises refusals."""
        if Scope.EVENTS not in self.scopes:
            raise ScopeMissing(f"This token is not meant for this: it needs the scope “{Scope.EVENTS}”.")
        return await asyncio.to_thread(self._say, required_namespace(namespace), said)

    def close(self) -> None:
        """Nothing more is asked."""
        self._open.close()

    def _begin(self, namespace: str) -> Reading:
        session = self._open.enter_context(read_session(self.engine, self.caller.tenant_id))
        return Reading(self.caller.tenant_id, session, scope_for(session, self.caller.onlooker, namespace))

    def _say(self, namespace: str, said: Sequence[Assertion]) -> UUID | None:
        by = SaidBy(self.caller.tenant_id, uuid4(), self.caller.person_id, namespace=namespace)
        with command_transaction(self.engine, self.caller.tenant_id) as session:
            if not may_say(session, self.caller.onlooker):
                raise NotYours("Only programs with the role integration say something to the record.")
            for each in said:
                require_sayable(by, each)
            added = [say(session, by, each) for each in said]
        return by.transaction_id if any(added) else None


def required_namespace(namespace: str | None) -> str:
    """The namespace that is meant. Raises `Invalid`."""
    if namespace is None:
        return "default"
    if not namespace or len(namespace) > LONGEST_ID or "\0" in namespace:
        raise Invalid.field("namespace", f"A namespace has 1 to {LONGEST_ID} characters, none of them NUL.")
    return namespace
