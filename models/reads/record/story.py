"""Everything the record says of one timesheet: its activities, what they are made of, and who and what they name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.rules.statements import sheet_activity_id


@dataclass(frozen=True, slots=True)
class Said:
    """One recorded statement as it stands in the ledger."""

    sequence: int
    namespace: str
    transaction_id: UUID
    kind: str
    subject: str
    object: str | None
    """The other term of a relation."""
    said: str
    """The whole statement as canonical JSON."""
    body: dict[str, Any]
    digest: str
    recorded_at: datetime
    recorded_by_id: UUID | None
    """None: the schedule."""
    about_id: UUID | None
    position: int | None
    """Its place in the tree that seals are over; None: it waits for one."""


def story_of(session: Session, timesheet_id: UUID, known_at: datetime | None = None) -> tuple[Said, ...]:
    """What is said of a timesheet, in the order of the record; what was recorded by `known_at` if that is given.

    That is: the timesheet and its revisions, whatever acts on them (submissions, decisions, views), the work they
    are made of, everything that the commands on it recorded, and the people and projects that all of these name.
    """
    values = {"sheet": timesheet_id, "first": sheet_activity_id(timesheet_id, 1), "known_at": known_at}
    return tuple(Said(**row) for row in session.execute(_STORY, values).mappings())


# An UNION ends by itself: no activity is looked at twice.
_STORY = text(
    """
    WITH RECURSIVE acting (id) AS (
        SELECT :first COLLATE "C"
        UNION
        SELECT s.subject FROM statement s JOIN acting a ON s.object = a.id
        WHERE s.namespace = 'default' AND s.kind = 'wasInformedBy'
    ), activity AS (
        SELECT id FROM acting
        UNION SELECT s.object FROM statement s JOIN acting a ON s.subject = a.id
              WHERE s.namespace = 'default' AND s.kind = 'wasInformedBy'
        UNION SELECT s.subject FROM statement s JOIN command c ON c.id = s.transaction_id
              WHERE c.timesheet_id = :sheet AND s.namespace = 'default' AND s.kind = 'started'
    ), of_activity AS (
        SELECT s.sequence, s.kind, s.object, s.body FROM statement s JOIN activity a ON s.subject = a.id
        WHERE s.namespace = 'default' AND (s.kind <> 'define' OR s.term = 'activity')
    ), named AS (
        SELECT object AS id, CASE kind WHEN 'used' THEN 'entity' ELSE 'agent' END AS term FROM of_activity
        WHERE kind IN ('used', 'wasAssociatedWith', 'actedOnBehalfOf')
        UNION SELECT body ->> 'responsible', 'agent' FROM of_activity WHERE kind = 'actedOnBehalfOf'
    ), these AS (
        SELECT sequence FROM of_activity
        UNION SELECT s.sequence FROM statement s JOIN named n ON s.subject = n.id AND s.term = n.term
              WHERE s.namespace = 'default' AND s.kind = 'define'
    )
    SELECT s.sequence, s.namespace, s.transaction_id, s.kind, s.subject, s.object, s.said, s.body, s.digest,
           s.recorded_at, s.recorded_by_id, s.about_id, l.position
    FROM statement s LEFT JOIN ledger_leaf l ON l.sequence = s.sequence
    WHERE s.sequence IN (SELECT sequence FROM these)
      AND (CAST(:known_at AS timestamptz) IS NULL OR s.recorded_at <= :known_at)
    ORDER BY s.sequence
    """
)
