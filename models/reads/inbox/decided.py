"""What somebody has decided, or what was decided in their name: the newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.inbox.approver import Approver
from models.reads.inbox.tabs import PAGE, Wanted, cursor, instant_position
from models.reads.shown import PersonShown
from models.rules.stages import approvals_in_force
from models.rules.transitions import CommandKind, State

MAY_BE_TAKEN_BACK = frozenset({State.APPROVED, State.SUBMITTED})


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One decision."""

    decision_id: UUID
    timesheet_id: UUID
    owner: PersonShown
    period_start: date
    period_end: date
    minutes: int
    is_approval: bool
    reason: str | None
    by: str | None
    """Who really decided, or whose decision it is, where that is somebody else."""
    at: datetime
    taken_back: bool
    may_take_back: bool
    """Whether it is an approval in force, which is not locked."""


def decided(session: Session, approver: Approver, wanted: Wanted) -> tuple[tuple[DecidedRow, ...], str | None]:
    """A page of them, with where the next one begins."""
    after = instant_position(wanted.after)
    these = {
        "me": approver.person.id,
        "name": wanted.pattern,
        "period": wanted.period,
        "project": wanted.project,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "at_most": PAGE + 1,
    }
    rows: Sequence[Any] = session.execute(_DECIDED, these).all()
    shown = tuple(_row(row, approver.zone) for row in rows[:PAGE])
    return shown, cursor(rows[PAGE - 1].decided_at, rows[PAGE - 1].id) if len(rows) > PAGE else None


def _newest(whose: str) -> str:
    # The offsets of nothing keep the planner from finding every such timesheet of the organisation first.
    return f"""
        (SELECT m.id, m.decision, m.reason, m.decided_at, m.timesheet_id, m.submission_id, m.decided_by_id,
                m.responsible_id
         FROM decision m
         WHERE m.{whose} = :me AND m.decision <> 'take_back'
           AND (CAST(:after_id AS uuid) IS NULL
                OR (m.decided_at, m.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
           AND (CAST(:name AS text) IS NULL OR EXISTS (
                SELECT FROM timesheet t JOIN person o ON o.id = t.owner_id
                WHERE t.id = m.timesheet_id AND o.name ILIKE CAST(:name AS text) ESCAPE '/' OFFSET 0))
           AND (CAST(:period AS date) IS NULL OR EXISTS (
                SELECT FROM timesheet t
                WHERE t.id = m.timesheet_id AND t.period_start = CAST(:period AS date) OFFSET 0))
           AND (CAST(:project AS uuid) IS NULL OR EXISTS (
                SELECT FROM time_entry e
                WHERE e.timesheet_id = m.timesheet_id AND e.project_id = CAST(:project AS uuid) AND NOT e.deleted
                OFFSET 0))
         ORDER BY m.decided_at DESC, m.id DESC LIMIT :at_most)
    """  # noqa: S608 - made of the words above alone


_DECIDED = text(
    f"""
    SELECT d.id, d.decision, d.reason, d.decided_at, d.timesheet_id, d.decided_by_id = :me AS by_me,
           d.decided_by_id = d.responsible_id AS own_right, actor.name AS actor, responsible.name AS responsible,
           t.period_start, t.period_end, t.state, t.submission_id = d.submission_id AS is_last,
           o.id AS owner_id, o.staff_id, o.name,
           (SELECT sum(worked) FROM unnest(s.minutes_by_day) AS worked) AS minutes,
           (SELECT json_agg(json_build_object('id', other.id, 'decision', other.decision) ORDER BY other.number)
            FROM decision other WHERE other.submission_id = d.submission_id) AS made
    FROM (
        {_newest("decided_by_id")} UNION {_newest("responsible_id")} ORDER BY decided_at DESC, id DESC LIMIT :at_most
    ) AS d
    JOIN timesheet t ON t.id = d.timesheet_id
    JOIN submission s ON s.id = d.submission_id
    JOIN person o ON o.id = t.owner_id
    JOIN person actor ON actor.id = d.decided_by_id
    JOIN person responsible ON responsible.id = d.responsible_id
    ORDER BY d.decided_at DESC, d.id DESC
    """  # noqa: S608 - made of the words above alone
)


def _row(row: Any, zone: ZoneInfo) -> DecidedRow:
    in_force = [made.id for made in approvals_in_force(_made(row.made))]
    is_approval = row.decision == CommandKind.APPROVE
    is_in_force = bool(in_force) and in_force[-1] == row.id
    return DecidedRow(
        decision_id=row.id,
        timesheet_id=row.timesheet_id,
        owner=PersonShown(row.owner_id, row.staff_id, row.name),
        period_start=row.period_start,
        period_end=row.period_end,
        minutes=row.minutes or 0,
        is_approval=is_approval,
        reason=row.reason if not is_approval else None,
        by=None if row.own_right else f"for {row.responsible}" if row.by_me else f"by {row.actor} in your name",
        at=row.decided_at.astimezone(zone),
        taken_back=is_approval and row.id not in in_force,
        may_take_back=is_in_force and row.is_last and State(row.state) in MAY_BE_TAKEN_BACK,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    id: UUID
    decision: str


def _made(found: Iterable[dict[str, str]]) -> list[_Made]:
    return [_Made(UUID(each["id"]), each["decision"]) for each in found]
