"""What is seen to every night, by its workflow on a real Temporal with the product's own worker."""

import asyncio
from datetime import timedelta

from sqlalchemy import Engine, update

from models.messages import PeriodsStart
from models.rules.duties import Duty
from models.rules.transitions import State
from models.store.duties import found_in
from models.tables.projects import DutyCheck
from models.tables.timesheet import Decision
from tests.desk import Life
from tests.office import LONGEST_SECONDS, Office
from workflows.periods import PeriodsWorkflow, periods_workflow_id

TWO_DAYS = timedelta(days=2)


async def night(office: Office, life: Life) -> None:
    """One run, to its end."""
    tenant_id = life.org.tenant_id
    async with asyncio.timeout(LONGEST_SECONDS):
        await office.client.execute_workflow(
            PeriodsWorkflow.run,
            PeriodsStart(tenant_id),
            id=periods_workflow_id(tenant_id),
            task_queue=office.task_queue,
        )


async def test_every_night_decisions_are_looked_over(office: Office, life: Life, owner_engine: Engine) -> None:
    life.bring_to(State.APPROVED)
    with owner_engine.begin() as connection:
        this = update(Decision).where(Decision.tenant_id == life.org.tenant_id)
        # Two days ago, since a night looks at the days before it.
        connection.execute(this.values(decided_by_id=life.org.duane, decided_at=Decision.decided_at - TWO_DAYS))

    await night(office, life)

    (made,) = life.desk.rows(life.org.tenant_id, DutyCheck)
    assert made.asked_by_id is None
    assert Duty.OWN_TIME in [each.duty for each in found_in(made)]


async def test_a_second_run_of_a_night_makes_no_second_check(office: Office, life: Life) -> None:
    for _ in range(2):
        await night(office, life)

    (made,) = life.desk.rows(life.org.tenant_id, DutyCheck)
    assert found_in(made) == []
