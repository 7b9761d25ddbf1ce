"""`/graphql`: the record with Chronicle's API."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from models.reads.viewer import Onlooker
from models.store.agent_keys import agent_keys_from
from web.api.caller import require_caller, token_in
from web.api.refusing import RECORD
from web.auth.tokens import Scope
from web.graphql.answering import Answering
from web.graphql.schema import schema
from web.graphql.subscribing import Connected
from web.services import Services

FIRST_MESSAGE = timedelta(seconds=10)
"""How long a WebSocket may say nothing."""

MOST_OF_ONE_SOCKET = 5
"""Subscriptions of one WebSocket."""


class Router(GraphQLRouter[Any, None]):
    """Answers requests, and tells subscribers."""

    async def on_ws_connect(self, context: Any) -> Any:
        """Let in whoever has a token."""
        await context.enter()
        return await super().on_ws_connect(context)


async def answering(
    connection: HTTPConnection, tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None
) -> AsyncIterator[BaseContext]:
    """The context of a request, or of a WebSocket."""
    use: Services = connection.app.state.services
    bearer = connection.headers.get("Authorization")
    if connection.scope["type"] == "websocket":
        yield Connected(use.engine, use.live.commits, bearer, use.now)
        return
    caller = await run_in_threadpool(require_caller, use.engine, token_in(bearer), Scope.READ, tenant_id, use.now())
    connection.state.caller = caller
    context = answering_for(connection, caller.onlooker, caller.scopes)
    try:
        yield context
    finally:
        await context.close()


def answering_for(connection: HTTPConnection, onlooker: Onlooker, scopes: frozenset[Scope]) -> Answering:
    """The context of one request of somebody; what it asks is found in the state of the request."""
    use: Services = connection.app.state.services
    key_of = agent_keys_from(use.settings.secret_key.get_secret_value())
    context = Answering(use.engine, onlooker, scopes, key_of, use.now())
    connection.state.asked = context.asked
    return context


router = Router(
    schema,
    path=RECORD,
    context_getter=answering,
    graphql_ide=None,
    allow_queries_via_get=False,
    subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
    connection_init_wait_timeout=FIRST_MESSAGE,
    max_subscriptions_per_connection=MOST_OF_ONE_SOCKET,
)
