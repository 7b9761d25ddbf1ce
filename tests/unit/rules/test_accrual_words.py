from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from models.rules.accrual_types import AccrualCode
from models.rules.accrual_words import Reckoned, day_words, flex_words, reckoned
from models.rules.accruals import EntryForAccrual, LocalCalendar, contributions
from models.rules.agreements import AgreementContent

A = AccrualCode
LONDON = ZoneInfo("Europe/London")
NOBODY = UUID(int=0)
HOLIDAYS = {date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): "Boxing Day"}
MONDAY, SATURDAY, CHRISTMAS, BOXING_DAY = date(2026, 11, 16), date(2026, 11, 21), *HOLIDAYS
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""The days on which the clocks of London go forward and back."""


def told(code: AccrualCode, day: date, start: str, end: str | None, rest: int = 0, **others: object) -> Reckoned:
    """The words for one day of an entry from one local time to another, such as `2026-11-16 22:00`."""
    moments = [datetime.fromisoformat(each).replace(tzinfo=LONDON) if each else None for each in (start, end)]
    assert moments[0]
    feeds = frozenset([code])
    entry = EntryForAccrual(feeds, moments[0], moments[1], LONDON, rest, **others)  # type: ignore[arg-type]
    calendar = LocalCalendar(HOLIDAYS)
    found = reckoned(entry, calendar, HOLIDAYS.get, code, day)
    assert found.value == contributions(entry, calendar).get((code, day), 0)
    return found


def test_target_hours_are_the_minutes_less_the_meal_break() -> None:
    assert told(A.ANNUAL_TARGET_HOURS, MONDAY, "2026-11-16 09:00", "2026-11-16 17:00", 30) == Reckoned(
        450,
        (
            "09:00–17:00 is 480 min.",
            "Less 30 min meal break, 450 min are left.",
            "All 450 min of Monday 16 November count.",
        ),
    )


def test_an_entry_without_a_break_says_nothing_of_one() -> None:
    assert told(A.ANNUAL_TARGET_HOURS, MONDAY, "2026-11-16 09:00", "2026-11-16 17:00").words == (
        "09:00–17:00 is 480 min.",
        "All 480 min of Monday 16 November count.",
    )


def test_an_entry_that_ends_at_midnight_ends_at_24_00_of_its_day() -> None:
    assert (
        "20:00–24:00 is 240 min." in told(A.ANNUAL_TARGET_HOURS, MONDAY, "2026-11-16 20:00", "2026-11-17 00:00").words
    )


def test_a_night_over_midnight_is_told_by_its_two_parts_and_the_break_is_off_the_longer_one() -> None:
    shift = ("2026-11-16 22:00", "2026-11-17 06:00", 45)

    assert told(A.NIGHT_HOURS, MONDAY, *shift) == Reckoned(
        60,
        (
            "22:00–06:00 is 120 min before midnight and 360 after.",
            "Less 45 min meal break, off the longest part first: 120 min before midnight and 315 after are left.",
            "Night is 23:00–06:00; on Monday 16 November that is 60 min from 23:00.",
        ),
    )
    assert told(A.NIGHT_HOURS, date(2026, 11, 17), *shift) == Reckoned(
        315,
        (
            "22:00–06:00 is 120 min before midnight and 360 after.",
            "Less 45 min meal break, off the longest part first: 120 min before midnight and 315 after are left.",
            "Night is 23:00–06:00; on Tuesday 17 November that is 360 min before 06:00. "
            "No more counts than the meal break leaves of the day, 315 min.",
        ),
    )


def test_a_day_with_two_pieces_of_night_names_both() -> None:
    found = told(A.NIGHT_HOURS, MONDAY, "2026-11-16 05:30", "2026-11-16 23:30")

    assert found.value == 60
    assert "30 min before 06:00 and 30 min from 23:00" in found.words[-1]


def test_a_day_without_night_says_so() -> None:
    assert told(A.NIGHT_HOURS, MONDAY, "2026-11-16 09:00", "2026-11-16 17:00") == Reckoned(
        0, ("09:00–17:00 is 480 min.", "Night is 23:00–06:00; on Monday 16 November that is none of it.")
    )


def test_the_night_on_which_the_clocks_go_forward_is_an_hour_shorter_than_they_show() -> None:
    found = told(A.NIGHT_HOURS, SPRING, "2026-03-28 22:00", "2026-03-29 06:00")

    assert found == Reckoned(
        300,
        (
            "22:00–06:00 is 120 min before midnight and 300 after.",
            "The clocks go forward meanwhile, so these are 60 min less than they show.",
            "Night is 23:00–06:00; on Sunday 29 March that is 300 min before 06:00.",
        ),
    )


def test_the_night_on_which_the_clocks_go_back_is_an_hour_longer_than_they_show() -> None:
    found = told(A.NIGHT_HOURS, AUTUMN, "2026-10-24 22:00", "2026-10-25 06:00")

    assert (found.value, found.words[0]) == (420, "22:00–06:00 is 120 min before midnight and 420 after.")
    assert found.words[1] == "The clocks go back meanwhile, so these are 60 min more than they show."


def test_an_entry_over_several_days_is_told_day_by_day() -> None:
    found = told(A.ANNUAL_TARGET_HOURS, date(2026, 11, 17), "2026-11-16 22:00", "2026-11-18 06:00")

    assert found == Reckoned(
        1440,
        (
            "Monday 16 November 22:00 – Wednesday 18 November 06:00 is 120 + 1440 + 360 = 1920 min, day by day.",
            "All 1440 min of Tuesday 17 November count.",
        ),
    )


def test_a_very_long_entry_is_told_as_a_whole() -> None:
    words = told(A.ANNUAL_TARGET_HOURS, date(2026, 11, 17), "2026-11-16 00:00", "2026-11-23 00:00").words

    assert words[0].endswith("is 10080 min on 7 days.")


@pytest.mark.parametrize(
    ("day", "value", "says"),
    [
        (SATURDAY, 480, "Saturday 21 November is at a weekend: all 480 min count."),
        (MONDAY, 0, "Monday 16 November is not at a weekend, so nothing counts."),
    ],
)
def test_weekend_hours_say_which_day_it_is(day: date, value: int, says: str) -> None:
    found = told(A.WEEKEND_HOURS, day, f"{day} 09:00", f"{day} 17:00")

    assert (found.value, found.words[-1]) == (value, says)


@pytest.mark.parametrize(
    ("day", "value", "says"),
    [
        (CHRISTMAS, 480, "Friday 25 December is a public holiday, Christmas Day: all 480 min count."),
        (MONDAY, 0, "Monday 16 November is no public holiday there, so nothing counts."),
    ],
)
def test_public_holiday_hours_name_the_holiday(day: date, value: int, says: str) -> None:
    found = told(A.PUBLIC_HOLIDAY_HOURS, day, f"{day} 09:00", f"{day} 17:00")

    assert (found.value, found.words[-1]) == (value, says)


def test_a_rest_day_on_a_public_holiday_uses_the_standard_day_of_the_agreement() -> None:
    entry = EntryForAccrual(
        frozenset([A.PUBLIC_HOLIDAY_CREDIT]),
        datetime(2026, 12, 25, tzinfo=LONDON),
        datetime(2026, 12, 26, tzinfo=LONDON),
        LONDON,
    )
    agreement = AgreementContent(NOBODY, date(2026, 4, 1), date(2027, 3, 31), 420)
    calendar = LocalCalendar(HOLIDAYS, (agreement,))

    assert reckoned(entry, calendar, HOLIDAYS.get, A.PUBLIC_HOLIDAY_CREDIT, CHRISTMAS) == Reckoned(
        420,
        (
            "A scheduled rest day on a public holiday, Christmas Day, Friday 25 December.",
            "It uses a standard day of the agreement, 420 min.",
        ),
    )


def test_a_rest_day_on_another_day_uses_nothing() -> None:
    assert told(A.PUBLIC_HOLIDAY_CREDIT, MONDAY, "2026-11-16 00:00", "2026-11-17 00:00") == Reckoned(
        0, ("Monday 16 November is no public holiday there, so the rest day uses nothing.",)
    )


@pytest.mark.parametrize(
    ("code", "day", "why"),
    [
        (A.ON_CALL_WEEKDAY, MONDAY, "Monday 16 November is a weekday and no public holiday."),
        (A.ON_CALL_WEEKEND, SATURDAY, "Saturday 21 November is at a weekend and no public holiday."),
        (
            A.ON_CALL_PUBLIC_HOLIDAY,
            BOXING_DAY,
            "Saturday 26 December is a public holiday, Boxing Day, which comes before weekend and weekday.",
        ),
    ],
)
def test_being_on_call_counts_once_by_the_day_it_starts_on(code: AccrualCode, day: date, why: str) -> None:
    found = told(code, day, f"{day} 18:00", f"{day.replace(day=day.day + 1)} 08:00")

    assert found == Reckoned(1, ("On call 18:00–08:00; the local day it starts on decides.", f"{why} It counts once."))


def test_being_on_call_at_christmas_is_no_weekday() -> None:
    found = told(A.ON_CALL_WEEKDAY, CHRISTMAS, "2026-12-25 18:00", "2026-12-25 20:00")

    assert found.value == 0
    assert found.words[-1].endswith("It counts as “on call on a public holiday”, so not here.")


def test_it_is_the_change_of_a_shift_that_uses_a_credit_not_its_time() -> None:
    assert told(A.FLEXIBLE_CREDITS, MONDAY, "2026-11-16 09:00", "2026-11-16 17:00") == Reckoned(
        0, ("It is not the time that uses a credit but the change of it at short notice.",)
    )
    assert flex_words("Extended", "Roland Fuller") == (
        "Extended at short notice, authorised by Roland Fuller.",
        "The change itself uses 1 credit, on the local day the shift starts after it, whatever becomes of the shift.",
    )


def test_the_allowance_of_a_rostered_shift_adds_up_its_night() -> None:
    assert told(A.ROSTERED_SHIFT_ALLOWANCE, MONDAY, "2026-11-16 22:00", "2026-11-17 06:00", 45) == Reckoned(
        1,
        (
            "22:00–06:00 is 120 min before midnight and 360 after.",
            "Less 45 min meal break, off the longest part first: 120 min before midnight and 315 after are left.",
            "The night of Monday 16 November, 23:00–06:00, holds 60 + 315 = 375 min of it; "
            "180 or more in one night earn 1 allowance, on the day the shift starts, Monday 16 November.",
        ),
    )


def test_too_little_of_a_night_earns_no_allowance() -> None:
    found = told(A.ROSTERED_SHIFT_ALLOWANCE, MONDAY, "2026-11-16 20:00", "2026-11-17 01:59")

    assert found.value == 0
    assert found.words[-1] == (
        "The night of Monday 16 November, 23:00–06:00, holds 60 + 119 = 179 min of it; "
        "it takes 180 in one night, so nothing counts."
    )


@pytest.mark.parametrize("code", A)
def test_every_type_has_words_for_an_entry_that_ends(code: AccrualCode) -> None:
    for day in (MONDAY, SATURDAY, CHRISTMAS, BOXING_DAY):
        assert all(told(code, day, f"{day} 20:00", f"{day.replace(day=day.day + 1)} 07:00", 20).words)


@pytest.mark.parametrize("code", A)
def test_a_day_that_an_entry_does_not_touch_is_worth_nothing(code: AccrualCode) -> None:
    assert told(code, date(2026, 11, 18), "2026-11-16 20:00", "2026-11-16 23:00").value == 0


def test_a_day_that_an_entry_no_longer_touches_says_so() -> None:
    words = told(A.ANNUAL_TARGET_HOURS, date(2026, 11, 17), "2026-11-16 20:00", "2026-11-16 23:00").words

    assert words[-1] == "Nothing of it falls on Tuesday 17 November where the person lives now."


def test_an_entry_that_is_removed_or_runs_or_feeds_something_else_says_why_it_counts_nothing() -> None:
    code, times = A.ANNUAL_TARGET_HOURS, ("2026-11-16 09:00", "2026-11-16 17:00")
    moment = datetime(2026, 11, 16, 9, tzinfo=LONDON)
    other = EntryForAccrual(frozenset([A.NIGHT_HOURS]), moment, moment.replace(hour=17), LONDON)

    assert told(code, MONDAY, *times, deleted=True).words == ("This version removes the entry, so it counts nothing.",)
    assert told(code, MONDAY, times[0], None).words == ("It is still running and counts once it has ended.",)
    assert reckoned(other, LocalCalendar(), HOLIDAYS.get, code, MONDAY) == Reckoned(
        0, ("Its type does not count to this balance.",)
    )


def test_a_day_is_called_as_people_call_it() -> None:
    assert day_words(MONDAY) == "Monday 16 November"
