"""Two contents of a timesheet side by side: what was certified at any time, and the present draft."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.reads.deeds import Entry, changed_fields, entry_text
from models.reads.entries import dates
from models.reads.looks import pairs
from models.reads.shown_history import ComparedShown, DifferenceShown, MinutesShown, VersionShown
from models.rules.accrual_types import AccrualCode
from models.rules.days import local_date
from models.rules.durations import worked_minutes
from models.tables.timesheet import Submission, Timesheet

NOW = "now"
"""What the present draft is called in addresses."""

Named = tuple[tuple[UUID, int], ...]
"""Entries with their versions."""

Content = Mapping[UUID, Entry]
"""The entries of one content by their id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which two contents to compare, by their keys; None, or what there is not: the last two."""

    before: str | None = None
    after: str | None = None


def compared(
    sheet: Timesheet,
    submissions: Sequence[Submission],
    draft: Named | None,
    entries: Iterable[Entry],
    zone: ZoneInfo,
    wanted: Wanted,
) -> ComparedShown | None:
    """Compare two contents; None when there is only one. `draft` is what stands there now, if it is not certified.

    `entries` are all versions of whatever ever stood on the timesheet, `submissions` are in order.
    """
    named = {str(each.revision): _named(each.content) for each in submissions}
    if draft is not None:
        named[NOW] = draft
    if len(named) <= 1:
        return None
    keys = _chosen(list(named), wanted)
    versions = {(entry.version.entry_id, entry.version.version): entry for entry in entries}
    before, after = ({each[0]: versions[each] for each in named[key] if each in versions} for key in keys)
    days = tuple(
        MinutesShown(day, _minutes(before, day, zone), _minutes(after, day, zone))
        for day in dates(sheet.period_start, sheet.period_end)
    )
    names = {key: VersionShown(key, "The present draft" if key == NOW else f"Revision {key}") for key in named}
    return ComparedShown(
        tuple(names.values()),
        names[keys[0]],
        names[keys[1]],
        tuple(_differences(before, after, zone)),
        days,
        MinutesShown(sheet.period_start, sum(each.before for each in days), sum(each.after for each in days)),
    )


def _named(content: Mapping[str, Any]) -> Named:
    return tuple((UUID(entry["id"]), entry["version"]) for entry in content["entries"])


def _chosen(keys: Sequence[str], wanted: Wanted) -> tuple[str, str]:
    """Two different contents, the older one first, whichever way they were asked for."""
    after = next((key for key in keys if key == wanted.after), keys[-1])
    others = [key for key in keys if key != after]
    nearest = (keys[: keys.index(after)] or others)[-1]
    before = next((key for key in others if key == wanted.before), nearest)
    return (after, before) if keys.index(before) > keys.index(after) else (before, after)


def _minutes(content: Content, day: date, zone: ZoneInfo) -> int:
    """Minutes worked on a day."""
    found = (each.version for each in content.values() if AccrualCode.ANNUAL_TARGET_HOURS in each.feeds)
    these = (each for each in found if local_date(each.start_at, zone) == day)
    return sum(worked_minutes(each.start_at, each.end_at, each.meal_break_minutes) for each in these)


def _differences(before: Content, after: Content, zone: ZoneInfo) -> Iterator[DifferenceShown]:
    for old, new in pairs(before, after, lambda entry: entry.version.start_at):
        if old and new:
            if old.version.version != new.version.version:
                yield DifferenceShown("changed", entry_text(new, zone), changed_fields(old, new, zone))
        elif new:
            yield DifferenceShown("added", entry_text(new, zone), ())
        elif old:
            yield DifferenceShown("removed", entry_text(old, zone), ())
