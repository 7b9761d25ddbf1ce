from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.days import OutsideCalendar
from models.rules.periods import Period, UnknownWeekday, period_of, timesheet_id, workflow_id

TENANT, PERSON = UUID(int=1), UUID(int=4366)
MONDAY = date(2023, 4, 17)
SUNDAY = date(2023, 4, 23)

days = st.dates(date(2, 1, 1), date(9998, 12, 31))
weekdays = st.integers(0, 6)


@pytest.mark.parametrize("day", [MONDAY, date(2023, 4, 19), SUNDAY])
def test_a_week_starts_on_monday_and_ends_on_sunday(day: date) -> None:
    assert period_of(day) == Period(MONDAY, SUNDAY)


def test_a_week_starts_on_the_day_the_tenant_says() -> None:
    assert period_of(MONDAY, week_starts_on=6) == Period(date(2023, 4, 16), date(2023, 4, 22))


def test_a_week_may_span_two_years() -> None:
    assert period_of(date(2025, 1, 1)) == Period(date(2024, 12, 30), date(2025, 1, 5))


@given(days, weekdays)
def test_a_period_is_seven_days_that_hold_the_day(day: date, week_starts_on: int) -> None:
    period = period_of(day, week_starts_on)
    assert period.start <= day <= period.end
    assert period.end - period.start == timedelta(days=6)
    assert period.start.weekday() == week_starts_on


@given(days, weekdays)
def test_all_days_of_a_period_have_the_same_one(day: date, week_starts_on: int) -> None:
    period = period_of(day, week_starts_on)
    inside = [moment for moment in (period.start, period.end) if 1 < moment.year < 9999]
    assert all(period_of(moment, week_starts_on) == period for moment in inside)


@pytest.mark.parametrize("day", [date.min, date(1, 12, 31), date(9999, 1, 1), date.max])
def test_the_edges_of_the_calendar_are_refused(day: date) -> None:
    with pytest.raises(OutsideCalendar, match="too far away"):
        period_of(day)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_week_cannot_start_on_a_day_that_is_none(weekday: int) -> None:
    with pytest.raises(UnknownWeekday, match="0 for Monday"):
        period_of(MONDAY, weekday)


def test_a_timesheet_has_the_same_id_for_ever() -> None:
    assert timesheet_id(TENANT, PERSON, MONDAY) == UUID("d8cd8e0b-bf94-5509-abec-cdd3773eceeb")


def test_another_tenant_person_or_period_is_another_timesheet() -> None:
    ids = {
        timesheet_id(TENANT, PERSON, MONDAY),
        timesheet_id(PERSON, TENANT, MONDAY),
        timesheet_id(TENANT, UUID(int=3621), MONDAY),
        timesheet_id(TENANT, PERSON, MONDAY + timedelta(days=7)),
    }
    assert len(ids) == 4


def test_the_workflow_is_named_after_the_timesheet_and_nobody_else() -> None:
    sheet = timesheet_id(TENANT, PERSON, MONDAY)
    assert workflow_id(sheet) == f"timesheet/{sheet}"
    assert str(PERSON) not in workflow_id(sheet)
