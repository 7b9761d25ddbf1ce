"""The public holidays of a place in a year, with what the organisation added or left out, and every change of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.calendars import holidays_in, places
from models.errors import Invalid
from models.reads.directory import MOST_CHANGES, ChangeShown
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.supposed import HolidayContent, HolidayKind
from models.store.holidays import holiday_id
from models.tables.accruals import HolidayException
from models.tables.people import DirectoryChange, Person

YEARS = range(1975, 2101)
"""Those that pages show."""


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One day of a place's year."""

    day: date
    name: str
    kind: HolidayKind | None
    """What the organisation made of it; None: as the place has it."""


@dataclass(frozen=True, slots=True)
class PlaceInUse:
    """A place whose holidays count for somebody, or were changed here."""

    place: str
    people: int


@dataclass(frozen=True, slots=True)
class HolidayPage:
    """A place's year for administrators."""

    place: str
    year: int
    days: tuple[HolidayRow, ...]
    in_use: tuple[PlaceInUse, ...]
    """Those of most people first."""
    changes: tuple[ChangeShown, ...]

    @property
    def people(self) -> int:
        """Whom the place's holidays count for."""
        return next((each.people for each in self.in_use if each.place == self.place), 0)

    @property
    def years(self) -> tuple[int | None, int | None]:
        """The years before and after, as far as there are any."""
        before, after = self.year - 1, self.year + 1
        return (before if before in YEARS else None, after if after in YEARS else None)


def holiday_page(session: Session, onlooker: Onlooker, place: str | None, year: int, zone: ZoneInfo) -> HolidayPage:
    """The holidays of a place, or of the one most people are at; `zone` is the viewer's. Raises `Invalid`."""
    in_use = _in_use(session)
    chosen = place or (in_use[0].place if in_use else "GB-ENG")
    if chosen not in places():
        message = (
            f"The holidays of “{chosen[:40]}” are not known. Write a country such as GB, or a part such as GB-ENG."
        )
        raise Invalid.field("place", message)
    if year not in YEARS:
        raise Invalid.field("year", f"Write a year from {YEARS[0]} to {YEARS[-1]}.")
    changes = _changes(session, onlooker.tenant_id, chosen, year, zone)
    return HolidayPage(chosen, year, _days(session, chosen, year), in_use, changes)


def holiday_words(content: HolidayContent) -> str:
    """What a day is, in words."""
    match content.kind:
        case HolidayKind.ADDED:
            return f"public holiday, {content.name}"
        case HolidayKind.REMOVED:
            return "no public holiday"
    name = holidays_in(content.place, content.day.year).get(content.day)
    return f"public holiday, {name}" if name else "no public holiday"


def day_words(day: date) -> str:
    """Thursday 24 December 2026"""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _in_use(session: Session) -> tuple[PlaceInUse, ...]:
    people = select(Person.holiday_calendar, func.count()).where(Person.active).group_by(Person.holiday_calendar)
    found: dict[str, int] = dict(session.execute(people).all())
    changed = session.scalars(select(HolidayException.place).distinct())
    found = dict.fromkeys(changed, 0) | found
    return tuple(PlaceInUse(place, found[place]) for place in sorted(found, key=lambda place: (-found[place], place)))


def _days(session: Session, place: str, year: int) -> tuple[HolidayRow, ...]:
    these = HolidayException.place == place, HolidayException.day.between(date(year, 1, 1), date(year, 12, 31))
    usual = holidays_in(place, year)
    rows = {day: HolidayRow(day, name, None) for day, name in usual.items()}
    for row in session.scalars(select(HolidayException).where(*these)):
        rows[row.day] = HolidayRow(row.day, row.name or usual.get(row.day, ""), HolidayKind(row.kind))
    return tuple(rows[day] for day in sorted(rows))


def _changes(session: Session, tenant_id: UUID, place: str, year: int, zone: ZoneInfo) -> tuple[ChangeShown, ...]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    these = (
        select(DirectoryChange, Person.id, Person.staff_id, Person.name)
        .join(Person, Person.id == DirectoryChange.changed_by_id)
        .where(DirectoryChange.subject_id.in_(holiday_id(tenant_id, place, day) for day in days))
        .order_by(DirectoryChange.changed_at.desc(), DirectoryChange.id)
        .limit(MOST_CHANGES)
    )
    return tuple(_shown(row[0], PersonShown(row[1], row[2], row[3]), zone) for row in session.execute(these))


def _shown(change: DirectoryChange, who: PersonShown, zone: ZoneInfo) -> ChangeShown:
    before, after = (HolidayContent.from_json(each) for each in _sides(change))
    told = (day_words(after.day), holiday_words(before), holiday_words(after))
    return ChangeShown("Changed", who, change.changed_at.astimezone(zone), change.version, (told,))


def _sides(change: DirectoryChange) -> Sequence[Mapping[str, Any]]:
    """Before and after; a change of a holiday always has both."""
    return change.before or change.after | {"kind": None, "name": ""}, change.after
