"""Who stands in for whom: granted, changed and taken back; and both told when it begins and ends.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `ReasonRequired`, `Stale`, `WrongState` and `KeyReused`. Nothing that waits is moved: who may
decide is looked up by the days whenever somebody reads or decides.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import NotFound, ReasonRequired, Stale, WrongState
from models.rules.days import local_date
from models.rules.delegations import (
    Colleague,
    Days,
    DelegationContent,
    DelegationState,
    Span,
    days_errors,
    grant_errors,
    overlap_errors,
    state_of,
)
from models.rules.notices import NoticeKind
from models.rules.policy import Action, roles_of
from models.store.changes import (
    Change,
    GivenBy,
    Subject,
    done_before,
    hash_of,
    keep,
    last_version,
    may,
    require_none,
    take_turn,
)
from models.store.notifying import Notice, notify
from models.store.people import Circle, load_circle
from models.store.signals import tell_live
from models.store.waiting import tell_deputy
from models.tables.approval import Delegation
from models.tables.people import Person, PersonRole

UNSEEN = "There is no such delegation, or you may not see it."


@dataclass(frozen=True, slots=True)
class KeptDelegation:
    """A delegation as it stands."""

    id: UUID
    version: int
    """For the next change."""
    content: DelegationContent
    zone: ZoneInfo
    """Of the delegator, whose days they are."""
    granted_by_id: UUID
    granted_at: datetime
    revoked_at: datetime | None
    revoked_by_id: UUID | None

    @property
    def parties(self) -> frozenset[UUID]:
        """The two whom it is about."""
        return frozenset({self.content.delegator_id, self.content.delegate_id})

    def state(self, now: datetime) -> DelegationState:
        """How far it is."""
        revoked = self.revoked_at is not None
        return state_of(self.content.first, self.content.last, revoked, local_date(now, self.zone))

    @property
    def span(self) -> Span:
        """From which instant until which one somebody stands in."""
        return Span.of(self.content.first, self.content.last, self.zone, self.revoked_at)


def grant(session: WriteSession, given: GivenBy, content: DelegationContent) -> KeptDelegation:
    """Let somebody stand in: for whoever gives the command, or with a reason for anybody. Given again, the same."""
    own = content.delegator_id == given.actor_id
    take_turn(session, given, Action.DELEGATE if own else Action.DELEGATE_FOR)
    asked = hash_of("grant delegation", content.json)
    if done := done_before(session, given, asked):
        return kept_delegation(session, done[0].subject_id)
    _require_reason(own, content.reason)
    people = _people(session, {content.delegator_id, content.delegate_id, *(content.person_ids or ())})
    now, zone = _now(session), people[content.delegator_id].zone
    granted = _granted(session, content)
    require_none(grant_errors(content, people, local_date(now, zone), granted))
    id_ = given.makes("delegation")
    row = _row(content) | {"id": id_, "tenant_id": given.tenant_id, "granted_by_id": given.actor_id}
    row["due_at"] = Span.of(content.first, content.last, zone).begins
    session.execute(insert(Delegation).values(row))
    return _keep(session, given, asked, id_, 1, None, content.json)


def change_end(
    session: WriteSession, given: GivenBy, delegation_id: UUID, version: int, last: date, reason: str | None
) -> KeptDelegation:
    """Let it end on another day; `version` is the one that was looked at."""
    own = _take_turn(session, given, delegation_id, Action.DELEGATE, {"delegator_id"})
    asked = hash_of("change delegation", delegation_id, version, last, reason)
    if done_before(session, given, asked):
        return kept_delegation(session, delegation_id)
    present, now = _held(session, delegation_id), _now(session)
    if present.version != version:
        raise Stale(
            "Somebody changed this delegation meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    _require_reason(own, reason)
    _require_not_over(present, now)
    content = replace(present.content, last=last)
    delegate = _people(session, present.parties)[content.delegate_id].name
    errors = days_errors(content.first, last, local_date(now, present.zone))
    require_none(errors or overlap_errors(content.first, last, _granted(session, content, delegation_id), delegate))
    if content == present.content:
        return present
    due_at = Span.of(content.first, last, present.zone).next_due(now)
    _set(session, delegation_id, to_day=last, due_at=due_at)
    before, after = {"to": present.content.json["to"]}, _said({"to": last.isoformat()}, reason)
    return _keep(session, given, asked, delegation_id, version + 1, before, after)


def revoke(session: WriteSession, given: GivenBy, delegation_id: UUID, reason: str | None) -> KeptDelegation:
    """End it at once: by who granted it, who was granted it, or with a reason an administrator.

    A decision under it either was there before, or is refused. Raises `WrongState` when it is over already.
    """
    own = _take_turn(session, given, delegation_id, Action.END_DELEGATION, {"delegator_id", "delegate_id"})
    asked = hash_of("revoke delegation", delegation_id, reason)
    if done_before(session, given, asked):
        return kept_delegation(session, delegation_id)
    present = _held(session, delegation_id)
    # The clock, rather than when the transaction began: every decision by it that this one waited for came before.
    now = session.scalars(select(func.clock_timestamp())).one()
    _require_reason(own, reason)
    _require_not_over(present, now)
    due_at = now if present.span.has_begun(now) else None
    _set(session, delegation_id, revoked_at=now, revoked_by_id=given.actor_id, due_at=due_at)
    before, after = {"revoked": False}, _said({"revoked": True}, reason)
    return _keep(session, given, asked, delegation_id, present.version + 1, before, after)


def kept_delegation(session: Session, delegation_id: UUID) -> KeptDelegation:
    """A delegation as it stands. Raises `NotFound`."""
    these = select(Delegation, Person.time_zone).join(Person, Person.id == Delegation.delegator_id)
    found = these.where(Delegation.id == delegation_id).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    if row is None:
        raise NotFound(UNSEEN)
    return as_kept(row[0], row.time_zone, last_version(session, delegation_id))


def as_kept(row: Delegation, time_zone: str, version: int) -> KeptDelegation:
    """A row as a delegation."""
    only = None if row.person_ids is None else frozenset(row.person_ids)
    return KeptDelegation(
        row.id,
        version,
        DelegationContent(row.delegator_id, row.delegate_id, row.from_day, row.to_day, only, row.reason),
        ZoneInfo(time_zone),
        row.granted_by_id,
        row.granted_at,
        row.revoked_at,
        row.revoked_by_id,
    )


def hold_delegations(session: WriteSession, circle: Circle, person_id: UUID) -> Circle:
    """The circle anew, with every delegation held by which somebody could decide on the owner's time.

    Until the end of the transaction nobody revokes one of them, and one that was just revoked is not there any more.
    """
    ids = sorted(deputy.delegation_id for deputy in circle.delegations(person_id).values())
    if not ids:
        return circle
    these = select(Delegation.id).where(Delegation.id.in_(ids), Delegation.revoked_at.is_(None))
    session.execute(these.order_by(Delegation.id).with_for_update(read=True))
    return load_circle(session, circle.owner.id, *circle.members)


def see_to(session: WriteSession, tenant_id: UUID, delegation_id: UUID) -> datetime | None:
    """Tell both that it begins or ends, if it does now; when to look again, None once there is nothing left to tell.

    It may be done as often as one likes: nobody is told twice.
    """
    kept, now = _held(session, delegation_id), _now(session)
    due_at = session.scalar(select(Delegation.due_at).where(Delegation.id == delegation_id))
    if due_at is None or due_at > now:
        return due_at
    span = kept.span
    if span.has_begun(now):
        kind = NoticeKind.DELEGATION_ENDS if span.is_over(now) else NoticeKind.DELEGATION_BEGINS
        notify(session, tenant_id, [_notice(person_id, kind, kept.id) for person_id in sorted(kept.parties)])
        tell_live(session, tenant_id, None, kept.parties, "inbox")
        if kind is NoticeKind.DELEGATION_BEGINS:
            tell_deputy(session, tenant_id, kept.content)
    # Reckoned anew: the delegator may live elsewhere by now.
    following = span.next_due(now)
    _set(session, delegation_id, due_at=following)
    return following


def delegations_due(session: Session) -> list[UUID]:
    """Those that began or ended a while ago without anybody being told."""
    overdue = Delegation.due_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 1)
    return list(session.scalars(select(Delegation.id).where(overdue).order_by(Delegation.due_at).limit(_AT_ONCE)))


_AT_ONCE = 500
"""Lost ones that are begun in one go; whatever is left comes next."""


def _take_turn(session: WriteSession, given: GivenBy, delegation_id: UUID, own: Action, whose: Collection[str]) -> bool:
    """Let no other change happen meanwhile, and ask whether this one may; whether it is one's own."""
    parties = select(Delegation.delegator_id, Delegation.delegate_id).where(Delegation.id == delegation_id)
    row = session.execute(parties).mappings().one_or_none()
    if row is None or not (given.actor_id in row.values() or may(session, given, Action.SEE_PEOPLE)):
        raise NotFound(UNSEEN)
    is_own = given.actor_id in [row[each] for each in whose]
    take_turn(session, given, own if is_own else Action.DELEGATE_FOR)
    return is_own


def _held(session: WriteSession, delegation_id: UUID) -> KeptDelegation:
    """A delegation that nobody changes or decides by meanwhile. Raises `NotFound`."""
    session.execute(select(Delegation.id).where(Delegation.id == delegation_id).with_for_update())
    return kept_delegation(session, delegation_id)


def _people(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Colleague]:
    """Raises `NotFound` unless everybody is there."""
    roles = select(PersonRole.role).where(PersonRole.person_id == Person.id).correlate(Person).scalar_subquery()
    rows = session.execute(
        select(Person.id, Person.name, Person.active, func.array(roles), Person.time_zone).where(
            Person.id.in_(person_ids)
        )
    )
    found = {
        id_: Colleague(id_, name, active, roles_of(theirs), ZoneInfo(zone)) for id_, name, active, theirs, zone in rows
    }
    if found.keys() != set(person_ids):
        raise NotFound("There is no such person, or you may not see them.")
    return found


def _granted(session: Session, content: DelegationContent, but: UUID | None = None) -> list[Days]:
    """The days on which this delegate stands in for this delegator already."""
    these = select(Delegation.from_day, Delegation.to_day).where(
        Delegation.delegator_id == content.delegator_id,
        Delegation.delegate_id == content.delegate_id,
        Delegation.revoked_at.is_(None),
        Delegation.to_day >= content.first,
    )
    if but is not None:
        these = these.where(Delegation.id != but)
    return [(first, last) for first, last in session.execute(these.order_by(Delegation.from_day))]


def _require_reason(own: bool, reason: str | None) -> None:
    if not own and not reason:
        raise ReasonRequired("Please give a reason: it is kept with the record.")


def _require_not_over(present: KeptDelegation, now: datetime) -> None:
    state = present.state(now)
    if state in (DelegationState.PAST, DelegationState.REVOKED):
        was = "was taken back" if state is DelegationState.REVOKED else "has ended"
        raise WrongState(f"This delegation {was} already. Grant another one where it is needed.", state=state.value)


def _row(content: DelegationContent) -> dict[str, Any]:
    return {
        "delegator_id": content.delegator_id,
        "delegate_id": content.delegate_id,
        "from_day": content.first,
        "to_day": content.last,
        "person_ids": None if content.person_ids is None else sorted(content.person_ids),
        "reason": content.reason,
    }


def _set(session: WriteSession, delegation_id: UUID, **values: Any) -> None:
    this = update(Delegation).where(Delegation.id == delegation_id).execution_options(synchronize_session=False)
    session.execute(this.values(values))


def _said(after: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return after | {"reason": reason} if reason else after


def _keep(
    session: WriteSession,
    given: GivenBy,
    asked: str,
    delegation_id: UUID,
    version: int,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> KeptDelegation:
    """Record what was changed, say so to the outside, and let the inboxes of both look again; what it is now."""
    keep(session, given, Subject.DELEGATION, asked, [Change(delegation_id, version, before, after)])
    kept = kept_delegation(session, delegation_id)
    tell_live(session, given.tenant_id, None, kept.parties, "inbox")
    return kept


def _notice(person_id: UUID, kind: NoticeKind, delegation_id: UUID) -> Notice:
    return Notice(person_id, kind, f"{kind.value}/{delegation_id}", data={"delegationId": str(delegation_id)})


def _now(session: Session) -> datetime:
    """The beginning of the transaction; the database's clock, as decisions read it."""
    now: datetime = session.execute(select(func.now())).scalar_one()
    return now
