"""A command happens once, however often it is asked, tried, interrupted or given up."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg import OperationalError
from sqlalchemy import Engine, PoolProxiedConnection, text
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.failures import PASSING, refused_by
from models.commands import Asked
from models.errors import KeyReused, Withdrawn
from models.messages import CommandOutcome
from models.rules.transitions import CommandKind, State
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Command
from tests.activities.conftest import Racers, tried_until_done
from tests.desk import Desk, Life
from tests.factories import Asking, make_organisation, worked


@pytest.fixture
def asked(life: Life) -> Asked:
    """Duane's first entry, not asked yet."""
    return life.duane.record(worked("09:00", "17:00"))


class TestAgain:
    """The same id once more."""

    def test_the_same_command_again_gives_the_stored_outcome_and_changes_nothing(
        self, life: Life, asked: Asked
    ) -> None:
        first = life.desk.do(asked)
        before = life.desk.contents(life.org.tenant_id)

        assert life.desk.ask(asked) == replace(first, repeated=True)
        assert life.desk.apply(asked) == replace(first, repeated=True)
        assert life.desk.contents(life.org.tenant_id) == before

    def test_the_stored_outcome_is_given_even_when_the_state_has_moved_on(self, life: Life, asked: Asked) -> None:
        first = life.desk.do(asked)
        life.submit()

        assert life.desk.apply(asked) == replace(first, repeated=True)

    def test_the_stored_outcome_is_given_even_to_somebody_who_may_not_do_it_any_more(
        self, life: Life, asked: Asked, owner_engine: Engine
    ) -> None:
        first = life.desk.do(asked)
        with owner_engine.begin() as connection:
            off = text("UPDATE person SET active = false WHERE id = :id")
            connection.execute(off, {"id": life.org.duane})

        assert life.desk.apply(asked) == replace(first, repeated=True)

    @pytest.mark.parametrize("change", ["body", "reason", "actor", "on behalf", "kind", "timesheet"])
    def test_the_same_id_with_another_content_is_refused(self, life: Life, asked: Asked, change: str) -> None:
        life.desk.do(asked)
        before = life.desk.contents(life.org.tenant_id)
        other = {
            "body": life.duane.record(worked("09:00", "17:01")),
            "reason": life.because(life.duane, "Because.").record(worked("09:00", "17:00")),
            "actor": life.roland.record(worked("09:00", "17:00")),
            "on behalf": life.suzanne_for(life.org.duane).record(worked("09:00", "17:00")),
            "kind": life.duane.submit("0" * 64),
            "timesheet": Asking(life.org, life.org.max, life.org.max).record(worked("09:00", "17:00")),
        }[change]

        with pytest.raises(KeyReused):
            life.desk.ask(replace(other, id=asked.id))
        assert life.desk.contents(life.org.tenant_id) == before

    def test_the_same_id_in_two_organisations_is_two_commands(
        self, life: Life, asked: Asked, owner_engine: Engine
    ) -> None:
        elsewhere = make_organisation(owner_engine)
        mulder = Asking(elsewhere, elsewhere.duane, elsewhere.duane)
        theirs = replace(mulder.record(worked("09:00", "17:00")), id=asked.id)

        ours_done, theirs_done = life.desk.do(asked), life.desk.do(theirs)
        assert (ours_done.repeated, theirs_done.repeated) == (False, False)
        assert ours_done.entry_id != theirs_done.entry_id


class TestUnknown:
    """References to commands that are not there, or not any more."""

    def test_a_command_that_was_never_asked_is_refused(self, life: Life, asked: Asked) -> None:
        assert _refusal(life.desk, asked) is Withdrawn

    def test_a_command_of_another_timesheet_is_not_carried_out_on_this_one(self, life: Life, asked: Asked) -> None:
        life.desk.ask(asked)
        other = replace(asked, key=life.org.key(life.org.max))

        assert _refusal(life.desk, other) is Withdrawn

    def test_a_command_of_another_kind_is_not_carried_out(self, life: Life, asked: Asked) -> None:
        life.desk.ask(asked)

        assert _refusal(life.desk, replace(asked, kind=CommandKind.REMOVE)) is Withdrawn

    def test_a_command_of_another_organisation_is_not_carried_out(
        self, life: Life, asked: Asked, owner_engine: Engine
    ) -> None:
        life.desk.ask(asked)
        elsewhere = make_organisation(owner_engine)

        assert _refusal(life.desk, replace(asked, key=elsewhere.key(elsewhere.duane))) is Withdrawn


class TestWithdrawn:
    """Whoever was told that nothing was saved was told the truth."""

    def test_a_withdrawn_command_is_not_carried_out(self, life: Life, asked: Asked) -> None:
        life.desk.ask(asked)
        assert life.desk.withdraw(asked) is None

        assert _refusal(life.desk, asked) is Withdrawn
        assert life.desk.rows(life.org.tenant_id, TimeEntry) == []

    def test_a_command_that_was_carried_out_cannot_be_withdrawn_any_more(self, life: Life, asked: Asked) -> None:
        done = life.desk.do(asked)

        assert life.desk.withdraw(asked) == done
        assert life.desk.apply(asked) == replace(done, repeated=True)

    def test_asking_again_after_a_withdrawal_is_asking_anew(self, life: Life, asked: Asked) -> None:
        life.desk.ask(asked)
        life.desk.withdraw(asked)

        assert life.desk.do(asked).entry_version == 1

    def test_other_content_does_not_revive_a_withdrawn_command(self, life: Life, asked: Asked) -> None:
        life.desk.ask(asked)
        life.desk.withdraw(asked)
        with pytest.raises(KeyReused):
            life.desk.ask(replace(life.duane.record(worked("09:00", "18:00")), id=asked.id))

        assert _refusal(life.desk, asked) is Withdrawn

    def test_a_command_withdrawn_while_it_is_carried_out_is_either_done_or_not_and_both_know(
        self, life: Life, asked: Asked, own_desk: Desk, race: Racers
    ) -> None:
        life.desk.ask(asked)
        given_up: list[CommandOutcome | None] = []

        def give_up() -> CommandOutcome:
            given_up.append(life.desk.withdraw(asked))
            return life.desk.apply(asked)

        first, second = race(lambda: own_desk.apply(asked), give_up)

        assert second.result() == replace(first.result(), repeated=True)
        assert given_up == [first.result()]

    def test_withdrawing_what_was_never_asked_is_harmless(self, life: Life, asked: Asked) -> None:
        assert life.desk.withdraw(asked) is None


class TestInterrupted:
    """Attempts that die, and attempts that overlap."""

    def test_an_attempt_that_dies_after_its_commit_and_its_retry_have_one_effect(
        self, life: Life, asked: Asked, own_desk: Desk
    ) -> None:
        own_desk.ask(asked)
        with _dying_after_commit(own_desk.engine), pytest.raises(ApplicationError) as raised:
            own_desk.apply(asked)
        assert (raised.value.type, raised.value.non_retryable) == (PASSING, False)
        before = life.desk.contents(life.org.tenant_id)

        assert own_desk.apply(asked).repeated
        assert life.desk.contents(life.org.tenant_id) == before
        assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 1

    @pytest.mark.parametrize("state", [None, State.DRAFT])
    def test_two_attempts_at_once_have_one_effect(
        self, life: Life, own_desk: Desk, race: Racers, state: State | None
    ) -> None:
        if state:
            life.bring_to(state)
        asked = life.duane.record(worked("18:00", "19:00"))
        life.desk.ask(asked)

        first, second = race(lambda: own_desk.apply(asked), lambda: tried_until_done(life.desk, asked))

        assert second.result() == replace(first.result(), repeated=True)
        assert [command.completed_at is not None for command in _commands(life, asked)] == [True]

    def test_a_fault_says_nothing_of_the_time_that_was_recorded(
        self, life: Life, own_desk: Desk, owner_engine: Engine
    ) -> None:
        """The words of a failure end up in a history, its causes included."""
        asked = life.duane.record(worked("09:00", "17:00", task="x"))
        own_desk.ask(asked)
        with owner_engine.begin() as connection:
            connection.execute(text("ALTER TABLE time_entry ADD CONSTRAINT spoilt CHECK (task <> 'x') NOT VALID"))
        try:
            with pytest.raises(ApplicationError) as raised:
                own_desk.apply(asked)
        finally:
            with owner_engine.begin() as connection:
                connection.execute(text("ALTER TABLE time_entry DROP CONSTRAINT spoilt"))

        assert raised.value.__cause__ is None
        assert _all_words(raised.value) == "Passing: The database could not do it now (IntegrityError). ()"
        assert not raised.value.non_retryable


class _dying_after_commit:  # noqa: N801 - reads as what it is, a context
    """The connection is lost the moment after the server has committed."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect

    def __enter__(self) -> None:
        self._commit = self._dialect.do_commit

        def commit_and_die(connection: PoolProxiedConnection) -> None:
            self._commit(connection)
            raise OperationalError("the connection is gone")

        self._dialect.do_commit = commit_and_die  # type: ignore[assignment,method-assign]

    def __exit__(self, *_: object) -> None:
        self._dialect.do_commit = self._commit  # type: ignore[method-assign]


def _refusal(desk: Desk, asked: Asked) -> type[object]:
    with pytest.raises(ApplicationError) as raised:
        ActivityEnvironment().run(desk.activities.apply_command, asked.ref)
    return type(refused_by(raised.value))


def _commands(life: Life, asked: Asked) -> list[Command]:
    return [command for command in life.desk.rows(life.org.tenant_id, Command) if command.id == asked.id]


def _all_words(error: BaseException | None) -> str:
    return " / ".join(_chain(error))


def _chain(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield f"{error} {getattr(error, 'details', '')}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
