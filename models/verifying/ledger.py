"""Whether the ledger is what was sealed, asked of the database or of an export, and whether it is sealed in time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.tables.seals import Seal
from models.verifying.ledger_anchors import Anchored
from models.verifying.ledger_check import Check, KnownKeys, Verified
from models.verifying.ledger_file import Heading, read_heading, read_parts
from models.verifying.ledger_parts import ledger_parts

__all__ = ["OVERDUE", "KnownKeys", "Verified", "overdue_since", "sealed_statements", "verify_export", "verify_ledger"]

OVERDUE = timedelta(minutes=10)
"""Statements that wait for a seal for longer are worth a word: one is made every minute."""

Progress = Callable[[int], None]


def verify_ledger(
    session: Session,
    tenant_id: UUID,
    known: KnownKeys | None = None,
    progress: Progress | None = None,
    anchors: dict[int, Anchored] | None = None,
) -> Verified:
    """Look at everything of one organisation. `progress` hears how many leaves were looked at.

    Without known keys those of the ledger are believed.
    """
    return Check(tenant_id, known, dict(anchors or {}), progress).over(ledger_parts(session, tenant_id))


def verify_export(
    file: IO[str],
    known: KnownKeys | None = None,
    progress: Progress | None = None,
    anchors: Callable[[UUID], dict[int, Anchored]] | None = None,
) -> tuple[Heading, Verified]:
    """Look at everything that an export holds, and say whose it is. Raises `ExportUnreadable` for what is none."""
    heading = read_heading(file)
    expected = anchors(heading.tenant_id) if anchors else {}
    return heading, Check(heading.tenant_id, known, expected, progress).over(read_parts(file))


def sealed_statements(session: Session, tenant_id: UUID) -> int:
    """How many statements the last seal covers."""
    return session.scalar(select(func.max(Seal.size)).where(Seal.tenant_id == tenant_id)) or 0


def overdue_since(session: Session, tenant_id: UUID) -> datetime | None:
    """When the first statement was recorded that should be sealed by now; None: none should."""
    since: datetime | None = session.scalar(_OVERDUE, {"tenant": tenant_id, "patience": OVERDUE})
    return since


_OVERDUE = text(
    """
    SELECT min(s.recorded_at) FROM unsealed u
    JOIN statement s ON s.tenant_id = u.tenant_id AND s.transaction_id = u.transaction_id
    WHERE u.tenant_id = :tenant AND s.recorded_at < now() - CAST(:patience AS interval)
      AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.sequence = s.sequence)
    """
)
