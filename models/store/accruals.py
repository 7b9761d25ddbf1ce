"""Contributions and balances, kept equal to the arithmetic of the recorded time.

All of it in the transaction of the command that changes the time, under the person's accrual lock, so that
two commands of one person never lose an update while different people never wait for each other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
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
from models.tables.timecard import FlexChange


@dataclass(frozen=True, slots=True)
class Contributed:
    """What a source contributes by one computation."""

    source: Source
    values: Contributions
    computation: int = 0


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
    return frozenset(session.scalars(_LOCK, {"people": list(person_ids)}))


def contribute(session: WriteSession, tenant_id: UUID, owner: Member, source: Source, entry: EntryForAccrual) -> None:
    """Let one entry version take the place of the one before it, in contributions and in every balance after.

    Days without an agreement get nothing. Minutes (or counts) by the person's local days.
    """
    if source.version == 1 and not entry.counts:
        return
    calendar, before = _known(session, owner, source, entry)
    after = counted(contributions(entry, calendar), calendar)
    delta = Counter(after)
    delta.subtract(before)
    changes = {at: Change(used=value) for at, value in delta.items() if value}
    if after or changes:
        added = _added(Contributed(source, after))
        session.execute(_CONTRIBUTE, {"tenant": tenant_id, "person": owner.id, **added, **_changed(changes)})


def contribute_flex_change(session: WriteSession, owner: Member, change: FlexChange, start: datetime) -> None:
    """Let a flex change use its credit; `start` is when the shift begins after it, an instant."""
    day = local_date(start, owner.zone)
    found = counted(flex_contributions(start, owner.zone), local_calendar(session, owner, day, day))
    source = Source(change.entry_after_id, change.entry_after_version, change.id)
    add_contributions(session, change.tenant_id, owner.id, [Contributed(source, found)])
    cascade(session, change.tenant_id, owner.id, {at: Change(used=value) for at, value in found.items()})


def local_calendar(session: Session, owner: Member, first: date, last: date) -> LocalCalendar:
    """What is special about a person's days from `first` to `last`; agreements come without their targets."""
    asked = {"person": owner.id, "place": owner.holiday_calendar, "first": first, "last": last}
    return _calendar(owner, session.execute(_CALENDAR, asked).all())


def cascade(
    session: WriteSession, tenant_id: UUID, person_id: UUID, changes: Mapping[tuple[AccrualCode, date], Change]
) -> None:
    """Carry what changed through the balances of its days and all later days of the same agreement: one statement.

    The person's balances are held already.
    """
    some = {at: change for at, change in changes.items() if change.used or change.given}
    if some:
        session.execute(_CASCADE, {"tenant": tenant_id, "person": person_id, **_changed(some)})


def add_contributions(
    session: WriteSession, tenant_id: UUID, person_id: UUID, contributed: Iterable[Contributed]
) -> None:
    """Write what sources contribute, beside whatever they contributed before: one statement."""
    added = _added(*contributed)
    if added["values"]:
        session.execute(_ADD, {"tenant": tenant_id, "person": person_id, **added})


def _known(
    session: Session, owner: Member, source: Source, entry: EntryForAccrual
) -> tuple[LocalCalendar, Contributions]:
    """The calendar of an entry's days, and what the version before contributed itself; what a flex change did stays."""
    first, last = _days(entry)
    asked = {
        "person": owner.id,
        "place": owner.holiday_calendar,
        "first": first,
        "last": last,
        "entry": source.entry_id,
        "before": source.version - 1,
    }
    rows = session.execute(_KNOWN, asked).all()
    before = {(AccrualCode(row.name), row.start_date): row.number for row in rows if row.kind == "contribution"}
    return _calendar(owner, rows), before


def _days(entry: EntryForAccrual) -> tuple[date | None, date | None]:
    """The first and last local day of an entry that counts."""
    if entry.end is None or not entry.counts:
        return None, None
    return local_date(entry.start, entry.zone), local_date(entry.end, entry.zone)


def _calendar(owner: Member, rows: Sequence[Row[Any]]) -> LocalCalendar:
    agreements = [
        AgreementContent(owner.id, row.start_date, row.end_date, row.number) for row in rows if row.kind == "agreement"
    ]
    exceptions = {
        row.start_date: HolidayContent(owner.holiday_calendar, row.start_date, HolidayKind(row.kind), row.name)
        for row in rows
        if row.kind in _HOLIDAYS
    }
    return LocalCalendar(PublicHolidays(owner.holiday_calendar, exceptions), tuple(agreements))


_HOLIDAYS = frozenset(HolidayKind)


def _added(*contributed: Contributed) -> dict[str, list[object]]:
    """The columns of new rows."""
    rows = [
        (
            each.source.entry_id,
            each.source.version,
            each.source.flex_change_id,
            each.computation,
            code.value,
            day,
            value,
        )
        for each in contributed
        for (code, day), value in each.values.items()
    ]
    names = ("entries", "versions", "flex_changes", "computations", "added_codes", "added_days", "values")
    return _columns(names, rows)


def _changed(changes: Mapping[tuple[AccrualCode, date], Change]) -> dict[str, list[object]]:
    rows = [(code.value, day, change.used, change.given) for (code, day), change in changes.items()]
    return _columns(("codes", "days", "used", "given"), rows)


def _columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    """Rows by column: each is one parameter, however many they are."""
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


_LOCK = text("SELECT id FROM person WHERE id = ANY (:people) ORDER BY id FOR NO KEY UPDATE")

_CALENDAR_ROWS = """
    SELECT 'agreement' AS kind, start_date, end_date, standard_day_minutes AS number, '' AS name
    FROM agreement WHERE person_id = :person AND start_date <= :last AND end_date >= :first
    UNION ALL
    SELECT kind, day, day, 0, name FROM holiday_exception WHERE place = :place AND day BETWEEN :first AND :last
"""

_CONTRIBUTED_BEFORE = """
    UNION ALL
    (SELECT DISTINCT ON (accrual_code, day) 'contribution', day, day, value, accrual_code FROM contribution
     WHERE time_entry_id = :entry AND time_entry_version = :before AND flex_change_id IS NULL
     ORDER BY accrual_code, day, computation DESC)
"""

_INSERT_CONTRIBUTIONS = """
    INSERT INTO contribution (tenant_id, person_id, time_entry_id, time_entry_version, flex_change_id, computation,
                              accrual_code, day, value)
    SELECT :tenant, :person, *
    FROM unnest(CAST(:entries AS uuid[]), CAST(:versions AS int[]), CAST(:flex_changes AS uuid[]),
                CAST(:computations AS int[]), CAST(:added_codes AS text[]), CAST(:added_days AS date[]),
                CAST(:values AS int[]))
"""

_CARRY = """
    changed AS (
        -- Each change with the sum of those up to it, and the last day before the next one.
        SELECT c.code, c.day, c.used, g.id AS agreement_id, g.start_date,
               sum(c.given - c.used) OVER up_to_it AS change,
               coalesce(lead(c.day) OVER up_to_it - 1, g.end_date) AS until
        FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:used AS int[]), CAST(:given AS int[]))
             AS c (code, day, used, given)
        JOIN agreement g ON g.person_id = :person AND c.day BETWEEN g.start_date AND g.end_date
        WINDOW up_to_it AS (PARTITION BY c.code, g.id ORDER BY c.day)
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
               + c.change
        FROM changed c
        ON CONFLICT DO NOTHING
    )
    -- Each row is found once and written once; where the changes up to it cancel out, its day alone.
    UPDATE accrual a
    SET balance = a.balance + c.change, total = a.total + CASE WHEN a.day = c.day THEN c.used ELSE 0 END
    FROM changed c
    WHERE a.person_id = :person AND a.accrual_code = c.code
      AND a.day BETWEEN c.day AND CASE WHEN c.change = 0 THEN c.day ELSE c.until END
"""

_CALENDAR = text(_CALENDAR_ROWS)
_KNOWN = text(_CALENDAR_ROWS + _CONTRIBUTED_BEFORE)
_ADD = text(_INSERT_CONTRIBUTIONS)
_CASCADE = text(f"WITH {_CARRY}")
_CONTRIBUTE = text(f"WITH added AS ({_INSERT_CONTRIBUTIONS}), {_CARRY}")
