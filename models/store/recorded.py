"""Everything that people's balances follow from, as it is stored, and the books as they are kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.rules.accrual_types import AccrualCode, codes_of
from models.rules.accruals import EntryForAccrual, LocalCalendar
from models.rules.agreements import AgreementContent, Target
from models.rules.balances import DayBalance
from models.rules.books import Recorded, Source
from models.rules.period_types import TypeContent, agreed
from models.rules.supposed import HolidayContent, HolidayKind, Supposed, TargetForAll

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True)
class Kept:
    """The books of a person as they are stored."""

    contributions: dict[Source, dict[tuple[AccrualCode, date], tuple[int, int]]] = field(default_factory=dict)
    """By source, accrual type and day: the value that counts, and the computation that it is of."""
    balances: dict[tuple[AccrualCode, date], DayBalance] = field(default_factory=dict)


def recorded_of(
    session: Session, person_ids: Collection[UUID], supposed: Supposed | None = None
) -> dict[UUID, Recorded]:
    """What the balances of these people follow from; with `supposed`, as if that change had been made.

    Whom there is not is missing. A handful of statements, however many they are.
    """
    agreements = agreements_of(session, person_ids, supposed)
    exceptions = _exceptions(session, supposed)
    recorded = {
        id_: Recorded(
            ZoneInfo(zone),
            LocalCalendar(PublicHolidays(place, exceptions.get(place, {})), tuple(agreements.get(id_, {}).values())),
            {},
            {},
            {},
        )
        for id_, zone, place in session.execute(_PEOPLE, {"people": list(person_ids)})
    }
    entries = _entries(session, recorded, supposed)
    flex_changes = _by_person(
        (row.owner_id, Source(row.entry_id, row.version, row.id), row.start_at)
        for row in session.execute(_FLEX_CHANGES, {"people": list(person_ids)})
    )
    adjustments = _by_person(
        (row.person_id, (AccrualCode(row.accrual_code), row.day), row.value)
        for row in session.execute(_ADJUSTMENTS, {"people": list(person_ids)})
    )
    return {
        id_: replace(
            each,
            entries=entries.get(id_, {}),
            flex_changes=flex_changes.get(id_, {}),
            adjustments=adjustments.get(id_, {}),
        )
        for id_, each in recorded.items()
    }


def kept_books(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """The books of these people as they are stored: what is effective, and every balance."""
    kept = {id_: Kept() for id_ in person_ids}
    # All rows of a year at once and by position: row by row and by name takes several times as long.
    effective = session.execute(_EFFECTIVE, {"people": list(person_ids)}).all()
    for person_id, entry_id, version, flex_change_id, code, day, value, computation in effective:
        source = Source(entry_id, version, flex_change_id)
        kept[person_id].contributions.setdefault(source, {})[_CODES[code], day] = value, computation
    balances = session.execute(_BALANCES, {"people": list(person_ids)}).all()
    for person_id, code, day, total, balance in balances:
        kept[person_id].balances[_CODES[code], day] = DayBalance(total, balance)
    return kept


def agreements_of(
    session: Session, person_ids: Collection[UUID], supposed: Supposed | None = None
) -> dict[UUID, dict[UUID, AgreementContent]]:
    """The agreements of these people by person and id, in order of their dates."""
    found: dict[UUID, dict[UUID, AgreementContent]] = {}
    for row in session.execute(_AGREEMENTS, {"people": list(person_ids)}):
        targets = {
            AccrualCode(code): Target(target, opening)
            for code, target, opening in zip(row.codes, row.targets, row.openings, strict=True)
            if code is not None
        }
        content = AgreementContent(row.person_id, row.start_date, row.end_date, row.standard_day_minutes, targets)
        found.setdefault(row.person_id, {})[row.id] = content
    return found if supposed is None else _with_supposed(found, person_ids, supposed)


def with_target(content: AgreementContent, change: TargetForAll) -> AgreementContent:
    """An agreement after a change of a target for all; an opening balance that was the target follows it."""
    before = content.targets.get(change.code)
    if before is None or not content.covers(change.on):
        return content
    opening = change.target if before.opening_balance == before.target else before.opening_balance
    return replace(content, targets={**content.targets, change.code: Target(change.target, opening)})


def _with_supposed(
    found: dict[UUID, dict[UUID, AgreementContent]], person_ids: Collection[UUID], supposed: Supposed
) -> dict[UUID, dict[UUID, AgreementContent]]:
    change = supposed.content
    if isinstance(change, AgreementContent) and change.person_id in person_ids:
        found.setdefault(change.person_id, {})[supposed.subject_id or uuid4()] = change
    if isinstance(change, TargetForAll):
        return {
            person_id: {id_: with_target(content, change) for id_, content in theirs.items()}
            for person_id, theirs in found.items()
        }
    return found


def _exceptions(session: Session, supposed: Supposed | None) -> dict[str, dict[date, HolidayContent]]:
    found: dict[str, dict[date, HolidayContent]] = {}
    for row in session.execute(_EXCEPTIONS):
        found.setdefault(row.place, {})[row.day] = HolidayContent(row.place, row.day, HolidayKind(row.kind), row.name)
    if supposed is not None and isinstance(supposed.content, HolidayContent):
        found.setdefault(supposed.content.place, {})[supposed.content.day] = supposed.content
    return found


def _entries(
    session: Session, recorded: Mapping[UUID, Recorded], supposed: Supposed | None
) -> dict[UUID, dict[Source, EntryForAccrual]]:
    feeds = {id_: codes_of(codes) for id_, codes in session.execute(_FEEDS)}
    if supposed is not None and isinstance(supposed.content, TypeContent) and supposed.subject_id:
        feeds[supposed.subject_id] = codes_of(sorted(agreed(supposed.content).accrual_types))
    entries: dict[UUID, dict[Source, EntryForAccrual]] = {}
    for id_, version, owner_id, type_id, start, end, rest in session.execute(
        _ENTRIES, {"people": list(recorded)}
    ).all():
        entry = EntryForAccrual(feeds[type_id], start, end, recorded[owner_id].zone, rest)
        entries.setdefault(owner_id, {})[Source(id_, version)] = entry
    return entries


def _by_person(rows: Iterable[tuple[UUID, Key, Value]]) -> dict[UUID, dict[Key, Value]]:
    by_person: dict[UUID, dict[Key, Value]] = {}
    for person_id, key, value in rows:
        by_person.setdefault(person_id, {})[key] = value
    return by_person


_CODES = {code.value: code for code in AccrualCode}

_PEOPLE = text("SELECT id, time_zone, holiday_calendar FROM person WHERE id = ANY (:people)")

_AGREEMENTS = text(
    """
    SELECT g.id, g.person_id, g.start_date, g.end_date, g.standard_day_minutes,
           array_agg(t.accrual_code) AS codes, array_agg(t.target) AS targets,
           array_agg(t.opening_balance) AS openings
    FROM agreement g LEFT JOIN agreement_target t ON t.agreement_id = g.id
    WHERE g.person_id = ANY (:people)
    GROUP BY g.id ORDER BY g.person_id, g.start_date
    """
)

_EXCEPTIONS = text("SELECT place, day, kind, name FROM holiday_exception")

_FEEDS = text("SELECT id, feeds FROM time_period_type")

_ENTRIES = text(
    """
    SELECT id, version, owner_id, time_period_type_id, start_at, end_at, meal_break_minutes
    FROM time_entry WHERE owner_id = ANY (:people) AND NOT deleted AND confirmed
    """
)

_FLEX_CHANGES = text(
    """
    SELECT f.id, f.owner_id, f.entry_after_id AS entry_id, f.entry_after_version AS version, v.start_at
    FROM flex_change f
    JOIN time_entry_version v ON v.entry_id = f.entry_after_id AND v.version = f.entry_after_version
    WHERE f.owner_id = ANY (:people)
    """
)

_ADJUSTMENTS = text(
    """
    SELECT person_id, accrual_code, day, CAST(sum(value) AS int) AS value
    FROM adjustment WHERE person_id = ANY (:people) GROUP BY person_id, accrual_code, day
    """
)

_EFFECTIVE = text(
    """
    SELECT DISTINCT ON (c.time_entry_id, c.time_entry_version, c.accrual_code, c.day)
           c.person_id, c.time_entry_id, c.time_entry_version, c.flex_change_id, c.accrual_code, c.day,
           c.value, c.computation
    FROM contribution c JOIN time_entry e ON e.id = c.time_entry_id
    WHERE c.person_id = ANY (:people)
      AND (c.flex_change_id IS NOT NULL OR c.time_entry_version = e.version)
    ORDER BY c.time_entry_id, c.time_entry_version, c.accrual_code, c.day, c.computation DESC
    """
)

_BALANCES = text("SELECT person_id, accrual_code, day, total, balance FROM accrual WHERE person_id = ANY (:people)")
