"""What was asked in a request, kept beside it: of an auditor that is on record as well (`web/viewing.py`)."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension

from web.graphql.answering import Answering


class Asked(SchemaExtension):
    """Notes each document with its variables."""

    def on_operation(self) -> Iterator[None]:
        """Note it before it is answered."""
        asked = self.execution_context
        if isinstance(asked.context, Answering):
            asked.context.asked.append((asked.query or "", dict(asked.variables or {})))
        yield
