"""Balances for whoever may see them: day by day with what made them so, and how they stand on one day."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.viewer import Onlooker, circle_for
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, agreement_on
from models.rules.balances import DayBalance
from models.rules.books import At
from models.rules.days import day_bounds, local_date, split_by_local_day
from models.rules.entry_fields import MAX_DURATION
from models.rules.periods import Period
from models.rules.summaries import Summary, summary_on
from models.store.recorded import agreements_of
from models.tables.people import TenantPolicy


@dataclass(frozen=True, slots=True)
class AccrualSummary:
    """How one accrual type of a person stands at the end of a local day that an agreement covers."""

    person_id: UUID
    code: AccrualCode
    day: date
    agreement: AgreementContent
    summary: Summary


@dataclass(frozen=True, slots=True)
class Contributed:
    """What one version of an entry uses up of one accrual type on one day; minutes or a count."""

    entry_id: UUID
    version: int
    value: int


@dataclass(frozen=True, slots=True)
class AccrualDay:
    """One accrual type at the end of one local day."""

    code: AccrualCode
    day: date
    balance: int
    total: int
    contributions: tuple[Contributed, ...]


@dataclass(frozen=True, slots=True)
class NotCounted:
    """An entry with time on a local day that no agreement covers."""

    entry_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class Accruals:
    """The balances of a person, day by day."""

    days: tuple[AccrualDay, ...]
    """By day, then by accrual type; none of days that no agreement covers."""
    not_counted: tuple[NotCounted, ...]


def summaries(
    session: Session, onlooker: Onlooker, person_id: UUID, on: date, code: AccrualCode | None = None
) -> tuple[AccrualSummary, ...]:
    """How a person stands at the end of a local day: the types with a target, and those with anything on them so far.

    With `code` only that type, whether or not there is anything on it. None at all when no agreement covers the
    day. In the order of the accrual types; four statements. Raises `NotFound` for whom the onlooker may not see.
    """
    circle_for(session, onlooker, person_id)
    agreement = agreement_on(on, _agreements(session, person_id))
    if agreement is None:
        return ()
    asked = {"person": person_id, "codes": _names(code), "first": agreement.start_date, "last": on}
    stood = {AccrualCode(row.accrual_code): row for row in session.execute(_STOOD, asked)}
    tolerance = session.get_one(TenantPolicy, onlooker.tenant_id).balance_tolerance_percent
    found = []
    for each in _types(code, agreement, stood):
        row = stood.get(each)
        contributed, remaining = (row.contributed, row.remaining) if row else (0, agreement.opening(each))
        summary = summary_on(on, agreement, each, contributed, remaining, tolerance)
        found.append(AccrualSummary(person_id, each, on, agreement, summary))
    return tuple(found)


def accruals(
    session: Session, onlooker: Onlooker, person_id: UUID, span: Period, code: AccrualCode | None = None
) -> Accruals:
    """The balances of a person on every local day of `span`, with what each day contributed; as `summaries` for types.

    At most five statements, however many days. Raises `NotFound` for whom the onlooker may not see.
    """
    zone = circle_for(session, onlooker, person_id).owner.zone
    touched = [each for each in _agreements(session, person_id) if _within(span, each)]
    stored = _stored(session, person_id, span, code, touched) if touched else {}
    contributed = _contributed(session, person_id, span, code) if touched else {}
    days = (_agreed_days(agreement, span, code, stored, contributed) for agreement in touched)
    not_counted = _not_counted(session, person_id, zone, span, code, touched)
    return Accruals(tuple(chain.from_iterable(days)), not_counted)


def _agreed_days(
    agreement: AgreementContent,
    span: Period,
    code: AccrualCode | None,
    stored: Mapping[At, DayBalance],
    contributed: Mapping[At, Sequence[Contributed]],
) -> Iterator[AccrualDay]:
    """The days of a span that an agreement covers; a day on which nothing happened carries on what was left."""
    theirs = {at: stored[at] for at in sorted(stored) if agreement.covers(at[1])}
    types = _types(code, agreement, {each for each, _ in theirs})
    left = {each: agreement.opening(each) for each in types}
    left |= {each: known.balance for (each, day), known in theirs.items() if day < span.start}
    for day in _within(span, agreement):
        for each in types:
            known = theirs.get((each, day), DayBalance(0, left[each]))
            left[each] = known.balance
            yield AccrualDay(each, day, known.balance, known.total, tuple(contributed.get((each, day), ())))


def _agreements(session: Session, person_id: UUID) -> tuple[AgreementContent, ...]:
    return tuple(agreements_of(session, [person_id]).get(person_id, {}).values())


def _within(span: Period, agreement: AgreementContent) -> Sequence[date]:
    """The days of a span that an agreement covers."""
    first, last = max(span.start, agreement.start_date), min(span.end, agreement.end_date)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _names(code: AccrualCode | None) -> list[str]:
    """The accrual types to look for, all of them named, since the indexes have them in front of the days."""
    return [each.value for each in (AccrualCode if code is None else (code,))]


def _types(
    code: AccrualCode | None, agreement: AgreementContent, used: Collection[AccrualCode]
) -> tuple[AccrualCode, ...]:
    if code is not None:
        return (code,)
    return tuple(each for each in AccrualCode if each in agreement.targets or each in used)


def _stored(
    session: Session, person_id: UUID, span: Period, code: AccrualCode | None, touched: Sequence[AgreementContent]
) -> dict[At, DayBalance]:
    """The balances of the days of a span on which something happened, and the last ones before it."""
    begun = min(span.start, touched[0].start_date)
    asked = {"person": person_id, "codes": _names(code), "first": span.start, "last": span.end, "begun": begun}
    return {
        (AccrualCode(row.accrual_code), row.day): DayBalance(row.total, row.balance)
        for row in session.execute(_STORED, asked)
    }


def _contributed(
    session: Session, person_id: UUID, span: Period, code: AccrualCode | None
) -> dict[At, list[Contributed]]:
    """What is effective on the days of a span, in the order in which it was worked."""
    asked = {"person": person_id, "codes": _names(code), "first": span.start, "last": span.end}
    found: dict[At, list[Contributed]] = {}
    for row in session.execute(_CONTRIBUTED, asked):
        what = Contributed(row.time_entry_id, row.time_entry_version, row.value)
        found.setdefault((AccrualCode(row.accrual_code), row.day), []).append(what)
    return found


def _not_counted(
    session: Session,
    person_id: UUID,
    zone: ZoneInfo,
    span: Period,
    code: AccrualCode | None,
    touched: Sequence[AgreementContent],
) -> tuple[NotCounted, ...]:
    """What would count on the days of a span if an agreement covered them."""
    agreed = {day for agreement in touched for day in _within(span, agreement)}
    if len(agreed) > (span.end - span.start).days:
        return ()
    start, end = day_bounds(span.start, zone)[0], day_bounds(span.end, zone)[1]
    asked = {"person": person_id, "codes": _names(code), "near": start - MAX_DURATION, "start": start, "end": end}
    return tuple(
        NotCounted(row.id, day)
        for row in session.execute(_ENTRIES, asked)
        for day in _days(row.start_at, row.end_at, zone)
        if span.start <= day <= span.end and day not in agreed
    )


def _days(start: datetime, end: datetime | None, zone: ZoneInfo) -> Iterator[date]:
    """The local days of an entry; of one that is still running the first."""
    if end is None:
        yield local_date(start, zone)
    else:
        yield from (segment.day for segment in split_by_local_day(start, end, zone))


_STOOD = text(
    """
    SELECT accrual_code, CAST(sum(total) AS int) AS contributed, (array_agg(balance ORDER BY day DESC))[1] AS remaining
    FROM accrual
    WHERE person_id = :person AND accrual_code = ANY (:codes) AND day BETWEEN :first AND :last
    GROUP BY accrual_code
    """
)

_STORED = text(
    """
    SELECT accrual_code, day, total, balance FROM accrual
    WHERE person_id = :person AND accrual_code = ANY (:codes) AND day BETWEEN :first AND :last
    UNION ALL
    SELECT before.* FROM unnest(CAST(:codes AS text[])) AS code CROSS JOIN LATERAL (
        SELECT accrual_code, day, total, balance FROM accrual
        WHERE person_id = :person AND accrual_code = code AND day < :first AND day >= :begun
        ORDER BY day DESC LIMIT 1
    ) before
    """
)

_CONTRIBUTED = text(
    """
    SELECT accrual_code, day, time_entry_id, time_entry_version, value FROM (
        SELECT DISTINCT ON (c.time_entry_id, c.time_entry_version, c.accrual_code, c.day)
               c.accrual_code, c.day, c.time_entry_id, c.time_entry_version, c.value, e.start_at
        FROM contribution c JOIN time_entry e ON e.id = c.time_entry_id
        WHERE c.person_id = :person AND c.accrual_code = ANY (:codes) AND c.day BETWEEN :first AND :last
          AND (c.flex_change_id IS NOT NULL OR c.time_entry_version = e.version)
        ORDER BY c.time_entry_id, c.time_entry_version, c.accrual_code, c.day, c.computation DESC
    ) effective
    WHERE value <> 0 ORDER BY start_at, time_entry_id, time_entry_version
    """
)

_ENTRIES = text(
    """
    SELECT e.id, e.start_at, e.end_at
    FROM time_entry e
    JOIN time_period_type t ON t.tenant_id = e.tenant_id AND t.id = e.time_period_type_id
    WHERE e.owner_id = :person AND NOT e.deleted AND e.confirmed AND t.feeds && CAST(:codes AS varchar[])
      AND e.start_at >= :near AND e.start_at < :end AND coalesce(e.end_at > :start, e.start_at >= :start)
    ORDER BY e.start_at, e.id
    """
)
