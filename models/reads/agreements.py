"""Agreements as administrators see them: who has one, who has none, and what a change of one did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from models.reads.directory import ChangeShown, changes_of
from models.reads.shown import PersonShown
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent
from models.rules.books import Balances, differences
from models.rules.policy import Role
from models.store.agreements import kept_agreement
from models.store.changes import Kept, last_version
from models.store.holidays import balance_rules_id
from models.store.recorded import agreements_of, kept_books
from models.tables.accruals import Agreement, AgreementTarget
from models.tables.people import Person, PersonRole, TenantPolicy


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Somebody, and their agreement that is in force on a day if there is one."""

    person: PersonShown
    id: UUID | None
    start_date: date | None
    end_date: date | None
    standard_day_minutes: int | None
    target_minutes: int | None
    """Hours of the year; None when the agreement has no such target."""

    @property
    def key(self) -> tuple[str, str]:
        """What the list is in the order of."""
        return self.person.name, self.person.staff_id


@dataclass(frozen=True, slots=True)
class AgreementsAsked:
    """Which people of the list are asked for."""

    on: date
    search: str = ""
    without: bool = False
    """Only people who have no agreement in force on the day."""


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """One agreement for an administrator."""

    person: PersonShown
    kept: Kept[AgreementContent]
    others: tuple[tuple[UUID, AgreementContent], ...]
    """Further ones of the same person, in the order of their dates."""
    changes: tuple[ChangeShown, ...]


@dataclass(frozen=True, slots=True)
class BalanceRules:
    """What the organisation has decided about balances, and how often that was changed."""

    tolerance_percent: int
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's balances stand, to compare one moment with another."""

    balances: Balances
    counted_days: frozenset[date]
    """Days with time that counts."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change did to somebody's balances."""

    changed: int
    """Of how many accrual types another balance is left at the end of an agreement."""
    days: int
    """On how many days more recorded time counts; below zero it does not count any more."""


def agreement_rows(
    session: Session, asked: AgreementsAsked, after: tuple[str, str] | None, limit: int
) -> Sequence[AgreementRow]:
    """Everybody whose time is to count, or does, on a day, by name; `after` is the key the page before ended with."""
    target = and_(
        AgreementTarget.agreement_id == Agreement.id,
        AgreementTarget.accrual_code == AccrualCode.ANNUAL_TARGET_HOURS.value,
    )
    found = (
        select(
            Person.id,
            Person.staff_id,
            Person.name,
            Agreement.id,
            Agreement.start_date,
            Agreement.end_date,
            Agreement.standard_day_minutes,
            AgreementTarget.target,
        )
        .outerjoin(Agreement, and_(Agreement.person_id == Person.id, _in_force(asked.on)))
        .outerjoin(AgreementTarget, target)
        .where(Agreement.id.is_(None) & _RECORDS_TIME if asked.without else Agreement.id.is_not(None) | _RECORDS_TIME)
    )
    if asked.search.strip():
        found = found.where(called(asked.search))
    if after is not None:
        found = found.where(tuple_(Person.name, Person.staff_id) > tuple_(*after))
    rows = session.execute(found.order_by(Person.name, Person.staff_id).limit(limit))
    return [AgreementRow(PersonShown(*row[:3]), *row[3:]) for row in rows]


def how_many_without(session: Session, on: date) -> int:
    """How many people record time that counts nowhere on a day."""
    theirs = select(Agreement.id).where(Agreement.person_id == Person.id, _in_force(on))
    found = select(func.count()).select_from(Person).where(_RECORDS_TIME, ~theirs.exists())
    return session.scalar(found) or 0


def called(search: str) -> ColumnElement[bool]:
    """Whether a person is the one that is looked for, by part of the name or staff id."""
    return or_(*(column.icontains(search.strip(), autoescape=True) for column in (Person.name, Person.staff_id)))


def agreement_page(session: Session, agreement_id: UUID, zone: ZoneInfo) -> AgreementPage:
    """An agreement with its history in the viewer's zone. Raises `NotFound`."""
    kept = kept_agreement(session, agreement_id)
    others = [pair for pair in agreements_of_person(session, kept.content.person_id) if pair[0] != agreement_id]
    changes = changes_of(session, agreement_id, zone)
    return AgreementPage(person_of(session, kept.content.person_id), kept, tuple(others), changes)


def agreements_of_person(session: Session, person_id: UUID) -> Sequence[tuple[UUID, AgreementContent]]:
    """Every agreement of somebody, in the order of their dates."""
    return list(agreements_of(session, [person_id]).get(person_id, {}).items())


def person_of(session: Session, person_id: UUID) -> PersonShown:
    """A person that something is known of."""
    person = session.get_one(Person, person_id)
    return PersonShown(person.id, person.staff_id, person.name)


def balance_rules(session: Session, tenant_id: UUID) -> BalanceRules:
    """The rules of balances."""
    policy = session.get_one(TenantPolicy, tenant_id)
    return BalanceRules(policy.balance_tolerance_percent, last_version(session, balance_rules_id(tenant_id)))


def standing_of(session: Session, person_id: UUID) -> Standing:
    """How somebody's balances stand now."""
    days = kept_books(session, [person_id])[person_id].balances
    counted = frozenset(day for (_, day), kept in days.items() if kept.total)
    return Standing(Balances([content for _, content in agreements_of_person(session, person_id)], days), counted)


def effect_of(before: Standing, after: Standing) -> Effect:
    """What happened to somebody's balances between two moments."""
    found = differences(before.balances, after.balances)
    changed = {each.code for each in found if (each.before or 0) != (each.after or 0)}
    return Effect(len(changed), len(after.counted_days) - len(before.counted_days))


def _in_force(on: date) -> ColumnElement[bool]:
    return and_(Agreement.start_date <= on, Agreement.end_date >= on)


_RECORDS_TIME = Person.active & Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == Role.WORKER.value))
"""Whose recorded time is meant to count."""
