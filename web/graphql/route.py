"""`/graphql`: the record with Chronicle's API."""

from collections.abc import AsyncIterator
from typing import Any

import strawberry
import structlog
from fastapi import Request
from graphql import GraphQLError
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from models.errors import DomainError
from models.rules.assertions import Contradiction
from models.rules.prov_times import NotAnInstant
from web.api.caller import Reads
from web.graphql.answering import Answering
from web.graphql.mutations import Mutation
from web.graphql.queries import Query
from web.graphql.scalars import SCALARS
from web.services import Used

DEEPEST = 20
MOST_ALIASES = 60
MOST_TOKENS = 3_000

log = structlog.get_logger()


class Schema(strawberry.Schema):
    """What it says of an error is what was meant for the caller, and nothing else."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Tell refusals in their words, log the rest and say that something went wrong."""
        for error in errors:
            cause = error.original_error
            if isinstance(cause, DomainError):
                error.extensions = {**(error.extensions or {}), "code": cause.code}
            elif cause is not None and not isinstance(cause, Contradiction | NotAnInstant | GraphQLError):
                log.error("graphql", error=type(cause).__name__, exc_info=cause)
                error.message = "Something went wrong. Please try again in a moment."


schema = Schema(
    Query,
    Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[
        lambda: QueryDepthLimiter(DEEPEST),
        lambda: MaxAliasesLimiter(MOST_ALIASES),
        lambda: MaxTokensLimiter(MOST_TOKENS),
    ],
)


async def answering(caller: Reads, use: Used, request: Request) -> AsyncIterator[Any]:
    """The context of one request."""
    context = Answering(use.engine, caller, caller.scopes)
    try:
        yield context
    finally:
        context.close()


router = GraphQLRouter[Any, None](
    schema, path="/graphql", context_getter=answering, graphql_ide=None, allow_queries_via_get=False
)
