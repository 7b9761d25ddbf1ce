"""Agreements come, change and go, and balances are at once what they would have been from the start."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete

from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotFound, NotYours, Stale
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.supposed import TargetForAll
from models.standard import ABSENCE, REST_DAY
from models.store.agreements import create_agreement, kept_agreement, replace_agreement, set_target_for_all
from models.store.changes import GivenBy, Kept
from models.store.recorded import agreements_of
from models.tables.accruals import Accrual, Agreement, AgreementTarget, Contribution
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange
from models.tables.timecard import TimeEntry
from tests.activities.administering import do, fields, given, left, refused
from tests.desk import Life, carry_out_rebuilds
from tests.factories import MONDAY, Asking, hire, make_organisation, worked

ANNUAL, NIGHTS, CREDIT = (
    AccrualCode.ANNUAL_TARGET_HOURS,
    AccrualCode.NIGHT_HOURS,
    AccrualCode.PUBLIC_HOLIDAY_CREDIT,
)
ONE_DAY = timedelta(days=1)
TUESDAY = MONDAY + ONE_DAY

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def unagreed(life: Life, owner_engine: Engine) -> Life:
    """Nobody has an agreement yet."""
    with owner_engine.begin() as connection:
        for table in (AgreementTarget, Agreement):
            connection.execute(delete(table).where(table.tenant_id == life.org.tenant_id))
    return life


def agreement(life: Life, start: date, end: date, **targets: int) -> AgreementContent:
    """An agreement of Duane's with these targets, by the code of the accrual type."""
    told = {AccrualCode(code): Target(value, value) for code, value in targets.items()}
    return AgreementContent(life.org.duane, start, end, targets=told)


def add(life: Life, content: AgreementContent, by: GivenBy | None = None) -> Kept[AgreementContent]:
    """A new agreement."""
    return do(life, lambda session: create_agreement(session, by or given(life), content))


def present(life: Life) -> Kept[AgreementContent]:
    """Duane's only agreement."""

    def read(session: WriteSession) -> Kept[AgreementContent]:
        (id_,) = agreements_of(session, [life.org.duane])[life.org.duane]
        return kept_agreement(session, id_)

    return do(life, read)


def change(life: Life, kept: Kept[AgreementContent], by: GivenBy | None = None, **values: Any) -> AgreementContent:
    """Some of what is said of an agreement."""
    content = replace(kept.content, **values)
    used = by or given(life)
    return do(life, lambda session: replace_agreement(session, used, kept.id, kept.version, content)).content


class TestANewAgreement:
    def test_counts_what_was_recorded_before_it_there_and_nowhere_else(self, unagreed: Life) -> None:
        life = unagreed
        for day in (MONDAY, TUESDAY, TUESDAY + ONE_DAY):
            life.desk.do(life.duane.record(worked("09:00", "17:00", day)))
        assert life.desk.rows(life.org.tenant_id, Contribution) == []

        add(life, agreement(life, TUESDAY, TUESDAY, ANNUAL_TARGET_HOURS=1_000))

        assert left(life, ANNUAL) == {TUESDAY: 1_000 - 480}

    def test_takes_a_night_that_begins_before_it_from_midnight_on(self, unagreed: Life) -> None:
        unagreed.record("22:00", "30:00")

        add(unagreed, agreement(unagreed, TUESDAY, TUESDAY, ANNUAL_TARGET_HOURS=1_000, NIGHT_HOURS=600))

        assert left(unagreed, ANNUAL) == {TUESDAY: 1_000 - 360}
        assert left(unagreed, NIGHTS) == {TUESDAY: 600 - 360}

    def test_beside_another_one_begins_anew_and_a_night_feeds_both(self, unagreed: Life) -> None:
        life = unagreed
        life.record("22:00", "30:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", MONDAY)))

        add(life, agreement(life, MONDAY - ONE_DAY, MONDAY, ANNUAL_TARGET_HOURS=1_000))
        add(life, agreement(life, TUESDAY, TUESDAY + ONE_DAY, ANNUAL_TARGET_HOURS=500))

        assert left(life, ANNUAL) == {MONDAY: 1_000 - 120 - 60, TUESDAY: 500 - 360}

    def test_leaves_the_days_between_two_uncounted(self, unagreed: Life) -> None:
        life = unagreed
        days = [MONDAY + number * ONE_DAY for number in range(5)]
        for day in days:
            life.desk.do(life.duane.record(worked("09:00", "10:00", day)))

        add(life, agreement(life, days[3], days[4], ANNUAL_TARGET_HOURS=500))
        add(life, agreement(life, days[0], days[1], ANNUAL_TARGET_HOURS=100))

        assert left(life, ANNUAL) == {days[0]: 40, days[1]: -20, days[3]: 440, days[4]: 380}

    def test_begins_with_its_opening_balance_and_with_nothing_without_a_target(self, unagreed: Life) -> None:
        unagreed.record("22:00", "30:00")
        content = replace(agreement(unagreed, MONDAY, TUESDAY), targets={ANNUAL: Target(1_000, 700)})

        add(unagreed, content)

        assert left(unagreed, ANNUAL) == {MONDAY: 700 - 120, TUESDAY: 700 - 480}
        assert left(unagreed, NIGHTS) == {MONDAY: -60, TUESDAY: -420}

    def test_says_how_long_a_rest_day_on_a_public_holiday_is(self, unagreed: Life) -> None:
        life, christmas = unagreed, date(2026, 12, 25)
        resting = worked("00:00", "24:00", christmas, REST_DAY)
        life.desk.do(Asking(life.org, life.org.duane, life.org.duane, christmas).record(resting))
        content = replace(
            agreement(life, christmas, christmas), standard_day_minutes=300, targets={CREDIT: Target(900, 900)}
        )

        add(life, content)

        assert left(life, CREDIT) == {christmas: 600}

    def test_of_time_that_counts_nothing_changes_nothing(self, unagreed: Life) -> None:
        unagreed.desk.do(unagreed.duane.record(worked("00:00", "24:00", type_id=ABSENCE)))

        add(unagreed, agreement(unagreed, MONDAY, TUESDAY, ANNUAL_TARGET_HOURS=1_000))

        assert unagreed.desk.rows(unagreed.org.tenant_id, Accrual) == []

    def test_is_recorded_and_announced_without_what_is_in_it(self, unagreed: Life) -> None:
        life = unagreed
        kept = add(life, agreement(life, MONDAY, TUESDAY, ANNUAL_TARGET_HOURS=1_000))

        (told,) = life.desk.rows(life.org.tenant_id, DirectoryChange)
        (event,) = [row for row in life.desk.rows(life.org.tenant_id, OutboxEvent) if "agreement" in row.type]
        assert (told.subject_id, told.before, told.after) == (kept.id, None, kept.content.json)
        assert event.data == {"actorId": str(life.org.suzanne), "version": 1, "created": True}


class TestAChangedAgreement:
    def test_carries_another_target_through_every_later_day(self, life: Life) -> None:
        life.record("09:00", "17:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", TUESDAY)))

        change(life, present(life), targets={ANNUAL: Target(2_000, 2_000)})

        assert left(life, ANNUAL) == {MONDAY: 2_000 - 480, TUESDAY: 2_000 - 540}

    def test_that_ends_sooner_loses_its_later_days_and_keeps_what_was_recorded(self, life: Life) -> None:
        life.record("22:00", "30:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", TUESDAY)))

        change(life, present(life), end_date=MONDAY)

        assert left(life, ANNUAL) == {MONDAY: 100_000 - 120}
        assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 2

    def test_that_is_shortened_and_lengthened_again_is_as_it_was(self, life: Life) -> None:
        life.record("22:00", "30:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", TUESDAY)))
        before = {code: left(life, code) for code in AccrualCode}
        kept = present(life)

        change(life, kept, start_date=TUESDAY, end_date=TUESDAY)
        assert left(life, ANNUAL) == {TUESDAY: 100_000 - 420}
        change(life, present(life), start_date=kept.content.start_date, end_date=kept.content.end_date)

        assert {code: left(life, code) for code in AccrualCode} == before

    def test_goes_on_counting_what_is_recorded_amended_and_removed_after_it(self, life: Life) -> None:
        first = life.record("09:00", "17:00").entry_id
        second = life.desk.do(life.duane.record(worked("09:00", "17:00", TUESDAY))).entry_id
        assert first
        assert second
        change(life, present(life), targets={ANNUAL: Target(1_000, 1_000)})

        life.desk.do(life.duane.amend(first, 1, worked("09:00", "10:00")))
        life.desk.do(life.duane.remove(second, 1))

        assert left(life, ANNUAL)[MONDAY] == 1_000 - 60
        assert set(left(life, ANNUAL).values()) == {1_000 - 60}

    def test_that_is_as_it_was_changes_nothing(self, life: Life) -> None:
        before = life.desk.contents(life.org.tenant_id)

        change(life, present(life))

        assert life.desk.contents(life.org.tenant_id) == before

    def test_of_a_version_that_is_past_is_refused(self, life: Life) -> None:
        kept = present(life)
        change(life, kept, standard_day_minutes=400)

        refusal = refused(life, Stale, lambda: change(life, kept, standard_day_minutes=500))

        assert refusal.data == {"version": 2}

    def test_stays_that_of_its_person(self, life: Life) -> None:
        refusal = refused(life, Invalid, lambda: change(life, present(life), person_id=life.org.max))

        assert fields(refusal) == ["personId"]


class TestWhatIsRefused:
    def test_two_on_the_same_day(self, life: Life) -> None:
        end = present(life).content.end_date

        refusal = refused(life, Invalid, lambda: add(life, agreement(life, end, end + 30 * ONE_DAY)))
        assert fields(refusal) == ["startDate"]

        add(life, agreement(life, end + ONE_DAY, end + 30 * ONE_DAY))

    def test_a_change_into_the_days_of_another_one(self, life: Life) -> None:
        kept = present(life)
        end = kept.content.end_date
        add(life, agreement(life, end + ONE_DAY, end + 30 * ONE_DAY))

        refusal = refused(life, Invalid, lambda: change(life, kept, end_date=end + ONE_DAY))

        assert fields(refusal) == ["startDate"]

    def test_one_of_nobody_and_of_another_organisation(self, life: Life, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)
        for person_id in (uuid4(), other.duane):
            content = replace(agreement(life, MONDAY, MONDAY), person_id=person_id)
            assert fields(refused(life, Invalid, partial(add, life, content))) == ["personId"]

        theirs = [row.id for row in life.desk.rows(other.tenant_id, Agreement)]
        for id_ in (*theirs, uuid4()):
            kept = Kept(id_, 1, agreement(life, MONDAY, MONDAY))
            refused(life, NotFound, partial(change, life, kept))

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    def test_one_by_whoever_is_no_administrator(self, life: Life, who: str) -> None:
        by = given(life, by=life.org.people[who])

        refused(life, NotYours, lambda: add(life, agreement(life, date(2030, 1, 1), date(2030, 1, 2)), by))
        refused(life, NotYours, lambda: change(life, present(life), by, standard_day_minutes=1))


class TestTheSameCommand:
    def test_twice_adds_one_agreement(self, unagreed: Life) -> None:
        content, by = agreement(unagreed, MONDAY, TUESDAY, NIGHT_HOURS=60), given(unagreed)

        assert add(unagreed, content, by) == add(unagreed, content, by)

        assert len(unagreed.desk.rows(unagreed.org.tenant_id, Agreement)) == 1
        assert len(unagreed.desk.rows(unagreed.org.tenant_id, DirectoryChange)) == 1

    def test_twice_changes_once_also_when_another_change_came_between(self, life: Life) -> None:
        kept, by = present(life), given(life)
        change(life, kept, by, standard_day_minutes=400)
        change(life, present(life), standard_day_minutes=500)

        assert change(life, kept, by, standard_day_minutes=400).standard_day_minutes == 400

        assert present(life).content.standard_day_minutes == 500
        assert present(life).version == 3

    def test_for_something_else_is_refused(self, unagreed: Life) -> None:
        by = given(unagreed)
        kept = add(unagreed, agreement(unagreed, MONDAY, MONDAY), by)

        refused(unagreed, KeyReused, lambda: add(unagreed, agreement(unagreed, TUESDAY, TUESDAY), by))
        refused(unagreed, KeyReused, lambda: change(unagreed, kept, by, standard_day_minutes=1))

    def test_of_two_administrators_at_once_one_is_refused(self, life: Life) -> None:
        kept = present(life)

        def put(minutes: int) -> bool:
            try:
                change(life, kept, standard_day_minutes=minutes)
            except Stale:
                return False
            return True

        with ThreadPoolExecutor(4) as executor:
            done = list(executor.map(put, (401, 402, 403, 404)))

        assert sorted(done) == [False, False, False, True]
        assert present(life).content.standard_day_minutes == 401 + done.index(True)

    def test_of_two_at_once_for_the_same_days_one_is_refused(self, unagreed: Life) -> None:
        def put(_: int) -> bool:
            try:
                add(unagreed, agreement(unagreed, MONDAY, TUESDAY))
            except Invalid:
                return False
            return True

        with ThreadPoolExecutor(4) as executor:
            assert sorted(executor.map(put, range(4))) == [False, False, False, True]

    def test_at_once_with_recorded_time_loses_none_of_it(self, unagreed: Life) -> None:
        life, days = unagreed, [MONDAY + number * ONE_DAY for number in range(5)]
        life.record("09:00", "10:00")
        acts: list[Callable[[], object]] = [
            lambda: add(life, agreement(life, days[0], days[4], ANNUAL_TARGET_HOURS=1_000)),
            *(partial(life.desk.do, life.duane.record(worked("09:00", "10:00", day))) for day in days[1:]),
        ]

        with ThreadPoolExecutor(6) as executor:
            for done in [executor.submit(act) for act in acts]:
                done.result()

        assert left(life, ANNUAL) == {day: 1_000 - 60 * number for number, day in enumerate(days, 1)}


class TestATargetForAll:
    def test_is_that_of_every_agreement_of_the_day_that_has_one(self, life: Life, owner_engine: Engine) -> None:
        life.record("09:00", "17:00")
        without = hire(owner_engine, life.org, "Monica Reyes", "worker")
        add(life, replace(agreement(life, MONDAY, TUESDAY, NIGHT_HOURS=60), person_id=without))
        kept = present(life)
        change(life, kept, targets={**kept.content.targets, NIGHTS: Target(10_000, 4_000)})

        many = do(life, lambda session: set_target_for_all(session, given(life), TargetForAll(ANNUAL, MONDAY, 50_000)))
        carry_out_rebuilds(life.desk.engine, life.org.tenant_id)

        assert many == len(life.org.people)
        assert left(life, ANNUAL) == {MONDAY: 50_000 - 480}
        assert present(life).content.targets == {ANNUAL: Target(50_000, 50_000), NIGHTS: Target(10_000, 4_000)}
        assert present(life).version == 3

    def test_leaves_an_opening_balance_that_was_its_own(self, life: Life) -> None:
        change(life, present(life), targets={ANNUAL: Target(100_000, 40_000)})

        do(life, lambda session: set_target_for_all(session, given(life), TargetForAll(ANNUAL, MONDAY, 50_000)))
        carry_out_rebuilds(life.desk.engine, life.org.tenant_id)

        assert present(life).content.targets == {ANNUAL: Target(50_000, 40_000)}

    def test_is_set_once_by_the_same_command_and_refused_to_others(self, life: Life) -> None:
        by, target = given(life), TargetForAll(ANNUAL, MONDAY, 50_000)

        for _ in range(2):
            assert do(life, lambda session: set_target_for_all(session, by, target)) == len(life.org.people)

        assert present(life).version == 2
        carry_out_rebuilds(life.desk.engine, life.org.tenant_id)
        by_duane = given(life, by=life.org.duane)
        refused(life, NotYours, lambda: do(life, lambda s: set_target_for_all(s, by_duane, target)))
        too_much = TargetForAll(ANNUAL, MONDAY, -1)
        refused(life, Invalid, lambda: do(life, lambda s: set_target_for_all(s, given(life), too_much)))
