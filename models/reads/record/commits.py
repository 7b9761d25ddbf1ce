"""What transactions have added to the record, for somebody who is told of each."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.record.access import HAS_SAID, Reader


@dataclass(frozen=True, slots=True)
class Committed:
    """One transaction, and those of its statements that the reader may see."""

    transaction_id: UUID
    by: str | None
    """Staff id of who was signed in; None: the schedule."""
    statements: list[dict[str, Any]] = field(default_factory=list)


def committed(session: Session, reader: Reader, transactions: Collection[UUID]) -> list[Committed]:
    """What these transactions said, in the order of the record; those are left out of which nothing may be seen."""
    asked = {
        "transactions": list(transactions),
        "about": None if reader.about is None else sorted(reader.about),
        "person": reader.person_id,
    }
    statement = _SAID.format(visible=_PROGRAMS if reader.is_program else _PEOPLES)
    found: dict[UUID, Committed] = {}
    for row in session.execute(text(statement), asked):
        one = found.setdefault(row.transaction_id, Committed(row.transaction_id, row.recorded_by))
        one.statements.append({"namespace": row.namespace, **row.body})
    return list(found.values())


_PEOPLES = "(CAST(:about AS uuid[]) IS NULL OR s.about_id = ANY(:about))"
_PROGRAMS = f"({_PEOPLES} OR {HAS_SAID.format(namespace='s.namespace')})"

_SAID = """
    SELECT s.transaction_id, s.namespace, s.body, p.staff_id AS recorded_by
    FROM statement s LEFT JOIN person p ON p.tenant_id = s.tenant_id AND p.id = s.recorded_by_id
    WHERE s.transaction_id = ANY(:transactions) AND {visible}
    ORDER BY s.sequence
"""
