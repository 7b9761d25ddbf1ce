"""What a change of reference data would do to balances: the answer of a dry run, summed up and person by person."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from models.reads.directory import differences
from models.reads.holidays import day_words, holiday_words
from models.reads.rebuilds import RebuildShown, rebuild_shown
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.accrual_types import ACCRUAL_TITLES, ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.agreements import STANDARD_DAY_MINUTES, AgreementContent
from models.rules.period_types import TypeContent, agreed
from models.rules.supposed import HolidayContent, HolidayKind, Supposed, TargetForAll
from models.rules.typed_totals import total_text
from models.store.agreements import kept_agreement
from models.store.changes import GivenBy
from models.store.period_types import kept_type
from models.store.supposing import made_from, supposed_in
from models.tables.accruals import AccrualRebuild, AccrualRebuildBatch, HolidayException
from models.tables.people import DirectoryChange, Person

PAGE = 50
"""How many differences the page shows at a time."""

Told = tuple[str, str, str]
"""What is called so, what it is, what it would become."""


@dataclass(frozen=True, slots=True)
class Made:
    """That the change was made after it was looked at."""

    by: str
    at: datetime
    rebuild_id: UUID | None
    """The rebuild that follows; None when it was so small that it was done at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change would do to one accrual type."""

    code: AccrualCode
    people: int
    total: int
    largest_up: int | None
    largest_down: int | None
    begun: int
    """Balances that there would be first, or no more: they are in no sum."""

    @property
    def title(self) -> str:
        """As people read it."""
        return ACCRUAL_TITLES[self.code]

    @property
    def unit(self) -> Unit:
        """What its figures count."""
        return ACCRUAL_TYPES[self.code].unit


@dataclass(frozen=True, slots=True)
class Affected:
    """What a change would do to one balance of a person, at the end of an agreement."""

    person: PersonShown
    code: AccrualCode
    day: date
    before: int | None
    after: int | None
    """None: not counted."""
    weight: int
    """By which the list is ordered; for its cursor."""

    @property
    def title(self) -> str:
        """Of the accrual type, as people read it."""
        return ACCRUAL_TITLES[self.code]

    @property
    def unit(self) -> Unit:
        """What the figures count."""
        return ACCRUAL_TYPES[self.code].unit

    @property
    def difference(self) -> int | None:
        """What would be added; None where there is nothing to compare."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def key(self) -> tuple[object, ...]:
        """Where the next page goes on."""
        return self.weight, self.person.id, self.code.value, self.day


@dataclass(frozen=True, slots=True)
class Looked:
    """A change that was looked at."""

    progress: RebuildShown
    supposed: Supposed
    title: str
    told: tuple[Told, ...]
    made: Made | None
    stale: bool
    """Somebody else changed the same thing since."""


def looked_at(session: Session, onlooker: Onlooker, rebuild_id: UUID, zone: ZoneInfo) -> Looked:
    """A change that was looked at, in words. Raises `NotFound`."""
    supposed = supposed_in(session, rebuild_id)
    given = _making(onlooker, rebuild_id)
    made = _made(session, given, zone)
    before, stale = _before(session, supposed, given)
    content = supposed.content
    person_id = content.person_id if isinstance(content, AgreementContent) else None
    whose = _people(session, {person_id}).get(person_id) if person_id else None
    return Looked(
        progress=rebuild_shown(session, rebuild_id, zone),
        supposed=supposed,
        title=_title(supposed, whose),
        told=_told(session, supposed, before),
        made=made,
        stale=stale and made is None,
    )


def titles_of(session: Session, onlooker: Onlooker, rebuild_ids: Collection[UUID]) -> dict[UUID, tuple[str, bool]]:
    """What each of these looks is about, and whether the change was made."""
    kept = select(AccrualRebuild.id, AccrualRebuild.supposed).where(AccrualRebuild.id.in_(rebuild_ids))
    supposed = {id_: Supposed.from_json(value) for id_, value in session.execute(kept) if value}
    contents = [each.content for each in supposed.values()]
    people = _people(session, {each.person_id for each in contents if isinstance(each, AgreementContent)})
    whose = {
        id_: people.get(each.content.person_id) if isinstance(each.content, AgreementContent) else None
        for id_, each in supposed.items()
    }
    commands = {id_: _making(onlooker, id_).command_id for id_ in supposed}
    made = set(
        session.scalars(select(DirectoryChange.command_id).where(DirectoryChange.command_id.in_(commands.values())))
    )
    return {id_: (_title(each, whose[id_]), commands[id_] in made) for id_, each in supposed.items()}


def outcomes(session: Session, rebuild_id: UUID) -> tuple[Outcome, ...]:
    """What a change would do by accrual type, in the order people see them."""
    found = {AccrualCode(row.type): row for row in session.execute(_OUTCOMES, {"rebuild": rebuild_id})}
    return tuple(
        Outcome(code, row.people, row.total, row.largest_up, row.largest_down, row.begun)
        for code in AccrualCode
        if (row := found.get(code))
    )


def affected(
    session: Session,
    rebuild_id: UUID,
    code: AccrualCode | None = None,
    after: tuple[int, UUID, str, date] | None = None,
    limit: int = PAGE + 1,
) -> list[Affected]:
    """Balances that would change, those that change most first; `after` is the key that the page before ended with."""
    weight, person_id, type_, day = after or (None, None, None, None)
    counts = [each.value for each in AccrualCode if ACCRUAL_TYPES[each].unit is Unit.COUNT]
    cursor = {"weight": weight, "person": person_id, "after_type": type_, "day": day}
    asked = {"rebuild": rebuild_id, "code": code.value if code else None, "limit": limit, "day_minutes": STANDARD_DAY}
    return [_affected(row) for row in session.execute(_AFFECTED, asked | cursor | {"counts": counts})]


def all_affected(session: Session, rebuild_id: UUID) -> Iterator[Affected]:
    """Every balance that would change, batch by batch, by staff id within each."""
    numbers = select(AccrualRebuildBatch.number).where(AccrualRebuildBatch.rebuild_id == rebuild_id)
    for number in session.scalars(numbers.order_by(AccrualRebuildBatch.number)).all():
        for row in session.execute(_OF_BATCH, {"rebuild": rebuild_id, "number": number}):
            yield _affected(row)


STANDARD_DAY = STANDARD_DAY_MINUTES
"""As many minutes as one of a count weighs where both stand in one list."""


def _affected(row: Row[Any]) -> Affected:
    person = PersonShown(row.id, row.staff_id, row.name)
    return Affected(person, AccrualCode(row.type), row.date, row.before, row.after, row.weight)


def _made(session: Session, given: GivenBy, zone: ZoneInfo) -> Made | None:
    these = (
        select(Person.name, DirectoryChange.changed_at)
        .join(DirectoryChange, DirectoryChange.changed_by_id == Person.id)
        .where(DirectoryChange.command_id == given.command_id)
    )
    row = session.execute(these.limit(1)).first()
    if row is None:
        return None
    follows = session.scalar(select(AccrualRebuild.id).where(AccrualRebuild.id == given.makes("rebuild")))
    return Made(row.name, row.changed_at.astimezone(zone), follows)


def _before(session: Session, supposed: Supposed, given: GivenBy) -> tuple[Mapping[str, Any] | None, bool]:
    """What there was when it was looked at, and whether somebody has changed it since."""
    if isinstance(supposed.content, HolidayContent):
        return _holiday_before(session, supposed.content, given), False
    if supposed.subject_id is None:
        return None, False
    of_subject = DirectoryChange.subject_id == supposed.subject_id
    since = session.scalar(select(DirectoryChange).where(of_subject, DirectoryChange.version == supposed.version + 1))
    if since is not None:
        return since.before, True
    return _present(session, supposed), False


def _present(session: Session, supposed: Supposed) -> Mapping[str, Any] | None:
    if supposed.subject_id is None:
        return None
    if isinstance(supposed.content, TypeContent):
        return kept_type(session, supposed.subject_id).content.json
    return kept_agreement(session, supposed.subject_id).content.json


def _holiday_before(session: Session, content: HolidayContent, given: GivenBy) -> Mapping[str, Any]:
    made = session.scalar(select(DirectoryChange).where(DirectoryChange.command_id == given.command_id))
    if made is not None and made.before is not None:
        return made.before
    row = session.scalar(select(HolidayException).filter_by(place=content.place, day=content.day))
    kind, name = (HolidayKind(row.kind), row.name) if row else (None, "")
    return HolidayContent(content.place, content.day, kind, name).json


def _title(supposed: Supposed, whose: PersonShown | None) -> str:
    match supposed.content:
        case TypeContent(name=name):
            return f"The type {name}"
        case AgreementContent():
            return f"The agreement of {whose.name if whose else 'somebody'}"
        case HolidayContent(place=place, day=day):
            return f"{day_words(day)} in {place}"
        case TargetForAll(code=code):
            return f"{ACCRUAL_TITLES[code]}: the target of everybody"


def _told(session: Session, supposed: Supposed, before: Mapping[str, Any] | None) -> tuple[Told, ...]:
    match supposed.content:
        case TypeContent() as content:
            return _type_told(session, before or {}, agreed(content).json)
        case AgreementContent() as content:
            return differences(before, content.json, {})
        case HolidayContent() as content:
            present = HolidayContent.from_json(before) if before else HolidayContent(content.place, content.day, None)
            return ((day_words(content.day), holiday_words(present), holiday_words(content)),)
        case TargetForAll() as change:
            label = f"{ACCRUAL_TITLES[change.code]}, in every agreement in force on {_day(change.on)} that has a target"
            return ((label, "each its own target", total_text(change.target, ACCRUAL_TYPES[change.code].unit)),)


def _type_told(session: Session, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Told, ...]:
    """A colour or a place in lists that is not said stays as it is."""
    said = {key: value for key, value in after.items() if value is not None or key not in ("accent", "position")}
    ids = {UUID(id_) for state in (before, said) for id_ in state.get("personIds") or ()}
    names = {str(id_): each.name for id_, each in _people(session, ids).items()}
    return differences({key: value for key, value in before.items() if key in said}, said, names)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _people(session: Session, ids: Collection[UUID]) -> dict[UUID, PersonShown]:
    rows = session.execute(select(Person.id, Person.staff_id, Person.name).where(Person.id.in_(ids)))
    return {id_: PersonShown(id_, staff_id, name) for id_, staff_id, name in rows}


def _making(onlooker: Onlooker, rebuild_id: UUID) -> GivenBy:
    """By which command a look is made."""
    return made_from(GivenBy(onlooker.tenant_id, onlooker.person_id, rebuild_id), rebuild_id)


_OUTCOMES = text(
    """
    SELECT d.type, CAST(count(DISTINCT d."personId") AS int) AS people,
           CAST(coalesce(sum(d.after - d.before), 0) AS bigint) AS total,
           max(d.after - d.before) FILTER (WHERE d.after > d.before) AS largest_up,
           min(d.after - d.before) FILTER (WHERE d.after < d.before) AS largest_down,
           CAST(count(*) FILTER (WHERE d.before IS NULL OR d.after IS NULL) AS int) AS begun
    FROM accrual_rebuild_batch b CROSS JOIN LATERAL jsonb_to_recordset(b.differences)
         AS d("personId" uuid, type text, date date, before int, after int)
    WHERE b.rebuild_id = :rebuild GROUP BY d.type
    """
)

_AFFECTED = text(
    """
    SELECT p.id, p.staff_id, p.name, d.type, d.date, d.before, d.after, d.weight
    FROM (
        SELECT "personId", type, date, before, after, coalesce(
                   abs(CAST(after AS bigint) - before) * CASE WHEN type = ANY (:counts) THEN :day_minutes ELSE 1 END, 0
               ) AS weight
        FROM accrual_rebuild_batch b CROSS JOIN LATERAL jsonb_to_recordset(b.differences)
             AS d("personId" uuid, type text, date date, before int, after int)
        WHERE b.rebuild_id = :rebuild AND (CAST(:code AS text) IS NULL OR type = :code)
    ) d
    JOIN person p ON p.id = d."personId"
    WHERE CAST(:weight AS bigint) IS NULL
       OR (-d.weight, p.id, d.type, d.date)
          > (-CAST(:weight AS bigint), CAST(:person AS uuid), CAST(:after_type AS text), CAST(:day AS date))
    ORDER BY -d.weight, p.id, d.type, d.date LIMIT :limit
    """
)
"""Those that there would be first, or no more, have nothing to compare and come last."""

_OF_BATCH = text(
    """
    SELECT p.id, p.staff_id, p.name, d.type, d.date, d.before, d.after, 0 AS weight
    FROM accrual_rebuild_batch b CROSS JOIN LATERAL jsonb_to_recordset(b.differences)
         AS d("personId" uuid, type text, date date, before int, after int)
    JOIN person p ON p.id = d."personId"
    WHERE b.rebuild_id = :rebuild AND b.number = :number
    ORDER BY p.staff_id, d.date, d.type
    """
)
