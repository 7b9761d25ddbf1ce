"""The whole life of one timesheet: every act on it, who really did it and for whom, who looked, newest first.

Of a past moment: what was known then, and what had happened by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.commands import made_by
from models.reads.decisions import how_viewed
from models.reads.deeds import MOVES, Deeds, Entry, Told, deeds_of, entries_that_stood_on
from models.reads.known import Past, known
from models.reads.owner_review import answers_to
from models.reads.record.graph import graph_of
from models.reads.record.story import Said, story_of
from models.reads.record.verified import VerifiedShown, verified
from models.reads.record.views import Viewed, views_of
from models.reads.revisions import Wanted, compared
from models.reads.sheets import sheet_of, status_shown
from models.reads.shown import AnswerShown, EventShown
from models.reads.shown_history import HistoryShown, ItemShown, LooksShown, RecordedShown
from models.reads.viewer import Onlooker, circle_of_sheet, shown
from models.rules.prov_domain import ProvRole
from models.rules.transitions import REVISING, CommandKind, State
from models.store.people import Circle
from models.tables.people import Person
from models.tables.timesheet import Command, Decision, Submission, Timesheet


@dataclass(frozen=True, slots=True)
class HistoryAsked:
    """What of the history to show: as known at a moment, and which two contents side by side."""

    at: datetime | None = None
    """Without a zone it is in that of the timesheet's owner; None, or what is to come: now."""
    compare: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sentences of a timeline are made from."""

    deeds: Deeds
    submissions: Mapping[UUID, Submission]
    decisions: Mapping[UUID, Decision]
    answers: Mapping[UUID, AnswerShown]
    stood_in_for: Mapping[UUID, str]
    """Who was away, by the decision that somebody took in their place."""
    views: Sequence[Viewed]
    story: Sequence[Said]


def history_page(
    session: Session, onlooker: Onlooker, timesheet_id: UUID, asked: HistoryAsked | None = None
) -> HistoryShown:
    """Everything that happened to a timesheet, for somebody who may see it. Raises `NotFound`."""
    asked = asked or HistoryAsked()
    sheet = sheet_of(session, timesheet_id)
    circle = circle_of_sheet(session, onlooker, sheet)
    zone = circle.owner.zone
    now = circle.now.astimezone(zone)
    at = _moment(asked.at, now)
    entries = entries_that_stood_on(session, timesheet_id)
    commands = _commands(session, sheet, entries, at)
    past = Past(
        at,
        sheet,
        [each for each in reversed(commands) if each.timesheet_id == sheet.id],
        _submissions(session, sheet.id, at),
        _decisions(session, sheet.id, at),
        entries,
    )
    facts = _Facts(
        deeds_of(session, commands, entries, zone),
        {each.id: each for each in past.submissions},
        {each.id: each for each in past.decisions},
        _answers(session, commands, circle, at),
        _stood_in_for(session, timesheet_id),
        [each for each in views_of(session, timesheet_id) if each.at <= at],
        story_of(session, timesheet_id, at),
    )
    checked = verified(session, facts.story, _unsaid(commands, facts), now)
    items = _timeline(commands, facts, checked)
    return HistoryShown(
        timesheet_id=timesheet_id,
        owner=shown(circle.owner),
        zone=zone.key,
        period_start=sheet.period_start,
        period_end=sheet.period_end,
        status=status_shown(session, sheet, circle, zone),
        now=now,
        items=items,
        graph=graph_of(facts.story, zone, _anchors(commands, items, facts)),
        verified=checked,
        compared=compared(sheet, past.submissions, _draft(past), entries, zone, asked.compare),
        known=known(session, past) if at < now else None,
    )


def _moment(asked: datetime | None, now: datetime) -> datetime:
    """The moment in the owner's zone; an hour that happens twice is the second one, when more was known."""
    if asked is None:
        return now
    at = asked.replace(tzinfo=now.tzinfo, fold=1) if asked.tzinfo is None else asked.astimezone(now.tzinfo)
    return min(at, now)


def _commands(session: Session, sheet: Timesheet, entries: list[Entry], at: datetime) -> list[Command]:
    """Those of the timesheet itself, and those that brought an entry from another one or took it there; newest first.

    Batches are told by their parts, and what was ignored happened nowhere.
    """
    done = (Command.result.is_not(None), Command.completed_at <= at)
    here = session.scalars(select(Command).where(Command.timesheet_id == sheet.id, *done)).all()
    of_entries = {each.version.command_id for each in entries if each.version.timesheet_id == sheet.id}
    elsewhere = of_entries - {command.id for command in here}
    these = (Command.tenant_id == sheet.tenant_id, Command.id.in_(elsewhere))
    found = [*here, *session.scalars(select(Command).where(*these, *done))]
    told = [each for each in found if each.kind != CommandKind.BATCH and not (each.result or {}).get("ignored")]
    return sorted(told, key=lambda command: (-_completed(command).timestamp(), command.id))


def _completed(command: Command) -> datetime:
    assert command.completed_at is not None
    return command.completed_at


def _submissions(session: Session, timesheet_id: UUID, at: datetime) -> Sequence[Submission]:
    found = select(Submission).where(Submission.timesheet_id == timesheet_id, Submission.submitted_at <= at)
    return session.scalars(found.order_by(Submission.submitted_at)).all()


def _decisions(session: Session, timesheet_id: UUID, at: datetime) -> Sequence[Decision]:
    found = select(Decision).where(Decision.timesheet_id == timesheet_id, Decision.decided_at <= at)
    return session.scalars(found.order_by(Decision.decided_at, Decision.number)).all()


def _answers(session: Session, commands: Sequence[Command], circle: Circle, at: datetime) -> dict[UUID, AnswerShown]:
    """What owners said by then to what others did in their place."""
    theirs = [command for command in commands if command.put_before_id]
    found = answers_to(session, theirs, circle.owner.zone)
    return {
        id_: AnswerShown(None, answer.by) if answer.at and answer.at > at else answer for id_, answer in found.items()
    }


def _stood_in_for(session: Session, timesheet_id: UUID) -> dict[UUID, str]:
    rows = session.execute(
        select(Decision.id, Person.name)
        .join(Person, Person.id == Decision.responsible_id)
        .where(Decision.timesheet_id == timesheet_id, Decision.delegation_id.is_not(None))
    )
    return dict(rows.all())


def _draft(past: Past) -> tuple[tuple[UUID, int], ...] | None:
    """What stands on a timesheet that is open to change, as it would be certified; None of any other."""
    snapshot = past.snapshot
    if snapshot is None or snapshot["state"] != State.DRAFT:
        return None
    return tuple((each.entry_id, each.version) for each in past.versions() if each.confirmed)


_STATED = REVISING | {CommandKind.SUBMIT, CommandKind.APPROVE, CommandKind.REJECT, CommandKind.TAKE_BACK}


def _unsaid(commands: Sequence[Command], facts: _Facts) -> list[str]:
    """The acts on the whole timesheet of which the record has to say something, and does not."""
    said = {each.transaction_id for each in facts.story}
    return [
        f"{MOVES[CommandKind(each.kind)][0]}, {_completed(each).astimezone(facts.deeds.zone):%d %b %Y, %H:%M}"
        for each in commands
        if each.kind in _STATED and each.id not in said
    ]


def _timeline(commands: Sequence[Command], facts: _Facts, checked: VerifiedShown) -> tuple[ItemShown, ...]:
    """Acts, and between them what was looked at, newest first."""
    recorded = _recorded(facts.story, checked)
    acts = [_act(command, facts, recorded.get(command.id)) for command in commands]
    marks = [(each.at, each) for each in facts.views]
    moments: list[tuple[datetime, ItemShown | Viewed]] = [*((each.at, each) for each in acts), *marks]
    # An act and a look at one moment: it was looked at before it was done.
    moments.sort(key=lambda each: (each[0], isinstance(each[1], ItemShown)), reverse=True)
    items: list[ItemShown] = []
    for is_act, run in groupby(moments, key=lambda each: isinstance(each[1], ItemShown)):
        found = [each for _, each in run]
        if is_act:
            items += [each for each in found if isinstance(each, ItemShown)]
        else:
            items.append(_looks([each for each in found if isinstance(each, Viewed)], facts))
    return tuple(items)


def _act(command: Command, facts: _Facts, recorded: RecordedShown | None) -> ItemShown:
    event = _event(command, facts)
    return ItemShown(event.at, f"act-{command.id}", event, (), _viewed(command, facts), recorded)


def _looks(views: Sequence[Viewed], facts: _Facts) -> ItemShown:
    """What was opened between two acts: once for each person and revision."""
    zone = facts.deeds.zone
    by: dict[tuple[str, int, str], list[Viewed]] = {}
    for each in views:
        by.setdefault((each.name, each.revision, _AS_WHAT[each.role]), []).append(each)
    looks = tuple(
        LooksShown(
            name,
            as_what,
            revision,
            tuple(one.at.astimezone(zone) for one in each),
            tuple(one.activity for one in each),
        )
        for (name, revision, as_what), each in by.items()
    )
    return ItemShown(views[0].at.astimezone(zone), views[0].activity, None, looks)


_AS_WHAT: Mapping[ProvRole | None, str] = {
    None: "as auditor",
    ProvRole.WORKER: "",
    ProvRole.SUPERVISOR: "as supervisor",
    ProvRole.PROJECT_LEAD: "as project lead",
    ProvRole.ADMINISTRATOR: "as administrator",
}


def _recorded(story: Sequence[Said], checked: VerifiedShown) -> dict[UUID, RecordedShown]:
    """What the record says, by the command that said it; known by the first activity that it defines."""
    by: dict[UUID, list[Said]] = {}
    for each in story:
        by.setdefault(each.transaction_id, []).append(each)
    found = {}
    for transaction, said in by.items():
        defined = (each for each in said if each.kind == "define" and each.body["kind"] == "activity")
        seals = [checked.seal_of.get(each.sequence) for each in said]
        last = max((seal for seal in seals if seal), key=lambda seal: seal.number, default=None)
        digest = next(defined, said[0]).digest
        found[transaction] = RecordedShown(said[0].sequence, said[-1].sequence, digest, last if all(seals) else None)
    return found


def _anchors(commands: Sequence[Command], items: Sequence[ItemShown], facts: _Facts) -> dict[UUID, str]:
    """Where on the page each transaction of the record is told."""
    views = {said.subject: said.transaction_id for said in facts.story if said.kind == "define"}
    looks = ((item.anchor, activity) for item in items for look in item.looks for activity in look.activities)
    where = {views[activity]: anchor for anchor, activity in looks if activity in views}
    return where | {command.id: f"act-{command.id}" for command in commands}


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


def _viewed(command: Command, facts: _Facts) -> str | None:
    """What whoever decided had opened before, in words; nothing of any other act."""
    decision = facts.decisions.get(made_by(command.tenant_id, command.id, "decision"))
    if decision is None or decision.submission_id not in facts.submissions:
        return None
    revision = facts.submissions[decision.submission_id].revision
    return how_viewed(decision, facts.views, revision, facts.deeds.zone)


def _digest(command: Command, facts: _Facts) -> str | None:
    submission = facts.submissions.get(made_by(command.tenant_id, command.id, "submission"))
    decision = facts.decisions.get(made_by(command.tenant_id, command.id, "decision"))
    found = submission or decision
    return found.digest if found else None
