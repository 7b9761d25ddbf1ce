"""What an administrator gives or takes by hand: once, with a reason, for good, and never to themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotFound, NotYours, OwnTime
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import MOST_OF_A_TARGET, AgreementContent, Target
from models.rules.flex import FlexType
from models.store.adjustments import AdjustmentContent, adjust, reversal_of
from models.store.agreements import create_agreement, kept_agreement, replace_agreement
from models.store.changes import GivenBy
from models.store.recorded import agreements_of
from models.tables.accruals import Adjustment
from models.tables.delivery import OutboxEvent
from models.tables.timecard import FlexChange
from tests.activities.administering import do, fields, given, left, refused
from tests.desk import Life
from tests.factories import MONDAY, Asking, change_person, give_role, make_organisation, worked

NIGHTS, FLEX, WEEKENDS = AccrualCode.NIGHT_HOURS, AccrualCode.FLEXIBLE_CREDITS, AccrualCode.WEEKEND_HOURS
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
ONE_DAY = timedelta(days=1)
TUESDAY = MONDAY + ONE_DAY

pytestmark = pytest.mark.usefixtures("sound")


def content(life: Life, value: int = 60, day: date = MONDAY, code: AccrualCode = NIGHTS) -> AdjustmentContent:
    """Something for Duane."""
    return AdjustmentContent(life.org.duane, code, day, value, "Agreed with him.")


def give(life: Life, what: AdjustmentContent, by: GivenBy | None = None) -> UUID:
    """Adjust; the id of that."""
    used = by or given(life)
    return do(life, lambda session: adjust(session, used, what).id)


class TestWhatItDoes:
    def test_it_counts_from_its_day_on_beside_recorded_time(self, life: Life) -> None:
        life.record("22:00", "24:00")
        life.desk.do(life.duane.record(worked("22:00", "24:00", TUESDAY + ONE_DAY)))

        give(life, content(life, 500, TUESDAY))

        assert left(life) == {
            MONDAY: 10_000 - 60,
            TUESDAY: 10_000 - 60 + 500,
            TUESDAY + ONE_DAY: 10_000 - 120 + 500,
        }

    def test_several_on_one_day_add_up_and_one_below_zero_takes_away(self, life: Life) -> None:
        for value in (500, -200, 1):
            give(life, content(life, value))

        assert left(life) == {MONDAY: 10_301}

    def test_the_first_and_the_last_day_of_an_agreement_are_in_it(self, life: Life) -> None:
        give(life, content(life, 1, FIRST))
        give(life, content(life, 2, LAST))

        assert left(life) == {FIRST: 10_001, LAST: 10_003}

    @pytest.mark.parametrize("day", [FIRST - ONE_DAY, LAST + ONE_DAY])
    def test_a_day_without_an_agreement_has_no_balance_to_adjust(self, life: Life, day: date) -> None:
        assert fields(refused(life, Invalid, lambda: give(life, content(life, 1, day)))) == ["date"]

    def test_it_ends_with_its_agreement(self, life: Life) -> None:
        following = AgreementContent(
            life.org.duane, LAST + ONE_DAY, LAST + 30 * ONE_DAY, targets={NIGHTS: Target(7, 7)}
        )
        do(life, lambda session: create_agreement(session, given(life), following))

        give(life, content(life, 100, LAST))
        give(life, content(life, 1, LAST + ONE_DAY))

        assert left(life) == {LAST: 10_100, LAST + ONE_DAY: 8}

    def test_a_type_without_a_target_can_be_adjusted_too(self, life: Life) -> None:
        give(life, content(life, 90, code=WEEKENDS))

        assert left(life, WEEKENDS) == {MONDAY: 90}

    def test_it_outlives_the_days_of_an_agreement_and_counts_again(self, life: Life) -> None:
        give(life, content(life, 500, TUESDAY))

        def move_end(session: WriteSession, end: date) -> None:
            (id_,) = agreements_of(session, [life.org.duane])[life.org.duane]
            kept = kept_agreement(session, id_)
            replace_agreement(session, given(life), id_, kept.version, replace(kept.content, end_date=end))

        do(life, lambda session: move_end(session, MONDAY))
        assert left(life) == {}
        do(life, lambda session: move_end(session, LAST))
        assert left(life) == {TUESDAY: 10_500}

    def test_it_is_recorded_with_who_and_why_and_announced_by_ids_only(self, life: Life) -> None:
        id_ = give(life, content(life))

        (row,) = life.desk.rows(life.org.tenant_id, Adjustment)
        assert (row.id, row.value, row.reason, row.authorised_by_id) == (id_, 60, "Agreed with him.", life.org.suzanne)
        (event,) = [row for row in life.desk.rows(life.org.tenant_id, OutboxEvent) if "adjusted" in row.type]
        assert event.subject == str(id_)
        assert event.data == {
            "ownerId": str(life.org.duane),
            "actorId": str(life.org.suzanne),
            "type": "NIGHT_HOURS",
        }

    def test_nobody_rewrites_it_not_even_the_application(self, life: Life) -> None:
        give(life, content(life))

        def rewrite(session: WriteSession) -> None:
            session.query(Adjustment).update({"value": 1})

        def remove(session: WriteSession) -> None:
            session.query(Adjustment).delete()

        for act in (rewrite, remove):
            with pytest.raises(DBAPIError, match="permission denied"):
                do(life, act)


class TestWhatIsRefused:
    @pytest.mark.parametrize("value", [0, MOST_OF_A_TARGET + 1, -MOST_OF_A_TARGET - 1])
    def test_no_value_and_too_much_of_it(self, life: Life, value: int) -> None:
        assert fields(refused(life, Invalid, lambda: give(life, content(life, value)))) == ["value"]

    @pytest.mark.parametrize("reason", ["", " \n ", "x" * 251])
    def test_no_reason_and_too_long_a_one(self, life: Life, reason: str) -> None:
        what = replace(content(life), reason=reason)

        assert fields(refused(life, Invalid, lambda: give(life, what))) == ["reason"]

    def test_ones_own_balances(self, life: Life) -> None:
        refused(life, OwnTime, lambda: give(life, replace(content(life), person_id=life.org.suzanne)))

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    def test_whoever_is_no_administrator(self, life: Life, who: str) -> None:
        by = given(life, by=life.org.people[who])

        refused(life, NotYours, lambda: give(life, replace(content(life), person_id=life.org.max), by))

    def test_nobody_and_somebody_of_another_organisation(self, life: Life, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)
        before = life.desk.contents(other.tenant_id)

        for person_id in (uuid4(), other.duane):
            what = replace(content(life), person_id=person_id)
            assert fields(refused(life, Invalid, partial(give, life, what))) == ["personId"]

        assert life.desk.contents(other.tenant_id) == before


class TestTheSameCommand:
    def test_twice_adjusts_once(self, life: Life) -> None:
        by = given(life)

        assert give(life, content(life), by) == give(life, content(life), by)

        assert left(life) == {MONDAY: 10_060}

    def test_twice_at_once_adjusts_once(self, life: Life) -> None:
        by = given(life)

        with ThreadPoolExecutor(4) as executor:
            made = set(executor.map(lambda _: give(life, content(life), by), range(4)))

        assert len(made) == 1
        assert left(life) == {MONDAY: 10_060}

    def test_with_other_content_or_by_somebody_else_is_refused(self, life: Life, owner_engine: Engine) -> None:
        by = given(life)
        give(life, content(life), by)
        give_role(owner_engine, life.org, life.org.alex, "administrator")

        refused(life, KeyReused, lambda: give(life, content(life, 61), by))
        refused(life, KeyReused, lambda: give(life, content(life), replace(by, actor_id=life.org.alex)))

    def test_of_two_administrators_at_once_with_recorded_time_nothing_is_lost(
        self, life: Life, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, life.org, life.org.alex, "administrator")
        days = [MONDAY + number * ONE_DAY for number in range(5)]
        life.record("22:00", "24:00")
        acts: list[Callable[[], object]] = [
            partial(give, life, content(life, 100, day), given(life, by=admin))
            for admin in (life.org.suzanne, life.org.alex)
            for day in days
        ]
        acts += [partial(life.desk.do, life.duane.record(worked("22:00", "24:00", day))) for day in days[1:]]

        with ThreadPoolExecutor(4) as executor:
            for done in [executor.submit(act) for act in acts]:
                done.result()

        assert left(life) == {day: 10_000 + number * (200 - 60) for number, day in enumerate(days, 1)}


@pytest.fixture
def flexed(life: Life) -> UUID:
    """Duane's Monday shift was extended by an hour; the id of that change."""
    shift = life.record("09:00", "17:00").entry_id
    assert shift
    life.desk.do(life.duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00")))
    (change,) = life.desk.rows(life.org.tenant_id, FlexChange)
    return change.id


def give_back(life: Life, flex_change_id: UUID, by: GivenBy | None = None) -> UUID:
    """The reversal of a flex change."""
    used = by or given(life)
    return do(life, lambda session: adjust(session, used, reversal_of(session, flex_change_id, "Planned so.")).id)


class TestGivingBackAFlexCredit:
    def test_it_gives_back_what_was_used_on_its_day(self, life: Life, flexed: UUID) -> None:
        assert left(life, FLEX) == {MONDAY: -1}

        id_ = give_back(life, flexed)

        assert left(life, FLEX) == {MONDAY: 0}
        (row,) = life.desk.rows(life.org.tenant_id, Adjustment)
        assert (row.id, row.reverses_flex_change_id, row.value, row.day) == (id_, flexed, 1, MONDAY)

    def test_it_is_given_back_once_also_at_once(self, life: Life, flexed: UUID) -> None:
        def attempt(_: int) -> bool:
            try:
                give_back(life, flexed)
            except Invalid:
                return False
            return True

        with ThreadPoolExecutor(4) as executor:
            assert sorted(executor.map(attempt, range(4))) == [False, False, False, True]

        assert left(life, FLEX) == {MONDAY: 0}
        assert fields(refused(life, Invalid, lambda: give_back(life, flexed))) == ["reversesFlexChangeId"]

    def test_the_same_command_gives_it_back_once(self, life: Life, flexed: UUID) -> None:
        by = given(life)

        assert give_back(life, flexed, by) == give_back(life, flexed, by)

        assert left(life, FLEX) == {MONDAY: 0}

    def test_a_removed_entry_keeps_its_credit_used_until_it_is_given_back(self, life: Life, flexed: UUID) -> None:
        (change,) = life.desk.rows(life.org.tenant_id, FlexChange)
        life.desk.do(life.duane.remove(change.entry_after_id, change.entry_after_version))
        assert left(life, FLEX) == {MONDAY: -1}

        give_back(life, flexed)

        assert left(life, FLEX) == {MONDAY: 0}

    @pytest.mark.parametrize(
        ("otherwise", "field"),
        [
            ({"code": NIGHTS}, "type"),
            ({"value": 2}, "value"),
            ({"day": TUESDAY}, "value"),
            ({"reverses_flex_change_id": uuid4()}, "reversesFlexChangeId"),
        ],
    )
    def test_nothing_else_is_its_reversal(
        self, life: Life, flexed: UUID, otherwise: dict[str, object], field: str
    ) -> None:
        right = AdjustmentContent(life.org.duane, FLEX, MONDAY, 1, "Planned so.", flexed)

        refusal = refused(life, Invalid, lambda: give(life, replace(right, **otherwise)))  # type: ignore[arg-type]

        assert fields(refusal) == [field]

    def test_it_goes_to_nobody_else(self, life: Life, flexed: UUID) -> None:
        to_max = AdjustmentContent(life.org.max, FLEX, MONDAY, 1, "Planned so.", flexed)

        assert fields(refused(life, Invalid, lambda: give(life, to_max))) == ["reversesFlexChangeId"]

    def test_a_change_that_counts_nowhere_has_nothing_to_give_back(self, life: Life) -> None:
        long_ago = date(2020, 1, 6)
        duane = Asking(life.org, life.org.duane, life.org.duane, long_ago)
        shift = life.desk.do(duane.record(worked("09:00", "17:00", long_ago))).entry_id
        assert shift
        life.desk.do(duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00", long_ago)))
        (change,) = life.desk.rows(life.org.tenant_id, FlexChange)

        assert fields(refused(life, Invalid, lambda: give_back(life, change.id))) == ["reversesFlexChangeId"]

    def test_one_of_another_organisation_is_none(self, life: Life, flexed: UUID, owner_engine: Engine) -> None:
        other = Life(life.desk, make_organisation(owner_engine))

        for id_ in (flexed, uuid4()):
            refused(other, NotFound, partial(give_back, other, id_))

    def test_it_is_refused_to_whoever_changed_their_own_shift(
        self, life: Life, flexed: UUID, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, life.org, life.org.duane, "administrator")

        refused(life, OwnTime, lambda: give_back(life, flexed, given(life, by=life.org.duane)))

    def test_an_administrator_who_left_gives_nothing(self, life: Life, flexed: UUID, owner_engine: Engine) -> None:
        change_person(owner_engine, life.org.suzanne, active=False)

        refused(life, NotYours, lambda: give_back(life, flexed))
