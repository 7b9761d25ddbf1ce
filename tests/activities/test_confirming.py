"""Planned shifts count from the moment somebody says that they were worked, and nothing is submitted before."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.errors import Invalid, NotFound, NotYours, ReasonRequired, Stale
from models.rules.transitions import State
from models.standard import ABSENCE, SHIFT
from models.tables.accruals import Accrual, Contribution
from models.tables.delivery import OutboxEvent
from models.tables.provenance import LedgerStatement
from models.tables.timecard import TimeEntryVersion
from tests.desk import Life
from tests.factories import MONDAY, Asking, at, change_person, change_type, make_organisation, worked

pytestmark = pytest.mark.usefixtures("sound")

TUESDAY = MONDAY + timedelta(days=1)


def _used(life: Life) -> int:
    """Minutes that were taken from Duane's target hours."""
    rows = life.desk.rows(life.org.tenant_id, Accrual)
    return sum(row.total for row in rows if row.accrual_code == "ANNUAL_TARGET_HOURS")


class TestPlanned:
    """What the scheduler planned and nobody confirmed."""

    def test_it_counts_nowhere(self, life: Life) -> None:
        life.record("18:00", "19:00")
        digest = life.desk.digest(life.key)
        life.plan()

        assert [entry.start_at for entry in life.desk.live(life.key)] == [at(MONDAY, "18:00")]
        assert life.desk.digest(life.key) == digest
        assert _used(life) == 60

    def test_the_ledger_hears_nothing_of_it(self, life: Life) -> None:
        life.plan()

        said = life.desk.rows(life.org.tenant_id, LedgerStatement)
        assert not [statement for statement in said if statement.body.get("type") == "Work"]

    def test_its_time_is_taken_all_the_same(self, life: Life) -> None:
        life.plan()

        assert isinstance(life.desk.refused(life.duane.record(worked("16:00", "18:00"))), Invalid)

    def test_it_may_be_removed_like_any_other(self, life: Life) -> None:
        planned = life.plan()
        outcome = life.desk.do(life.duane.remove(planned, 1))

        assert outcome.entry_version == 2
        assert life.entry(planned).deleted
        life.record()


class TestConfirming:
    """'I worked as planned.'"""

    def test_from_then_on_it_counts(self, life: Life) -> None:
        planned = life.plan("22:00", "30:00")
        outcome = life.desk.do(life.duane.confirm(planned))

        assert (outcome.entry_id, outcome.entry_version) == (planned, 2)
        (entry,) = life.desk.live(life.key)
        assert (entry.id, entry.start_at, entry.end_at) == (planned, at(MONDAY, "22:00"), at(MONDAY, "30:00"))
        assert (entry.planned_start_at, entry.planned_end_at) == (entry.start_at, entry.end_at)
        assert _used(life) == 480
        assert {row.time_entry_version for row in life.desk.rows(life.org.tenant_id, Contribution)} == {2}

    def test_it_is_a_version_of_who_confirmed_it_beside_that_of_who_planned_it(self, life: Life) -> None:
        asked = life.duane.confirm(life.plan())
        life.desk.do(asked)

        versions = sorted(life.desk.rows(life.org.tenant_id, TimeEntryVersion), key=lambda each: each.version)
        assert [(each.confirmed, each.recorded_by_id) for each in versions] == [
            (False, life.org.suzanne),
            (True, life.org.duane),
        ]
        assert versions[1].command_id == asked.id

    def test_it_is_announced_and_the_ledger_hears_of_the_work(self, life: Life) -> None:
        planned = life.plan()
        life.desk.do(life.duane.confirm(planned))

        types = [event.type for event in life.desk.rows(life.org.tenant_id, OutboxEvent)]
        assert types.count("countersign.time-entry.confirmed") == 1
        work = [said.body["id"] for said in life.desk.rows(life.org.tenant_id, LedgerStatement) if "type" in said.body]
        assert f"work-{planned}-2" in work

    @pytest.mark.parametrize("version", [1, 2])
    def test_twice_is_refused_whichever_version_was_shown(self, life: Life, version: int) -> None:
        planned = life.plan()
        life.desk.do(life.duane.confirm(planned))
        refusal = life.desk.refused(life.duane.confirm(planned, version))

        assert isinstance(refusal, Stale)
        assert refusal.data["version"] == 2

    def test_what_was_recorded_by_hand_needs_no_confirmation(self, life: Life) -> None:
        recorded = life.record()
        assert recorded.entry_id

        assert isinstance(life.desk.refused(life.duane.confirm(recorded.entry_id)), Stale)

    def test_what_was_planned_otherwise_meanwhile_is_refused(self, life: Life) -> None:
        planned = life.plan()
        life.desk.do(life.suzanne.schedule(planned, worked("10:00", "18:00"), version=2))

        assert isinstance(life.desk.refused(life.duane.confirm(planned)), Stale)

    def test_what_the_type_requires_now_has_to_be_filled_in_first(self, life: Life, owner_engine: Engine) -> None:
        planned = life.plan()
        change_type(owner_engine, life.org, SHIFT, fields={"project": "required"})
        refusal = life.desk.refused(life.duane.confirm(planned))

        assert isinstance(refusal, Invalid)
        assert [error["field"] for error in refusal.data["errors"]] == ["projectId"]
        project = life.org.projects["proj-533"]
        life.desk.do(life.duane.amend(planned, 1, worked("09:00", "17:00", project_id=project)))
        assert len(life.desk.live(life.key)) == 1

    def test_a_note_that_was_added_before_is_the_note_that_the_type_requires(
        self, life: Life, owner_engine: Engine
    ) -> None:
        planned = life.plan()
        change_type(owner_engine, life.org, SHIFT, fields={"note": "required"})
        assert isinstance(life.desk.refused(life.duane.confirm(planned)), Invalid)
        life.desk.do(life.duane.note("As planned.", entry_id=planned))

        assert life.desk.do(life.duane.confirm(planned)).entry_version == 2

    def test_a_planned_day_off_is_confirmed_as_a_whole_day(self, life: Life) -> None:
        planned = life.plan("00:00", "24:00", type_id=ABSENCE)

        assert life.desk.do(life.duane.confirm(planned)).entry_version == 2

    def test_the_supervisor_and_an_administrator_on_behalf_confirm_with_a_reason(self, life: Life) -> None:
        for asking, day in ((life.roland, MONDAY), (life.suzanne_for(life.org.duane, None), TUESDAY)):
            planned = life.plan(day=day)
            assert isinstance(life.desk.refused(asking.confirm(planned)), ReasonRequired)
            life.desk.do(life.because(asking, "He told me on the telephone.").confirm(planned))

        assert len(life.desk.live(life.key)) == 2

    @pytest.mark.parametrize("somebody", ["alex", "suzanne", "diana", "max"])
    def test_nobody_else_confirms(self, life: Life, somebody: str) -> None:
        planned = life.plan()
        stranger = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")

        assert isinstance(life.desk.refused(stranger.confirm(planned)), NotYours)

    def test_what_another_organisation_planned_is_not_there(self, life: Life, owner_engine: Engine) -> None:
        planned = life.plan()
        elsewhere = make_organisation(owner_engine)
        mulder = Asking(elsewhere, elsewhere.duane, elsewhere.duane)
        life.desk.do(mulder.record(worked("09:00", "17:00")))

        assert isinstance(life.desk.refused(mulder.confirm(planned)), NotFound)


class TestAmending:
    """Saying what was worked instead of what was planned."""

    def test_an_amended_plan_is_confirmed_and_the_plan_stays_beside_it(self, life: Life) -> None:
        planned = life.plan()
        life.desk.do(life.duane.amend(planned, 1, worked("09:30", "17:45")))

        (entry,) = life.desk.live(life.key)
        assert (entry.start_at, entry.end_at) == (at(MONDAY, "09:30"), at(MONDAY, "17:45"))
        assert (entry.planned_start_at, entry.planned_end_at) == (at(MONDAY, "09:00"), at(MONDAY, "17:00"))
        assert _used(life) == 495


class TestSubmitting:
    """A week with planned shifts on it is not finished."""

    @pytest.mark.parametrize(
        ("shifts", "words"),
        [
            (1, "1 planned shift is not confirmed yet. Confirm, change or remove it, then submit."),
            (2, "2 planned shifts are not confirmed yet. Confirm, change or remove them, then submit."),
        ],
    )
    def test_it_is_refused_while_planned_shifts_are_not_confirmed(self, life: Life, shifts: int, words: str) -> None:
        life.record("18:00", "19:00")
        for number in range(shifts):
            life.plan(day=TUESDAY + timedelta(days=number))
        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))

        assert isinstance(refusal, Invalid)
        assert refusal.data["errors"] == [{"field": "planned", "message": words, "data": []}]

    def test_that_is_said_before_that_something_is_still_running(self, life: Life) -> None:
        life.plan(day=TUESDAY)
        life.record("09:00", None)
        refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))

        assert isinstance(refusal, Invalid)
        assert [error["field"] for error in refusal.data["errors"]] == ["planned"]

    def test_what_is_not_shown_any_more_is_said_first(self, life: Life) -> None:
        life.plan()

        assert isinstance(life.desk.refused(life.duane.submit("0" * 64)), Stale)

    @pytest.mark.parametrize("what", ["confirm", "amend", "remove", "take back"])
    def test_once_each_is_confirmed_changed_or_removed_the_week_is_submitted(self, life: Life, what: str) -> None:
        life.record("18:00", "19:00")
        planned = life.plan()
        asked = {
            "confirm": life.duane.confirm(planned),
            "amend": life.duane.amend(planned, 1, worked("10:00", "17:00")),
            "remove": life.duane.remove(planned, 1),
            "take back": life.take_back(planned, version=2),
        }[what]
        life.desk.do(asked)
        life.submit()

        assert life.state is State.SUBMITTED

    def test_a_planned_shift_of_another_week_is_no_obstacle(self, life: Life) -> None:
        life.record()
        life.plan(day=MONDAY + timedelta(days=7))
        life.submit()

        assert life.state is State.SUBMITTED

    def test_a_planned_shift_is_no_part_of_what_is_certified_in_the_next_revision(self, life: Life) -> None:
        """What is planned while a week is open again changes nothing until somebody confirms it."""
        life.record()
        life.submit()
        digest = life.desk.digest(life.key)
        life.reject()
        life.revise()
        planned: UUID = life.plan("18:00", "19:00")
        assert life.desk.digest(life.key) == digest
        life.desk.do(life.duane.confirm(planned))

        assert life.desk.digest(life.key) != digest


def test_a_day_is_the_owners_where_they_live(life: Life, owner_engine: Engine) -> None:
    change_person(owner_engine, life.org.duane, time_zone="Pacific/Auckland")
    sunday = MONDAY - timedelta(days=1)
    asking = Asking(life.org, life.org.duane, life.org.suzanne)
    planned = UUID(int=life.org.tenant_id.int ^ 1)
    life.desk.do(asking.schedule(planned, worked("12:00", "13:00", day=sunday)))
    life.desk.do(life.duane.confirm(planned))

    assert {version.local_date for version in life.desk.rows(life.org.tenant_id, TimeEntryVersion)} == {MONDAY}
