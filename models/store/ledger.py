"""Adding to the ledger and to the outbox, in the transaction of the command that has something to say."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from models.commands import made_by
from models.database import WriteSession
from models.rules.statements import Statement
from models.tables.delivery import OutboxEvent
from models.tables.provenance import LedgerStatement

NAMESPACE = "default"
"""Where the product's own statements stand."""


def state(
    session: WriteSession,
    tenant_id: UUID,
    command_id: UUID,
    recorded_by_id: UUID | None,
    about_id: UUID | None,
    statements: Iterable[Statement],
) -> None:
    """Record statements in order; saying the same thing again changes nothing.

    What was said once of a term stays: somebody's name is the one that they were first recorded with.
    """
    rows = [
        {
            "tenant_id": tenant_id,
            "namespace": NAMESPACE,
            "transaction_id": command_id,
            "kind": statement.kind,
            "subject": statement.subject,
            "said": statement.said.decode(),
            "digest": statement.digest,
            "recorded_by_id": recorded_by_id,
            "about_id": about_id,
            "once": statement.once,
        }
        for statement in statements
    ]
    if rows:
        # Apart from its values, so that the statement is compiled once and not for each command.
        session.execute(insert(LedgerStatement).on_conflict_do_nothing(), rows)


def announce(
    session: WriteSession, tenant_id: UUID, command_id: UUID, type_: str, subject: UUID, data: dict[str, Any]
) -> None:
    """Put one event into the outbox; its id follows from the command, so it is the same for every receiver."""
    session.execute(
        insert(OutboxEvent).values(
            tenant_id=tenant_id,
            id=made_by(tenant_id, command_id, type_),
            type=type_,
            subject=str(subject),
            data=data,
            command_id=command_id,
        )
    )
