"""Contributions and balances, kept equal to the arithmetic of the recorded time.

All of it in the transaction of the command that changes the time, under the person's accrual lock, so that
two commands of one person never lose an update while different people never wait for each other.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.database import WriteSession
from models.rules.accrual_types import AccrualCode
from models.rules.accruals import (
    Contributions,
    EntryForAccrual,
    LocalCalendar,
    contributions,
    counted,
    flex_contributions,
)
from models.rules.agreements import AgreementContent
from models.rules.books import Source
from models.rules.days import local_date
from models.rules.supposed import HolidayContent, HolidayKind
from models.store.people import Member
from models.tables.accruals import Contribution
from models.tables.people import Person
from models.tables.timecard import FlexChange


@dataclass(frozen=True, slots=True)
class Change:
    """How much more (or less) one day of one accrual type has than before."""

    used: int = 0
    """By contributions."""
    given: int = 0
    """By adjustments."""


def lock_balances(session: WriteSession, *person_ids: UUID) -> frozenset[UUID]:
    """Hold people's balances until the transaction ends; whose they are, as far as there are such people.

    Taken after the timesheets that exist and before any that is opened, always, and in the order of their ids.
    """
    these = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)
    return frozenset(session.scalars(these.with_for_update(key_share=True)))


def contribute(session: WriteSession, tenant_id: UUID, owner: Member, source: Source, entry: EntryForAccrual) -> None:
    """Let one entry version take the place of the one before it, in contributions and in every balance after.

    Days without an agreement get nothing. Minutes (or counts) by the person's local days.
    """
    after = _contributions(session, owner, entry)
    before = _contributions_before(session, source) if source.version > 1 else {}
    add_contributions(session, tenant_id, owner.id, source, after)
    delta = Counter(after)
    delta.subtract(before)
    cascade(session, tenant_id, owner.id, {at: Change(used=value) for at, value in delta.items()})


def contribute_flex_change(session: WriteSession, owner: Member, change: FlexChange, start: datetime) -> None:
    """Let a flex change use its credit; `start` is when the shift begins after it, an instant."""
    day = local_date(start, owner.zone)
    found = counted(flex_contributions(start, owner.zone), local_calendar(session, owner, day, day))
    source = Source(change.entry_after_id, change.entry_after_version, change.id)
    add_contributions(session, change.tenant_id, owner.id, source, found)
    cascade(session, change.tenant_id, owner.id, {at: Change(used=value) for at, value in found.items()})


def local_calendar(session: Session, owner: Member, first: date, last: date) -> LocalCalendar:
    """What is special about a person's days from `first` to `last`; agreements come without their targets."""
    agreements, exceptions = [], {}
    asked = {"person": owner.id, "place": owner.holiday_calendar, "first": first, "last": last}
    for row in session.execute(_CALENDAR, asked):
        if row.kind is None:
            agreements.append(AgreementContent(owner.id, row.start_date, row.end_date, row.standard_day_minutes))
        else:
            kind = HolidayKind(row.kind)
            exceptions[row.start_date] = HolidayContent(owner.holiday_calendar, row.start_date, kind, row.name)
    return LocalCalendar(PublicHolidays(owner.holiday_calendar, exceptions), tuple(agreements))


def cascade(
    session: WriteSession, tenant_id: UUID, person_id: UUID, changes: Mapping[tuple[AccrualCode, date], Change]
) -> None:
    """Carry what changed through the balances of its days and all later days of the same agreement: one statement.

    The person's balances are held already.
    """
    some = {at: change for at, change in changes.items() if change.used or change.given}
    if not some:
        return
    session.execute(
        _CASCADE,
        {
            "tenant": tenant_id,
            "person": person_id,
            "codes": [code.value for code, _ in some],
            "days": [day for _, day in some],
            "used": [change.used for change in some.values()],
            "given": [change.given for change in some.values()],
        },
    )


def add_contributions(
    session: WriteSession,
    tenant_id: UUID,
    person_id: UUID,
    source: Source,
    values: Contributions,
    computation: int = 0,
) -> None:
    """Write what a source contributes, beside whatever it contributed before."""
    rows = [
        {
            "tenant_id": tenant_id,
            "person_id": person_id,
            "accrual_code": code.value,
            "time_entry_id": source.entry_id,
            "time_entry_version": source.version,
            "flex_change_id": source.flex_change_id,
            "day": day,
            "computation": computation,
            "value": value,
        }
        for (code, day), value in values.items()
    ]
    if rows:
        session.execute(insert(Contribution), rows)


def _contributions(session: WriteSession, owner: Member, entry: EntryForAccrual) -> Contributions:
    if entry.deleted or entry.end is None or not entry.feeds:
        return {}
    first, last = local_date(entry.start, entry.zone), local_date(entry.end, entry.zone)
    calendar = local_calendar(session, owner, first, last)
    return counted(contributions(entry, calendar), calendar)


def _contributions_before(session: WriteSession, source: Source) -> Contributions:
    """What the version before contributed itself; what a flex change did stays."""
    rows = session.execute(
        select(Contribution.accrual_code, Contribution.day, Contribution.value)
        .where(
            Contribution.time_entry_id == source.entry_id,
            Contribution.time_entry_version == source.version - 1,
            Contribution.flex_change_id.is_(None),
        )
        .order_by(Contribution.computation)
    )
    return {(AccrualCode(code), day): value for code, day, value in rows}


_CALENDAR = text(
    """
    SELECT NULL AS kind, start_date, end_date, standard_day_minutes, '' AS name
    FROM agreement WHERE person_id = :person AND start_date <= :last AND end_date >= :first
    UNION ALL
    SELECT kind, day, day, 0, name FROM holiday_exception WHERE place = :place AND day BETWEEN :first AND :last
    """
)

_CASCADE = text(
    """
    WITH changed AS (
        SELECT c.code, c.day, c.used, c.given, g.id AS agreement_id, g.start_date, g.end_date
        FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:used AS int[]), CAST(:given AS int[]))
             AS c (code, day, used, given)
        JOIN agreement g ON g.person_id = :person AND c.day BETWEEN g.start_date AND g.end_date
    ),
    begun AS (
        -- Days on which nothing had happened before: what the day before them left, and what changed up to them.
        INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
        SELECT :tenant, :person, c.code, c.day, c.used,
               coalesce(
                   (SELECT a.balance FROM accrual a
                    WHERE a.person_id = :person AND a.accrual_code = c.code
                      AND a.day < c.day AND a.day >= c.start_date
                    ORDER BY a.day DESC LIMIT 1),
                   (SELECT t.opening_balance FROM agreement_target t
                    WHERE t.agreement_id = c.agreement_id AND t.accrual_code = c.code),
                   0)
               + (SELECT sum(e.given - e.used) FROM changed e
                  WHERE e.code = c.code AND e.agreement_id = c.agreement_id AND e.day <= c.day)
        FROM changed c
        ON CONFLICT DO NOTHING
    ),
    carried AS (
        SELECT a.accrual_code, a.day, sum(c.given - c.used) AS change,
               coalesce(sum(c.used) FILTER (WHERE c.day = a.day), 0) AS used_today
        FROM changed c
        JOIN accrual a ON a.person_id = :person AND a.accrual_code = c.code
                      AND a.day BETWEEN c.day AND c.end_date
        GROUP BY a.accrual_code, a.day
    )
    UPDATE accrual a
    SET balance = a.balance + carried.change, total = a.total + carried.used_today
    FROM carried
    WHERE a.person_id = :person AND a.accrual_code = carried.accrual_code AND a.day = carried.day
    """
)
