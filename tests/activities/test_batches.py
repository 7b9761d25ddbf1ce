"""Several changes together: all of them or none, of one week or many, of one person or several."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.commands import Asked, Batch
from models.errors import DomainError, Invalid, NotFound, NotYours, ReasonRequired, Stale, WrongState
from models.messages import CommandOutcome, SheetKey
from models.rules.flex import FlexType
from models.rules.transitions import OPENING, RECORDING, CommandKind, State
from models.tables.accruals import Accrual
from models.tables.delivery import OutboxEvent
from models.tables.provenance import LedgerStatement
from models.tables.timecard import Note, TimeEntry, TimeEntryVersion
from models.tables.timesheet import Command, Timesheet
from tests.activities.conftest import Crowd, tried_until_done
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, at, make_organisation, worked

pytestmark = pytest.mark.usefixtures("sound")

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def shift(life: Life) -> UUID:
    """Duane's shift on the Monday, from nine to five."""
    return _id(life.record())


def _id(outcome: CommandOutcome) -> UUID:
    assert outcome.entry_id
    return outcome.entry_id


def _of(life: Life, owner: UUID, actor: UUID, day: date = MONDAY, reason: str | None = None) -> Asking:
    return Asking(life.org, owner, actor, day, reason=reason)


def _refused_at(life: Life, asked: Asked) -> tuple[type[DomainError], int]:
    """The refusal of a batch, and which of its changes it is about."""
    refusal = life.desk.refused(asked)
    return type(refusal), refusal.data["index"]


def _command(life: Life, asked: Asked) -> Command:
    (command,) = [each for each in life.desk.rows(life.org.tenant_id, Command) if each.id == asked.id]
    return command


class TestTogether:
    """All of them."""

    def test_every_kind_of_recording_is_carried_out_in_order(self, life: Life, shift: UUID) -> None:
        planned = life.plan(day=TUESDAY)
        batch = life.duane.batch(
            life.duane.amend(shift, 1, worked("09:00", "16:00")),
            life.duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "17:00"), version=2),
            life.duane.record(worked("18:00", "19:00")),
            life.duane.confirm(planned),
            life.duane.remove(planned, 2),
            life.duane.note("The dog bit me."),
        )
        life.desk.do(batch)

        assert [(entry.start_at, entry.version) for entry in life.desk.live(life.key)] == [
            (at(MONDAY, "09:00"), 3),
            (at(MONDAY, "18:00"), 1),
        ]
        assert life.entry(planned).deleted
        assert [note.content for note in life.desk.rows(life.org.tenant_id, Note)] == ["The dog bit me."]

    def test_one_may_take_the_time_that_another_gives_back(self, life: Life, shift: UUID) -> None:
        life.desk.do(
            life.duane.batch(life.duane.remove(shift, 1), life.duane.record(worked("09:00", "17:00", task="again")))
        )

        (entry,) = life.desk.live(life.key)
        assert entry.task == "again"

    def test_each_is_a_command_of_its_own_with_an_outcome_of_its_own(self, life: Life) -> None:
        batch = life.duane.batch(
            life.because(life.duane, "Forgot.").record(worked("09:00", "10:00")),
            life.duane.record(worked("11:00", "12:00")),
        )
        life.desk.do(batch)

        parts = [_command(life, part) for part in batch.parts()]
        assert [(part.kind, part.reason, part.actor_id) for part in parts] == [
            ("record", "Forgot.", life.org.duane),
            ("record", None, life.org.duane),
        ]
        assert all(part.completed_at and part.result and part.result["entry_id"] for part in parts)
        versions = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert {version.command_id for version in versions} == {part.id for part in parts}
        assert {version.reason for version in versions} == {"Forgot.", None}

    def test_what_there_is_to_say_is_said_by_each(self, life: Life) -> None:
        batch = life.duane.batch(*(life.duane.record(worked(f"{hour}:00", f"{hour}:30")) for hour in (9, 10)))
        life.desk.do(batch)

        parts = {part.id for part in batch.parts()}
        events = life.desk.rows(life.org.tenant_id, OutboxEvent)
        assert {event.command_id for event in events if event.type.endswith("recorded")} == parts
        said = life.desk.rows(life.org.tenant_id, LedgerStatement)
        assert {each.transaction_id for each in said if each.body.get("type") == "Work"} == parts

    def test_weeks_that_nobody_recorded_on_yet_are_opened_once_each(self, life: Life) -> None:
        days = [MONDAY + timedelta(days=number) for number in range(14)]
        weeks = [_of(life, life.org.duane, life.org.duane, day) for day in days]
        parts = (week.record(worked("09:00", "17:00", day=week.day)) for week in weeks)
        life.desk.do(life.duane.batch(*parts))

        assert len(life.desk.live(life.key)) == len(life.desk.live(life.next_key)) == 7
        opened = [event for event in life.desk.rows(life.org.tenant_id, OutboxEvent) if event.type.endswith("opened")]
        assert len(opened) == len(life.desk.rows(life.org.tenant_id, Timesheet)) == 2
        rows = life.desk.rows(life.org.tenant_id, Accrual)
        used = {row.day: row.balance for row in rows if row.accrual_code == "ANNUAL_TARGET_HOURS"}
        assert used[days[-1]] == 100_000 - 14 * 480

    def test_a_supervisor_records_for_several_people(self, life: Life) -> None:
        roland, people = life.org.roland, (life.org.duane, life.org.max)
        parts = [_of(life, owner, roland, reason="Both told me.").record(worked("09:00", "17:00")) for owner in people]
        life.desk.do(life.roland.batch(*parts))

        entries = life.desk.rows(life.org.tenant_id, TimeEntry)
        assert {entry.owner_id for entry in entries} == set(people)
        versions = life.desk.rows(life.org.tenant_id, TimeEntryVersion)
        assert {(version.recorded_by_id, version.reason) for version in versions} == {(roland, "Both told me.")}

    def test_the_same_batch_again_has_the_same_outcome_and_changes_nothing(self, life: Life) -> None:
        batch = life.duane.batch(
            life.duane.record(worked("09:00", "17:00")), life.next_week.record(worked("09:00", "17:00", NEXT_MONDAY))
        )
        first = life.desk.do(batch)
        before = life.desk.contents(life.org.tenant_id)

        assert life.desk.apply(batch) == replace(first, repeated=True)
        assert life.desk.contents(life.org.tenant_id) == before


class TestNone:
    """None of them, when one is refused; and which one it was."""

    @pytest.mark.parametrize("index", [0, 1, 2])
    def test_the_one_that_is_refused_is_named_by_its_place(self, life: Life, index: int) -> None:
        parts = [life.duane.record(worked(f"{hour}:00", f"{hour + 1}:00")) for hour in (9, 11)]
        parts.insert(index, life.duane.record(worked("17:00", "16:00")))
        refusal = life.desk.refused(life.duane.batch(*parts))

        assert isinstance(refusal, Invalid)
        assert (refusal.data["index"], refusal.data["errors"][0]["field"]) == (index, "endTime")
        assert life.desk.rows(life.org.tenant_id, Timesheet) == []

    def test_two_that_are_in_each_others_way_are_refused_at_the_second(self, life: Life) -> None:
        parts = [life.duane.record(worked("09:00", "12:00")), life.duane.record(worked("11:00", "13:00"))]

        assert _refused_at(life, life.duane.batch(*parts)) == (Invalid, 1)

    def test_one_that_was_changed_meanwhile_is_refused(self, life: Life, shift: UUID) -> None:
        life.desk.do(life.duane.amend(shift, 1, worked("09:00", "16:00")))
        batch = life.duane.batch(life.duane.record(worked("18:00", "19:00")), life.duane.remove(shift, 1))
        refusal = life.desk.refused(batch)

        assert isinstance(refusal, Stale)
        assert refusal.data == {"version": 2, "index": 1}

    def test_one_on_a_submitted_week_is_refused(self, life: Life, shift: UUID) -> None:
        life.submit()
        batch = life.next_week.batch(
            life.next_week.record(worked("09:00", "17:00", NEXT_MONDAY)), life.duane.remove(shift, 1)
        )
        refusal = life.desk.refused(batch)

        assert isinstance(refusal, WrongState)
        assert refusal.data == {"state": "submitted", "index": 1}

    def test_one_for_somebody_whose_time_is_not_theirs_to_record_is_refused(self, life: Life) -> None:
        theirs = _of(life, life.org.max, life.org.duane, reason="Because.").record(worked("09:00", "17:00"))

        batch = life.duane.batch(life.duane.record(worked("09:00", "17:00")), theirs)
        assert _refused_at(life, batch) == (NotYours, 1)

    def test_the_reason_of_one_is_no_reason_of_another(self, life: Life) -> None:
        explained = life.because(life.roland, "No computer.").record(worked("09:00", "10:00"))

        batch = life.roland.batch(explained, life.roland.record(worked("11:00", "12:00")))
        assert _refused_at(life, batch) == (ReasonRequired, 1)

    @pytest.mark.parametrize("whose", ["nobody's", "another organisation's"])
    def test_one_for_nobody_known_here_is_refused(self, life: Life, owner_engine: Engine, whose: str) -> None:
        stranger = uuid4() if whose == "nobody's" else make_organisation(owner_engine).duane
        theirs = _of(life, stranger, life.org.duane).record(worked("09:00", "17:00"))

        assert _refused_at(life, life.duane.batch(theirs)) == (NotFound, 0)

    def test_one_on_a_day_where_no_week_begins_is_refused(self, life: Life) -> None:
        record = life.duane.record(worked("09:00", "17:00", TUESDAY))
        astray = replace(record, period_start=TUESDAY)

        assert _refused_at(life, life.duane.batch(astray)) == (NotFound, 0)

    @pytest.mark.parametrize("kind", sorted(set(CommandKind) - RECORDING | {CommandKind.BATCH}))
    def test_only_recording_is_done_together(self, life: Life, shift: UUID, kind: CommandKind) -> None:
        """What else happens to a week is its own workflow's to know."""
        ways = {
            CommandKind.BATCH: life.duane.batch(life.duane.remove(shift, 1)),
            CommandKind.SUBMIT: life.duane.submit(life.desk.digest(life.key)),
            CommandKind.APPROVE: life.roland.approve(life.desk.digest(life.key)),
            CommandKind.REJECT: life.roland.reject(life.desk.digest(life.key)),
        }
        part = ways.get(kind) or life.because(life.duane, "Because.").move(kind)

        assert _refused_at(life, life.next_week.batch(part)) == (Invalid, 0)
        assert life.state is State.DRAFT

    def test_who_may_not_record_here_may_not_do_so_together(self, life: Life) -> None:
        diana = Asking(life.org, life.org.duane, life.org.diana)
        refusal = life.desk.refused(diana.batch(diana.record(worked("09:00", "17:00"))))

        assert isinstance(refusal, NotYours)
        assert "index" not in refusal.data

    def test_a_batch_opens_a_week_as_its_parts_do(self) -> None:
        assert CommandKind.BATCH in OPENING


class TestAtOnce:
    """Two batches over the same two weeks, each naming them in an order of its own."""

    def test_on_weeks_that_are_open_both_are_carried_out(
        self, life: Life, shift: UUID, own_desk: Desk, let_go_at_once: Crowd
    ) -> None:
        life.desk.do(life.next_week.record(worked("09:00", "17:00", NEXT_MONDAY)))
        first, second = self._opposite(life)
        life.desk.ask(first)
        life.desk.ask(second)
        lowest = min(life.key.timesheet_id, life.next_key.timesheet_id)

        # Whoever took the weeks in the order it names them would hold one here while it waits for the other.
        done = let_go_at_once("timesheet", lowest, lambda: own_desk.apply(first), lambda: own_desk.apply(second))

        assert [future.result().kind for future in done] == [CommandKind.BATCH] * 2
        assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 6

    def test_on_weeks_that_nobody_opened_yet_both_are_carried_out(
        self, life: Life, own_desk: Desk, let_go_at_once: Crowd
    ) -> None:
        first, second = self._opposite(life)
        life.desk.ask(first)
        life.desk.ask(second)
        told: list[str] = []

        done = let_go_at_once(
            "person",
            life.org.duane,
            lambda: tried_until_done(own_desk, first, told),
            lambda: tried_until_done(own_desk, second, told),
        )

        assert [future.result().kind for future in done] == [CommandKind.BATCH] * 2
        assert told == ["The timesheet was opened just now by another transaction."]
        assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 4

    def _opposite(self, life: Life) -> tuple[Asked, Asked]:
        here, there = life.duane, life.next_week
        first = here.batch(here.record(worked("18:00", "19:00")), there.record(worked("18:00", "19:00", NEXT_MONDAY)))
        second = there.batch(there.record(worked("20:00", "21:00", NEXT_MONDAY)), here.record(worked("20:00", "21:00")))
        return first, second


def test_a_batch_holds_every_week_it_touches(life: Life) -> None:
    one_week = life.duane.batch(life.duane.record(worked("09:00", "10:00")))
    two_weeks = life.duane.batch(life.next_week.record(worked("09:00", "10:00", NEXT_MONDAY)))

    assert (one_week.ref.spans, two_weeks.ref.spans) == (False, True)
    assert {SheetKey(life.org.tenant_id, place.timesheet_id(life.org.tenant_id)) for place in two_weeks.places} == {
        life.key,
        life.next_key,
    }
    assert isinstance(two_weeks.body, Batch)
