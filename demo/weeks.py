"""What happened in the demo: a believable quarter of weeks, in every state a timesheet can be in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.people import DEMO, ZONE, DemoPerson
from models.commands import EntryFields
from models.rules.days import day_bounds
from models.rules.transitions import CommandKind
from models.standard import ABSENCE, OVERTIME, SHIFT, TRAINING

WEEKS = 13
"""A quarter, the running week not counted."""

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

    def command_id(self, step: str) -> UUID:
        """The id of one of the week's commands, the same whenever the demo is filled."""
        return uuid5(DEMO.id, f"{self.person.staff_id}/{self.monday.isoformat()}/{step}")


def demo_weeks(today: date) -> list[DemoWeek]:
    """Every week of the demo, newest first, so that what people look at is there soon."""
    monday = today - timedelta(days=today.weekday())
    workers = [person for person in DEMO.people if "worker" in person.roles]
    planned = [_rostered(person, monday + timedelta(weeks=1)) for person in workers if person.supervisor == ROSTERED]
    return planned + [
        _week(person, number, monday - timedelta(weeks=ago), ago, today)
        for ago in range(WEEKS + 1)
        for number, person in enumerate(workers)
        if ago > 0 or person.staff_id != STORY
    ]


def _week(person: DemoPerson, number: int, monday: date, ago: int, today: date) -> DemoWeek:
    dice = Random(f"{person.staff_id}/{monday.isoformat()}")  # noqa: S311 - believable, not secret
    last = min(monday + timedelta(days=4), today) if ago == 0 else monday + timedelta(days=4)
    entries = tuple(entry for day in _days(monday, last) for entry in _entries(day, dice))
    return DemoWeek(person, monday, entries, _fate(number, ago, dice, complete=last == monday + timedelta(days=4)))


def _rostered(person: DemoPerson, monday: date) -> DemoWeek:
    dice = Random(f"{person.staff_id}/{monday.isoformat()}/roster")  # noqa: S311 - believable, not secret
    begin, name = dice.choice([(480, "early"), (600, "middle"), (720, "late")])
    shifts = []
    for day in _days(monday, monday + timedelta(days=4)):
        start = _at(day, begin)
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
        start = _at(day, begin + length + 45)
        yield EntryFields(TRAINING, start, start + timedelta(minutes=60), task="first aid refresher")


def _worked(day: date, begin: int, minutes: int, dice: Random, type_id: UUID, meal_break: int = 0) -> EntryFields:
    project = dice.choice(list(_TASKS))
    start = _at(day, begin)
    return EntryFields(
        type_id,
        start,
        start + timedelta(minutes=minutes),
        project_id=DEMO.project_id(project),
        task=dice.choice(_TASKS[project]),
        meal_break_minutes=meal_break,
    )


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(ZONE))
