"""What waits for the caller's decision, and decisions on many timesheets at once."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from temporalio.client import RPCError, WorkflowFailureError

from models.database import command_transaction
from models.messages import BulkKey
from models.reads.api.approvals import bulk_with_rows, inbox_of
from models.reads.bulk import oversees_bulks
from models.reads.inbox.approver import approver_for
from models.reads.pending import Pending, Why
from models.rules.exceptions import Exceptional
from models.rules.reasons import ReasonCode
from models.rules.transitions import CommandKind, State
from models.store.bulk import MOST, Bulk, BulkState, Pick, RowOutcome, Verdict, ask_bulk, cancel_bulk
from models.store.changes import GivenBy
from models.tables.approval import BulkDecisionRow
from web.api.answers import DECIDING, READING, refusals
from web.api.asking import Given, Key
from web.api.caller import Caller, Decides, Reads
from web.api.lists import Listed, Paged, instant_key, listed
from web.api.values import Day, Digest, Instant, Resource, Text
from web.services import Services, Used
from workflows.bulk_decision import bulk_workflow_id

router = APIRouter(prefix="/resources/approvals", tags=["Timesheets"])

WAITED_FOR = 200
"""Decisions that a call waits for; of more it only says that they are taken on."""


class Awaited(StrEnum):
    """Which timesheets of an inbox."""

    PENDING = "pending"


class Approval(Resource):
    """A timesheet that waits for the caller."""

    timesheet_id: UUID
    owner_id: UUID
    period_start: Day
    period_end: Day
    state: State
    revision: int
    digest: str = Field(description="Of what was certified; a decision names it.")
    total_minutes: int
    plan_minutes: int
    exceptions: list[Exceptional | str] = Field(description="What is worth a look.")
    submitted_at: Instant
    why: Why = Field(description="Why it waits for the caller.")
    delegator_id: UUID | None = Field(description="For whom the caller stands in.")


class DecisionAsked(Given):
    """A decision on exactly the content that was shown of one timesheet."""

    timesheet_id: UUID
    digest: Digest
    decision: Literal["approve", "reject"]
    reason_code: ReasonCode | None = Field(None, description="The kind of reason of a rejection.")
    comment: Text | None = Field(None, max_length=500)


class DecisionsAsked(Resource):
    """Decisions on many timesheets, each of them taken or refused on its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decisions": [
                        {
                            "timesheetId": "3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d",
                            "digest": "0" * 64,
                            "decision": "approve",
                        }
                    ]
                }
            ]
        }
    )

    decisions: list[DecisionAsked] = Field(min_length=1, max_length=MOST)


class DecisionMade(Resource):
    """What came of one of them."""

    timesheet_id: UUID
    outcome: RowOutcome
    code: str | None = Field(None, description="Why it was refused, for programs.")
    message: str | None = None
    state: State | None = Field(
        None, description="Where the timesheet stands now; null where the caller may not see it."
    )


class BulkMeta(BaseModel):
    """How far all of it is."""

    id: UUID
    state: BulkState
    rows: int
    done: int
    refused: int


class DecisionsMade(BaseModel):
    """What came of each decision, in the order asked."""

    meta: BulkMeta
    items: list[DecisionMade]


TAKEN_ON: dict[int | str, dict[str, Any]] = {
    202: {"model": DecisionsMade, "description": "Not all is decided yet: poll `Location`."}
}

STOPPING = refusals(400, 404, 409, 413)


@router.get("", operation_id="findApprovals", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    state: Annotated[Awaited, Query(description="What waits for a decision.")] = Awaited.PENDING,
) -> Listed[Approval]:
    """What waits for the caller's decision, in their own right or as somebody's deputy, the oldest first."""
    with use.reading(caller.onlooker) as session:
        found = inbox_of(session, caller.onlooker, instant_key(asked), asked.first + 1)
        return listed(found, asked, lambda each: (each.sheet.submitted_at, each.sheet.id), _approval)


@router.post("", operation_id="decideOnMany", responses=DECIDING | TAKEN_ON)
async def decide(caller: Decides, use: Used, key: Key, body: DecisionsAsked, response: Response) -> DecisionsMade:
    """Decide on many timesheets: each is checked and decided on its own, and the answer says what came of each.

    Up to 200 are waited for. With more, or when it takes long, the answer is 202 and `Location` says how far it is.
    """
    bulk = await run_in_threadpool(_ask, use, caller, key, body)
    await use.begin_bulk(bulk)
    if len(body.decisions) <= WAITED_FOR:
        await _until_over(use, bulk)
    return await _answered(use, caller, bulk, response)


@router.get("/bulk/{bulk_id}", operation_id="getBulkDecision", responses=READING)
def get(caller: Reads, use: Used, bulk_id: UUID) -> DecisionsMade:
    """How far decisions on many timesheets are, for whoever asked for them and for administrators."""
    return _read(use, caller, bulk_id)


@router.post("/bulk/{bulk_id}/stop", operation_id="stopBulkDecision", responses=STOPPING | TAKEN_ON)
async def stop(caller: Decides, use: Used, _key: Key, bulk_id: UUID, response: Response) -> DecisionsMade:
    """Let no other timesheet be decided on: by who asked for it, or an administrator. What is decided stays so.

    What is left is `refused` as `cancelled` and waits as before. What is over already is answered as it is.
    """
    await run_in_threadpool(_stop, use, caller, bulk_id)
    bulk = BulkKey(caller.tenant_id, bulk_id)
    await _until_over(use, bulk)
    return await _answered(use, caller, bulk, response)


def _ask(use: Services, caller: Caller, key: UUID, body: DecisionsAsked) -> BulkKey:
    with use.reading(caller.onlooker) as session:
        approver_for(session, caller.onlooker)
    given = GivenBy(caller.tenant_id, caller.person_id, key)
    with command_transaction(use.engine, caller.tenant_id) as session:
        return BulkKey(caller.tenant_id, ask_bulk(session, given, [_pick(each) for each in body.decisions]))


def _stop(use: Services, caller: Caller, bulk_id: UUID) -> None:
    with use.reading(caller.onlooker) as session:
        oversees = oversees_bulks(approver_for(session, caller.onlooker))
    with command_transaction(use.engine, caller.tenant_id) as session:
        cancel_bulk(session, bulk_id, caller.person_id, oversees)


def _pick(asked: DecisionAsked) -> Pick:
    kind = CommandKind(asked.decision)
    verdict = Verdict(
        kind,
        asked.reason or None,
        asked.reason_code if kind is CommandKind.REJECT else None,
        asked.comment or None,
        asked.on_behalf_of,
    )
    return Pick(asked.timesheet_id, asked.digest, verdict)


async def _until_over(use: Services, bulk: BulkKey) -> None:
    """As long as a command may take; where that is not enough, or nothing answers, the caller polls."""
    try:
        async with asyncio.timeout(use.settings.command_timeout_seconds):
            await use.client.get_workflow_handle(bulk_workflow_id(bulk)).result()
    except (TimeoutError, RPCError, WorkflowFailureError):
        return


async def _answered(use: Services, caller: Caller, bulk: BulkKey, response: Response) -> DecisionsMade:
    """What came of it so far; 202, and where to ask again, while something is left."""
    answer = await run_in_threadpool(_read, use, caller, bulk.bulk_id)
    if not _is_over(answer):
        response.status_code = 202
        response.headers["Location"] = f"/resources/approvals/bulk/{bulk.bulk_id}"
    return answer


def _read(use: Services, caller: Caller, bulk_id: UUID) -> DecisionsMade:
    with use.reading(caller.onlooker) as session:
        bulk, rows = bulk_with_rows(session, caller.onlooker, bulk_id)
        return DecisionsMade(meta=_meta(bulk), items=[_made(row) for row in rows])


def _meta(bulk: Bulk) -> BulkMeta:
    return BulkMeta(id=bulk.id, state=bulk.state, rows=bulk.rows, done=bulk.done, refused=bulk.refused)


def _is_over(answer: DecisionsMade) -> bool:
    return all(each.outcome is not RowOutcome.WAITING for each in answer.items)


def _made(row: BulkDecisionRow) -> DecisionMade:
    return DecisionMade(
        timesheet_id=row.timesheet_id,
        outcome=RowOutcome(row.outcome),
        code=row.code,
        message=row.message,
        state=State(row.sheet_state) if row.sheet_state else None,
    )


def _approval(found: Pending) -> Approval:
    sheet, submission = found.sheet, found.submission
    assert sheet.submitted_at is not None
    return Approval(
        timesheet_id=sheet.id,
        owner_id=sheet.owner_id,
        period_start=sheet.period_start,
        period_end=sheet.period_end,
        state=State(sheet.state),
        revision=sheet.revision,
        digest=submission.digest,
        total_minutes=found.minutes,
        plan_minutes=submission.plan_minutes,
        exceptions=list(submission.exceptions),
        submitted_at=sheet.submitted_at,
        why=found.why,
        delegator_id=found.delegator_id,
    )
