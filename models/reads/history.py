"""The whole life of one timesheet: every act on it, who really did it and for whom, newest first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.commands import made_by
from models.reads.deeds import Deeds, Entry, Told, deeds_of, entries_that_stood_on
from models.reads.owner_review import answers_to
from models.reads.sheets import sheet_of, status_shown
from models.reads.shown import AnswerShown, EventShown, HistoryShown
from models.reads.viewer import Onlooker, circle_for, shown
from models.rules.transitions import REVIEWED, CommandKind
from models.tables.timesheet import Command, Decision, Submission, Timesheet


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sentences of a timeline are made from."""

    deeds: Deeds
    submissions: Mapping[UUID, Submission]
    decisions: Mapping[UUID, Decision]
    answers: Mapping[UUID, AnswerShown]


def history_page(session: Session, onlooker: Onlooker, timesheet_id: UUID) -> HistoryShown:
    """Everything that happened to a timesheet, for somebody who may see it. Raises `NotFound`."""
    sheet = sheet_of(session, timesheet_id)
    circle = circle_for(session, onlooker, sheet.owner_id)
    entries = entries_that_stood_on(session, timesheet_id)
    commands = _commands(session, sheet, entries)
    theirs = [command for command in commands if _is_by_another(command)]
    facts = _Facts(
        deeds_of(session, commands, entries, sheet.owner_id, circle.owner.zone),
        _submissions(session, timesheet_id),
        _decisions(session, timesheet_id),
        answers_to(session, theirs, circle),
    )
    return HistoryShown(
        timesheet_id=timesheet_id,
        owner=shown(circle.owner),
        zone=circle.owner.zone.key,
        period_start=sheet.period_start,
        period_end=sheet.period_end,
        status=status_shown(session, sheet, circle, circle.owner.zone),
        events=tuple(_event(command, facts) for command in commands),
    )


def _commands(session: Session, sheet: Timesheet, entries: list[Entry]) -> list[Command]:
    """Those of the timesheet itself, and those that brought an entry from another one or took it there.

    Batches are told by their parts, and what was ignored happened nowhere.
    """
    done = Command.result.is_not(None)
    here = session.scalars(select(Command).where(Command.timesheet_id == sheet.id, done)).all()
    of_entries = {each.version.command_id for each in entries if each.version.timesheet_id == sheet.id}
    elsewhere = of_entries - {command.id for command in here}
    these = (Command.tenant_id == sheet.tenant_id, Command.id.in_(elsewhere))
    found = [*here, *session.scalars(select(Command).where(*these, done))]
    told = [each for each in found if each.kind != CommandKind.BATCH and not (each.result or {}).get("ignored")]
    return sorted(told, key=lambda command: (-_moment(command), command.id))


def _moment(command: Command) -> float:
    assert command.completed_at is not None
    return command.completed_at.timestamp()


def _submissions(session: Session, timesheet_id: UUID) -> dict[UUID, Submission]:
    found = session.scalars(select(Submission).where(Submission.timesheet_id == timesheet_id))
    return {submission.id: submission for submission in found}


def _decisions(session: Session, timesheet_id: UUID) -> dict[UUID, Decision]:
    found = session.scalars(select(Decision).where(Decision.timesheet_id == timesheet_id))
    return {decision.id: decision for decision in found}


def _is_by_another(command: Command) -> bool:
    return command.actor_id not in (None, command.owner_id) and command.kind in REVIEWED


def _event(command: Command, facts: _Facts) -> EventShown:
    told, digest = _told(command, facts), _digest(command, facts)
    return facts.deeds.event(command, told, facts.answers.get(command.id), digest)


def _told(command: Command, facts: _Facts) -> Told:
    kind = CommandKind(command.kind)
    if kind not in _MOVES:
        return facts.deeds.told(command)
    title, icon, tone, lines = _MOVES[kind]
    return Told(title, icon, tone, lines(command, facts))


def _certified(command: Command, facts: _Facts) -> tuple[str, ...]:
    submission = facts.submissions[made_by(command.tenant_id, command.id, "submission")]
    return (f"Revision {submission.revision}. {submission.certification}",)


def _commented(command: Command, facts: _Facts) -> tuple[str, ...]:
    decision = facts.decisions[made_by(command.tenant_id, command.id, "decision")]
    return (decision.comment,) if decision.comment else ()


def _nothing(_command: Command, _facts: _Facts) -> tuple[str, ...]:
    return ()


_MOVES: dict[CommandKind, tuple[str, str, str, Callable[[Command, _Facts], tuple[str, ...]]]] = {
    CommandKind.SUBMIT: ("Submitted and certified", "send", "info", _certified),
    CommandKind.RECALL: ("Recalled", "undo-2", "warn", _nothing),
    CommandKind.APPROVE: ("Approved", "check", "ok", _commented),
    CommandKind.REJECT: ("Rejected", "x", "bad", _commented),
    CommandKind.REVISE: ("Opened for revision", "file-pen-line", "warn", _nothing),
    CommandKind.LOCK: ("Locked", "lock", "neutral", _nothing),
    CommandKind.UNLOCK: ("Unlocked", "lock-open", "warn", _nothing),
}
"""Title, icon and tone of each act on the whole timesheet, and what else there is to say."""


def _digest(command: Command, facts: _Facts) -> str | None:
    submission = facts.submissions.get(made_by(command.tenant_id, command.id, "submission"))
    decision = facts.decisions.get(made_by(command.tenant_id, command.id, "decision"))
    found = submission or decision
    return found.digest if found else None
