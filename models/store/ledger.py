"""Adding to the ledger and to the outbox, in the transaction of the command that has something to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from models.commands import made_by
from models.database import WriteSession
from models.rules.statements import Statement
from models.store.signals import CHANNEL, recorded_signal
from models.tables.delivery import OutboxEvent

NAMESPACE = "default"
"""Where the product's own statements stand."""


@dataclass(frozen=True, slots=True)
class SaidBy:
    """Who says something, in which transaction, and where it stands."""

    tenant_id: UUID
    transaction_id: UUID
    person_id: UUID | None
    """The authenticated identity; None: the schedule."""
    about_id: UUID | None = None
    """Whose time it is about; None: nobody's, or it was not said."""
    namespace: str = NAMESPACE


def state(session: WriteSession, by: SaidBy, statements: Iterable[Statement]) -> int:
    """Record statements in order; how many were new, since saying the same thing again changes nothing.

    What was said once of a term stays: somebody's name is the one that they were first recorded with.
    """
    said = [(statement.kind, statement.subject, statement.once, statement.said) for statement in statements]
    if not said:
        return 0
    kinds, subjects, once, texts = zip(*said, strict=True)
    values = {
        "tenant": by.tenant_id,
        "namespace": by.namespace,
        "transaction": by.transaction_id,
        "by": by.person_id,
        "about": by.about_id,
        "kinds": list(kinds),
        "subjects": list(subjects),
        "once": list(once),
        "texts": [each.decode() for each in texts],
        "digests": [sha256(each).hexdigest() for each in texts],
        "channel": CHANNEL,
        "signal": recorded_signal(by.tenant_id, by.transaction_id),
    }
    return int(session.execute(_STATE, values).scalar_one())


# All of them at once: a summary says what it is made of in as many statements as it has entries. Whoever is told of
# commits hears of it by the same statement, and only if something was new.
_STATE = text(
    """
    WITH added AS (
        INSERT INTO statement
            (tenant_id, namespace, transaction_id, kind, subject, once, said, digest, recorded_by_id, about_id)
        SELECT :tenant, :namespace, :transaction, kind, subject, once, said, digest, CAST(:by AS uuid),
               CAST(:about AS uuid)
        FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[]), CAST(:once AS text[]), CAST(:texts AS text[]),
                    CAST(:digests AS text[])) WITH ORDINALITY AS each (kind, subject, once, said, digest, number)
        ORDER BY number
        ON CONFLICT DO NOTHING
        RETURNING sequence
    )
    SELECT count(*), CASE WHEN count(*) > 0 THEN CAST(pg_notify(:channel, :signal) AS text) END FROM added
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
