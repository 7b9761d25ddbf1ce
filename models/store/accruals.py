"""Contributions and balances, kept equal to the arithmetic of the recorded time.

All of it in the transaction of the command that changes the time, under the person's accrual lock, so that
two commands of one person never lose an update while different people never wait for each other.
"""

from collections import Counter
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select, text
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.rules.accruals import AccrualCode, Contributions, EntryForAccrual, contributions
from models.tables.accruals import Agreement, Contribution
from models.tables.people import Person
from models.tables.timecard import TimeEntry, TimePeriodType

Delta = Counter[tuple[str, date]]
"""By accrual type and local day: how much more (or less) is used than before."""


def lock_balances(session: WriteSession, *person_ids: UUID) -> frozenset[UUID]:
    """Hold people's balances until the transaction ends; whose they are, as far as there are such people.

    Taken after the timesheets that exist and before any that is opened, always, and in the order of their ids.
    """
    these = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)
    return frozenset(session.scalars(these.with_for_update(key_share=True)))


def contribute(
    session: WriteSession,
    tenant_id: UUID,
    person_id: UUID,
    entry_id: UUID,
    version: int,
    entry: EntryForAccrual,
) -> None:
    """Let one entry version take the place of the one before it, in contributions and in every balance after.

    Days without an agreement get nothing. Minutes (or counts) by the person's local days.
    """
    after = _agreed(session, person_id, contributions(entry))
    before = _contributions_of(session, entry_id, version - 1) if version > 1 else {}
    _add_contributions(session, tenant_id, person_id, entry_id, version, after)
    delta: Delta = Counter(after)
    delta.subtract(before)
    cascade(session, tenant_id, person_id, delta)


def recompute(session: WriteSession, tenant_id: UUID, person_id: UUID, zone: ZoneInfo) -> None:
    """Bring what a person's entries contribute to what it is by the reference data of now, and the balances with it.

    What was computed before stays; of one entry version and day the highest computation counts.
    """
    lock_balances(session, person_id)
    delta: Delta = Counter()
    for entry, feeds in session.execute(_COUNTING.where(TimeEntry.owner_id == person_id)).all():
        before = _contributions_of(session, entry.id, entry.version)
        after = _agreed(session, person_id, contributions(_for_accrual(entry, feeds, zone)))
        changed = {at: after.get(at, 0) for at in before.keys() | after.keys() if before.get(at, 0) != after.get(at, 0)}
        if changed:
            computation = _last_computation(session, entry.id, entry.version) + 1
            _add_contributions(session, tenant_id, person_id, entry.id, entry.version, changed, computation)
            delta.update(after)
            delta.subtract(before)
    cascade(session, tenant_id, person_id, delta)


def cascade(session: WriteSession, tenant_id: UUID, person_id: UUID, delta: Delta) -> None:
    """Carry what changed through the balances of its days and all later days of the same agreement."""
    changed = {at: value for at, value in delta.items() if value}
    if not changed:
        return
    parameters = {
        "tenant": tenant_id,
        "person": person_id,
        "codes": [code for code, _ in changed],
        "days": [day for _, day in changed],
        "changes": list(changed.values()),
    }
    session.execute(_ADD_MISSING_DAYS, parameters)
    session.execute(_CASCADE, parameters)


def codes_fed(feeds: list[str]) -> frozenset[AccrualCode]:
    """The accrual types that a time period type feeds, as far as there is a rule for them."""
    return frozenset(AccrualCode(code) for code in feeds if code in AccrualCode.__members__)


_ADD_MISSING_DAYS = text(
    """
    INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
    SELECT :tenant, :person, changed.code, changed.day, 0,
           coalesce(
               (SELECT a.balance FROM accrual a
                WHERE a.person_id = :person AND a.accrual_code = changed.code
                  AND a.day < changed.day AND a.day >= g.start_date
                ORDER BY a.day DESC LIMIT 1),
               t.opening_balance,
               0)
    FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[])) AS changed (code, day)
    JOIN agreement g ON g.person_id = :person AND changed.day BETWEEN g.start_date AND g.end_date
    LEFT JOIN agreement_target t ON t.agreement_id = g.id AND t.accrual_code = changed.code
    ON CONFLICT DO NOTHING
    """
)

_CASCADE = text(
    """
    WITH changed AS (
        SELECT c.code, c.day, c.change, g.start_date, g.end_date
        FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:changes AS int[])) AS c (code, day, change)
        JOIN agreement g ON g.person_id = :person AND c.day BETWEEN g.start_date AND g.end_date
    ),
    carried AS (
        SELECT a.accrual_code, a.day,
               sum(c.change) AS used,
               coalesce(sum(c.change) FILTER (WHERE c.day = a.day), 0) AS used_today
        FROM changed c
        JOIN accrual a ON a.person_id = :person AND a.accrual_code = c.code
                      AND a.day >= c.day AND a.day <= c.end_date
        GROUP BY a.accrual_code, a.day
    )
    UPDATE accrual a
    SET balance = a.balance - carried.used, total = a.total + carried.used_today
    FROM carried
    WHERE a.person_id = :person AND a.accrual_code = carried.accrual_code AND a.day = carried.day
    """
)


_COUNTING = (
    select(TimeEntry, TimePeriodType.feeds)
    .join(
        TimePeriodType,
        and_(TimePeriodType.tenant_id == TimeEntry.tenant_id, TimePeriodType.id == TimeEntry.time_period_type_id),
    )
    .where(~TimeEntry.deleted, TimeEntry.confirmed)
)
"""The entries that contribute, with the accrual types that they feed."""


def _for_accrual(entry: TimeEntry, feeds: list[str], zone: ZoneInfo) -> EntryForAccrual:
    return EntryForAccrual(codes_fed(feeds), entry.start_at, entry.end_at, zone, entry.meal_break_minutes)


def _agreed(session: WriteSession, person_id: UUID, new: Contributions) -> dict[tuple[str, date], int]:
    """What falls on days that an agreement covers."""
    agreed = _agreed_days(session, person_id, {day for _, day in new})
    return {(code.value, day): value for (code, day), value in new.items() if day in agreed}


def _last_computation(session: WriteSession, entry_id: UUID, version: int) -> int:
    these = (Contribution.time_entry_id == entry_id, Contribution.time_entry_version == version)
    return session.scalar(select(func.max(Contribution.computation)).where(*these)) or 0


def _agreed_days(session: WriteSession, person_id: UUID, days: set[date]) -> set[date]:
    if not days:
        return set()
    agreements = session.execute(
        select(Agreement.start_date, Agreement.end_date).where(
            Agreement.person_id == person_id,
            Agreement.start_date <= max(days),
            Agreement.end_date >= min(days),
        )
    ).all()
    return {day for day in days if any(start <= day <= end for start, end in agreements)}


def _contributions_of(session: WriteSession, entry_id: UUID, version: int) -> dict[tuple[str, date], int]:
    rows = session.execute(
        select(Contribution.accrual_code, Contribution.day, Contribution.value)
        .where(Contribution.time_entry_id == entry_id, Contribution.time_entry_version == version)
        .order_by(Contribution.computation)
    )
    return {(code, day): value for code, day, value in rows}


def _add_contributions(
    session: WriteSession,
    tenant_id: UUID,
    person_id: UUID,
    entry_id: UUID,
    version: int,
    values: dict[tuple[str, date], int],
    computation: int = 0,
) -> None:
    rows = [
        {
            "tenant_id": tenant_id,
            "person_id": person_id,
            "accrual_code": code,
            "time_entry_id": entry_id,
            "time_entry_version": version,
            "day": day,
            "computation": computation,
            "value": value,
        }
        for (code, day), value in values.items()
    ]
    if rows:
        session.execute(insert(Contribution), rows)
