"""A timesheet as it was known at a past moment: its content, where it stood, who would have decided, and the balances.

Everything is told from what was recorded by then. What types and projects are called is told as it is now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.reads.balances import agreement_on, tiles
from models.reads.deeds import Entry
from models.reads.delegations import stand_in_words
from models.reads.entries import days_of, entries_named
from models.reads.known_then import balances_then, leads_then, people_then
from models.reads.sheets import approver_named
from models.reads.shown import StatusShown
from models.reads.shown_balances import BalanceTile
from models.reads.shown_history import ChainStep, KnownShown
from models.reads.status import SheetFacts, status_of
from models.rules.approvers import approvers_of
from models.rules.stages import Stage, approvals_in_force
from models.rules.transitions import REVISING, CommandKind, State
from models.store.people import Asking, Circle
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Command, Decision, Submission, Timesheet

_MOST_ABOVE = 50


@dataclass(frozen=True, slots=True)
class Past:
    """What was recorded of a timesheet by a moment, oldest first."""

    at: datetime
    """In the zone of its owner."""
    sheet: Timesheet
    commands: Sequence[Command]
    submissions: Sequence[Submission]
    decisions: Sequence[Decision]
    entries: Sequence[Entry]
    """Every version of everything that ever stood on it."""

    @property
    def snapshot(self) -> Mapping[str, Any] | None:
        """What the last command left behind; None: nothing had happened yet."""
        last = next((each for each in reversed(self.commands) if each.result), None)
        return last.result["snapshot"] if last is not None and last.result else None

    @property
    def submission(self) -> Submission | None:
        """What was certified last."""
        return self.submissions[-1] if self.submissions else None

    @property
    def in_force(self) -> list[Decision]:
        """The approvals that stood, of what was certified last."""
        return approvals_in_force(each for each in self._on_the_last if each.decision != CommandKind.REJECT)

    @property
    def _on_the_last(self) -> list[Decision]:
        return [each for each in self.decisions if self.submission and each.submission_id == self.submission.id]

    @property
    def escalations(self) -> int:
        """How often the next approver had been asked as well, since it came to those who were asked."""
        count = 0
        for command in self.commands:
            if command.kind == CommandKind.ESCALATE:
                count += 1
            elif command.kind in _ASKS_ANEW:
                count = 0
        return count

    def versions(self) -> Iterator[TimeEntryVersion]:
        """The entries that stood on it, each in its newest version of then."""
        by_then = (each.version for each in self.entries if each.version.recorded_at <= self.at)
        newest = {each.entry_id: each for each in sorted(by_then, key=lambda each: each.version)}
        return (each for each in newest.values() if each.timesheet_id == self.sheet.id and not each.deleted)


_ASKS_ANEW = frozenset({CommandKind.SUBMIT, CommandKind.APPROVE, CommandKind.TAKE_BACK})


def known(session: Session, past: Past) -> KnownShown:
    """What was known of a timesheet. A handful of statements."""
    sheet, at, snapshot = past.sheet, past.at, past.snapshot
    if snapshot is None:
        return KnownShown(at, None, 1, (), 0, (), (), (), ())
    state = State(snapshot["state"])
    circle = _circle(session, past, _asking(session, past, state))
    entries = entries_named(session, [(each.entry_id, each.version) for each in past.versions()], circle.owner.zone)
    days = days_of(entries, sheet.period_start, sheet.period_end, at.date())
    return KnownShown(
        at=at,
        status=_status(past, state, snapshot, circle),
        revision=snapshot["revision"],
        days=days,
        total_minutes=sum(day.minutes for day in days),
        chain=tuple(_chain(circle, sheet.id)),
        stand_ins=stand_in_words(circle, sheet.id),
        looked_up=tuple(_looked_up(past, circle)),
        balances=_balances(session, past),
    )


def _asking(session: Session, past: Past, state: State) -> Asking | None:
    """Whom it asked; None when it was not submitted."""
    submission = past.submission
    if state is not State.SUBMITTED or submission is None:
        return None
    if not past.in_force:
        return Asking(Stage.SUPERVISOR, past.escalations)
    decided = {id_ for each in past.in_force if each.stage == Stage.PROJECT_LEAD for id_ in each.project_ids or ()}
    named = {UUID(each["projectId"]) for each in submission.content["entries"] if each.get("projectId")}
    leads = {each.project_id: each.lead_id for each in leads_then(session, named - decided, past.at)}
    return Asking(Stage.PROJECT_LEAD, past.escalations, leads)


def _circle(session: Session, past: Past, asking: Asking | None) -> Circle:
    """The people around the timesheet as they were."""
    named = {each.approver_id for each in past.submissions} | {each.approver_id for each in past.decisions}
    named |= {each.decided_by_id for each in past.decisions} | set(asking.leads.values() if asking else ())
    members = people_then(session, past.sheet.owner_id, past.at, [id_ for id_ in named if id_])
    return Circle(members[past.sheet.owner_id], members, past.at, {past.sheet.id: asking} if asking else {})


def _status(past: Past, state: State, snapshot: Mapping[str, Any], circle: Circle) -> StatusShown:
    last = past.decisions[-1] if past.decisions else None
    revising = [each.reason for each in past.commands if each.kind in REVISING]
    asked = [approver_named(circle, each) for each in circle.asked(past.sheet.id)]
    return status_of(
        SheetFacts(
            state,
            past.at.tzinfo,  # type: ignore[arg-type]  # of the owner's zone
            approver=" or ".join(asked),
            submitted_at=past.submission.submitted_at if past.submission and state is State.SUBMITTED else None,
            lock_at=datetime.fromisoformat(snapshot["lock_at"]) if snapshot.get("lock_at") else None,
            decided_by=approver_named(circle, last.decided_by_id) if last else None,
            rejected_because=last.reason if last else None,
            revising_because=revising[-1] if revising and state is State.DRAFT else None,
        )
    )


def _chain(circle: Circle, timesheet_id: UUID) -> Iterator[ChainStep]:
    """Everybody who was asked, or would be: the nearest first, the administrators last."""
    requests = circle.requests(timesheet_id)
    is_submitted = timesheet_id in circle.submitted
    for approver, project in requests:
        what = "about the lines on one project" if project else "about the whole timesheet"
        yield ChainStep(approver_named(circle, approver), f"Asked {what}" if is_submitted else "Would be asked first")
    asked = {approver for approver, _ in requests}
    ranks = {id_: member.rank for id_, member in circle.members.items()}
    for approver in approvers_of(circle.owner.id, ranks, _MOST_ABOVE):
        if approver not in asked:
            yield ChainStep(approver_named(circle, approver), "Next, if nobody decides")


def _looked_up(past: Past, circle: Circle) -> Iterator[str]:
    """The approvers that were recorded with what was certified last and decided of it."""
    submission = past.submission
    if submission is None:
        return
    yield f"{approver_named(circle, submission.approver_id)} was looked up as approver when it was submitted."
    for each in past.decisions:
        if each.submission_id == submission.id:
            decided = approver_named(circle, each.decided_by_id)
            yield f"{approver_named(circle, each.approver_id)} was looked up again when {decided} decided."


def _balances(session: Session, past: Past) -> tuple[tuple[BalanceTile, int | None], ...]:
    owner_id, on = past.sheet.owner_id, past.sheet.period_end
    then = balances_then(session, owner_id, on, past.at)
    now = {each.code: each.balance for each in tiles(session, agreement_on(session, owner_id, on), on)}
    return tuple((tile, now.get(tile.code)) for tile in then)
