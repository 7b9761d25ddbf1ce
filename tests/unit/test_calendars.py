"""The public holidays of a place, with what an organisation makes of them."""

from datetime import date

import pytest

from models.calendars import PublicHolidays, holidays_in, places
from models.rules.supposed import HolidayContent, HolidayKind

CHRISTMAS = date(2026, 12, 25)
BEES = date(2026, 7, 1)


def exception(day: date, kind: HolidayKind | None, name: str = "") -> dict[date, HolidayContent]:
    return {day: HolidayContent("GB-ENG", day, kind, name)}


@pytest.mark.parametrize(
    ("place", "day", "name"),
    [
        ("GB-ENG", CHRISTMAS, "Christmas Day"),
        ("GB-ENG", date(2026, 12, 28), "Boxing Day (observed)"),
        ("GB-ENG", date(2026, 4, 6), "Easter Monday"),
        ("GB-SCT", date(2026, 4, 6), None),
        ("GB-SCT", date(2026, 11, 30), "Saint Andrew's Day"),
        ("GB-ENG", date(2026, 11, 30), None),
        ("DE", date(2026, 10, 3), "German Unity Day"),
        ("GB-ENG", BEES, None),
    ],
)
def test_a_place_has_its_own_holidays(place: str, day: date, name: str | None) -> None:
    holidays = PublicHolidays(place)
    assert holidays.name_of(day) == name
    assert (day in holidays) is (name is not None)


def test_every_year_is_looked_up_when_it_is_asked_for() -> None:
    assert date(1999, 12, 25) in PublicHolidays("GB-ENG")
    assert date(2077, 12, 27) in PublicHolidays("GB-ENG")


def test_an_organisation_adds_a_day_of_its_own() -> None:
    holidays = PublicHolidays("GB-ENG", exception(BEES, HolidayKind.ADDED, "Day of the bees"))
    assert BEES in holidays
    assert holidays.name_of(BEES) == "Day of the bees"
    assert CHRISTMAS in holidays


def test_an_organisation_leaves_a_day_out() -> None:
    holidays = PublicHolidays("GB-ENG", exception(CHRISTMAS, HolidayKind.REMOVED))
    assert CHRISTMAS not in holidays
    assert holidays.name_of(CHRISTMAS) is None


def test_a_day_that_is_left_to_the_place_again_is_as_the_place_has_it() -> None:
    assert CHRISTMAS in PublicHolidays("GB-ENG", exception(CHRISTMAS, None))
    assert BEES not in PublicHolidays("GB-ENG", exception(BEES, None))


@pytest.mark.parametrize("unknown", ["", "XX", "GB-XYZ", "gb-eng", "GB-ENG-1"])
def test_a_place_that_nobody_knows_has_no_holidays(unknown: str) -> None:
    assert unknown not in places()
    assert holidays_in(unknown, 2026) == {}
    assert CHRISTMAS not in PublicHolidays(unknown)


def test_countries_and_their_parts_are_places() -> None:
    assert {"GB", "GB-ENG", "GB-SCT", "DE", "DE-BY", "NZ"} <= places()


def test_what_is_no_day_is_no_holiday() -> None:
    assert "2026-12-25" not in PublicHolidays("GB-ENG")
