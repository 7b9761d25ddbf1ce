"""Sums over the entries of a timesheet: by type, and by project."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.reads.shown import EntryShown, ProjectShown, TypeShown


@dataclass(slots=True)
class TypeTotal:
    """How much of one time period type there is."""

    type: TypeShown
    confirmed: bool
    """Whether it was worked; what is only planned has a total of its own."""
    counts: bool
    """Whether its minutes count as time worked."""
    entries: int = 0
    minutes: int = 0


@dataclass(slots=True)
class ProjectTotal:
    """How much time was worked on one project, or on none."""

    project: ProjectShown | None
    minutes: int = 0


def by_type(entries: Iterable[EntryShown]) -> list[TypeTotal]:
    """A total for each type there is, and for what is planned of it, in the order they first occur."""
    found: dict[object, TypeTotal] = {}
    for entry in entries:
        key = (entry.type.id, entry.confirmed)
        total = found.setdefault(key, TypeTotal(entry.type, entry.confirmed, entry.counts))
        total.entries += 1
        total.minutes += entry.minutes
    return list(found.values())


def by_project(entries: Iterable[EntryShown]) -> list[ProjectTotal]:
    """The time worked on each project, in the order they first occur; together they are all time worked."""
    found: dict[object, ProjectTotal] = {}
    for entry in entries:
        if entry.counts:
            total = found.setdefault(entry.project.id if entry.project else None, ProjectTotal(entry.project))
            total.minutes += entry.minutes
    return list(found.values())
