"""Who stands in for whom, as the people concerned, administrators and programs see it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.people import person_by_staff_id
from models.reads.shown_people import PersonShown
from models.reads.viewer import Onlooker
from models.rules.date_words import day_year
from models.rules.days import local_date
from models.rules.delegations import APPROVING, DelegationState
from models.rules.policy import Action, Relation, Role, Standing, authorise, roles_of
from models.store.delegations import UNSEEN, KeptDelegation, as_kept
from models.store.people import Circle
from models.tables.approval import Delegation
from models.tables.people import DirectoryChange, Person, PersonRole

PAGE = 50
LISTED_PAST = 10
"""Delegations that are over, on the page of one's own."""

MOST_SUGGESTED = 500
"""Colleagues that a form offers by name; anybody else is named by staff id."""

MOST_TICKED = 60
"""People that a form offers to choose from; who approves more of them names them by staff id."""


@dataclass(frozen=True, slots=True)
class DelegationShown:
    """One delegation on a page. Instants are in the zone of whoever looks."""

    kept: KeptDelegation
    state: DelegationState
    delegator: PersonShown
    delegate: PersonShown
    only: tuple[PersonShown, ...]
    """Whose time only; nobody: everybody's."""
    granted_by: PersonShown
    revoked_by: PersonShown | None
    revoked_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it is history."""
        return self.state in (DelegationState.PAST, DelegationState.REVOKED)


@dataclass(frozen=True, slots=True)
class OwnDelegations:
    """What somebody granted and was granted: what is or comes first, then what is over."""

    granted: tuple[DelegationShown, ...]
    received: tuple[DelegationShown, ...]
    over: tuple[DelegationShown, ...]


@dataclass(frozen=True, slots=True)
class StandingIn:
    """For whom somebody stands in now, and until which local day of theirs."""

    delegation_id: UUID
    delegator: PersonShown
    until: date
    is_limited: bool
    """Whether it reaches only some people's time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which delegations a list is to hold, the newest first."""

    person_id: UUID | None = None
    """Who granted it or was granted it."""
    search: str = ""
    """Part of a name, or a staff id, of either of them."""
    on: date | None = None
    """In force on this local day."""
    over_too: bool = True
    after: tuple[datetime, UUID] | None = None
    limit: int = PAGE + 1


def standing_in_for(session: Session, person_id: UUID, now: datetime) -> tuple[StandingIn, ...]:
    """For whom somebody stands in now: those who can approve, by name."""
    able = exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_([role.value for role in APPROVING]))
    rows = session.execute(
        select(Delegation, Person)
        .join(Person, Person.id == Delegation.delegator_id)
        .where(Delegation.delegate_id == person_id, _may_be_current(now), Person.active, able)
        .order_by(Person.name, Delegation.to_day)
    )
    return tuple(
        StandingIn(row.id, PersonShown(who.id, who.staff_id, who.name), row.to_day, row.person_ids is not None)
        for row, who in rows
        if row.from_day <= local_date(now, ZoneInfo(who.time_zone)) <= row.to_day
    )


def stand_in_words(circle: Circle, timesheet_id: UUID) -> tuple[str, ...]:
    """Who stands in today for those whom a timesheet waits for, or would wait for, as its owner reads it."""
    said = []
    for approver_id in circle.asked(timesheet_id):
        approver = circle.members.get(approver_id) if approver_id else None
        if approver is None:
            continue
        today = local_date(circle.now, approver.zone)
        said += [
            f"{deputy.name} stands in for {approver.name} until {day_year(deputy.last)}."
            for deputy in approver.deputies
            if deputy.stands_in(circle.owner.id, today)
        ]
    return tuple(said)


def own_delegations(session: Session, person_id: UUID, now: datetime, zone: ZoneInfo) -> OwnDelegations:
    """Everything that somebody granted or was granted, and that is or comes; of what is over the last ones."""
    open_ = find_delegations(session, Wanted(person_id, over_too=False, limit=2 * PAGE), now)
    last = find_delegations(session, Wanted(person_id, limit=2 * PAGE), now)
    shown = delegations_shown(session, {each.id: each for each in (*open_, *last)}.values(), now, zone)
    ahead = sorted(
        (each for each in shown if not each.is_over), key=lambda each: (each.kept.content.first, each.kept.id)
    )
    over = sorted((each for each in shown if each.is_over), key=_ended, reverse=True)
    return OwnDelegations(
        tuple(each for each in ahead if each.delegator.id == person_id),
        tuple(each for each in ahead if each.delegate.id == person_id),
        tuple(over[:LISTED_PAST]),
    )


def seen_delegation(session: Session, onlooker: Onlooker, delegation_id: UUID) -> KeptDelegation:
    """A delegation, for the two whom it is about and for those who see everybody's. Raises `NotFound`."""
    row = session.execute(_rows().where(Delegation.id == delegation_id)).one_or_none()
    if row is None:
        raise NotFound(UNSEEN)
    kept = as_kept(*row)
    if not (kept.parties & {onlooker.person_id, onlooker.acting_for_id} or sees_all(session, onlooker)):
        raise NotFound(UNSEEN)
    return kept


def find_delegations(session: Session, wanted: Wanted, now: datetime) -> list[KeptDelegation]:
    """The delegations that are wanted; whoever asks may see them."""
    these = _rows().order_by(Delegation.granted_at.desc(), Delegation.id.desc()).limit(wanted.limit)
    return [as_kept(*row) for row in session.execute(these.where(*_conditions(wanted, now)))]


def delegations_shown(
    session: Session, kept: Iterable[KeptDelegation], now: datetime, zone: ZoneInfo
) -> tuple[DelegationShown, ...]:
    """Delegations with the names of everybody in them, in a single statement more."""
    kept = list(kept)
    people = _people(session, {id_ for each in kept for id_ in _named(each)})
    return tuple(
        DelegationShown(
            each,
            each.state(now),
            people[each.content.delegator_id],
            people[each.content.delegate_id],
            tuple(sorted((people[id_] for id_ in each.content.person_ids or ()), key=lambda person: person.name)),
            people[each.granted_by_id],
            people[each.revoked_by_id] if each.revoked_by_id else None,
            each.revoked_at.astimezone(zone) if each.revoked_at else None,
        )
        for each in kept
    )


def sees_all(session: Session, onlooker: Onlooker) -> bool:
    """Whether somebody sees everybody's delegations."""
    return _may(session, onlooker.person_id, Action.SEE_PEOPLE)


def may_grant(session: Session, person_id: UUID) -> bool:
    """Whether somebody has decisions to give to others: they are a supervisor or lead projects."""
    return bool(_roles(session, person_id) & APPROVING)


def suggested_deputies(session: Session, person_id: UUID) -> tuple[PersonShown, ...]:
    """Whom a form offers first: everybody else who decides on somebody's time, by name."""
    deciding = [role.value for role in (*APPROVING, Role.ADMINISTRATOR)]
    theirs = select(PersonRole.person_id).where(PersonRole.role.in_(deciding))
    found = select(Person.id, Person.staff_id, Person.name).where(
        Person.active, Person.id.in_(theirs), Person.id != person_id
    )
    rows = session.execute(found.order_by(Person.name, Person.staff_id).limit(MOST_SUGGESTED))
    return tuple(PersonShown(*row) for row in rows)


def people_below(session: Session, person_id: UUID) -> tuple[PersonShown, ...]:
    """Whose time comes to somebody first: those directly below them, by name; nobody where they are too many."""
    found = select(Person.id, Person.staff_id, Person.name).where(Person.supervisor_id == person_id, Person.active)
    rows = session.execute(found.order_by(Person.name, Person.staff_id).limit(MOST_TICKED + 1)).all()
    return tuple(PersonShown(*row) for row in rows) if len(rows) <= MOST_TICKED else ()


def person_typed(session: Session, typed: str) -> PersonShown:
    """Somebody by staff id, or by a name that only they have. Raises `NotFound`."""
    named = select(Person.id, Person.staff_id, Person.name).where(
        func.lower(Person.name) == typed.lower(), Person.active
    )
    rows = session.execute(named.limit(2)).all()
    return PersonShown(*rows[0]) if len(rows) == 1 else person_by_staff_id(session, typed)


def _ended(shown: DelegationShown) -> tuple[datetime, UUID]:
    return shown.kept.revoked_at or shown.kept.span.ends, shown.kept.id


def _rows() -> Select[Delegation, str, int]:
    version = (
        select(func.max(DirectoryChange.version))
        .where(DirectoryChange.subject_id == Delegation.id)
        .correlate(Delegation)
        .scalar_subquery()
    )
    return select(Delegation, Person.time_zone, func.coalesce(version, 1)).join(
        Person, Person.id == Delegation.delegator_id
    )


def _conditions(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person_id is not None:
        found.append(or_(Delegation.delegator_id == wanted.person_id, Delegation.delegate_id == wanted.person_id))
    if wanted.search.strip():
        found.append(_is_about(wanted.search.strip()))
    if wanted.on is not None:
        in_force = Delegation.from_day <= wanted.on, Delegation.to_day >= wanted.on
        found += [*in_force, Delegation.revoked_at.is_(None)]
    if not wanted.over_too:
        found += [Delegation.revoked_at.is_(None), Delegation.to_day >= _nearby(now, -1)]
    if wanted.after is not None:
        found.append(tuple_(Delegation.granted_at, Delegation.id) < wanted.after)
    return found


def _is_about(search: str) -> ColumnElement[bool]:
    either = Person.__table__.alias("either")
    named = or_(*(either.c[name].icontains(search, autoescape=True) for name in ("name", "staff_id")))
    parties = or_(either.c.id == Delegation.delegator_id, either.c.id == Delegation.delegate_id)
    return exists(select(either.c.id).where(parties, named).correlate(Delegation))


def _may_be_current(now: datetime) -> ColumnElement[bool]:
    """In force in some zone of the world; in which one is for the rules to say."""
    begun, not_over = Delegation.from_day <= _nearby(now, 1), Delegation.to_day >= _nearby(now, -1)
    return Delegation.revoked_at.is_(None) & begun & not_over


def _nearby(now: datetime, days: int) -> date:
    return date.fromordinal(now.date().toordinal() + days)


def _named(kept: KeptDelegation) -> set[UUID]:
    others = (kept.granted_by_id, kept.revoked_by_id, *(kept.content.person_ids or ()))
    return {*kept.parties, *(id_ for id_ in others if id_)}


def _people(session: Session, ids: Collection[UUID]) -> dict[UUID, PersonShown]:
    rows: Sequence[Any] = session.execute(
        select(Person.id, Person.staff_id, Person.name).where(Person.id.in_(ids))
    ).all()
    return {row.id: PersonShown(row.id, row.staff_id, row.name) for row in rows}


def _may(session: Session, person_id: UUID, action: Action) -> bool:
    standing = Standing(person_id, _roles(session, person_id), frozenset({Relation.SELF, Relation.TENANT}))
    return authorise(action, standing) is not None


def _roles(session: Session, person_id: UUID) -> frozenset[Role]:
    return roles_of(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))
