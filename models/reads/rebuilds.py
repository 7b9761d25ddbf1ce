"""Rebuilds of balances as administrators watch them: what for, who asked, how far, how long it may still take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, exists, func, select, text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.shown import PersonShown
from models.store.rebuilds import RebuildState, put_aside_by
from models.tables.accruals import Agreement
from models.tables.people import Person

PAGE = 50


@dataclass(frozen=True, slots=True)
class RebuildShown:
    """One rebuild, or the look at what a change would do."""

    id: UUID
    because: str
    only_looks: bool
    state: RebuildState
    people: int
    done: int
    changed: int
    """People whose balances were changed, or would be."""
    aside: int
    """People who could not be computed; they are among those who are done."""
    people_per_second: int | None
    asked_by: str | None
    """None: the command line."""
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    what: str
    """Of a look: the kind of change and what it is about, as it was kept."""

    @property
    def working(self) -> bool:
        """Whether it waits or goes on."""
        return self.state in (RebuildState.WAITING, RebuildState.RUNNING)

    @property
    def percent(self) -> int:
        """How much of it is done; of nobody everything."""
        return 100 * self.done // self.people if self.people else 100

    def left(self, now: datetime) -> timedelta | None:
        """How long it will still take at the pace so far; None where nothing tells."""
        if self.state is not RebuildState.RUNNING or self.started_at is None or not self.done:
            return None
        return (now - self.started_at) / self.done * (self.people - self.done)

    @property
    def took(self) -> timedelta | None:
        """How long it took, from its beginning to its end."""
        return self.finished_at - self.started_at if self.started_at and self.finished_at else None


def rebuild_shown(session: Session, rebuild_id: UUID, zone: ZoneInfo) -> RebuildShown:
    """A rebuild or a look, in the viewer's zone. Raises `NotFound`."""
    row = session.execute(_ONE, {"rebuild": rebuild_id}).first()
    if row is None:
        raise NotFound("There is no such page, or you may not see it.")
    return _shown(row, zone)


def rebuilds_shown(
    session: Session, zone: ZoneInfo, *, looks: bool, after: tuple[datetime, UUID] | None = None, limit: int = PAGE + 1
) -> list[RebuildShown]:
    """Rebuilds, or looks, the newest first; `after` is the instant and the id that the page before ended with."""
    at, id_ = after or (None, None)
    rows = session.execute(_LIST, {"looks": looks, "at": at, "id": id_, "limit": limit})
    return [_shown(row, zone) for row in rows]


def running_rebuild(session: Session, zone: ZoneInfo) -> RebuildShown | None:
    """The rebuild that has gone on for longest; None while every balance is as it should be."""
    row = session.execute(_RUNNING).first()
    return _shown(row, zone) if row else None


def how_many_agreed(session: Session) -> int:
    """How many people have an agreement, so that their time counts."""
    agreed = exists().where(Agreement.person_id == Person.id)
    return session.scalar(select(func.count()).select_from(Person).where(agreed)) or 0


def left_aside(session: Session, rebuild_id: UUID) -> list[tuple[PersonShown, str]]:
    """Whom a rebuild could not compute, and why; the first of them."""
    found = put_aside_by(session, rebuild_id)[:PAGE]
    rows = session.execute(
        select(Person.id, Person.staff_id, Person.name).where(Person.id.in_({each.person_id for each in found}))
    )
    people = {id_: PersonShown(id_, staff_id, name) for id_, staff_id, name in rows}
    return [(people[each.person_id], each.why) for each in found if each.person_id in people]


def duration_words(span: timedelta) -> str:
    """About how long, in the largest unit that says it."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 1:
        return "less than a second"
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def _shown(row: Row[Any], zone: ZoneInfo) -> RebuildShown:
    values = dict(row._mapping)
    moments = {
        name: values[name].astimezone(zone) if values[name] else None
        for name in ("asked_at", "started_at", "finished_at")
    }
    return RebuildShown(**values | moments | {"state": RebuildState(values["state"])})


_COLUMNS = """
    SELECT r.id, r.because, r.supposed IS NOT NULL AS only_looks, r.state, r.people,
           CAST(coalesce(b.done, 0) AS int) AS done, CAST(coalesce(b.changed, 0) AS int) AS changed,
           CAST(coalesce(b.aside, 0) AS int) AS aside, r.people_per_second, p.name AS asked_by,
           r.asked_at, r.started_at, r.finished_at,
           coalesce(r.supposed->>'kind', '') AS what
    FROM accrual_rebuild r
    LEFT JOIN person p ON p.id = r.asked_by_id
    LEFT JOIN LATERAL (
        SELECT sum(done) AS done, sum(changed) AS changed, sum(jsonb_array_length(aside)) AS aside
        FROM accrual_rebuild_batch WHERE rebuild_id = r.id
    ) b ON true
"""

_ONE = text(f"{_COLUMNS} WHERE r.id = :rebuild")

_LIST = text(
    f"""
    {_COLUMNS}
    WHERE (r.supposed IS NOT NULL) = :looks
      AND (CAST(:at AS timestamptz) IS NULL OR (r.asked_at, r.id) < (CAST(:at AS timestamptz), CAST(:id AS uuid)))
    ORDER BY r.asked_at DESC, r.id DESC LIMIT :limit
    """
)

_RUNNING = text(
    f"""
    {_COLUMNS}
    WHERE r.supposed IS NULL AND r.state IN ('waiting', 'running')
    ORDER BY r.asked_at, r.id LIMIT 1
    """
)
