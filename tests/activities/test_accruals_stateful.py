"""Whatever happens, in whatever order: every balance of every day is what slow arithmetic says it is.

A few hundred steps run with all tests. `make stateful` runs ten thousand; how many others are wanted is said by
`make stateful STEPS=…`.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from temporalio.exceptions import ApplicationError

from activities.commands import SheetActivities
from models.commands import Asked, EntryFields, ScheduleAction
from models.database import WriteSession, command_transaction, read_session
from models.errors import Invalid
from models.messages import CommandOutcome
from models.rules.accrual_types import AccrualCode as Code
from models.rules.agreements import AgreementContent, Target
from models.rules.flex import FlexType
from models.rules.supposed import HolidayContent, HolidayKind
from models.standard import ABSENCE, ON_CALL, OVERTIME, REST_DAY, SHIFT, standard_types
from models.store.adjustments import AdjustmentContent, adjust, reversal_of
from models.store.agreements import create_agreement, replace_agreement
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person
from models.store.holidays import set_holiday
from models.store.period_types import kept_type, replace_type
from models.tables.accruals import Accrual, Agreement
from models.verifying.balances import verify
from tests.activities.plain_books import (
    DAY,
    PlainAgreement,
    PlainEntry,
    PlainPerson,
    PlainWorld,
    Standing,
    day_of,
    days,
    first_minute,
    standings,
    usual_holidays,
)
from tests.desk import Desk, carry_out_rebuilds
from tests.factories import Asking, Organisation, make_organisation

STEPS = int(os.environ.get("COUNTERSIGN_STATEFUL_STEPS", "100"))
STEPS_OF_A_STORY = 25
MANY = 2_000
"""So many steps that everything happens on the way."""

EVERYTHING = {
    *("record", "amend", "remove", "schedule", "confirm", "add_flex_change", "change"),
    *("record, refused", "add_flex_change, refused", "change, refused"),
}

ZONES = (
    "Europe/London",
    "America/Santiago",  # clocks change at midnight
    "Africa/Cairo",
    "Australia/Lord_Howe",  # by half an hour
    "Atlantic/Azores",
    "Asia/Kathmandu",  # a quarter of an hour beside the others, and never change
)
PLACES = ("GB-ENG", "GB-SCT", "CL", "AU-NSW")

INTERESTING_DAYS = (
    date(2026, 3, 28),
    date(2026, 3, 29),  # clocks go forward in London and on the Azores
    date(2026, 3, 31),  # the day before the agreement everybody begins with
    date(2026, 4, 1),
    date(2026, 4, 3),  # Good Friday
    date(2026, 4, 4),  # clocks go back in Santiago, at midnight
    date(2026, 4, 5),  # and on Lord Howe
    date(2026, 4, 6),  # Easter Monday, in England only
    date(2026, 4, 24),  # clocks go forward in Cairo, at midnight
    date(2026, 6, 17),  # nothing special
    date(2026, 6, 20),  # a Saturday
    date(2026, 9, 5),
    date(2026, 9, 6),  # clocks go forward in Santiago, at midnight
    date(2026, 10, 4),  # and on Lord Howe
    date(2026, 10, 25),  # clocks go back in London
    date(2026, 10, 29),  # and in Cairo
    date(2026, 12, 25),
    date(2026, 12, 26),  # a public holiday on a Saturday
    date(2026, 12, 28),  # its substitute
    date(2027, 3, 31),  # the last day of the agreement
    date(2027, 4, 1),
)
EDGES = (
    date(2025, 4, 1),
    date(2026, 3, 29),
    date(2026, 3, 31),
    date(2026, 4, 1),
    date(2026, 4, 5),
    date(2026, 9, 5),
    date(2026, 12, 25),
    date(2026, 12, 26),
    date(2027, 3, 31),
    date(2027, 4, 1),
    date(2027, 6, 30),
)

people = st.sampled_from(("Duane Barry", "Max Fenig"))
which = st.integers(0, 1_000)
"""One of however many there are."""

interesting_days = st.sampled_from(INTERESTING_DAYS)
codes = st.sampled_from(Code)
values = st.integers(-600, 600).filter(bool)
feeds = st.sets(codes, max_size=4)
openings = st.dictionaries(codes, st.integers(-500, 100_000), max_size=3)

times = st.builds(
    lambda type_id, day, quarter, minutes, seconds, rest: (type_id, day, quarter, minutes, seconds, rest),
    st.sampled_from((SHIFT, SHIFT, OVERTIME, ON_CALL, REST_DAY, ABSENCE)),
    interesting_days,
    st.integers(0, 95),
    st.sampled_from((15, 100, 179, 180, 240, 480, 600, 900, 1_500, 2_880, None)),
    st.sampled_from((0, 0, 30)),
    st.sampled_from((0, 0, 10, 14)),
)
"""A kind of time; a day with a number of quarters of an hour on it; how long, with a meal break."""

Times = tuple[UUID, date, int, int | None, int, int]

WHOLE_DAYS = (REST_DAY, ABSENCE)

Rows = dict[tuple[Code, date], tuple[int, int]]
"""Total and balance."""


def has_entries(life: "Life") -> bool:
    """Whether there is anything that could be changed."""
    return any(person.live() for person in life.people.values())


class Life(RuleBasedStateMachine):
    """Two people of an organisation and its administrator, and beside them the plain books of the same."""

    def __init__(self, engine: Engine, owner_engine: Engine, steps: list[str]) -> None:
        super().__init__()
        self.engine, self.owner_engine, self.steps = engine, owner_engine, steps
        self.desk = Desk(engine, SheetActivities(engine), owner_engine)
        self.is_patient = False

    @initialize()
    def founded(self) -> None:
        self.org: Organisation = make_organisation(self.owner_engine)
        self.world = PlainWorld({type_["id"]: {Code(code) for code in type_["feeds"]} for type_ in standard_types()})
        self.people = {name: PlainPerson() for name in ("Duane Barry", "Max Fenig")}
        with read_session(self.engine, self.org.tenant_id) as session:
            for name, person in self.people.items():
                first = _first_agreement(session, self.org.people[name])
                opening = {Code.ANNUAL_TARGET_HOURS: 100_000, Code.NIGHT_HOURS: 10_000}
                person.agreements.append(PlainAgreement(first, date(2026, 4, 1), date(2027, 3, 31), opening=opening))
        self.plans: dict[UUID, int] = {}

    # More often than the rest: most of that is about entries.
    @rule(name=people, said=times)
    def record_more(self, name: str, said: Times) -> None:
        self.record(name, said)

    @rule(name=people, said=times)
    def record_even_more(self, name: str, said: Times) -> None:
        self.record(name, said)

    @rule(name=people, said=times)
    def record(self, name: str, said: Times) -> None:
        person, fields = self.people[name], self._fields(name, said)
        outcome = self._command(self._asking(name, fields).record(fields), refused=self._clashes(name, fields))
        if outcome:
            assert outcome.entry_id
            person.entries[outcome.entry_id] = self._entry(name, fields)

    @precondition(has_entries)
    @rule(name=people, number=which, said=times)
    def amend_more(self, name: str, number: int, said: Times) -> None:
        self.amend(name, number, said)

    @precondition(has_entries)
    @rule(name=people, number=which, said=times)
    def amend(self, name: str, number: int, said: Times) -> None:
        for id_, entry in self._some(name, number):
            fields = self._fields(name, said)
            week = _week(day_of(fields.start, self.people[name].zone))
            asked = self._on(name, entry.week).amend(id_, entry.version, fields, week if week != entry.week else None)
            if self._command(asked, refused=self._clashes(name, fields, id_)):
                self.people[name].entries[id_] = self._entry(name, fields, entry.version + 1)

    @precondition(has_entries)
    @rule(name=people, number=which)
    def remove(self, name: str, number: int) -> None:
        for id_, entry in self._some(name, number):
            self._command(self._on(name, entry.week).remove(id_, entry.version), refused=False)
            entry.version, entry.deleted = entry.version + 1, True

    @rule(name=people, said=times)
    def plan(self, name: str, said: Times) -> None:
        fields = self._fields(name, said, type_id=said[0] if said[0] not in WHOLE_DAYS else SHIFT)
        if fields.end:
            id_ = uuid4()
            asked = self._asking(name, fields, self.org.suzanne).schedule(id_, fields)
            if self._command(asked, refused=self._clashes(name, fields)):
                self.plans[id_] = 1
                self.people[name].entries[id_] = self._entry(name, fields, confirmed=False, rest=0)

    @precondition(lambda self: self.plans)
    @rule(name=people, number=which, said=times)
    def plan_otherwise(self, name: str, number: int, said: Times) -> None:
        fields = self._fields(name, said, type_id=SHIFT)
        for id_, entry in self._some(name, number, among=self.plans):
            if not fields.end:
                return
            self.plans[id_] += 1
            asking = self._asking(name, fields, self.org.suzanne)
            moved = entry.week if entry.week != asking.day else None
            asked = asking.schedule(id_, fields, self.plans[id_], ScheduleAction.UPDATE, moved)
            refused = not entry.confirmed and self._clashes(name, fields, id_)
            if self._command(asked, refused=refused):
                present = entry if entry.confirmed else self._entry(name, fields, confirmed=False, rest=0)
                self.people[name].entries[id_] = replace(present, version=entry.version + 1)

    @precondition(lambda self: self.plans)
    @rule(name=people, number=which)
    def confirm(self, name: str, number: int) -> None:
        for id_, entry in self._some(name, number, among=self.plans):
            elsewhere = _week(day_of(entry.start, self.people[name].zone)) != entry.week
            if not entry.confirmed and self._command(
                self._on(name, entry.week).confirm(id_, entry.version), refused=elsewhere
            ):
                entry.version, entry.confirmed = entry.version + 1, True

    @precondition(has_entries)
    @rule(
        name=people,
        number=which,
        type_=st.sampled_from((FlexType.EXTENDED, FlexType.ALTERED, FlexType.CURTAILED)),
        before=st.sampled_from((0, 0, 31, 60, 240)),
        after=st.sampled_from((0, 0, 60, 300)),
    )
    def change_a_shift(self, name: str, number: int, type_: FlexType, before: int, after: int) -> None:
        if type_ is FlexType.CURTAILED:
            before, after = 0, -120 - before
        for id_, entry in self._some(name, number):
            if entry.end:
                start = entry.start - timedelta(minutes=before)
                self._change_shift(name, id_, entry, type_, start, entry.end + timedelta(minutes=after))

    @precondition(has_entries)
    @rule(name=people, number=which, said=times)
    def change_a_shift_completely(self, name: str, number: int, said: Times) -> None:
        fields = self._fields(name, said, type_id=SHIFT)
        for id_, entry in self._some(name, number):
            if entry.end and fields.end:
                self._change_shift(name, id_, entry, FlexType.COMPLETELY_CHANGED, fields.start, fields.end)

    @rule(name=people, code=codes, day=interesting_days, value=values)
    def adjust(self, name: str, code: Code, day: date, value: int) -> None:
        content = AdjustmentContent(self.org.people[name], code, day, value, "Agreed with payroll.")
        with self._changing(refused=not self.people[name].is_agreed(day)) as (session, given):
            adjust(session, given, content)
            self.people[name].adjustments.append((code, day, value))

    @precondition(lambda self: any(person.flex_changes for person in self.people.values()))
    @rule(name=people, number=which)
    def give_a_flexible_credit_back(self, name: str, number: int) -> None:
        person = self.people[name]
        if not person.flex_changes:
            return
        id_ = list(person.flex_changes)[number % len(person.flex_changes)]
        day = day_of(person.flex_changes[id_], person.zone)
        with self._changing(refused=id_ in person.reversed or not person.is_agreed(day)) as (session, given):
            adjust(session, given, reversal_of(session, id_, "The change was not theirs."))
            person.reversed.add(id_)
            person.adjustments.append((Code.FLEXIBLE_CREDITS, day, 1))

    @rule(name=people, first=st.sampled_from(EDGES), last=st.sampled_from(EDGES), opening=openings)
    def agree(self, name: str, first: date, last: date, opening: dict[Code, int]) -> None:
        person = self.people[name]
        refused = last < first or any(each.meets(first, last) for each in person.agreements)
        with self._changing(refused=refused) as (session, given):
            kept = create_agreement(session, given, self._agreement(name, first, last, 400, opening))
            person.agreements.append(PlainAgreement(kept.id, first, last, 400, opening))

    @rule(
        name=people,
        number=which,
        first=st.sampled_from(EDGES),
        last=st.sampled_from(EDGES),
        standard_day=st.sampled_from((300, 444, 480)),
        opening=openings,
    )
    def agree_otherwise(
        self, name: str, number: int, first: date, last: date, standard_day: int, opening: dict[Code, int]
    ) -> None:
        person = self.people[name]
        this = person.agreements[number % len(person.agreements)]
        refused = last < first or any(each.meets(first, last) for each in person.agreements if each is not this)
        content = self._agreement(name, first, last, standard_day, opening)
        with self._changing(refused=refused) as (session, given):
            this.version = replace_agreement(session, given, this.id, this.version, content).version
            this.start, this.end, this.standard_day, this.opening = first, last, standard_day, opening

    @rule(place=st.sampled_from(PLACES), day=interesting_days, kind=st.sampled_from((*HolidayKind, None)))
    def declare_a_holiday(self, place: str, day: date, kind: HolidayKind | None) -> None:
        usual = day in usual_holidays(place)
        refused = kind is (HolidayKind.ADDED if usual else HolidayKind.REMOVED)
        with self._changing(refused=refused) as (session, given):
            set_holiday(session, given, HolidayContent(place, day, kind, "Day of the bees" if kind else ""))
            if kind:
                self.world.exceptions[place, day] = kind is HolidayKind.ADDED
            else:
                self.world.exceptions.pop((place, day), None)

    @rule(type_id=st.sampled_from((SHIFT, ON_CALL, REST_DAY, ABSENCE)), fed=feeds, is_patient=st.booleans())
    def count_otherwise(self, type_id: UUID, fed: set[Code], is_patient: bool) -> None:
        """The rebuild is carried out at once, or when something else has happened meanwhile."""
        with self._changing(refused=False) as (session, given):
            kept = kept_type(session, type_id)
            codes_ = frozenset(code.value for code in fed)
            content = replace(
                kept.content, accrual_types=codes_, counts_to_target_hours=Code.ANNUAL_TARGET_HOURS in fed
            )
            replace_type(session, given, type_id, kept.version, content)
            self.world.feeds[type_id] = fed
        self.is_patient = is_patient

    @rule(name=people, zone=st.sampled_from(ZONES), place=st.sampled_from(PLACES))
    def move_away(self, name: str, zone: str, place: str) -> None:
        with self._changing(refused=False) as (session, given):
            kept = kept_person(session, self.org.people[name])
            content = replace(kept.content, time_zone=zone, holiday_calendar=place)
            replace_person(session, given, kept.id, kept.version, content)
            self.people[name].zone, self.people[name].place = zone, place

    @invariant()
    def every_balance_of_every_day_is_what_arithmetic_says(self) -> None:
        if self.is_patient:
            self.is_patient = False
            return
        carry_out_rebuilds(self.engine, self.org.tenant_id)
        for name, person in self.people.items():
            rows = self._rows(name)
            expected = set(standings(person, self.world, {code for code, _ in rows}))
            assert set(_carried(rows, person, {each.code for each in expected})) == expected
            assert all(person.is_agreed(day) for _, day in rows)
        found = verify(lambda: read_session(self.engine, self.org.tenant_id))
        assert [wrong for checked in found for wrong in checked.wrong] == []

    def _rows(self, name: str) -> Rows:
        """The balances of somebody as they are stored."""
        columns = (Accrual.accrual_code, Accrual.day, Accrual.total, Accrual.balance)
        with read_session(self.engine, self.org.tenant_id) as session:
            found = session.execute(select(*columns).where(Accrual.person_id == self.org.people[name]))
            return {(Code(code), day): (total, balance) for code, day, total, balance in found.all()}

    def _change_shift(
        self, name: str, id_: UUID, entry: PlainEntry, type_: FlexType, start: datetime, end: datetime
    ) -> None:
        """Refused where it is not of this type, or lies on other time: what is true of a change is tested elsewhere."""
        week = _week(day_of(start, self.people[name].zone))
        moves_to = week if type_ is FlexType.COMPLETELY_CHANGED and week != entry.week else None
        asked = self._on(name, entry.week).change_shift(
            type_, id_, EntryFields(entry.type_id, start, end), entry.version, moves_to
        )
        outcome = self._command(asked, refused=None)
        if outcome is None:
            return
        assert outcome.entry_id
        assert outcome.entry_version
        if outcome.entry_id != id_:
            entry.version, entry.deleted = entry.version + 1, True
        present = PlainEntry(entry.type_id, start, end, entry.meal_break, week, outcome.entry_version)
        self.people[name].entries[outcome.entry_id] = present
        self.people[name].flex_changes[asked.makes("flex-change")] = start

    def _command(self, asked: Asked, *, refused: bool | None) -> CommandOutcome | None:
        """What came of a command; None when a rule was against it, which has to be so where `refused` says so."""
        try:
            outcome = self.desk.do(asked)
        except ApplicationError as failure:
            if failure.type != "Invalid" or refused is False:
                raise
            self._note(f"{asked.kind}, refused")
            return None
        assert not refused, f"{asked} was not refused"
        self._note(asked.kind)
        return outcome

    @contextmanager
    def _changing(self, *, refused: bool) -> Iterator[tuple[WriteSession, GivenBy]]:
        """A change by the administrator, which a rule has to be against, or not."""
        given = GivenBy(self.org.tenant_id, self.org.suzanne, uuid4())
        try:
            with command_transaction(self.engine, self.org.tenant_id) as session:
                yield session, given
        except Invalid:
            if not refused:
                raise
            self._note("change, refused")
        else:
            assert not refused, "it was not refused"
            self._note("change")

    def _note(self, what: str) -> None:
        self.steps.append(what)
        event(what)

    def _some(self, name: str, number: int, among: dict[UUID, int] | None = None) -> Iterator[tuple[UUID, PlainEntry]]:
        """One live entry, unless there is none."""
        entries = self.people[name].entries
        live = [id_ for id_ in self.people[name].live() if among is None or id_ in among]
        if live:
            id_ = live[number % len(live)]
            yield id_, entries[id_]

    def _fields(self, name: str, said: Times, type_id: UUID | None = None) -> EntryFields:
        wanted, day, quarter, minutes, seconds, rest = said
        type_id, zone = type_id or wanted, self.people[name].zone
        if type_id in WHOLE_DAYS:
            return EntryFields(type_id, first_minute(day, zone), first_minute(day + DAY, zone))
        # Counted in elapsed minutes, so that the times the clocks skip do not trouble us here.
        start = first_minute(day, zone) + quarter * timedelta(minutes=15)
        if minutes is None:
            return EntryFields(type_id, start, None)
        end = start + timedelta(minutes=minutes, seconds=seconds)
        return EntryFields(type_id, start, end, meal_break_minutes=0 if type_id == ON_CALL else rest)

    def _entry(
        self, name: str, fields: EntryFields, version: int = 1, *, confirmed: bool = True, rest: int | None = None
    ) -> PlainEntry:
        meal_break = fields.meal_break_minutes if rest is None else rest
        week = _week(day_of(fields.start, self.people[name].zone))
        return PlainEntry(fields.time_period_type_id, fields.start, fields.end, meal_break, week, version, confirmed)

    def _clashes(self, name: str, fields: EntryFields, but: UUID | None = None) -> bool:
        entries = self.people[name].entries
        return any(entry.meets(fields.start, fields.end) for id_, entry in entries.items() if id_ != but)

    def _asking(self, name: str, fields: EntryFields, actor: UUID | None = None) -> Asking:
        return self._on(name, _week(day_of(fields.start, self.people[name].zone)), actor)

    def _on(self, name: str, week: date, actor: UUID | None = None) -> Asking:
        return Asking(self.org, self.org.people[name], actor or self.org.people[name], week)

    def _agreement(
        self, name: str, first: date, last: date, standard_day: int, opening: dict[Code, int]
    ) -> AgreementContent:
        targets = {code: Target(1_000, value) for code, value in opening.items()}
        return AgreementContent(self.org.people[name], first, last, standard_day, targets)


def _carried(rows: Rows, person: PlainPerson, codes: set[Code]) -> Iterator[Standing]:
    """What the rows say of every day that an agreement covers: one without a row is as the day before left it."""
    for code in codes:
        for agreement in person.agreements:
            balance = agreement.opening.get(code, 0)
            for day in days(agreement.start, agreement.end):
                total, balance = rows.get((code, day), (0, balance))
                yield Standing(code, day, total, balance)


def _week(day: date) -> date:
    return day - day.weekday() * DAY


def _first_agreement(session: Session, person_id: UUID) -> UUID:
    return session.scalars(select(Agreement.id).where(Agreement.person_id == person_id)).one()


def test_every_balance_is_what_arithmetic_says_whatever_happens(engine: Engine, owner_engine: Engine) -> None:
    steps: list[str] = []

    class LifeHere(Life):
        def __init__(self) -> None:
            super().__init__(engine, owner_engine, steps)

    # Some steps find nothing to do, and are none.
    stories = settings(max_examples=1 + STEPS // 17, stateful_step_count=STEPS_OF_A_STORY)
    run_state_machine_as_test(LifeHere, settings=stories)
    told = ", ".join(f"{what} {count}" for what, count in sorted(Counter(steps).items()))
    print(f"\n{len(steps)} steps: {told}")
    assert STEPS < MANY or set(steps) >= EVERYTHING
