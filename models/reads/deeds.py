"""What commands did to a timesheet, in words: for its history, and for whoever's time it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from models.commands import ScheduleAction, made_by
from models.reads.flex import FlexRow, flex_made_by
from models.reads.shown import AnswerShown, EventShown, FieldChange
from models.rules.policy import Role
from models.rules.transitions import ENTRY_COMMANDS, RECORDING, CommandKind
from models.tables.people import Person, PersonRole, Project
from models.tables.timecard import Note, TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Command

SCHEDULE = "The schedule"
"""Who acts when a deadline has come."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of an entry with the names of its type and project."""

    version: TimeEntryVersion
    type: str
    value_type: str
    feeds: Sequence[str]
    """Codes of the accrual types that it feeds."""
    project: str | None

    @property
    def is_whole_day(self) -> bool:
        """Whether it is recorded by the day."""
        return self.value_type == "date"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who did something."""

    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command did, in words."""

    title: str
    icon: str
    tone: str
    lines: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Deeds:
    """The facts that commands left behind, from which is told what they did."""

    zone: ZoneInfo
    actors: Mapping[UUID, Actor]
    by_command: Mapping[UUID, Entry]
    by_number: Mapping[tuple[UUID, int], Entry]
    flex_changes: Mapping[UUID, FlexRow]
    notes: Mapping[UUID, Note]

    def told(self, command: Command) -> Told:
        """What a command did."""
        kind = CommandKind(command.kind)
        if kind in MOVES:
            return Told(*MOVES[kind])
        if kind is CommandKind.ADD_NOTE:
            return self._note_told(command)
        if kind is CommandKind.ADD_FLEX_CHANGE:
            return self._flex_told(command)
        return self._entry_told(command, kind)

    def event(
        self,
        command: Command,
        told: Told,
        answer: AnswerShown | None = None,
        digest: str | None = None,
        as_what: str | None = None,
    ) -> EventShown:
        """A command as timelines show it; `as_what` says in which place it was given, where the command does not."""
        assert command.completed_at is not None
        at = command.completed_at.astimezone(self.zone)
        return EventShown(
            title=told.title,
            icon=told.icon,
            tone=told.tone,
            at=at,
            actor=self.actors[command.actor_id].name if command.actor_id else SCHEDULE,
            on_behalf=as_what or self._on_behalf(command),
            lines=told.lines,
            reason=command.reason,
            digest=digest,
            changes=told.changes,
            answer=answer,
        )

    def _on_behalf(self, command: Command) -> str | None:
        """As what, and on whose behalf, somebody else than the owner did it."""
        if command.on_behalf_of_id:
            return f"on behalf of {self.actors[command.on_behalf_of_id].name}, as administrator"
        if command.actor_id in (None, command.owner_id):
            return None
        roles = self.actors[command.actor_id].roles
        if command.kind == CommandKind.SCHEDULE and Role.INTEGRATION in roles:
            return "as scheduler"
        by_role = command.kind == CommandKind.SCHEDULE or command.kind not in RECORDING
        return "as administrator" if by_role and Role.ADMINISTRATOR in roles else "as supervisor"

    def _note_told(self, command: Command) -> Told:
        note = self.notes[command.id]
        day = f"{note.local_date:%a} {note.local_date.day} {note.local_date:%b}"
        return Told("Note added", "message-square", "neutral", (f"{day}: “{note.content}”",))

    def _flex_told(self, command: Command) -> Told:
        row = self.flex_changes[command.id]
        before, after = row.before, row.after
        times = f"{self._span(before, after)} → {self._span(after, before)}"
        return Told(
            f"Shift {row.label.lower()}",
            "timer",
            "warn",
            (
                f"{times}, authorised by {row.change.authorised_by}",
                *((f"Note: “{row.change.note}”",) if row.change.note else ()),
            ),
        )

    def _span(self, version: TimeEntryVersion, other: TimeEntryVersion) -> str:
        start, end = version.start_at.astimezone(self.zone), version.end_at
        clock = f"{start:%H:%M} – {end.astimezone(self.zone):%H:%M}" if end else f"since {start:%H:%M}"
        return clock if version.local_date == other.local_date else f"{_day(start)}, {clock}"

    def _entry_told(self, command: Command, kind: CommandKind) -> Told:
        now = self.by_command[command.id]
        version = now.version
        before = self.by_number.get((version.entry_id, version.version - 1))
        note = self.notes.get(command.id)
        said = (f"Note: “{note.content}”",) if note else ()
        changes = changed_fields(before, now, self.zone) if before and not version.deleted else ()
        return Told(*_title(command, kind, before), (entry_text(now, self.zone), *said), changes)


def deeds_of(
    session: Session,
    commands: Sequence[Command],
    entries: Iterable[Entry],
    zone: ZoneInfo,
) -> Deeds:
    """The facts behind commands; `entries` are versions of everything they touched."""
    entries = list(entries)
    return Deeds(
        zone=zone,
        actors=_actors(session, commands),
        by_command={entry.version.command_id: entry for entry in entries},
        by_number={(entry.version.entry_id, entry.version.version): entry for entry in entries},
        flex_changes=flex_made_by(session, _of_kind(commands, CommandKind.ADD_FLEX_CHANGE)),
        notes=_notes(session, commands),
    )


def entries_that_stood_on(session: Session, timesheet_id: UUID) -> list[Entry]:
    """Every version of every entry that stands on a timesheet or ever did, also those on other timesheets."""
    return _entries(session, select(TimeEntryVersion.entry_id).where(TimeEntryVersion.timesheet_id == timesheet_id))


def entries_touched_by(session: Session, commands: Sequence[Command]) -> list[Entry]:
    """Every version of every entry that some commands touched."""
    touching = _of_kind(commands, *ENTRY_COMMANDS)
    if not touching:
        return []
    versions = select(TimeEntryVersion.entry_id).where(
        TimeEntryVersion.timesheet_id.in_({command.timesheet_id for command in touching}),
        TimeEntryVersion.command_id.in_([command.id for command in touching]),
    )
    return _entries(session, versions)


def _entries(session: Session, entry_ids: Select[UUID]) -> list[Entry]:
    type_ = and_(
        TimePeriodType.tenant_id == TimeEntryVersion.tenant_id,
        TimePeriodType.id == TimeEntryVersion.time_period_type_id,
    )
    rows = session.execute(
        select(TimeEntryVersion, TimePeriodType.name, TimePeriodType.value_type, TimePeriodType.feeds, Project.name)
        .join(TimePeriodType, type_)
        .outerjoin(Project, Project.id == TimeEntryVersion.project_id)
        .where(TimeEntryVersion.entry_id.in_(entry_ids))
    )
    return [Entry(*row) for row in rows]


def entry_text(entry: Entry, zone: ZoneInfo) -> str:
    """An entry in one line: Mon 16 Nov, 09:00 – 17:00 · dog grooming · washing dog"""
    version = entry.version
    start = version.start_at.astimezone(zone)
    end = f"{version.end_at.astimezone(zone):%H:%M}" if version.end_at else "still running"
    meal = f", less {version.meal_break_minutes} min meal break" if version.meal_break_minutes else ""
    times = "whole day" if entry.is_whole_day else f"{start:%H:%M} – {end}{meal}"
    parts = [f"{_day(start)}, {times}", entry.project or entry.type, version.task]
    return " · ".join(part for part in parts if part)


def changed_fields(before: Entry, now: Entry, zone: ZoneInfo) -> tuple[FieldChange, ...]:
    """Every field that differs between two versions, as people read them."""
    old, new = _fields(before, zone), _fields(now, zone)
    return tuple(FieldChange(name, old[name], new[name]) for name in old if old[name] != new[name])


def _fields(entry: Entry, zone: ZoneInfo) -> dict[str, str | None]:
    version = entry.version
    start, end = version.start_at.astimezone(zone), version.end_at and version.end_at.astimezone(zone)
    return {
        "Kind": entry.type,
        "Day": _day(start),
        "Start": None if entry.is_whole_day else f"{start:%H:%M}",
        "Finish": None if entry.is_whole_day else _finish(start, end),
        "Project": entry.project,
        "Task": version.task,
        "Meal break": f"{version.meal_break_minutes} min" if version.meal_break_minutes else None,
        "Shift type": version.shift_type,
        "Planned": _planned(version, zone),
    }


def _finish(start: datetime, end: datetime | None) -> str:
    if end is None:
        return "still running"
    return f"{end:%H:%M}" if end.date() == start.date() else f"{end:%H:%M} on {_day(end)}"


def _planned(version: TimeEntryVersion, zone: ZoneInfo) -> str | None:
    if version.planned_start_at is None or version.planned_end_at is None:
        return None
    start, end = version.planned_start_at.astimezone(zone), version.planned_end_at.astimezone(zone)
    return f"{_day(start)}, {start:%H:%M} – {end:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b}"


_Title = tuple[str, str, str]
"""Title, icon and tone."""

_TITLES: dict[CommandKind, _Title] = {
    CommandKind.RECORD: ("Time recorded", "clock", "neutral"),
    CommandKind.AMEND: ("Time amended", "pencil", "neutral"),
    CommandKind.REMOVE: ("Time removed", "trash-2", "neutral"),
    CommandKind.CONFIRM: ("Planned shift confirmed", "calendar-check", "ok"),
}

MOVES: dict[CommandKind, _Title] = {
    CommandKind.SUBMIT: ("Submitted and certified", "send", "info"),
    CommandKind.RECALL: ("Recalled", "undo-2", "warn"),
    CommandKind.APPROVE: ("Approved", "check", "ok"),
    CommandKind.REJECT: ("Rejected", "x", "bad"),
    CommandKind.TAKE_BACK: ("Approval taken back", "undo-2", "warn"),
    CommandKind.ESCALATE: ("The next approver was asked as well", "corner-right-up", "warn"),
    CommandKind.REVISE: ("Opened for revision", "file-pen-line", "warn"),
    CommandKind.LOCK: ("Locked", "lock", "neutral"),
    CommandKind.UNLOCK: ("Unlocked", "lock-open", "warn"),
}
"""Each act on a whole timesheet."""

DEEDS: dict[CommandKind, _Title] = {
    **_TITLES,
    **MOVES,
    CommandKind.ADD_NOTE: ("Note added", "message-square", "neutral"),
    CommandKind.ADD_FLEX_CHANGE: ("Shift moved", "timer", "warn"),
}
"""Each act of a person in few words."""

_PLANNED: dict[CommandKind, _Title] = {
    CommandKind.AMEND: ("Planned shift changed and confirmed", "calendar-check", "ok"),
    CommandKind.REMOVE: ("Planned shift not worked", "calendar-x", "neutral"),
}
"""What is done to a shift that nobody had confirmed."""


def _title(command: Command, kind: CommandKind, before: Entry | None) -> _Title:
    if kind is CommandKind.SCHEDULE and command.body["action"] == ScheduleAction.DELETE:
        return ("Plan taken back", "calendar-x", "neutral")
    if kind is CommandKind.SCHEDULE:
        return ("Plan changed" if before else "Shift planned", "calendar-clock", "neutral")
    was_planned = before is not None and not before.version.confirmed
    return _PLANNED.get(kind, _TITLES[kind]) if was_planned else _TITLES[kind]


def _actors(session: Session, commands: Sequence[Command]) -> dict[UUID, Actor]:
    people = {id_ for command in commands for id_ in (command.actor_id, command.on_behalf_of_id) if id_}
    roles = select(PersonRole.role).where(PersonRole.person_id == Person.id).correlate(Person).scalar_subquery()
    rows = session.execute(select(Person.id, Person.name, func.array(roles)).where(Person.id.in_(people)))
    return {id_: Actor(name, frozenset(theirs)) for id_, name, theirs in rows}


_MAY_CARRY_A_NOTE = ENTRY_COMMANDS - {CommandKind.SCHEDULE, CommandKind.CONFIRM, CommandKind.REMOVE} | {
    CommandKind.ADD_NOTE
}


def _notes(session: Session, commands: Sequence[Command]) -> dict[UUID, Note]:
    """By the command that made each: its id follows from it."""
    ids = [made_by(each.tenant_id, each.id, "note") for each in _of_kind(commands, *_MAY_CARRY_A_NOTE)]
    return {note.command_id: note for note in session.scalars(select(Note).where(Note.id.in_(ids)))}


def _of_kind(commands: Sequence[Command], *kinds: CommandKind) -> list[Command]:
    return [command for command in commands if command.kind in kinds]
