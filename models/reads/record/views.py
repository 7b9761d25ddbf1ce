"""Who has looked at a timesheet, and whether somebody had before they decided on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.rules.prov_domain import ProvRole
from models.store.ledger import NAMESPACE


@dataclass(frozen=True, slots=True)
class Viewed:
    """One sitting in which somebody opened one revision of a timesheet; the instant is that of the first time."""

    activity: str
    person_id: UUID
    """Who really looked."""
    name: str
    role: ProvRole | None
    """None: as auditor."""
    revision: int
    at: datetime


def views_of(session: Session, timesheet_id: UUID) -> tuple[Viewed, ...]:
    """Everybody's, the first one first; one statement."""
    first = f"view-{timesheet_id}-"
    rows = session.execute(_VIEWS, {"namespace": NAMESPACE, "first": first, "after": f"{first[:-1]}."})
    return tuple(
        Viewed(
            row.subject,
            row.recorded_by_id,
            row.name,
            ProvRole(row.role) if row.role else None,
            int(row.subject.removeprefix(first).partition("-")[0]),
            row.recorded_at,
        )
        for row in rows
    )


def viewed_before(views: Iterable[Viewed], person_id: UUID, decided_at: datetime) -> Viewed | None:
    """What somebody last opened of a timesheet before they decided on it; None: they did not open it."""
    theirs = (each for each in views if each.person_id == person_id and each.at <= decided_at)
    return max(theirs, key=lambda each: (each.revision, each.at), default=None)


def viewed_words(viewed: Viewed | None, decided_at: datetime, revision: int, zone: ZoneInfo) -> str:
    """The same in words, beside the revision that was decided on: Decided after viewing revision 3 at 16:40."""
    if viewed is None:
        return "Decided without opening it"
    at, decided = viewed.at.astimezone(zone), decided_at.astimezone(zone)
    day = "" if at.date() == decided.date() else f"on {at.day} {at:%B %Y} "
    other = "" if viewed.revision == revision else f", not revision {revision}"
    return f"Decided after viewing revision {viewed.revision} {day}at {at:%H:%M}{other}"


_VIEWS = text(
    """
    SELECT v.subject, v.recorded_by_id, v.recorded_at, p.name,
           (SELECT a.body ->> 'role' FROM statement a
            WHERE a.tenant_id = v.tenant_id AND a.namespace = v.namespace AND a.subject = v.subject
              AND a.kind = 'wasAssociatedWith' LIMIT 1) AS role
    FROM statement v JOIN person p ON p.id = v.recorded_by_id
    WHERE v.namespace = :namespace AND v.subject >= :first AND v.subject < :after
      AND v.kind = 'define' AND v.type = 'View'
    ORDER BY v.sequence
    """
)
