"""Whom a submitted timesheet waits for, what people were told, and time that passes in the meantime."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from models.database import command_transaction, read_session
from models.rules.delegations import Span
from models.rules.standing_in import Deputy
from models.store.people import load_circle
from models.tables.approval import Delegation
from models.tables.delivery import Notification
from models.tables.timesheet import Decision, Timesheet, Waiting
from tests.desk import Life
from tests.factories import LONDON

Request = tuple[UUID | None, UUID | None]
"""Who is asked, None for the administrators; and about which project, None for all of it."""


def requests(life: Life) -> list[Request]:
    """Whom Duane's week waits for, as inboxes have it, having made sure that commands see it the same way."""
    rows = [row for row in life.desk.rows(life.org.tenant_id, Waiting) if row.timesheet_id == life.key.timesheet_id]
    kept = [(row.approver_id, row.project_id) for row in sorted(rows, key=lambda row: row.number)]
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        circle = load_circle(session, life.org.duane)
    assert kept == (list(circle.requests(life.key.timesheet_id)) if life.key.timesheet_id in circle.submitted else [])
    return kept


def asked(life: Life) -> list[UUID | None]:
    """Who is asked about Duane's week, when it is about all of it."""
    assert all(project is None for _, project in requests(life))
    return [approver for approver, _ in requests(life)]


def sheet(life: Life) -> Timesheet:
    """Duane's week as it is now."""
    (found,) = [row for row in life.desk.rows(life.org.tenant_id, Timesheet) if row.id == life.key.timesheet_id]
    return found


def decisions(life: Life) -> list[Decision]:
    """Every decision on Duane's week, in order."""
    return sorted(life.desk.rows(life.org.tenant_id, Decision), key=lambda decision: decision.decided_at)


def told(life: Life, *kinds: str) -> list[tuple[str, str]]:
    """Who was told what, by name; of these kinds only, if some are named."""
    names = {id_: name for name, id_ in life.org.people.items()}
    rows = life.desk.rows(life.org.tenant_id, Notification)
    found = [(names.get(row.person_id, str(row.person_id)), row.kind) for row in rows]
    return sorted(each for each in found if not kinds or each[1] in kinds)


def hours_pass(life: Life, hours: float) -> None:
    """So much later: whatever happened to a timesheet of the organisation happened so much earlier."""
    earlier = text(
        "UPDATE timesheet SET state_since = state_since - :by, reminded_until = reminded_until - :by,"
        " due_at = due_at - :by WHERE tenant_id = :tenant"
    )
    with life.desk.owner_engine.begin() as connection:
        connection.execute(earlier, {"by": timedelta(hours=hours), "tenant": life.org.tenant_id})


def due_again(life: Life) -> None:
    """As if nothing that was done in time had been noted, because its transaction was lost."""
    forget = "UPDATE timesheet SET reminded_until = NULL, due_at = now() - interval '1 hour' WHERE tenant_id = :tenant"
    with life.desk.owner_engine.begin() as connection:
        connection.execute(text(forget), {"tenant": life.org.tenant_id})


def grant(life: Life, deputy: Deputy, delegator_id: UUID) -> UUID:
    """Somebody stands in for an approver; the id of the grant."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        session.add(
            Delegation(
                id=deputy.delegation_id,
                tenant_id=life.org.tenant_id,
                delegator_id=delegator_id,
                delegate_id=deputy.person_id,
                from_day=deputy.first,
                to_day=deputy.last,
                person_ids=list(deputy.only) if deputy.only else None,
                granted_by_id=delegator_id,
                due_at=Span.of(deputy.first, deputy.last, LONDON).next_due(datetime.now(UTC)),
            )
        )
    return deputy.delegation_id
