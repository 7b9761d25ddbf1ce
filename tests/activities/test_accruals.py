"""Balances are always the arithmetic of the recorded time, whatever was recorded, amended and removed before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, select
from temporalio.exceptions import ApplicationError

from models.calendars import PublicHolidays
from models.commands import EntryFields
from models.database import command_transaction
from models.rules.accrual_types import AccrualCode, codes_of
from models.rules.accruals import EntryForAccrual, LocalCalendar, contributions
from models.rules.balances import EntryVersion, balance_on, daily_totals, fold
from models.rules.periods import period_of
from models.standard import ABSENCE, ON_CALL, OVERTIME, SHIFT, standard_types
from models.tables.accruals import Accrual, Agreement, AgreementTarget, Contribution
from models.tables.timecard import TimeEntry
from tests.desk import Desk, Life
from tests.factories import LONDON, MONDAY, Asking, Organisation, change_person, worked

YEAR = (date(2026, 4, 1), date(2027, 3, 31))
OPENING = dict.fromkeys(AccrualCode, 0) | {AccrualCode.ANNUAL_TARGET_HOURS: 100_000, AccrualCode.NIGHT_HOURS: 10_000}
FEEDS = {type_["id"]: codes_of(type_["feeds"]) for type_ in standard_types()}
ENGLAND = LocalCalendar(PublicHolidays("GB-ENG"))

INTERESTING_DAYS = (
    date(2026, 3, 28),  # before any agreement
    date(2026, 3, 29),  # the clocks go forward, before any agreement
    date(2026, 3, 31),  # the day before the agreement
    date(2026, 4, 1),  # its first day
    date(2026, 7, 15),
    date(2026, 10, 24),
    date(2026, 10, 25),  # the clocks go back
    date(2026, 10, 26),
    MONDAY,
    MONDAY + timedelta(days=1),
    date(2027, 3, 27),
    date(2027, 3, 28),  # the clocks go forward
    date(2027, 3, 31),  # the last day of the agreement
    date(2027, 4, 1),  # the first day of the next one
)


def test_a_shift_is_taken_from_what_remains_from_its_day_on(life: Life) -> None:
    life.record("09:00", "17:00")

    assert _balances(life, AccrualCode.ANNUAL_TARGET_HOURS) == {MONDAY: 100_000 - 480}


def test_an_earlier_day_changes_every_later_balance(life: Life) -> None:
    tuesday = MONDAY + timedelta(days=1)
    life.desk.do(life.duane.record(worked("09:00", "17:00", day=tuesday)))
    life.record("09:00", "10:00")

    assert _balances(life, AccrualCode.ANNUAL_TARGET_HOURS) == {
        MONDAY: 100_000 - 60,
        tuesday: 100_000 - 60 - 480,
    }


def test_a_removed_entry_gives_back_what_it_took(life: Life) -> None:
    recorded = life.record("22:00", "30:00")
    assert recorded.entry_id
    life.desk.do(life.duane.remove(recorded.entry_id, 1))

    for code, opening in OPENING.items():
        assert set(_balances(life, code).values()) <= {opening}


def test_an_absence_takes_nothing(life: Life) -> None:
    life.desk.do(life.duane.record(worked("00:00", "24:00", type_id=ABSENCE)))

    assert life.desk.rows(life.org.tenant_id, Accrual) == []


def test_an_entry_outside_any_agreement_is_stored_and_contributes_nothing(life: Life) -> None:
    long_ago = date(2020, 1, 6)
    duane = Asking(life.org, life.org.duane, life.org.duane, day=long_ago)
    life.desk.do(duane.record(worked("09:00", "17:00", day=long_ago)))

    assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 1
    assert life.desk.rows(life.org.tenant_id, Contribution) == []
    assert life.desk.rows(life.org.tenant_id, Accrual) == []


def test_a_night_across_the_edge_of_an_agreement_counts_on_the_side_that_has_one(life: Life) -> None:
    eve = date(2026, 3, 31)
    duane = Asking(life.org, life.org.duane, life.org.duane, day=eve)
    life.desk.do(duane.record(worked("22:00", "30:00", day=eve)))

    assert _balances(life, AccrualCode.ANNUAL_TARGET_HOURS) == {date(2026, 4, 1): 100_000 - 360}


def test_balances_begin_anew_with_each_agreement(life: Life, owner_engine: Engine) -> None:
    _next_year(owner_engine, life.org, life.org.duane)
    eve = date(2027, 3, 31)
    duane = Asking(life.org, life.org.duane, life.org.duane, day=eve)
    life.desk.do(duane.record(worked("22:00", "30:00", day=eve)))

    assert _balances(life, AccrualCode.ANNUAL_TARGET_HOURS) == {
        date(2027, 3, 31): 100_000 - 120,
        date(2027, 4, 1): 50_000 - 360,
    }


@pytest.mark.parametrize("zone", ["Europe/London", "America/Santiago", "Pacific/Auckland"])
@pytest.mark.parametrize("seed", range(3))
def test_after_any_sequence_of_changes_the_balances_are_the_fold_of_what_is_effective(
    life: Life, owner_engine: Engine, seed: int, zone: str
) -> None:
    change_person(owner_engine, life.org.duane, time_zone=zone)
    _next_year(owner_engine, life.org, life.org.duane)
    story = _Story(life.desk, life.org, ZoneInfo(zone), Random(f"{zone} {seed}"))
    for _ in range(40):
        story.step()

    assert story.done["record"] > 5
    assert story.done["amend"] > 5
    assert story.done["remove"] > 2
    for code, agreements in _expected(story).items():
        stored = _balances(life, code)
        for opening, first, last, balances in agreements:
            for day in _days(first, last):
                in_agreement = {at: left for at, left in stored.items() if first <= at <= last}
                assert balance_on(day, opening, in_agreement) == balance_on(day, opening, balances), (code, day)
    assert all(_is_agreed(accrual.day) for accrual in life.desk.rows(life.org.tenant_id, Accrual))


def test_the_total_of_a_day_is_the_sum_of_its_effective_contributions(life: Life) -> None:
    story = _Story(life.desk, life.org, LONDON, Random("totals"))
    for _ in range(25):
        story.step()

    for code in AccrualCode:
        expected = {d: v for d, v in daily_totals(code, story.versions()).items() if YEAR[0] <= d <= YEAR[1]}
        stored = {
            accrual.day: accrual.total
            for accrual in life.desk.rows(life.org.tenant_id, Accrual)
            if accrual.accrual_code == code and accrual.total
        }
        assert stored == expected


@dataclass
class _Story:
    """Someone records, amends and removes as the dice fall, and we keep the books by the rules beside them."""

    desk: Desk
    org: Organisation
    zone: ZoneInfo
    dice: Random
    entries: dict[UUID, tuple[int, date, EntryFields, bool]] = field(default_factory=dict)
    """By entry: its version, the week it is on, what it says, and whether it was removed."""
    done: dict[str, int] = field(default_factory=lambda: {"record": 0, "amend": 0, "remove": 0})

    def step(self) -> None:
        """One command; one that is refused (an overlap, another week) changes nothing and is none."""
        live = [id_ for id_, (_, _, _, removed) in self.entries.items() if not removed]
        what = self.dice.choice(("record", "record", "amend", "amend", "remove")) if live else "record"
        try:
            getattr(self, f"_{what}")(*([self.dice.choice(live)] if what != "record" else []))
        except ApplicationError as refused:
            if refused.type != "Invalid":
                raise
        else:
            self.done[what] += 1

    def versions(self) -> Iterator[EntryVersion]:
        """What is effective, as the rules see it."""
        for id_, (version, _, fields, removed) in self.entries.items():
            feeds = FEEDS[fields.time_period_type_id]
            told = EntryForAccrual(feeds, fields.start, fields.end, self.zone, fields.meal_break_minutes, removed)
            yield EntryVersion(id_, version, contributions(told, ENGLAND))

    def _record(self) -> None:
        day = self.dice.choice(INTERESTING_DAYS)
        fields = self._fields(day)
        outcome = self.desk.do(self._asking(day).record(fields))
        assert outcome.entry_id
        self.entries[outcome.entry_id] = (1, day, fields, False)

    def _amend(self, id_: UUID) -> None:
        version, day, _, _ = self.entries[id_]
        fields = self._fields(day)
        self.desk.do(self._asking(day).amend(id_, version, fields))
        self.entries[id_] = (version + 1, day, fields, False)

    def _remove(self, id_: UUID) -> None:
        version, day, fields, _ = self.entries[id_]
        self.desk.do(self._asking(day).remove(id_, version))
        self.entries[id_] = (version + 1, day, fields, True)

    def _asking(self, day: date) -> Asking:
        return Asking(self.org, self.org.duane, self.org.duane, day=period_of(day).start)

    def _fields(self, day: date) -> EntryFields:
        # Counted in elapsed minutes from midnight, so that the times the clocks skip do not trouble us here.
        midnight = datetime.combine(day, datetime.min.time(), self.zone).astimezone(UTC)
        start = midnight + timedelta(minutes=self.dice.randrange(0, 24 * 60, 15))
        minutes = self.dice.choice((15, 60, 240, 480, 720, 1_500))
        end = None if self.dice.random() < 0.1 else start + timedelta(minutes=minutes, seconds=30)
        type_id = self.dice.choice((SHIFT, OVERTIME, ON_CALL))
        meal_break = self.dice.choice((0, 0, 10, 14)) if end and type_id != ON_CALL else 0
        return EntryFields(type_id, start, end, meal_break_minutes=meal_break)


def _expected(
    story: _Story,
) -> dict[AccrualCode, list[tuple[int, date, date, dict[date, int]]]]:
    """By accrual type, for each agreement: its opening balance, its ends and the balances by the rules."""
    versions = list(story.versions())
    expected = {}
    for code in AccrualCode:
        daily = daily_totals(code, versions)
        years = ((OPENING[code], *YEAR), (50_000, date(2027, 4, 1), date(2028, 3, 31)))
        expected[code] = [
            (opening, first, last, fold(opening, {d: v for d, v in daily.items() if first <= d <= last}, {}))
            for opening, first, last in years
        ]
    return expected


def _balances(life: Life, code: AccrualCode) -> dict[date, int]:
    found = select(Accrual).where(Accrual.person_id == life.org.duane, Accrual.accrual_code == code)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        return {accrual.day: accrual.balance for accrual in session.scalars(found.order_by(Accrual.day))}


def _is_agreed(day: date) -> bool:
    return YEAR[0] <= day <= date(2028, 3, 31)


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def _next_year(owner_engine: Engine, org: Organisation, person: UUID) -> None:
    agreement = uuid4()
    tenant = {"tenant_id": org.tenant_id}
    year = {"start_date": date(2027, 4, 1), "end_date": date(2028, 3, 31)}
    with owner_engine.begin() as connection:
        connection.execute(insert(Agreement).values(tenant | year | {"id": agreement, "person_id": person}))
        for code in AccrualCode:
            row = {"accrual_code": code.value, "target": 50_000, "opening_balance": 50_000}
            connection.execute(insert(AgreementTarget).values(tenant | row | {"agreement_id": agreement}))
