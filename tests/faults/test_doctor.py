"""The doctor finds nothing wrong with what commands do, and everything that somebody breaks behind their back."""

import pytest
from sqlalchemy import Engine, text

from activities.commands import SheetActivities
from models.database import read_session
from models.doctor import findings
from models.rules.transitions import State
from tests.desk import Desk, Life
from tests.factories import Organisation


@pytest.fixture
def life(engine: Engine, owner_engine: Engine, org: Organisation) -> Life:
    return Life(Desk(engine, SheetActivities(engine), owner_engine), org)


@pytest.mark.parametrize("state", State)
def test_nothing_is_wrong_with_a_week_that_commands_brought_to_a_state(life: Life, state: State) -> None:
    life.bring_to(state)
    assert _found(life) == []


BROKEN = {
    "balance of ANNUAL_TARGET_HOURS": "UPDATE accrual SET balance = balance + 1 WHERE tenant_id = :tenant",
    "computed nothing": (
        "INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)"
        " SELECT tenant_id, person_id, accrual_code, day + 1, 60, balance FROM accrual WHERE tenant_id = :tenant"
    ),
    "its versions do not lead to its present content": ("UPDATE time_entry SET version = 2 WHERE tenant_id = :tenant"),
    "its content is not what was certified": "UPDATE time_entry SET task = 'drying dog' WHERE tenant_id = :tenant",
    "its content does not have its digest": (
        """UPDATE submission SET content = content || '{"entries": []}' WHERE tenant_id = :tenant"""
    ),
    "it is approved, but the decision on it is reject": (
        "UPDATE decision SET decision = 'reject', reason = 'Wrong day.' WHERE tenant_id = :tenant"
    ),
    "it is approved, but the decision on it is none": "DELETE FROM decision WHERE tenant_id = :tenant",
    "it does not have its digest": (
        """UPDATE statement SET said = body || '{"at": "yesterday"}' WHERE tenant_id = :tenant"""
    ),
    "the ledger knows nothing of it": "DELETE FROM statement WHERE tenant_id = :tenant",
    "withdrawn and carried out": "UPDATE command SET withdrawn_at = now() WHERE tenant_id = :tenant",
    "carried out, and nobody was told": "DELETE FROM outbox WHERE tenant_id = :tenant",
    "no command that was carried out recorded it": "DELETE FROM command WHERE tenant_id = :tenant",
    "it was to be locked at": "UPDATE timesheet SET lock_at = now() - interval '1 hour' WHERE tenant_id = :tenant",
    "something else was decided after that": (
        "INSERT INTO decision (id, tenant_id, timesheet_id, submission_id, number, decision, stage, digest,"
        " decided_by_id, decided_as, responsible_id, reason) SELECT gen_random_uuid(), tenant_id, timesheet_id,"
        " submission_id, 2, 'take_back', stage, digest, decided_by_id, decided_as, responsible_id, 'Wrong week.'"
        " FROM decision WHERE tenant_id = :tenant"
    ),
    "it is not submitted, but somebody is asked": (
        "INSERT INTO waiting (tenant_id, timesheet_id, number, owner_id, has_exceptions, submitted_at)"
        " SELECT tenant_id, id, 0, owner_id, false, now() FROM timesheet WHERE tenant_id = :tenant"
    ),
    "somebody was to be reminded or asked as well at": (
        "UPDATE timesheet SET due_at = now() - interval '1 hour' WHERE tenant_id = :tenant"
    ),
}
"""What is found, and what somebody did who may write to the tables."""

WAITS_WRONGLY = {
    "nobody is asked": "DELETE FROM waiting WHERE tenant_id = :tenant",
    "somebody else is asked": "UPDATE waiting SET approver_id = owner_id WHERE tenant_id = :tenant",
    "the administrators are asked": "UPDATE waiting SET approver_id = NULL WHERE tenant_id = :tenant",
    "one too many is asked": (
        "INSERT INTO waiting (tenant_id, timesheet_id, number, owner_id, has_exceptions, submitted_at)"
        " SELECT tenant_id, timesheet_id, 1, owner_id, has_exceptions, submitted_at FROM waiting"
        " WHERE tenant_id = :tenant"
    ),
    "it was escalated and nobody was added": "UPDATE timesheet SET escalations = 1 WHERE tenant_id = :tenant",
    "the supervisor is another now": (
        "UPDATE person SET supervisor_id = NULL WHERE tenant_id = :tenant AND name = 'Duane Barry'"
    ),
    "the supervisor is gone": "UPDATE person SET active = false WHERE tenant_id = :tenant AND name = 'Roland Fuller'",
    "the leads are to be asked": "UPDATE timesheet SET stage = 'project_lead' WHERE tenant_id = :tenant",
}
"""What became of a submitted timesheet behind everybody's back."""


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_broken_is_found(life: Life, owner_engine: Engine, words: str) -> None:
    life.bring_to(State.APPROVED)
    with owner_engine.begin() as connection:
        assert connection.execute(text(BROKEN[words]), {"tenant": life.org.tenant_id}).rowcount > 0
    assert [finding for finding in _found(life) if words in finding]


@pytest.mark.parametrize("how", WAITS_WRONGLY)
def test_a_timesheet_that_waits_for_the_wrong_people_is_found(life: Life, owner_engine: Engine, how: str) -> None:
    life.bring_to(State.SUBMITTED)
    with owner_engine.begin() as connection:
        assert connection.execute(text(WAITS_WRONGLY[how]), {"tenant": life.org.tenant_id}).rowcount > 0
    assert [finding for finding in _found(life) if "it does not wait for whom it should" in finding]


def _found(life: Life) -> list[str]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return list(findings(session))
