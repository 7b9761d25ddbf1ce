"""What was certified and decided of the entries that a balance comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from models.reads.evidence import Evidence, deed
from models.reads.explained import DecisionExplained, Standing, SubmissionExplained
from models.reads.shown import PersonShown
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Timesheet


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission with the decision on it, as stored."""

    id: UUID
    sheet_id: UUID
    revision: int
    at: datetime
    by_id: UUID
    for_id: UUID | None
    reason: str | None
    is_present: bool
    decision_id: UUID | None
    decision: str | None
    decided_by_id: UUID | None
    responsible_id: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    comment: str | None


def submissions(evidence: Evidence, versions: Sequence[tuple[UUID, int, UUID]]) -> dict[tuple[UUID, int], Submitted]:
    """The newest submission that each of these versions, or a later one of the same entry, stands in.

    A version is told by its entry, its number, and the timesheet that the entry stands on now.
    """
    entries, numbers, sheets = zip(*versions, strict=True) if versions else ((), (), ())
    asked = {"entries": list(entries), "versions": list(numbers), "sheets": list(sheets)}
    rows = evidence.session.execute(_SUBMISSIONS, asked)
    return {(row.entry_id, row.version): Submitted(*row[2:]) for row in rows}


def submission_shown(
    evidence: Evidence, row: Submitted, sheet: Timesheet, people: Mapping[UUID, PersonShown]
) -> SubmissionExplained:
    submitted = deed(evidence.zone, row.at, row.by_id, row.for_id, row.reason, people)
    if row.decision_id is None or row.decided_at is None or row.decided_by_id is None:
        waits = row.is_present and sheet.state == State.SUBMITTED
        standing = Standing.WAITING if waits else Standing.RECALLED
        return SubmissionExplained(row.id, row.revision, submitted, standing, None)
    decided = deed(evidence.zone, row.decided_at, row.decided_by_id, row.responsible_id, row.decision_reason, people)
    standing = Standing.APPROVED if row.decision == CommandKind.APPROVE else Standing.REJECTED
    decision = DecisionExplained(row.decision_id, decided, row.comment)
    return SubmissionExplained(row.id, row.revision, submitted, standing, decision)


_SUBMISSIONS = text(
    """
    SELECT DISTINCT ON (i.entry_id, i.version)
           i.entry_id, i.version, s.id, s.timesheet_id, s.revision, s.submitted_at, s.submitted_by_id,
           s.on_behalf_of_id, s.reason, t.submission_id = s.id AS is_present,
           d.id AS decision_id, d.decision, d.decided_by_id, d.responsible_id, d.decided_at,
           d.reason AS decision_reason, d.comment
    FROM unnest(CAST(:entries AS uuid[]), CAST(:versions AS int[]), CAST(:sheets AS uuid[]))
         AS i (entry_id, version, timesheet_id)
    JOIN timesheet t ON t.id = i.timesheet_id
    JOIN submission s ON s.timesheet_id = t.id
    LEFT JOIN LATERAL (
        SELECT made.* FROM decision made
        WHERE made.submission_id = s.id AND (t.submission_id <> s.id OR made.id = t.decision_id)
        ORDER BY made.number DESC LIMIT 1
    ) d ON d.decision <> 'take_back'
    WHERE EXISTS (
        SELECT FROM jsonb_array_elements(s.content -> 'entries') AS held
        WHERE held ->> 'id' = CAST(i.entry_id AS text) AND CAST(held ->> 'version' AS int) >= i.version
    )
    ORDER BY i.entry_id, i.version, s.submitted_at DESC
    """
)
