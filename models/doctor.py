"""Every invariant of one tenant's rows, checked from the recorded time up; what is wrong comes back in words."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from models.rules.digest import canonical_json, sheet_digest
from models.rules.periods import Period
from models.rules.transitions import REVIEWED, CommandKind, State
from models.rules.webhooks import PATIENCE
from models.store.imports import APPLYING, CHECKING
from models.store.sheets import content_of, live_entries
from models.store.webhooks import WebhookState
from models.tables.delivery import OutboxEvent, Webhook, WebhookAttempt
from models.tables.intake import EntryImport
from models.tables.provenance import LedgerStatement
from models.tables.timecard import OwnerReview, TimeEntry, TimeEntryVersion
from models.tables.timesheet import Command, Decision, Submission, Timesheet
from models.verifying.balances import verify
from models.verifying.standing_still import LATE, LONG, standing_still
from models.verifying.summaries import wrong_summaries
from models.verifying.waiting import wrong_waiting

FROZEN = (State.SUBMITTED.value, State.APPROVED.value, State.LOCKED.value)
"""States in which the content is exactly what was certified."""

DECIDED = {
    State.APPROVED.value: CommandKind.APPROVE.value,
    State.LOCKED.value: CommandKind.APPROVE.value,
    State.REJECTED.value: CommandKind.REJECT.value,
}
"""The decision on the last submission that a state follows from."""

BETWEEN_TRIES = timedelta(hours=7)
"""Longer than a webhook that fails waits for its next try."""


def findings(session: Session) -> Iterator[str]:
    """Everything wrong with the rows of the session's tenant; nothing when all invariants hold."""
    yield from balances(session)
    yield from _versions(session)
    yield from _frozen_content(session)
    yield from _decisions(session)
    yield from _overtaken(session)
    yield from wrong_waiting(session)
    yield from _statements(session)
    yield from _commands(session)
    yield from _deadlines(session)
    yield from _lists(session)
    yield from _feed(session)
    yield from _webhooks(session)
    yield from wrong_summaries(session)
    yield from standing_still(session)


def balances(session: Session) -> Iterator[str]:
    """Balances that are not the arithmetic of the recorded time, in the view of one session."""
    for checked in verify(lambda: nullcontext(session)):
        yield from checked.wrong


def awaiting_lock(session: Session) -> list[UUID]:
    """Timesheets that a running workflow has to lock when their time comes."""
    waits = (Timesheet.state == State.APPROVED.value, Timesheet.lock_at.is_not(None))
    return list(session.scalars(select(Timesheet.id).where(*waits)))


def _versions(session: Session) -> Iterator[str]:
    """The present entry is its highest version, and no version is missing."""
    counted = (
        select(
            TimeEntryVersion.entry_id,
            func.count().label("count"),
            func.max(TimeEntryVersion.version).label("last"),
        )
        .group_by(TimeEntryVersion.entry_id)
        .subquery()
    )
    wrong = (
        select(TimeEntry.id)
        .outerjoin(counted, counted.c.entry_id == TimeEntry.id)
        .where((counted.c.last.is_distinct_from(TimeEntry.version)) | (counted.c.count != counted.c.last))
    )
    for entry_id in session.scalars(wrong):
        yield f"entry {entry_id}: its versions do not lead to its present content"


def _frozen_content(session: Session) -> Iterator[str]:
    """What is submitted, approved or locked is exactly what was certified."""
    for sheet in session.scalars(select(Timesheet).where(Timesheet.state.in_(FROZEN))):
        submission = session.get(Submission, sheet.submission_id) if sheet.submission_id else None
        period = Period(sheet.period_start, sheet.period_end)
        now = sheet_digest(content_of(sheet.owner_id, period, live_entries(session, sheet.id)))
        if submission is None or submission.digest != now:
            yield f"timesheet {sheet.id}: it is {sheet.state}, but its content is not what was certified"
        elif sha256(canonical_json(submission.content)).hexdigest() != submission.digest:
            yield f"submission {submission.id}: its content does not have its digest"


def _decisions(session: Session) -> Iterator[str]:
    """Each state follows from the decision on the last submission; a draft may follow from any."""
    wrong = (
        select(Timesheet.id, Timesheet.state, Decision.decision)
        .outerjoin(
            Decision,
            and_(Decision.id == Timesheet.decision_id, Decision.submission_id == Timesheet.submission_id),
        )
        .where(Timesheet.state != State.DRAFT.value)
        .where(Decision.decision.is_distinct_from(case(DECIDED, value=Timesheet.state, else_=None)))
    )
    for sheet_id, state, decision in session.execute(wrong):
        yield f"timesheet {sheet_id}: it is {state}, but the decision on it is {decision or 'none'}"


def _overtaken(session: Session) -> Iterator[str]:
    """The decision in force is the last one."""
    in_force = aliased(Decision)
    later = select(Decision.id).where(
        Decision.submission_id == Timesheet.submission_id, Decision.number > in_force.number
    )
    overtaken = (
        select(Timesheet.id, Timesheet.state)
        .join(in_force, in_force.id == Timesheet.decision_id)
        .where(Timesheet.state != State.DRAFT.value, later.exists())
    )
    for sheet_id, state in session.execute(overtaken):
        yield f"timesheet {sheet_id}: it is {state}, but something else was decided after that"


def _statements(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(LedgerStatement.sequence, LedgerStatement.body, LedgerStatement.digest).execution_options(yield_per=1000)
    )
    for sequence, body, digest in rows:
        if sha256(canonical_json(body)).hexdigest() != digest:
            yield f"statement {sequence}: it does not have its digest"
    work = func.concat("work-", TimeEntryVersion.entry_id, "-", TimeEntryVersion.version)
    defined = and_(LedgerStatement.subject == work, LedgerStatement.kind == "define")
    unsaid = select(TimeEntryVersion.entry_id, TimeEntryVersion.version).where(
        TimeEntryVersion.confirmed, ~select(LedgerStatement.sequence).where(defined).exists()
    )
    for entry_id, version in session.execute(unsaid):
        yield f"entry {entry_id} version {version}: the ledger knows nothing of it"


def _commands(session: Session) -> Iterator[str]:
    """Nothing that was withdrawn has an effect, what was carried out was announced, and every entry version has
    its command.
    """
    withdrawn = select(Command.id).where(Command.withdrawn_at.is_not(None), Command.completed_at.is_not(None))
    for command_id in session.scalars(withdrawn):
        yield f"command {command_id}: withdrawn and carried out"
    done = Command.completed_at.is_not(None)
    announced = select(OutboxEvent.sequence).where(OutboxEvent.command_id == Command.id)
    # A batch leaves it to its parts, and of what changed nothing there is nothing to tell.
    tells = and_(Command.kind != CommandKind.BATCH.value, Command.result["ignored"].as_boolean().is_not(True))
    for command_id in session.scalars(select(Command.id).where(done, tells, ~announced.exists())):
        yield f"command {command_id}: carried out, and nobody was told"
    by_another = (Command.actor_id != Command.owner_id, Command.kind.in_([kind.value for kind in REVIEWED]))
    unasked = Command.put_before_id.is_distinct_from(Command.owner_id)
    for command_id in session.scalars(select(Command.id).where(done, tells, *by_another, unasked)):
        yield f"command {command_id}: somebody else did it, and the owner of the time is not asked about it"
    reviewed = select(OwnerReview.command_id).outerjoin(
        Command, and_(Command.tenant_id == OwnerReview.tenant_id, Command.id == OwnerReview.command_id)
    )
    not_theirs = Command.put_before_id.is_distinct_from(OwnerReview.owner_id)
    for command_id in session.scalars(reviewed.where(not_theirs)):
        yield f"command {command_id}: it was answered by somebody before whom it was not put"
    orphans = (
        select(TimeEntryVersion.entry_id, TimeEntryVersion.version)
        .outerjoin(
            Command,
            and_(
                Command.tenant_id == TimeEntryVersion.tenant_id,
                Command.id == TimeEntryVersion.command_id,
                done,
            ),
        )
        .where(Command.id.is_(None))
    )
    for entry_id, version in session.execute(orphans):
        yield f"entry {entry_id} version {version}: no command that was carried out recorded it"


def _lists(session: Session) -> Iterator[str]:
    """Lists of entries are gone through soon after they were sent."""
    working = (EntryImport.state.in_((CHECKING, APPLYING)), EntryImport.created_at < func.now() - LONG)
    for list_id, state in session.execute(select(EntryImport.id, EntryImport.state).where(*working)):
        yield f"list of entries {list_id}: it is {state}, and nobody goes through it: whoever sent it can go on"


def _deadlines(session: Session) -> Iterator[str]:
    """What time does was done when its time had come."""
    missed = (Timesheet.state == State.APPROVED.value, Timesheet.lock_at < func.now() - LATE)
    for sheet_id, lock_at in session.execute(select(Timesheet.id, Timesheet.lock_at).where(*missed)):
        yield f"timesheet {sheet_id}: it was to be locked at {lock_at}, and nobody did"
    overdue = select(Timesheet.id, Timesheet.due_at).where(Timesheet.due_at < func.now() - LATE)
    for sheet_id, due_at in session.execute(overdue):
        yield f"timesheet {sheet_id}: somebody was to be reminded or asked as well at {due_at}, and nobody was"


def _feed(session: Session) -> Iterator[str]:
    """Events have the places 1, 2, 3… without a gap; none is there twice, which the database sees to."""
    placed, last = session.execute(select(func.count(OutboxEvent.position), func.max(OutboxEvent.position))).one()
    if placed != (last or 0):
        yield f"feed: it has {placed} events with a place, and the last place is {last}"


def _webhooks(session: Session) -> Iterator[str]:
    """Whoever is to be told of something is told soon, or tried again in time."""
    last_try = (
        select(func.max(WebhookAttempt.tried_at)).where(WebhookAttempt.webhook_id == Webhook.id).scalar_subquery()
    )
    silent = (last_try.is_(None)) | (last_try < func.now() - case((Webhook.failures > 0, BETWEEN_TRIES), else_=LONG))
    waits = and_(OutboxEvent.position == Webhook.delivered_to + 1, OutboxEvent.tenant_id == Webhook.tenant_id)
    long_since = OutboxEvent.occurred_at < func.now() - LONG
    active = Webhook.state == WebhookState.ACTIVE.value
    for webhook_id in session.scalars(select(Webhook.id).join(OutboxEvent, waits).where(active, long_since, silent)):
        yield f"webhook {webhook_id}: events wait for it since more than an hour, and nobody posts them"
    dead = Webhook.failing_since < func.now() - PATIENCE - BETWEEN_TRIES
    for webhook_id, since in session.execute(select(Webhook.id, Webhook.failing_since).where(active, dead)):
        yield f"webhook {webhook_id}: nothing arrives since {since}, and nobody paused it"
    last = select(func.max(OutboxEvent.position)).scalar_subquery()
    for webhook_id in session.scalars(select(Webhook.id).where(Webhook.delivered_to > func.coalesce(last, 0))):
        yield f"webhook {webhook_id}: it has taken events that never were"
