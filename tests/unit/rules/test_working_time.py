"""Working hours: deadlines that pass nights, weekends, public holidays and changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendars import PublicHolidays
from models.rules.days import ONE_MINUTE, OutsideCalendar
from models.rules.working_time import WorkingCalendar

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its clocks change by half an hour."""
OFFICE = WorkingCalendar(LONDON)
ENGLAND = WorkingCalendar(LONDON, holidays=PublicHolidays("GB-ENG"))
SUNDAY_TO_THURSDAY = WorkingCalendar(ZoneInfo("Asia/Dubai"), frozenset({6, 0, 1, 2, 3}))
NIGHTLY = WorkingCalendar(LONDON, frozenset(range(7)), time(0), time(4))


def _at(said: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-11-16 09:00", 1, "2026-11-16 10:00"),
        ("2026-11-16 09:00", 8, "2026-11-16 17:00"),  # the evening, not the next morning
        ("2026-11-16 09:00", 9, "2026-11-17 10:00"),
        ("2026-11-16 16:59", 1, "2026-11-17 09:59"),
        ("2026-11-16 17:00", 1, "2026-11-17 10:00"),
        ("2026-11-16 23:30", 1, "2026-11-17 10:00"),
        ("2026-11-16 03:00", 1, "2026-11-16 10:00"),
        ("2026-11-20 16:59", 1, "2026-11-23 09:59"),  # a Friday
        ("2026-11-20 17:00", 8, "2026-11-23 17:00"),
        ("2026-11-21 12:00", 1, "2026-11-23 10:00"),  # a Saturday
        ("2026-11-16 12:00", 40, "2026-11-23 12:00"),
        ("2026-11-16 12:34:56", 16, "2026-11-18 12:34:56"),
    ],
)
def test_hours_pass_while_the_office_is_open(moment: str, hours: int, expected: str) -> None:
    assert OFFICE.after(_at(moment), hours) == _at(expected)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-04-02 12:00", 8, "2026-04-07 12:00"),  # Good Friday, the weekend, Easter Monday
        ("2026-12-24 16:00", 2, "2026-12-29 10:00"),  # Boxing Day is a Saturday, so the Monday is off as well
        ("2026-12-31 16:00", 2, "2027-01-04 10:00"),
        ("2026-12-25 10:00", 1, "2026-12-29 10:00"),  # begins on a holiday
    ],
)
def test_public_holidays_do_not_count(moment: str, hours: int, expected: str) -> None:
    assert ENGLAND.after(_at(moment), hours) == _at(expected)


@pytest.mark.parametrize(
    ("calendar", "moment", "hours", "expected"),
    [
        # London: the office opens at the same local time, which is another hour of the day in UTC.
        (OFFICE, "2026-03-27T16:00+00:00", 2, "2026-03-30T10:00+01:00"),
        (OFFICE, "2026-10-23T16:00+01:00", 2, "2026-10-26T10:00+00:00"),
        # New York changes on other days than London.
        (WorkingCalendar(NEW_YORK), "2026-03-06T16:00-05:00", 2, "2026-03-09T10:00-04:00"),
        (WorkingCalendar(NEW_YORK), "2026-10-30T16:00-04:00", 2, "2026-11-02T10:00-05:00"),
        (WorkingCalendar(KOLKATA), "2026-11-20T16:30+05:30", 1, "2026-11-23T09:30+05:30"),
        (WorkingCalendar(LORD_HOWE), "2026-10-02T16:00+10:30", 2, "2026-10-05T10:00+11:00"),
        # Windows that cross the change have the hours that really pass: three in spring, five in autumn.
        (NIGHTLY, "2026-03-29T00:00+00:00", 3, "2026-03-29T04:00+01:00"),
        (NIGHTLY, "2026-03-29T00:00+00:00", 4, "2026-03-30T01:00+01:00"),
        (NIGHTLY, "2026-10-25T00:00+01:00", 5, "2026-10-25T04:00+00:00"),
        (NIGHTLY, "2026-10-25T00:00+01:00", 2, "2026-10-25T01:00+00:00"),
    ],
)
def test_clocks_that_change_cost_and_give_nothing(
    calendar: WorkingCalendar, moment: str, hours: int, expected: str
) -> None:
    assert calendar.after(datetime.fromisoformat(moment), hours) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-19 16:30", "2026-11-22 09:30"),  # from Thursday to Sunday
        ("2026-11-20 12:00", "2026-11-22 10:00"),
        ("2026-11-22 09:00", "2026-11-22 10:00"),
    ],
)
def test_a_week_may_be_another_than_ours(moment: str, expected: str) -> None:
    dubai = SUNDAY_TO_THURSDAY.zone
    assert SUNDAY_TO_THURSDAY.after(_at(moment, dubai), 1) == _at(expected, dubai)


def test_a_window_that_the_clocks_skip_in_part_is_never_negative() -> None:
    """The hour from one to two does not exist on this day: the window opens when the clocks show two."""
    skipped = WorkingCalendar(LONDON, frozenset({6}), time(1, 30), time(2, 15))

    assert skipped.hours_of(date(2026, 3, 29)) == (_at("2026-03-29 02:00"), _at("2026-03-29 02:15"))
    gone = WorkingCalendar(LONDON, frozenset({6}), time(1, 15), time(1, 45))
    opens, closes = gone.hours_of(date(2026, 3, 29))
    assert opens == closes
    assert gone.after(_at("2026-03-28 12:00"), 1) == _at("2026-04-12 01:45")  # half an hour on each Sunday


def test_the_answer_is_in_utc() -> None:
    assert OFFICE.after(_at("2026-07-06 09:00"), 1).tzinfo is UTC


def test_work_next_opens_on_a_working_day_at_its_hour() -> None:
    assert ENGLAND.next_opening(_at("2026-11-17 00:00")) == _at("2026-11-17 09:00")
    assert ENGLAND.next_opening(_at("2026-11-17 09:00")) == _at("2026-11-17 09:00")
    assert ENGLAND.next_opening(_at("2026-11-17 09:01")) == _at("2026-11-18 09:00")
    assert ENGLAND.next_opening(_at("2026-11-21 00:00")) == _at("2026-11-23 09:00")
    assert ENGLAND.next_opening(_at("2026-12-25 00:00")) == _at("2026-12-29 09:00")


def test_a_calendar_that_ends_is_said_so_rather_than_searched_for_ever() -> None:
    never = WorkingCalendar(LONDON, frozenset({0}), holidays=_Always())

    with pytest.raises(OutsideCalendar):
        never.after(_at("9990-01-01 09:00"), 1)
    with pytest.raises(OutsideCalendar):
        never.next_opening(_at("9990-01-01 09:00"))


class _Always:
    """Every day is one."""

    def __contains__(self, _: object) -> bool:
        return True


ZONES = st.sampled_from([LONDON, NEW_YORK, KOLKATA, LORD_HOWE, ZoneInfo("America/Sao_Paulo")])
HALF_HOURS = [time(number // 2, number % 2 * 30) for number in range(48)]
CHANGES = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25)]
CHANGES += [date(2026, 11, 1), date(2018, 11, 4), date(2026, 12, 25)]


@st.composite
def _calendars(draw: st.DrawFn) -> WorkingCalendar:
    days = draw(st.frozensets(st.integers(0, 6), min_size=3))
    opens, closes = sorted(draw(st.lists(st.sampled_from(HALF_HOURS), min_size=2, max_size=2, unique=True)))
    holidays = draw(st.frozensets(st.sampled_from(CHANGES), max_size=3))
    return WorkingCalendar(draw(ZONES), days, opens, closes, holidays)


MOMENTS = st.builds(
    lambda change, minutes: datetime.combine(change, time(0), UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-4 * 24 * 60, 2 * 24 * 60),
)


@given(calendar=_calendars(), moment=MOMENTS, hours=st.integers(1, 4))
def test_as_many_minutes_are_worked_until_then_as_were_asked_for(
    calendar: WorkingCalendar, moment: datetime, hours: int
) -> None:
    reached = calendar.after(moment, hours)

    assert _worked(calendar, moment, reached) == hours * 60
    assert _worked(calendar, moment, reached - ONE_MINUTE) == hours * 60 - 1  # and not a moment later than that


@given(calendar=_calendars(), moment=MOMENTS, later=st.integers(0, 2000), hours=st.integers(1, 12))
def test_whoever_begins_later_or_has_more_hours_is_done_no_sooner(
    calendar: WorkingCalendar, moment: datetime, later: int, hours: int
) -> None:
    reached = calendar.after(moment, hours)

    assert moment < reached <= calendar.after(moment + later * ONE_MINUTE, hours)
    assert reached < calendar.after(moment, hours + 1)


def _worked(calendar: WorkingCalendar, start: datetime, end: datetime) -> int:
    """Counted minute by minute, by what the clock on the wall shows in the end: opened, and not yet closed."""
    return sum(_is_open(calendar, start + number * ONE_MINUTE) for number in range((end - start) // ONE_MINUTE))


def _is_open(calendar: WorkingCalendar, moment: datetime) -> bool:
    """Whether the wall clock has shown the opening time of its day, and has not shown the closing time yet."""
    shown = moment.astimezone(calendar.zone)
    if not calendar.works_on(shown.date()):
        return False
    return _has_shown(calendar.starts, moment, calendar.zone) and not _has_shown(calendar.ends, moment, calendar.zone)


def _has_shown(clock: time, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock on the wall showed this time, or a later one, on this local day up to now.

    Where it was set back it showed what it shows now before: an hour ago at the most.
    """
    walls = [(moment - timedelta(minutes=minutes)).astimezone(zone) for minutes in (0, 30, 60)]
    return any(wall.date() == walls[0].date() and wall.time() >= clock for wall in walls)
