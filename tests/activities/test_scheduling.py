"""What the scheduler tells of planned shifts: in any order, more than once, before and after they were worked."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.commands import EntryFields, ScheduleAction
from models.database import command_transaction
from models.errors import DomainError, Invalid, NotFound, NotYours, Stale, WrongState
from models.messages import CommandOutcome
from models.rules.entry_fields import MAX_DURATION
from models.rules.transitions import State
from models.standard import SHIFT, TRAINING
from models.store.dead_letters import PlannedMeanwhile, forget_unseen
from models.tables.accruals import Accrual, Contribution
from models.tables.intake import ScheduledEntry
from models.tables.timecard import TimeEntry, TimeEntryVersion
from models.tables.timesheet import Timesheet
from tests.activities.conftest import Racers
from tests.contents import Contents
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, at, change_person, hire, make_organisation, worked

pytestmark = pytest.mark.usefixtures("sound")

TUESDAY = MONDAY + timedelta(days=1)
UPDATE, DELETE = ScheduleAction.UPDATE, ScheduleAction.DELETE


def _field_of(refusal: DomainError) -> str:
    assert isinstance(refusal, Invalid), refusal
    (error,) = refusal.data["errors"]
    return str(error["field"])


def _versions(life: Life, entry_id: UUID) -> list[TimeEntryVersion]:
    found = [each for each in life.desk.rows(life.org.tenant_id, TimeEntryVersion) if each.entry_id == entry_id]
    return sorted(found, key=lambda each: each.version)


def _is_only_noted(before: Contents, after: Contents) -> bool:
    """Whether a command has left nothing but its own row."""
    return {name for name in after if after[name] != before[name]} == {"command"}


def _confirmed(life: Life) -> UUID:
    """A planned shift that Duane has confirmed with other times."""
    planned = life.plan()
    life.desk.do(life.duane.amend(planned, 1, worked("09:30", "17:45")))
    return planned


class TestPlanning:
    """A shift that nobody knew of."""

    def test_a_planned_shift_opens_its_week_and_waits_to_be_confirmed(self, life: Life, roster: Asking) -> None:
        shift = uuid4()
        outcome = life.desk.do(roster.schedule(shift, worked("09:00", "17:00", shift_type="early")))

        assert (outcome.entry_id, outcome.entry_version, outcome.ignored) == (shift, 1, False)
        entry = life.entry(shift)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "09:00"), at(MONDAY, "17:00"))
        assert (entry.planned_start_at, entry.planned_end_at) == (entry.start_at, entry.end_at)
        assert (entry.confirmed, entry.deleted, entry.shift_type) == (False, False, "early")
        assert entry.timesheet_id == life.key.timesheet_id
        assert life.state is State.DRAFT

    def test_the_version_is_of_the_schedulers_identity_on_behalf_of_nobody(self, life: Life, roster: Asking) -> None:
        shift = uuid4()
        life.desk.do(roster.schedule(shift, worked("09:00", "17:00")))

        (version,) = _versions(life, shift)
        assert (version.recorded_by_id, version.on_behalf_of_id, version.reason) == (roster.actor, None, None)

    @pytest.mark.parametrize("somebody", ["duane", "roland", "diana", "max"])
    def test_nobody_but_the_scheduler_and_an_administrator_plans(self, life: Life, somebody: str) -> None:
        asking = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")

        assert isinstance(life.desk.refused(asking.schedule(uuid4(), worked("09:00", "17:00"))), NotYours)

    def test_the_scheduler_of_another_organisation_plans_nothing(self, life: Life, owner_engine: Engine) -> None:
        elsewhere = make_organisation(owner_engine)
        stranger = Asking(life.org, life.org.duane, hire(owner_engine, elsewhere, "Rostering", "integration"))

        assert isinstance(life.desk.refused(stranger.schedule(uuid4(), worked("09:00", "17:00"))), NotYours)

    def test_nothing_is_planned_for_the_people_of_another_organisation(
        self, life: Life, roster: Asking, owner_engine: Engine
    ) -> None:
        stranger = make_organisation(owner_engine).duane
        asking = Asking(life.org, stranger, roster.actor)

        assert isinstance(life.desk.refused(asking.schedule(uuid4(), worked("09:00", "17:00"))), NotFound)

    def test_a_shift_in_the_way_of_another_entry_is_refused(self, life: Life, roster: Asking) -> None:
        life.record("12:00", "13:00")
        refusal = life.desk.refused(roster.schedule(uuid4(), worked("09:00", "17:00")))

        assert _field_of(refusal) == "endTime"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            (worked("09:00", "09:00"), "plannedEndTime"),
            (worked("09:00", "08:00"), "plannedEndTime"),
            (EntryFields(SHIFT, at(MONDAY, "09:00"), at(MONDAY, "09:01") + MAX_DURATION), "plannedEndTime"),
            (worked("09:00", "17:00", shift_type="x" * 51), "shiftType"),
            (worked("09:00", "17:00", type_id=uuid4()), "timePeriodTypeId"),
            (worked("09:00", "17:00", day=NEXT_MONDAY), "startTime"),
            (EntryFields(SHIFT, datetime.fromisoformat("2026-11-16T09:00"), at(MONDAY, "17:00")), "plannedStartTime"),
            (EntryFields(SHIFT, at(MONDAY, "09:00"), datetime.fromisoformat("2026-11-16T17:00")), "plannedEndTime"),
            (EntryFields(SHIFT, at(MONDAY, "09:00"), datetime.fromisoformat("9999-12-31T23:00Z")), "plannedEndTime"),
        ],
    )
    def test_what_cannot_be_planned_is_refused_by_its_name(
        self, life: Life, roster: Asking, fields: EntryFields, field: str
    ) -> None:
        assert _field_of(life.desk.refused(roster.schedule(uuid4(), fields))) == field

    def test_a_submitted_week_takes_no_plans(self, life: Life, roster: Asking) -> None:
        life.bring_to(State.SUBMITTED)
        refusal = life.desk.refused(roster.schedule(uuid4(), worked("18:00", "19:00")))

        assert isinstance(refusal, WrongState)
        assert life.desk.rows(life.org.tenant_id, ScheduledEntry) == []

    def test_the_week_is_the_owners_where_they_live(self, life: Life, roster: Asking, owner_engine: Engine) -> None:
        change_person(owner_engine, life.org.duane, time_zone="Pacific/Auckland")
        shift = uuid4()
        life.desk.do(roster.schedule(shift, worked("12:00", "13:00", day=MONDAY - timedelta(days=1))))

        assert life.entry(shift).timesheet_id == life.key.timesheet_id

    def test_an_id_that_another_organisation_uses_is_refused_without_a_word_about_it(
        self, life: Life, roster: Asking, owner_engine: Engine
    ) -> None:
        elsewhere = Life(life.desk, make_organisation(owner_engine))
        theirs = elsewhere.plan()
        refusal = life.desk.refused(roster.schedule(theirs, worked("09:00", "17:00")))

        assert _field_of(refusal) == "id"
        assert elsewhere.entry(theirs).version == 1


class TestUnconfirmed:
    """A plan that nobody has confirmed yet."""

    def test_an_update_moves_its_times(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        update = roster.schedule(shift, worked("10:00", "18:00", type_id=TRAINING), 2, UPDATE)
        outcome = life.desk.do(update)

        entry = life.entry(shift)
        assert (outcome.entry_version, entry.version, entry.confirmed) == (2, 2, False)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "10:00"), at(MONDAY, "18:00"))
        assert (entry.planned_start_at, entry.planned_end_at) == (entry.start_at, entry.end_at)
        assert entry.time_period_type_id == TRAINING

    def test_an_update_moves_it_into_another_week(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
        life.desk.do(there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE, moved_from=MONDAY))

        assert life.entry(shift).timesheet_id == life.next_key.timesheet_id
        assert [version.local_date for version in _versions(life, shift)] == [MONDAY, NEXT_MONDAY]
        life.record()

    def test_a_move_out_of_a_submitted_week_is_refused(self, life: Life, roster: Asking) -> None:
        """It can only stand there when somebody has confirmed it."""
        shift = life.plan()
        life.desk.do(life.duane.confirm(shift))
        life.submit()
        there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
        moved = there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE, moved_from=MONDAY)

        assert isinstance(life.desk.refused(moved), WrongState)

    def test_a_move_by_somebody_who_does_not_know_where_it_stands_is_to_be_sent_again(
        self, life: Life, roster: Asking
    ) -> None:
        shift = life.plan()
        there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
        refusal = life.desk.refused(there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE))

        assert isinstance(refusal, Stale)

    def test_an_update_into_the_way_of_another_entry_is_refused(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        life.record("18:00", "19:00")
        refusal = life.desk.refused(roster.schedule(shift, worked("09:00", "18:30"), 2, UPDATE))

        assert _field_of(refusal) == "endTime"

    def test_an_update_may_overlap_its_own_former_times(self, life: Life, roster: Asking) -> None:
        shift = life.plan()

        assert life.desk.do(roster.schedule(shift, worked("08:00", "16:00"), 2, UPDATE)).entry_version == 2

    def test_a_deletion_removes_it_and_its_time_is_free(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        outcome = life.desk.do(roster.schedule(shift, worked("09:00", "17:00"), 2, DELETE))

        assert (outcome.entry_version, life.entry(shift).deleted) == (2, True)
        assert [(version.deleted, version.confirmed) for version in _versions(life, shift)] == [
            (False, False),
            (True, False),
        ]
        life.record()

    def test_a_shift_stays_with_its_person(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        for_max = Asking(life.org, life.org.max, roster.actor)
        refusal = life.desk.refused(for_max.schedule(shift, worked("09:00", "17:00"), 2, UPDATE))

        assert _field_of(refusal) == "personId"


class TestConfirmed:
    """A plan beside what was worked."""

    def test_an_update_changes_the_plan_only(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        before = _effective(life)
        outcome = life.desk.do(roster.schedule(shift, worked("08:00", "16:00", type_id=TRAINING), 2, UPDATE))

        entry = life.entry(shift)
        assert (outcome.entry_version, entry.version, entry.confirmed) == (3, 3, True)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "09:30"), at(MONDAY, "17:45"))
        assert (entry.planned_start_at, entry.planned_end_at) == (at(MONDAY, "08:00"), at(MONDAY, "16:00"))
        assert entry.time_period_type_id == SHIFT
        assert _effective(life) == before

    def test_an_update_to_times_that_another_entry_took_is_no_clash(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        life.record("18:00", "20:00")
        life.desk.do(roster.schedule(shift, worked("12:00", "20:00"), 2, UPDATE))

        assert life.entry(shift).planned_end_at == at(MONDAY, "20:00")

    def test_an_update_into_another_week_leaves_it_where_it_was_worked(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
        life.desk.do(there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE, moved_from=MONDAY))

        entry = life.entry(shift)
        assert entry.timesheet_id == life.key.timesheet_id
        assert (entry.start_at, entry.planned_start_at) == (at(MONDAY, "09:30"), at(NEXT_MONDAY, "09:00"))

    def test_a_deletion_forgets_the_plan_only(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        before = _effective(life)
        life.desk.do(roster.schedule(shift, worked("09:00", "17:00"), 2, DELETE))

        entry = life.entry(shift)
        assert (entry.deleted, entry.planned_start_at, entry.planned_end_at) == (False, None, None)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "09:30"), at(MONDAY, "17:45"))
        assert _effective(life) == before

    def test_a_plan_under_the_id_of_an_entry_that_was_recorded_by_hand_is_put_beside_it(
        self, life: Life, roster: Asking
    ) -> None:
        recorded = life.record("09:30", "17:45")
        assert recorded.entry_id
        life.desk.do(roster.schedule(recorded.entry_id, worked("09:00", "17:00")))

        entry = life.entry(recorded.entry_id)
        assert (entry.confirmed, entry.start_at, entry.planned_start_at) == (
            True,
            at(MONDAY, "09:30"),
            at(MONDAY, "09:00"),
        )

    def test_a_plan_under_the_id_of_somebody_elses_entry_is_refused(self, life: Life, roster: Asking) -> None:
        max_ = Asking(life.org, life.org.max, life.org.max)
        theirs = life.desk.do(max_.record(worked("09:00", "17:00"))).entry_id
        assert theirs

        assert _field_of(life.desk.refused(roster.schedule(theirs, worked("09:00", "17:00")))) == "personId"

    def test_the_plan_of_what_was_submitted_stays(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        life.submit()

        for action in (UPDATE, DELETE):
            asked = roster.schedule(shift, worked("08:00", "16:00"), 2, action)
            assert isinstance(life.desk.refused(asked), WrongState)


class TestOutOfOrder:
    """Events may come late, twice and mixed up."""

    @pytest.mark.parametrize("action", ScheduleAction)
    @pytest.mark.parametrize("version", [1, 2])
    def test_what_is_not_newer_leaves_no_trace_but_its_command(
        self, life: Life, roster: Asking, action: ScheduleAction, version: int
    ) -> None:
        shift = life.plan()
        life.desk.do(roster.schedule(shift, worked("10:00", "18:00"), 2, UPDATE))
        before = life.desk.contents(life.org.tenant_id)
        outcome = life.desk.do(roster.schedule(shift, worked("06:00", "14:00"), version, action))

        assert (outcome.ignored, outcome.entry_id, outcome.snapshot.exists) == (True, None, True)
        assert _is_only_noted(before, life.desk.contents(life.org.tenant_id))

    def test_what_is_not_newer_opens_no_week(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        life.desk.do(roster.schedule(shift, worked("10:00", "18:00"), 3, UPDATE))
        there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
        late = there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE, moved_from=MONDAY)
        before = life.desk.contents(life.org.tenant_id)
        outcome = life.desk.do(late)

        assert (outcome.ignored, outcome.snapshot.exists) == (True, False)
        assert _is_only_noted(before, life.desk.contents(life.org.tenant_id))

    def test_what_is_not_newer_is_no_trouble_to_a_submitted_week(self, life: Life, roster: Asking) -> None:
        shift = _confirmed(life)
        life.submit()

        assert life.desk.do(roster.schedule(shift, worked("06:00", "14:00"), 1)).ignored
        assert life.state is State.SUBMITTED

    def test_the_same_event_again_has_the_same_outcome(self, life: Life, roster: Asking) -> None:
        asked = roster.schedule(uuid4(), worked("09:00", "17:00"))
        first = life.desk.do(asked)
        before = life.desk.contents(life.org.tenant_id)

        again = life.desk.apply(asked)
        assert (again.entry_id, again.repeated) == (first.entry_id, True)
        assert life.desk.contents(life.org.tenant_id) == before

    def test_a_deletion_before_the_creation_stays_a_deletion(self, life: Life, roster: Asking) -> None:
        shift = uuid4()
        assert life.desk.do(roster.schedule(shift, worked("09:00", "17:00"), 2, DELETE)).ignored
        assert life.desk.do(roster.schedule(shift, worked("09:00", "17:00"), 1)).ignored

        assert life.desk.rows(life.org.tenant_id, TimeEntry) == []
        (known,) = life.desk.rows(life.org.tenant_id, ScheduledEntry)
        assert (known.entry_id, known.version) == (shift, 2)

    def test_a_deletion_that_meets_the_creation_halfway_is_still_to_be_carried_out(
        self, life: Life, roster: Asking
    ) -> None:
        """Nobody had heard of the shift when the deletion was read, and it was planned before that was noted."""
        planned = life.plan()
        with (
            pytest.raises(PlannedMeanwhile),
            command_transaction(life.desk.engine, life.org.tenant_id) as session,
        ):
            forget_unseen(session, life.org.tenant_id, planned, 2, uuid4())

        life.desk.do(roster.schedule(planned, worked("09:00", "17:00"), 2, DELETE))
        assert life.entry(planned).deleted

    def test_an_update_before_the_creation_is_the_plan(self, life: Life, roster: Asking) -> None:
        shift = uuid4()
        assert not life.desk.do(roster.schedule(shift, worked("10:00", "18:00"), 2, UPDATE)).ignored
        assert life.desk.do(roster.schedule(shift, worked("09:00", "17:00"), 1)).ignored

        assert life.entry(shift).start_at == at(MONDAY, "10:00")

    @pytest.mark.parametrize("who", ["the scheduler", "Duane"])
    def test_what_was_removed_is_not_planned_anew(self, life: Life, roster: Asking, who: str) -> None:
        shift = life.plan()
        removal = {
            "the scheduler": roster.schedule(shift, worked("09:00", "17:00"), 2, DELETE),
            "Duane": life.duane.remove(shift, 1),
        }[who]
        life.desk.do(removal)

        assert life.desk.do(roster.schedule(shift, worked("10:00", "18:00"), 3, UPDATE)).ignored
        assert (life.entry(shift).deleted, life.entry(shift).version) == (True, 2)

    def test_a_refused_event_is_not_remembered_as_the_newest(self, life: Life, roster: Asking) -> None:
        shift = life.plan()
        life.record("18:00", "19:00")
        life.desk.refused(roster.schedule(shift, worked("09:00", "18:30"), 3, UPDATE))

        assert life.desk.do(roster.schedule(shift, worked("09:00", "18:00"), 2, UPDATE)).entry_version == 2

    @pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 3, 2)])
    def test_in_any_order_the_newest_plan_stands(self, life: Life, roster: Asking, order: tuple[int, ...]) -> None:
        shift = uuid4()
        outcomes: list[CommandOutcome] = []
        for version in order:
            times = worked(f"{8 + version}:00", f"{16 + version}:00")
            outcomes.append(life.desk.do(roster.schedule(shift, times, version, UPDATE)))

        entry = life.entry(shift)
        assert (entry.start_at, entry.planned_end_at) == (at(MONDAY, "11:00"), at(MONDAY, "19:00"))
        assert entry.version == sum(not outcome.ignored for outcome in outcomes)


def test_of_two_plans_of_one_shift_at_once_on_two_weeks_the_newer_stands(
    life: Life, roster: Asking, own_desk: Desk, race: Racers
) -> None:
    life.record("18:00", "19:00")
    life.desk.do(life.next_week.record(worked("18:00", "19:00", day=NEXT_MONDAY)))
    shift = uuid4()
    there = Asking(life.org, life.org.duane, roster.actor, NEXT_MONDAY)
    newer = there.schedule(shift, worked("09:00", "17:00", day=NEXT_MONDAY), 2, UPDATE)
    older = roster.schedule(shift, worked("09:00", "17:00"), 1)
    life.desk.ask(newer)
    life.desk.ask(older)

    first, second = race(lambda: own_desk.apply(newer), lambda: life.desk.apply(older))

    assert (first.result().ignored, second.result().ignored) == (False, True)
    assert life.entry(shift).start_at == at(NEXT_MONDAY, "09:00")


def test_each_week_that_is_planned_on_is_opened_once(life: Life, roster: Asking) -> None:
    for day in (MONDAY, TUESDAY):
        life.desk.do(roster.schedule(uuid4(), worked("09:00", "17:00", day=day)))

    assert len(life.desk.rows(life.org.tenant_id, Timesheet)) == 1


def _effective(life: Life) -> tuple[set[tuple[str, date, int]], set[tuple[str, date, int, int]]]:
    """What the present versions contribute, and the balances."""
    version_of = {entry.id: entry.version for entry in life.desk.rows(life.org.tenant_id, TimeEntry)}
    given = {
        (row.accrual_code, row.day, row.value)
        for row in life.desk.rows(life.org.tenant_id, Contribution)
        if row.time_entry_version == version_of[row.time_entry_id]
    }
    balances = life.desk.rows(life.org.tenant_id, Accrual)
    return given, {(row.accrual_code, row.day, row.total, row.balance) for row in balances}
