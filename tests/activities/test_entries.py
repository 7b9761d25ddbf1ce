"""Recording time: versions, overlaps, what a type allows, and whose week it is."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import IntegrityError

from models.commands import EntryFields
from models.errors import DomainError, Invalid, NotFound, NotYours, ReasonRequired, Stale
from models.messages import CommandOutcome
from models.standard import ABSENCE, ON_CALL, REST_DAY, SHIFT, TRAINING
from models.tables.delivery import OutboxEvent
from models.tables.people import Project
from models.tables.timecard import OVERLAP_CONSTRAINT, TimeEntry, TimeEntryVersion
from models.tables.timesheet import Timesheet
from tests.activities.conftest import Racers
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, at, change_person, change_type, make_organisation, worked

SUNDAY = MONDAY + timedelta(days=6)


def _fields_of(refusal: DomainError) -> list[str]:
    assert isinstance(refusal, Invalid), refusal
    return [error["field"] for error in refusal.data["errors"]]


class TestRecording:
    """A first version."""

    def test_the_first_entry_opens_the_timesheet_as_a_draft(self, life: Life) -> None:
        outcome = life.record()

        assert outcome.snapshot.exists
        assert (outcome.snapshot.state, outcome.snapshot.revision) == ("draft", 1)
        (sheet,) = life.desk.rows(life.org.tenant_id, Timesheet)
        assert (sheet.period_start, sheet.period_end) == (MONDAY, SUNDAY)

    def test_an_entry_begins_with_version_one_and_keeps_what_was_typed(self, life: Life) -> None:
        project = life.org.projects["proj-533"]
        fields = worked("10:08", "10:28", project_id=project, task="washing dog", meal_break_minutes=5, shift_type="D")
        outcome = life.desk.do(life.duane.record(fields))

        (entry,) = life.desk.live(life.key)
        assert (entry.id, entry.version) == (outcome.entry_id, outcome.entry_version) == (entry.id, 1)
        assert (entry.start_at, entry.end_at) == (fields.start, fields.end)
        assert (entry.project_id, entry.task, entry.meal_break_minutes) == (project, "washing dog", 5)
        assert entry.shift_type == "D"

    def test_the_offset_that_was_typed_is_kept_beside_the_instant(self, life: Life) -> None:
        summer = Asking(life.org, life.org.duane, life.org.duane, day=date(2026, 7, 6))
        life.desk.do(summer.record(worked("09:00", "17:00", day=date(2026, 7, 6))))

        (entry,) = life.desk.live(summer.org.key(life.org.duane, date(2026, 7, 6)))
        assert (entry.start_offset_minutes, entry.end_offset_minutes) == (60, 60)
        assert entry.start_at.utcoffset() == timedelta(0)

    def test_a_version_names_who_recorded_it_and_the_local_day_it_starts_on(self, life: Life) -> None:
        recording = life.because(life.roland, "Duane has no computer this week.")
        asked = recording.record(worked("23:30", "24:00"))
        life.desk.do(asked)

        (version,) = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert (version.recorded_by_id, version.on_behalf_of_id) == (life.org.roland, None)
        assert (version.command_id, version.local_date) == (asked.id, MONDAY)
        assert version.reason == "Duane has no computer this week."

    def test_an_entry_may_still_be_running(self, life: Life) -> None:
        life.record("09:00", None)

        assert [entry.end_at for entry in life.desk.live(life.key)] == [None]

    def test_an_entry_may_end_in_the_next_week(self, life: Life) -> None:
        night = EntryFields(SHIFT, at(SUNDAY, "22:00"), at(NEXT_MONDAY, "06:00"))
        life.desk.do(life.duane.record(night))

        assert len(life.desk.live(life.key)) == 1

    def test_an_entry_that_starts_in_another_week_is_refused_here(self, life: Life) -> None:
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", day=NEXT_MONDAY)))

        assert _fields_of(refusal) == ["startTime"]

    def test_the_week_is_counted_in_the_owners_time_zone(self, life: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, life.org.duane, time_zone="Pacific/Auckland")
        sunday_in_london = worked("12:00", "13:00", day=MONDAY - timedelta(days=1))
        life.desk.do(life.duane.record(sunday_in_london))

        (version,) = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert version.local_date == MONDAY

    def test_an_entry_of_no_known_type_is_refused(self, life: Life) -> None:
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", type_id=uuid4())))

        assert _fields_of(refusal) == ["timePeriodTypeId"]

    def test_an_entry_for_no_known_project_is_refused(self, life: Life) -> None:
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", project_id=uuid4())))

        assert _fields_of(refusal) == ["projectId"]

    def test_another_organisations_project_is_no_known_project(self, life: Life, owner_engine: Engine) -> None:
        foreign = make_organisation(owner_engine).projects["proj-533"]
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", project_id=foreign)))

        assert _fields_of(refusal) == ["projectId"]

    def test_a_project_that_is_over_takes_no_more_time(self, life: Life, owner_engine: Engine) -> None:
        project = life.org.projects["proj-533"]
        with owner_engine.begin() as connection:
            connection.execute(update(Project).where(Project.id == project).values(active=False))
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", project_id=project)))

        assert _fields_of(refusal) == ["projectId"]

    def test_a_refused_first_entry_opens_no_timesheet(self, life: Life) -> None:
        life.desk.refused(life.duane.record(worked("17:00", "09:00")))

        assert life.desk.rows(life.org.tenant_id, Timesheet) == []

    def test_a_supervisor_and_an_administrator_on_behalf_record_only_with_a_reason(self, life: Life) -> None:
        for recording in (life.roland, life.suzanne_for(life.org.duane, reason=None)):
            assert isinstance(life.desk.refused(recording.record(worked("09:00", "10:00"))), ReasonRequired)

        life.desk.do(life.because(life.roland, "No computer.").record(worked("09:00", "10:00")))
        life.desk.do(life.suzanne_for(life.org.duane).record(worked("11:00", "12:00")))
        versions = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert {version.on_behalf_of_id for version in versions} == {None, life.org.duane}

    @pytest.mark.parametrize("somebody", ["alex", "suzanne", "diana", "max"])
    def test_nobody_else_records_on_anybodys_week(self, life: Life, somebody: str) -> None:
        stranger = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because I can.")

        assert isinstance(life.desk.refused(stranger.record(worked("09:00", "10:00"))), NotYours)

    def test_a_stranger_of_another_organisation_records_nothing(self, life: Life, owner_engine: Engine) -> None:
        stranger = make_organisation(owner_engine).suzanne
        asking = Asking(life.org, life.org.duane, stranger, on_behalf_of=life.org.duane, reason="Because.")

        assert isinstance(life.desk.refused(asking.record(worked("09:00", "10:00"))), NotYours)

    def test_somebody_deactivated_records_nothing(self, life: Life, owner_engine: Engine) -> None:
        change_person(owner_engine, life.org.duane, active=False)

        assert isinstance(life.desk.refused(life.duane.record(worked("09:00", "10:00"))), NotYours)

    def test_what_happened_is_announced_with_the_entry(self, life: Life) -> None:
        recorded = life.record()

        events = life.desk.rows(life.org.tenant_id, OutboxEvent)
        assert {event.type for event in events} == {
            "countersign.timesheet.opened",
            "countersign.time-entry.recorded",
        }
        (entry,) = [event for event in events if "entry" in event.type]
        assert entry.subject == str(recorded.entry_id)
        assert entry.data["ownerId"] == entry.data["actorId"] == str(life.org.duane)

    def test_the_sheet_of_one_person_cannot_be_changed_in_the_name_of_another(self, life: Life) -> None:
        """The id of the timesheet and the owner that are named have to belong together."""
        life.record("09:00", "10:00")
        max_ = Asking(life.org, life.org.max, life.org.max)
        mixed = max_.record(worked("11:00", "12:00"))
        object.__setattr__(mixed, "key", life.key)

        assert isinstance(life.desk.refused(mixed), NotFound)

    def test_a_sheet_that_does_not_exist_is_not_opened_under_the_id_of_another(self, life: Life) -> None:
        max_ = Asking(life.org, life.org.max, life.org.max)
        mixed = max_.record(worked("11:00", "12:00"))
        object.__setattr__(mixed, "key", life.key)

        assert isinstance(life.desk.refused(mixed), NotFound)


class TestTypes:
    """What a time period type says about the fields of its entries."""

    @pytest.mark.parametrize(
        ("type_id", "fields", "refused"),
        [
            (SHIFT, {"project_id": "proj-533", "task": "washing dog", "meal_break_minutes": 30}, []),
            (TRAINING, {"project_id": "proj-533"}, ["projectId"]),
            (
                ON_CALL,
                {"project_id": "proj-533", "meal_break_minutes": 30},
                ["projectId", "mealBreakMinutes"],
            ),
            (ON_CALL, {"task": "waiting"}, []),
            (SHIFT, {"task": "x" * 201}, ["task"]),
            (SHIFT, {"shift_type": "x" * 51}, ["shiftType"]),
            (SHIFT, {"meal_break_minutes": 480}, ["mealBreakMinutes"]),
            (SHIFT, {"meal_break_minutes": -1}, ["mealBreakMinutes"]),
        ],
    )
    def test_a_field_that_a_type_does_not_allow_is_refused_by_its_name(
        self, life: Life, type_id: UUID, fields: dict[str, object], refused: list[str]
    ) -> None:
        if "project_id" in fields:
            fields = fields | {"project_id": life.org.projects["proj-533"]}
        asked = life.duane.record(worked("09:00", "17:00", type_id=type_id, **fields))  # type: ignore[arg-type]

        if refused:
            assert _fields_of(life.desk.refused(asked)) == refused
        else:
            assert life.desk.do(asked).entry_version == 1

    def test_a_field_that_becomes_required_is_required_at_once(self, life: Life, owner_engine: Engine) -> None:
        required = {"project": "required", "task": "required", "mealBreak": "optional"}
        change_type(owner_engine, life.org, SHIFT, fields=required)
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00")))

        assert _fields_of(refusal) == ["projectId", "task"]

    @pytest.mark.parametrize("type_id", [ABSENCE, REST_DAY])
    def test_a_type_of_whole_days_takes_a_whole_local_day(self, life: Life, type_id: UUID) -> None:
        life.desk.do(life.duane.record(worked("00:00", "24:00", type_id=type_id)))

        (entry,) = life.desk.live(life.key)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "00:00"), at(MONDAY, "24:00"))

    @pytest.mark.parametrize(
        ("start", "end"), [("09:00", "17:00"), ("00:00", "23:59"), ("00:00", None), ("00:00", "48:00")]
    )
    def test_a_type_of_whole_days_takes_nothing_but_one_whole_day(
        self, life: Life, start: str, end: str | None
    ) -> None:
        refusal = life.desk.refused(life.duane.record(worked(start, end, type_id=ABSENCE)))

        assert _fields_of(refusal) == ["startTime"]

    def test_a_whole_day_is_as_long_as_the_clocks_make_it(self, life: Life) -> None:
        change = date(2026, 3, 29)
        spring = Asking(life.org, life.org.duane, life.org.duane, day=change)
        outcome = life.desk.do(spring.record(worked("00:00", "24:00", day=change, type_id=ABSENCE)))

        assert outcome.entry_version == 1

    @pytest.mark.parametrize("minutes", [45_000, 2**31, 2**53 - 1])
    def test_a_meal_break_of_no_believable_length_is_refused_even_while_the_entry_runs(
        self, life: Life, minutes: int
    ) -> None:
        refusal = life.desk.refused(life.duane.record(worked("09:00", None, meal_break_minutes=minutes)))

        assert _fields_of(refusal) == ["mealBreakMinutes"]

    def test_a_time_without_an_offset_is_refused_in_words(self, life: Life) -> None:
        naive = EntryFields(SHIFT, at(MONDAY, "09:00").replace(tzinfo=None), None)

        assert _fields_of(life.desk.refused(life.duane.record(naive))) == ["startTime"]


class TestAmending:
    """Further versions."""

    def test_an_amendment_is_the_next_version_and_the_former_one_stays_readable(self, life: Life) -> None:
        recorded = life.record()
        outcome = life.desk.do(life.duane.amend(_id(recorded), 1, worked("10:00", "16:00", task="tidying")))

        assert outcome.entry_version == 2
        versions = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert {(version.version, version.start_at, version.task) for version in versions} == {
            (1, at(MONDAY, "09:00"), None),
            (2, at(MONDAY, "10:00"), "tidying"),
        }

    def test_an_amendment_of_a_version_that_is_not_the_present_one_is_refused(self, life: Life) -> None:
        recorded = life.record()
        life.desk.do(life.duane.amend(_id(recorded), 1, worked("10:00", "16:00")))
        refusal = life.desk.refused(life.duane.amend(_id(recorded), 1, worked("11:00", "16:00")))

        assert isinstance(refusal, Stale)
        assert refusal.data["version"] == 2

    def test_a_removed_entry_is_neither_amended_nor_removed_again(self, life: Life) -> None:
        recorded = life.record()
        life.desk.do(life.duane.remove(_id(recorded), 1))

        assert isinstance(life.desk.refused(life.duane.amend(_id(recorded), 2, worked("9:00", "10:00"))), Stale)
        assert isinstance(life.desk.refused(life.duane.remove(_id(recorded), 2)), Stale)

    def test_a_removal_is_a_last_version_and_the_time_is_free_again(self, life: Life) -> None:
        recorded = life.record()
        outcome = life.desk.do(life.duane.remove(_id(recorded), 1))

        assert outcome.entry_version == 2
        assert life.desk.live(life.key) == []
        versions = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert {(version.version, version.deleted) for version in versions} == {(1, False), (2, True)}
        life.record()

    def test_an_unknown_entry_is_not_found(self, life: Life) -> None:
        life.record()

        assert isinstance(life.desk.refused(life.duane.remove(uuid4(), 1)), NotFound)

    def test_an_entry_of_another_week_is_not_found_on_this_one(self, life: Life) -> None:
        recorded = life.record()
        other_week = Asking(life.org, life.org.duane, life.org.duane, day=NEXT_MONDAY)
        life.desk.do(other_week.record(worked("09:00", "17:00", day=NEXT_MONDAY)))

        assert isinstance(life.desk.refused(other_week.remove(_id(recorded), 1)), NotFound)

    def test_an_entry_of_another_person_is_not_found_on_ones_own_week(self, life: Life) -> None:
        recorded = life.record()
        max_ = Asking(life.org, life.org.max, life.org.max)
        life.desk.do(max_.record(worked("09:00", "17:00")))

        assert isinstance(life.desk.refused(max_.amend(_id(recorded), 1, worked("9:00", "10:00"))), NotFound)

    def test_an_entry_of_another_organisation_is_not_found(self, life: Life, owner_engine: Engine) -> None:
        recorded = life.record()
        elsewhere = make_organisation(owner_engine)
        mulder = Asking(elsewhere, elsewhere.duane, elsewhere.duane)
        life.desk.do(mulder.record(worked("09:00", "17:00")))

        assert isinstance(life.desk.refused(mulder.remove(_id(recorded), 1)), NotFound)

    def test_an_entry_cannot_be_moved_into_another_week(self, life: Life) -> None:
        recorded = life.record()
        refusal = life.desk.refused(life.duane.amend(_id(recorded), 1, worked("09:00", "17:00", day=NEXT_MONDAY)))

        assert _fields_of(refusal) == ["startTime"]

    def test_an_amendment_may_overlap_the_former_version_of_the_same_entry(self, life: Life) -> None:
        recorded = life.record("09:00", "12:00")

        assert life.desk.do(life.duane.amend(_id(recorded), 1, worked("10:00", "13:00"))).entry_version == 2

    def test_a_change_of_what_was_certified_needs_a_reason(self, life: Life) -> None:
        recorded = life.record()
        life.submit()
        life.reject()
        life.revise()

        amending = life.duane.amend(_id(recorded), 1, worked("10:00", "16:00"))
        assert isinstance(life.desk.refused(amending), ReasonRequired)
        assert isinstance(life.desk.refused(life.duane.remove(_id(recorded), 1)), ReasonRequired)
        explained = life.because(life.duane, "Misremembered which day.")
        assert life.desk.do(explained.amend(_id(recorded), 1, worked("10:00", "16:00"))).entry_version == 2

    def test_an_entry_that_was_never_certified_is_changed_without_a_reason(self, life: Life) -> None:
        life.record("09:00", "10:00")
        life.submit()
        life.reject()
        life.revise()
        added = life.record("11:00", "12:00")

        assert life.desk.do(life.duane.remove(_id(added), 1)).entry_version == 2


class TestOverlap:
    """No two live entries of one owner share an instant, whatever gets in the way."""

    @pytest.mark.parametrize(
        ("start", "end", "field"),
        [
            ("09:00", "17:00", "startAndEndTime"),
            ("08:00", "10:00", "endTime"),
            ("16:00", "18:00", "startTime"),
            ("10:00", "11:00", "startAndEndTime"),
            ("09:00", None, "startTime"),
            ("16:59", None, "startTime"),
        ],
    )
    def test_an_entry_in_the_way_of_another_is_refused_with_the_entry_it_meets(
        self, life: Life, start: str, end: str | None, field: str
    ) -> None:
        life.record()
        refusal = life.desk.refused(life.duane.record(worked(start, end)))

        assert isinstance(refusal, Invalid)
        (error,) = refusal.data["errors"]
        assert (error["field"], error["message"]) == (
            field,
            "Time periods must not overlap with another time period",
        )
        (clashing,) = error["data"]
        (entry,) = life.desk.live(life.key)
        assert clashing == {"timeEntryId": str(entry.id)}

    def test_an_end_before_the_start_is_said_first(self, life: Life) -> None:
        life.record()
        refusal = life.desk.refused(life.duane.record(worked("12:00", "11:00")))

        assert isinstance(refusal, Invalid)
        assert (_fields_of(refusal), refusal.message) == (["endTime"], "End time must be after start time")

    def test_touching_is_fine_on_either_side(self, life: Life) -> None:
        life.record("09:00", "12:00")
        life.record("12:00", "13:00")
        life.record("08:00", "09:00")

        assert len(life.desk.live(life.key)) == 3

    def test_entries_of_different_people_never_meet(self, life: Life) -> None:
        life.record()
        max_ = Asking(life.org, life.org.max, life.org.max)

        assert life.desk.do(max_.record(worked("09:00", "17:00"))).entry_version == 1

    def test_a_night_into_the_next_week_is_in_the_way_there_too(self, life: Life) -> None:
        life.desk.do(life.duane.record(EntryFields(SHIFT, at(SUNDAY, "22:00"), at(NEXT_MONDAY, "06:00"))))
        other_week = Asking(life.org, life.org.duane, life.org.duane, day=NEXT_MONDAY)
        refusal = life.desk.refused(other_week.record(worked("05:00", "07:00", day=NEXT_MONDAY)))

        assert _fields_of(refusal) == ["startTime"]

    def test_of_two_overlapping_entries_on_two_timesheets_at_once_exactly_one_is_recorded(
        self, life: Life, own_desk: Desk, race: Racers
    ) -> None:
        night = life.duane.record(EntryFields(SHIFT, at(SUNDAY, "22:00"), at(NEXT_MONDAY, "06:00")))
        other_week = Asking(life.org, life.org.duane, life.org.duane, day=NEXT_MONDAY)
        early = other_week.record(worked("05:00", "07:00", day=NEXT_MONDAY))
        life.desk.ask(night)
        life.desk.ask(early)

        first, second = race(lambda: own_desk.apply(night), lambda: life.desk.apply(early))

        assert first.result().entry_version == 1
        assert "overlap" in str(second.exception())
        assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 1

    def test_two_people_at_once_do_not_wait_for_each_other(self, life: Life, own_desk: Desk, race: Racers) -> None:
        mine = life.duane.record(worked("09:00", "17:00"))
        theirs = Asking(life.org, life.org.max, life.org.max).record(worked("09:00", "17:00"))
        life.desk.ask(mine)
        life.desk.ask(theirs)
        waited = []

        def the_other() -> CommandOutcome:
            outcome = life.desk.apply(theirs)
            waited.append(first_is_open())
            return outcome

        def first_is_open() -> bool:
            return not any(entry.owner_id == life.org.duane for entry in life.desk.rows(life.org.tenant_id, TimeEntry))

        first, second = race(lambda: own_desk.apply(mine), the_other)

        assert first.result().entry_version == second.result().entry_version == 1
        assert waited == [True]

    @pytest.mark.parametrize(
        ("start", "end", "refused"),
        [
            ("10:00", "11:00", True),
            ("08:00", "09:01", True),
            ("08:00", "09:00", False),
            ("17:00", "18:00", False),
            ("09:00", None, True),
            ("16:59", None, True),
            ("17:00", None, False),
            ("08:59", None, False),
        ],
    )
    def test_the_database_itself_refuses_an_overlap(
        self, life: Life, owner_engine: Engine, start: str, end: str | None, refused: bool
    ) -> None:
        life.record()
        (entry,) = life.desk.live(life.key)
        copy = text(
            "INSERT INTO time_entry (id, tenant_id, owner_id, timesheet_id, version, time_period_type_id,"
            " start_at, end_at, start_offset_minutes, meal_break_minutes, deleted)"
            " SELECT :new, tenant_id, owner_id, timesheet_id, 1, time_period_type_id,"
            " :start, :end, 0, 0, :deleted"
            " FROM time_entry WHERE id = :old"
        )
        row = {
            "new": uuid4(),
            "old": entry.id,
            "start": at(MONDAY, start),
            "end": at(MONDAY, end) if end else None,
            "deleted": False,
        }
        with owner_engine.connect() as connection:
            connection.execute(copy, row | {"new": uuid4(), "deleted": True})  # a removed one is never in the way
            if refused:
                with pytest.raises(IntegrityError, match=OVERLAP_CONSTRAINT):
                    connection.execute(copy, row)
            else:
                connection.execute(copy, row)


def _id(outcome: CommandOutcome) -> UUID:
    assert outcome.entry_id is not None
    return outcome.entry_id
