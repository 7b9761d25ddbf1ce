"""Shifts changed at short notice: those on record, the form of a new one, and what a change would be called."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.commands import made_by
from models.errors import NotFound
from models.reads.notes import said_by
from models.reads.shown import FlexShown, PersonShown, SpanShown
from models.reads.viewer import shown
from models.rules.days import day_bounds
from models.rules.flex import FlexType, ShiftChange, satisfied
from models.rules.periods import Period
from models.store.people import Circle, Member
from models.tables.accruals import Adjustment, Contribution
from models.tables.people import Person
from models.tables.timecard import FlexChange, TimeEntry, TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Command

LABELS: dict[FlexType, tuple[str, str]] = {
    FlexType.EXTENDED: ("Extended", "More than 30 minutes added in all, and nothing taken away at either end."),
    FlexType.ALTERED: ("Altered", "60 minutes or more added at either end; a slide counts by what it adds."),
    FlexType.CURTAILED: ("Curtailed", "120 minutes or more taken from the end; it starts as before."),
    FlexType.COMPLETELY_CHANGED: ("Completely changed", "Moved to another day, on which no work was planned."),
}
"""Each type as people call it, and when a change is of it."""


@dataclass(frozen=True, slots=True)
class FlexRow:
    """A change on record with the version it was measured against and the one it made."""

    change: FlexChange
    before: TimeEntryVersion
    after: TimeEntryVersion

    @property
    def label(self) -> str:
        """The type as people call it."""
        return LABELS[FlexType(self.change.type)][0]


def flex_changes_in(session: Session, owner_id: UUID, period: Period, zone: ZoneInfo) -> tuple[FlexShown, ...]:
    """The changes of shifts that were or are in a period, in the order they were recorded."""
    before, *_ = _ALIASES
    in_period = (each.local_date.between(period.start, period.end) for each in (FlexChange, before))
    found = _told().where(FlexChange.owner_id == owner_id, or_(*in_period))
    return _all_shown(session, found.order_by(FlexChange.created_at, FlexChange.id), zone)


def newest_flex_changes(session: Session, owner_id: UUID, limit: int, zone: ZoneInfo) -> tuple[FlexShown, ...]:
    """The changes of somebody's shifts, those of the latest days first."""
    theirs = _told().where(FlexChange.owner_id == owner_id)
    newest_first = theirs.order_by(FlexChange.local_date.desc(), FlexChange.id.desc())
    return _all_shown(session, newest_first.limit(limit), zone)


def flex_change_shown(session: Session, flex_change_id: UUID, zone: ZoneInfo) -> tuple[UUID, FlexShown]:
    """One change, and whose shift it was. Raises `NotFound`."""
    owner_id = session.scalar(select(FlexChange.owner_id).where(FlexChange.id == flex_change_id))
    if owner_id is None:
        raise NotFound("There is no such page, or you may not see it.")
    (shown_,) = _all_shown(session, _told().where(FlexChange.id == flex_change_id), zone)
    return owner_id, shown_


def flex_made_by(session: Session, commands: Sequence[Command]) -> dict[UUID, FlexRow]:
    """The changes that commands made, by command: the id of each follows from it."""
    ids = [made_by(command.tenant_id, command.id, "flex-change") for command in commands]
    rows = (FlexRow(*row) for row in session.execute(_changes().where(FlexChange.id.in_(ids))))
    return {row.change.command_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class FlexPreview:
    """What a change adds or takes away, and what it is called therefore."""

    words: str
    types: tuple[FlexType, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The types as people call them."""
        return tuple(LABELS[type_][0] for type_ in self.types)

    def is_not(self, chosen: str) -> str | None:
        """Why the chosen type does not fit; None when it does, or none was chosen."""
        if chosen not in {type_.value for type_ in FlexType} or chosen in self.types:
            return None
        label, rule = LABELS[FlexType(chosen)]
        return f"This is not {label.lower()}. {label} means: {rule[0].lower()}{rule[1:]}"


def preview_of(change: ShiftChange, day: date) -> FlexPreview:
    """What the change of a shift, which starts on local day `day` after it, is true of."""
    return FlexPreview(_words(change, day), satisfied(change))


def works_on(session: Session, owner_id: UUID, day: date, zone: ZoneInfo, but: UUID) -> bool:
    """Whether another shift of somebody starts on a local day; absences and days off are none."""
    midnight, next_midnight = day_bounds(day, zone)
    of_type = and_(TimePeriodType.tenant_id == TimeEntry.tenant_id, TimePeriodType.id == TimeEntry.time_period_type_id)
    there = (
        select(TimeEntry.id)
        .join(TimePeriodType, of_type)
        .where(
            TimeEntry.owner_id == owner_id,
            TimeEntry.start_at >= midnight,
            TimeEntry.start_at < next_midnight,
            TimeEntry.id != but,
            ~TimeEntry.deleted,
            TimePeriodType.value_type != "date",
        )
    )
    return session.scalar(there.limit(1)) is not None


def who_authorises(circle: Circle) -> tuple[PersonShown, ...]:
    """The people above the owner of the time, by name: those one usually names."""
    above = (member for member in _above(circle) if member.rank.active)
    return tuple(shown(member) for member in sorted(above, key=lambda member: member.name))


def person_called(circle: Circle, name: str) -> UUID | None:
    """The one person above the owner who is called so, if there is just one."""
    wanted = " ".join(name.split()).casefold()
    found = [person.id for person in who_authorises(circle) if person.name.casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _above(circle: Circle) -> Iterator[Member]:
    """From the owner's supervisor upwards, each of them once."""
    seen, member = {circle.owner.id}, circle.members.get(circle.owner.rank.supervisor_id or circle.owner.id)
    while member is not None and member.id not in seen:
        seen.add(member.id)
        yield member
        member = circle.members.get(member.rank.supervisor_id or member.id)


_ALIASES = aliased(TimeEntryVersion), aliased(TimeEntryVersion)


def _changes() -> Select[FlexChange, TimeEntryVersion, TimeEntryVersion]:
    before, after = _ALIASES
    return (
        select(FlexChange, before, after)
        .join(
            before,
            and_(before.entry_id == FlexChange.time_entry_id, before.version == FlexChange.time_entry_version),
        )
        .join(
            after,
            and_(after.entry_id == FlexChange.entry_after_id, after.version == FlexChange.entry_after_version),
        )
    )


_Told = Select[FlexChange, TimeEntryVersion, TimeEntryVersion, str, str | None, bool, datetime | None, str | None]


def _told() -> _Told:
    """Changes with who recorded them, and what became of their credits."""
    author, responsible, giver = aliased(Person), aliased(Person), aliased(Person)
    found: _Told = (
        _changes()
        .add_columns(author.name, responsible.name, _uses_credit(), Adjustment.recorded_at, giver.name)
        .join(author, author.id == FlexChange.author_id)
        .outerjoin(responsible, responsible.id == FlexChange.on_behalf_of_id)
        .outerjoin(Adjustment, Adjustment.reverses_flex_change_id == FlexChange.id)
        .outerjoin(giver, giver.id == Adjustment.authorised_by_id)
    )
    return found


def _uses_credit() -> ColumnElement[bool]:
    """Whether what a change contributes, as it was computed last, is anything."""
    used, newer = aliased(Contribution), aliased(Contribution)
    of_this = and_(
        used.time_entry_id == FlexChange.entry_after_id,
        used.time_entry_version == FlexChange.entry_after_version,
        used.flex_change_id == FlexChange.id,
    )
    last = (
        select(func.max(newer.computation))
        .where(
            newer.time_entry_id == used.time_entry_id,
            newer.time_entry_version == used.time_entry_version,
            newer.accrual_code == used.accrual_code,
            newer.day == used.day,
        )
        .scalar_subquery()
    )
    return exists().where(of_this, used.value != 0, used.computation == last)


def _all_shown(session: Session, found: _Told, zone: ZoneInfo) -> tuple[FlexShown, ...]:
    return tuple(
        _shown(FlexRow(change, before, after), said_by(author, responsible), uses, (giver, at), zone)
        for change, before, after, author, responsible, uses, at, giver in session.execute(found)
    )


def _shown(
    row: FlexRow, author: str, uses_credit: bool, given_back: tuple[str | None, datetime | None], zone: ZoneInfo
) -> FlexShown:
    giver, at = given_back
    return FlexShown(
        id=row.change.id,
        type=row.label,
        before=_span(row.before, zone),
        after=_span(row.after, zone),
        authorised_by=row.change.authorised_by,
        author=author,
        at=row.change.created_at.astimezone(zone),
        note=row.change.note,
        uses_credit=uses_credit,
        given_back=(giver, at.astimezone(zone)) if giver and at else None,
    )


def _span(version: TimeEntryVersion, zone: ZoneInfo) -> SpanShown:
    assert version.end_at is not None  # only a shift that has ended is ever changed so
    return SpanShown(version.start_at.astimezone(zone), version.end_at.astimezone(zone))


def _words(change: ShiftChange, day: date) -> str:
    """Adds 35 min at the end. Or: Takes 120 min from the start and adds 120 min at the end."""
    if not change.keeps_its_day:
        where = "where other work stands already" if change.was_planned_to_work else "where no work was planned"
        return f"Moves to {day:%A} {day.day} {day:%B}, {where}."
    parts = [
        *_part(change.added_before, "adds {} min at the start", "takes {} min from the start"),
        *_part(change.added_after, "adds {} min at the end", "takes {} min from the end"),
    ]
    words = " and ".join(parts) or "changes nothing"
    return f"{words[0].upper()}{words[1:]}."


def _part(added: timedelta, adds: str, takes: str) -> Iterable[str]:
    minutes = int(added / timedelta(minutes=1))
    if minutes:
        yield (adds if minutes > 0 else takes).format(abs(minutes))
