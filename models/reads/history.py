"""The whole life of one timesheet: every act on it, who really did it and for whom, newest first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.commands import made_by
from models.reads.deeds import Deeds, Entry, Told, deeds_of, entries_that_stood_on
from models.reads.owner_review import answers_to
from models.reads.sheets import sheet_of, status_shown
from models.reads.shown import AnswerShown, EventShown, HistoryShown
from models.reads.viewer import Onlooker, circle_of_sheet, shown
from models.rules.transitions import CommandKind
from models.tables.people import Person
from models.tables.timesheet import Command, Decision, Submission, Timesheet


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sentences of a timeline are made from."""

    deeds: Deeds
    submissions: Mapping[UUID, Submission]
    decisions: Mapping[UUID, Decision]
    answers: Mapping[UUID, AnswerShown]
    stood_in_for: Mapping[UUID, str]
    """Who was away, by the decision that somebody took in their place."""


def history_page(session: Session, onlooker: Onlooker, timesheet_id: UUID) -> HistoryShown:
    """Everything that happened to a timesheet, for somebody who may see it. Raises `NotFound`."""
    sheet = sheet_of(session, timesheet_id)
    circle = circle_of_sheet(session, onlooker, sheet)
    entries = entries_that_stood_on(session, timesheet_id)
    commands = _commands(session, sheet, entries)
    theirs = [command for command in commands if command.put_before_id]
    facts = _Facts(
        deeds_of(session, commands, entries, circle.owner.zone),
        _submissions(session, timesheet_id),
        _decisions(session, timesheet_id),
        answers_to(session, theirs, circle.owner.zone),
        _stood_in_for(session, timesheet_id),
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


def _stood_in_for(session: Session, timesheet_id: UUID) -> dict[UUID, str]:
    rows = session.execute(
        select(Decision.id, Person.name)
        .join(Person, Person.id == Decision.responsible_id)
        .where(Decision.timesheet_id == timesheet_id, Decision.delegation_id.is_not(None))
    )
    return dict(rows.all())


def _event(command: Command, facts: _Facts) -> EventShown:
    told, digest = _told(command, facts), _digest(command, facts)
    return facts.deeds.event(command, told, facts.answers.get(command.id), digest, _as_what(command, facts))


def _as_what(command: Command, facts: _Facts) -> str | None:
    """In whose place somebody decided who stood in by a delegation: that is no act on behalf, and needs no reason."""
    away = facts.stood_in_for.get(made_by(command.tenant_id, command.id, "decision"))
    return f"in place of {away}" if away else None


def _told(command: Command, facts: _Facts) -> Told:
    told, lines = facts.deeds.told(command), _LINES.get(CommandKind(command.kind))
    return replace(told, lines=lines(command, facts)) if lines else told


def _certified(command: Command, facts: _Facts) -> tuple[str, ...]:
    submission = facts.submissions[made_by(command.tenant_id, command.id, "submission")]
    return (f"Revision {submission.revision}. {submission.certification}",)


def _commented(command: Command, facts: _Facts) -> tuple[str, ...]:
    decision = facts.decisions[made_by(command.tenant_id, command.id, "decision")]
    return (decision.comment,) if decision.comment else ()


_LINES: dict[CommandKind, Callable[[Command, _Facts], tuple[str, ...]]] = {
    CommandKind.SUBMIT: _certified,
    CommandKind.APPROVE: _commented,
    CommandKind.REJECT: _commented,
}
"""What there is to say of an act on the whole timesheet, beside that it happened."""


def _digest(command: Command, facts: _Facts) -> str | None:
    submission = facts.submissions.get(made_by(command.tenant_id, command.id, "submission"))
    decision = facts.decisions.get(made_by(command.tenant_id, command.id, "decision"))
    found = submission or decision
    return found.digest if found else None
