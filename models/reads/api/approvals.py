"""The caller's inbox, as programs read it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from models.reads.bulk import oversees_bulks
from models.reads.inbox.approver import approver_for
from models.reads.inbox.tabs import Wanted
from models.reads.pending import Pending, pending
from models.reads.viewer import Onlooker
from models.store.bulk import Bulk, bulk_of, rows_of
from models.tables.approval import BulkDecisionRow


def inbox_of(session: Session, onlooker: Onlooker, after: tuple[datetime, UUID] | None, at_most: int) -> list[Pending]:
    """What waits for the caller, the oldest first. Raises `NotFound` for those who approve nobody's time."""
    return pending(session, approver_for(session, onlooker), Wanted(), at_most, after)


def bulk_with_rows(session: Session, onlooker: Onlooker, bulk_id: UUID) -> tuple[Bulk, Sequence[BulkDecisionRow]]:
    """A bulk decision of the caller's own, or one that they oversee, and what came of each row. Raises `NotFound`."""
    bulk = bulk_of(session, bulk_id, onlooker.person_id, oversees_bulks(approver_for(session, onlooker)))
    return bulk, rows_of(session, bulk_id)
