"""What somebody does in somebody else's place is put before that person, who is told of it and answers once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, update

from models.commands import Asked
from models.database import command_transaction, read_session
from models.doctor import findings
from models.errors import AlreadyAnswered, KeyReused, NotFound, ReasonRequired
from models.reads.notices import words_now
from models.rules.notices import NoticeKind
from models.rules.transitions import CommandKind, State
from models.store.owner_review import Answer, Verdict, answer
from models.tables.delivery import Notification, OutboxEvent
from models.tables.timecard import OwnerReview
from models.tables.timesheet import Command
from tests.desk import Life
from tests.factories import NEXT_MONDAY, Asking, make_organisation, worked
from tests.standing_in import stand_in

pytestmark = pytest.mark.usefixtures("sound")


def decide_for_roland(life: Life, kind: CommandKind) -> Asked:
    """Suzanne decides for Roland."""
    asking, digest = life.suzanne_for(life.org.roland), life.desk.digest(life.key)
    return asking.approve(digest) if kind is CommandKind.APPROVE else asking.reject(digest)


def put_before(life: Life, command_id: UUID) -> UUID | None:
    (found,) = [each for each in life.desk.rows(life.org.tenant_id, Command) if each.id == command_id]
    return found.put_before_id


def told(life: Life, kind: NoticeKind) -> list[Notification]:
    return [each for each in life.desk.rows(life.org.tenant_id, Notification) if each.kind == kind]


def say(
    life: Life, person: UUID, act: UUID, verdict: Verdict, reason: str | None = None, key: UUID | None = None
) -> None:
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        answer(session, Answer(life.org.tenant_id, person, act, verdict, reason, key))


@pytest.fixture
def act(life: Life) -> UUID:
    """Suzanne approved Duane's week for Roland."""
    life.bring_to(State.SUBMITTED)
    return life.desk.do(decide_for_roland(life, CommandKind.APPROVE)).command_id


class TestWhoIsAsked:
    def test_the_owner_when_their_week_is_submitted_for_them(self, life: Life) -> None:
        life.record()
        done = life.desk.do(life.suzanne_for(life.org.duane).submit(life.desk.digest(life.key)))

        assert put_before(life, done.command_id) == life.org.duane

    def test_the_owner_when_their_week_is_opened_for_revision_for_them(self, life: Life) -> None:
        life.bring_to(State.REJECTED)
        done = life.desk.do(life.suzanne_for(life.org.duane).move(CommandKind.REVISE))

        assert put_before(life, done.command_id) == life.org.duane

    def test_the_owner_when_their_supervisor_records_for_them(self, life: Life) -> None:
        done = life.desk.do(life.because(life.roland, "He forgot it.").record(worked("09:00", "17:00")))

        assert put_before(life, done.command_id) == life.org.duane

    def test_the_owner_of_each_part_of_a_batch_and_nobody_about_the_batch_itself(self, life: Life) -> None:
        roland = life.because(life.roland, "He forgot it.")
        parts = [roland.record(worked("09:00", "10:00")), roland.record(worked("11:00", "12:00"))]
        batch = life.desk.do(roland.batch(*parts))

        asked = {each.id: each.put_before_id for each in life.desk.rows(life.org.tenant_id, Command)}
        assert asked.pop(batch.command_id) is None
        assert list(asked.values()) == [life.org.duane] * 2

    @pytest.mark.parametrize("kind", [CommandKind.APPROVE, CommandKind.REJECT])
    def test_the_approver_in_whose_name_was_decided(self, life: Life, kind: CommandKind) -> None:
        life.bring_to(State.SUBMITTED)
        done = life.desk.do(decide_for_roland(life, kind))

        assert put_before(life, done.command_id) == life.org.roland

    def test_the_approver_in_whose_name_an_approval_was_taken_back(self, life: Life) -> None:
        life.bring_to(State.APPROVED)
        done = life.desk.do(life.suzanne_for(life.org.roland).move(CommandKind.TAKE_BACK))

        assert put_before(life, done.command_id) == life.org.roland

    @pytest.mark.parametrize("names", [True, False], ids=["naming the delegator", "naming nobody"])
    def test_nobody_about_what_a_delegate_decides(self, life: Life, names: bool) -> None:
        stand_in(life.desk.engine, life.org, life.org.roland, life.org.alex)
        life.bring_to(State.SUBMITTED)
        alex = replace(life.roland, actor=life.org.alex, on_behalf_of=life.org.roland if names else None)
        done = life.desk.do(alex.approve(life.desk.digest(life.key)))

        assert put_before(life, done.command_id) is None
        assert told(life, NoticeKind.ACTED_FOR) == []

    def test_nobody_about_what_is_done_in_ones_own_right(self, life: Life) -> None:
        life.bring_to(State.LOCKED)

        assert {each.put_before_id for each in life.desk.rows(life.org.tenant_id, Command)} == {None}
        assert told(life, NoticeKind.ACTED_FOR) == []


class TestWhoIsTold:
    def test_whoever_was_acted_for_is_told_with_the_act(self, life: Life, act: UUID) -> None:
        (notice,) = told(life, NoticeKind.ACTED_FOR)

        assert (notice.person_id, notice.data) == (life.org.roland, {"commandId": str(act)})
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            words = words_now(session, notice)
        title = "Suzanne Modeski acted for you on Duane Barry's timesheet of 16 – 22 November 2026"
        assert (words.title, words.path) == (title, "/acts")

    def test_a_refused_act_tells_nobody(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        life.desk.refused(life.suzanne_for(life.org.roland).approve("0" * 64))

        assert told(life, NoticeKind.ACTED_FOR) == []

    def test_what_somebody_records_in_one_week_on_one_day_is_told_once(self, life: Life) -> None:
        roland = life.because(life.roland, "He forgot it.")
        for hour in (9, 11, 13):
            life.desk.do(roland.record(worked(f"{hour:02}:00", f"{hour + 1}:00")))
        assert len(told(life, NoticeKind.ACTED_FOR)) == 1

        there = Asking(life.org, life.org.duane, life.org.roland, NEXT_MONDAY, reason="He is away.")
        life.desk.do(there.record(worked("09:00", "10:00", NEXT_MONDAY)))
        life.desk.do(life.suzanne_for(life.org.duane).record(worked("15:00", "16:00")))

        assert len(told(life, NoticeKind.ACTED_FOR)) == 3


class TestAnswering:
    def test_a_dispute_is_told_to_whoever_did_it_and_to_the_outside(self, life: Life, act: UUID) -> None:
        say(life, life.org.roland, act, Verdict.DISPUTED, "I had not looked at it.")

        (notice,) = told(life, NoticeKind.ACT_DISPUTED)
        assert notice.person_id == life.org.suzanne
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            words = words_now(session, notice)
        title = "Roland Fuller disputes what you did on Duane Barry's timesheet of 16 – 22 November 2026"
        assert (words.title, words.sentence) == (title, "They say: I had not looked at it.")
        event = life.desk.rows(life.org.tenant_id, OutboxEvent)[-1]
        assert event.type == "countersign.act.disputed"
        assert event.data["ownerId"] == str(life.org.duane)
        assert event.data["actorId"] == str(life.org.roland)

    def test_a_confirmation_is_told_to_nobody_and_has_done_with_the_notice(self, life: Life, act: UUID) -> None:
        say(life, life.org.roland, act, Verdict.CONFIRMED)

        assert told(life, NoticeKind.ACT_DISPUTED) == []
        assert [each.read_at is not None for each in told(life, NoticeKind.ACTED_FOR)] == [True]

    @pytest.mark.parametrize("who", ["duane", "suzanne", "alex"])
    def test_nobody_else_answers(self, life: Life, act: UUID, who: str) -> None:
        before = life.desk.contents(life.org.tenant_id)

        with pytest.raises(NotFound):
            say(life, getattr(life.org, who), act, Verdict.CONFIRMED)

        assert life.desk.contents(life.org.tenant_id) == before

    def test_another_organisation_does_not_know_it(self, life: Life, act: UUID, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)

        with pytest.raises(NotFound), command_transaction(life.desk.engine, other.tenant_id) as session:
            answer(session, Answer(other.tenant_id, other.roland, act, Verdict.CONFIRMED))

    def test_what_nobody_did_cannot_be_answered(self, life: Life) -> None:
        own = life.bring_to(State.SUBMITTED)

        for act in (own.command_id, uuid4()):
            with pytest.raises(NotFound):
                say(life, life.org.duane, act, Verdict.CONFIRMED)

    def test_a_dispute_says_why(self, life: Life, act: UUID) -> None:
        with pytest.raises(ReasonRequired):
            say(life, life.org.roland, act, Verdict.DISPUTED)

    def test_said_twice_it_is_once_and_something_else_is_refused(self, life: Life, act: UUID) -> None:
        say(life, life.org.roland, act, Verdict.DISPUTED, "No.")
        before = life.desk.contents(life.org.tenant_id)
        say(life, life.org.roland, act, Verdict.DISPUTED, "No.")
        with pytest.raises(AlreadyAnswered):
            say(life, life.org.roland, act, Verdict.CONFIRMED)

        assert life.desk.contents(life.org.tenant_id) == before

    def test_two_answers_at_once_are_one(self, life: Life, act: UUID) -> None:
        with ThreadPoolExecutor(4) as pool:
            said = [pool.submit(say, life, life.org.roland, act, Verdict.DISPUTED, "No.") for _ in range(4)]
        assert [each.exception() for each in said] == [None] * 4

        assert len(life.desk.rows(life.org.tenant_id, OwnerReview)) == 1
        assert len(told(life, NoticeKind.ACT_DISPUTED)) == 1

    def test_one_key_at_two_acts_at_once_answers_one_of_them(self, life: Life, act: UUID) -> None:
        there = Asking(life.org, life.org.roland, life.org.alex, NEXT_MONDAY, reason="He is away.")
        other = life.desk.do(there.record(worked("09:00", "10:00", NEXT_MONDAY))).command_id
        key = uuid4()
        with ThreadPoolExecutor(4) as pool:
            said = [
                pool.submit(say, life, life.org.roland, each, Verdict.CONFIRMED, None, key)
                for each in (act, other, act, other)
            ]

        (kept,) = life.desk.rows(life.org.tenant_id, OwnerReview)
        refused = [each.exception() for each in said if each.exception()]
        assert [type(each) for each in refused] == [KeyReused, KeyReused]
        assert (kept.key, kept.command_id in (act, other)) == (key, True)


class TestTheDoctor:
    def test_an_act_of_which_the_owner_was_not_asked_is_found(self, life: Life, owner_engine: Engine) -> None:
        there = Asking(life.org, life.org.duane, life.org.roland, NEXT_MONDAY, reason="He is away.")
        done = life.desk.do(there.record(worked("09:00", "10:00", NEXT_MONDAY)))
        self._put_before(owner_engine, done.command_id, None)
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            assert [str(done.command_id) in each for each in findings(session)] == [True]
        self._put_before(owner_engine, done.command_id, life.org.duane)

    def test_an_answer_of_somebody_else_is_found(self, life: Life, act: UUID, owner_engine: Engine) -> None:
        say(life, life.org.roland, act, Verdict.CONFIRMED)
        self._put_before(owner_engine, act, life.org.alex)
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            assert [str(act) in each for each in findings(session)] == [True]
        self._put_before(owner_engine, act, life.org.roland)

    def _put_before(self, owner_engine: Engine, act: UUID, person: UUID | None) -> None:
        with owner_engine.begin() as connection:
            connection.execute(update(Command).where(Command.id == act).values(put_before_id=person))
