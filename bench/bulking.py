"""Bulk decisions: many timesheets approved by one form, against as many bare updates of as many workflows."""

from time import perf_counter
from uuid import uuid4

from sqlalchemy import func, select

from activities.bulk import AT_ONCE
from bench.bare import Bare
from bench.figures import Figure, Goal, processor_time, rate
from bench.organisation import BULK_TEAM, TEAMS, TENANT, Organisation, Sheet, approver
from bench.rounds import Batch, Rivals
from bench.sizes import Sizes, Step
from bench.usage import processor_milliseconds
from models.database import command_transaction, read_session
from models.messages import BulkKey
from models.rules.transitions import CommandKind
from models.store.bulk import Pick, RowOutcome, Verdict, ask_bulk
from models.store.changes import GivenBy
from models.tables.approval import BulkDecisionRow
from workflows.bulk_decision import bulk_workflow_id

FEWEST = Goal(0.7, at_least=True)


async def measure(org: Organisation, first: int, sizes: Sizes) -> list[Figure]:
    """The figures 'bulk'. `first` is the number of the first timesheet that nothing else is measured with."""
    step = Step(AT_ONCE, sizes.bulk)
    start = first - first % TEAMS + TEAMS + BULK_TEAM
    sheets = await org.submitted(range(start, start + step.count * TEAMS, TEAMS))
    bare = await Bare.started(org.services.client, step.count)
    rivals = Rivals()
    for _ in range(sizes.rounds):
        await rivals.meet(lambda: approved(org, sheets), lambda: bare.update(step))
        await org.submit_again(sheets)
    per_second = rivals.compare(lambda batch: batch.per_second)
    return [
        rate(f"bulk, {step.count} decisions, {AT_ONCE} at once", per_second, FEWEST),
        *processor_time("a decision in bulk", rivals),
    ]


async def approved(org: Organisation, sheets: list[Sheet]) -> Batch:
    """All of them by one bulk decision, from when it is asked for until its workflow ends."""
    used, began = processor_milliseconds(), perf_counter()
    key = _ask(org, sheets)
    await org.services.begin_bulk(key)
    await org.services.client.get_workflow_handle(bulk_workflow_id(key)).result()
    elapsed = perf_counter() - began
    batch = Batch((elapsed / len(sheets),) * len(sheets), elapsed, processor_milliseconds() - used)
    done = _done(org, key)
    assert done == len(sheets), f"{len(sheets)} were asked for, {done} are decided"
    return batch


def _ask(org: Organisation, sheets: list[Sheet]) -> BulkKey:
    given = GivenBy(TENANT.id, TENANT.person_id(approver(BULK_TEAM)), uuid4())
    picks = [Pick(sheet.key.timesheet_id, sheet.digest) for sheet in sheets]
    with command_transaction(org.services.engine, TENANT.id) as session:
        return BulkKey(TENANT.id, ask_bulk(session, given, picks, Verdict(CommandKind.APPROVE)))


def _done(org: Organisation, key: BulkKey) -> int:
    these = select(func.count()).where(
        BulkDecisionRow.bulk_id == key.bulk_id, BulkDecisionRow.outcome == RowOutcome.DONE.value
    )
    with read_session(org.services.engine, TENANT.id) as session:
        return session.scalar(these) or 0
