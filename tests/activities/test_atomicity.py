"""All of a command or nothing of it: the database is taken away at every single statement in turn.

The server ends the connection just before the statement, as it does when it is restarted. Afterwards every row
of every table is as it was, and the same command, tried again, is carried out as if nothing had been.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event
from temporalio.exceptions import ApplicationError

from activities.failures import PASSING
from models.commands import Asked, ScheduleAction
from models.messages import CommandOutcome
from models.rules.flex import FlexType
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE
from tests.activities.conftest import end_session
from tests.activities.waiting_for import hours_pass
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, change_policy, work_always, worked

REASON = "Misremembered which day."


def _record_the_first(life: Life) -> Asked:
    project = life.org.projects["proj-533"]
    return life.duane.record(worked("22:00", "30:00", project_id=project, task="washing dog"))


def _record_another(life: Life) -> Asked:
    life.bring_to(State.DRAFT)
    return life.duane.record(worked("18:00", "19:00"))


def _amend(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    assert recorded.entry_id
    return life.duane.amend(recorded.entry_id, 1, worked("23:30", "31:00"))


def _remove(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    assert recorded.entry_id
    return life.duane.remove(recorded.entry_id, 1)


def _move(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    assert recorded.entry_id
    fields = worked("22:00", "30:00", day=NEXT_MONDAY, note="The wrong week.")
    return life.duane.amend(recorded.entry_id, 1, fields, moves_to=NEXT_MONDAY)


def _confirm(life: Life) -> Asked:
    return life.duane.confirm(life.plan("22:00", "30:00"))


def _plan(life: Life) -> Asked:
    return life.suzanne.schedule(uuid4(), worked("09:00", "17:00"))


def _plan_otherwise(life: Life) -> Asked:
    planned = life.plan()
    there = Asking(life.org, life.org.duane, life.org.suzanne, NEXT_MONDAY)
    fields = worked("09:00", "17:00", day=NEXT_MONDAY)
    return there.schedule(planned, fields, 2, ScheduleAction.UPDATE, moved_from=MONDAY)


def _take_back(life: Life) -> Asked:
    return life.take_back(life.plan(), version=2)


def _extend(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    assert recorded.entry_id
    return life.duane.change_shift(FlexType.EXTENDED, recorded.entry_id, worked("09:00", "18:00"))


def _change_completely(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    life.desk.do(life.next_week.record(worked("00:00", "24:00", day=NEXT_MONDAY, type_id=ABSENCE)))
    assert recorded.entry_id
    fields = worked("09:00", "17:00", day=NEXT_MONDAY)
    return life.duane.change_shift(
        FlexType.COMPLETELY_CHANGED, recorded.entry_id, fields, moves_to=NEXT_MONDAY, note="Ill."
    )


def _note(life: Life) -> Asked:
    return life.duane.note("The dog bit me.")


def _several(life: Life) -> Asked:
    recorded = life.bring_to(State.DRAFT)
    assert recorded.entry_id
    return life.duane.batch(
        life.duane.amend(recorded.entry_id, 1, worked("10:00", "16:00")),
        life.next_week.record(worked("09:00", "17:00", day=NEXT_MONDAY)),
    )


def _submit(life: Life) -> Asked:
    life.bring_to(State.DRAFT)
    return life.duane.submit(life.desk.digest(life.key))


def _approve(life: Life) -> Asked:
    life.bring_to(State.SUBMITTED)
    return life.suzanne_for(life.org.roland, "Roland is away.").approve(life.desk.digest(life.key))


def _reject(life: Life) -> Asked:
    life.bring_to(State.SUBMITTED)
    return life.because(life.roland, "Wrong day.").reject(life.desk.digest(life.key))


def _approve_for_the_leads(life: Life) -> Asked:
    change_policy(life.desk.owner_engine, life.org, approval_stages=["supervisor", "project_lead"])
    life.desk.do(life.duane.record(worked("18:00", "19:00", project_id=life.org.projects["proj-533"])))
    return _approve(life)


def _take_approval_back(life: Life) -> Asked:
    life.bring_to(State.APPROVED)
    return life.because(life.roland, "Too soon.").move(CommandKind.TAKE_BACK)


def _revise(life: Life) -> Asked:
    life.bring_to(State.APPROVED)
    return life.because(life.duane, REASON).move(CommandKind.REVISE)


def _lock(life: Life) -> Asked:
    life.bring_to(State.APPROVED)
    return life.because(life.suzanne, "Payroll.").move(CommandKind.LOCK)


COMMANDS: tuple[Callable[[Life], Asked], ...] = (
    _record_the_first,
    _record_another,
    _amend,
    _remove,
    _move,
    _confirm,
    _plan,
    _plan_otherwise,
    _take_back,
    _extend,
    _change_completely,
    _note,
    _several,
    _submit,
    _approve,
    _reject,
    _approve_for_the_leads,
    _take_approval_back,
    _revise,
    _lock,
)


@pytest.mark.parametrize("prepare", COMMANDS, ids=lambda prepare: prepare.__name__.strip("_"))
def test_whichever_statement_fails_nothing_is_saved_and_the_same_command_succeeds_afterwards(
    life: Life, own_desk: Desk, owner_engine: Engine, prepare: Callable[[Life], Asked]
) -> None:
    asked = prepare(life)
    life.desk.ask(asked)
    before = life.desk.contents(life.org.tenant_id)
    with _taken_away(own_desk.engine, owner_engine) as fault:
        while True:
            fault.arm(fault.at + 1)
            outcome = _tried(own_desk, asked)
            if not fault.struck:
                break
            assert outcome is None, f"carried out without {fault.statement}"
            assert life.desk.contents(life.org.tenant_id) == before, f"after {fault.statement}"

    turns = fault.at - 1
    assert outcome is not None
    assert not outcome.repeated
    assert life.desk.apply(asked) == replace(outcome, repeated=True)
    after = life.desk.contents(life.org.tenant_id)
    changed = {table for table in after if after[table] != before[table]}
    assert {"command", "outbox"} <= changed
    # At least one statement for each table that is another now, and the commit.
    assert turns > len(changed), "every statement and the commit had their turn"


@pytest.mark.parametrize("hours", [17, 41, 400])
def test_whatever_time_does_is_done_all_or_not_at_all(
    life: Life, own_desk: Desk, owner_engine: Engine, hours: int
) -> None:
    """A nudge, an escalation, and all of it at once."""
    work_always(owner_engine, life.org)
    life.bring_to(State.SUBMITTED)
    hours_pass(life, hours)
    before = life.desk.contents(life.org.tenant_id)
    with _taken_away(own_desk.engine, owner_engine) as fault:
        while True:
            fault.arm(fault.at + 1)
            done = _acted(own_desk, life)
            if not fault.struck:
                break
            assert not done, f"done without {fault.statement}"
            assert life.desk.contents(life.org.tenant_id) == before, f"after {fault.statement}"

    after = life.desk.contents(life.org.tenant_id)
    assert done
    assert after["notification"] > before["notification"]
    life.desk.act_on_time(life.key)
    assert life.desk.contents(life.org.tenant_id) == after


def _acted(desk: Desk, life: Life) -> bool:
    """Whether it was done; when the database was not there for all of it, it may be tried again."""
    try:
        desk.act_on_time(life.key)
    except ApplicationError as failure:
        if (failure.type, failure.non_retryable) != (PASSING, False):
            raise
        return False
    return True


def _tried(desk: Desk, asked: Asked) -> CommandOutcome | None:
    """The outcome, or None when the database was not there for all of it; then it may be tried again."""
    try:
        return desk.apply(asked)
    except ApplicationError as failure:
        if (failure.type, failure.non_retryable) != (PASSING, False):
            raise
        return None


@dataclass
class _Fault:
    """Ends the connection before the statement with this number; the commit counts as the last one."""

    at: int = 0
    seen: int = 0
    struck: bool = False
    statement: str = ""

    def arm(self, at: int) -> None:
        """Strike at the statement with this number, counted from now."""
        self.at, self.seen, self.struck = at, 0, False

    def is_due(self, statement: str) -> bool:
        """Whether this is the statement."""
        self.seen += 1
        if self.seen == self.at:
            self.struck, self.statement = True, statement
        return self.seen == self.at


@contextmanager
def _taken_away(engine: Engine, owner_engine: Engine) -> Iterator[_Fault]:
    fault = _Fault()

    def before_statement(connection: Connection, _: object, statement: str, *__: object) -> None:
        if fault.is_due(statement):
            end_session(connection, owner_engine)

    def before_commit(connection: Connection) -> None:
        if fault.is_due("COMMIT"):
            end_session(connection, owner_engine)

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(engine, "commit", before_commit)
    yield fault
    event.remove(engine, "before_cursor_execute", before_statement)
    event.remove(engine, "commit", before_commit)
