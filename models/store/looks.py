"""Remembering what somebody has looked at, so that they can be told what changed since."""

from uuid import UUID

from sqlalchemy import text

from models.database import WriteSession


def remember_look(session: WriteSession, person_id: UUID, submission_id: UUID) -> None:
    """Somebody has opened a submission. Only the present one of its timesheet is remembered, and only once."""
    session.execute(_LOOKED, {"person": person_id, "submission": submission_id})


_LOOKED = text(
    """
    INSERT INTO look (tenant_id, person_id, timesheet_id, submission_id)
    SELECT t.tenant_id, :person, t.id, s.id FROM submission s JOIN timesheet t ON t.submission_id = s.id
    WHERE s.id = :submission
    ON CONFLICT (person_id, timesheet_id) DO UPDATE
    SET before_id = look.submission_id, submission_id = excluded.submission_id, looked_at = now()
    WHERE look.submission_id <> excluded.submission_id
    """
)
