"""Shifts changed at short notice: the record for good, and the entry changed with it, on one timesheet or on two."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.commands import Asked, EntryFields
from models.errors import DomainError, Invalid, NotFound, NotYours, ReasonRequired, Stale, WrongState
from models.messages import CommandOutcome
from models.rules.flex import FlexType
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, NON_WORKING_DAY, ON_CALL, REST_DAY, SHIFT, TRAINING
from models.tables.accruals import Accrual
from models.tables.delivery import OutboxEvent
from models.tables.timecard import FlexChange, TimeEntry
from models.tables.timesheet import Timesheet
from tests.activities.conftest import Racers
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, at, change_person, change_type, make_organisation, worked

pytestmark = pytest.mark.usefixtures("sound")

EXTENDED, ALTERED, CURTAILED = FlexType.EXTENDED, FlexType.ALTERED, FlexType.CURTAILED
COMPLETELY_CHANGED = FlexType.COMPLETELY_CHANGED
WEDNESDAY = MONDAY + timedelta(days=2)
NEXT_WEDNESDAY = NEXT_MONDAY + timedelta(days=2)


@pytest.fixture
def shift(life: Life) -> UUID:
    """Duane's shift on the Monday, from nine to five."""
    return _id(life.record())


def _id(outcome: CommandOutcome) -> UUID:
    assert outcome.entry_id
    return outcome.entry_id


def _change(life: Life) -> FlexChange:
    (change,) = life.desk.rows(life.org.tenant_id, FlexChange)
    return change


def _field_of(refusal: DomainError) -> str:
    assert isinstance(refusal, Invalid), refusal
    (error,) = refusal.data["errors"]
    return str(error["field"])


def _day_off(life: Life, day: date, type_id: UUID = ABSENCE) -> UUID:
    asking = Asking(life.org, life.org.duane, life.org.duane, day)
    return _id(life.desk.do(asking.record(worked("00:00", "24:00", day=day, type_id=type_id))))


def _away(asking: Asking, shift: UUID) -> Asked:
    """The shift moves to the Wednesday of the next week."""
    fields = worked("09:00", "17:00", day=NEXT_WEDNESDAY)
    return asking.change_shift(COMPLETELY_CHANGED, shift, fields, moves_to=NEXT_MONDAY)


def _used(life: Life) -> dict[date, int]:
    """By day: minutes that were taken from Duane's target hours."""
    rows = life.desk.rows(life.org.tenant_id, Accrual)
    return {row.day: row.total for row in rows if row.accrual_code == "ANNUAL_TARGET_HOURS" and row.total}


class TestWithinADay:
    """Extended, altered and curtailed: the entry is amended."""

    @pytest.mark.parametrize(
        ("type_", "start", "end", "satisfies"),
        [
            (EXTENDED, "08:29", "17:00", ["extended"]),
            (EXTENDED, "08:45", "17:16", ["extended"]),
            (EXTENDED, "08:00", "17:00", ["extended", "altered"]),
            (ALTERED, "08:00", "17:00", ["extended", "altered"]),
            (ALTERED, "10:00", "18:00", ["altered"]),
            (CURTAILED, "09:00", "15:00", ["curtailed"]),
        ],
    )
    def test_the_entry_is_amended_and_the_record_says_all_that_is_true(
        self, life: Life, shift: UUID, type_: FlexType, start: str, end: str, satisfies: list[str]
    ) -> None:
        asked = life.duane.change_shift(type_, shift, worked(start, end))
        outcome = life.desk.do(asked)

        assert (outcome.entry_id, outcome.entry_version) == (shift, 2)
        entry = life.entry(shift)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, start), at(MONDAY, end))
        change = _change(life)
        assert (change.type, change.satisfies) == (type_.value, satisfies)
        assert (change.time_entry_id, change.time_entry_version) == (shift, 1)
        assert (change.entry_after_id, change.entry_after_version) == (shift, 2)
        assert (change.local_date, change.timesheet_id) == (MONDAY, life.key.timesheet_id)
        assert (change.author_id, change.on_behalf_of_id, change.command_id) == (life.org.duane, None, asked.id)

    @pytest.mark.parametrize(
        ("type_", "start", "end", "satisfies"),
        [
            (EXTENDED, "08:30", "17:00", []),
            (EXTENDED, "09:01", "18:00", ["altered"]),
            (ALTERED, "08:01", "17:00", ["extended"]),
            (CURTAILED, "09:00", "15:01", []),
            (CURTAILED, "09:01", "15:00", []),
            (CURTAILED, "08:00", "15:00", ["altered"]),
            (COMPLETELY_CHANGED, "06:00", "23:00", ["extended", "altered"]),
        ],
    )
    def test_a_type_that_is_not_true_is_refused_with_those_that_are(
        self, life: Life, shift: UUID, type_: FlexType, start: str, end: str, satisfies: list[str]
    ) -> None:
        refusal = life.desk.refused(life.duane.change_shift(type_, shift, worked(start, end)))

        assert _field_of(refusal) == "type"
        assert refusal.data["errors"][0]["data"] == satisfies

    @pytest.mark.parametrize("type_", [EXTENDED, ALTERED, CURTAILED])
    def test_a_change_of_the_day_is_none_of_them(self, life: Life, shift: UUID, type_: FlexType) -> None:
        refusal = life.desk.refused(life.duane.change_shift(type_, shift, worked("07:00", "19:00", day=WEDNESDAY)))

        assert _field_of(refusal) == "type"
        assert refusal.data["errors"][0]["data"] == ["completelyChanged"]

    def test_everything_else_of_the_entry_stays(self, life: Life) -> None:
        project = life.org.projects["proj-533"]
        fields = worked("09:00", "17:00", project_id=project, task="washing dog", meal_break_minutes=30, shift_type="D")
        shift = _id(life.desk.do(life.duane.record(fields)))
        life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00")))

        entry = life.entry(shift)
        assert (entry.project_id, entry.task, entry.meal_break_minutes, entry.shift_type) == (
            project,
            "washing dog",
            30,
            "D",
        )
        assert _used(life) == {MONDAY: 510}

    def test_a_planned_shift_that_is_changed_is_thereby_confirmed(self, life: Life) -> None:
        shift = life.plan()
        life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00")))

        entry = life.entry(shift)
        assert (entry.confirmed, entry.planned_end_at) == (True, at(MONDAY, "17:00"))
        assert _used(life) == {MONDAY: 540}

    def test_it_is_measured_against_the_version_that_was_shown(self, life: Life, shift: UUID) -> None:
        """Half an hour twice is no hour."""
        life.desk.do(life.duane.amend(shift, 1, worked("09:00", "17:30")))
        extended = worked("09:00", "18:00")

        assert isinstance(life.desk.refused(life.duane.change_shift(EXTENDED, shift, extended)), Stale)
        assert _field_of(life.desk.refused(life.duane.change_shift(EXTENDED, shift, extended, version=2))) == "type"

    def test_a_break_that_does_not_fit_any_more_is_refused(self, life: Life) -> None:
        shift = _id(life.desk.do(life.duane.record(worked("09:00", "17:00", meal_break_minutes=60))))
        refusal = life.desk.refused(life.duane.change_shift(CURTAILED, shift, worked("09:00", "10:00")))

        assert _field_of(refusal) == "mealBreakMinutes"

    def test_a_clash_is_refused(self, life: Life, shift: UUID) -> None:
        life.record("18:00", "20:00")
        refusal = life.desk.refused(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:01")))

        assert _field_of(refusal) == "endTime"


class TestWords:
    """Who authorised it, and what is said about it."""

    def test_they_are_kept_as_they_were_said(self, life: Life, shift: UUID) -> None:
        words: dict[str, Any] = {
            "authorised_by": " R. Fuller ",
            "authorised_by_id": life.org.roland,
            "note": "The dog was late.",
        }
        life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"), **words))

        change = _change(life)
        assert (change.authorised_by, change.authorised_by_id) == ("R. Fuller", life.org.roland)
        assert change.note == "The dog was late."

    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"authorised_by": ""}, "authorisedBy"),
            ({"authorised_by": "  "}, "authorisedBy"),
            ({"authorised_by": "x" * 201}, "authorisedBy"),
            ({"note": "x" * 251}, "note"),
            ({"authorised_by_id": uuid4()}, "authorisedById"),
        ],
    )
    def test_what_cannot_be_said_is_refused_by_its_name(
        self, life: Life, shift: UUID, words: dict[str, Any], field: str
    ) -> None:
        asked = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"), **words)

        assert _field_of(life.desk.refused(asked)) == field

    def test_a_note_of_250_characters_is_kept(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"), note="x" * 250))

        assert _change(life).note == "x" * 250

    def test_nobody_of_another_organisation_authorises(self, life: Life, shift: UUID, owner_engine: Engine) -> None:
        stranger = make_organisation(owner_engine).roland
        asked = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"), authorised_by_id=stranger)

        assert _field_of(life.desk.refused(asked)) == "authorisedById"

    def test_it_is_announced_with_the_entry_it_led_to(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00")))

        (event,) = [each for each in life.desk.rows(life.org.tenant_id, OutboxEvent) if "flex" in each.type]
        assert (event.type, event.subject) == ("countersign.flex-change.created", str(_change(life).id))
        assert (event.data["type"], event.data["timeEntryId"]) == ("extended", str(shift))


class TestRefused:
    """What no shift can be changed to, and by whom."""

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            (worked("09:00", "09:00"), "endTime"),
            (worked("09:00", "08:00"), "endTime"),
            (EntryFields(SHIFT, datetime.fromisoformat("2026-11-16T09:00"), at(MONDAY, "18:00")), "startTime"),
            (EntryFields(SHIFT, at(MONDAY, "09:00"), datetime.fromisoformat("2026-11-16T18:00")), "endTime"),
            (EntryFields(SHIFT, at(MONDAY, "09:00"), datetime.fromisoformat("9999-12-31T18:00Z")), "endTime"),
            (worked("09:00", "17:00", day=NEXT_WEDNESDAY), "startTime"),
        ],
    )
    def test_times_that_are_none_are_refused_by_their_name(
        self, life: Life, shift: UUID, fields: EntryFields, field: str
    ) -> None:
        type_ = COMPLETELY_CHANGED if fields.start.date() == NEXT_WEDNESDAY else EXTENDED

        assert _field_of(life.desk.refused(life.duane.change_shift(type_, shift, fields))) == field

    def test_a_whole_day_is_no_shift(self, life: Life) -> None:
        absence = _day_off(life, MONDAY)
        refusal = life.desk.refused(life.duane.change_shift(EXTENDED, absence, worked("09:00", "18:00")))

        assert _field_of(refusal) == "timeEntryId"

    def test_a_shift_that_is_still_running_is_finished_first(self, life: Life) -> None:
        running = _id(life.record("09:00", None))
        refusal = life.desk.refused(life.duane.change_shift(EXTENDED, running, worked("09:00", "18:00")))

        assert _field_of(refusal) == "timeEntryId"

    def test_without_an_entry_there_is_nothing_to_change(self, life: Life, shift: UUID) -> None:
        assert isinstance(
            life.desk.refused(life.duane.change_shift(EXTENDED, uuid4(), worked("09:00", "18:00"))), NotFound
        )

    def test_an_entry_that_was_removed_is_not_changed(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.duane.remove(shift, 1))

        for version in (1, 2):
            asked = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"), version)
            assert isinstance(life.desk.refused(asked), Stale)

    def test_a_submitted_week_is_not_changed(self, life: Life, shift: UUID) -> None:
        life.submit()

        asked = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"))
        assert isinstance(life.desk.refused(asked), WrongState)

    def test_what_was_certified_is_changed_with_a_reason_only(self, life: Life, shift: UUID) -> None:
        life.submit()
        life.reject()
        life.revise()
        asked = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"))
        assert isinstance(life.desk.refused(asked), ReasonRequired)

        explained = life.because(life.duane, "Forgot to say.")
        assert life.desk.do(explained.change_shift(EXTENDED, shift, worked("09:00", "18:00"))).entry_version == 2

    def test_the_supervisor_records_it_with_a_reason(self, life: Life, shift: UUID) -> None:
        extended = worked("09:00", "18:00")
        assert isinstance(life.desk.refused(life.roland.change_shift(EXTENDED, shift, extended)), ReasonRequired)
        life.desk.do(life.because(life.roland, "I asked him to.").change_shift(EXTENDED, shift, extended))

        assert (_change(life).author_id, _change(life).owner_id) == (life.org.roland, life.org.duane)

    @pytest.mark.parametrize("somebody", ["alex", "suzanne", "diana", "max"])
    def test_nobody_else_records_it(self, life: Life, shift: UUID, somebody: str) -> None:
        stranger = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")
        asked = stranger.change_shift(EXTENDED, shift, worked("09:00", "18:00"))

        assert isinstance(life.desk.refused(asked), NotYours)

    def test_a_shift_of_another_organisation_is_not_there(self, life: Life, shift: UUID, owner_engine: Engine) -> None:
        elsewhere = make_organisation(owner_engine)
        mulder = Asking(elsewhere, elsewhere.duane, elsewhere.duane)
        life.desk.do(mulder.record(worked("09:00", "17:00")))

        assert isinstance(life.desk.refused(mulder.change_shift(EXTENDED, shift, worked("09:00", "18:00"))), NotFound)


class TestAnotherDay:
    """Completely changed: off its day and onto one without work, all at once."""

    def test_the_old_shift_goes_and_a_new_one_stands_on_the_other_day(self, life: Life) -> None:
        project = life.org.projects["proj-533"]
        fields = worked("09:00", "17:00", project_id=project, task="washing dog", meal_break_minutes=30, shift_type="D")
        shift = _id(life.desk.do(life.duane.record(fields)))
        outcome = life.desk.do(
            life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("10:00", "16:00", day=WEDNESDAY))
        )

        assert (life.entry(shift).deleted, life.entry(shift).version) == (True, 2)
        (after,) = life.desk.live(life.key)
        assert (after.id, after.version) == (outcome.entry_id, outcome.entry_version) == (after.id, 1)
        assert (after.start_at, after.end_at) == (at(WEDNESDAY, "10:00"), at(WEDNESDAY, "16:00"))
        assert (after.project_id, after.task, after.meal_break_minutes) == (project, "washing dog", 30)
        assert (after.time_period_type_id, after.shift_type) == (SHIFT, "D")
        assert _used(life) == {WEDNESDAY: 330}

    def test_the_record_names_both_entries_and_the_new_day(self, life: Life, shift: UUID) -> None:
        outcome = life.desk.do(
            life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))
        )

        change = _change(life)
        assert (change.type, change.satisfies) == ("completelyChanged", ["completelyChanged"])
        assert (change.time_entry_id, change.time_entry_version) == (shift, 1)
        assert (change.entry_after_id, change.entry_after_version) == (outcome.entry_id, 1)
        assert change.local_date == WEDNESDAY

    @pytest.mark.parametrize("type_id", [ABSENCE, REST_DAY, NON_WORKING_DAY])
    def test_a_day_off_on_the_new_day_is_replaced(self, life: Life, shift: UUID, type_id: UUID) -> None:
        day_off = _day_off(life, WEDNESDAY, type_id)
        outcome = life.desk.do(
            life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))
        )

        assert (outcome.entry_id, outcome.entry_version) == (day_off, 2)
        (after,) = life.desk.live(life.key)
        assert (after.id, after.time_period_type_id, after.start_at) == (day_off, SHIFT, at(WEDNESDAY, "09:00"))
        assert _change(life).entry_after_id == day_off
        assert _used(life) == {WEDNESDAY: 480}

    @pytest.mark.parametrize("type_id", [SHIFT, TRAINING, ON_CALL])
    @pytest.mark.parametrize("is_planned", [False, True])
    def test_a_day_with_other_work_is_refused(self, life: Life, shift: UUID, type_id: UUID, is_planned: bool) -> None:
        if is_planned:
            life.plan("18:00", "20:00", WEDNESDAY, type_id=type_id)
        else:
            life.desk.do(life.duane.record(worked("18:00", "20:00", day=WEDNESDAY, type_id=type_id)))
        asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))
        refusal = life.desk.refused(asked)

        assert _field_of(refusal) == "type"
        assert refusal.data["errors"][0]["data"] == []

    def test_work_that_was_removed_from_the_new_day_is_no_work(self, life: Life, shift: UUID) -> None:
        other = _id(life.desk.do(life.duane.record(worked("09:00", "17:00", day=WEDNESDAY))))
        life.desk.do(life.duane.remove(other, 1))
        asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))

        assert life.desk.do(asked).entry_version == 1

    def test_a_night_that_reaches_into_the_new_day_is_in_the_way(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.duane.record(worked("22:00", "30:00", day=WEDNESDAY - timedelta(days=1))))
        asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("05:00", "13:00", day=WEDNESDAY))

        assert _field_of(life.desk.refused(asked)) == "startTime"

    def test_a_night_into_the_day_it_left_is_not_in_its_own_way(self, life: Life) -> None:
        night = _id(life.record("22:00", "30:00"))
        tuesday = MONDAY + timedelta(days=1)
        life.desk.do(life.duane.change_shift(COMPLETELY_CHANGED, night, worked("05:00", "13:00", day=tuesday)))

        assert [entry.start_at for entry in life.desk.live(life.key)] == [at(tuesday, "05:00")]

    def test_a_planned_shift_that_is_moved_never_counted_where_it_was(self, life: Life) -> None:
        shift = life.plan()
        life.desk.do(life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY)))

        assert life.entry(shift).deleted
        assert _used(life) == {WEDNESDAY: 480}

    def test_what_was_said_about_the_shift_holds_for_the_one_that_takes_its_place(
        self, life: Life, owner_engine: Engine
    ) -> None:
        change_type(owner_engine, life.org, SHIFT, fields={"note": "required"})
        shift = _id(life.desk.do(life.duane.record(worked("09:00", "17:00", note="With the dog."))))
        asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))

        assert life.desk.do(asked).entry_version == 1


class TestAnotherWeek:
    """Completely changed across two timesheets: in one transaction, both of them open to change."""

    def test_it_leaves_one_timesheet_and_stands_on_the_other(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.next_week.record(worked("09:00", "17:00", day=NEXT_MONDAY)))
        outcome = life.desk.do(_away(life.duane, shift))

        assert life.desk.live(life.key) == []
        assert outcome.entry_id in {entry.id for entry in life.desk.live(life.next_key)}
        assert _change(life).timesheet_id == life.next_key.timesheet_id
        assert _used(life) == {NEXT_MONDAY: 480, NEXT_WEDNESDAY: 480}

    def test_a_week_that_nobody_recorded_on_yet_is_opened(self, life: Life, shift: UUID) -> None:
        outcome = life.desk.do(_away(life.duane, shift))

        assert [entry.id for entry in life.desk.live(life.next_key)] == [outcome.entry_id]
        opened = [each for each in life.desk.rows(life.org.tenant_id, OutboxEvent) if each.type.endswith("opened")]
        assert {each.subject for each in opened} == {str(life.key.timesheet_id), str(life.next_key.timesheet_id)}

    def test_a_day_off_there_is_replaced(self, life: Life, shift: UUID) -> None:
        day_off = _day_off(life, NEXT_WEDNESDAY)
        life.desk.do(_away(life.duane, shift))

        assert [entry.id for entry in life.desk.live(life.next_key)] == [day_off]

    def test_a_submitted_week_there_is_not_changed_and_so_nothing_is(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.next_week.record(worked("09:00", "17:00", day=NEXT_MONDAY)))
        life.desk.do(life.next_week.submit(life.desk.digest(life.next_key)))
        asked = _away(life.duane, shift)
        refusal = life.desk.refused(asked)

        assert isinstance(refusal, WrongState)
        assert refusal.data == {"state": "submitted"}
        assert [entry.id for entry in life.desk.live(life.key)] == [shift]

    def test_a_submitted_week_here_is_not_changed_and_so_nothing_is(self, life: Life, shift: UUID) -> None:
        life.submit()
        asked = _away(life.duane, shift)

        assert isinstance(life.desk.refused(asked), WrongState)
        assert len(life.desk.rows(life.org.tenant_id, Timesheet)) == 1

    def test_a_refusal_there_leaves_the_shift_here(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.next_week.record(worked("09:00", "17:00", day=NEXT_WEDNESDAY)))
        asked = life.duane.change_shift(
            COMPLETELY_CHANGED, shift, worked("10:00", "12:00", day=NEXT_WEDNESDAY), moves_to=NEXT_MONDAY
        )

        assert _field_of(life.desk.refused(asked)) == "type"
        assert [entry.id for entry in life.desk.live(life.key)] == [shift]

    def test_a_certified_day_off_there_is_replaced_with_a_reason_only(self, life: Life, shift: UUID) -> None:
        day_off = _day_off(life, NEXT_WEDNESDAY)
        life.desk.do(life.next_week.submit(life.desk.digest(life.next_key)))
        life.desk.do(life.because(life.next_week, "Too early.").move(CommandKind.RECALL))
        asked = _away(life.duane, shift)
        assert isinstance(life.desk.refused(asked), ReasonRequired)

        life.desk.do(_away(life.because(life.duane, "He came in instead."), shift))
        assert life.entry(day_off).version == 2

    def test_a_day_off_of_another_week_stays_there(self, life: Life, shift: UUID, owner_engine: Engine) -> None:
        """Its midnight in London is a Sunday evening in New York, and that Sunday is of the week before."""
        _day_off(life, NEXT_MONDAY)
        certified = life.desk.digest(life.next_key)
        life.desk.do(life.next_week.submit(certified))
        change_person(owner_engine, life.org.duane, time_zone="America/New_York")
        sunday = worked("14:00", "22:00", day=NEXT_MONDAY - timedelta(days=1))

        asked = life.because(life.duane, "He came in instead.").change_shift(COMPLETELY_CHANGED, shift, sunday)

        assert _field_of(life.desk.refused(asked)) == "startTime"
        assert life.desk.digest(life.next_key) == certified
        change_person(owner_engine, life.org.duane, time_zone="Europe/London")

    def test_a_day_where_no_week_begins_is_no_week(self, life: Life, shift: UUID) -> None:
        fields = worked("09:00", "17:00", day=NEXT_WEDNESDAY)
        asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, fields, moves_to=NEXT_WEDNESDAY)

        assert isinstance(life.desk.refused(asked), NotFound)

    def test_of_two_changes_of_one_shift_at_once_one_is_recorded(
        self, life: Life, shift: UUID, own_desk: Desk, race: Racers
    ) -> None:
        away = _away(life.duane, shift)
        longer = life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00"))
        life.desk.ask(away)
        life.desk.ask(longer)

        first, second = race(lambda: own_desk.apply(away), lambda: life.desk.apply(longer))

        assert first.result().entry_version == 1
        assert "removed meanwhile" in str(second.exception())
        assert len(life.desk.rows(life.org.tenant_id, FlexChange)) == 1


def test_the_same_change_again_has_the_same_outcome_and_is_one(life: Life, shift: UUID) -> None:
    asked = life.duane.change_shift(COMPLETELY_CHANGED, shift, worked("09:00", "17:00", day=WEDNESDAY))
    first = life.desk.do(asked)
    before = life.desk.contents(life.org.tenant_id)
    again = life.desk.apply(asked)

    assert (again.entry_id, again.repeated) == (first.entry_id, True)
    assert life.desk.contents(life.org.tenant_id) == before
    assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 2


def test_a_change_stays_on_record_whatever_becomes_of_the_entry(life: Life, shift: UUID) -> None:
    life.desk.do(life.duane.change_shift(EXTENDED, shift, worked("09:00", "18:00")))
    life.desk.do(life.duane.amend(shift, 2, worked("09:00", "17:00")))
    life.desk.do(life.duane.remove(shift, 3))

    assert (_change(life).type, _change(life).entry_after_version) == ("extended", 2)
    assert life.state is State.DRAFT
