"""Working hours: when deadlines fall that are counted in hours which somebody works.

Rule: what time does. Hours are those that pass between the local opening and closing time of a working day, so a day on
which the clocks change has as many as it really has.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.rules.days import ONE_DAY, first_instant, in_utc, local_date, require_calendar


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """An organisation's working hours: on these weekdays from `starts` to `ends`, never on a public holiday."""

    zone: ZoneInfo
    work_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    """0 is Monday."""
    starts: time = time(9)
    ends: time = time(17)
    holidays: Container[date] = field(default_factory=frozenset)

    def works_on(self, day: date) -> bool:
        """Whether a local day is a working day."""
        return day.weekday() in self.work_days and day not in self.holidays

    def hours_of(self, day: date) -> tuple[datetime, datetime]:
        """When the working hours of a local day begin and end; instants in UTC."""
        return first_instant(day, self.starts, self.zone), first_instant(day, self.ends, self.zone)

    def after(self, moment: datetime, hours: int) -> datetime:
        """The instant (UTC) by which so many working hours have passed since `moment`.

        Raises `OutsideCalendar` when there are not so many before the calendar ends.
        """
        left = timedelta(hours=hours)
        for opens, closes in self._hours_from(moment):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("working days never end")

    def next_opening(self, moment: datetime) -> datetime:
        """When work next begins, not before `moment`; an instant in UTC."""
        days = self._days_from(local_date(moment, self.zone))
        return next(opens for opens in (self.hours_of(day)[0] for day in days) if opens >= moment)

    def _hours_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working hours that are left at `moment`, day by day."""
        for day in self._days_from(local_date(moment, self.zone)):
            opens, closes = self.hours_of(day)
            if closes > moment:
                yield max(opens, in_utc(moment)), closes

    def _days_from(self, day: date) -> Iterator[date]:
        while True:
            require_calendar(day)
            if self.works_on(day):
                yield day
            day += ONE_DAY
