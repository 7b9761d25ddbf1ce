"""Notes: what somebody wants to have said about a day or an entry, for good."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.errors import DomainError, Invalid, NotYours, ReasonRequired, WrongState
from models.rules.transitions import State
from models.standard import SHIFT
from models.tables.delivery import OutboxEvent
from models.tables.timecard import Note
from models.tables.timesheet import Timesheet
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, change_type, make_organisation, worked

pytestmark = pytest.mark.usefixtures("sound")

TUESDAY = MONDAY + timedelta(days=1)


def _note(life: Life) -> Note:
    (note,) = life.desk.rows(life.org.tenant_id, Note)
    return note


def _field_of(refusal: DomainError) -> str:
    assert isinstance(refusal, Invalid), refusal
    (error,) = refusal.data["errors"]
    return str(error["field"])


class TestAboutADay:
    """Said by itself."""

    def test_it_is_kept_with_who_said_it_and_of_which_day(self, life: Life) -> None:
        life.record()
        asked = life.duane.note("  The dog bit me.\n", TUESDAY)
        life.desk.do(asked)

        note = _note(life)
        assert (note.content, note.local_date) == ("The dog bit me.", TUESDAY)
        assert (note.owner_id, note.author_id, note.on_behalf_of_id) == (life.org.duane, life.org.duane, None)
        assert (note.entry_id, note.entry_version, note.command_id) == (None, None, asked.id)
        assert note.timesheet_id == life.key.timesheet_id

    def test_on_a_week_that_nobody_recorded_on_yet_it_opens_the_week(self, life: Life) -> None:
        outcome = life.desk.do(life.duane.note("On leave all week."))

        assert (outcome.snapshot.exists, outcome.snapshot.state) == (True, State.DRAFT)
        assert [sheet.period_start for sheet in life.desk.rows(life.org.tenant_id, Timesheet)] == [MONDAY]
        types = {event.type for event in life.desk.rows(life.org.tenant_id, OutboxEvent)}
        assert types == {"countersign.timesheet.opened", "countersign.note.added"}

    def test_it_is_no_part_of_what_is_certified(self, life: Life) -> None:
        life.record()
        digest = life.desk.digest(life.key)
        life.desk.do(life.duane.note("The dog bit me."))

        assert life.desk.digest(life.key) == digest

    def test_the_same_again_is_one_note(self, life: Life) -> None:
        asked = life.duane.note("The dog bit me.")
        life.desk.do(asked)

        assert life.desk.apply(asked).repeated
        assert _note(life).content == "The dog bit me."

    @pytest.mark.parametrize("content", ["x", "x" * 250, " " + "x" * 250 + " ", "ö" * 250])
    def test_it_may_have_250_characters(self, life: Life, content: str) -> None:
        life.desk.do(life.duane.note(content))

        assert _note(life).content == content.strip()

    @pytest.mark.parametrize("content", ["", " \n\t", "x" * 251])
    def test_it_is_neither_empty_nor_longer(self, life: Life, content: str) -> None:
        assert _field_of(life.desk.refused(life.duane.note(content))) == "content"
        assert life.desk.rows(life.org.tenant_id, Timesheet) == []

    @pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), NEXT_MONDAY])
    def test_a_day_of_another_week_is_refused(self, life: Life, day: date) -> None:
        assert _field_of(life.desk.refused(life.duane.note("The dog bit me.", day))) == "date"

    def test_a_submitted_week_takes_no_notes(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)

        assert isinstance(life.desk.refused(life.duane.note("The dog bit me.")), WrongState)

    def test_the_supervisor_says_why_they_write_on_somebody_elses_week(self, life: Life) -> None:
        assert isinstance(life.desk.refused(life.roland.note("He was bitten.")), ReasonRequired)
        life.desk.do(life.because(life.roland, "For the insurance.").note("He was bitten."))

        assert (_note(life).owner_id, _note(life).author_id) == (life.org.duane, life.org.roland)

    @pytest.mark.parametrize("somebody", ["alex", "suzanne", "diana", "max"])
    def test_nobody_else_writes(self, life: Life, somebody: str) -> None:
        stranger = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")

        assert isinstance(life.desk.refused(stranger.note("I was here.")), NotYours)


class TestAboutAnEntry:
    """Said about one entry, by itself or with it."""

    def test_it_names_the_version_it_was_said_about(self, life: Life) -> None:
        shift = _id(life)
        life.desk.do(life.duane.amend(shift, 1, worked("09:00", "16:00")))
        life.desk.do(life.duane.note("The dog was quick.", entry_id=shift))

        assert (_note(life).entry_id, _note(life).entry_version) == (shift, 2)

    @pytest.mark.parametrize("whose", ["nobody's", "another week's", "another organisation's"])
    def test_an_entry_that_is_not_on_this_week_is_refused(self, life: Life, owner_engine: Engine, whose: str) -> None:
        _id(life)
        elsewhere = make_organisation(owner_engine)
        mulder = Asking(elsewhere, elsewhere.duane, elsewhere.duane)
        ways: dict[str, Callable[[], UUID | None]] = {
            "nobody's": uuid4,
            "another week's": lambda: (
                life.desk.do(life.next_week.record(worked("09:00", "17:00", day=NEXT_MONDAY))).entry_id
            ),
            "another organisation's": lambda: life.desk.do(mulder.record(worked("09:00", "17:00"))).entry_id,
        }

        assert _field_of(life.desk.refused(life.duane.note("Mine.", entry_id=ways[whose]()))) == "timeEntryId"

    def test_what_is_recorded_with_a_note_has_a_note_of_its_own(self, life: Life) -> None:
        asked = life.duane.record(worked("09:00", "17:00", note="The dog bit me."))
        recorded = life.desk.do(asked)

        note = _note(life)
        assert (note.content, note.local_date, note.command_id) == ("The dog bit me.", MONDAY, asked.id)
        assert (note.entry_id, note.entry_version) == (recorded.entry_id, 1)

    def test_an_amendment_with_a_note_adds_one_and_the_former_stays(self, life: Life) -> None:
        recorded = life.desk.do(life.duane.record(worked("09:00", "17:00", note="The dog bit me.")))
        assert recorded.entry_id
        life.desk.do(life.duane.amend(recorded.entry_id, 1, worked("09:00", "16:00", note="So I left early.")))

        notes = {note.entry_version: note.content for note in life.desk.rows(life.org.tenant_id, Note)}
        assert notes == {1: "The dog bit me.", 2: "So I left early."}

    def test_a_note_of_more_than_250_characters_is_refused_with_the_entry(self, life: Life) -> None:
        refusal = life.desk.refused(life.duane.record(worked("09:00", "17:00", note="x" * 251)))

        assert _field_of(refusal) == "note"

    def test_a_note_that_the_type_requires_is_given_once(self, life: Life, owner_engine: Engine) -> None:
        change_type(owner_engine, life.org, SHIFT, fields={"note": "required"})
        assert _field_of(life.desk.refused(life.duane.record(worked("09:00", "17:00")))) == "note"
        recorded = life.desk.do(life.duane.record(worked("09:00", "17:00", note="The dog bit me.")))
        assert recorded.entry_id

        assert life.desk.do(life.duane.amend(recorded.entry_id, 1, worked("09:00", "16:00"))).entry_version == 2
        assert _note(life).entry_version == 1

    def test_a_note_that_the_type_hides_is_refused(self, life: Life, owner_engine: Engine) -> None:
        change_type(owner_engine, life.org, SHIFT, fields={"note": "hidden"})

        assert _field_of(life.desk.refused(life.duane.record(worked("09:00", "17:00", note="Hm.")))) == "note"


def _id(life: Life) -> UUID:
    recorded = life.record()
    assert recorded.entry_id
    return recorded.entry_id
