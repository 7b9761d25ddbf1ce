"""Submitting, recalling and revising: what is certified is exactly what was shown."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.errors import DomainError, Invalid, NotYours, ReasonRequired, Stale
from models.rules.stages import Stage
from models.rules.transitions import CommandKind, State
from models.tables.delivery import OutboxEvent
from models.tables.timesheet import Submission, Timesheet, Waiting
from tests.desk import Life
from tests.factories import MONDAY, Asking, at, change_person, worked


def _sheet(life: Life) -> Timesheet:
    (sheet,) = life.desk.rows(life.org.tenant_id, Timesheet)
    return sheet


def _submissions(life: Life) -> list[Submission]:
    found = life.desk.rows(life.org.tenant_id, Submission)
    return sorted(found, key=lambda submission: submission.submitted_at)


def waiting_for(life: Life) -> list[UUID | None]:
    return [each.approver_id for each in life.desk.rows(life.org.tenant_id, Waiting)]


def test_a_submission_keeps_the_content_its_digest_and_the_words_that_were_accepted(life: Life) -> None:
    recorded = life.record()
    digest = life.desk.digest(life.key)
    life.submit()

    (submission,) = _submissions(life)
    assert (submission.digest, submission.revision) == (digest, 1)
    assert submission.certification == "I certify that this is true."
    assert (submission.submitted_by_id, submission.on_behalf_of_id) == (life.org.duane, None)
    (entry,) = submission.content["entries"]
    assert (entry["id"], entry["version"]) == (str(recorded.entry_id), 1)


def test_a_submitted_sheet_waits_for_the_owners_supervisor(life: Life) -> None:
    life.record()
    life.submit()

    sheet = _sheet(life)
    assert (sheet.state, sheet.stage, waiting_for(life)) == (State.SUBMITTED, Stage.SUPERVISOR, [life.org.roland])
    assert sheet.submitted_at == _submissions(life)[0].submitted_at
    assert _submissions(life)[0].approver_id == life.org.roland


def test_the_sheet_of_somebody_without_a_supervisor_waits_for_the_administrators(life: Life) -> None:
    alex = Asking(life.org, life.org.alex, life.org.alex)
    life.desk.do(alex.record(worked("09:00", "17:00")))
    life.desk.do(alex.submit(life.desk.digest(life.org.key(life.org.alex))))

    assert waiting_for(life) == [None]
    assert _submissions(life)[0].approver_id is None


def test_what_changed_since_it_was_shown_is_not_submitted(life: Life) -> None:
    life.record("09:00", "10:00")
    shown = life.desk.digest(life.key)
    life.record("11:00", "12:00")
    refusal = life.desk.refused(life.duane.submit(shown))

    assert isinstance(refusal, Stale)
    assert refusal.data == {"state": "draft", "digest": life.desk.digest(life.key)}


def test_a_sheet_with_an_entry_still_running_is_not_submitted(life: Life) -> None:
    life.record("09:00", None)
    refusal = life.desk.refused(life.duane.submit(life.desk.digest(life.key)))

    assert isinstance(refusal, Invalid)
    assert refusal.data["errors"][0]["field"] == "endTime"


def test_the_same_content_submitted_again_has_the_same_digest(life: Life) -> None:
    life.record()
    life.submit()
    life.reject()
    life.revise()
    life.submit()

    first, second = _submissions(life)
    assert first.digest == second.digest
    assert (first.revision, second.revision) == (1, 2)


def test_another_content_has_another_digest(life: Life) -> None:
    recorded = life.record()
    life.submit()
    life.reject()
    life.revise()
    assert recorded.entry_id
    explained = life.because(life.duane, "Wrong day.")
    life.desk.do(explained.amend(recorded.entry_id, 1, worked("09:00", "17:01")))
    life.submit()

    first, second = _submissions(life)
    assert first.digest != second.digest


def test_a_recalled_submission_stays_on_record_and_the_next_revision_begins(life: Life) -> None:
    life.record()
    life.submit()
    outcome = life.desk.do(life.because(life.duane, "Forgot Tuesday.").move(CommandKind.RECALL))

    assert (outcome.snapshot.state, outcome.snapshot.revision) == (State.DRAFT, 2)
    assert len(_submissions(life)) == 1
    sheet = _sheet(life)
    assert (sheet.submitted_at, sheet.stage, waiting_for(life)) == (None, None, [])


@pytest.mark.parametrize("state", [State.REJECTED, State.APPROVED])
def test_what_was_decided_is_revised_as_the_next_revision(life: Life, state: State) -> None:
    life.bring_to(state)
    outcome = life.revise()

    assert (outcome.snapshot.state, outcome.snapshot.revision) == (State.DRAFT, 2)


def test_a_revised_approval_does_not_lock_any_more(life: Life) -> None:
    life.bring_to(State.APPROVED)
    assert _sheet(life).lock_at is not None
    outcome = life.revise()

    assert _sheet(life).lock_at is None
    assert outcome.snapshot.lock_at is None


@pytest.mark.parametrize(
    ("state", "kind"), [(State.SUBMITTED, CommandKind.RECALL), (State.APPROVED, CommandKind.REVISE)]
)
def test_recalling_and_revising_need_a_reason(life: Life, state: State, kind: CommandKind) -> None:
    life.bring_to(state)

    assert isinstance(life.desk.refused(life.duane.move(kind)), ReasonRequired)


def test_an_administrator_submits_and_revises_on_behalf_with_a_reason(life: Life) -> None:
    life.record()
    digest = life.desk.digest(life.key)
    silent = life.suzanne_for(life.org.duane, reason=None)
    assert isinstance(life.desk.refused(silent.submit(digest)), ReasonRequired)

    suzanne = life.suzanne_for(life.org.duane, "Duane is in hospital.")
    life.desk.do(suzanne.submit(digest))
    life.approve()
    life.desk.do(suzanne.move(CommandKind.REVISE))

    (submission,) = _submissions(life)
    assert (submission.submitted_by_id, submission.on_behalf_of_id) == (life.org.suzanne, life.org.duane)
    assert submission.reason == "Duane is in hospital."
    assert life.state is State.DRAFT


def test_an_administrator_recalls_nothing_that_others_certified(life: Life) -> None:
    life.bring_to(State.SUBMITTED)

    assert _is_not_theirs(life.desk.refused(life.suzanne_for(life.org.duane).move(CommandKind.RECALL)))


@pytest.mark.parametrize("somebody", ["roland", "alex", "suzanne", "diana", "max"])
def test_nobody_else_certifies_in_their_own_right(life: Life, somebody: str) -> None:
    life.record()
    stranger = Asking(life.org, life.org.duane, getattr(life.org, somebody), reason="Because.")

    assert _is_not_theirs(life.desk.refused(stranger.submit(life.desk.digest(life.key))))


def test_on_behalf_of_somebody_else_than_the_owner_nothing_is_certified(life: Life) -> None:
    life.record()
    digest = life.desk.digest(life.key)

    assert _is_not_theirs(life.desk.refused(life.suzanne_for(life.org.roland).submit(digest)))


def test_nobody_acts_on_their_own_behalf(life: Life) -> None:
    suzanne = Asking(life.org, life.org.suzanne, life.org.suzanne, on_behalf_of=life.org.suzanne, reason="Because.")

    assert _is_not_theirs(life.desk.refused(suzanne.record(worked("09:00", "10:00"))))


def test_the_supervisor_at_the_time_of_submitting_is_kept(life: Life, owner_engine: Engine) -> None:
    life.bring_to(State.SUBMITTED)
    change_person(owner_engine, life.org.duane, supervisor_id=life.org.alex)

    assert _submissions(life)[0].approver_id == life.org.roland


def test_a_certified_meal_break_is_part_of_what_is_certified(life: Life) -> None:
    life.desk.do(life.duane.record(worked("09:00", "17:00", meal_break_minutes=30)))
    life.submit()

    (entry,) = _submissions(life)[0].content["entries"]
    assert entry["mealBreakMinutes"] == 30
    assert entry["startTime"] == at(MONDAY, "09:00").strftime("%Y-%m-%dT%H:%M:%SZ")


def test_each_step_is_announced_with_what_was_certified(life: Life) -> None:
    life.record()
    life.submit()
    life.desk.do(life.because(life.duane, "Forgot Tuesday.").move(CommandKind.RECALL))

    events = {event.type: event.data for event in life.desk.rows(life.org.tenant_id, OutboxEvent)}
    assert events["countersign.timesheet.submitted"]["digest"] == life.desk.digest(life.key)
    assert events["countersign.timesheet.recalled"]["revision"] == 2


def _is_not_theirs(refusal: DomainError) -> bool:
    return type(refusal) is NotYours
