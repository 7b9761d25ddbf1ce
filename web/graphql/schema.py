"""The schema of the record, and what is said of its errors."""

from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from models.database import UNAVAILABLE
from models.errors import DomainError
from models.rules.assertions import Contradiction
from models.rules.prov_times import NotAnInstant
from web.graphql.asked import Asked
from web.graphql.limits import Limits
from web.graphql.mutations import Mutation
from web.graphql.queries import Query
from web.graphql.scalars import SCALARS
from web.graphql.subscribing import DELTA, Delta, Subscription

log = structlog.get_logger()


class Schema(strawberry.Schema):
    """What it says of an error is what was meant for the caller, and nothing else."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Tell refusals in their words, log the rest and say that something went wrong."""
        for error in errors:
            cause = error.original_error
            if isinstance(cause, DomainError):
                error.extensions = {**(error.extensions or {}), "code": cause.code}
            elif isinstance(cause, UNAVAILABLE):
                log.error("database fault", error=type(cause).__name__)
                error.message = "The database does not answer. Try again in a moment."
            elif cause is not None and not isinstance(cause, Contradiction | NotAnInstant | GraphQLError):
                log.error("graphql", error=type(cause).__name__, exc_info=cause)
                error.message = "Something went wrong. Please try again in a moment."


def _schema(**kinds: Any) -> Schema:
    config = StrawberryConfig(scalar_map={**SCALARS, Delta: DELTA})
    return Schema(query=Query, config=config, extensions=[Asked, Limits], **kinds)


schema = _schema(mutation=Mutation, subscription=Subscription)
"""All of it."""

reading_schema = _schema()
"""Without anything that could change something."""
