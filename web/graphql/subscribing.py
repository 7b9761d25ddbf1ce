"""`commitNotifications`: what is added to the record, told as it is committed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NewType, NoReturn
from uuid import UUID

import strawberry
from sqlalchemy import Engine
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import BaseContext
from strawberry.types import Info

from models.database import read_session
from models.errors import DomainError
from models.reads.record.access import reader_for
from models.reads.record.commits import Committed, committed
from models.reads.viewer import Onlooker
from models.rules.prov_domain import TermKind
from models.rules.prov_ids import iri_of
from web.api.caller import token_in
from web.auth.sessions import hash_token
from web.auth.tokens import Holder, Scope, holder_of
from web.graphql.commits import Commits, Ended, NoMore, Subscriber
from web.viewing import record_subscription

Delta = NewType("Delta", object)
"""What a transaction said."""

DELTA = strawberry.scalar(
    name="Delta",
    description="What a transaction said, as a list of statements as they stand in the record.",
    serialize=lambda said: said,
)


class NotTold(DomainError):
    """Somebody is told of no commits, or of no more of them."""

    code = "not_told"


@dataclass
class Connected(BaseContext):
    """A WebSocket. Who is at its other end is looked up again whenever they are to be told something."""

    engine: Engine
    commits: Commits
    bearer: str | None
    """What the connection itself came with; else its first message says it."""
    now: Callable[[], datetime]

    async def enter(self) -> None:
        """The first message came. Raises `ConnectionRejectionError` for whoever has no token that is good to read."""
        said = self.connection_params or {}
        given = next((said[name] for name in ("Authorization", "authorization") if name in said), self.bearer)
        self.bearer = given if isinstance(given, str) else None
        if await self._holder() is None:
            raise ConnectionRejectionError

    async def committed(self) -> AsyncIterator[Committed]:
        """What is committed from here on, as far as the caller may see it. Raises `NotTold` at the end."""
        holder = await self._holder()
        if holder is None:
            raise NotTold(Ended.REFUSED.value)
        listens = await asyncio.to_thread(record_subscription, self.engine, holder, self.now())
        subscriber = Subscriber(holder.tenant_id, hash_token(self._token), holder.seconds_left)
        try:
            self.commits.join(subscriber)
            async with aclosing(subscriber.transactions()) as told:  # type: ignore[type-var]  # it is a generator
                async for transactions in told:
                    # That they listen is no news to them.
                    news = [each for each in transactions if each != listens]
                    for each in await asyncio.to_thread(self._read, news):
                        yield each
        except NoMore as end:
            raise NotTold(end.why) from None
        finally:
            self.commits.leave(subscriber)

    async def reading(self, _namespace: str | None) -> NoReturn:
        """Questions are asked one by one, each with its own look at who asks. Raises `NotTold`."""
        raise NotTold("A socket is for subscriptions. Send everything else with POST.")

    async def say(self, _namespace: str | None, _said: object) -> NoReturn:
        """The same for assertions. Raises `NotTold`."""
        await self.reading(None)

    def _read(self, transactions: list[UUID]) -> list[Committed]:
        holder = self._find()
        if holder is None:
            raise NotTold(Ended.REFUSED.value)
        with read_session(self.engine, holder.tenant_id) as session:
            reader = reader_for(session, Onlooker(holder.tenant_id, holder.person_id))
            found = {each.transaction_id: each for each in committed(session, reader, transactions)}
        return [found[each] for each in dict.fromkeys(transactions) if each in found]

    async def _holder(self) -> Holder | None:
        return await asyncio.to_thread(self._find)

    def _find(self) -> Holder | None:
        holder = holder_of(self.engine, self._token)
        return holder if holder and Scope.READ in holder.scopes else None

    @property
    def _token(self) -> str:
        return token_in(self.bearer) or ""


@strawberry.enum
class Stage(Enum):
    """How far a transaction is. What is told of here has always been committed."""

    SUBMIT = "SUBMIT"
    COMMIT = "COMMIT"


@strawberry.type
class CommitNotification:
    """A transaction that has added to the record."""

    stage: Stage
    tx_id: strawberry.ID
    error: str | None = strawberry.field(description="Always null: what was refused is told to whoever said it.")
    delta: Delta | None
    id: strawberry.ID | None = strawberry.field(
        description="The address of the agent who was signed in; none for the schedule."
    )


def _notification(said: Committed) -> CommitNotification:
    agent = iri_of(TermKind.AGENT, said.by) if said.by else None
    return CommitNotification(
        stage=Stage.COMMIT,
        tx_id=strawberry.ID(str(said.transaction_id)),
        error=None,
        delta=Delta(said.statements),
        id=strawberry.ID(agent) if agent else None,
    )


@strawberry.type
class Subscription:
    """What one may be told of as it happens."""

    @strawberry.subscription
    async def commit_notifications(self, info: Info) -> AsyncIterator[CommitNotification]:
        """Every transaction that adds something that the caller may see, in the order of the commits."""
        context: Any = info.context
        if not isinstance(context, Connected):
            raise NotTold("Subscribe by WebSocket, with the protocol graphql-transport-ws.")
        async with aclosing(context.committed()) as told:  # type: ignore[type-var]  # it is a generator
            async for each in told:
                yield _notification(each)
