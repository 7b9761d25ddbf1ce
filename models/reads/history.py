"""The whole life of one timesheet: every act on it, who really did it and for whom, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.commands import made_by
from models.reads.sheets import sheet_of, status_shown
from models.reads.shown import EventShown, HistoryShown
from models.reads.viewer import Onlooker, circle_for, shown
from models.rules.policy import Role
from models.rules.transitions import DECISIONS, ENTRY_COMMANDS, CommandKind
from models.store.people import Circle
from models.tables.people import Person, PersonRole, Project
from models.tables.timecard import TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Command, Decision, Submission

SCHEDULE = "The schedule"


_Version = tuple[TimeEntryVersion, str, str | None]
"""A version of an entry with the names of its type and project."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sentences of a timeline are made from."""

    names: Mapping[UUID, str]
    administrators: frozenset[UUID]
    by_command: Mapping[UUID, _Version]
    by_number: Mapping[tuple[UUID, int], _Version]
    submissions: Mapping[UUID, Submission]
    decisions: Mapping[UUID, Decision]
    zone: ZoneInfo
    owner_id: UUID


def history_page(session: Session, onlooker: Onlooker, timesheet_id: UUID) -> HistoryShown:
    """Everything that happened to a timesheet, for somebody who may see it. Raises `NotFound`."""
    sheet = sheet_of(session, timesheet_id)
    circle = circle_for(session, onlooker, sheet.owner_id)
    commands = _commands(session, timesheet_id)
    facts = _facts(session, timesheet_id, circle, commands)
    return HistoryShown(
        timesheet_id=timesheet_id,
        owner=shown(circle.owner),
        zone=circle.owner.zone.key,
        period_start=sheet.period_start,
        period_end=sheet.period_end,
        status=status_shown(session, sheet, circle, circle.owner.zone),
        events=tuple(_event(command, facts) for command in commands),
    )


def _commands(session: Session, timesheet_id: UUID) -> list[Command]:
    done = (Command.timesheet_id == timesheet_id, Command.result.is_not(None))
    return list(session.scalars(select(Command).where(*done).order_by(Command.completed_at.desc(), Command.id)))


def _facts(session: Session, timesheet_id: UUID, circle: Circle, commands: list[Command]) -> _Facts:
    people = {id_ for command in commands for id_ in (command.actor_id, command.on_behalf_of_id) if id_}
    names = session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    roles = select(PersonRole.person_id).where(
        PersonRole.person_id.in_(people), PersonRole.role == Role.ADMINISTRATOR.value
    )
    versions = session.execute(
        select(TimeEntryVersion, TimePeriodType.name, Project.name)
        .join(TimePeriodType, TimePeriodType.id == TimeEntryVersion.time_period_type_id)
        .outerjoin(Project, Project.id == TimeEntryVersion.project_id)
        .where(TimeEntryVersion.timesheet_id == timesheet_id)
    ).all()
    submissions = session.scalars(select(Submission).where(Submission.timesheet_id == timesheet_id)).all()
    decisions = session.scalars(select(Decision).where(Decision.timesheet_id == timesheet_id)).all()
    return _Facts(
        names=dict(names.all()),
        administrators=frozenset(session.scalars(roles)),
        by_command={row[0].command_id: (row[0], row[1], row[2]) for row in versions},
        by_number={(row[0].entry_id, row[0].version): (row[0], row[1], row[2]) for row in versions},
        submissions={submission.id: submission for submission in submissions},
        decisions={decision.id: decision for decision in decisions},
        zone=circle.owner.zone,
        owner_id=circle.owner.id,
    )


def _event(command: Command, facts: _Facts) -> EventShown:
    kind = CommandKind(command.kind)
    title, icon, tone = TITLES[kind]
    assert command.completed_at is not None
    at = command.completed_at.astimezone(facts.zone)
    return EventShown(
        title=title,
        icon=icon,
        tone=tone,
        at=at,
        actor=facts.names.get(command.actor_id, SCHEDULE) if command.actor_id else SCHEDULE,
        on_behalf=_on_behalf(command, kind, facts),
        lines=_lines(command, kind, facts),
        reason=command.reason,
        digest=_digest(command, facts),
        recorded_at=at,
        sequence=None,
    )


TITLES: dict[CommandKind, tuple[str, str, str]] = {
    CommandKind.RECORD: ("Time recorded", "clock", "neutral"),
    CommandKind.AMEND: ("Time amended", "pencil", "neutral"),
    CommandKind.REMOVE: ("Time removed", "trash-2", "neutral"),
    CommandKind.SUBMIT: ("Submitted and certified", "send", "info"),
    CommandKind.RECALL: ("Recalled", "undo-2", "warn"),
    CommandKind.APPROVE: ("Approved", "check", "ok"),
    CommandKind.REJECT: ("Rejected", "x", "bad"),
    CommandKind.REVISE: ("Opened for revision", "file-pen-line", "warn"),
    CommandKind.LOCK: ("Locked", "lock", "neutral"),
    CommandKind.UNLOCK: ("Unlocked", "lock-open", "warn"),
}
"""Title, icon and tone of each kind of act."""


def _on_behalf(command: Command, kind: CommandKind, facts: _Facts) -> str | None:
    if command.on_behalf_of_id:
        return f"on behalf of {facts.names[command.on_behalf_of_id]}, as administrator"
    if command.actor_id in (None, facts.owner_id):
        return None
    as_administrator = command.actor_id in facts.administrators and kind not in ENTRY_COMMANDS
    return "as administrator" if as_administrator else "as supervisor"


def _lines(command: Command, kind: CommandKind, facts: _Facts) -> tuple[str, ...]:
    if kind in ENTRY_COMMANDS:
        return _entry_lines(command, facts)
    if kind is CommandKind.SUBMIT:
        submission = facts.submissions[made_by(command.tenant_id, command.id, "submission")]
        return (f"Revision {submission.revision}. {submission.certification}",)
    if kind in DECISIONS:
        decision = facts.decisions[made_by(command.tenant_id, command.id, "decision")]
        return (decision.comment,) if decision.comment else ()
    return ()


def _entry_lines(command: Command, facts: _Facts) -> tuple[str, ...]:
    """What an entry became, and for an amendment what it was before."""
    now = facts.by_command[command.id]
    version = now[0]
    text = _entry_text(now, facts.zone)
    if version.version == 1 or version.deleted:
        return (text,)
    return (
        f"Before: {_entry_text(facts.by_number[version.entry_id, version.version - 1], facts.zone)}",
        f"Now: {text}",
    )


def _entry_text(row: _Version, zone: ZoneInfo) -> str:
    version, type_, project = row
    start = version.start_at.astimezone(zone)
    end = f"{version.end_at.astimezone(zone):%H:%M}" if version.end_at else "still running"
    meal = f", less {version.meal_break_minutes} min meal break" if version.meal_break_minutes else ""
    parts = [
        f"{start:%a} {start.day} {start:%b}, {start:%H:%M} – {end}{meal}",
        project or type_,
        version.task,
    ]
    return " · ".join(part for part in parts if part)


def _digest(command: Command, facts: _Facts) -> str | None:
    submission = facts.submissions.get(made_by(command.tenant_id, command.id, "submission"))
    decision = facts.decisions.get(made_by(command.tenant_id, command.id, "decision"))
    found = submission or decision
    return found.digest if found else None
