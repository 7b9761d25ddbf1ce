"""Public holidays as an organisation has them: those of the place, days of its own, days left out; balances follow."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.database import command_transaction
from models.errors import Invalid, KeyReused, NotYours
from models.rules.accrual_types import AccrualCode
from models.rules.supposed import HolidayContent, HolidayKind
from models.standard import ON_CALL, REST_DAY
from models.store.changes import GivenBy
from models.store.holidays import set_holiday
from models.tables.accruals import Accrual, AccrualRebuild, HolidayException
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange
from tests.desk import Life, carry_out_rebuilds
from tests.factories import MONDAY, Asking, change_person, worked

CHRISTMAS, SUBSTITUTE = date(2026, 12, 25), date(2026, 12, 28)
"""Boxing Day is a Saturday, so the Monday after it takes its place."""

FOUNDERS = HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "Founders’ day")
WORKED_THROUGH = HolidayContent("GB-ENG", CHRISTMAS, HolidayKind.REMOVED)

pytestmark = pytest.mark.usefixtures("sound")


def change(life: Life, content: HolidayContent, command_id: UUID | None = None, by: UUID | None = None) -> None:
    """Suzanne, or somebody else, changes a day; everybody's balances follow."""
    given = GivenBy(life.org.tenant_id, by or life.org.suzanne, command_id or uuid4())
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        set_holiday(session, given, content)
    carry_out_rebuilds(life.desk.engine, life.org.tenant_id)


def record(life: Life, day: date, person: UUID | None = None, **fields: object) -> None:
    """Eight hours of Duane, or of somebody else."""
    owner = person or life.org.duane
    shift = worked("09:00", "17:00", day, **fields)  # type: ignore[arg-type]
    life.desk.do(Asking(life.org, owner, owner, day).record(shift))


def used(life: Life, code: AccrualCode, person: UUID | None = None) -> dict[date, int]:
    """What Duane, or somebody else, uses of an accrual type by day, where it is not nothing."""
    rows = life.desk.rows(life.org.tenant_id, Accrual)
    return {
        row.day: row.total
        for row in rows
        if (row.person_id, row.accrual_code) == (person or life.org.duane, code.value) and row.total
    }


def hours(life: Life, person: UUID | None = None) -> dict[date, int]:
    """Minutes on public holidays."""
    return used(life, AccrualCode.PUBLIC_HOLIDAY_HOURS, person)


class TestWhatCounts:
    def test_a_substitute_day_is_a_holiday_like_the_day_itself(self, life: Life) -> None:
        for day in (CHRISTMAS, SUBSTITUTE, MONDAY):
            record(life, day)

        assert hours(life) == {CHRISTMAS: 480, SUBSTITUTE: 480}

    def test_what_was_recorded_before_counts_on_a_day_that_is_added(self, life: Life) -> None:
        record(life, MONDAY)
        assert hours(life) == {}

        change(life, FOUNDERS)

        assert hours(life) == {MONDAY: 480}

    def test_what_is_recorded_afterwards_counts_as_well(self, life: Life) -> None:
        change(life, FOUNDERS)
        record(life, MONDAY)

        assert hours(life) == {MONDAY: 480}

    def test_a_day_that_is_left_out_is_like_any_other(self, life: Life) -> None:
        record(life, CHRISTMAS)

        change(life, WORKED_THROUGH)

        assert hours(life) == {}
        assert used(life, AccrualCode.ANNUAL_TARGET_HOURS) == {CHRISTMAS: 480}

    @pytest.mark.parametrize("content", [FOUNDERS, WORKED_THROUGH], ids=["added", "left out"])
    def test_taken_back_everything_is_as_it_was(self, life: Life, content: HolidayContent) -> None:
        for day in (MONDAY, CHRISTMAS):
            record(life, day)
        before = hours(life)
        change(life, content)
        assert hours(life) != before

        change(life, HolidayContent(content.place, content.day, None))

        assert hours(life) == before
        assert life.desk.rows(life.org.tenant_id, HolidayException) == []

    def test_a_rest_day_and_being_on_call_follow_too(self, life: Life) -> None:
        midnights = worked("00:00", "24:00", MONDAY, type_id=REST_DAY)
        life.desk.do(life.duane.record(midnights))
        record(life, MONDAY, life.org.max, type_id=ON_CALL)

        change(life, FOUNDERS)

        assert used(life, AccrualCode.PUBLIC_HOLIDAY_CREDIT) == {MONDAY: 444}
        assert used(life, AccrualCode.ON_CALL_PUBLIC_HOLIDAY, life.org.max) == {MONDAY: 1}
        assert used(life, AccrualCode.ON_CALL_WEEKDAY, life.org.max) == {}

    def test_a_place_of_a_few_people_is_theirs_alone_and_they_are_done_at_once(
        self, life: Life, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, life.org.max, holiday_calendar="GB-SCT")
        for person in (life.org.duane, life.org.max):
            record(life, MONDAY, person)

        change(life, HolidayContent("GB-SCT", MONDAY, HolidayKind.ADDED, "Scots alone"))

        assert hours(life, life.org.max) == {MONDAY: 480}
        assert hours(life) == {}
        assert life.desk.rows(life.org.tenant_id, AccrualRebuild) == []

    def test_a_day_of_one_place_is_no_day_of_another_of_the_same_country(self, life: Life) -> None:
        record(life, MONDAY)

        change(life, HolidayContent("GB", MONDAY, HolidayKind.ADDED, "Elsewhere"))

        assert hours(life) == {}

    def test_a_time_nobody_has_an_agreement_for_stays_uncounted(self, life: Life) -> None:
        day = date(2026, 3, 30)
        record(life, day)

        change(life, HolidayContent("GB-ENG", day, HolidayKind.ADDED, "Before the year"))

        assert hours(life) == {}


class TestTheRecord:
    def test_a_change_is_recorded_with_what_was_before_and_announced(self, life: Life) -> None:
        change(life, FOUNDERS)
        change(life, HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "Another name"))

        first, second = life.desk.rows(life.org.tenant_id, DirectoryChange)
        assert (first.before or {})["kind"] is None
        assert [first.after["name"], (second.before or {})["name"], second.after["name"]] == [
            "Founders’ day",
            "Founders’ day",
            "Another name",
        ]
        assert (first.subject_id, first.version, second.version) == (second.subject_id, 1, 2)
        assert [row.type for row in life.desk.rows(life.org.tenant_id, OutboxEvent)] == [
            "countersign.public-holiday.changed",
            "countersign.public-holiday.changed",
        ]

    def test_twice_is_once(self, life: Life) -> None:
        command_id = uuid4()
        change(life, FOUNDERS, command_id)
        before = life.desk.contents(life.org.tenant_id)

        change(life, FOUNDERS, command_id)
        change(life, FOUNDERS)

        assert life.desk.contents(life.org.tenant_id) == before

    def test_a_command_says_one_thing_only(self, life: Life) -> None:
        command_id = uuid4()
        change(life, FOUNDERS, command_id)

        with pytest.raises(KeyReused):
            change(life, WORKED_THROUGH, command_id)

    def test_nobody_but_an_administrator_changes_a_day(self, life: Life) -> None:
        before = life.desk.contents(life.org.tenant_id)

        for somebody in (life.org.duane, life.org.roland, life.org.diana):
            with pytest.raises(NotYours):
                change(life, FOUNDERS, by=somebody)

        assert life.desk.contents(life.org.tenant_id) == before

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            (HolidayContent("GB-ATLANTIS", MONDAY, HolidayKind.ADDED, "A day"), "place"),
            (HolidayContent("", MONDAY, HolidayKind.ADDED, "A day"), "place"),
            (HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, " "), "name"),
            (HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "x" * 101), "name"),
            (HolidayContent("GB-ENG", CHRISTMAS, HolidayKind.ADDED, "Twice"), "date"),
            (HolidayContent("GB-ENG", MONDAY, HolidayKind.REMOVED), "date"),
            (HolidayContent("GB-ENG", date.max, HolidayKind.ADDED, "Far"), "date"),
        ],
    )
    def test_what_cannot_be_is_refused_by_its_field(self, life: Life, content: HolidayContent, field: str) -> None:
        before = life.desk.contents(life.org.tenant_id)

        with pytest.raises(Invalid) as refused:
            change(life, content)

        assert [each["field"] for each in refused.value.data["errors"]] == [field]
        assert life.desk.contents(life.org.tenant_id) == before
