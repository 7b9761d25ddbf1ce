"""Adding to the ledger and to the outbox, in the transaction of the command that has something to say."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from models.commands import made_by
from models.database import WriteSession
from models.rules.statements import Statement
from models.tables.delivery import OutboxEvent

NAMESPACE = "default"
"""Where the product's own statements stand."""


def state(
    session: WriteSession,
    tenant_id: UUID,
    command_id: UUID,
    recorded_by_id: UUID | None,
    statements: Iterable[Statement],
) -> None:
    """Record statements in order; saying the same thing again changes nothing."""
    said = [(statement.kind, statement.subject, statement.canonical) for statement in statements]
    if said:
        kinds, subjects, bodies = zip(*said, strict=True)
        names = {"tenant": tenant_id, "namespace": NAMESPACE, "transaction": command_id, "by": recorded_by_id}
        columns = {
            "kinds": list(kinds),
            "subjects": list(subjects),
            "bodies": [body.decode() for body in bodies],
            "digests": [sha256(body).hexdigest() for body in bodies],
        }
        session.execute(_STATE, names | columns)


# All of them at once: a summary says what it is made of in as many statements as it has entries.
_STATE = text(
    """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, body, digest, recorded_by_id)
    SELECT :tenant, :namespace, :transaction, kind, subject, CAST(body AS jsonb), digest, CAST(:by AS uuid)
    FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS text[]), CAST(:digests AS text[]))
         WITH ORDINALITY AS said (kind, subject, body, digest, number)
    ORDER BY number
    ON CONFLICT DO NOTHING
    """
)


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
