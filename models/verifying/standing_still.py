"""What somebody was to go on with by now, and nobody does: mails, bulk decisions, delegations and deadlines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from models.rules.days import local_date
from models.rules.deadlines import next_due
from models.rules.notices import MailState
from models.rules.transitions import DECISIONS, OWED, State
from models.store.bulk import BulkState, RowOutcome
from models.store.delegations import as_kept
from models.store.mailing import LONGEST_PAUSE, LOST_AFTER
from models.store.time_rules import time_rules, timed
from models.tables.approval import BulkDecision, BulkDecisionRow, Delegation
from models.tables.delivery import Notification
from models.tables.people import Person, TenantPolicy
from models.tables.timesheet import Decision, Timesheet

LATE = timedelta(minutes=10)
"""How long after its time something is no longer just waiting for its turn."""

LONG = timedelta(hours=1)
"""How long after it was asked for something that takes minutes stands still."""

A_NIGHT = timedelta(hours=26)
"""Until deadlines are reckoned anew, whatever was changed in the meantime."""


def standing_still(session: Session) -> Iterator[str]:
    """Everything of the session's tenant that waits for longer than it may."""
    yield from _mails(session)
    yield from _bulks(session)
    yield from _delegations(session)
    yield from _decided_by_delegation(session)
    yield from _deadlines(session)


def _mails(session: Session) -> Iterator[str]:
    """A mail is tried soon, and again after pauses; and how far it is fits what came of it."""
    state, tried = Notification.mail, Notification.mail_tried_at
    began = func.coalesce(tried + LONGEST_PAUSE + LOST_AFTER, Notification.created_at + LONG)
    waits = and_(state == MailState.WAITING.value, began < func.now() - LATE)
    lost = and_(state == MailState.SENDING.value, tried < func.now() - LOST_AFTER - LATE)
    for words, these in (("it waits, and nobody sends it", waits), ("nobody says whether it was sent", lost)):
        for id_ in session.scalars(select(Notification.id).where(these)):
            yield f"mail of notification {id_}: {words}"
    for id_, now in session.execute(select(Notification.id, state).where(_unfitting())):
        yield f"mail of notification {id_}: it is {now}, which does not fit what came of it"


def _unfitting() -> ColumnElement[bool]:
    tried, error = Notification.mail_tried_at, Notification.mail_error
    fits = case(
        {
            MailState.SENDING.value: and_(tried.is_not(None), error.is_(None)),
            MailState.SENT.value: and_(tried.is_not(None), error.is_(None)),
            MailState.FAILED.value: and_(tried.is_not(None), error.is_not(None)),
            # Tried in vain, and to be tried again; or not tried yet.
            MailState.WAITING.value: tried.is_(None) == error.is_(None),
        },
        value=Notification.mail,
        else_=True,
    )
    return fits.is_not(True)


def _bulks(session: Session) -> Iterator[str]:
    """A bulk decision ends soon after it was asked for, and then every row has its outcome."""
    open_ = (BulkDecision.state != BulkState.DRAFT.value, BulkDecision.finished_at.is_(None))
    standing = select(BulkDecision.id).where(*open_, BulkDecision.asked_at < func.now() - LONG)
    for id_ in session.scalars(standing):
        yield f"bulk decision {id_}: it was asked for more than an hour ago, and it is not over"
    waiting = BulkDecisionRow.outcome == RowOutcome.WAITING.value
    left = select(BulkDecisionRow.number).where(BulkDecisionRow.bulk_id == BulkDecision.id, waiting)
    for id_ in session.scalars(select(BulkDecision.id).where(BulkDecision.finished_at.is_not(None), left.exists())):
        yield f"bulk decision {id_}: it is over, and some of its timesheets have no outcome"
    rows = select(func.count()).where(BulkDecisionRow.bulk_id == BulkDecision.id).scalar_subquery()
    for id_ in session.scalars(select(BulkDecision.id).where(rows != BulkDecision.rows)):
        yield f"bulk decision {id_}: it does not have as many timesheets as were asked for"


def _delegations(session: Session) -> Iterator[str]:
    """Both are told when somebody begins to stand in, and when it ends."""
    now = session.scalars(select(func.now())).one()
    these = select(Delegation, Person.time_zone).join(Person, Person.id == Delegation.delegator_id)
    soon_over = or_(Delegation.due_at.is_not(None), Delegation.revoked_at.is_(None))
    for row, zone in session.execute(these.where(soon_over)):
        if words := _wrong_time(row, zone, now):
            yield f"delegation {row.id}: {words}"


def _wrong_time(row: Delegation, zone: str, now: datetime) -> str | None:
    due_at = as_kept(row, zone, version=0).span.next_due(now)
    if row.due_at is None:
        return f"nobody will be told that it begins or ends at {due_at}" if due_at else None
    if row.due_at <= now:
        # It may be granted for days that have begun.
        late = max(row.due_at, row.granted_at) < now - LATE
        return f"it began or ended at {row.due_at}, and nobody was told" if late else None
    # The delegator may live elsewhere by now: that is found out when it begins or ends.
    if due_at is None or abs(row.due_at - due_at) > A_NIGHT:
        return f"it is looked at again at {row.due_at}, which is not when it begins or ends"
    return None


def _decided_by_delegation(session: Session) -> Iterator[str]:
    """A decision under a delegation was made while it was in force, by and for whom it names.

    Whoever approved under one may take that back when it is over.
    """
    made = (
        select(Decision, Delegation, Timesheet.owner_id, Person.time_zone)
        .join(Timesheet, Timesheet.id == Decision.timesheet_id)
        .join(Person, Person.id == Decision.responsible_id)
        .outerjoin(Delegation, Delegation.id == Decision.delegation_id)
        .where(Decision.delegation_id.is_not(None), Decision.decision.in_([kind.value for kind in DECISIONS]))
    )
    for decision, delegation, owner_id, zone in session.execute(made.execution_options(yield_per=1000)):
        if not _covers(delegation, decision, owner_id, zone):
            yield f"decision {decision.id}: it was made under a delegation that did not allow it"


def _covers(delegation: Delegation | None, decision: Decision, owner_id: UUID, zone: str) -> bool:
    if delegation is None:
        return False
    named = (delegation.delegate_id, delegation.delegator_id) == (decision.decided_by_id, decision.responsible_id)
    theirs = delegation.person_ids is None or owner_id in delegation.person_ids
    revoked = delegation.revoked_at is not None and delegation.revoked_at < decision.decided_at
    # Where the delegator lived then is not kept: a day more or less.
    day, near = local_date(decision.decided_at, ZoneInfo(zone)), timedelta(days=1)
    return named and theirs and not revoked and delegation.from_day - near <= day <= delegation.to_day + near


def _deadlines(session: Session) -> Iterator[str]:
    """Whatever time has to do with a timesheet, the timesheet has it in mind."""
    policy, now = session.execute(select(TenantPolicy, func.now())).one()
    rules = time_rules(session, policy)
    open_ = Timesheet.state.in_([State.SUBMITTED.value, *(state.value for state in OWED)])
    these = select(Timesheet, Person.time_zone).join(Person, Person.id == Timesheet.owner_id).where(open_)
    for sheet, zone in session.execute(these.order_by(Timesheet.id).execution_options(yield_per=1000)):
        # Whether anybody is left to be asked is not looked up: what is due without that is enough to find it.
        waits = timed(sheet, ZoneInfo(zone), may_escalate=False)
        at = next_due(waits, rules, sheet.reminded_until or sheet.state_since)
        if at is not None and at < now - A_NIGHT and (sheet.due_at is None or sheet.due_at > now):
            yield f"timesheet {sheet.id}: somebody was to be reminded at {at}, and nobody has it in mind"
