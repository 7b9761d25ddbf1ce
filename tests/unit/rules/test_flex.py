"""Of which types a change at short notice is: the table of flex changes, minute by minute on either side of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules.days import NaiveTime, OutsideCalendar
from models.rules.flex import FlexType, Shift, ShiftChange, satisfied

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 11, 16)
SHIFT = ("09:00", "17:00")
NIGHT = ("22:00", "30:00")

EXTENDED, ALTERED, CURTAILED = FlexType.EXTENDED, FlexType.ALTERED, FlexType.CURTAILED
COMPLETELY_CHANGED = FlexType.COMPLETELY_CHANGED


def at(clock: str, day: date = DAY) -> datetime:
    """A local time of London, for example 09:00 or 09:00:30; 24:00 is the next midnight."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    midnight = datetime.combine(day, datetime.min.time())
    return (midnight + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))).replace(tzinfo=LONDON)


def shift(start: str, end: str, day: date = DAY) -> Shift:
    return Shift(at(start, day), at(end, day))


def moments(start: str, end: str) -> Shift:
    """A shift by instants with their offsets."""
    return Shift(datetime.fromisoformat(start), datetime.fromisoformat(end))


def types_of(before: Shift, after: Shift, zone: ZoneInfo = LONDON, works_there: bool = False) -> set[FlexType]:
    return set(satisfied(ShiftChange(before, after, zone, works_there)))


@pytest.mark.parametrize(
    ("start", "end", "types"),
    [
        ("09:00", "17:00", set()),
        # 30 or 31 minutes added in total, split any way
        ("08:30", "17:00", set()),
        ("08:29", "17:00", {EXTENDED}),
        ("09:00", "17:30", set()),
        ("09:00", "17:31", {EXTENDED}),
        ("08:45", "17:15", set()),
        ("08:44", "17:15", {EXTENDED}),
        ("08:45", "17:16", {EXTENDED}),
        ("08:59", "17:29", set()),
        ("08:59", "17:30", {EXTENDED}),
        # nothing may be taken away
        ("09:01", "17:31", set()),
        ("09:01", "17:45", set()),
        ("08:15", "16:59", set()),
        # 59 or 60 minutes added at one end
        ("08:01", "17:00", {EXTENDED}),
        ("08:00", "17:00", {EXTENDED, ALTERED}),
        ("09:00", "17:59", {EXTENDED}),
        ("09:00", "18:00", {EXTENDED, ALTERED}),
        ("08:01", "17:59", {EXTENDED}),
        ("08:00", "18:00", {EXTENDED, ALTERED}),
        ("08:00", "16:59", {ALTERED}),
        ("09:01", "18:00", {ALTERED}),
        # a slide counts by what it adds
        ("08:00", "16:00", {ALTERED}),
        ("08:01", "16:01", set()),
        ("10:00", "18:00", {ALTERED}),
        ("09:59", "17:59", set()),
        ("14:00", "22:00", {ALTERED}),
        ("17:00", "18:00", {ALTERED}),
        # 119 or 120 minutes off the end, the start as it was
        ("09:00", "15:01", set()),
        ("09:00", "15:00", {CURTAILED}),
        ("09:00", "09:01", {CURTAILED}),
        ("08:59", "15:00", set()),
        ("09:01", "15:00", set()),
        ("08:00", "15:00", {ALTERED}),
        ("11:00", "17:00", set()),
        # to the second
        ("08:29:59", "17:00", {EXTENDED}),
        ("08:45", "17:15:01", {EXTENDED}),
        ("09:00:01", "17:31", set()),
        ("08:00:01", "17:00", {EXTENDED}),
        ("09:00", "15:00:01", set()),
        ("09:00:01", "15:00", set()),
        ("08:59:59", "15:00", set()),
    ],
)
def test_a_change_within_a_day_is_of_exactly_the_types_of_the_table(start: str, end: str, types: set[FlexType]) -> None:
    assert types_of(shift(*SHIFT), shift(start, end)) == types


@pytest.mark.parametrize(
    ("start", "end", "types"),
    [
        ("22:00", "30:30", set()),
        ("22:00", "30:31", {EXTENDED}),
        ("21:00", "30:00", {EXTENDED, ALTERED}),
        ("23:00", "31:00", {ALTERED}),
        ("22:00", "28:01", set()),
        ("22:00", "28:00", {CURTAILED}),
        ("22:00", "23:59", {CURTAILED}),
        ("24:00", "32:00", {COMPLETELY_CHANGED}),
        ("24:30", "30:00", {COMPLETELY_CHANGED}),
    ],
)
def test_a_night_shift_keeps_the_day_it_starts_on(start: str, end: str, types: set[FlexType]) -> None:
    assert types_of(shift(*NIGHT), shift(start, end)) == types


def test_a_shift_that_began_after_midnight_and_begins_before_it_has_moved_to_another_day() -> None:
    before_midnight = Shift(at("23:59", DAY - timedelta(days=1)), at("08:00"))
    assert types_of(shift("00:30", "08:00"), before_midnight) == {COMPLETELY_CHANGED}


@pytest.mark.parametrize("days", [-7, -1, 1, 6])
def test_another_day_without_work_is_a_complete_change_and_nothing_else(days: int) -> None:
    """However much or little is added: the other types keep the day."""
    there = DAY + timedelta(days=days)
    for times in (SHIFT, ("07:00", "19:00"), ("09:00", "10:00")):
        assert types_of(shift(*SHIFT), shift(*times, day=there)) == {COMPLETELY_CHANGED}


def test_a_day_on_which_other_work_was_planned_makes_it_a_change_of_no_type() -> None:
    assert types_of(shift(*SHIFT), shift(*SHIFT, day=DAY + timedelta(days=1)), works_there=True) == set()


def test_what_else_is_planned_on_its_own_day_is_no_matter() -> None:
    assert types_of(shift(*SHIFT), shift("08:00", "17:00"), works_there=True) == {EXTENDED, ALTERED}


class TestClocksThatChange:
    """Minutes are elapsed ones, days are local ones."""

    def test_the_repeated_hour_counts_twice(self) -> None:
        """Half an hour by the clocks on the wall, an hour and a half of work."""
        before = moments("2026-10-24T18:00+01:00", "2026-10-25T00:45+01:00")
        after = moments("2026-10-24T18:00+01:00", "2026-10-25T01:15+00:00")
        assert types_of(before, after) == {EXTENDED, ALTERED}

    def test_the_skipped_hour_does_not_count(self) -> None:
        """An hour and a half by the clocks on the wall, half an hour of work."""
        before = moments("2027-03-27T18:00+00:00", "2027-03-28T00:45+00:00")
        after = moments("2027-03-27T18:00+00:00", "2027-03-28T02:15+01:00")
        assert types_of(before, after) == set()

    def test_a_start_more_than_a_day_later_is_on_the_same_day_when_that_has_25_hours(self) -> None:
        before = moments("2026-10-25T00:00+01:00", "2026-10-25T06:00+00:00")
        after = moments("2026-10-25T23:59+00:00", "2026-10-26T06:00+00:00")
        assert after.start - before.start > timedelta(hours=24)
        assert types_of(before, after) == {ALTERED}

    def test_a_start_less_than_a_day_later_is_on_the_next_day_when_that_has_23_hours(self) -> None:
        before = moments("2027-03-28T00:00+00:00", "2027-03-28T06:00+01:00")
        after = moments("2027-03-29T00:00+01:00", "2027-03-29T06:00+01:00")
        assert after.start - before.start == timedelta(hours=23)
        assert types_of(before, after) == {COMPLETELY_CHANGED}

    def test_the_same_clocks_on_both_sides_of_the_change_are_the_same_shift_hours_apart(self) -> None:
        """01:30 in summer time and 01:30 in winter time of one night are an hour apart."""
        before = moments("2026-10-25T01:30+01:00", "2026-10-25T09:00+00:00")
        after = moments("2026-10-25T01:30+00:00", "2026-10-25T09:00+00:00")
        assert types_of(before, after) == set()
        assert types_of(after, before) == {EXTENDED, ALTERED}


def test_the_day_is_that_of_the_owner_whatever_offset_was_typed() -> None:
    before = moments("2026-07-01T23:30+00:00", "2026-07-02T06:00+00:00")
    after = moments("2026-07-01T22:59+00:00", "2026-07-02T06:00+00:00")
    assert types_of(before, after, LONDON) == {COMPLETELY_CHANGED}
    assert types_of(before, after, ZoneInfo("UTC")) == {EXTENDED}


def test_types_come_in_the_order_of_the_table() -> None:
    assert satisfied(ShiftChange(shift(*SHIFT), shift("08:00", "18:00"), LONDON)) == (EXTENDED, ALTERED)


def test_the_names_are_those_that_programs_know() -> None:
    assert [type_.value for type_ in FlexType] == ["extended", "altered", "curtailed", "completelyChanged"]


def test_a_time_without_an_offset_or_beyond_the_calendar_is_refused() -> None:
    naive, beyond = (datetime.fromisoformat(text) for text in ("2026-11-16T09:00", "9999-12-31T09:00+00:00"))
    with pytest.raises(NaiveTime):
        types_of(shift(*SHIFT), Shift(naive, at("17:00")))
    with pytest.raises(OutsideCalendar):
        types_of(shift(*SHIFT), Shift(beyond, beyond + timedelta(hours=8)))


instants = st.integers(0, 60 * 24 * 400).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC")]
)
shifts = st.builds(
    lambda start, minutes: Shift(start, start + timedelta(minutes=minutes)), instants, st.integers(1, 900)
)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Shift, Shift]:
    """A shift, and the same one with either end moved by up to three hours."""
    before = draw(shifts)
    start, end = (moment + timedelta(minutes=draw(st.integers(-180, 180))) for moment in (before.start, before.end))
    assume(start < end)
    return before, Shift(start, end)


@given(changes(), zones, st.booleans())
def test_an_extended_shift_has_all_of_the_former_one_in_it(
    change: tuple[Shift, Shift], zone: ZoneInfo, works_there: bool
) -> None:
    before, after = change
    if EXTENDED in types_of(before, after, zone, works_there):
        assert after.start <= before.start
        assert after.end >= before.end
        assert (after.end - after.start) - (before.end - before.start) > timedelta(minutes=30)


@given(changes(), zones, zones)
def test_where_somebody_lives_changes_nothing_about_minutes(
    change: tuple[Shift, Shift], here: ZoneInfo, there: ZoneInfo
) -> None:
    before, after = change
    assume(all(ShiftChange(before, after, zone).keeps_its_day for zone in (here, there)))
    assert types_of(before, after, here) == types_of(before, after, there)


@given(changes(), zones)
def test_a_change_is_complete_exactly_when_it_does_not_keep_its_day(
    change: tuple[Shift, Shift], zone: ZoneInfo
) -> None:
    before, after = change
    keeps = ShiftChange(before, after, zone).keeps_its_day
    assert (types_of(before, after, zone) == {COMPLETELY_CHANGED}) == (not keeps)


@given(changes(), zones)
def test_nothing_is_both_extended_and_curtailed(change: tuple[Shift, Shift], zone: ZoneInfo) -> None:
    assert not {EXTENDED, CURTAILED} <= types_of(*change, zone)
