"""Where the lines of a plot of balances go."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from models.reads.shown_balances import BalanceDay, BalanceShown, BalanceYear
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.summaries import summary_on
from web.plots import BOTTOM, TOP, Plot, plot_of

START, END = date(2026, 4, 1), date(2027, 3, 31)
HOURS, WEEKENDS = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.WEEKEND_HOURS
CREDITS = AccrualCode.FLEXIBLE_CREDITS
LAST = date(2026, 9, 30)
"""The day in whose evening half of the agreement is over, but for half a day."""


def year(
    *used: tuple[date, int],
    code: AccrualCode = HOURS,
    target: int | None = 60_000,
    until: date = LAST,
    adjusted: int = 0,
) -> BalanceYear:
    """An agreement in which so much was used on some days, and as much adjusted on each."""
    targets = {} if target is None else {code: Target(target, target)}
    agreement = AgreementContent(UUID(int=0), START, END, targets=targets)
    days, left = [], target or 0
    for day, value in used:
        left += adjusted - value
        days.append(BalanceDay(code, day, value, adjusted, left, None))
    summary = summary_on(until, agreement, code, sum(value for _, value in used), left, 5)
    return BalanceYear(BalanceShown(code, summary), agreement, until, summary, tuple(days), ())


def drawn(of: BalanceYear, on: date = LAST, today: date = LAST) -> Plot:
    return plot_of(of, on, today)


def words(plot: Plot) -> list[str]:
    return [tick.words for tick in plot.ticks]


def test_what_remains_is_level_until_something_happens() -> None:
    plot = drawn(year((START, 6_000), (date(2026, 9, 29), 24_000)))

    # 1000 h at the top of 196 pixels, 900 h after the first of 365 days, 500 h after the 182nd.
    assert plot.line == "M0 22.0H0.27V41.6H49.86V120.0H50.14"
    assert plot.area == "M0 22.0H0.27V41.6H49.86V120.0H50.14V218.0H0Z"


def test_an_even_pace_leads_from_the_target_to_nothing() -> None:
    assert drawn(year()).even == "M0 22.0L100 218.0"


def test_what_was_worked_elsewhere_leaves_the_even_pace_where_it_is() -> None:
    agreement = AgreementContent(UUID(int=0), START, END, targets={HOURS: Target(60_000, 30_000)})
    plot = drawn(replace(year(), agreement=agreement))

    assert plot.even == "M0 22.0L100 218.0"
    assert plot.line.startswith("M0 120.0H")


def test_the_present_pace_leads_on_to_the_end_of_the_agreement() -> None:
    plot = drawn(year((START, 30_000)))

    # What took 183 days so far takes as much in the 182 that are left, but for a day's worth.
    assert plot.ahead == "M50.14 120.0L100 217.5"


def test_nothing_is_ahead_of_an_agreement_that_is_over() -> None:
    plot = drawn(year((START, 30_000), until=END), on=START, today=END + timedelta(days=40))

    assert plot.ahead is None
    assert plot.today is None
    assert plot.future == 100


def test_all_is_ahead_of_an_agreement_that_has_not_begun() -> None:
    plot = drawn(year(until=START), on=START, today=START - timedelta(days=40))

    assert plot.today is None
    assert plot.future == 0


def test_what_lies_ahead_begins_today() -> None:
    plot = drawn(year(), today=LAST - timedelta(days=1))

    assert plot.today == plot.future == 49.86


def test_what_is_recorded_ahead_is_no_part_of_the_line_yet() -> None:
    plot = drawn(year((START, 30_000), (date(2026, 12, 1), 60), adjusted=30))

    assert "66" not in plot.line
    assert [mark.x for mark in plot.points] == [0.27, 67.12]
    assert [mark.x for mark in plot.adjustments] == [0.27]


def test_the_day_one_looks_at_is_marked() -> None:
    assert drawn(year((START, 30_000)), on=START).dot.x == 0.27


def test_what_is_only_counted_is_drawn_upwards() -> None:
    plot = drawn(year((START, 120), (LAST, 60), code=WEEKENDS, target=None))

    assert plot.rises
    assert plot.even is None
    assert plot.points[0].y > plot.points[1].y
    assert plot.ticks[0].words == "0"


@pytest.mark.parametrize(
    ("plot", "expected"),
    [
        (drawn(year()), ["0", "200", "400", "600", "800", "1000 h"]),
        (drawn(year((START, 66_000))), ["−1500", "−1000", "−500", "0", "500", "1000 h"]),
        (drawn(year(target=0)), ["0", "1 h"]),
        (drawn(year(target=59)), ["0", "1 h"]),
        (drawn(year(code=CREDITS, target=12)), ["0", "5", "10", "15"]),
        (drawn(year((START, 2), code=CREDITS, target=None)), ["0", "1", "2", "3", "4"]),
        (drawn(year(target=10_000_000)), ["0", "50000", "100000", "150000", "200000 h"]),
    ],
)
def test_the_scale_has_a_few_round_steps(plot: Plot, expected: list[str]) -> None:
    assert words(plot) == expected
    assert (plot.ticks[-1].y, plot.ticks[0].y) == (TOP, BOTTOM)


def test_nothing_is_drawn_outside() -> None:
    plot = drawn(year((START, 70_000), (date(2026, 5, 1), 1), adjusted=20_000))

    assert all(TOP <= mark.y <= BOTTOM for mark in (*plot.points, plot.dot, *plot.ticks))


def test_months_stand_where_they_begin() -> None:
    plot = drawn(year())

    assert [mark.words for mark in plot.months][:3] == ["Apr", "May", "Jun"]
    assert [mark.x for mark in plot.months][:3] == [0, 8.22, 16.71]
    assert len(plot.months) == 12


def test_of_several_years_only_some_months_are_named() -> None:
    one = year()
    agreement = replace(one.agreement, start_date=date(2026, 4, 15), end_date=date(2029, 4, 14))

    plot = drawn(replace(one, agreement=agreement))

    assert [mark.words for mark in plot.months][:2] == ["May 26", "Aug 26"]
    assert len(plot.months) == 12
