"""Hours worked on public holidays, and the credit that a scheduled rest day on one uses."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from models.calendars import PublicHolidays
from models.rules.accrual_types import AccrualCode
from models.rules.accruals import LocalCalendar
from models.rules.agreements import STANDARD_DAY_MINUTES, AgreementContent
from tests.unit.rules.entries import entry, per_day

HOURS, CREDIT = AccrualCode.PUBLIC_HOLIDAY_HOURS, AccrualCode.PUBLIC_HOLIDAY_CREDIT
PERSON = UUID(int=1)
HOLIDAY = frozenset({date(2026, 12, 25)})


def calendar(*agreements: AgreementContent, place: str = "GB-ENG") -> LocalCalendar:
    return LocalCalendar(PublicHolidays(place), agreements)


def agreement(first: date, last: date, standard_day: int) -> AgreementContent:
    return AgreementContent(PERSON, first, last, standard_day)


def rest_day(day: date, calendar: LocalCalendar, zone: str = "Europe/London") -> dict[str, int]:
    worked = entry(f"{day}T00:00", f"{day + timedelta(days=1)}T00:00", feeds=[CREDIT], zone=ZoneInfo(zone))
    return per_day(CREDIT, worked, calendar)


@pytest.mark.parametrize(
    ("start", "end", "rest", "expected"),
    [
        ("2026-12-24T20:00", "2026-12-25T06:00", 0, {"2026-12-25": 360}),
        ("2026-12-25T20:00", "2026-12-26T06:00", 0, {"2026-12-25": 240, "2026-12-26": 360}),
        ("2026-12-25T09:00", "2026-12-25T17:00", 30, {"2026-12-25": 450}),
        ("2026-12-28T09:00", "2026-12-28T17:00", 0, {"2026-12-28": 480}),
        ("2026-12-29T09:00", "2026-12-29T17:00", 0, {}),
    ],
)
def test_what_is_worked_on_a_public_holiday_counts_on_that_day(
    start: str, end: str, rest: int, expected: dict[str, int]
) -> None:
    assert per_day(HOURS, entry(start, end, rest=rest), calendar()) == expected


@pytest.mark.parametrize(
    ("place", "hours"), [("GB-ENG", {"2026-04-06": 480}), ("GB-SCT", {}), ("DE", {"2026-04-06": 480})]
)
def test_the_holidays_are_those_of_the_persons_place(place: str, hours: dict[str, int]) -> None:
    """Easter Monday is none in Scotland."""
    worked = entry("2026-04-06T09:00", "2026-04-06T17:00")
    assert per_day(HOURS, worked, calendar(place=place)) == hours


def test_the_day_is_that_of_the_persons_zone() -> None:
    eve = entry("2026-12-24T10:00+00:00", "2026-12-24T12:00+00:00", zone=ZoneInfo("Pacific/Auckland"))
    assert per_day(HOURS, eve, calendar(place="NZ")) == {"2026-12-25": 60}


@pytest.mark.parametrize("day", [date(2026, 12, 25), date(2026, 12, 28)])
def test_a_rest_day_on_a_public_holiday_or_its_substitute_uses_a_standard_day(day: date) -> None:
    year = agreement(date(2026, 4, 1), date(2027, 3, 31), 450)
    assert rest_day(day, calendar(year)) == {day.isoformat(): 450}


def test_a_rest_day_on_any_other_day_uses_nothing() -> None:
    assert rest_day(date(2026, 12, 29), calendar()) == {}
    assert rest_day(date(2026, 12, 20), calendar()) == {}


def test_the_standard_day_is_that_of_the_agreement_in_force_on_the_day() -> None:
    autumn = agreement(date(2026, 4, 1), date(2026, 12, 25), 480)
    winter = agreement(date(2026, 12, 26), date(2027, 3, 31), 300)
    both = calendar(autumn, winter)
    assert rest_day(date(2026, 12, 25), both) == {"2026-12-25": 480}
    assert rest_day(date(2026, 12, 28), both) == {"2026-12-28": 300}
    assert [both.standard_day(day) for day in (date(2026, 12, 25), date(2026, 12, 26))] == [480, 300]


def test_without_an_agreement_a_day_has_the_usual_length() -> None:
    assert calendar().standard_day(date(2026, 12, 25)) == STANDARD_DAY_MINUTES == 444


def test_a_rest_day_of_somebody_who_moved_since_belongs_to_the_day_it_mostly_lies_on() -> None:
    def christmas(zone: str) -> dict[str, int]:
        times = "2026-12-25T00:00+00:00", "2026-12-26T00:00+00:00"
        return per_day(CREDIT, entry(*times, feeds=[CREDIT], zone=ZoneInfo(zone)), LocalCalendar(HOLIDAY))

    assert christmas("Asia/Tokyo") == {"2026-12-25": 444}  # from nine to nine
    assert christmas("Pacific/Auckland") == {}  # from one in the afternoon


@pytest.mark.parametrize(
    ("day", "zone"), [(date(2026, 3, 29), "Europe/London"), (date(2026, 9, 6), "America/Santiago")]
)
def test_a_rest_day_of_23_hours_uses_a_whole_standard_day(day: date, zone: str) -> None:
    assert rest_day(day, LocalCalendar(frozenset({day})), zone) == {day.isoformat(): 444}
