"""Answering one GraphQL request: as whom, in which namespaces, and what may be said."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine
from strawberry.fastapi import BaseContext

from models.database import ReadSession, command_transaction, read_session
from models.errors import Invalid, NotYours
from models.reads.record.access import may_say, scope_for
from models.reads.viewer import Onlooker
from models.rules.assertions import Assertion
from models.rules.prov_ids import LONGEST_ID
from models.store.agent_keys import AgentKeyOf
from models.store.assertions import require_sayable, say
from models.store.ledger import SaidBy
from models.store.sealing import public_bytes
from web.api.caller import ScopeMissing
from web.auth.tokens import Scope
from web.graphql.reading import Reading, View


@dataclass
class Answering(BaseContext):
    """What resolvers ask of; closed when the request is answered."""

    engine: Engine
    onlooker: Onlooker
    scopes: frozenset[Scope]
    key_of: AgentKeyOf
    now: datetime
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """The documents with their variables, as they came."""
    _open: ExitStack = field(default_factory=ExitStack)
    _view: View | None = None
    _readings: dict[str, asyncio.Future[Reading]] = field(default_factory=dict)

    async def reading(self, namespace: str | None) -> Reading:
        """The caller's view of a namespace; all of them are seen as they are at one moment."""
        name = required_namespace(namespace)
        if name not in self._readings:
            self._readings[name] = asyncio.ensure_future(self._begin(name))
        return await self._readings[name]

    async def say(self, namespace: str | None, said: Sequence[Assertion]) -> UUID | None:
        """Record assertions in one transaction; its id, or None when all of it was recorded. Raises refusals."""
        if Scope.EVENTS not in self.scopes:
            raise ScopeMissing(f"This token is not meant for this: it needs the scope “{Scope.EVENTS}”.")
        return await asyncio.to_thread(self._say, required_namespace(namespace), said)

    def public_key(self, namespace: str | None, agent: str) -> str:
        """The public half of an agent's key pair, as hexadecimal digits."""
        key = self.key_of(self.onlooker.tenant_id, required_namespace(namespace), agent)
        return public_bytes(key).hex()

    async def close(self) -> None:
        """Nothing more is asked. What is still being read (the rest of an answer that failed) is waited for."""
        if self._view is None:
            return
        async with self._view.lock:
            self._view.session = None
            self._open.close()

    async def _begin(self, namespace: str) -> Reading:
        if self._view is None:
            self._view = View(self.onlooker.tenant_id)
        view = self._view
        async with view.lock:
            scope = await asyncio.to_thread(lambda: scope_for(self._session(view), self.onlooker, namespace))
        return Reading(view, scope)

    def _session(self, view: View) -> ReadSession:
        if view.session is None:
            view.session = self._open.enter_context(read_session(self.engine, self.onlooker.tenant_id))
        return view.session

    def _say(self, namespace: str, said: Sequence[Assertion]) -> UUID | None:
        by = SaidBy(self.onlooker.tenant_id, uuid4(), self.onlooker.person_id, namespace=namespace)
        with command_transaction(self.engine, self.onlooker.tenant_id) as session:
            if not may_say(session, self.onlooker):
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
