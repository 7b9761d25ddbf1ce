"""What happened in the demo: a believable quarter of weeks, in every state a timesheet can be in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.people import DEMO, PLACE, RECORDED_WEEKS, ZONE, DemoPerson
from models.calendars import holidays_in
from models.commands import EntryFields
from models.rules.days import day_bounds
from models.rules.overlap import Span, overlaps
from models.rules.transitions import CommandKind
from models.standard import ABSENCE, ON_CALL, OVERTIME, REST_DAY, SHIFT, TRAINING

WEEKS = RECORDED_WEEKS
"""A quarter, the running week not counted."""

FRIDAY = 4

AT_NIGHT = "staff-4404"
"""Who works at night."""

LENGTHENED_WEEKS_AGO = (2, 4, 7)
"""In which weeks a shift of the story's worker was extended at short notice."""

STORY = "staff-4366"
"""Whose running week is left empty, so that the tour can be walked."""

ROSTERED = "staff-3621"
"""Whose people have the next week planned for them."""

APPROVED = (CommandKind.SUBMIT, CommandKind.APPROVE)
REJECTED = (CommandKind.SUBMIT, CommandKind.REJECT)
REVISED = (CommandKind.SUBMIT, CommandKind.REJECT, CommandKind.REVISE, CommandKind.SUBMIT)
LOCKED = (*APPROVED, CommandKind.LOCK)
SUBMITTED = (CommandKind.SUBMIT,)
DRAFT: tuple[CommandKind, ...] = ()

LOCKED_WEEKS_AGO = 5
"""Weeks at least this long ago are locked."""

_TASKS = {
    "proj-533": ("washing dog", "clipping", "drying and brushing", "taking bookings"),
    "proj-576B": ("cutting card", "gluing brims", "painting stars", "packing orders"),
}


@dataclass(frozen=True, slots=True)
class DemoWeek:
    """One person's week: what is recorded, and what happens to it then."""

    person: DemoPerson
    monday: date
    entries: tuple[EntryFields, ...]
    then: tuple[CommandKind, ...] = ()
    planned: tuple[EntryFields, ...] = ()
    """Shifts that the scheduler planned and nobody has confirmed."""
    lengthened: int | None = None
    """Which of the entries was extended at short notice."""

    def command_id(self, step: str) -> UUID:
        """The id of one of the week's commands, the same whenever the demo is filled."""
        return uuid5(DEMO.id, f"{self.person.staff_id}/{self.monday.isoformat()}/{step}")


def demo_weeks(today: date) -> list[DemoWeek]:
    """Every week of the demo, newest first, so that what people look at is there soon."""
    monday = week_before(today, 0)
    workers = [person for person in DEMO.people if "worker" in person.roles]
    planned = [_rostered(person, monday + timedelta(weeks=1)) for person in workers if person.supervisor == ROSTERED]
    return planned + [
        _week(person, number, monday - timedelta(weeks=ago), ago, today)
        for ago in range(WEEKS + 1)
        for number, person in enumerate(workers)
        if ago > 0 or person.staff_id != STORY
    ]


def week_before(today: date, weeks: int = 1) -> date:
    """The Monday of the week so many weeks ago."""
    return today - timedelta(days=today.weekday(), weeks=weeks)


def _week(person: DemoPerson, number: int, monday: date, ago: int, today: date) -> DemoWeek:
    dice = Random(f"{person.staff_id}/{monday.isoformat()}")  # noqa: S311 - believable, not secret
    last = min(monday + timedelta(days=4), today) if ago == 0 else monday + timedelta(days=4)
    works = _nights if person.staff_id == AT_NIGHT else _entries
    entries = tuple(entry for day in _days(monday, last) for entry in works(day, dice))
    fate = _fate(number, ago, dice, complete=last == monday + timedelta(days=4))
    besides = tuple(each for each in _besides(person, monday, last) if not _is_in_the_way(each, entries))
    all_entries = entries + besides
    lengthened = _alone_on_its_day(entries) if ago in LENGTHENED_WEEKS_AGO and person.staff_id == STORY else None
    return DemoWeek(person, monday, all_entries, fate, lengthened=lengthened)


def _is_in_the_way(extra: EntryFields, entries: tuple[EntryFields, ...]) -> bool:
    """Whether somebody is away, or works, at that time already."""
    span = Span(extra.start, extra.end)
    return any(overlaps(span, Span(entry.start, entry.end)) for entry in entries)


def _alone_on_its_day(entries: tuple[EntryFields, ...]) -> int | None:
    """The first shift that nothing follows on the same day."""
    days = [entry.start.date() for entry in entries]
    shifts = (number for number, entry in enumerate(entries) if entry.time_period_type_id == SHIFT)
    return next((number for number in shifts if days.count(days[number]) == 1), None)


def _besides(person: DemoPerson, monday: date, last: date) -> Iterator[EntryFields]:
    """On call in turn, on a weekday or a Saturday night, and now and then work on a Saturday."""
    dice = Random(f"{person.staff_id}/{monday.isoformat()}/besides")  # noqa: S311 - believable, not secret
    chance = dice.random()
    thursday, saturday = monday + timedelta(days=3), monday + timedelta(days=5)
    if last < monday + timedelta(days=4) or person.staff_id == AT_NIGHT:
        return
    if chance < 0.2:
        yield EntryFields(ON_CALL, at(thursday, 20 * 60), at(thursday + timedelta(days=1), 7 * 60))
    elif chance < 0.35:
        yield EntryFields(ON_CALL, at(saturday, 20 * 60), at(saturday + timedelta(days=1), 8 * 60))
    elif chance < 0.5:
        yield _worked(saturday, 9 * 60, 4 * 60, dice, SHIFT)


def _nights(day: date, dice: Random) -> Iterator[EntryFields]:
    """From ten in the evening; the roster leaves out the night before a public holiday, and the one that follows."""
    if _is_holiday(day):
        start, end = day_bounds(day, ZoneInfo(ZONE))
        yield EntryFields(REST_DAY, start, end)
    elif day.weekday() < FRIDAY and not _is_holiday(day + timedelta(days=1)):
        yield _worked(day, 22 * 60, 8 * 60 + 30, dice, SHIFT, meal_break=30)


def _is_holiday(day: date) -> bool:
    return day in holidays_in(PLACE, day.year)


def _rostered(person: DemoPerson, monday: date) -> DemoWeek:
    dice = Random(f"{person.staff_id}/{monday.isoformat()}/roster")  # noqa: S311 - believable, not secret
    begin, name = dice.choice([(480, "early"), (600, "middle"), (720, "late")])
    shifts = []
    for day in _days(monday, monday + timedelta(days=4)):
        start = at(day, begin)
        shifts.append(EntryFields(SHIFT, start, start + timedelta(hours=8), shift_type=name))
    return DemoWeek(person, monday, (), planned=tuple(shifts))


def _fate(number: int, ago: int, dice: Random, *, complete: bool) -> tuple[CommandKind, ...]:
    if ago == 0:
        return SUBMITTED if complete and number % 3 != 0 else DRAFT
    if ago == 1:
        return (SUBMITTED, APPROVED, SUBMITTED, REJECTED, APPROVED, REVISED)[number % 6]
    if ago >= LOCKED_WEEKS_AGO:
        return LOCKED
    return (*REVISED, CommandKind.APPROVE) if dice.random() < 0.1 else APPROVED


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _entries(day: date, dice: Random) -> Iterator[EntryFields]:
    kind = dice.random()
    if kind < 0.04:
        start, end = day_bounds(day, ZoneInfo(ZONE))
        yield EntryFields(ABSENCE, start, end, task=dice.choice(["annual leave", "sick"]))
        return
    begin = dice.choice([480, 510, 540])
    length = dice.choice([444, 444, 450, 474, 420])
    yield _worked(day, begin, length + 30, dice, SHIFT, meal_break=30)
    if kind > 0.93:
        yield _worked(day, begin + length + 60, dice.choice([60, 90, 120]), dice, OVERTIME)
    elif kind > 0.88:
        start = at(day, begin + length + 45)
        yield EntryFields(TRAINING, start, start + timedelta(minutes=60), task="first aid refresher")


def _worked(day: date, begin: int, minutes: int, dice: Random, type_id: UUID, meal_break: int = 0) -> EntryFields:
    project = dice.choice(list(_TASKS))
    start = at(day, begin)
    return EntryFields(
        type_id,
        start,
        start + timedelta(minutes=minutes),
        project_id=DEMO.project_id(project),
        task=dice.choice(_TASKS[project]),
        meal_break_minutes=meal_break,
    )


def at(day: date, minute: int) -> datetime:
    """So many minutes after midnight, where the demo is."""
    return datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(ZONE))
