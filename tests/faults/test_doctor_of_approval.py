"""The doctor finds nothing wrong with an organisation in which much is going on, and whatever stands still there, or
does not fit together, by its name.
"""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from activities.commands import SheetActivities
from models.database import command_transaction, read_session
from models.doctor import findings
from models.rules.notices import NoticeKind
from models.rules.periods import Period
from models.rules.transitions import State
from models.store.bulk import cancel_bulk, settle_bulk
from models.store.delegations import see_to
from models.store.feed import place
from models.store.summaries import SummaryAsked, summarise
from tests.activities.administering import do, given
from tests.activities.hooks import hooked
from tests.crowd import Crowd
from tests.desk import Desk, Life
from tests.factories import MONDAY, NEXT_MONDAY, Organisation, work_always
from tests.mailbox import tell
from tests.projects import DOGS, lead, work
from tests.standing_in import stand_in


@pytest.fixture
def life(engine: Engine, owner_engine: Engine, org: Organisation) -> Life:
    """A locked week and a summary of it, one that a deputy approved, some decided on in bulk, one that waits, a mail
    and a webhook.
    """
    life = Life(Desk(engine, SheetActivities(engine), owner_engine), org)
    work_always(owner_engine, org)
    work(life.desk, org, org.duane, state=State.LOCKED)
    marita = lead(owner_engine, org)
    wanted = SummaryAsked(org.projects[DOGS], Period(MONDAY, NEXT_MONDAY))
    do(life, lambda session: summarise(session, given(life, by=marita), wanted))
    crowd = Crowd(life.desk, org)
    by_a_deputy, *in_bulk, _one_waits = crowd.submitted(4, org.max)
    deputy = stand_in(engine, org, org.roland, org.alex)
    do(life, lambda session: see_to(session, org.tenant_id, deputy.id))
    crowd.approve(by_a_deputy, org.alex, owner=org.max, weeks_ago=3)
    key = crowd.ask(in_bulk)
    with command_transaction(engine, org.tenant_id) as session:
        assert cancel_bulk(session, key.bulk_id, org.roland)
        assert settle_bulk(session, key.bulk_id)
    tell(life.desk, org, org.duane, NoticeKind.RECORD_REMINDER, days=[MONDAY.isoformat()])
    hooked(life, "http://127.0.0.1:1/hook")
    with command_transaction(engine, org.tenant_id) as session:
        place(session, org.tenant_id)
    return life


STANDING_STILL = [
    (
        "it waits, and nobody sends it",
        "UPDATE notification SET mail = 'waiting', created_at = now() - interval '2 hours' WHERE tenant_id = :tenant",
    ),
    (
        "it waits, and nobody sends it",
        "UPDATE notification SET mail = 'waiting', mail_error = 'The mail server refused it (451).',"
        " mail_tried_at = now() - interval '8 hours' WHERE tenant_id = :tenant",
    ),
    (
        "nobody says whether it was sent",
        "UPDATE notification SET mail = 'sending', mail_tried_at = now() - interval '2 hours'"
        " WHERE tenant_id = :tenant",
    ),
    ("it is sent, which does not fit", "UPDATE notification SET mail = 'sent' WHERE tenant_id = :tenant"),
    ("it is sending, which does not fit", "UPDATE notification SET mail = 'sending' WHERE tenant_id = :tenant"),
    (
        "it is failed, which does not fit",
        "UPDATE notification SET mail = 'failed', mail_tried_at = now() WHERE tenant_id = :tenant",
    ),
    (
        "it is waiting, which does not fit",
        "UPDATE notification SET mail = 'waiting', mail_error = 'It is away.' WHERE tenant_id = :tenant",
    ),
    (
        "it was asked for more than an hour ago, and it is not over",
        "UPDATE bulk_decision SET state = 'running', finished_at = NULL, stopped_by_id = NULL,"
        " asked_at = now() - interval '2 hours' WHERE tenant_id = :tenant",
    ),
    (
        "some of its timesheets have no outcome",
        "UPDATE bulk_decision_row SET outcome = 'waiting' WHERE tenant_id = :tenant",
    ),
    ("it does not have as many timesheets", "DELETE FROM bulk_decision_row WHERE number = 0 AND tenant_id = :tenant"),
    (
        "and nobody was told",
        "UPDATE delegation SET due_at = now() - interval '1 hour', granted_at = now() - interval '1 hour'"
        " WHERE tenant_id = :tenant",
    ),
    (
        "nobody will be told that it begins or ends at",
        "UPDATE delegation SET due_at = NULL WHERE tenant_id = :tenant",
    ),
    (
        "which is not when it begins or ends",
        "UPDATE delegation SET due_at = now() + interval '90 days' WHERE tenant_id = :tenant",
    ),
    (
        "which is not when it begins or ends",
        "UPDATE delegation SET revoked_at = now(), revoked_by_id = delegator_id,"
        " due_at = now() + interval '1 day' WHERE tenant_id = :tenant",
    ),
    (
        "and nobody has it in mind",
        "UPDATE timesheet SET due_at = NULL, state_since = now() - interval '100 hours',"
        " reminded_until = now() - interval '100 hours' WHERE state = 'submitted' AND tenant_id = :tenant",
    ),
    (
        "nothing arrives since",
        "UPDATE webhook SET failing_since = now() - interval '6 days', failures = 30 WHERE tenant_id = :tenant",
    ),
    (
        "it has taken events that never were",
        "UPDATE webhook SET delivered_to = 1000000 WHERE tenant_id = :tenant",
    ),
]
"""What is found, and what became of it behind everybody's back: there is nobody who goes on."""

NOT_FITTING = [
    ("made under a delegation that did not allow it", "DELETE FROM delegation WHERE tenant_id = :tenant"),
    (
        "made under a delegation that did not allow it",
        "UPDATE decision SET decided_by_id = responsible_id WHERE tenant_id = :tenant",
    ),
    (
        "made under a delegation that did not allow it",
        "UPDATE delegation SET person_ids = ARRAY[delegate_id] WHERE tenant_id = :tenant",
    ),
    (
        "made under a delegation that did not allow it",
        "UPDATE delegation SET from_day = current_date + 5, to_day = current_date + 9 WHERE tenant_id = :tenant",
    ),
    (
        "made under a delegation that did not allow it",
        "UPDATE delegation SET revoked_at = now() - interval '2 days', revoked_by_id = delegator_id, due_at = NULL"
        " WHERE tenant_id = :tenant",
    ),
    ("its content does not have its digest", "UPDATE summary SET digest = 'f00' WHERE tenant_id = :tenant"),
    (
        "its minutes do not add up",
        "UPDATE summary SET total_minutes = total_minutes + 1 WHERE tenant_id = :tenant",
    ),
    ("another project or other days", "UPDATE summary SET to_day = to_day + 1 WHERE tenant_id = :tenant"),
    (
        "was not approved as it names it",
        "UPDATE decision SET decided_at = decided_at + interval '1 day' WHERE tenant_id = :tenant",
    ),
    (
        "is not what was certified there",
        "UPDATE submission SET content = jsonb_set(content, '{entries,0,mealBreakMinutes}', '7')"
        " WHERE tenant_id = :tenant",
    ),
    (
        "inboxes do not show it as it was submitted",
        "UPDATE waiting SET owner_id = approver_id WHERE tenant_id = :tenant",
    ),
    (
        "inboxes do not show it as it was submitted",
        "UPDATE waiting SET has_exceptions = NOT has_exceptions WHERE tenant_id = :tenant",
    ),
    (
        "inboxes do not show it as it was submitted",
        "UPDATE waiting SET submitted_at = submitted_at - interval '1 hour' WHERE tenant_id = :tenant",
    ),
]
"""The same for what somebody wrote who may write to the tables."""


def test_nothing_is_wrong_with_what_was_done_by_commands(life: Life) -> None:
    assert found(life) == []


@pytest.mark.parametrize(("words", "fault"), STANDING_STILL)
def test_what_stands_still_is_found(life: Life, owner_engine: Engine, words: str, fault: str) -> None:
    happens(owner_engine, life.org.tenant_id, fault)

    assert [finding for finding in found(life) if words in finding]


@pytest.mark.parametrize(("words", "fault"), NOT_FITTING)
def test_what_does_not_fit_is_found(life: Life, owner_engine: Engine, words: str, fault: str) -> None:
    happens(owner_engine, life.org.tenant_id, fault)

    assert [finding for finding in found(life) if words in finding]


def happens(owner: Engine, tenant_id: UUID, fault: str) -> None:
    """Somebody who owns the tables does this to them."""
    with owner.begin() as connection:
        assert connection.execute(text(fault), {"tenant": tenant_id}).rowcount > 0


def found(life: Life) -> list[str]:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return list(findings(session))
