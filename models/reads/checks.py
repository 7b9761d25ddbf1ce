"""What is worth a look on a certified timesheet, in words."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from models.reads.shown import CheckShown
from models.rules.days import local_date
from models.rules.durations import hours_text
from models.rules.exceptions import LONG_DAY, Exceptional


class Certified(Protocol):
    """A submission, or a row with what it says."""

    @property
    def submitted_at(self) -> datetime: ...
    @property
    def minutes_by_day(self) -> Sequence[int]: ...
    @property
    def plan_minutes(self) -> int: ...
    @property
    def exceptions(self) -> Sequence[str]: ...


def checks_on(certified: Certified, period_end: date, zone: ZoneInfo) -> Iterator[CheckShown]:
    """What was found on it, or that nothing was; days are the owner's, in `zone`."""
    known = {each.value for each in Exceptional}
    found = [Exceptional(code) for code in certified.exceptions if code in known]
    for each in found:
        yield _check(each, certified, period_end, zone)
    if not found:
        yield CheckShown("No exceptions", "ok")


def _check(what: Exceptional, certified: Certified, period_end: date, zone: ZoneInfo) -> CheckShown:
    difference = sum(certified.minutes_by_day) - certified.plan_minutes
    match what:
        case Exceptional.NO_AGREEMENT:
            return CheckShown("No agreement", "warn")
        case Exceptional.OVER_PLAN:
            return CheckShown(f"{hours_text(difference)} h over plan", "warn")
        case Exceptional.UNDER_PLAN:
            return CheckShown(f"{hours_text(-difference)} h under plan", "info")
        case Exceptional.LONG_DAY:
            return CheckShown(_long_days([each for each in certified.minutes_by_day if each > LONG_DAY]), "bad")
        case Exceptional.LATE:
            days = (local_date(certified.submitted_at, zone) - period_end).days
            return CheckShown(f"{days} days after the week", "warn")
        case Exceptional.BY_ANOTHER:
            return CheckShown("Certified by somebody else", "warn")
        case Exceptional.CARRIED_OVER:
            return CheckShown("Not checked: certified before checks were made", "info")


def _long_days(long: list[int]) -> str:
    longest = f"{hours_text(max(long, default=0))} h"
    return f"Day of {longest}" if len(long) < 2 else f"{len(long)} long days, up to {longest}"
