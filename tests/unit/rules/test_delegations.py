"""What may be granted, and when it begins and ends."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from models.rules.delegations import (
    LONGEST,
    MOST_PEOPLE,
    Colleague,
    DelegationContent,
    DelegationState,
    Span,
    grant_errors,
    state_of,
)
from models.rules.policy import Role

LONDON, AUCKLAND = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")
TODAY = date(2026, 11, 18)
ONE_DAY = timedelta(days=1)


def somebody(name: str, *roles: Role, active: bool = True) -> Colleague:
    return Colleague(uuid4(), name, active, frozenset(roles), LONDON)


ROLAND = somebody("Roland Fuller", Role.WORKER, Role.SUPERVISOR)
LEAD = somebody("Marita Covarrubias", Role.PROJECT_LEAD)
ALEX = somebody("Alex Krycek", Role.SUPERVISOR)
DUANE = somebody("Duane Barry", Role.WORKER)
MAX = somebody("Max Fenig", Role.WORKER)
GONE = somebody("Walter Skinner", Role.SUPERVISOR, active=False)
AUDITOR = somebody("Diana Fowley", Role.AUDITOR)
PROGRAM = somebody("scheduler", Role.INTEGRATION)
BOTH = somebody("Monica Reyes", Role.AUDITOR, Role.WORKER)
EVERYBODY = {each.id: each for each in (ROLAND, LEAD, ALEX, DUANE, MAX, GONE, AUDITOR, PROGRAM, BOTH)}


def refused(
    delegator: Colleague = ROLAND,
    delegate: Colleague = ALEX,
    first: date = TODAY,
    last: date = TODAY + ONE_DAY,
    only: frozenset[UUID] | None = None,
    granted: tuple[tuple[date, date], ...] = (),
) -> list[str]:
    """The fields for which it cannot be granted."""
    content = DelegationContent(delegator.id, delegate.id, first, last, only)
    return [each.field for each in grant_errors(content, EVERYBODY, TODAY, granted)]


@pytest.mark.parametrize("delegator", [ROLAND, LEAD], ids=lambda each: each.name)
@pytest.mark.parametrize("delegate", [ALEX, DUANE, BOTH], ids=lambda each: each.name)
def test_whoever_approves_or_leads_gives_it_to_anybody_who_signs_in(delegator: Colleague, delegate: Colleague) -> None:
    assert refused(delegator, delegate) == []


@pytest.mark.parametrize("delegator", [DUANE, GONE, AUDITOR, PROGRAM], ids=lambda each: each.name)
def test_whoever_decides_nothing_has_nothing_to_give(delegator: Colleague) -> None:
    assert refused(delegator) == ["delegatorId"]


@pytest.mark.parametrize("delegate", [ROLAND, GONE, AUDITOR, PROGRAM], ids=lambda each: each.name)
def test_nobody_gives_it_to_themselves_to_who_left_or_to_who_only_looks(delegate: Colleague) -> None:
    assert refused(delegate=delegate) == ["delegateId"]


def test_two_may_stand_in_for_each_other() -> None:
    assert refused(ROLAND, ALEX) == refused(ALEX, ROLAND) == []


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        (TODAY, TODAY, []),
        (TODAY - LONGEST, TODAY, []),
        (TODAY, TODAY + LONGEST, []),
        (TODAY + LONGEST, TODAY + LONGEST, []),
        (TODAY + ONE_DAY, TODAY, ["to"]),
        (TODAY - 2 * ONE_DAY, TODAY - ONE_DAY, ["to"]),
        (TODAY, TODAY + LONGEST + ONE_DAY, ["to"]),
        (TODAY + LONGEST + ONE_DAY, TODAY + LONGEST + ONE_DAY, ["from"]),
    ],
)
def test_days_are_in_order_not_over_not_far_ahead_and_a_year_at_most(
    first: date, last: date, fields: list[str]
) -> None:
    assert refused(first=first, last=last) == fields


@pytest.mark.parametrize(
    ("begins", "ends", "fields"),
    [
        (-5, -1, []),
        (-5, 0, ["from"]),
        (1, 1, ["from"]),
        (3, 9, ["from"]),
        (4, 9, []),
        (-9, 9, ["from"]),
    ],
)
def test_nobody_stands_in_twice_on_one_day_for_the_same_person(begins: int, ends: int, fields: list[str]) -> None:
    granted = ((TODAY + begins * ONE_DAY, TODAY + ends * ONE_DAY),)

    assert refused(last=TODAY + 3 * ONE_DAY, granted=granted) == fields


@pytest.mark.parametrize(
    ("only", "fields"),
    [
        (frozenset({DUANE.id}), []),
        (frozenset({DUANE.id, ALEX.id}), []),
        (frozenset({ALEX.id}), ["personIds"]),
        (frozenset({ROLAND.id}), ["personIds"]),
        (frozenset({ROLAND.id, ALEX.id}), ["personIds"]),
        (frozenset(), ["personIds"]),
        (frozenset(uuid4() for _ in range(MOST_PEOPLE + 1)), ["personIds"]),
    ],
)
def test_it_is_limited_to_somebody_whom_the_delegate_can_decide_on(only: frozenset[UUID], fields: list[str]) -> None:
    assert refused(only=only) == fields


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (TODAY - ONE_DAY, DelegationState.COMING),
        (TODAY, DelegationState.CURRENT),
        (TODAY + ONE_DAY, DelegationState.CURRENT),
        (TODAY + 2 * ONE_DAY, DelegationState.PAST),
    ],
)
def test_it_is_in_force_from_its_first_day_to_its_last(day: date, state: DelegationState) -> None:
    assert state_of(TODAY, TODAY + ONE_DAY, False, day) is state
    assert state_of(TODAY, TODAY + ONE_DAY, True, day) is DelegationState.REVOKED


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        (LONDON, date(2026, 3, 29), date(2026, 3, 29), 23),
        (LONDON, date(2026, 10, 25), date(2026, 10, 25), 25),
        (AUCKLAND, date(2026, 9, 27), date(2026, 9, 28), 47),
        (ZoneInfo("America/Havana"), date(2026, 3, 8), date(2026, 3, 8), 23),
    ],
)
def test_days_are_those_of_the_delegator_however_long(zone: ZoneInfo, first: date, last: date, hours: int) -> None:
    span = Span.of(first, last, zone)

    assert span.ends - span.begins == timedelta(hours=hours)
    assert span.begins.astimezone(zone).date() == first
    assert (span.ends - timedelta(seconds=1)).astimezone(zone).date() == last


SPAN = Span(datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
BEFORE, AMID, AFTER = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (17, 19, 21))


@pytest.mark.parametrize(
    ("now", "begun", "over", "due"),
    [
        (BEFORE, False, False, SPAN.begins),
        (SPAN.begins, True, False, SPAN.ends),
        (AMID, True, False, SPAN.ends),
        (SPAN.ends, True, True, None),
        (AFTER, True, True, None),
    ],
)
def test_it_begins_once_and_ends_once(now: datetime, begun: bool, over: bool, due: datetime | None) -> None:
    assert (SPAN.has_begun(now), SPAN.is_over(now), SPAN.next_due(now)) == (begun, over, due)


@pytest.mark.parametrize(("revoked_at", "begun"), [(BEFORE, False), (AMID, True)])
def test_what_was_taken_back_is_over_and_began_only_if_it_had_by_then(revoked_at: datetime, begun: bool) -> None:
    revoked = Span(SPAN.begins, SPAN.ends, revoked_at)

    for now in (AMID, AFTER):
        assert (revoked.has_begun(now), revoked.is_over(now), revoked.next_due(now)) == (begun, True, None)
