"""`countersign doctor`: every invariant of every organisation, and whether deadlines have a workflow."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.database import engine_for, read_session
from models.doctor import awaiting_lock, findings
from models.payloads import data_converter
from models.rules.periods import workflow_id
from models.store.sealing import keys_from, public_bytes
from models.tables.people import Tenant
from models.verifying.ledger import overdue_since, verify_ledger
from models.verifying.ledger_check import derived_keys
from settings import Settings

AT_ONCE = 20
"""How many workflows are asked about at once."""


def examine(settings: Settings) -> Iterator[str]:
    """Everything that is wrong, in words; nothing when all invariants hold."""
    engine = engine_for(settings.database_url)
    with read_session(engine, UUID(int=0)) as session:
        tenants = session.execute(select(Tenant.id, Tenant.slug)).all()
    for tenant_id, slug in tenants:
        with read_session(engine, tenant_id) as session:
            yield from (f"{slug}: {finding}" for finding in findings(session))
            waiting = awaiting_lock(session)
        with read_session(engine, tenant_id) as session:
            yield from (f"{slug}: {finding}" for finding in _ledger(session, tenant_id, settings))
        suspects = asyncio.run(_without_workflow(settings, waiting))
        with read_session(engine, tenant_id) as session:
            # People go on working meanwhile: only what still waits now is wrong.
            lost = suspects & set(awaiting_lock(session))
        yield from (f"{slug}: timesheet {sheet} is approved, but no workflow runs that will lock it" for sheet in lost)


def _ledger(session: Session, tenant_id: UUID, settings: Settings) -> Iterator[str]:
    """The whole ledger is what was sealed, by a key of ours, and is sealed in time."""
    key_of = keys_from(settings.secret_key.get_secret_value())
    known = derived_keys(lambda number: public_bytes(key_of(tenant_id, number)))
    for finding in verify_ledger(session, tenant_id, known).wrong:
        yield f"ledger: {finding}"
    if since := overdue_since(session, tenant_id):
        yield f"ledger: what was recorded at {since} is not sealed, and a seal is made every minute"


async def _without_workflow(settings: Settings, sheets: list[UUID]) -> set[UUID]:
    """Approved timesheets that no running workflow will lock."""
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.payload_keys),
    )
    turns = asyncio.Semaphore(AT_ONCE)

    async def runs(sheet: UUID) -> bool:
        async with turns:
            try:
                found = await client.get_workflow_handle(workflow_id(sheet)).describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
            return found.raw_info.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING

    answers = await asyncio.gather(*(runs(sheet) for sheet in sheets))
    return {sheet for sheet, running in zip(sheets, answers, strict=True) if not running}
