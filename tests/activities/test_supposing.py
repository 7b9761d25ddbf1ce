"""Changes looked at before they are made: the look changes nothing, and making the change does what was foretold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.database import command_transaction, read_session
from models.errors import Invalid, NotFound, NotYours, Stale
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.books import Balances, differences
from models.rules.supposed import Content, HolidayContent, HolidayKind, Supposed, TargetForAll
from models.standard import SHIFT
from models.store.changes import GivenBy
from models.store.period_types import kept_type, replace_type
from models.store.recorded import agreements_of, kept_books
from models.store.supposing import look_at, made_from, make, supposed_in
from models.tables.accruals import AccrualRebuild, AccrualRebuildBatch, Agreement
from models.tables.people import DirectoryChange
from tests.activities.administering import given
from tests.contents import Contents
from tests.desk import Life, carry_out_rebuilds
from tests.factories import MONDAY, Asking, worked

Foretold = set[tuple[str, str, str, int | None, int | None]]
"""Whose balance of what on which day, before and after."""

YEARS_END = date(2027, 3, 31)
FOUNDERS = HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "Founders’ day")
LOWER = TargetForAll(AccrualCode.NIGHT_HOURS, MONDAY, 9_000)


@pytest.fixture
def recorded(life: Life) -> None:
    """Duane worked a night and a day, Max a day."""
    life.record("22:00", "30:00")
    life.desk.do(life.duane.record(worked("09:00", "17:00", date(2026, 11, 18))))
    life.desk.do(Asking(life.org, life.org.max, life.org.max).record(worked("10:00", "16:00")))


def no_night_type(life: Life) -> Supposed:
    """A shift counts to no night hours any more."""
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        kept = kept_type(session, SHIFT)
    content = replace(kept.content, accrual_types=kept.content.accrual_types - {"NIGHT_HOURS"})
    return Supposed(content, SHIFT, kept.version)


def shorter_year(life: Life) -> Supposed:
    """Duane's agreement begins after his night, with another target and one more."""
    (row,) = [each for each in life.desk.rows(life.org.tenant_id, Agreement) if each.person_id == life.org.duane]
    targets = {
        AccrualCode.ANNUAL_TARGET_HOURS: Target(50_000, 40_000),
        AccrualCode.PUBLIC_HOLIDAY_HOURS: Target(600, 600),
    }
    content = AgreementContent(life.org.duane, date(2026, 11, 18), YEARS_END, 450, targets)
    return Supposed(content, row.id, row.version)


def next_year(life: Life) -> Supposed:
    """Duane gets an agreement for the year after."""
    targets = {AccrualCode.ANNUAL_TARGET_HOURS: Target(90_000, 90_000)}
    return Supposed(AgreementContent(life.org.duane, date(2027, 4, 1), date(2028, 3, 31), 444, targets))


FOUR: dict[str, Callable[[Life], Supposed]] = {
    "a type": no_night_type,
    "an agreement": shorter_year,
    "a new agreement": next_year,
    "a holiday": lambda _: Supposed(FOUNDERS),
    "a target for everybody": lambda _: Supposed(LOWER),
}

each_kind = pytest.mark.parametrize("suppose", FOUR.values(), ids=FOUR)


def look(life: Life, supposed: Supposed, asked: GivenBy | None = None) -> UUID:
    """Have a change looked at, and carry the look out."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        id_ = look_at(session, asked or given(life), supposed)
    carry_out_rebuilds(life.desk.engine, life.org.tenant_id)
    return id_


def make_it(life: Life, supposed: Supposed, asked: GivenBy | None = None) -> None:
    """Make a change; everybody's balances follow."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        make(session, asked or given(life), supposed)
    carry_out_rebuilds(life.desk.engine, life.org.tenant_id)


def foretold(life: Life, rebuild_id: UUID) -> Foretold:
    """What a look found."""
    batches = life.desk.rows(life.org.tenant_id, AccrualRebuildBatch)
    told: list[Any] = [each for batch in batches if batch.rebuild_id == rebuild_id for each in batch.differences]
    return {(each["personId"], each["type"], each["date"], each["before"], each["after"]) for each in told}


def standing(life: Life) -> dict[UUID, Balances]:
    """Everybody's balances as they are stored."""
    people = list(life.org.people.values())
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        agreements, kept = agreements_of(session, people), kept_books(session, people)
    return {id_: Balances(agreements.get(id_, {}).values(), kept[id_].balances) for id_ in people}


def changed(before: dict[UUID, Balances], after: dict[UUID, Balances]) -> Foretold:
    """What differs between two standings."""
    return {
        (str(id_), each.code.value, each.day.isoformat(), each.before, each.after)
        for id_ in before
        for each in differences(before[id_], after[id_])
    }


def without_rebuilds(contents: Contents) -> Contents:
    """Everything but what a look writes down for itself."""
    return {name: rows for name, rows in contents.items() if not name.startswith("accrual_rebuild")}


@pytest.mark.usefixtures("recorded", "sound")
class TestTheLook:
    @each_kind
    def test_changes_nothing(self, life: Life, suppose: Callable[[Life], Supposed]) -> None:
        before = life.desk.contents(life.org.tenant_id)

        id_ = look(life, suppose(life))

        assert foretold(life, id_)
        assert without_rebuilds(life.desk.contents(life.org.tenant_id)) == without_rebuilds(before)

    @each_kind
    def test_foretells_exactly_what_making_it_does(self, life: Life, suppose: Callable[[Life], Supposed]) -> None:
        supposed = suppose(life)
        told, before = foretold(life, look(life, supposed)), standing(life)

        make_it(life, supposed)

        assert changed(before, standing(life)) == told

    def test_tells_what_would_be_on_the_last_day_of_the_agreement(self, life: Life) -> None:
        told = foretold(life, look(life, no_night_type(life)))

        assert told == {(str(life.org.duane), "NIGHT_HOURS", "2027-03-31", 9_580, 10_000)}

    def test_tells_of_an_agreement_that_there_is_not_yet_without_a_before(self, life: Life) -> None:
        told = foretold(life, look(life, next_year(life)))

        assert (str(life.org.duane), "ANNUAL_TARGET_HOURS", "2028-03-31", None, 90_000) in told

    def test_keeps_what_was_looked_at(self, life: Life) -> None:
        for suppose in FOUR.values():
            supposed = suppose(life)
            id_ = look(life, supposed)
            with read_session(life.desk.engine, life.org.tenant_id) as session:
                assert supposed_in(session, id_) == supposed

    def test_of_a_change_that_feeds_nothing_else_is_of_nobody(self, life: Life) -> None:
        supposed = no_night_type(life)
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            content = replace(kept_type(session, SHIFT).content, name="Day shift")

        look(life, replace(supposed, content=content))

        (rebuild,) = life.desk.rows(life.org.tenant_id, AccrualRebuild)
        assert (rebuild.people, rebuild.state) == (0, "done")

    def test_is_one_look_however_often_the_same_form_is_sent(self, life: Life) -> None:
        asked = given(life)

        assert look(life, Supposed(LOWER), asked) == look(life, Supposed(LOWER), asked)
        assert len(life.desk.rows(life.org.tenant_id, AccrualRebuild)) == 1

    def test_is_another_one_when_the_form_says_something_else(self, life: Life) -> None:
        asked = given(life)
        first = look(life, Supposed(LOWER), asked)

        second = look(life, Supposed(replace(LOWER, target=8_000)), asked)

        assert foretold(life, first) != foretold(life, second)

    def test_leaves_the_form_good_for_making_the_change(self, life: Life) -> None:
        asked = given(life)
        look(life, Supposed(FOUNDERS), asked)

        make_it(life, Supposed(FOUNDERS), asked)

        assert len(life.desk.rows(life.org.tenant_id, DirectoryChange)) == 1

    def test_is_for_administrators(self, life: Life) -> None:
        before = life.desk.contents(life.org.tenant_id)

        for somebody in (life.org.duane, life.org.roland, life.org.diana):
            with pytest.raises(NotYours):
                look(life, Supposed(LOWER), given(life, by=somebody))

        assert life.desk.contents(life.org.tenant_id) == before

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            (HolidayContent("GB-ENG", MONDAY, HolidayKind.REMOVED), "date"),
            (replace(FOUNDERS, name=""), "name"),
            (replace(LOWER, target=-1), "target"),
            (replace(LOWER, target=10_000_001), "target"),
        ],
    )
    def test_of_what_cannot_be_is_refused_at_once(self, life: Life, content: Content, field: str) -> None:
        before = life.desk.contents(life.org.tenant_id)

        with pytest.raises(Invalid) as refused:
            look(life, Supposed(content))

        assert [each["field"] for each in refused.value.data["errors"]] == [field]
        assert life.desk.contents(life.org.tenant_id) == before

    def test_of_what_somebody_changed_meanwhile_is_refused(self, life: Life) -> None:
        for supposed in (no_night_type(life), shorter_year(life)):
            with pytest.raises(Stale):
                look(life, replace(supposed, version=supposed.version - 1))


@pytest.mark.usefixtures("recorded", "sound")
class TestMaking:
    def test_is_refused_when_somebody_changed_it_after_the_look(self, life: Life) -> None:
        supposed = no_night_type(life)
        look(life, supposed)
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            content = replace(kept_type(session, SHIFT).content, name="Day shift")
            replace_type(session, given(life), SHIFT, supposed.version, content)
        before = life.desk.contents(life.org.tenant_id)

        with pytest.raises(Stale):
            make_it(life, supposed)

        assert life.desk.contents(life.org.tenant_id) == before

    @each_kind
    def test_twice_from_one_look_is_once(self, life: Life, suppose: Callable[[Life], Supposed]) -> None:
        supposed = suppose(life)
        asked = made_from(given(life), look(life, supposed))
        make_it(life, supposed, asked)
        before = life.desk.contents(life.org.tenant_id)

        make_it(life, supposed, asked)

        assert life.desk.contents(life.org.tenant_id) == before

    def test_counts_what_was_recorded_after_the_look_as_well(self, life: Life) -> None:
        look(life, Supposed(FOUNDERS))
        life.desk.do(Asking(life.org, life.org.roland, life.org.roland).record(worked("09:00", "17:00")))

        make_it(life, Supposed(FOUNDERS))

        assert standing(life)[life.org.roland].on(AccrualCode.PUBLIC_HOLIDAY_HOURS, YEARS_END) == -480

    def test_there_is_nothing_to_make_of_a_rebuild_or_of_nothing(self, life: Life) -> None:
        make_it(life, Supposed(FOUNDERS))
        (rebuild,) = life.desk.rows(life.org.tenant_id, AccrualRebuild)

        with read_session(life.desk.engine, life.org.tenant_id) as session:
            for id_ in (rebuild.id, uuid4()):
                with pytest.raises(NotFound):
                    supposed_in(session, id_)
