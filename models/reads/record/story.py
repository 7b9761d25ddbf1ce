"""Everything the record says of one timesheet or summary: its activities, what they are made of, and whom they name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.errors import Invalid
from models.rules.statements import sheet_activity_id

MOST_STATEMENTS = 50_000
"""Of one story: far more than a timesheet has, and as much as is worked on at once."""

OF_WORK = 5
"""Statements that there are of any work at least."""


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

    That is: the timesheet and its revisions, whatever acts on them (submissions, decisions, views), the work that they
    are made of or that stood on them, everything that the commands on it recorded, and the people and projects that all
    of these name. Raises `Invalid` when it is more than is worked on at once.
    """
    first = sheet_activity_id(timesheet_id, 1)
    return _story(session, first, f"revision-{timesheet_id}-%", timesheet_id, known_at)


def summary_story_of(session: Session, summary_id: UUID) -> tuple[Said, ...]:
    """What is said of a summary of a project, with the work it is made of. Raises `Invalid` when it is too much."""
    summary, room = f"summary-{summary_id}", MOST_STATEMENTS // OF_WORK
    if session.execute(_WORKS, {"summary": summary, "most": room + 1}).scalar_one() > room:
        raise _too_much()
    return _story(session, summary, "", None, None)


def _story(
    session: Session, first: str, further: str, timesheet_id: UUID | None, known_at: datetime | None
) -> tuple[Said, ...]:
    asked = {
        "first": first,
        "further": further,
        "sheet": timesheet_id,
        "known_at": known_at,
        "most": MOST_STATEMENTS + 1,
    }
    found = tuple(Said(**row) for row in session.execute(_STORY, asked).mappings())
    if len(found) > MOST_STATEMENTS:
        raise _too_much()
    return found


def _too_much() -> Invalid:
    room = f"The record says more of this than {MOST_STATEMENTS:,} statements. Export the whole ledger instead."
    return Invalid(room, errors=[])


_WORKS = text(
    """
    SELECT count(*) FROM (
        SELECT FROM statement WHERE namespace = 'default' AND subject = :summary AND kind = 'wasInformedBy' LIMIT :most
    ) AS informing
    """
)


# A UNION ends by itself: no activity is looked at twice. What somebody looked at together with this is no part of it.
_STORY = text(
    """
    WITH RECURSIVE acting (id) AS (
        SELECT CAST(:first AS text) COLLATE "C"
        UNION
        SELECT s.subject FROM statement s JOIN acting a ON s.object = a.id
        WHERE s.namespace = 'default' AND s.kind = 'wasInformedBy'
    ), activity AS (
        SELECT id FROM acting
        UNION SELECT s.object FROM statement s
              WHERE s.namespace = 'default' AND s.kind = 'wasInformedBy'
                AND s.subject = ANY(ARRAY(SELECT id FROM acting WHERE id = :first OR id LIKE :further))
        UNION SELECT ('work-' || v.entry_id || '-' || v.version) COLLATE "C" FROM time_entry_version v
              WHERE v.timesheet_id = :sheet
        UNION SELECT s.subject FROM statement s
              WHERE s.namespace = 'default' AND s.kind = 'started' AND s.transaction_id = ANY(ARRAY(
                  SELECT c.id FROM command c WHERE c.timesheet_id = :sheet AND c.result IS NOT NULL))
    ), of_activity AS (
        SELECT s.sequence, s.kind, s.object, s.body FROM statement s
        WHERE s.namespace = 'default' AND s.subject = ANY(ARRAY(SELECT id FROM activity))
          AND (s.kind <> 'define' OR s.term = 'activity')
    ), named AS (
        SELECT object AS id, CASE kind WHEN 'used' THEN 'entity' ELSE 'agent' END AS term FROM of_activity
        WHERE kind IN ('used', 'wasAssociatedWith', 'actedOnBehalfOf')
        UNION SELECT (body ->> 'responsible') COLLATE "C", 'agent' FROM of_activity WHERE kind = 'actedOnBehalfOf'
    ), these AS (
        SELECT sequence FROM of_activity
        UNION SELECT s.sequence FROM statement s
              WHERE s.namespace = 'default' AND s.kind = 'define' AND s.term = 'agent'
                AND s.subject = ANY(ARRAY(SELECT id FROM named WHERE term = 'agent'))
        UNION SELECT s.sequence FROM statement s
              WHERE s.namespace = 'default' AND s.kind = 'define' AND s.term = 'entity'
                AND s.subject = ANY(ARRAY(SELECT id FROM named WHERE term = 'entity'))
    )
    SELECT s.sequence, s.namespace, s.transaction_id, s.kind, s.subject, s.object, s.said, s.body, s.digest,
           s.recorded_at, s.recorded_by_id, s.about_id, l.position
    FROM statement s LEFT JOIN ledger_leaf l ON l.sequence = s.sequence
    WHERE s.sequence = ANY(ARRAY(SELECT sequence FROM these))
      AND (CAST(:known_at AS timestamptz) IS NULL OR s.recorded_at <= :known_at)
    ORDER BY s.sequence
    LIMIT :most
    """
)
