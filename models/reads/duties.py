"""Checks of who decided on whose time, and what they found, in sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.rules.duties import Duty, Found
from models.rules.duty_words import DUTY_TITLES, sentence
from models.store.duties import found_in
from models.tables.people import Person
from models.tables.projects import DutyCheck
from models.tables.timesheet import Decision, Timesheet

PAGE = 20


@dataclass(frozen=True, slots=True)
class CheckListed:
    """A check, without what it found."""

    id: UUID
    first: date
    last: date
    decisions: int
    breaches: int
    remarks: int
    asked_by: str | None
    """Who asked for it; None: it was the check of a night."""
    asked_by_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionNamed:
    """A decision that a finding is made of."""

    id: UUID
    timesheet_id: UUID
    decision: str
    owner: str
    by: str
    responsible: str | None
    """In whose name, where that was not whoever decided."""
    period_start: date
    at: datetime


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding in words, with its decisions."""

    duty: Duty
    is_breach: bool
    title: str
    sentence: str
    activity: str | None
    decisions: tuple[DecisionNamed, ...]


@dataclass(frozen=True, slots=True)
class CheckShown:
    """A check with what it found."""

    check: CheckListed
    findings: tuple[FindingShown, ...]
    not_kept: int
    """Further findings that were counted and not kept."""


def checks(session: Session, after: tuple[datetime, UUID] | None = None, limit: int = PAGE + 1) -> list[CheckListed]:
    """Checks, the newest first. Whoever asks may see them."""
    these = _CHECKS.order_by(DutyCheck.checked_at.desc(), DutyCheck.id.desc()).limit(limit)
    if after:
        these = these.where(tuple_(DutyCheck.checked_at, DutyCheck.id) < tuple_(*after))
    return [_listed(check, name) for check, name in session.execute(these)]


def check_shown(session: Session, check_id: UUID, zone: ZoneInfo) -> CheckShown:
    """One check with all that was found. Raises `NotFound`."""
    row = session.execute(_CHECKS.where(DutyCheck.id == check_id)).first()
    if row is None:
        raise NotFound("There is no such check.")
    check, name = row
    found = found_in(check)
    decisions = _decisions(session, {id_ for each in found for id_ in each.decisions}, zone)
    names = _names(session, {id_ for each in found for id_ in each.people})
    return CheckShown(
        _listed(check, name),
        tuple(_finding(each, names, decisions) for each in found),
        check.breaches + check.remarks - len(found),
    )


_CHECKS = select(DutyCheck, Person.name).outerjoin(Person, Person.id == DutyCheck.asked_by_id)


def _listed(check: DutyCheck, asked_by: str | None) -> CheckListed:
    return CheckListed(
        check.id,
        check.from_day,
        check.to_day,
        check.decisions,
        check.breaches,
        check.remarks,
        asked_by,
        check.asked_by_id,
        check.checked_at,
    )


def _finding(found: Found, names: Mapping[UUID, str], decisions: Mapping[UUID, DecisionNamed]) -> FindingShown:
    return FindingShown(
        found.duty,
        found.is_breach,
        DUTY_TITLES[found.duty],
        sentence(found, names),
        found.activity,
        tuple(decisions[id_] for id_ in found.decisions if id_ in decisions),
    )


def _names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())


def _decisions(session: Session, ids: Iterable[UUID], zone: ZoneInfo) -> dict[UUID, DecisionNamed]:
    owner, by, responsible = aliased(Person), aliased(Person), aliased(Person)
    rows = session.execute(
        select(Decision, Timesheet.period_start, owner.name, by.name, responsible.name)
        .join(Timesheet, Timesheet.id == Decision.timesheet_id)
        .join(owner, owner.id == Timesheet.owner_id)
        .join(by, by.id == Decision.decided_by_id)
        .join(responsible, responsible.id == Decision.responsible_id)
        .where(Decision.id.in_(ids))
    )
    return {
        decision.id: DecisionNamed(
            decision.id,
            decision.timesheet_id,
            decision.decision,
            whose,
            who,
            for_whom if decision.decided_by_id != decision.responsible_id else None,
            period_start,
            decision.decided_at.astimezone(zone),
        )
        for decision, period_start, whose, who, for_whom in rows
    }
