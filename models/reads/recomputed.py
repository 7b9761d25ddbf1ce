"""Why contributions were computed again after they were recorded: which change of reference data had it so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from models.reads.evidence import Evidence
from models.store.changes import Subject
from models.store.holidays import holiday_id


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something was computed again, and who had it so."""

    because: str
    by_id: UUID | None


def causes(
    evidence: Evidence, moments: Collection[datetime], days: Collection[date], type_ids: Collection[UUID]
) -> dict[datetime, Cause]:
    """Which change had things computed again, by when: one in the same transaction, else the rebuild of that time.

    `days` and `type_ids` are those of what was computed again.
    """
    place = evidence.owner.holiday_calendar
    holidays = (holiday_id(evidence.tenant_id, place, day) for day in days)
    asked = {
        "tenant": evidence.tenant_id,
        "person": evidence.owner.id,
        "moments": list(moments),
        "subjects": list({evidence.owner.id, *evidence.agreements, *type_ids, *holidays}),
    }
    return {
        row.at: Cause(row.because or _BECAUSE.get(row.subject_kind, "Something changed"), row.by_id)
        for row in evidence.session.execute(_CAUSES, asked)
    }


_BECAUSE: Mapping[str, str] = {
    Subject.PERSON.value: "The person’s time zone or place changed",
    Subject.AGREEMENT.value: "The agreement was added or changed",
    Subject.HOLIDAY.value: "The public holidays of the place changed",
    Subject.TYPE.value: "The type of the entry counts otherwise",
}
"""What each kind of change is called where nobody said more."""

_CAUSES = text(
    """
    SELECT DISTINCT ON (m.at) m.at, cause.subject_kind, cause.because, cause.by_id
    FROM unnest(CAST(:moments AS timestamptz[])) AS m (at)
    JOIN LATERAL (
        SELECT 0 AS rank, c.subject_kind, NULL AS because, c.changed_by_id AS by_id, c.changed_at AS begun
        FROM directory_change c
        WHERE c.tenant_id = :tenant AND c.subject_id = ANY (:subjects) AND c.changed_at = m.at
        UNION ALL
        SELECT 1, NULL, r.because, r.asked_by_id, r.started_at
        FROM accrual_rebuild r
        WHERE r.supposed IS NULL AND r.started_at <= m.at AND coalesce(r.finished_at >= m.at, true)
          AND EXISTS (SELECT FROM accrual_rebuild_batch b WHERE b.rebuild_id = r.id AND :person = ANY (b.person_ids))
    ) cause ON true
    ORDER BY m.at, cause.rank, cause.begun DESC
    """
)
